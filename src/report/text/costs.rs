//! What was billed by rate cards, in the terminal: by item and market, then what each campaign cost and earned.

use std::collections::BTreeMap;

use super::{LINES_MAX, NAME_MAX};
use crate::experiment::bill::Bill;
use crate::experiment::measure::RunResult;
use crate::report::page::{Page, left, right};
use crate::report::words;

/// Units billed and free, and their cost, of an item, market and card.
#[derive(Default)]
struct Sum {
    billed: u64,
    /// Free by the allowance, by the terms, or inside a conversation that was charged.
    free: u64,
    unit: &'static str,
    cost: f64,
}

/// The sums of a bill by what they are of, the dearest first.
fn summed(bill: &Bill) -> Vec<(String, Sum)> {
    let mut sums: BTreeMap<(&str, &str, &str), Sum> = BTreeMap::new();
    for line in &bill.lines {
        let sum = sums.entry((&line.market, line.item, &line.card)).or_default();
        sum.billed += line.billable;
        sum.free += line.delivered - line.billable;
        sum.unit = line.unit;
        sum.cost += line.cost;
    }
    let several = bill.cards.len() > 1;
    let name = |(market, item, card): (&str, &str, &str)| {
        let by = if several { format!(", {card}") } else { String::new() };
        words::clean(&format!("{item}, {market}{by}"))
    };
    let mut rows: Vec<(String, Sum)> = sums.into_iter().map(|(of, sum)| (name(of), sum)).collect();
    rows.sort_by(|a, b| b.1.cost.total_cmp(&a.1.cost));
    rows
}

/// The section; nothing where flat prices hold.
pub fn costs(page: &mut Page, result: &RunResult) {
    let Some(bill) = &result.first.bill else { return };
    let currency = words::shorten(&words::clean(&result.currency), 12);
    let which = if result.replications.len() > 1 { ", replication 1" } else { "" };
    // None if nothing was delivered.
    let cards =
        if bill.cards.is_empty() { String::new() } else { format!(" {}", words::list(&bill.cards, 4)) };
    page.section(&format!("What was billed by rate cards{cards}{which} in {currency} (costs.csv)"));
    let rows = summed(bill);
    let name = 40.min(page.width.saturating_sub(38));
    if !rows.is_empty() {
        page.line(&format!(
            "  {}{}{}{}",
            left("", name),
            right("billed", 11),
            right("not billed", 12),
            right("cost", 11)
        ));
    }
    for (what, sum) in rows.iter().take(LINES_MAX) {
        page.line(&format!(
            "  {}{}{}{}  {}s",
            left(&words::shorten(what, name - 1), name),
            right(&words::count(sum.billed), 11),
            right(&words::count(sum.free), 12),
            right(&words::amount(sum.cost), 11),
            sum.unit
        ));
    }
    if rows.len() > LINES_MAX {
        page.line(&format!("  … and {} more", rows.len() - LINES_MAX));
    }
    if rows.is_empty() {
        page.line("  nothing was delivered");
    } else if rows.len() > 1 {
        let total = right(&words::amount(bill.cost()), 11);
        page.line(&format!("  {}{}{total}", left("in all", name), left("", 23)));
    }
    let campaigns = &result.first.campaigns;
    if campaigns.iter().all(|c| c.cost == 0.0 && c.value == 0.0) {
        return;
    }
    page.line("");
    page.line(&format!(
        "  {}{}{}{}",
        left("campaign", name),
        right("cost", 11),
        right("revenue", 12),
        right("profit", 11)
    ));
    for c in campaigns.iter().take(LINES_MAX) {
        page.line(&format!(
            "  {}{}{}{}",
            left(&words::shorten(&words::clean(&c.name), NAME_MAX), name),
            right(&words::amount(c.cost), 11),
            right(&words::amount(c.value), 12),
            right(&words::amount(c.value - c.cost), 11)
        ));
    }
    if campaigns.len() > LINES_MAX {
        page.line(&format!("  … and {} more in campaigns.csv", campaigns.len() - LINES_MAX));
    }
}
