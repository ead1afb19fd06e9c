//! Typed reading of a checked and filled table.
//!
//! Every key read here is described in `fields`, so a miss is a slip of ours and stops at once; a value that was
//! already reported as wrong reads as any value, since the result is thrown away then.

use std::sync::LazyLock;

use super::spec::moment;
use crate::behaviour::recipient::Delay;
use crate::sim::{SimDuration, SimTime};
use crate::text::{Entry, Node, Place, Value};

/// A table and how `--set` would address it.
#[derive(Clone)]
pub struct Reader<'n> {
    /// The table.
    pub node: &'n Node,
    /// Its path.
    pub path: String,
}

impl<'n> Reader<'n> {
    /// A reader of a table at a path.
    pub fn new(node: &'n Node, path: impl Into<String>) -> Reader<'n> {
        Reader { node, path: path.into() }
    }

    /// The value under a key, unless it is missing or was wrong.
    pub fn get(&self, key: &str) -> Option<&'n Node> {
        self.node.get(key).filter(|n| n.value != Value::Bad)
    }

    /// Whether a key is there, right or wrong.
    pub fn has(&self, key: &str) -> bool {
        self.node.get(key).is_some()
    }

    /// The path of a key.
    pub fn at(&self, key: &str) -> String {
        super::check::join(&self.path, key)
    }

    /// The place of a key's value, or of the table.
    pub fn place(&self, key: &str) -> Place {
        self.node.get(key).unwrap_or(self.node).place.clone()
    }

    /// A table under a key; an empty one if it was wrong.
    pub fn table(&self, key: &str) -> Reader<'n> {
        Reader::new(self.get(key).unwrap_or(&EMPTY), self.at(key))
    }

    /// The tables under a key, with their names.
    pub fn tables(&self, key: &str) -> Vec<(&'n str, Reader<'n>)> {
        let under = self.table(key);
        let each = |e: &'n Entry| (e.key.as_str(), Reader::new(&e.node, under.at(&e.key)));
        under.node.entries().iter().map(each).collect()
    }

    /// The tables of a list.
    pub fn items(&self, key: &str) -> Vec<Reader<'n>> {
        let items: &'n [Node] = match self.get(key).map(|n| &n.value) {
            Some(Value::List(items)) => items,
            _ => &[],
        };
        items.iter().enumerate().map(|(i, n)| Reader::new(n, format!("{}.{i}", self.at(key)))).collect()
    }

    /// A number.
    pub fn real(&self, key: &str) -> f64 {
        self.real_opt(key).unwrap_or(0.0)
    }

    /// A number, if there is one.
    pub fn real_opt(&self, key: &str) -> Option<f64> {
        Some(self.get(key)?.value.as_number()?.as_real())
    }

    /// A whole number, if there is one.
    pub fn whole_opt(&self, key: &str) -> Option<u64> {
        u64::try_from(self.get(key)?.value.as_whole()?).ok()
    }

    /// Yes or no.
    pub fn flag(&self, key: &str) -> bool {
        matches!(self.get(key), Some(Node { value: Value::Flag(true), .. }))
    }

    /// A text; empty if there is none.
    pub fn text(&self, key: &str) -> &'n str {
        self.text_opt(key).unwrap_or("")
    }

    /// A text, if there is one.
    pub fn text_opt(&self, key: &str) -> Option<&'n str> {
        match &self.get(key)?.value {
            Value::Text(t) | Value::Time(t) => Some(t),
            _ => None,
        }
    }

    /// The texts of a list (or the only one), with their places and paths.
    pub fn texts(&self, key: &str) -> Vec<(&'n str, Place, String)> {
        match self.get(key).map(|n| (&n.value, n.place.clone())) {
            Some((Value::List(items), _)) => items
                .iter()
                .enumerate()
                .filter_map(|(i, item)| match &item.value {
                    Value::Text(t) | Value::Time(t) => {
                        Some((t.as_str(), item.place.clone(), format!("{}.{i}", self.at(key))))
                    }
                    _ => None,
                })
                .collect(),
            Some((Value::Text(t) | Value::Time(t), place)) => vec![(t, place, self.at(key))],
            _ => Vec::new(),
        }
    }

    /// A span of time; none at all if there is none.
    pub fn span(&self, key: &str) -> SimDuration {
        self.span_opt(key).unwrap_or(SimDuration::ZERO)
    }

    /// A span of time, if there is one.
    pub fn span_opt(&self, key: &str) -> Option<SimDuration> {
        SimDuration::parse(self.text_opt(key)?).ok()
    }

    /// An instant, if there is one.
    pub fn moment_opt(&self, key: &str) -> Option<SimTime> {
        moment(self.text_opt(key)?)
    }

    /// A delay.
    pub fn delay(&self, key: &str) -> Delay {
        if let Some(fixed) = self.span_opt(key) {
            return Delay::Fixed(fixed);
        }
        let table = self.table(key);
        match table.span_opt("exponential") {
            Some(mean) => Delay::Exponential { mean },
            None => Delay::LogNormal { median: table.span("median"), sigma: table.real("sigma") },
        }
    }
}

static EMPTY: LazyLock<Node> = LazyLock::new(|| Node { value: Value::Bad, place: Place::whole("") });
