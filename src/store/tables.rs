//! Results as CSV bytes: one row per observation, one column per variable. Pure functions; nothing is computed that
//! a row does not already hold.
//!
//! Absent values are empty, times are RFC 3339 in UTC with milliseconds, scores are the shortest decimals that read
//! back, limits an integer or `unlimited`. Column by column: `docs/outputs.md`.

use std::collections::BTreeSet;

use super::table::Table;
use crate::experiment::bands::BandRow;
use crate::experiment::bill::Bill;
use crate::experiment::measure::{
    self, AccountSummary, Counts, DailyRow, DelayHistogram, GroupRow, NumberSummary, OptOutRow, PlanCounts,
    RatingRow, RefusalRow, ReplicationSummary,
};
use crate::experiment::tally::to_millionths;
use crate::messaging::rows::Every;
use crate::messaging::{Limit, Verdict};
use crate::sim::SimTime;

/// `ratings.csv` without rows.
pub(super) fn ratings_table() -> Table {
    Table::new(&[
        "time",
        "number",
        "exposure",
        "blocks",
        "reports",
        "mutes",
        "archives",
        "score",
        "rating",
        "effective_sample",
        "p_red",
        "p_yellow",
        "p_green",
    ])
}

/// A row of `ratings.csv`: a number at an evaluation.
pub(super) fn rating_row(t: &mut Table, number: &str, row: &RatingRow) {
    // Six decimals are more than the sample can support; all digits of a chance of 1e-200 would be two hundred.
    let chance = |p: f64| libm::round(p * 1e6) / 1e6;
    t.time(row.time);
    t.text(number);
    for n in [row.exposure, row.blocks, row.reports, row.mutes, row.archives] {
        t.count(n);
    }
    t.maybe(row.score);
    t.plain(row.rating);
    t.maybe(row.effective_sample);
    let chances = measure::chances(row.score, row.effective_sample, row.thresholds);
    t.maybe(chances.map(|c| chance(c.red)));
    t.maybe(chances.map(|c| chance(c.yellow)));
    t.maybe(chances.map(|c| chance(c.green)));
    t.end();
}

/// `ratings.csv`: one row per number and evaluation kept.
pub fn ratings(numbers: &[String], rows: &[RatingRow], every: Every) -> Vec<u8> {
    let mut t = ratings_table();
    let kept = rows.iter().filter(|r| every.keeps(r.time, r.cadence));
    kept.for_each(|r| rating_row(&mut t, &numbers[r.number], r));
    t.out
}

/// `verdicts.csv` without rows.
pub(super) fn verdicts_table() -> Table {
    Table::new(&["time", "verdict", "scope", "subject", "portfolio", "from", "to", "rule", "cause"])
}

/// A row of `verdicts.csv`.
pub(super) fn verdict_row(t: &mut Table, row: &Verdict) {
    t.time(row.time);
    t.plain(row.kind.name());
    t.plain(row.scope.name());
    for text in [&row.subject, &row.portfolio, &row.from, &row.to, &row.rule] {
        t.text(text);
    }
    match row.cause {
        Some(cause) => t.count(cause),
        None => t.separate(),
    }
    t.end();
}

/// `verdicts.csv`: in log order.
pub fn verdicts(rows: &[Verdict]) -> Vec<u8> {
    let mut t = verdicts_table();
    rows.iter().for_each(|row| verdict_row(&mut t, row));
    t.out
}

/// `daily.csv` without rows.
pub(super) fn daily_table() -> Table {
    Table::new(&[
        "date",
        "number",
        "attempted",
        "sent",
        "delivered",
        "read",
        "failed",
        "received",
        "blocked",
        "reported",
        "opted_out",
        "refused",
        "slots_in_use",
        "limit",
        "score",
        "rating",
        "status",
        "clicked",
        "converted",
        "muted",
        "archived",
        "lowest_rating",
    ])
}

/// A row of `daily.csv`: a number's day.
pub(super) fn daily_row(t: &mut Table, number: &str, row: &DailyRow) {
    let c = &row.counts;
    t.plain(row.day.date());
    t.text(number);
    for n in [
        c.attempted,
        c.sent,
        c.delivered,
        c.read,
        c.failed,
        c.received,
        c.blocked,
        c.reported,
        c.opted_out,
        c.refused,
        row.slots_in_use,
    ] {
        t.count(n);
    }
    t.plain(row.limit);
    t.maybe(row.score);
    t.plain(row.rating);
    t.plain(row.status);
    for n in [c.clicked, c.converted, c.muted, c.archived] {
        t.count(n);
    }
    t.plain(row.lowest_rating);
    t.end();
}

