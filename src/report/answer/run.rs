//! The answer of `tiersim run` as plain data, and the parts of it that a replay's answer has too.

use crate::experiment::bill::Line;
use crate::experiment::measure::{
    Assumption, Counts, GroupRow, NumberSummary, Origin, ReplicationSummary, RunResult,
};
use crate::experiment::stats;
use crate::report::answer::parts::{self, column, figure, table};
use crate::report::answer::{
    ASSUMED_OF_PEOPLE, ASSUMED_OF_RULES, Answer, CONTRIBUTORS, Figure, Table, warnings,
};
use crate::report::{codes, headline, text, words};

/// The answer of a run. `more` are remarks that only the caller can make, in full sentences.
pub fn run(result: &RunResult, more: &[String]) -> Answer {
    Answer {
        command: "run".to_string(),
        name: words::clean(&result.scenario),
        question: words::clean(&result.question),
        sentences: headline::headline(result),
        figures: asked_first(result, figures(result)),
        tables: tables(result),
        warnings: warnings::of(result),
        notes: text::remarks(result).into_iter().chain(more.iter().cloned()).collect(),
    }
}

/// The figures that the question asks for, then the others.
fn asked_first(result: &RunResult, others: Vec<Figure>) -> Vec<Figure> {
    let currency = words::shorten(&words::clean(&result.currency), 12);
    let mut out: Vec<Figure> =
        result.asked.iter().map(|(asked, e)| parts::estimate(asked, e, "", &currency)).collect();
    let told = |f: &Figure| out.iter().any(|a| (&a.name, &a.of) == (&f.name, &f.of));
    let rest: Vec<Figure> = others.into_iter().filter(|f| !told(f)).collect();
    out.extend(rest);
    out
}

/// Chances, counts and money over all replications, with their 95 % intervals; chances of each number where there are
/// several.
pub(super) fn figures(result: &RunResult) -> Vec<Figure> {
    let runs = &result.replications;
    let currency = words::shorten(&words::clean(&result.currency), 12);
    let mut out = Vec::new();
    if runs.is_empty() {
        return out;
    }
    let rated = !result.of_app.iter().all(|app| *app);
    let any = |pick: fn(&NumberSummary) -> bool| move |r: &ReplicationSummary| r.numbers.iter().any(pick);
    if rated {
        out.push(chance(runs, "p_red", "", "chance of red", any(|n| n.first_red.is_some())));
        out.push(chance(
            runs,
            "p_yellow",
            "",
            "chance of yellow or worse",
            any(|n| n.first_yellow.is_some()),
        ));
        out.push(chance(
            runs,
            "p_lowered",
            "",
            "chance of a lowered limit",
            any(|n| n.first_lowered.is_some()),
        ));
        out.push(chance(runs, "p_template_paused", "", "chance of a paused template", |r| {
            r.template_pauses > 0
        }));
    }
    if runs.iter().any(|r| r.account.any()) {
        out.push(chance(runs, "p_account_stopped", "", "chance of a stopped account", |r| {
            r.account.stopped()
        }));
    }
    if result.origin != Origin::Replayed {
        out.push(mean(runs, "planned", "messages planned", "count", |r| r.plan.planned as f64));
    }
    for (name, label, pick) in COUNTS {
        let total = |r: &ReplicationSummary| r.numbers.iter().map(|n| pick(&n.counts)).sum::<u64>() as f64;
        out.push(mean(runs, name, label, "count", total));
    }
    if result.origin != Origin::Replayed {
        out.push(mean(runs, "deferred", "messages that waited for a slot", "count", |r| {
            r.plan.deferred as f64
        }));
        out.push(mean(runs, "not_sent", "messages given up", "count", |r| r.plan.not_sent as f64));
    }
    if runs.iter().any(|r| r.cost != 0.0 || r.value != 0.0) {
        out.push(mean(runs, "cost", "cost", &currency, |r| r.cost));
        out.push(mean(runs, "value", "worth of conversions", &currency, |r| r.value));
        let profit: Vec<f64> = runs.iter().map(|r| r.value - r.cost).collect();
        let interval = stats::mean_interval(&profit);
        out.push(told("profit", "worth less cost", &currency, interval, words::amount));
    }
    if rated && result.numbers.len() > 1 && runs.len() > 1 {
        for (i, id) in result.numbers.iter().enumerate().filter(|(i, _)| !result.of_app[*i]) {
            for (name, label, pick) in [
                ("p_red", "chance of red", (|n| n.first_red.is_some()) as fn(&NumberSummary) -> bool),
                ("p_yellow", "chance of yellow or worse", |n| n.first_yellow.is_some()),
                ("p_lowered", "chance of a lowered limit", |n| n.first_lowered.is_some()),
            ] {
                out.push(chance(runs, name, id, label, |r| r.numbers.get(i).is_some_and(pick)));
            }
        }
    }
    out
}

