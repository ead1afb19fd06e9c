//! From a scenario's `[money]` to the rate cards it is billed by, and every price a campaign may need.
//!
//! What cards are and say is for `policy::rates`; this file chooses them, finds each segment's market, and sees that
//! nothing that may be charged is without a price. Flat prices are the templates' own and not its business.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::audience::Loader;
use super::check::Checker;
use super::plan::Run;
use super::read::Reader;
use crate::behaviour::recipient::Segment;
use crate::behaviour::sender::{Campaign, Number, Template};
use crate::policy::rates::{BilledBy, Card, Item, Rates, library, markets};
use crate::sim::SimTime;
use crate::text::{Value, did_you_mean};

/// How a run is billed.
#[derive(Clone, Debug, PartialEq)]
pub struct Pricing {
    /// As asked for: `auto`, a card's name, a file's.
    pub label: String,
    /// The cards in force, each with the instant from which it holds, in order; the first from the start of the run.
    pub cards: Vec<(SimTime, Arc<Card>)>,
    /// For each of these, what a unit of its currency is worth in the scenario's.
    pub exchange: Vec<f64>,
    /// For each segment, its market; none for one that no campaign writes to.
    pub markets: Vec<Option<String>>,
    /// Volume tiers, by rising `above`.
    pub tiers: Vec<Tier>,
}

/// What is billed beyond so many units of a portfolio's month costs this.
#[derive(Clone, Debug, PartialEq)]
pub struct Tier {
    /// As rate cards name it.
    pub market: String,
    /// Utility or authentication.
    pub item: Item,
    /// Units at the price before.
    pub above: u64,
    /// In the scenario's currency.
    pub price: f64,
}

/// What is going to be billed.
pub struct Bought<'k> {
    /// Begin and end.
    pub run: Run,
    /// Segments in file order.
    pub segments: &'k [Segment],
    /// Numbers in file order.
    pub numbers: &'k [Number],
    /// Templates in file order.
    pub templates: &'k [Template],
    /// Campaigns in file order.
    pub campaigns: &'k [Campaign],
}

impl Bought<'_> {
    /// Segments and templates that meet in some campaign of the API, each pair once: what a number of the Business app
    /// sends has no price.
    fn pairs(&self) -> BTreeSet<(usize, usize)> {
        let mut pairs = BTreeSet::new();
        let of_app = |c: &&Campaign| self.numbers.get(c.number).is_some_and(|n| n.app.is_some());
        for c in self.campaigns.iter().filter(|c| !of_app(c)) {
            for t in c.sendable() {
                pairs.extend(c.audience.segments.iter().map(|s| (*s, t)));
            }
        }
        pairs
    }
}

/// The pricing of a scenario, if it is billed by rate cards, and the digest of a card file of its own. Faults are
/// noted where they belong; what is given without effect becomes a remark.
pub fn pricing(
    root: &Reader<'_>,
    bought: &Bought<'_>,
    loader: Loader<'_>,
    remarks: &mut Vec<String>,
    faults: &mut Checker,
) -> (Option<Pricing>, Option<String>) {
    let money = root.table("money");
    let Some(name) = money.text_opt("rates") else {
        for key in ["tiers", "exchange", "rates_digest"].into_iter().filter(|k| money.has(k)) {
            remarks.push(format!("[money] {key} has no effect: no rate card is used."));
        }
        return (None, None);
    };
    let Some(rates) = choose(name, &money, loader, faults) else { return (None, None) };
    let digest = rates.digest.clone();
    unused_prices(root, remarks);
    let Some((start, horizon)) = bought.run else { return (None, digest) };
    let cards = rates.in_force(start, horizon);
    let mut told = BTreeSet::new();
    let exchange = cards.iter().map(|(_, c)| exchange(c, &money, &mut told, faults)).collect();
    let pairs = bought.pairs();
    let tables = root.tables("segments");
    let markets: Vec<Option<String>> = (0..bought.segments.len())
        .map(|s| {
            let written_to = pairs.iter().any(|p| p.0 == s);
            written_to.then(|| market(&bought.segments[s], &tables[s].1, &cards, faults)).flatten()
        })
        .collect();
    for (_, card) in &cards {
        let mut needed = BTreeSet::new();
        for (s, t) in &pairs {
            let Some(market) = &markets[*s] else { continue };
            for item in card.terms.prices_of(bought.templates[*t].category) {
                if card.price(market, item).is_none() && needed.insert((*s, item)) {
                    missing(card, market, item, &bought.templates[*t].name, &tables[*s].1, faults);
                }
            }
        }
    }
    let tiers = tiers(&money, &cards, remarks, faults);
    (Some(Pricing { label: rates.label, cards, exchange, markets, tiers }), digest)
}

