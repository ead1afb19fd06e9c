//! Section `[categories]` of a policy from its settings.
//!
//! What it means is the business of `categories`.

use super::{Resolver, Value};
use crate::policy::categories::{CategoryNames, CategoryRules};

impl Resolver<'_> {
    pub(super) fn categories(&mut self) -> Option<CategoryRules> {
        let allowed = self.value("categories.allowed").map(|v| match v {
            Value::Words(words) => words,
            other => unreachable!("categories.allowed was read as {other:?}"),
        });
        let names = self.word("categories.names").map(|w| match w {
            "older" => CategoryNames::Older,
            _ => CategoryNames::Present,
        });
        Some(CategoryRules { allowed: allowed?, names: names? })
    }
}