/// `daily.csv`: one row per number and UTC day.
pub fn daily(numbers: &[String], rows: &[DailyRow]) -> Vec<u8> {
    let mut t = daily_table();
    rows.iter().for_each(|row| daily_row(&mut t, &numbers[row.number], row));
    t.out
}

fn groups(what: &str, planned: bool, rows: &[GroupRow]) -> Vec<u8> {
    let plan = named_plan(&PlanCounts::default()).map(|(name, _)| name);
    let mut columns = vec![what];
    columns.extend(plan.iter().filter(|_| planned));
    columns.extend(Counts::default().named().map(|(name, _)| name));
    columns.extend(["cost", "value", "negative", "profit"]);
    let mut t = Table::new(&columns);
    for row in rows {
        t.text(&row.name);
        if planned {
            for (_, n) in named_plan(&row.plan) {
                t.count(n);
            }
        }
        for (_, n) in row.counts.named() {
            t.count(n);
        }
        for value in [row.cost, row.value, row.negative, to_millionths(row.value - row.cost)] {
            t.float(value);
        }
        t.end();
    }
    t.out
}

/// `campaigns.csv`: one row per campaign, with what its calendar planned.
pub fn campaigns(rows: &[GroupRow]) -> Vec<u8> {
    groups("campaign", true, rows)
}

/// `templates.csv`: one row per template.
pub fn templates(rows: &[GroupRow]) -> Vec<u8> {
    groups("template", false, rows)
}

/// `segments.csv`: one row per segment.
pub fn segments(rows: &[GroupRow]) -> Vec<u8> {
    groups("segment", false, rows)
}

/// `refusals.csv`: who refused and how many, by number, campaign and reason; the share is of the number's attempts.
pub fn refusals(numbers: &[String], attempted: &[u64], rows: &[RefusalRow]) -> Vec<u8> {
    let mut t = Table::new(&["number", "campaign", "reason", "code", "count", "share_of_attempts"]);
    for row in rows {
        t.text(&numbers[row.number]);
        t.text(&row.campaign);
        t.text(&row.reason);
        t.text(&row.code);
        t.count(row.count);
        let all = attempted[row.number];
        t.maybe((all > 0).then(|| row.count as f64 / all as f64));
        t.end();
    }
    t.out
}

/// `costs.csv`: what rate cards made of the deliveries, by month, number, market and item.
pub fn costs(bill: &Bill) -> Vec<u8> {
    let mut t = Table::new(&[
        "month",
        "card",
        "portfolio",
        "number",
        "market",
        "category",
        "delivered",
        "unit",
        "units",
        "free",
        "billable",
        "price",
        "cost",
        "currency",
    ]);
    for line in &bill.lines {
        for text in [&line.month, &line.card, &line.portfolio, &line.number, &line.market] {
            t.text(text);
        }
        t.text(line.item);
        t.count(line.delivered);
        t.text(line.unit);
        for n in [line.units, line.free, line.billable] {
            t.count(n);
        }
        t.maybe(line.price);
        t.float(line.cost);
        t.text(&bill.currency);
        t.end();
    }
    t.out
}

/// `opt_outs.csv`: by which ways people opted out, by campaign; the share is of the campaign's delivered messages.
pub fn opt_outs(rows: &[OptOutRow]) -> Vec<u8> {
    let mut t = Table::new(&["campaign", "way", "count", "share_of_delivered"]);
    for row in rows {
        t.text(&row.campaign);
        t.text(row.way);
        t.count(row.count);
        t.maybe((row.delivered > 0).then(|| row.count as f64 / row.delivered as f64));
        t.end();
    }
    t.out
}

/// Quantiles of `delays.csv`; 0 and 1 are the least and the greatest value.
const QUANTILES: [f64; 13] = [0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 1.0];

