//! Cost by month and item, and what each campaign cost and earned: `charts/costs.csv`.

use crate::experiment::bill::Bill;
use crate::experiment::measure::RunResult;
use crate::report::picture::table::{In, Out, Unreadable};

/// The table's name in the folder.
pub const FILE: &str = "charts/costs.csv";

/// What was billed for one item in one month.
#[derive(Clone, Debug, PartialEq)]
pub struct MonthCost {
    /// `YYYY-MM`, UTC.
    pub month: String,
    /// Category, or origin of conversations.
    pub item: String,
    /// In the run's currency.
    pub cost: f64,
}

/// What a campaign cost and earned.
#[derive(Clone, Debug, PartialEq)]
pub struct CampaignCost {
    /// Its name.
    pub name: String,
    /// What it cost.
    pub cost: f64,
    /// What its conversions were worth.
    pub value: f64,
}

/// What the chart of costs shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Costs {
    /// Names of the rate cards used.
    pub cards: Vec<String>,
    /// By month, then item; months that only delivered free messages are there with cost 0.
    pub months: Vec<MonthCost>,
    /// In the scenario's order; empty for a log, which does not say what conversions are worth.
    pub campaigns: Vec<CampaignCost>,
}

impl Costs {
    /// Reads them out of a result and its bill.
    pub fn of(result: &RunResult, bill: &Bill) -> Costs {
        let campaign = |c: &crate::experiment::measure::GroupRow| CampaignCost {
            name: c.name.clone(),
            cost: c.cost,
            value: c.value,
        };
        Costs {
            cards: bill.cards.clone(),
            months: by_month(bill),
            campaigns: result.first.campaigns.iter().map(campaign).collect(),
        }
    }

    /// As a table: `what` is `card`, `month` (with its `item`) or `campaign` (with what it earned).
    pub fn csv(&self) -> String {
        let mut out = Out::new(&["what", "name", "item", "cost", "revenue"]);
        for card in &self.cards {
            out.row([&"card", card, &"", &"", &""]);
        }
        for m in &self.months {
            out.row([&"month", &m.month, &m.item, &m.cost, &""]);
        }
        for c in &self.campaigns {
            out.row([&"campaign", &c.name, &"", &c.cost, &c.value]);
        }
        out.end()
    }

    /// Reads the table again.
    pub fn parse(text: &str) -> Result<Costs, Unreadable> {
        let mut out = Costs::default();
        let table = In::new(FILE, text)?;
        for row in table.rows() {
            let name = row.text("name")?.to_string();
            match row.text("what")? {
                "card" => out.cards.push(name),
                "month" => out.months.push(MonthCost {
                    month: name,
                    item: row.text("item")?.to_string(),
                    cost: row.value("cost")?,
                }),
                "campaign" => out.campaigns.push(CampaignCost {
                    name,
                    cost: row.value("cost")?,
                    value: row.value("revenue")?,
                }),
                other => return Err(row.fault(format!("what {other:?}"), "card, month or campaign")),
            }
        }
        Ok(out)
    }
}

/// Cost by month, then item, in the order of the lines.
fn by_month(bill: &Bill) -> Vec<MonthCost> {
    let mut out: Vec<MonthCost> = Vec::new();
    for line in &bill.lines {
        match out.iter_mut().find(|m| m.month == line.month && m.item == line.item) {
            Some(m) => m.cost += line.cost,
            None => out.push(MonthCost {
                month: line.month.clone(),
                item: line.item.to_string(),
                cost: line.cost,
            }),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::bill::Line;

    #[test]
    fn months_hold_the_cost_of_their_lines_and_the_table_reads_back() {
        let line = |month: &str, item, cost| Line {
            month: month.to_string(),
            card: "c".into(),
            portfolio: "p".into(),
            number: "n".into(),
            market: "brazil".into(),
            item,
            delivered: 1,
            unit: "message",
            units: 1,
            free: 0,
            billable: 1,
            price: Some(cost),
            cost,
        };
        let lines = vec![
            line("2026-09", "marketing", 2.0),
            line("2026-09", "utility", 1.0),
            line("2026-09", "marketing", 0.5),
            line("2026-10", "marketing", 4.0),
        ];
        let bill = Bill { rates: "auto".into(), cards: vec!["c".into()], currency: "USD".into(), lines };
        let months = by_month(&bill);
        let costs: Vec<f64> = months.iter().map(|m| m.cost).collect();
        assert_eq!(costs, [2.5, 1.0, 4.0]);
        let campaigns = vec![CampaignCost { name: "a, b".into(), cost: 0.1 + 0.2, value: 3.0 }];
        let costs = Costs { cards: vec!["c".into()], months, campaigns };
        assert_eq!(Costs::parse(&costs.csv()).unwrap(), costs);
    }
}