/// The cards asked for.
fn choose(name: &str, money: &Reader<'_>, loader: Loader<'_>, faults: &mut Checker) -> Option<Rates> {
    let place = money.place("rates");
    if !(name.ends_with(".toml") || name.ends_with(".json")) {
        match Rates::named(name) {
            Ok(rates) => return Some(rates),
            Err(unknown) => {
                let all = library::names().into_iter().chain(["auto", "none"]);
                let hint = did_you_mean(name, all);
                let found = format!("there is no rate card {:?}", unknown.name);
                let allowed =
                    format!("auto, none, {}, or a path to a card file", library::names().join(", "));
                faults.fault_with(place, &money.at("rates"), found, allowed, hint);
                return None;
            }
        }
    }
    let text = match loader(name) {
        Ok(text) => text,
        Err(e) => {
            let found = format!("{name:?} cannot be read: {e}");
            faults.fault(place, &money.at("rates"), found, "a rate card file");
            return None;
        }
    };
    let rates = match Rates::from_text(name, &text) {
        Ok(rates) => rates,
        Err(wrong) => {
            faults.faults.extend(wrong.0);
            return None;
        }
    };
    let digest = rates.digest.as_deref().unwrap_or_default();
    if let Some(wanted) = money.text_opt("rates_digest").filter(|d| *d != digest) {
        let found = format!("{name:?} has the digest {digest}, not {wanted}");
        let hint = Some("the card has changed; remove `rates_digest` to take it as it is".to_string());
        faults.fault_with(money.place("rates_digest"), &money.at("rates_digest"), found, "", hint);
    }
    Some(rates)
}

/// Flat prices that a card makes idle.
fn unused_prices(root: &Reader<'_>, remarks: &mut Vec<String>) {
    let money = root.table("money");
    let mut idle: Vec<String> = ["marketing", "utility", "authentication", "service"]
        .into_iter()
        .filter(|k| money.real(k) != 0.0)
        .map(|k| money.at(k))
        .collect();
    let templates = root.tables("templates");
    idle.extend(templates.iter().filter(|(_, t)| t.has("cost")).map(|(_, t)| t.at("cost")));
    if !idle.is_empty() {
        remarks.push(format!("Flat prices without effect, since a rate card is used: {}.", idle.join(", ")));
    }
}

/// What a unit of a card's currency is worth; each currency that this is not known of is told once.
fn exchange(card: &Card, money: &Reader<'_>, told: &mut BTreeSet<String>, faults: &mut Checker) -> f64 {
    let own = money.text("currency");
    if card.currency == own {
        return 1.0;
    }
    money.table("exchange").real_opt(&card.currency).unwrap_or_else(|| {
        let found = format!("the rate card {} is in {}, amounts here are in {own}", card.name, card.currency);
        let allowed =
            format!("currency = \"{0}\", or what one {0} is worth: exchange = {{ {0} = … }}", card.currency);
        if told.insert(card.currency.clone()) {
            faults.fault(money.place("currency"), &money.at("currency"), found, allowed);
        }
        1.0
    })
}

