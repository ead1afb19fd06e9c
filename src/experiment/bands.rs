//! How a number's days spread over replications, as plain data for `daily_bands.csv` and for charts.
//!
//! Only the shape: the statistics are computed where replications are gathered.

use crate::sim::SimTime;

/// One measure of one number on one UTC day, over replications.
#[derive(Clone, Debug, PartialEq)]
pub struct BandRow {
    /// Start of the UTC day.
    pub day: SimTime,
    /// Index into the result's numbers.
    pub number: usize,
    /// Name of the measure, as in `daily.csv`.
    pub measure: &'static str,
    /// Mean over the replications that have a value.
    pub mean: Option<f64>,
    /// Lower end of the mean's interval; none with fewer than two values.
    pub low: Option<f64>,
    /// Upper end of the mean's interval; none with fewer than two values.
    pub high: Option<f64>,
    /// 5 % quantile of the values.
    pub q05: Option<f64>,
    /// Median of the values.
    pub q50: Option<f64>,
    /// 95 % quantile of the values.
    pub q95: Option<f64>,
    /// Replications that have a value.
    pub n: u64,
}
