//! Counts by day over all numbers, from attempt to read: `charts/funnel.csv`.

use crate::experiment::measure::{Counts, RunResult};
use crate::report::picture::table::{In, Out, Unreadable};
use crate::report::series::{self, Days};

/// The table's name in the folder.
pub const FILE: &str = "charts/funnel.csv";

/// What happened on a UTC day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// Messages that left the business.
    pub sent: u64,
    /// Attempts that did not.
    pub refused: u64,
    /// Messages that reached the device.
    pub delivered: u64,
    /// Reads that were seen.
    pub read: u64,
    /// Blocks.
    pub blocked: u64,
    /// Reports.
    pub reported: u64,
}

/// What the chart of counts shows: each day of the run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Funnel {
    /// In order.
    pub days: Vec<Day>,
}

impl Funnel {
    /// Reads it out of a result.
    pub fn of(result: &RunResult) -> Funnel {
        let by = |pick: fn(&Counts) -> u64| series::by_day(result, |row| pick(&row.counts));
        let sent = by(|c| c.sent);
        let refused = by(|c| c.attempted.saturating_sub(c.sent));
        let (delivered, read) = (by(|c| c.delivered), by(|c| c.read));
        let (blocked, reported) = (by(|c| c.blocked), by(|c| c.reported));
        let day = |i: usize| Day {
            sent: sent[i],
            refused: refused[i],
            delivered: delivered[i],
            read: read[i],
            blocked: blocked[i],
            reported: reported[i],
        };
        let days = (0..sent.len()).map(day).collect();
        Funnel { days }
    }

    /// As a table, a row a day.
    pub fn csv(&self, days: &Days) -> String {
        let mut out = Out::new(&["date", "sent", "refused", "delivered", "read", "blocked", "reported"]);
        for (i, d) in self.days.iter().enumerate() {
            let date = days.start(i).date();
            out.row([&date, &d.sent, &d.refused, &d.delivered, &d.read, &d.blocked, &d.reported]);
        }
        out.end()
    }

    /// Reads the table again.
    pub fn parse(text: &str, days: &Days) -> Result<Funnel, Unreadable> {
        let table = In::new(FILE, text)?;
        let mut out = Vec::with_capacity(days.count);
        for row in table.rows() {
            let wanted = if out.len() < days.count { days.start(out.len()).date() } else { String::new() };
            row.by("date", &format!("the day {wanted} of the manifest's span"), |t| {
                (t == wanted).then_some(())
            })?;
            out.push(Day {
                sent: row.value("sent")?,
                refused: row.value("refused")?,
                delivered: row.value("delivered")?,
                read: row.value("read")?,
                blocked: row.value("blocked")?,
                reported: row.value("reported")?,
            });
        }
        Ok(Funnel { days: out })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{Shape, sample, shapes};

    #[test]
    fn tables_read_back_and_hold_all_numbers() {
        for shape in shapes() {
            let result = sample(&shape);
            let (days, funnel) = (Days::of(&result), Funnel::of(&result));
            assert_eq!(Funnel::parse(&funnel.csv(&days), &days).unwrap(), funnel, "{shape:?}");
        }
        let result = sample(&Shape { numbers: 3, ..Shape::default() });
        let days = Funnel::of(&result).days;
        let counts = || result.replications[0].numbers.iter().map(|n| n.counts);
        assert_eq!(days.iter().map(|d| d.sent).sum::<u64>(), counts().map(|c| c.sent).sum::<u64>());
        let attempted: u64 = days.iter().map(|d| d.sent + d.refused).sum();
        assert_eq!(attempted, counts().map(|c| c.attempted).sum::<u64>());
    }
}