/// A segment's market: its own word, else that of its country.
fn market(
    segment: &Segment,
    t: &Reader<'_>,
    cards: &[(SimTime, Arc<Card>)],
    faults: &mut Checker,
) -> Option<String> {
    let known = || -> BTreeSet<&str> {
        let own = cards.iter().flat_map(|(_, c)| c.markets());
        markets::all().iter().map(|m| m.key.as_str()).chain(own).collect()
    };
    let list = || known().into_iter().collect::<Vec<_>>().join(", ");
    if let Some(market) = &segment.market {
        if known().contains(market.as_str()) {
            return Some(market.clone());
        }
        let hint = did_you_mean(market, known().iter().copied());
        faults.fault_with(
            t.place("market"),
            &t.at("market"),
            format!("{market:?} is no market"),
            list(),
            hint,
        );
        return None;
    }
    let Some(country) = &segment.country else {
        let found = "missing: a rate card's prices go by market";
        faults.fault(
            t.node.place.clone(),
            &t.at("country"),
            found,
            "country = \"BR\", or market = one of: ".to_string() + &list(),
        );
        return None;
    };
    let found = markets::of_country(country);
    if found.is_none() {
        let found = format!("the market of {country} is not known");
        faults.fault(t.place("country"), &t.at("country"), found, format!("market = one of: {}", list()));
    }
    found.map(|m| m.key.clone())
}

/// A price that may be needed and is nowhere.
fn missing(card: &Card, market: &str, item: Item, template: &str, t: &Reader<'_>, faults: &mut Checker) {
    let key = if t.has("market") { "market" } else { "country" };
    let found = format!(
        "the rate card {} has no {} price for the market {market}, which template {template} needs",
        card.name,
        item.name()
    );
    let elsewhere: Vec<&str> = library::cards()
        .iter()
        .filter(|c| c.name != card.name && c.price(market, item).is_some())
        .map(|c| c.name.as_str())
        .collect();
    let hint = if elsewhere.is_empty() {
        "a card file of your own can give it".to_string()
    } else {
        format!(
            "known in {}; name one in money.rates, or give the price in a card file of your own",
            elsewhere.join(", ")
        )
    };
    faults.fault_with(t.place(key), &t.at(key), found, card.known(), Some(hint));
}

/// Volume tiers; they came with billing per message.
fn tiers(
    money: &Reader<'_>,
    cards: &[(SimTime, Arc<Card>)],
    remarks: &mut Vec<String>,
    faults: &mut Checker,
) -> Vec<Tier> {
    let mut out: Vec<Tier> = Vec::new();
    let Some(Value::List(items)) = money.get("tiers").map(|n| &n.value) else { return out };
    let cards: Vec<&Card> =
        cards.iter().map(|(_, c)| c.as_ref()).filter(|c| c.terms.by == BilledBy::Message).collect();
    if cards.is_empty() {
        remarks.push("[[money.tiers]] has no effect: no rate card in use bills per message.".to_string());
        return out;
    }
    for (i, node) in items.iter().enumerate() {
        let t = Reader::new(node, format!("{}.{i}", money.at("tiers")));
        let item = if t.text("category") == "authentication" { Item::Authentication } else { Item::Utility };
        let market = t.text("market");
        if !cards.iter().any(|c| c.price(market, item).is_some()) && !market.is_empty() {
            let mut priced: Vec<&str> =
                cards.iter().flat_map(|c| c.markets().filter(|m| c.price(m, item).is_some())).collect();
            priced.sort_unstable();
            priced.dedup();
            let hint = did_you_mean(market, priced.iter().copied());
            let found = format!("no rate card in use has a {} price for {market:?}", item.name());
            faults.fault_with(t.place("market"), &t.at("market"), found, priced.join(", "), hint);
        }
        let tier = Tier {
            market: market.to_string(),
            item,
            above: t.whole_opt("above").unwrap_or(1),
            price: t.real("price"),
        };
        if out.iter().any(|o| (&o.market, o.item, o.above) == (&tier.market, tier.item, tier.above)) {
            let found = format!("a second tier of {market} {} above {}", item.name(), tier.above);
            faults.fault(t.place("above"), &t.at("above"), found, "each boundary once");
        }
        out.push(tier);
    }
    out.sort_by_key(|t| t.above);
    out
}
