//! Rate cards as text and JSON: the list, a card in full, a market through all cards.
//!
//! A pure function of the cards. A price that no source gives is shown as absent, never as zero.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::policy::rates::markets::Market;
use crate::policy::rates::{Card, Fact, Item, library, markets};
use crate::report::listing::{Footnotes, hanging, paragraph, pretty};

/// `rates list`.
pub fn list() -> String {
    let mut out =
        format!("{:<10} {:<11} {:<13} {:<8} WHAT CHANGED\n", "CARD", "FROM", "BILLED PER", "MARKETS");
    for c in library::cards() {
        let _ = writeln!(
            out,
            "{:<10} {:<11} {:<13} {:<8} {}",
            c.name,
            c.from.as_deref().unwrap_or("-"),
            c.terms.by.unit(),
            c.markets().count(),
            c.title
        );
    }
    out.push('\n');
    let _ = writeln!(out, "{:<22} {:<23} COUNTRIES", "MARKET", "NAME");
    for m in markets::all() {
        let lead = format!("{:<22} {:<23} ", m.key, m.name);
        let countries = if m.countries.is_empty() { "named only".to_string() } else { m.countries.join(" ") };
        hanging(&mut out, &lead, &countries);
    }
    out.push('\n');
    paragraph(
        &mut out,
        "",
        "`rates = \"auto\"` in [money] follows the dates, a name pins one card for all time. The platform publishes its \
         prices as files of which none was found: the figures here are what partners, public code and notes say, and a \
         market or category that nobody names is absent. `tiersim rates show CARD` or `show MARKET` has each figure with \
         its source. Volume tiers exist since July 2025; no figure of theirs was found, so they are yours to give in \
         [[money.tiers]].",
    );
    out
}

/// `rates list` as JSON.
pub fn list_json() -> String {
    let card = |c: &Card| {
        json!({ "name": c.name, "title": c.title, "from": c.from, "billed_per": c.terms.by.unit(),
                "currency": c.currency, "markets": c.markets().collect::<Vec<_>>() })
    };
    let market = |m: &Market| {
        json!({ "market": m.key, "name": m.name, "countries": m.countries, "confidence": m.confidence.name(),
                "source": m.source, "verified": m.verified, "note": m.note })
    };
    pretty(&json!({
        "cards": library::cards().iter().map(card).collect::<Vec<_>>(),
        "markets": markets::all().iter().map(market).collect::<Vec<_>>(),
    }))
}

/// A source as a footnote has it.
fn sourced(f: &Fact) -> String {
    let dated = f.verified.as_ref().map_or(String::new(), |d| format!(" ({d})"));
    let noted = f.note.as_ref().map_or(String::new(), |n| format!("; {n}"));
    format!("{}: {}{dated}{noted}", f.confidence.name(), f.source)
}

/// The items a card has any price of, in order.
fn items(c: &Card) -> Vec<Item> {
    let has = |i: &Item| c.prices.values().any(|m| m.contains_key(i));
    Item::ALL.into_iter().filter(has).collect()
}

/// `rates show CARD`.
pub fn card(c: &Card) -> String {
    let mut out = String::new();
    let mut notes = Footnotes::default();
    let _ = writeln!(out, "{}: {}", c.name, c.title);
    if let Some(base) = &c.based_on {
        let _ = writeln!(out, "  a patch over {base}{}", without_its_prices(c));
    }
    if let Some(from) = &c.from {
        let note = c.effective_note.as_ref().map_or(String::new(), |n| format!(". {n}"));
        paragraph(&mut out, "  ", &format!("in force from {from}{note}"));
    }
    paragraph(&mut out, "  ", &c.summary);
    let _ = writeln!(out, "\n[billing]");
    for f in &c.facts {
        let note = notes.number(sourced(f));
        let _ = writeln!(
            out,
            "  {:<18} {:<26} {:<24} {:<11} {note}",
            f.name,
            f.value,
            f.unit,
            f.confidence.name()
        );
    }
    let columns = items(c);
    let _ = writeln!(out, "\n[rates] {}", c.price_unit());
    let mut head = format!("  {:<22}", "market");
    columns.iter().for_each(|i| head.push_str(&format!("{:<19}", i.name())));
    let _ = writeln!(out, "{}", if columns.is_empty() { "  none known" } else { head.trim_end() });
    for (market, prices) in &c.prices {
        let mut row = format!("  {market:<22}");
        for item in &columns {
            let cell = match prices.get(item) {
                Some(p) => format!("{} {}", p.fact.value, notes.number(sourced(&p.fact))),
                None => "-".to_string(),
            };
            row.push_str(&format!("{cell:<19}"));
        }
        let _ = writeln!(out, "{}", row.trim_end());
    }
    out.push('\n');
    notes.print(&mut out);
    out
}

/// `rates show CARD` as JSON.
pub fn card_json(c: &Card) -> String {
    let fact = |f: &Fact| {
        json!({ "value": f.value, "unit": f.unit, "confidence": f.confidence.name(), "source": f.source,
                "verified": f.verified, "note": f.note })
    };
    let billing: serde_json::Map<String, Value> = c.facts.iter().map(|f| (f.name.clone(), fact(f))).collect();
    let rates: serde_json::Map<String, Value> = c
        .prices
        .iter()
        .map(|(m, items)| {
            let of: serde_json::Map<String, Value> =
                items.iter().map(|(i, p)| (i.name().to_string(), fact(&p.fact))).collect();
            (m.clone(), Value::Object(of))
        })
        .collect();
    pretty(&json!({
        "name": c.name, "title": c.title, "summary": c.summary, "from": c.from, "based_on": c.based_on,
        "effective_note": c.effective_note, "currency": c.currency, "billing": billing, "rates": rates,
    }))
}

