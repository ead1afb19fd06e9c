//! What the checks of charts need to find where they look for it: they are those of the unit tests.

pub use tiersim::report::style;

#[allow(dead_code)]
#[path = "../src/report/legible.rs"]
pub mod legible;