/// A count by name: what it is called, and how to take it.
type Count = (&'static str, &'static str, fn(&Counts) -> u64);

const COUNTS: [Count; 10] = [
    ("attempted", "attempts", |c| c.attempted),
    ("sent", "messages sent", |c| c.sent),
    ("delivered", "messages delivered", |c| c.delivered),
    ("failed", "messages that failed", |c| c.failed),
    ("read", "reads seen", |c| c.read),
    ("received", "messages from recipients", |c| c.received),
    ("blocked", "blocks", |c| c.blocked),
    ("reported", "reports", |c| c.reported),
    ("opted_out", "opt-outs", |c| c.opted_out),
    ("refused", "attempts refused", |c| c.refused),
];

fn chance(
    runs: &[ReplicationSummary],
    name: &str,
    of: &str,
    label: &str,
    is: impl Fn(&ReplicationSummary) -> bool,
) -> Figure {
    let (k, n) = (runs.iter().filter(|r| is(r)).count() as u64, runs.len() as u64);
    let value = k as f64 / n as f64;
    let interval = (n > 1).then(|| stats::wilson(k, n));
    let text = match interval {
        Some(_) => words::chance(value, n),
        None => if k > 0 { "yes" } else { "no" }.to_string(),
    };
    let (low, high) = interval.unzip();
    Figure {
        name: name.to_string(),
        of: of.to_string(),
        label: label.to_string(),
        unit: "share".to_string(),
        value: Some(value),
        low,
        high,
        text,
        interval: interval.map_or(String::new(), |ends| words::chance_range(ends, n)),
    }
}

fn mean(
    runs: &[ReplicationSummary],
    name: &str,
    label: &str,
    unit: &str,
    take: impl Fn(&ReplicationSummary) -> f64,
) -> Figure {
    let values: Vec<f64> = runs.iter().map(take).collect();
    let words = if unit == "count" { words::mean_count } else { words::amount };
    told(name, label, unit, stats::mean_interval_from_zero(&values), words)
}

fn told(
    name: &str,
    label: &str,
    unit: &str,
    (mean, interval): (f64, Option<(f64, f64)>),
    say: fn(f64) -> String,
) -> Figure {
    let (low, high) = interval.unzip();
    Figure {
        name: name.to_string(),
        of: String::new(),
        label: label.to_string(),
        unit: unit.to_string(),
        value: Some(mean),
        low,
        high,
        text: say(mean),
        interval: interval.map_or(String::new(), |(low, high)| words::range(&say(low), &say(high))),
    }
}

