//! Resolving what an opt-in has to name.
//!
//! A part of `resolve`, apart because it is a subject of its own.

use super::{Resolver, Value};
use crate::policy::opt_in::OptInRules;

impl Resolver<'_> {
    pub(super) fn opt_in(&mut self) -> Option<OptInRules> {
        let must_name = self.value("opt_in.must_name").map(|v| match v {
            Value::Words(words) => words,
            other => unreachable!("opt_in.must_name was read as {other:?}"),
        });
        must_name.map(|must_name| OptInRules { must_name })
    }
}
