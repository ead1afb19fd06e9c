//! Keys for numbers to send from.

use crate::scenario::spec::Need::{Default, Optional};
use crate::scenario::spec::{Field, Kind, Table};
use crate::sim::SimDuration;

/// What carries a number's messages.
static CHANNELS: &[(&str, &str)] = &[
    ("api", "the API, with templates, messaging limit and quality rating"),
    (
        "app",
        "the Business app, whose campaigns are broadcast lists: people who have not saved the number do not get them, \
         and `[app]` of the policy says how long a list may be and how much a month is free",
    ),
];

/// A number.
pub static NUMBER: Table = Table {
    doc: "A business phone number to send from.",
    fields: &[&[
        Field::new("channel", Kind::Word(CHANNELS), Default("\"api\""), "What carries its messages."),
        Field::new(
            "registered",
            Kind::Mark,
            Optional("the start of the run"),
            "When it joins its portfolio: a day (\"day 20\", midnight UTC) or an instant. Its campaigns begin then, \
             unless they say later.",
        ),
        Field::new(
            "portfolio",
            Kind::Name,
            Default("\"default\""),
            "The business portfolio it belongs to; since October \
            2025 a portfolio's numbers share one limit.",
        ),
        Field::new(
            "starting_limit",
            Kind::Any(&[Kind::Whole(1, 1_000_000_000), Kind::Word(&[("unlimited", "no limit")])]),
            Optional("the policy's start"),
            "Messaging limit it starts with.",
        )
        .unit("people in a moving 24 hours"),
        Field::new(
            "verified",
            Kind::Any(&[Kind::Flag, Kind::Moment]),
            Default("false"),
            "When the business is verified, which \
            is one way up from the lowest limit: true from the start, or from an instant on.",
        ),
        Field::new("throughput", Kind::Positive(100_000.0), Default("80"), "Messages it sends at most.")
            .unit("messages per second")
            .reported(
                "20",
                "1000",
                "the platform's documentation: 80 by default, up to 1,000 after an upgrade",
            ),
        Field::new(
            "service",
            Kind::Word(&[
                ("even", "all gaps the same"),
                ("exponential", "exponential gaps with the same mean"),
            ]),
            Default("\"even\""),
            "How the gaps between sends are at full throughput.",
        ),
        Field::new(
            "pair_gap",
            Kind::Span(SimDuration::ZERO, SimDuration::DAY),
            Default("\"6s\""),
            "Shortest gap between two \
            messages to the same person.",
        )
        .reported(
            "0",
            "6s",
            "the platform's documentation: one message per 6 seconds to the same user, error 131056",
        ),
        Field::new(
            "list_gap",
            Kind::Span(SimDuration::ZERO, SimDuration::DAY),
            Default("\"5m\""),
            "In the Business app: from the start of one broadcast list to the start of the next, sent by hand.",
        )
        .assumed("1m", "30m", "nothing measured; a person picks the list and pastes the text"),
        Field::new(
            "buy_credits",
            Kind::Flag,
            Default("false"),
            "In the Business app: whether broadcasts beyond the month's allowance are bought; otherwise they are not sent.",
        ),
        Field::new(
            "credit_price",
            Kind::Real(0.0, 1e6),
            Default("0"),
            "Price of one broadcast beyond the allowance. The platform's own is not known here: yours to give.",
        )
        .unit("currency per broadcast"),
    ]],
    choices: &[],
};