/// The tables of a run or a replay, those that have rows.
pub(super) fn tables(result: &RunResult) -> Vec<Table> {
    [
        numbers(result),
        contributors(result),
        campaigns(result),
        refusals(result),
        costs(result),
        assumptions(
            ASSUMED_OF_RULES,
            "What is assumed of the platform's rules",
            "Constants that the platform has not published, of the first rule set. Low and high are the plausible range.",
            &result.policy.assumptions,
        ),
        assumptions(
            ASSUMED_OF_PEOPLE,
            "What is assumed of people",
            "Nobody publishes such figures; they often decide more than the rules. Low and high are the plausible range.",
            &result.behaviour.assumptions,
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// `, replication 1` where there are others.
fn which(result: &RunResult) -> &'static str {
    if result.replications.len() > 1 { ", replication 1" } else { "" }
}

fn numbers(result: &RunResult) -> Option<Table> {
    let first = result.replications.first()?;
    let day = |t: Option<crate::sim::SimTime>| t.map_or("never".to_string(), |t| words::day(result.start, t));
    let rows =
        result.numbers.iter().zip(&first.numbers).zip(&result.portfolios).map(|((id, s), portfolio)| {
            vec![
                words::clean(id),
                words::clean(portfolio),
                day(s.first_yellow),
                day(s.first_red),
                s.worst_score.map_or(String::new(), words::percent),
                words::colour(s.final_rating).to_string(),
                words::limit(&s.final_limit.to_string()),
                words::status(s.final_status).to_string(),
            ]
        });
    let columns = vec![
        column("number"),
        column("portfolio"),
        column("first yellow or worse"),
        column("first red"),
        figure("highest score"),
        column("rating at the end"),
        figure("limit at the end"),
        column("status at the end"),
    ];
    let title = format!("What became of each number{}", which(result));
    table("numbers", &title, "", columns, rows.collect())
}

fn contributors(result: &RunResult) -> Option<Table> {
    let kinds: [(&str, &[GroupRow]); 3] = [
        ("campaign", &result.first.campaigns),
        ("template", &result.first.templates),
        ("segment", &result.first.segments),
    ];
    let share =
        |part: f64, whole: f64| if whole > 0.0 { words::percent(part / whole) } else { String::new() };
    let mut rows = Vec::new();
    for (kind, groups) in kinds {
        let negative: f64 = groups.iter().map(|g| g.negative).sum();
        let delivered: u64 = groups.iter().map(|g| g.counts.delivered).sum();
        let mut groups: Vec<&GroupRow> = groups.iter().filter(|g| g.negative > 0.0).collect();
        groups.sort_by(|a, b| b.negative.total_cmp(&a.negative));
        rows.extend(groups.into_iter().map(|g| {
            vec![
                kind.to_string(),
                words::clean(&g.name),
                share(g.negative, negative),
                share(g.counts.delivered as f64, delivered as f64),
                share(g.negative, g.counts.delivered as f64),
            ]
        }));
    }
    let columns = vec![
        column("kind"),
        column("name"),
        figure("of negative signals"),
        figure("of deliveries"),
        figure("negative per delivery"),
    ];
    let title = format!("Where the negative signals came from{}", which(result));
    let caption =
        "Blocks and reports, weighted as the rules weigh them; the largest share of each kind first.";
    table(CONTRIBUTORS, &title, caption, columns, rows)
}

fn campaigns(result: &RunResult) -> Option<Table> {
    let currency = words::shorten(&words::clean(&result.currency), 12);
    let rows = result.first.campaigns.iter().map(|g| {
        let counts = [g.plan.planned, g.counts.sent, g.counts.delivered, g.counts.read];
        let signals = [g.counts.blocked, g.counts.reported, g.counts.opted_out];
        let mut row = vec![words::clean(&g.name)];
        row.extend(counts.into_iter().chain(signals).map(words::count));
        row.extend([g.cost, g.value, g.value - g.cost].map(words::amount));
        row
    });
    let mut columns = vec![column("campaign")];
    let heads = ["planned", "sent", "delivered", "reads seen", "blocks", "reports", "opt-outs"];
    columns.extend(heads.map(figure));
    columns.extend(["cost", "revenue", "profit"].map(|name| figure(&format!("{name} ({currency})"))));
    table("campaigns", &format!("Campaigns{}", which(result)), "", columns, rows.collect())
}

fn refusals(result: &RunResult) -> Option<Table> {
    let mut rows: Vec<(&str, &str, u64)> = Vec::new();
    for r in &result.first.refusals {
        match rows.iter_mut().find(|(code, reason, _)| *code == r.code && *reason == r.reason) {
            Some((_, _, n)) => *n += r.count,
            None => rows.push((&r.code, &r.reason, r.count)),
        }
    }
    rows.sort_by_key(|r| std::cmp::Reverse(r.2));
    let rows = rows.into_iter().map(|(code, reason, n)| {
        let means = if code.is_empty() { String::new() } else { codes::title(code) };
        vec![code.to_string(), words::clean(reason), means, words::count(n)]
    });
    let columns = vec![column("code"), column("reason"), column("meaning"), figure("attempts")];
    let title = format!("Attempts refused{}", which(result));
    table("refusals", &title, "", columns, rows.collect())
}

/// What was billed of one market, item and card.
#[derive(Default)]
struct Sum {
    delivered: u64,
    billable: u64,
    cost: f64,
}

fn costs(result: &RunResult) -> Option<Table> {
    let bill = result.first.bill.as_ref()?;
    let currency = words::shorten(&words::clean(&result.currency), 12);
    let mut sums: Vec<(&Line, Sum)> = Vec::new();
    for l in &bill.lines {
        let alike = |other: &Line| (&other.market, other.item, &other.card) == (&l.market, l.item, &l.card);
        let place = sums.iter().position(|(first, _)| alike(first)).unwrap_or_else(|| {
            sums.push((l, Sum::default()));
            sums.len() - 1
        });
        let sum = &mut sums[place].1;
        sum.delivered += l.delivered;
        sum.billable += l.billable;
        sum.cost += l.cost;
    }
    let rows = sums.into_iter().map(|(l, sum)| {
        let [market, item, card] = [&l.market, l.item, &l.card].map(words::clean);
        let [delivered, billable] = [sum.delivered, sum.billable].map(words::count);
        vec![market, item, card, delivered, billable, l.unit.to_string(), words::amount(sum.cost)]
    });
    let columns = vec![
        column("market"),
        column("category"),
        column("rate card"),
        figure("delivered"),
        figure("billed"),
        column("unit billed"),
        figure(&format!("cost ({currency})")),
    ];
    table("costs", &format!("What was billed{}", which(result)), "", columns, rows.collect())
}

fn assumptions(name: &str, title: &str, caption: &str, of: &[Assumption]) -> Option<Table> {
    let rows = of
        .iter()
        .map(|a| [&a.name, &a.value, &a.low, &a.high, &a.source].map(|text| words::clean(text)).to_vec());
    let columns = vec![column("name"), figure("used"), figure("low"), figure("high"), column("source")];
    table(name, title, caption, columns, rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{Shape, sample, shapes};

    #[test]
    fn rows_are_as_long_as_their_tables_and_every_figure_says_itself() {
        for shape in shapes() {
            let answer = run(&sample(&shape), &[]);
            for t in &answer.tables {
                assert!(t.rows.iter().all(|r| r.len() == t.columns.len()), "{} {shape:?}", t.name);
            }
            for f in &answer.figures {
                assert!(!f.text.is_empty() && !f.label.is_empty() && !f.unit.is_empty(), "{f:?}");
                assert!(f.value.is_some_and(f64::is_finite), "{f:?}");
            }
            assert!(!answer.sentences.is_empty());
        }
    }

    #[test]
    fn chances_of_one_replication_have_no_interval_and_say_yes_or_no() {
        let one = figures(&sample(&Shape::default()));
        let red = &one[0];
        assert_eq!((red.name.as_str(), red.text.as_str(), red.low), ("p_red", "yes", None));
        let many = figures(&sample(&Shape { replications: 20, numbers: 2, ..Shape::default() }));
        assert!(many[0].low.is_some() && many[0].interval.contains('–'), "{:?}", many[0]);
        assert!(many.iter().any(|f| f.name == "p_red" && f.of == "service" || f.of.starts_with("+49")));
    }
}
