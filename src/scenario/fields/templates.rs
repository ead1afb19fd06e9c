//! Keys for message templates.

use super::rulings::REVIEW;
use crate::scenario::spec::Need::{Default, Optional, Required};
use crate::scenario::spec::{Field, Kind, OneOf, Table};
use crate::sim::SimDuration;

pub static TEMPLATE: Table = Table {
    doc: "A message template.",
    fields: &[&[
        Field::new(
            "category",
            Kind::Word(&[
                ("marketing", "promotion"),
                ("utility", "about a transaction the recipient knows of"),
                ("authentication", "one-time codes"),
                ("service", "inside the service window, without a template"),
            ]),
            Required,
            "What it is for; it decides reading and cost.",
        ),
        Field::new(
            "topic",
            Kind::Name,
            Optional("no particular topic; nobody minds"),
            "What it is about, to be held against \
            the topics people agreed to.",
        ),
        Field::new(
            "topics",
            Kind::List(&Kind::Name, 1),
            Optional("`topic` names the only one"),
            "Several topics at once: it is welcome where any of them was agreed to.",
        ),
        Field::new(
            "relevance",
            Kind::Positive(100.0),
            Default("1"),
            "How well it fits its readers: negative reactions are \
            divided by it, clicks multiplied; 1 is ordinary.",
        )
        .assumed(
            "0.3",
            "3",
            "your judgement; LinkedIn halved complaints by leaving out the least relevant mails",
        ),
        Field::new(
            "opt_out",
            Kind::Word(&[
                ("easy", "a button or a plain word to reply, not told apart: only the opt-out is logged"),
                ("reply", "a plain word to reply, which opens a service window"),
                ("button", "a button, which opens one too"),
                ("both", "a word or a button, told apart by `opt_out_by_word`"),
                ("hidden", "somewhere behind a process"),
                ("none", "nothing"),
            ]),
            Default("\"easy\""),
            "What it offers to those who want no more.",
        ),
        Field::new(
            "time_to_live",
            Kind::Span(SimDuration(30_000), SimDuration::days(30)),
            Optional("as the rules of the day keep its category"),
            "For how long the platform keeps a message for a phone that is offline; after that it is never delivered.",
        ),
        Field::new(
            "cost",
            Kind::Real(0.0, 1e6),
            Optional("the price of its category in [money]"),
            "Cost of a delivered \
            message.",
        )
        .unit("currency per message"),
        Field::new(
            "review",
            Kind::Table(&REVIEW),
            Optional("approved before the run"),
            "Its review: until it is approved nobody sends it, and a rejected one is never sent.",
        ),
    ]],
    choices: &[OneOf { keys: &["topic", "topics"], required: false }],
};
