//! Delays and ages, which several tables take.

use super::{MS, TEN_YEARS, YEAR};
use crate::scenario::spec::Need::Optional;
use crate::scenario::spec::{Field, Kind, OneOf, Table};
use crate::sim::SimDuration;

/// Delays: fixed, exponential or lognormal.
pub const DELAY: Kind = Kind::Any(&[Kind::Span(SimDuration::ZERO, YEAR), Kind::Table(&RANDOM_DELAY)]);

static RANDOM_DELAY: Table = Table {
    doc: "A random delay: `{ exponential = \"5s\" }` by its mean, or `{ median = \"10m\", sigma = 2.0 }` for a lognormal.",
    fields: &[&[
        Field::new(
            "exponential",
            Kind::Span(MS, YEAR),
            Optional("lognormal"),
            "Mean of an exponential delay.",
        ),
        Field::new("median", Kind::Span(MS, YEAR), Optional("exponential"), "Median of a lognormal delay."),
        Field::new(
            "sigma",
            Kind::Real(0.0, 10.0),
            Optional("exponential"),
            "Standard deviation of the natural logarithm \
            of a lognormal delay; goes with `median`.",
        ),
    ]],
    choices: &[
        OneOf { keys: &["exponential", "median"], required: true },
        OneOf { keys: &["exponential", "sigma"], required: true },
    ],
};

/// Ages: fixed, exponential or lognormal over people.
pub const AGE: Kind = Kind::Any(&[Kind::Span(SimDuration::ZERO, TEN_YEARS), Kind::Table(&RANDOM_AGE)]);

static RANDOM_AGE: Table = Table {
    doc: "An age that differs from person to person: `{ exponential = \"300d\" }` by its mean, or \
          `{ median = \"400d\", sigma = 0.7 }` for a lognormal.",
    fields: &[&[
        Field::new(
            "exponential",
            Kind::Span(MS, TEN_YEARS),
            Optional("lognormal"),
            "Mean of an exponential age.",
        ),
        Field::new(
            "median",
            Kind::Span(MS, TEN_YEARS),
            Optional("exponential"),
            "Median of a lognormal age.",
        ),
        Field::new(
            "sigma",
            Kind::Real(0.0, 10.0),
            Optional("exponential"),
            "Standard deviation of the natural logarithm \
            of a lognormal age; goes with `median`.",
        ),
    ]],
    choices: &[
        OneOf { keys: &["exponential", "median"], required: true },
        OneOf { keys: &["exponential", "sigma"], required: true },
    ],
};
