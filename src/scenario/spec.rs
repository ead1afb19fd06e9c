//! What a field may be: the vocabulary in which `fields` writes down every key of a scenario file.
//!
//! One description serves the strict reader, the defaults, the JSON Schema and the tables of the guide, so that they
//! cannot drift apart. Knows no particular field.

use crate::sim::{SimDuration, SimTime};
use crate::text::Value;

/// A table of fixed keys.
pub struct Table {
    /// What the table is for.
    pub doc: &'static str,
    /// Its keys, in groups only because segments share those of recipients.
    pub fields: &'static [&'static [Field]],
    /// Keys of which only one may be given.
    pub choices: &'static [OneOf],
}

/// Keys that exclude one another.
pub struct OneOf {
    /// The keys.
    pub keys: &'static [&'static str],
    /// Whether one of them has to be there.
    pub required: bool,
}

/// One key.
pub struct Field {
    /// Its name.
    pub key: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// What holds without it.
    pub need: Need,
    /// Unit, for numbers; empty where the value carries its own or has none.
    pub unit: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// Where a default about the world comes from.
    pub basis: Basis,
}

/// What holds when a key is left out.
pub enum Need {
    /// It must be there.
    Required,
    /// Nothing is assumed in its place; says what that means.
    Optional(&'static str),
    /// This value, written as TOML.
    Default(&'static str),
}

/// Where a default about the world comes from.
pub enum Basis {
    /// A plain setting; it claims nothing about the world.
    Setting,
    /// Someone published it, by a method or not.
    Reported {
        /// Plausible low value.
        low: &'static str,
        /// Plausible high value.
        high: &'static str,
        /// Who, where.
        source: &'static str,
    },
    /// An assumption; the source bounds it at best.
    Assumed {
        /// Plausible low value.
        low: &'static str,
        /// Plausible high value.
        high: &'static str,
        /// What it leans on.
        source: &'static str,
    },
}

/// What a value may be.
pub enum Kind {
    /// Any text of one line.
    Text,
    /// A name: letters, digits, space and `_ - . +`.
    Name,
    /// Yes or no.
    Flag,
    /// Only yes: leaving it out says no.
    True,
    /// A whole number in a range, both ends allowed.
    Whole(i128, i128),
    /// A number in a range, both ends allowed.
    Real(f64, f64),
    /// A number above zero, up to the end given.
    Positive(f64),
    /// A span of time in a range.
    Span(SimDuration, SimDuration),
    /// A date (midnight UTC) or a time with offset.
    Moment,
    /// A date (midnight of the campaign's time zone), a time with offset, or `day N` (the N-th day of the run; day 1 is its first).
    Mark,
    /// One of these words, each with its meaning.
    Word(&'static [(&'static str, &'static str)]),
    /// A local time of day.
    Clock,
    /// A span of local times of day, such as `21:00-08:00`.
    Hours,
    /// A time zone's name.
    Zone,
    /// A country by its two letters.
    Country,
    /// A condition on what a sender can see.
    When,
    /// At least so many values of a kind, all different.
    List(&'static Kind, usize),
    /// A table of fixed keys.
    Table(&'static Table),
    /// A table of values or tables, each under a name of the user's; at least one.
    ByName(&'static Kind),
    /// A table of values under these words.
    ByWord(&'static [(&'static str, &'static str)], &'static Kind),
    /// A table read elsewhere; this says by what.
    Foreign(&'static str),
    /// Any of these.
    Any(&'static [Kind]),
}

impl Field {
    /// A plain key.
    pub const fn new(key: &'static str, kind: Kind, need: Need, doc: &'static str) -> Field {
        Field { key, kind, need, unit: "", doc, basis: Basis::Setting }
    }

    /// The same with a unit.
    pub const fn unit(mut self, unit: &'static str) -> Field {
        self.unit = unit;
        self
    }

    /// The same, its default being an assumption within these bounds.
    pub const fn assumed(mut self, low: &'static str, high: &'static str, source: &'static str) -> Field {
        self.basis = Basis::Assumed { low, high, source };
        self
    }

    /// The same, its default being published by someone.
    pub const fn reported(mut self, low: &'static str, high: &'static str, source: &'static str) -> Field {
        self.basis = Basis::Reported { low, high, source };
        self
    }
}

impl Table {
    /// All fields in order.
    pub fn all(&self) -> impl Iterator<Item = &'static Field> + use<> {
        self.fields.iter().flat_map(|group| group.iter())
    }

    /// The field of a key.
    pub fn field(&self, key: &str) -> Option<&'static Field> {
        self.all().find(|f| f.key == key)
    }

    /// The keys that give way when `key` is set from outside.
    pub fn rivals(&self, key: &str) -> Vec<&'static str> {
        let groups = self.choices.iter().filter(|g| g.keys.contains(&key));
        groups.flat_map(|g| g.keys.iter().copied().filter(|k| *k != key).collect::<Vec<_>>()).collect()
    }
}

impl Kind {
    /// Whether a value is of the right sort to be judged by this kind at all.
    pub fn fits_shape(&self, value: &Value) -> bool {
        match self {
            Kind::Text
            | Kind::Name
            | Kind::Word(_)
            | Kind::Zone
            | Kind::Country
            | Kind::When
            | Kind::Hours
            | Kind::Span(..) => {
                matches!(value, Value::Text(_))
            }
            Kind::Moment | Kind::Mark | Kind::Clock => matches!(value, Value::Text(_) | Value::Time(_)),
            Kind::Flag | Kind::True => matches!(value, Value::Flag(_)),
            Kind::Whole(..) => value.as_number().is_some_and(|n| {
                let x = n.as_real();
                n.as_whole().is_some() || !n.is_whole() && x.fract() == 0.0 && x.abs() < 9e15
            }),
            Kind::Real(..) | Kind::Positive(_) => matches!(value, Value::Number(_)),
            Kind::List(..) => matches!(value, Value::List(_)),
            Kind::Table(_) | Kind::ByName(_) | Kind::ByWord(..) | Kind::Foreign(_) => {
                matches!(value, Value::Table(_))
            }
            Kind::Any(kinds) => kinds.iter().any(|k| k.fits_shape(value)),
        }
    }

    /// What is allowed, as a noun phrase.
    pub fn describe(&self) -> String {
        match self {
            Kind::Text => "one line of text in quotes".into(),
            Kind::Name => "a name in quotes (letters, digits, space, _ - . +)".into(),
            Kind::Flag => "true or false".into(),
            Kind::True => "true".into(),
            Kind::Whole(min, max) => format!("a whole number from {min} to {max}"),
            Kind::Real(min, max) if (*min, *max) == (0.0, 1.0) => "a number from 0 to 1".into(),
            Kind::Real(min, max) => format!("a number from {min} to {max}"),
            Kind::Positive(max) => format!("a number above 0, up to {max}"),
            Kind::Span(min, max) => {
                format!("a duration from {min} to {max}, in quotes with its unit, such as \"30m\" or \"7d\"")
            }
            Kind::Moment => {
                "a date (midnight UTC) or a time with offset, such as 2026-01-05T10:00:00Z".into()
            }
            Kind::Mark => "a date, a time with offset, or \"day N\" (from \"day 1\")".into(),
            Kind::Word(words) => words.iter().map(|(w, _)| format!("{w:?}")).collect::<Vec<_>>().join(", "),
            Kind::Clock => "a time of day such as \"10:00\"".into(),
            Kind::Hours => "two times of day such as \"21:00-08:00\"".into(),
            Kind::Zone => "a time zone of the IANA database, such as \"America/Sao_Paulo\" or \"UTC\"".into(),
            Kind::Country => "a country by the two letters of ISO 3166, such as \"BR\"".into(),
            Kind::When => {
                "\"red\", \"yellow_or_worse\", either with \" within 7d\", \"flagged\", \"green_or_unknown\""
                    .into()
            }
            Kind::List(of, 0) => format!("a list, each {}", of.describe()),
            Kind::List(of, min) => format!("a list of at least {min}, each {}", of.describe()),
            Kind::Table(t) => {
                let keys: Vec<&str> = t.all().map(|f| f.key).collect();
                format!("a table with {}", keys.join(", "))
            }
            Kind::ByName(Kind::Table(_)) => "tables under names of your own".into(),
            Kind::ByName(of) => format!("a table of names, each with {}", of.describe()),
            Kind::ByWord(words, of) => {
                let words: Vec<&str> = words.iter().map(|(w, _)| *w).collect();
                format!("a table with any of {}, each {}", words.join(", "), of.describe())
            }
            Kind::Foreign(what) => format!("a table of {what}"),
            Kind::Any(kinds) => kinds.iter().map(Kind::describe).collect::<Vec<_>>().join("; or "),
        }
    }
}

/// A date, a time with offset, or seconds or milliseconds since 1970, as an instant; a bare date is midnight UTC.
pub fn moment(text: &str) -> Option<SimTime> {
    match text.parse::<jiff::civil::Date>() {
        Ok(date) if text.len() == 10 => {
            let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
            Some(SimTime(midnight.timestamp().as_millisecond()))
        }
        _ => SimTime::parse(text).ok(),
    }
}
