//! How recipients react and how senders plan. Must not know how a rating comes about: a sender sees a published
//! colour, status or refusal and nothing else.

pub mod account;
pub mod app;
pub mod calendar;
pub mod consent;
pub mod draws;
pub mod recipient;
pub mod sender;
