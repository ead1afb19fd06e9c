//! Made-up results of many shapes, for the tests of this module and for looking at charts. Not a model of anything.

use crate::experiment::measure::{
    Assumption, Behaviour, ColourThresholds, Counts, DailyPoint, DailyRow, DelayHistogram, GroupRow,
    NumberSummary, Origin, Outcome, PlanCounts, PolicyLabel, RatingRow, ReplicationSummary, RunResult,
    Superseded,
};
use crate::experiment::observed::Platform;
use crate::messaging::{Limit, NumberStatus, QualityRating, Scope, Verdict, VerdictKind};
use crate::sim::{SimDuration, SimTime};

/// How the score goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// Slides from green over yellow to red.
    Slide,
    /// Stays far below yellow.
    Healthy,
    /// One blast on day 5, then silence.
    Blast,
    /// No negative signal at all.
    Zero,
    /// Too few messages to be rated.
    Unrated,
    /// Nothing happens.
    Nothing,
}

/// What the platform itself is said to have reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reports {
    /// Nothing.
    None,
    /// Its colours, a little late, of every number but the third.
    Beside,
    /// The same, and there is nothing to derive colours from.
    Alone,
    /// Nothing, and there is nothing to derive colours from.
    Missing,
}

/// What a made-up result looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub days: usize,
    pub numbers: usize,
    pub replications: u64,
    pub course: Course,
    pub portfolio_scope: bool,
    pub unlimited: bool,
    pub long_names: bool,
    pub warm_up_days: i64,
    /// Whether the rules change halfway.
    pub crosses: bool,
    /// What the platform reported.
    pub reports: Reports,
}

impl Default for Shape {
    fn default() -> Shape {
        Shape {
            days: 30,
            numbers: 1,
            replications: 1,
            course: Course::Slide,
            portfolio_scope: false,
            unlimited: false,
            long_names: false,
            warm_up_days: 0,
            crosses: false,
            reports: Reports::None,
        }
    }
}

/// Shapes that have broken charts and tables before, or might.
pub fn shapes() -> Vec<Shape> {
    let base = Shape::default();
    let mut out = vec![
        base,
        Shape { replications: 100, ..base },
        Shape { replications: 2, days: 14, warm_up_days: 3, ..base },
        Shape { days: 1, ..base },
        Shape { days: 2, numbers: 2, ..base },
        Shape { days: 365, replications: 20, unlimited: true, ..base },
        Shape { days: 1100, ..base },
        Shape { days: 90, numbers: 5, replications: 30, ..base },
        Shape { days: 60, numbers: 9, unlimited: true, ..base },
        Shape { days: 60, numbers: 3, portfolio_scope: true, unlimited: true, ..base },
        Shape { days: 45, numbers: 2, replications: 30, long_names: true, warm_up_days: 7, ..base },
        Shape { days: 60, numbers: 2, crosses: true, warm_up_days: 7, replications: 12, ..base },
        Shape { days: 0, course: Course::Nothing, ..base },
        Shape { numbers: 0, course: Course::Nothing, ..base },
    ];
    for (numbers, days) in [(1, 30), (2, 60), (5, 1), (12, 90)] {
        out.push(Shape { numbers, days, reports: Reports::Beside, ..base });
    }
    for reports in [Reports::Alone, Reports::Missing] {
        out.push(Shape { reports, course: Course::Zero, ..base });
        out.push(Shape { reports, course: Course::Zero, numbers: 4, crosses: true, days: 60, ..base });
    }
    for course in [Course::Healthy, Course::Blast, Course::Zero, Course::Unrated, Course::Nothing] {
        out.push(Shape { course, ..base });
        out.push(Shape { course, replications: 50, numbers: 2, ..base });
    }
    out
}

/// A sequence of numbers in [0, 1) that looks irregular; the same for the same seed.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f64 / (1u64 << 24) as f64
    }
}

const YELLOW: f64 = 0.005;
const RED: f64 = 0.02;

