//! Histograms of waiting times: `charts/delays.csv`.

use crate::experiment::measure::{DelayHistogram, RunResult};
use crate::report::picture::table::{In, Out, Unreadable};

/// The table's name in the folder.
pub const FILE: &str = "charts/delays.csv";

/// What the chart of delays shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Delays {
    /// Delivery to reading \[ms\].
    pub time_to_read: DelayHistogram,
    /// Planned instant to send \[ms\].
    pub time_in_queue: DelayHistogram,
}

impl Delays {
    /// Reads them out of a result.
    pub fn of(result: &RunResult) -> Delays {
        Delays {
            time_to_read: result.first.time_to_read.clone(),
            time_in_queue: result.first.time_in_queue.clone(),
        }
    }

    /// As a table: a row for each bucket of the histogram with a value in it.
    pub fn csv(&self) -> String {
        let mut out = Out::new(&["delay", "up_to_milliseconds", "count"]);
        for (name, histogram) in
            [("time_to_read", &self.time_to_read), ("time_in_queue", &self.time_in_queue)]
        {
            for v in histogram.iter_recorded() {
                out.row([&name, &v.value_iterated_to(), &v.count_at_value()]);
            }
        }
        out.end()
    }

    /// Reads the table again.
    pub fn parse(text: &str) -> Result<Delays, Unreadable> {
        let empty = || DelayHistogram::new(3).expect("three digits are few");
        let mut out = Delays { time_to_read: empty(), time_in_queue: empty() };
        let table = In::new(FILE, text)?;
        for row in table.rows() {
            let histogram = match row.text("delay")? {
                "time_to_read" => &mut out.time_to_read,
                "time_in_queue" => &mut out.time_in_queue,
                other => return Err(row.fault(format!("{other:?}"), "time_to_read or time_in_queue")),
            };
            let (value, count): (u64, u64) = (row.value("up_to_milliseconds")?, row.value("count")?);
            let too_large = |_| row.fault(format!("{value}"), "a delay below a thousand years");
            histogram.record_n(value, count).map_err(too_large)?;
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{Shape, sample};

    #[test]
    fn the_table_reads_back() {
        let delays = Delays::of(&sample(&Shape::default()));
        let again = Delays::parse(&delays.csv()).unwrap();
        assert!(!delays.time_to_read.is_empty());
        assert_eq!(again.csv(), delays.csv());
        for q in [0.0, 0.005, 0.5, 0.9, 1.0] {
            assert_eq!(again.time_to_read.value_at_quantile(q), delays.time_to_read.value_at_quantile(q));
        }
    }
}