/// `delays.csv`: for each named histogram a row `mean`, a row per `quantile`, and a row per `bin` of a 1-2-5 series.
/// Milliseconds in, seconds out. A histogram without values has only its `mean` row, empty, with count 0.
pub fn delays(histograms: &[(&str, &DelayHistogram)]) -> Vec<u8> {
    let mut t = Table::new(&["delay", "row", "quantile", "from_seconds", "to_seconds", "seconds", "count"]);
    for (name, histogram) in histograms {
        let empty = histogram.is_empty();
        let mut row = |kind: &str, fields: [Option<f64>; 4], count: u64| {
            t.text(name);
            t.plain(kind);
            fields.into_iter().for_each(|f| t.maybe(f));
            t.count(count);
            t.end();
        };
        let mean = (!empty).then(|| histogram.mean() / 1000.0);
        row("mean", [None, None, None, mean], histogram.len());
        if empty {
            continue;
        }
        for q in QUANTILES {
            let ms = match q {
                0.0 => histogram.min(),
                1.0 => histogram.max(),
                _ => histogram.value_at_quantile(q),
            };
            let seconds = ms as f64 / 1000.0;
            row("quantile", [Some(q), None, None, Some(seconds)], histogram.count_between(0, ms));
        }
        for (from, to, count) in bins(histogram) {
            row("bin", [None, Some(from as f64 / 1000.0), Some(to as f64 / 1000.0), None], count);
        }
    }
    t.out
}

/// (from, to, count) in milliseconds, from included, to not: edges 0, 1, 2, 5, 10, 20, 50, … from the first bin with
/// a value to the last. A value sits where the lower end of its histogram bucket does.
fn bins(histogram: &DelayHistogram) -> Vec<(u64, u64, u64)> {
    let mut bins: Vec<(u64, u64, u64)> = Vec::new();
    let mut recorded = histogram.iter_recorded().peekable();
    let mut from = 0;
    let edges = (0..19).flat_map(|power| [1, 2, 5].map(|digit| digit * 10u64.pow(power)));
    for to in edges {
        let mut count = 0;
        while let Some(value) = recorded.next_if(|v| histogram.lowest_equivalent(v.value_iterated_to()) < to)
        {
            count += value.count_at_value();
        }
        if count > 0 || !bins.is_empty() {
            bins.push((from, to, count));
        }
        if recorded.peek().is_none() {
            break;
        }
        from = to;
    }
    bins
}