fn colour(score: Option<f64>) -> QualityRating {
    match score {
        None => QualityRating::Unknown,
        Some(s) if s >= RED => QualityRating::Red,
        Some(s) if s >= YELLOW => QualityRating::Yellow,
        Some(_) => QualityRating::Green,
    }
}

/// The score of every hour of one replication and number, and whether it is rated.
fn scores(shape: &Shape, noise: &mut Noise, number: usize) -> Vec<(Option<f64>, bool)> {
    let hours = shape.days * 24 + 1;
    let mut wander = 0.0;
    let speed = 0.6 + 0.9 * noise.next() - 0.12 * number as f64;
    (0..hours)
        .map(|h| {
            let x = h as f64 / (shape.days as f64 * 24.0);
            wander = 0.97 * wander + 0.06 * (noise.next() - 0.5);
            let wave = 1.0 + wander + 0.06 * ((h % 168) as f64 / 168.0 * std::f64::consts::TAU).sin();
            match shape.course {
                Course::Nothing => (None, false),
                Course::Zero => (Some(0.0), h > 30),
                Course::Healthy => {
                    ((h > 12).then_some(0.000_25 * wave.max(0.1) * (1.0 + number as f64)), h > 40)
                }
                Course::Unrated => ((h > 30).then_some(0.004 * wave.max(0.1)), false),
                Course::Slide => {
                    let s = 0.001 + 0.034 * speed * libm::pow(x, 1.6);
                    ((h > 10).then_some(s * wave.max(0.1)), h > 34)
                }
                Course::Blast => {
                    let since = h as f64 - 120.0;
                    let blast =
                        if (0.0..168.0).contains(&since) { 0.21 * (since / 10.0).min(1.0) } else { 0.0004 };
                    ((h > 10).then_some(blast * speed * wave.max(0.1)), h > 34 && since < 168.0)
                }
            }
        })
        .collect()
}

fn counts(shape: &Shape, noise: &mut Noise, day: usize, score: Option<f64>, growth: f64) -> Counts {
    let week = [1.0, 0.9, 1.0, 1.1, 1.3, 0.15, 0.0][day % 7];
    let base = match shape.course {
        Course::Nothing => 0.0,
        Course::Unrated => 6.0,
        Course::Blast if day > 5 => 0.0,
        _ => 900.0 * growth,
    };
    let attempted = (base * week * (0.9 + 0.2 * noise.next())) as u64;
    let refused = if day % 5 == 4 { attempted / 12 } else { 0 };
    let sent = attempted - refused;
    let delivered = (sent as f64 * 0.965) as u64;
    let negative = score.unwrap_or(0.0) * delivered as f64;
    Counts {
        attempted,
        sent,
        delivered,
        read: (delivered as f64 * (0.55 + 0.1 * noise.next())) as u64,
        failed: sent - delivered,
        received: delivered / 40,
        clicked: delivered / 12,
        converted: delivered / 90,
        blocked: (negative * 0.8 + noise.next()) as u64 * u64::from(score.is_some_and(|s| s > 0.0)),
        reported: (negative * 0.1 + noise.next() * 0.8) as u64 * u64::from(score.is_some_and(|s| s > 0.0)),
        muted: delivered / 300,
        archived: delivered / 200,
        opted_out: (delivered as f64 * 0.004) as u64,
        refused,
        ..Counts::default()
    }
}

fn add(a: &mut Counts, b: &Counts) {
    a.attempted += b.attempted;
    a.sent += b.sent;
    a.delivered += b.delivered;
    a.read += b.read;
    a.failed += b.failed;
    a.received += b.received;
    a.clicked += b.clicked;
    a.converted += b.converted;
    a.blocked += b.blocked;
    a.reported += b.reported;
    a.muted += b.muted;
    a.archived += b.archived;
    a.opted_out += b.opted_out;
    a.refused += b.refused;
}