/// `rates show MARKET`.
pub fn market(m: &Market) -> String {
    let mut out = format!("{}: {}\n", m.key, m.name);
    let countries = if m.countries.is_empty() { "none".to_string() } else { m.countries.join(" ") };
    let note = m.note.as_ref().map_or(String::new(), |n| format!("; {n}"));
    paragraph(
        &mut out,
        "  ",
        &format!("countries: {countries} ({}: {}, {}{note})", m.confidence.name(), m.source, m.verified),
    );
    let mut notes = Footnotes::default();
    let _ = writeln!(
        out,
        "\n{:<10} {:<11} {:<20} {:<8} {:<21} {:<11} SOURCE",
        "CARD", "FROM", "ITEM", "PRICE", "UNIT", "CONFIDENCE"
    );
    for c in library::cards() {
        let from = c.from.as_deref().unwrap_or("-");
        let Some(prices) = c.prices.get(&m.key) else {
            let _ = writeln!(out, "{:<10} {from:<11} none known", c.name);
            continue;
        };
        for (item, p) in prices {
            let note = notes.number(sourced(&p.fact));
            let _ = writeln!(
                out,
                "{:<10} {from:<11} {:<20} {:<8} {:<21} {:<11} {note}",
                c.name,
                item.name(),
                p.fact.value,
                p.fact.unit,
                p.fact.confidence.name()
            );
        }
    }
    out.push('\n');
    notes.print(&mut out);
    out
}

/// `rates show MARKET` as JSON.
pub fn market_json(m: &Market) -> String {
    let one = |c: &Card, i: Item, f: &Fact| {
        json!({ "card": c.name, "from": c.from, "item": i.name(), "price": f.value, "unit": f.unit,
                "confidence": f.confidence.name(), "source": f.source, "verified": f.verified, "note": f.note })
    };
    let mut prices: Vec<Value> = Vec::new();
    for c in library::cards() {
        let of = c.prices.get(&m.key).into_iter().flatten();
        prices.extend(of.map(|(i, p)| one(c, *i, &p.fact)));
    }
    pretty(&json!({ "market": m.key, "name": m.name, "countries": m.countries, "prices": prices }))
}

/// `rates check` of a file without fault.
pub fn fine(file: &str, c: &Card) -> String {
    let prices: usize = c.prices.values().map(std::collections::BTreeMap::len).sum();
    let base = c.based_on.as_ref().map_or(String::new(), |b| format!("; over {b}{}", without_its_prices(c)));
    format!("{file}: fine; {prices} prices in {} markets, {}{base}\n", c.prices.len(), c.price_unit())
}

/// What became of the prices of the card that a card builds on.
fn without_its_prices(c: &Card) -> String {
    let base = c.based_on.as_deref().and_then(library::card);
    match base {
        Some(b) if b.terms.by != c.terms.by => {
            format!(", without its prices: they are by {}", b.terms.by.name())
        }
        Some(b) if b.currency != c.currency => format!(", without its prices: they are in {}", b.currency),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::rates::Rates;
    use crate::report::listing::WIDTH;

    fn fits(text: &str) {
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH, "{} columns: {line}", line.chars().count());
            assert_eq!(line.trim_end(), line);
        }
    }

    #[test]
    fn the_list_names_every_card_and_market_and_fits() {
        let text = list();
        fits(&text);
        for c in library::cards() {
            assert!(text.lines().any(|l| l.starts_with(&c.name)), "{}", c.name);
        }
        for m in markets::all() {
            assert!(text.lines().any(|l| l.starts_with(&m.key)), "{}", m.key);
            fits(&market(m));
            serde_json::from_str::<Value>(&market_json(m)).unwrap();
        }
        serde_json::from_str::<Value>(&list_json()).unwrap();
    }

    #[test]
    fn prices_that_a_change_of_unit_or_currency_leaves_behind_are_named() {
        let said = |change: &str| {
            let text = format!("based_on = \"2022-02\"\n{change}\n[rates.brazil]\n");
            let item = if change.contains("unit") { "utility = 1\n" } else { "user_initiated = 1\n" };
            let rates = Rates::from_text("mine.toml", &format!("{text}{item}")).unwrap();
            let mine = rates.all().next().unwrap();
            assert!(card(mine).contains("a patch over 2022-02"));
            fine("mine.toml", mine)
        };
        assert!(said("").ends_with("EUR per conversation; over 2022-02\n"), "{}", said(""));
        let unit = said("billing.unit = \"conversation_by_category\"");
        assert!(
            unit.ends_with("over 2022-02, without its prices: they are by conversation_by_origin\n"),
            "{unit}"
        );
        let currency = said("currency = \"USD\"");
        assert!(currency.ends_with("over 2022-02, without its prices: they are in EUR\n"), "{currency}");
    }

    #[test]
    fn a_card_shows_every_price_with_its_source_and_what_is_absent() {
        for c in library::cards() {
            let text = card(c);
            fits(&text);
            let json: Value = serde_json::from_str(&card_json(c)).unwrap();
            for (m, items) in &c.prices {
                let row = text.lines().find(|l| l.trim_start().starts_with(&format!("{m} "))).unwrap();
                for (i, p) in items {
                    assert!(row.contains(&p.fact.value), "{}: {m}: {}", c.name, i.name());
                    assert_eq!(json["rates"][m][i.name()]["source"], p.fact.source);
                }
            }
        }
        let row = card(library::card("2026-10").unwrap());
        let row = row.lines().find(|l| l.trim_start().starts_with("uae")).unwrap();
        assert!(row.trim_end().ends_with('-'), "no utility price: {row}");
    }
}
