//! Resolving what an opt-in has to name.
//!
//! A part of `resolve`, apart because it is a subject of its own.

use super::{Resolver, Value};
use crate::policy::opt_in::OptInRules;

impl Resolver<'_> {
    /// The table, or its absence; none if it is broken.
    pub(super) fn opt_in(&mut self) -> Option<Option<OptInRules>> {
        if !self.given("opt_in") {
            return Some(None);
        }
        let must_name = self.value("opt_in.must_name").map(|v| match v {
            Value::Words(words) => words,
            other => unreachable!("opt_in.must_name was read as {other:?}"),
        });
        must_name.map(|must_name| Some(OptInRules { must_name }))
    }
}
