//! The part of the answer about broadcast lists of the Business app: how many went out, and what the month's
//! allowance left out.

use crate::experiment::lists::BroadcastRow;
use crate::experiment::measure::RunResult;
use crate::report::page::Page;
use crate::report::words;

/// A line for each campaign that sent lists.
pub(super) fn broadcasts(page: &mut Page, result: &RunResult) {
    let rows = &result.first.broadcasts;
    if rows.is_empty() {
        return;
    }
    let which = if result.replications.len() > 1 { ", replication 1" } else { "" };
    page.section(&format!("Broadcast lists of the Business app{which}"));
    for (c, campaign) in result.first.campaigns.iter().enumerate() {
        let mine = || rows.iter().filter(move |r| r.campaign == c);
        if mine().next().is_none() {
            continue;
        }
        let sum = |f: fn(&BroadcastRow) -> u64| mine().map(f).sum::<u64>();
        let over = match sum(|r| r.over_allowance) {
            0 => "none left out by the month's allowance".to_string(),
            n => format!("{} not sent because the month's allowance was used up", words::count(n)),
        };
        let bought = match sum(|r| r.bought) {
            0 => String::new(),
            n => format!(", {} broadcasts bought", words::count(n)),
        };
        let line = format!(
            "{}: {} lists with {} planned messages in {}{bought}; {over}",
            words::clean(&campaign.name),
            words::count(sum(|r| r.lists)),
            words::count(sum(|r| r.messages)),
            words::plural(mine().count() as u64, "month", "months"),
        );
        page.wrap(&line, 2, 2);
    }
}
