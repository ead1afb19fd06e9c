//! One rate card: billing terms and prices, each figure with where it comes from.

use std::collections::BTreeMap;

use super::terms::{Item, Terms};
use crate::policy::file::Confidence;
use crate::sim::SimTime;

/// A figure with where it comes from, as text.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Its dotted name in the file.
    pub name: String,
    /// The value as printed.
    pub value: String,
    /// What it counts in.
    pub unit: String,
    /// How sure one may be.
    pub confidence: Confidence,
    /// Who says so, where.
    pub source: String,
    /// The day, month or year of the source; none where a user set it.
    pub verified: Option<String>,
    /// Anything else a reader has to know.
    pub note: Option<String>,
}

/// A price.
#[derive(Clone, Debug, PartialEq)]
pub struct Price {
    /// Per unit, in the card's currency.
    pub value: f64,
    /// Where it comes from.
    pub fact: Fact,
}

/// A rate card.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// Its name; of a shipped one the first month it holds.
    pub name: String,
    /// What changed, in a few words.
    pub title: String,
    /// The same in a paragraph.
    pub summary: String,
    /// Its first day, `YYYY-MM-DD`, where it has one.
    pub from: Option<String>,
    /// The instant from which it holds, likewise.
    pub effective: Option<SimTime>,
    /// What is uncertain about that day.
    pub effective_note: Option<String>,
    /// The card it changes, if it is a patch.
    pub based_on: Option<String>,
    /// Three letters.
    pub currency: String,
    /// What is charged and what is free.
    pub terms: Terms,
    /// The terms as they stand in the file.
    pub facts: Vec<Fact>,
    /// Prices by market, then item.
    pub prices: BTreeMap<String, BTreeMap<Item, Price>>,
}

impl Card {
    /// The price of an item in a market, if it is known.
    pub fn price(&self, market: &str, item: Item) -> Option<&Price> {
        self.prices.get(market)?.get(&item)
    }

    /// `USD per message`.
    pub fn price_unit(&self) -> String {
        format!("{} per {}", self.currency, self.terms.by.unit())
    }

    /// The markets of which it knows anything, in byte order.
    pub fn markets(&self) -> impl Iterator<Item = &str> {
        self.prices.keys().map(String::as_str)
    }

    /// Markets and items, as an error lists them: `brazil (marketing, utility), india (marketing)`.
    pub fn known(&self) -> String {
        let market = |(m, items): (&String, &BTreeMap<Item, Price>)| {
            let items: Vec<&str> = items.keys().map(|i| i.name()).collect();
            format!("{m} ({})", items.join(", "))
        };
        let all: Vec<String> = self.prices.iter().map(market).collect();
        if all.is_empty() { "none".to_string() } else { all.join(", ") }
    }
}