/// The days on which a made-up limit moves, and where to.
fn ladder(shape: &Shape, number: usize) -> Vec<(usize, Limit, &'static str)> {
    let mut steps = vec![(0, Limit::Of(1000), "")];
    if matches!(shape.course, Course::Nothing | Course::Unrated) {
        return steps;
    }
    let lag = if shape.portfolio_scope { 0 } else { number };
    let mut push = |day: usize, to, rule| {
        if day < shape.days {
            steps.push((day, to, rule));
        }
    };
    push(4 + lag, Limit::Of(10_000), "raise");
    if shape.unlimited {
        push(9 + lag, Limit::Of(100_000), "raise");
        push(14 + lag, Limit::Unlimited, "raise");
    }
    if shape.course == Course::Slide {
        let (to, rule) = if shape.unlimited {
            (Limit::Of(100_000), "policy_changed")
        } else {
            (Limit::Of(1000), "flag_deadline")
        };
        push(shape.days * 4 / 5 + 3, to, rule);
    }
    steps
}

/// The first step of a rule: the limit and when.
fn at_step(steps: &[(usize, Limit, &str)], start: SimTime, rule: &str) -> Option<(Limit, SimTime)> {
    let step = steps.iter().find(|s| s.2 == rule)?;
    Some((step.1, start + SimDuration::days(step.0 as i64) + SimDuration::hours(9)))
}

