//! Messaging limits as steps, slots in use by day, and how both spread over replications: `charts/limit.csv`.

use crate::experiment::measure::{DailyPoint, RunResult};
use crate::messaging::Limit;
use crate::report::picture::rating::{ribbon_point, time};
use crate::report::picture::table::{In, Out, Row, Unreadable};
use crate::report::series::{self, Days, LimitStep, RibbonPoint};

/// The table's name in the folder.
pub const FILE: &str = "charts/limit.csv";

/// One limit: a number's own, or a portfolio's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Panel {
    /// Whose it is, as shown.
    pub label: String,
    /// At the start; none when the run holds neither a day nor a step.
    pub start: Option<Limit>,
    /// Its steps in time order.
    pub steps: Vec<LimitStep>,
    /// Slots in use at the end of each day.
    pub slots: Vec<u64>,
    /// How the slots spread over replications.
    pub slots_spread: Vec<RibbonPoint>,
    /// How the limit does; empty where some replication has none: that is no number.
    pub limit_spread: Vec<RibbonPoint>,
}

/// What the chart of limits shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    /// In the order of the numbers.
    pub panels: Vec<Panel>,
}

impl Limits {
    /// Reads them out of a result.
    pub fn of(result: &RunResult) -> Limits {
        let panel = |path: series::LimitPath| {
            let (slots_spread, limit_spread) = spreads(result, path.numbers[0]);
            let series::LimitPath { label, start, steps, slots, .. } = path;
            Panel { label, start, steps, slots, slots_spread, limit_spread }
        };
        Limits { panels: series::limit_paths(result).into_iter().map(panel).collect() }
    }

    /// As a table: `what` is `start`, `step` (at `from`, with the limit `before` and the `rule`), `slots` (of the day from
    /// `from`), or the `slots_spread` and `limit_spread` of a day.
    pub fn csv(&self, days: &Days) -> String {
        let columns =
            ["panel", "of", "what", "from", "value", "before", "rule", "low", "high", "replications"];
        let mut out = Out::new(&columns);
        for (i, p) in self.panels.iter().enumerate() {
            let (i, of) = (i + 1, &p.label);
            if let Some(start) = p.start {
                out.row([&i, of, &"start", &days.start(0), &start, &"", &"", &"", &"", &""]);
            }
            for s in &p.steps {
                out.row([&i, of, &"step", &s.time, &s.to, &s.from, &s.rule, &"", &"", &""]);
            }
            for (day, used) in p.slots.iter().enumerate() {
                out.row([&i, of, &"slots", &days.start(day), used, &"", &"", &"", &"", &""]);
            }
            for (what, spread) in [("slots_spread", &p.slots_spread), ("limit_spread", &p.limit_spread)] {
                for r in spread {
                    let from = days.start(r.day);
                    out.row([&i, of, &what, &from, &r.middle, &"", &"", &r.low, &r.high, &r.replications]);
                }
            }
        }
        out.end()
    }

    /// Reads the table again.
    pub fn parse(text: &str, days: &Days) -> Result<Limits, Unreadable> {
        let mut panels: Vec<Panel> = Vec::new();
        let table = In::new(FILE, text)?;
        for row in table.rows() {
            let panel: usize = row.value("panel")?;
            if panel == panels.len() + 1 {
                let label = row.text("of")?.to_string();
                panels.push(Panel { label, slots: vec![0; days.count], ..Panel::default() });
            }
            let Some(p) = panels.last_mut().filter(|_| panel > 0) else {
                return Err(row.fault(format!("panel {panel}"), "panels counted from 1 without a gap"));
            };
            let from = time(&row, "from")?;
            match row.text("what")? {
                "start" => p.start = Some(limit(&row, "value")?),
                "step" => p.steps.push(LimitStep {
                    time: from,
                    from: limit(&row, "before")?,
                    to: limit(&row, "value")?,
                    rule: row.text("rule")?.to_string(),
                }),
                "slots" => p.slots[days.index(from)] = row.value("value")?,
                what @ ("slots_spread" | "limit_spread") => {
                    let point = ribbon_point(&row, days, "value")?;
                    if what == "slots_spread" { &mut p.slots_spread } else { &mut p.limit_spread }
                        .push(point);
                }
                other => {
                    let allowed = "start, step, slots, slots_spread or limit_spread";
                    return Err(row.fault(format!("what {other:?}"), allowed));
                }
            }
        }
        Ok(Limits { panels })
    }
}

fn limit(row: &Row<'_>, column: &str) -> Result<Limit, Unreadable> {
    row.by(column, "a number of people, or unlimited", Limit::parse)
}

fn spreads(result: &RunResult, number: usize) -> (Vec<RibbonPoint>, Vec<RibbonPoint>) {
    let mut points =
        result.replications.iter().flat_map(|r| r.daily.iter().skip(number).step_by(result.numbers.len()));
    let numbers = !points.any(|p| p.limit == Limit::Unlimited);
    let limit = |p: &DailyPoint| match p.limit {
        Limit::Of(n) if numbers => Some(n as f64),
        _ => None,
    };
    let slots = series::ribbon(result, number, |p| Some(p.slots_in_use as f64));
    (slots, series::ribbon(result, number, limit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{sample, shapes};

    #[test]
    fn tables_read_back() {
        for shape in shapes() {
            let result = sample(&shape);
            let (days, limits) = (Days::of(&result), Limits::of(&result));
            assert_eq!(Limits::parse(&limits.csv(&days), &days).unwrap(), limits, "{shape:?}");
        }
    }

    #[test]
    fn a_gap_between_panels_is_a_fault() {
        let result = sample(&shapes()[0]);
        let days = Days::of(&result);
        let text = Limits::of(&result).csv(&days).replace("\n1,", "\n3,");
        let fault = Limits::parse(&text, &days).unwrap_err().to_string();
        assert!(fault.contains("charts/limit.csv, line 2: found panel 3"), "{fault}");
    }
}
