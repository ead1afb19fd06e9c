//! Keys for prices, rate cards and what conversions are worth.

use crate::scenario::spec::Need::{Default, Optional, Required};
use crate::scenario::spec::{Field, Kind, Table};

pub static MONEY: Table = Table {
    doc: "What messages cost and conversions are worth: one flat price per category, or the platform's dated rate cards.",
    fields: &[&[
        Field::new("currency", Kind::Text, Default("\"USD\""), "Currency of all amounts, for labels."),
        Field::new(
            "rates",
            Kind::Text,
            Optional("\"none\": the flat prices below"),
            "Rate cards to bill by: \"auto\" goes by calendar date, a name pins one of the shipped cards (`tiersim rates \
            list`), a path ending in .toml or .json names your own. Segments then need a `country` or a `market`.",
        ),
        Field::new(
            "rates_digest",
            Kind::Text,
            Optional("any content"),
            "Blake3 digest a card file of your own must have, as the resolved form of a scenario states it.",
        ),
        Field::new(
            "exchange",
            Kind::ByName(&Kind::Positive(1e6)),
            Optional("cards must be in `currency`"),
            "What one unit of another currency is worth in `currency`, for cards that are in it: `{ EUR = 1.1 }`.",
        )
        .unit("currency per unit"),
        Field::new(
            "tiers",
            Kind::List(&Kind::Table(&TIER), 0),
            Optional("no tiers: none of the platform's figures is known here"),
            "Volume tiers of a market and category, by what a portfolio is billed for in a calendar month.",
        ),
        Field::new("marketing", Kind::Real(0.0, 1e6), Default("0"), "Cost of a delivered marketing message.")
            .unit("currency per message"),
        Field::new("utility", Kind::Real(0.0, 1e6), Default("0"), "Cost of a delivered utility message.")
            .unit("currency per message"),
        Field::new(
            "authentication",
            Kind::Real(0.0, 1e6),
            Default("0"),
            "Cost of a delivered authentication message.",
        )
        .unit("currency per message"),
        Field::new("service", Kind::Real(0.0, 1e6), Default("0"), "Cost of a delivered service message.")
            .unit("currency per message"),
        Field::new(
            "value_per_conversion",
            Kind::Real(0.0, 1e9),
            Default("0"),
            "Worth of a conversion, for campaigns that \
            do not say otherwise.",
        )
        .unit("currency per conversion"),
    ]],
    choices: &[],
};

static TIER: Table = Table {
    doc: "What is billed beyond so many units of a month costs this, up to where the next tier begins.",
    fields: &[&[
        Field::new("market", Kind::Name, Required, "The market, as rate cards name it."),
        Field::new(
            "category",
            Kind::Word(&[("utility", "utility messages"), ("authentication", "authentication messages")]),
            Required,
            "What is billed.",
        ),
        Field::new(
            "above",
            Kind::Whole(1, 1_000_000_000_000),
            Required,
            "Units beyond this many, of one portfolio in one calendar month (UTC).",
        )
        .unit("units per month"),
        Field::new("price", Kind::Real(0.0, 1e6), Required, "Their price.").unit("currency per unit"),
    ]],
    choices: &[],
};
