//! Every key of a scenario file: what it may hold, its default, and where a default about the world comes from.
//!
//! This and its parts are the only place where keys are written down; the reader, the JSON Schema and the guide all come
//! from here. No block, report or fatigue rate of this platform has ever been published: such defaults are assumptions
//! that lean on text messages, mail and notifications, and say so.

mod campaigns;
mod delays;
mod money;
mod numbers;
mod people;
mod rulings;
mod templates;

pub use campaigns::{AUDIENCE, CAMPAIGN};
pub use numbers::NUMBER;

use super::spec::Need::{Default, Optional, Required};
use super::spec::{Field, Kind, OneOf, Table};
use crate::sim::SimDuration;

const SHARE: Kind = Kind::Real(0.0, 1.0);
const FACTOR: Kind = Kind::Real(0.0, 1000.0);

const YEAR: SimDuration = SimDuration::days(366);
const TEN_YEARS: SimDuration = SimDuration::days(3660);
const MS: SimDuration = SimDuration(1);

/// How many people a scenario may have.
pub const PEOPLE_MAX: i128 = 100_000_000;

/// The whole file.
pub static SCENARIO: Table = Table {
    doc: "One question about business messaging: who is written to, from which numbers, with what, when, and under \
          which rules.",
    fields: &[TOP],
    choices: &[OneOf { keys: &["days", "horizon"], required: true }],
};

static TOP: &[Field] = &[
    Field::new(
        "$schema",
        Kind::Text,
        Optional("no schema named"),
        "Where an editor finds the JSON Schema, in JSON \
        files; TOML files name it in a first line `#:schema ./scenario.schema.json`.",
    ),
    Field::new(
        "question",
        Kind::Text,
        Required,
        "The question this scenario answers, in one sentence; reports print it.",
    ),
    Field::new(
        "measures",
        Kind::List(&Kind::Text, 1),
        Optional("the chances of red and of a lowered limit lead"),
        "The figures that the question asks for, by the names that         `tiersim measures` lists, as in [\"refusal_rate\", \"profit\"]; the answer begins with them.",
    ),
    Field::new(
        "start",
        Kind::Moment,
        Required,
        "First instant of the run. Under `policy = \"auto\"` the calendar date \
        decides which rules hold, so it matters which year this is.",
    ),
    Field::new(
        "days",
        Kind::Whole(1, 3660),
        Optional("`horizon` says when the run ends"),
        "Length of the run.",
    )
    .unit("days of 24 hours"),
    Field::new(
        "horizon",
        Kind::Moment,
        Optional("`days` says how long the run is"),
        "The instant the run ends, in \
        place of `days`.",
    ),
    Field::new(
        "warm_up",
        Kind::Span(SimDuration::ZERO, TEN_YEARS),
        Default("\"0\""),
        "Opening span left out of \
        headline measures. The run itself is not changed by it.",
    ),
    Field::new(
        "seed",
        Kind::Whole(0, i64::MAX as i128),
        Default("1"),
        "Root of all randomness: the same seed gives \
        the same bytes.",
    ),
    Field::new(
        "replications",
        Kind::Whole(1, 1_000_000),
        Optional("100, fewer for large scenarios by a printed rule"),
        "How many times the run is repeated with other draws.",
    ),
    Field::new(
        "policy",
        Kind::Any(&[Kind::Text, Kind::Table(&POLICY)]),
        Default("\"auto\""),
        "Which rules of the \
        platform judge the run: \"auto\" goes by calendar date, the name of an era pins it, a path ending in .toml or \
        .json names your own file. As a table it takes overrides too.",
    ),
    Field::new(
        "money",
        Kind::Table(&money::MONEY),
        Default("{}"),
        "What messages cost and conversions are worth.",
    ),
    Field::new(
        "audience",
        Kind::Table(&LIST),
        Optional("people are counted, `size` of each segment"),
        "A list of your \
        own people in place of counted segments.",
    ),
    Field::new(
        "recipients",
        Kind::Table(&people::RECIPIENTS),
        Default("{}"),
        "How people behave, for all segments; each segment \
        may say otherwise.",
    ),
    Field::new(
        "segments",
        Kind::ByName(&Kind::Table(&people::SEGMENT)),
        Required,
        "Kinds of people, by name. Their order is that of the file.",
    ),
    Field::new(
        "numbers",
        Kind::ByName(&Kind::Table(&numbers::NUMBER)),
        Required,
        "Business phone numbers to send from, by their id in logs.",
    ),
    Field::new(
        "templates",
        Kind::ByName(&Kind::Table(&templates::TEMPLATE)),
        Required,
        "Message templates, by name.",
    ),
    Field::new(
        "campaigns",
        Kind::ByName(&Kind::Table(&campaigns::CAMPAIGN)),
        Required,
        "Plans to reach many people, by name. At one instant they \
        send in the order of the file, higher `priority` first.",
    ),
    Field::new(
        "violations",
        Kind::List(&Kind::Table(&rulings::VIOLATION), 1),
        Optional("none are recorded"),
        "Violations of policy that the platform records against an account; the rules say what follows.",
    ),
    Field::new(
        "appeals",
        Kind::List(&Kind::Table(&rulings::APPEAL), 1),
        Optional("none are decided"),
        "Appeals that the platform decides.",
    ),
];

static POLICY: Table = Table {
    doc: "Which rules of the platform judge the run, with changes of your own.",
    fields: &[&[
        Field::new(
            "era",
            Kind::Text,
            Default("\"auto\""),
            "\"auto\", the name of an era or variant, or a path ending in \
            .toml or .json.",
        ),
        Field::new(
            "override",
            Kind::Foreign("policy parameters, as in a policy file: `[policy.override.rating]` and so on"),
            Optional("the era as it stands"),
            "Parameters that differ from the era's, by their names in policy files.",
        ),
    ]],
    choices: &[],
};

static LIST: Table = Table {
    doc: "A CSV file of people: columns recipient, segment, opt_in_source, opt_in_date, topics, past_sends.",
    fields: &[&[
        Field::new("file", Kind::Text, Required, "Path of the CSV file, from the scenario file's folder."),
        Field::new(
            "digest",
            Kind::Text,
            Optional("any content"),
            "Blake3 digest the file must have, as the resolved form \
            of a scenario states it, so that an archived scenario notices a changed list.",
        ),
    ]],
    choices: &[],
};