/// A made-up result.
pub fn sample(shape: &Shape) -> RunResult {
    let start = SimTime::parse("2024-03-01T00:00:00Z").expect("a time");
    let horizon = start + SimDuration::days(shape.days as i64);
    let warm_up = SimDuration::days(shape.warm_up_days);
    let number_names: Vec<String> = (0..shape.numbers)
        .map(|i| match (shape.long_names, shape.numbers) {
            (true, _) => {
                format!("the-customer-service-number-of-the-northern-region-{i}-with-an-endless-name")
            }
            (false, 1) => "+49 30 901820".to_string(),
            _ => {
                let word =
                    ["sales", "service", "loyalty", "outlet", "app", "north", "south", "east", "west"][i % 9];
                // Ids are unique.
                if i < 9 { word.to_string() } else { format!("{word}-{}", i / 9 + 1) }
            }
        })
        .collect();
    let mut first = None;
    let mut replications = Vec::new();
    for r in 1..=shape.replications {
        let mut noise = Noise(r.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut ratings = Vec::new();
        let mut daily = Vec::new();
        let mut points = vec![None; shape.days * shape.numbers];
        let mut numbers = Vec::new();
        let mut verdicts = Vec::new();
        for (n, id) in number_names.iter().enumerate() {
            let scores = scores(shape, &mut noise, n);
            let steps = ladder(shape, n);
            let mut summary = NumberSummary {
                counts: Counts::default(),
                first_yellow: None,
                first_red: None,
                share: [0.0; 4],
                worst_score: None,
                final_rating: QualityRating::Unknown,
                final_limit: Limit::Of(1000),
                final_status: NumberStatus::Connected,
                raises: steps.iter().filter(|s| s.2 == "raise").count() as u64,
                lowerings: steps.iter().filter(|s| s.2 == "flag_deadline").count() as u64,
                first_lowered: at_step(&steps, start, "flag_deadline").map(|s| s.1),
                reached: at_step(&steps, start, "raise").into_iter().collect(),
                green_after_yellow: None,
                red_until: None,
                green_after_red: None,
                plan: PlanCounts::default(),
                refused_by: Vec::new(),
            };
            for (h, (score, rated)) in scores.iter().enumerate() {
                let time = start + SimDuration::hours(h as i64);
                let rating = if *rated { colour(*score) } else { QualityRating::Unknown };
                if time >= start + warm_up {
                    summary.share[match rating {
                        QualityRating::Red => 0,
                        QualityRating::Yellow => 1,
                        QualityRating::Green => 2,
                        QualityRating::Unknown => 3,
                    }] += 1.0 / scores.len() as f64;
                    if rating == QualityRating::Red {
                        summary.first_red.get_or_insert(time);
                    }
                    if rating <= QualityRating::Yellow {
                        summary.first_yellow.get_or_insert(time);
                    }
                    summary.worst_score = match (summary.worst_score, score.filter(|_| *rated)) {
                        (Some(a), Some(b)) => Some(a.max(b)),
                        (a, b) => a.or(b),
                    };
                }
                if rating != QualityRating::Red && summary.first_red.is_some() {
                    summary.red_until.get_or_insert(time);
                }
                if rating == QualityRating::Green {
                    summary.green_after_red = summary.green_after_red.or(summary.first_red.map(|_| time));
                    summary.green_after_yellow =
                        summary.green_after_yellow.or(summary.first_yellow.map(|_| time));
                }
                summary.final_rating = rating;
                ratings.push(RatingRow {
                    time,
                    cadence: SimDuration::HOUR,
                    number: n,
                    exposure: 4000,
                    blocks: 12,
                    reports: 1,
                    mutes: 0,
                    archives: 0,
                    score: *score,
                    rating,
                    effective_sample: score.map(|_| 2400.0),
                    thresholds: ColourThresholds { yellow_at: YELLOW, red_at: RED },
                });
            }
            for day in 0..shape.days {
                let (score, rated) = scores[day * 24 + 23];
                let limit = steps.iter().rev().find(|s| s.0 <= day).map_or(Limit::Of(1000), |s| s.1);
                let growth = match limit {
                    Limit::Of(l) => libm::sqrt(l as f64 / 1000.0),
                    Limit::Unlimited => 20.0,
                } / (1.0 + n as f64);
                let c = counts(shape, &mut noise, day, score, growth);
                add(&mut summary.counts, &c);
                let rating = if rated { colour(score) } else { QualityRating::Unknown };
                let slots = if shape.portfolio_scope {
                    points_slots(&c, n, &points, shape, day)
                } else {
                    c.delivered * 97 / 100
                };
                points[day * shape.numbers + n] =
                    Some(DailyPoint { counts: c, slots_in_use: slots, limit, score, rating, present: true });
                daily.push(DailyRow {
                    day: start + SimDuration::days(day as i64),
                    number: n,
                    counts: c,
                    scope: if shape.portfolio_scope { Scope::Portfolio } else { Scope::Number },
                    slots_in_use: slots,
                    limit,
                    score,
                    rating,
                    lowest_rating: rating,
                    status: NumberStatus::Connected,
                });
                summary.final_limit = limit;
            }
            for pair in steps.windows(2) {
                if shape.portfolio_scope && n > 0 {
                    continue;
                }
                verdicts.push(Verdict {
                    time: start + SimDuration::days(pair[1].0 as i64) + SimDuration::hours(9),
                    kind: VerdictKind::LimitChanged,
                    scope: if shape.portfolio_scope { Scope::Portfolio } else { Scope::Number },
                    subject: if shape.portfolio_scope { "acme".to_string() } else { id.clone() },
                    portfolio: "acme".to_string(),
                    from: pair[0].1.to_string(),
                    to: pair[1].1.to_string(),
                    rule: pair[1].2.to_string(),
                    cause: Some(77),
                });
            }
            if let Some(red) = summary.first_red
                && shape.course == Course::Slide
            {
                for (kind, scope, subject, from, to, rule, at) in [
                    (
                        VerdictKind::StatusChanged,
                        Scope::Number,
                        id.as_str(),
                        "CONNECTED",
                        "FLAGGED",
                        "flag_red",
                        red,
                    ),
                    (
                        VerdictKind::TemplatePaused,
                        Scope::Template,
                        "spring_promo",
                        "ACTIVE",
                        "PAUSED",
                        "template_red_1",
                        red + SimDuration::hours(3),
                    ),
                ] {
                    verdicts.push(Verdict {
                        time: at,
                        kind,
                        scope,
                        subject: subject.to_string(),
                        portfolio: "acme".to_string(),
                        from: from.to_string(),
                        to: to.to_string(),
                        rule: rule.to_string(),
                        cause: None,
                    });
                }
            }
            summary.plan = PlanCounts {
                planned: summary.counts.attempted,
                deferred: summary.counts.refused,
                ..PlanCounts::default()
            };
            numbers.push(summary);
        }
        ratings.sort_by_key(|row| (row.time, row.number));
        daily.sort_by_key(|row| (row.day, row.number));
        verdicts.sort_by_key(|v| v.time);
        let points: Vec<DailyPoint> = points.into_iter().flatten().collect();
        if shape.portfolio_scope {
            share_slots(&mut daily, shape.numbers);
        }
        let mut total = Counts::default();
        numbers.iter().for_each(|n| add(&mut total, &n.counts));
        let plan = PlanCounts {
            planned: total.attempted + total.sent / 30,
            deferred: total.refused,
            not_sent: total.sent / 30,
            ..PlanCounts::default()
        };
        replications.push(ReplicationSummary {
            replication: r,
            numbers,
            cost: total.delivered as f64 * 0.07,
            value: total.converted as f64 * 12.5,
            billable: None,
            plan,
            template_pauses: u64::from(shape.course == Course::Slide),
            templates_disabled: 0,
            account: crate::experiment::accounts::AccountSummary::default(),
            daily: points,
            digest: None,
        });
        if r == 1 {
            first = Some(Outcome {
                template_days: crate::experiment::measure::TemplateDays::default(),
                replication: 1,
                worst_ratings: (0..shape.numbers).map(|n| worst(&ratings, n, start + warm_up)).collect(),
                ratings,
                verdicts,
                daily,
                campaigns: groups(&["spring-promo", "newsletter", "reminders", "receipts"], &total, plan),
                templates: groups(&["spring_promo", "news_02", "reminder", "receipt"], &total, plan),
                broadcasts: Vec::new(),
                contacts: 0,
                segments: groups(&["imported list", "shoppers", "loyal"], &total, plan),
                refusals: Vec::new(),
                bill: None,
                opt_outs: Vec::new(),
                time_to_read: delays(&mut noise, total.read.min(4000), 2_400_000.0, 1.7),
                time_in_queue: delays(&mut noise, total.refused.min(900), 20_000_000.0, 0.9),
                log_rows: total.sent * 4,
                digest: None,
            });
        }
    }
    let long = " that goes on and on until nobody reads it any more";
    RunResult {
        scenario: format!(
            "weekly-promo{}",
            if shape.long_names { long.replace(' ', "-").repeat(3) } else { String::new() }
        ),
        question: "Does a weekly promotion keep the number green?".to_string(),
        asked: Vec::new(),
        start,
        horizon,
        warm_up,
        platform: platform(shape, start),
        origin: Origin::Simulated { seed: 42 },
        overrides: Vec::new(),
        currency: "EUR".to_string(),
        policy: PolicyLabel {
            name: "2023-11".to_string(),
            hash: "6f1d2a9c0b7e".to_string(),
            eras: if shape.crosses {
                let middle = start + SimDuration::days(shape.days as i64 / 2);
                vec![(start, "2025-07".to_string()), (middle, "2025-10".to_string())]
            } else {
                vec![(start, "2023-11".to_string())]
            },
            thresholds: (YELLOW, RED),
            verified: "2026-11-20".to_string(),
            assumptions: [
                ("rating.min_sample", "100", "100", "1000"),
                ("rating.yellow_at", "0.005", "0.003", "0.01"),
                ("rating.red_at", "0.02", "0.01", "0.045"),
            ]
            .map(|(name, value, low, high)| Assumption {
                name: name.to_string(),
                value: value.to_string(),
                low: low.to_string(),
                high: high.to_string(),
                source: "vendors' guides disagree".to_string(),
            })
            .to_vec(),
            can_lower: true,
            superseded: Some(Superseded {
                era: "2023-11".to_string(),
                newest: "2026-10".to_string(),
                sections: vec!["limit", "flag"],
                no_flag_since: Some("2025-10".to_string()),
            }),
            known_from: None,
        },
        behaviour: Behaviour {
            assumptions: [("block_base", "0.003", "0.001", "0.03"), ("fatigue_free", "5", "0", "7")]
                .map(|(key, value, low, high)| Assumption {
                    name: format!("segments.shoppers.{key}"),
                    value: value.to_string(),
                    low: low.to_string(),
                    high: high.to_string(),
                    source: "no figure was ever published".to_string(),
                })
                .to_vec(),
            marketing: true,
            remarks: Vec::new(),
        },
        of_app: vec![false; shape.numbers],
        portfolios: vec!["acme".to_string(); shape.numbers],
        numbers: number_names,
        first: first.expect("at least one replication"),
        replications,
    }
}

/// The rated row of a number's highest score from an instant on.
fn worst(rows: &[RatingRow], number: usize, from: SimTime) -> Option<RatingRow> {
    let rated =
        rows.iter().filter(|r| r.number == number && r.time >= from && r.rating != QualityRating::Unknown);
    rated.reduce(|a, b| if b.score > a.score { b } else { a }).cloned()
}

/// What the platform is said to have reported: what became of a slide, days later, and unknown for a while.
fn platform(shape: &Shape, start: SimTime) -> Platform {
    use QualityRating::{Green, Red, Unknown, Yellow};
    let hours = shape.days as i64 * 24;
    let one = |n: usize| match (shape.reports, n) {
        (Reports::None | Reports::Missing, _) | (_, 2) => Vec::new(),
        _ => [(-5, Unknown), (hours / 9, Green), (hours / 2 + n as i64, Yellow), (hours * 5 / 7, Red)]
            .map(|(hour, colour)| (start + SimDuration::hours(hour), colour))
            .to_vec(),
    };
    Platform {
        ratings: (0..shape.numbers).map(one).collect(),
        not_derivable: matches!(shape.reports, Reports::Alone | Reports::Missing),
    }
}

fn points_slots(c: &Counts, n: usize, points: &[Option<DailyPoint>], shape: &Shape, day: usize) -> u64 {
    let before: u64 =
        (0..n).filter_map(|k| points[day * shape.numbers + k]).map(|p| p.counts.delivered).sum();
    before + c.delivered
}

/// Under portfolio scope every number shows the portfolio's slots: those of the last number, which saw them all.
fn share_slots(daily: &mut [DailyRow], numbers: usize) {
    for day in daily.chunks_mut(numbers) {
        let all = day.last().map_or(0, |row| row.slots_in_use);
        day.iter_mut().for_each(|row| row.slots_in_use = all);
    }
}

fn groups(names: &[&str], total: &Counts, plan: PlanCounts) -> Vec<GroupRow> {
    let weights = [0.62, 0.24, 0.1, 0.04];
    let share = |n: u64, w: f64| (n as f64 * w) as u64;
    names
        .iter()
        .zip(weights)
        .enumerate()
        .map(|(i, (name, w))| GroupRow {
            name: (*name).to_string(),
            counts: Counts {
                attempted: share(total.attempted, 0.25),
                sent: share(total.sent, 0.25),
                delivered: share(total.delivered, 0.25),
                read: share(total.read, 0.25),
                blocked: share(total.blocked, w),
                reported: share(total.reported, w),
                ..Counts::default()
            },
            plan: PlanCounts { planned: plan.planned / (i as u64 + 2), ..PlanCounts::default() },
            cost: 10.0,
            value: 20.0,
            negative: (total.blocked + 2 * total.reported) as f64 * w,
        })
        .collect()
}

fn delays(noise: &mut Noise, n: u64, median_ms: f64, sigma: f64) -> DelayHistogram {
    let mut out = DelayHistogram::new(3).expect("three digits");
    for _ in 0..n {
        // Twelve uniforms make a normal, near enough.
        let z: f64 = (0..12).map(|_| noise.next()).sum::<f64>() - 6.0;
        out.record((median_ms * libm::exp(sigma * z)) as u64).expect("auto-resizing");
    }
    out
}
