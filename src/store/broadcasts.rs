//! `broadcasts.csv`: what lists of the Business app came to, by campaign and month.

use super::table::Table;
use crate::experiment::lists::BroadcastRow;

/// One row per campaign and calendar month (UTC) with a list.
pub fn broadcasts(campaigns: &[String], rows: &[BroadcastRow]) -> Vec<u8> {
    let mut t = Table::new(&["month", "campaign", "lists", "messages", "free", "bought", "over_allowance"]);
    for row in rows {
        t.text(&row.month.date()[..7]);
        t.text(&campaigns[row.campaign]);
        for n in [row.lists, row.messages, row.free, row.bought, row.over_allowance] {
            t.count(n);
        }
        t.end();
    }
    t.out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::SimTime;

    #[test]
    fn a_month_is_a_row() {
        let month = SimTime::parse("2026-05-01T00:00:00Z").unwrap();
        let row = BroadcastRow {
            campaign: 1,
            month,
            lists: 2,
            messages: 300,
            free: 35,
            bought: 265,
            over_allowance: 0,
        };
        let text = String::from_utf8(broadcasts(&["a".into(), "b".into()], &[row])).unwrap();
        assert_eq!(text.lines().last(), Some("2026-05,b,2,300,35,265,0"));
    }
}
