//! Keys for what the platform decides from outside: violations, appeals, reviews of templates.
//!
//! Like the rest of `fields`: what a key may hold, its default, and where a default comes from.

use super::SHARE;
use super::delays::DELAY;
use crate::scenario::spec::Need::{Default, Optional, Required};
use crate::scenario::spec::{Field, Kind, OneOf, Table};

pub(super) static VIOLATION: Table = Table {
    doc: "A violation of policy that the platform records; it counts against the whole portfolio.",
    fields: &[&[
        Field::new(
            "number",
            Kind::Name,
            Optional("the only number"),
            "A number of the portfolio that answers for it.",
        ),
        Field::new(
            "at",
            Kind::Mark,
            Optional("`per_week` gives a rate"),
            "When: \"day 8\", a date (midnight UTC) or an instant.",
        ),
        Field::new(
            "per_week",
            Kind::Positive(1000.0),
            Optional("`at` gives the instant"),
            "At random moments, so many a week on average (a Poisson process).",
        )
        .unit("violations per week"),
        Field::new(
            "kind",
            Kind::Word(&[
                ("spam", "spam"),
                ("misclassification", "templates under a category that is not theirs"),
                ("high_risk", "goods or services the platform does not allow"),
                ("severe", "severe harm, which disables an account at once where the rules say so"),
                ("read_rate", "an extremely low read rate, as the platform measures it"),
            ]),
            Default("\"spam\""),
            "Why.",
        ),
    ]],
    choices: &[OneOf { keys: &["at", "per_week"], required: true }],
};

pub(super) static APPEAL: Table = Table {
    doc: "An appeal that the platform decides.",
    fields: &[&[
        Field::new(
            "number",
            Kind::Name,
            Optional("the only number"),
            "A number of the portfolio that appealed.",
        ),
        Field::new(
            "at",
            Kind::Mark,
            Required,
            "When it is decided: \"day 8\", a date (midnight UTC) or an instant.",
        ),
        Field::new(
            "outcome",
            Kind::Word(&[("granted", "the last step is taken back"), ("rejected", "it stands")]),
            Required,
            "How it is decided.",
        ),
    ]],
    choices: &[],
};

pub(super) static REVIEW: Table = Table {
    doc: "A template's review. By chance once per replication and portfolio.",
    fields: &[&[
        Field::new(
            "submitted",
            Kind::Mark,
            Optional("the start of the run"),
            "When it is submitted: \"day 3\", a date (midnight UTC) or an instant.",
        ),
        Field::new("delay", DELAY, Default("{ median = \"2h\", sigma = 1.2 }"), "From there to the decision.").assumed(
            "1m",
            "24h",
            "the platform's documentation: decided within 24 hours, 48 in 2020; how long it usually takes is not published",
        ),
        Field::new("rejected", SHARE, Default("0.1"), "Chance that it is rejected.")
            .unit("probability per template")
            .assumed("0", "0.5", "nothing published"),
        Field::new("appealed", SHARE, Default("0"), "Chance that a rejection is appealed against.")
            .unit("probability per rejection")
            .assumed("0", "1", "your own habit"),
        Field::new("appeal_granted", SHARE, Default("0.5"), "Chance that such an appeal is granted.")
            .unit("probability per appeal")
            .assumed("0", "1", "nothing published"),
        Field::new("appeal_delay", DELAY, Default("\"24h\""), "From the rejection to the decision on the appeal.")
            .reported("1h", "48h", "the platform's documentation: within 24 hours"),
    ]],
    choices: &[],
};