/// What enforcement came to in one replication, by measure.
fn account(a: &AccountSummary) -> [(&'static str, String); 6] {
    let time = |at: Option<SimTime>| at.map_or(String::new(), |at| at.to_string());
    [
        ("account_warnings", a.warnings.to_string()),
        ("first_account_restricted", time(a.first_restricted)),
        ("first_account_locked", time(a.first_locked)),
        ("first_account_disabled", time(a.first_disabled)),
        ("days_account_stopped", a.days_stopped.to_string()),
        ("refused_by_account", a.refused.to_string()),
    ]
}

/// `replications.csv`: every replication, long form. Measures of the whole run have no number.
pub fn replications(numbers: &[String], rows: &[ReplicationSummary]) -> Vec<u8> {
    let mut t = Table::new(&["replication", "number", "measure", "value"]);
    let mut reached: Vec<BTreeSet<Limit>> = vec![BTreeSet::new(); numbers.len()];
    let mut codes: Vec<BTreeSet<&str>> = vec![BTreeSet::new(); numbers.len()];
    for summary in rows.iter().flat_map(|row| row.numbers.iter().enumerate()) {
        reached[summary.0].extend(summary.1.reached.iter().map(|(limit, _)| *limit));
        codes[summary.0].extend(summary.1.refused_by.iter().map(|(code, _)| code.as_str()));
    }
    let enforced = rows.iter().any(|row| row.account.any());
    for row in rows {
        for (i, (number, summary)) in numbers.iter().zip(&row.numbers).enumerate() {
            for (measure, value) in measures(summary) {
                cell(&mut t, row.replication, number, measure, &value);
            }
            // A row for every limit that any replication reached: absent where this one did not.
            for limit in &reached[i] {
                let at = summary.reached.iter().find(|(had, _)| had == limit);
                let at = at.map_or(String::new(), |(_, at)| at.to_string());
                cell(&mut t, row.replication, number, &format!("first_limit_{limit}"), &at);
            }
            // Likewise a row for every code under which any replication was refused.
            for code in &codes[i] {
                let n = summary.refused_by.iter().find(|(had, _)| had == code).map_or(0, |(_, n)| *n);
                cell(&mut t, row.replication, number, &format!("refused_{code}"), &n.to_string());
            }
        }
        for (measure, n) in named_plan(&row.plan)
            .into_iter()
            .chain([("template_pauses", row.template_pauses), ("templates_disabled", row.templates_disabled)])
        {
            cell(&mut t, row.replication, "", measure, &n.to_string());
        }
        // Rows about enforcement where it did anything in some replication.
        if enforced {
            for (measure, value) in account(&row.account) {
                cell(&mut t, row.replication, "", measure, &value);
            }
        }
        for (measure, value) in [("cost", row.cost), ("value", row.value)] {
            cell(&mut t, row.replication, "", measure, &(value + 0.0).to_string());
        }
    }
    t.out
}

fn cell(t: &mut Table, replication: u64, number: &str, measure: &str, value: &str) {
    t.count(replication);
    t.text(number);
    t.plain(measure);
    t.text(value);
    t.end();
}

/// What was planned, by its names in tables.
fn named_plan(plan: &PlanCounts) -> [(&'static str, u64); 5] {
    let PlanCounts { planned, deferred, retried, not_sent, sent_after_opt_out } = *plan;
    [
        ("planned", planned),
        ("deferred", deferred),
        ("not_sent", not_sent),
        ("retried", retried),
        ("sent_after_opt_out", sent_after_opt_out),
    ]
}

/// Every field of a number's summary by its name, save the limits it reached and refusals by code. Destructured, so that
/// a new field cannot be forgotten here.
fn measures(summary: &NumberSummary) -> Vec<(&'static str, String)> {
    let NumberSummary {
        counts,
        first_yellow,
        first_red,
        share,
        worst_score,
        final_rating,
        final_limit,
        final_status,
        raises,
        lowerings,
        first_lowered,
        reached: _,
        green_after_yellow,
        red_until,
        green_after_red,
        plan,
        refused_by: _,
    } = summary;
    let time = |t: &Option<SimTime>| t.map_or(String::new(), |t| t.to_string());
    let flag = |t: &Option<SimTime>| u8::from(t.is_some()).to_string();
    let mut all: Vec<(&'static str, String)> =
        counts.named().into_iter().map(|(name, n)| (name, n.to_string())).collect();
    all.extend([
        ("yellow", flag(first_yellow)),
        ("red", flag(first_red)),
        ("first_yellow", time(first_yellow)),
        ("first_red", time(first_red)),
    ]);
    let shares = ["share_red", "share_yellow", "share_green", "share_unknown"];
    all.extend(shares.into_iter().zip(share.map(|s| (s + 0.0).to_string())));
    all.extend([
        ("worst_score", worst_score.map_or(String::new(), |s| (s + 0.0).to_string())),
        ("final_rating", final_rating.to_string()),
        ("final_limit", final_limit.to_string()),
        ("final_status", final_status.to_string()),
        ("raises", raises.to_string()),
        ("lowerings", lowerings.to_string()),
        ("lowered", flag(first_lowered)),
        ("first_lowered", time(first_lowered)),
        ("green_after_yellow", time(green_after_yellow)),
        ("red_until", time(red_until)),
        ("green_after_red", time(green_after_red)),
    ]);
    all.extend(named_plan(plan).map(|(name, n)| (name, n.to_string())));
    all
}

/// `daily_bands.csv`: how days spread over replications.
pub fn daily_bands(numbers: &[String], rows: &[BandRow]) -> Vec<u8> {
    let mut t = Table::new(&["date", "number", "measure", "mean", "low", "high", "q05", "q50", "q95", "n"]);
    for row in rows {
        t.plain(row.day.date());
        t.text(&numbers[row.number]);
        t.plain(row.measure);
        for value in [row.mean, row.low, row.high, row.q05, row.q50, row.q95] {
            t.maybe(value);
        }
        t.count(row.n);
        t.end();
    }
    t.out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messaging::rows::ColourThresholds;
    use crate::messaging::{NumberStatus, QualityRating, Scope, VerdictKind};
    use crate::sim::SimDuration;

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    /// The table as records, read by a library.
    fn records(bytes: &[u8]) -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
        reader.records().map(|r| r.unwrap().iter().map(str::to_string).collect()).collect()
    }

    fn hostile() -> Vec<String> {
        vec!["plain".into(), "a,\"b\"\nc".into()]
    }

    #[test]
    fn ratings_are_thinned_on_the_epoch_grid_and_scores_read_back() {
        let row = |hour: i64, number, score| RatingRow {
            time: SimTime(hour * 3_600_000),
            cadence: SimDuration::HOUR,
            number,
            exposure: 200,
            blocks: 2,
            reports: 0,
            mutes: 1,
            archives: 0,
            score,
            rating: QualityRating::Yellow,
            effective_sample: score.map(|_| 187.5),
            thresholds: ColourThresholds { yellow_at: 0.005, red_at: 0.02 },
        };
        let rows =
            [row(23, 0, None), row(24, 0, Some(0.1 + 0.2)), row(24, 1, Some(1e-7)), row(48, 0, Some(-0.0))];
        let thin = ratings(&hostile(), &rows, Every(SimDuration::DAY));
        assert_eq!(
            text(thin),
            "time,number,exposure,blocks,reports,mutes,archives,score,rating,effective_sample,p_red,p_yellow,p_green\n\
             1970-01-02T00:00:00.000Z,plain,200,2,0,1,0,0.30000000000000004,YELLOW,187.5,1,0,0\n\
             1970-01-02T00:00:00.000Z,\"a,\"\"b\"\"\nc\",200,2,0,1,0,0.0000001,YELLOW,187.5,0.005882,0.164208,0.829909\n\
             1970-01-03T00:00:00.000Z,plain,200,2,0,1,0,0,YELLOW,187.5,0.005882,0.164201,0.829917\n"
        );
        let all = ratings(&hostile(), &rows, Every(SimDuration(1)));
        let all = records(&all);
        assert_eq!((all.len(), all[1][7].as_str(), all[3][1].as_str()), (5, "", "a,\"b\"\nc"));
    }

    #[test]
    fn daily_and_verdicts_have_the_binding_columns_first() {
        let day = DailyRow {
            day: SimTime(SimTime::DAY_MS),
            number: 0,
            counts: Counts { attempted: 10, sent: 9, refused: 1, archived: 4, ..Counts::default() },
            scope: Scope::Number,
            slots_in_use: 9,
            limit: Limit::Unlimited,
            score: None,
            rating: QualityRating::Unknown,
            lowest_rating: QualityRating::Red,
            status: NumberStatus::Restricted,
        };
        assert_eq!(
            text(daily(&hostile(), &[day])),
            "date,number,attempted,sent,delivered,read,failed,received,blocked,reported,opted_out,refused,\
             slots_in_use,limit,score,rating,status,clicked,converted,muted,archived,lowest_rating\n\
             1970-01-02,plain,10,9,0,0,0,0,0,0,0,1,9,unlimited,,UNKNOWN,RESTRICTED,0,0,0,4,RED\n"
        );
        let verdict = Verdict {
            time: SimTime(0),
            kind: VerdictKind::LimitChanged,
            scope: Scope::Portfolio,
            subject: "p,1".into(),
            portfolio: "p,1".into(),
            from: "1000".into(),
            to: "10000".into(),
            rule: "raise".into(),
            cause: None,
        };
        assert_eq!(
            text(verdicts(&[verdict])),
            "time,verdict,scope,subject,portfolio,from,to,rule,cause\n\
             1970-01-01T00:00:00.000Z,limit_changed,portfolio,\"p,1\",\"p,1\",1000,10000,raise,\n"
        );
    }

    #[test]
    fn groups_have_plans_only_where_there_are_plans() {
        let row = GroupRow {
            name: "spring, \"sale\"".into(),
            counts: Counts { sent: 5, ..Counts::default() },
            plan: PlanCounts { planned: 8, deferred: 2, not_sent: 3, retried: 1, sent_after_opt_out: 4 },
            cost: 0.25,
            value: 10.0,
            negative: 1.5,
        };
        let c = records(&campaigns(std::slice::from_ref(&row)));
        let s = records(&segments(&[row]));
        assert_eq!(c[0][..5], ["campaign", "planned", "deferred", "not_sent", "retried"]);
        assert_eq!(c[1][..5], ["spring, \"sale\"", "8", "2", "3", "1"]);
        assert_eq!(c[1][c[1].len() - 4..], ["0.25", "10", "1.5", "9.75"]);
        assert_eq!(s[0][..2], ["segment", "attempted"]);
        assert_eq!(c[0].len(), s[0].len() + 5);
    }

    #[test]
    fn delays_count_every_value_once() {
        let mut histogram = DelayHistogram::new(3).unwrap();
        for ms in [0, 0, 1, 4, 5, 4_999, 5_000, 60_000] {
            histogram.record(ms).unwrap();
        }
        let rows = records(&delays(&[
            ("time_to_read", &histogram),
            ("time_in_queue", &DelayHistogram::new(3).unwrap()),
        ]));
        let of = |kind: &str| -> Vec<&Vec<String>> { rows.iter().filter(|r| r[1] == kind).collect() };
        let bins = of("bin");
        assert_eq!(bins.iter().map(|r| r[6].parse::<u64>().unwrap()).sum::<u64>(), 8);
        assert_eq!(bins[0][3..7], ["0", "0.001", "", "2"]);
        let five = bins.iter().find(|r| r[3] == "0.005").unwrap();
        assert_eq!(five[3..7], ["0.005", "0.01", "", "1"]);
        assert_eq!(bins.last().unwrap()[3..7], ["50", "100", "", "1"]);
        assert!(bins.windows(2).all(|w| w[0][4] == w[1][3]), "no gap between bins");
        let quantiles = of("quantile");
        assert_eq!(
            (quantiles[0][2].as_str(), quantiles[0][5].as_str(), quantiles[0][6].as_str()),
            ("0", "0", "2")
        );
        assert_eq!(quantiles.last().unwrap()[6], "8");
        let means = of("mean");
        assert_eq!(means[0][6], "8");
        assert_eq!(
            means[1][..],
            ["time_in_queue", "mean", "", "", "", "", "0"],
            "an empty histogram has no mean"
        );
        assert_eq!(rows.iter().filter(|r| r[0] == "time_in_queue").count(), 1);
    }

    #[test]
    fn replications_are_long_and_absent_values_empty() {
        let summary = NumberSummary {
            counts: Counts { sent: 3, ..Counts::default() },
            first_yellow: Some(SimTime(0)),
            first_red: None,
            share: [0.0, 0.25, 0.75, 0.0],
            worst_score: None,
            final_rating: QualityRating::Green,
            final_limit: Limit::Of(1000),
            final_status: NumberStatus::Connected,
            raises: 1,
            lowerings: 0,
            first_lowered: None,
            reached: vec![(Limit::Of(2000), SimTime(0))],
            green_after_yellow: Some(SimTime(3_600_000)),
            red_until: None,
            green_after_red: None,
            plan: PlanCounts { planned: 3, ..PlanCounts::default() },
            refused_by: vec![("131049".to_string(), 7)],
        };
        let mut further = summary.clone();
        further.reached = vec![(Limit::Unlimited, SimTime(0))];
        let row = ReplicationSummary {
            replication: 2,
            numbers: vec![summary, further],
            template_pauses: 4,
            templates_disabled: 0,
            account: crate::experiment::accounts::AccountSummary::default(),
            cost: 1.5,
            value: 0.0,
            billable: None,
            plan: PlanCounts { planned: 4, ..PlanCounts::default() },
            daily: Vec::new(),
            digest: None,
        };
        let rows = records(&replications(&hostile(), &[row]));
        let value = |number: &str, measure: &str| {
            let mut found = rows.iter().filter(|r| r[1] == number && r[2] == measure);
            let value = found.next().unwrap_or_else(|| panic!("{number} {measure}"))[3].clone();
            assert!(found.next().is_none(), "{measure} once");
            value
        };
        assert_eq!(value("plain", "sent"), "3");
        assert_eq!((value("plain", "yellow"), value("plain", "red")), ("1".into(), "0".into()));
        assert_eq!(value("plain", "first_yellow"), "1970-01-01T00:00:00.000Z");
        assert_eq!(
            (value("plain", "first_red"), value("plain", "worst_score")),
            (String::new(), String::new())
        );
        assert_eq!(value("a,\"b\"\nc", "share_green"), "0.75");
        assert_eq!((value("plain", "lowered"), value("plain", "first_lowered")), ("0".into(), String::new()));
        assert_eq!(value("plain", "green_after_yellow"), "1970-01-01T01:00:00.000Z");
        assert_eq!(value("plain", "first_limit_2000"), "1970-01-01T00:00:00.000Z");
        assert_eq!(value("a,\"b\"\nc", "first_limit_unlimited"), "1970-01-01T00:00:00.000Z");
        assert_eq!((value("plain", "planned"), value("", "template_pauses")), ("3".into(), "4".into()));
        assert_eq!((value("", "cost"), value("", "planned")), ("1.5".into(), "4".into()));
        assert!(rows[1..].iter().all(|r| r[0] == "2" && r.len() == 4));
    }

    #[test]
    fn bands_leave_out_what_is_not_known() {
        let row = BandRow {
            day: SimTime(0),
            number: 1,
            measure: "score",
            mean: Some(0.01),
            low: None,
            high: None,
            q05: Some(0.01),
            q50: Some(0.01),
            q95: Some(0.01),
            n: 1,
        };
        let rows = records(&daily_bands(&hostile(), &[row]));
        assert_eq!(
            rows[1],
            ["1970-01-01", "a,\"b\"\nc", "score", "0.01", "", "", "0.01", "0.01", "0.01", "1"]
        );
    }
}
