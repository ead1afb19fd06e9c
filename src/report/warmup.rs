//! A warm-up plan as a person reads it: how soon, how sure, and the calendar.
//!
//! Pure functions. Must not know where they go.

pub mod answer;
pub mod chart;

pub use crate::experiment::study::warmup::{Candidate, Day};

use crate::experiment::study::condition::Condition;
use crate::experiment::study::estimate::Estimate;
use crate::messaging::Limit;
use crate::report::page::{Page, TextOptions, left, right};
use crate::report::{figures, words};

/// Plans listed in the terminal, and days of the calendar; the files have all.
const PLANS: usize = 8;
const DAYS: usize = 21;

/// A finished search for a plan.
#[derive(Clone, Debug)]
pub struct Warmup {
    /// The scenario's name.
    pub name: String,
    /// Its question.
    pub question: String,
    /// The limit to reach.
    pub to: Limit,
    /// What has to hold.
    pub conditions: Vec<Condition>,
    /// Every plan tried.
    pub tried: Vec<Candidate>,
    /// The one chosen, as it stood with fresh luck; none if no plan keeps the conditions.
    pub chosen: Option<Candidate>,
    /// Its days.
    pub calendar: Vec<Day>,
    /// Replications of each plan, and of the check.
    pub replications: u64,
    /// Policy as asked for.
    pub policy: String,
    /// Seed.
    pub seed: u64,
}

/// `audience.max=95, audience.growth=1.5`: the ends of paths suffice where they are told apart by them.
fn plan(sets: &[String]) -> String {
    let short = |s: &String| {
        let (path, value) = s.split_once('=').unwrap_or((s, ""));
        let mut keys = path.rsplit('.');
        let key = keys.next().unwrap_or(path);
        format!("{}={value}", keys.next().map_or(key.to_string(), |before| format!("{before}.{key}")))
    };
    sets.iter().map(short).collect::<Vec<_>>().join(", ")
}

fn risks(w: &Warmup, c: &Candidate) -> String {
    let told = w.conditions.iter().zip(&c.probe.figures).map(|(c, e)| figures::told(&c.asked, e));
    told.collect::<Vec<_>>().join(", ")
}

/// The chance of yellow, unless a condition tells it: the calendar shows it, and a plan that is often yellow is no calm one.
fn on_the_way(w: &Warmup) -> String {
    let told = w.conditions.iter().any(|c| c.asked.text.contains("yellow"));
    let worst = w.calendar.iter().map(|d| d.yellow).fold(0.0, f64::max);
    if told || w.calendar.is_empty() {
        return String::new();
    }
    format!("; yellow or worse at some time in {}", words::chance(worst, w.replications))
}

fn day(e: Option<f64>) -> String {
    e.map_or("never".to_string(), |d| format!("day {}", d.floor() as u64 + 1))
}

/// The answer in sentences.
pub fn headline(w: &Warmup) -> Vec<String> {
    let conditions: Vec<String> = w.conditions.iter().map(figures::condition).collect();
    let conditions = conditions.join(" and ");
    let to = w.to.short();
    if let Some(c) = &w.chosen {
        let n = w.replications;
        let range = c.reached.interval.map_or(String::new(), |i| format!(" ({})", words::chance_range(i, n)));
        let mut out = vec![
            format!(
                "The fastest of {} plans that keeps {conditions}, on fresh luck too, reaches {to} on {} in the middle case \
                 (nine in ten by {}), in {}{range} of the replications: {}.",
                words::count(w.tried.len() as u64),
                day(c.days.value),
                day(c.slow.value),
                words::chance(c.reached.value.unwrap_or(0.0), n),
                plan(&c.sets),
            ),
            format!("With fresh luck: {}{}.", risks(w, c), on_the_way(w)),
        ];
        let lucky = w.tried.iter().filter(|c| c.borne_out == Some(false)).count() as u64;
        if lucky > 0 {
            out.push(format!(
                "{} looked faster by the luck {} chosen by, which fresh luck did not bear out.",
                words::plural(lucky, "plan", "plans"),
                if lucky == 1 { "it was" } else { "they were" },
            ));
        }
        return out;
    }
    let keeps = w.tried.iter().filter(|c| c.probe.holds()).count();
    if keeps > 0 {
        return vec![format!(
            "No plan was found: {} of {} keep {conditions}, but none of them reaches {to} in half of the replications and \
             bears it out with fresh luck. A longer run, more people or larger dispatches may.",
            words::count(keeps as u64),
            words::count(w.tried.len() as u64)
        )];
    }
    let nearest = w.tried.iter().min_by(|a, b| excess(w, a).total_cmp(&excess(w, b)));
    let nearest =
        nearest.map_or(String::new(), |c| format!(" The nearest, {}, has {}.", plan(&c.sets), risks(w, c)));
    vec![
        format!("None of {} plans keeps {conditions}.{nearest}", words::count(w.tried.len() as u64)),
        "While few messages are in the rating window, a single block moves the colour by half a point or more: a condition \
         on yellow is often out of reach for any plan, whatever the list."
            .to_string(),
    ]
}

/// By how much the first condition is missed.
fn excess(w: &Warmup, c: &Candidate) -> f64 {
    c.probe.figures.first().and_then(|e| e.value).map_or(f64::INFINITY, |v| (v - w.conditions[0].bound).abs())
}

/// Days on which something is sent.
fn busy(w: &Warmup) -> Vec<&Day> {
    w.calendar.iter().filter(|d| d.send[2] > 0.0).collect()
}

/// Headings of the calendar.
const CALENDAR: [&str; 6] = ["day", "send", "9 in 10", "limit", "yellow by then", "red by then"];

/// A day of the calendar, under [`CALENDAR`].
fn cells(w: &Warmup, d: &Day) -> [String; 6] {
    let several = w.calendar.iter().any(|d| d.number > 0);
    let number = if several { format!(" #{}", d.number + 1) } else { String::new() };
    let [send, low, high] = d.send.map(|n| words::count(n as u64));
    [
        format!("{} {} {}{number}", d.day, d.start.date(), d.start.weekday_name()),
        send,
        words::range(&low, &high),
        d.limit[0].short(),
        words::chance(d.yellow, w.replications),
        words::chance(d.red, w.replications),
    ]
}

/// The plans tried, those that keep the conditions first, the soonest of them first.
fn order(w: &Warmup) -> Vec<&Candidate> {
    let mut order: Vec<&Candidate> = w.tried.iter().collect();
    let days = |c: &Candidate| c.days.value.unwrap_or(f64::INFINITY);
    order.sort_by(|a, b| b.is_good().cmp(&a.is_good()).then(days(a).total_cmp(&days(b))));
    order
}

/// How it was made, and what it hangs on.
fn method(w: &Warmup) -> String {
    format!(
        "Policy {}, seed {}, {} of each plan with the same luck and as many others for the check. How people react is \
         assumed, so try the calendar with figures of your own.",
        w.policy,
        w.seed,
        words::plural(w.replications, "replication", "replications")
    )
}

/// The whole answer for the terminal.
pub fn text(w: &Warmup, options: TextOptions) -> String {
    let mut page = Page::new(options, 60);
    page.head(&w.name, &w.question);
    page.sentences(&headline(w));

    let busy = busy(w);
    if !busy.is_empty() {
        page.line("");
        let line = |[day, send, spread, limit, yellow, red]: [String; 6]| {
            let day = left(&day, 22);
            let (send, spread, limit) = (right(&send, 9), right(&spread, 15), right(&limit, 11));
            format!("  {day}{send}{spread}{limit}{}{}", right(&yellow, 16), right(&red, 13))
        };
        page.line(&line(CALENDAR.map(str::to_string)));
        busy.iter().take(DAYS).for_each(|d| page.line(&line(cells(w, d))));
        if busy.len() > DAYS {
            page.line(&format!("  and {} more days in calendar.csv", busy.len() - DAYS));
        }
    }
    page.line("");
    let conditions: String = w.conditions.iter().map(|c| right(&c.to_string(), 16)).collect();
    page.line(&format!(
        "  {}{}{}{conditions}",
        left("plans tried, soonest first", 44),
        right("reached on", 12),
        right("in", 8)
    ));
    let order = order(w);
    for c in order.iter().take(PLANS) {
        let figure = |(k, e): (&Condition, &Estimate)| right(&figures::estimate(&k.asked, e), 16);
        let cells: String = w.conditions.iter().zip(&c.probe.figures).map(figure).collect();
        page.line(&format!(
            "  {}{}{}{cells}{}",
            left(&words::shorten(&plan(&c.sets), 42), 44),
            right(&day(c.days.value), 12),
            right(&figures_chance(c, w.replications), 8),
            kept(c).map_or(String::new(), |w| format!("   {w}")),
        ));
    }
    if order.len() > PLANS {
        page.line(&format!("  and {} more in plans.csv", order.len() - PLANS));
    }
    page.warnings(&answer::warnings(w));
    page.line("");
    page.wrap(&method(w), 0, 2);
    page.out
}

/// What is said beside a plan that was not kept.
fn kept(c: &Candidate) -> Option<&'static str> {
    match (c.is_good(), c.borne_out) {
        (false, _) => Some("no"),
        (true, Some(false)) => Some("by luck"),
        (true, _) => None,
    }
}

fn figures_chance(c: &Candidate, n: u64) -> String {
    c.reached.value.map_or(figures::NONE.to_string(), |p| words::chance(p, n))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::study::catalogue::Frame;
    use crate::experiment::study::search::Probe;
    use crate::report::legible;
    use crate::sim::{SimDuration, SimTime};

    fn warmup(days: u64, good: bool) -> Warmup {
        let numbers = vec!["new".to_string()];
        let frame = Frame { start: SimTime(0), horizon: SimTime(1), warm_up: SimDuration::ZERO, numbers };
        let c = Condition::parse("p_red < 10%", &frame).unwrap();
        let share = |v| Estimate { value: Some(v), interval: Some((v, v)), std_err: None, n: 50, of: 50 };
        let risk = share(if good { 0.02 } else { 0.4 });
        let candidate = Candidate {
            sets: vec![
                "campaigns.welcome.audience.max=50".into(),
                "campaigns.welcome.audience.growth=1.5".into(),
            ],
            probe: Probe { standings: vec![c.standing(&risk)], figures: vec![risk] },
            days: share(9.4),
            slow: share(14.0),
            reached: share(0.9),
            borne_out: None,
        };
        let day = |day| Day {
            day,
            start: SimTime((day as i64 - 1) * SimTime::DAY_MS),
            number: 0,
            send: [10.0 * day as f64, day as f64, 20.0 * day as f64],
            limit: [Limit::Of(if day < 9 { 250 } else { 10_000 }), Limit::Of(250)],
            yellow: day as f64 / 100.0,
            red: 0.0,
        };
        Warmup {
            name: "warm".into(),
            question: "How soon?".into(),
            to: Limit::Of(10_000),
            conditions: vec![c],
            tried: vec![candidate.clone()],
            chosen: good.then_some(candidate),
            calendar: if good { (1..=days).map(day).collect() } else { Vec::new() },
            replications: 50,
            policy: "auto".into(),
            seed: 1,
        }
    }

    #[test]
    fn the_plan_is_told_by_day_and_the_chart_is_legible() {
        for days in [5, 45, 90] {
            let w = warmup(days, true);
            let picture = chart::Picture::of(&w).unwrap();
            let found = legible::faults_everywhere(|look| picture.svg(look));
            assert!(found.is_empty(), "{days}: {found:#?}");
            let csv = picture.csv();
            assert_eq!(chart::Picture::parse(picture.about.clone(), &csv), Ok(picture));
            assert_eq!(csv.lines().count() as u64, 1 + days, "{csv}");
            assert!(csv.contains("\n2,1970-01-02,20,2,40,250,0.02,0\n"), "{csv}");
            let page = text(&w, TextOptions { width: 100, color: false });
            let flat = page.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(
                flat.contains("reaches 10K on day 10 in the middle case (nine in ten by day 15)"),
                "{page}"
            );
            assert!(
                page.contains("audience.max=50, audience.growth=1.5") && page.contains("1 1970-01-01 thu")
            );
            assert!(page.lines().all(|l| l.chars().count() <= 100), "{page}");
            let a = answer::answer(&w);
            assert_eq!(a.tables[0].rows.len(), days as usize, "all days that send");
            assert!(a.tables.iter().all(|t| t.rows.iter().all(|r| r.len() == t.columns.len())));
            assert_eq!((a.figures[0].value, a.figures[1].value), (Some(9.4), Some(14.0)));
            assert!(a.warnings.is_empty(), "one value of each field has no edge: {:?}", a.warnings);
            let mut wider = w.clone();
            wider.tried[0].sets[1] = "campaigns.welcome.audience.growth=1.2".into();
            assert_eq!(answer::warnings(&wider).len(), 0, "the plan chosen is none of those tried");
            wider.tried.push(w.tried[0].clone());
            let told = answer::warnings(&wider);
            assert!(told[0].text.contains("the largest audience.growth tried, 1.5"), "{told:?}");
        }
    }

    #[test]
    fn without_a_plan_the_nearest_is_named() {
        assert_eq!(chart::Picture::of(&warmup(9, false)), None);
        let said = headline(&warmup(9, false)).join(" ");
        assert!(
            said.starts_with(
                "None of 1 plans keeps the chance of red below 10 %. The nearest, audience.max=50"
            ),
            "{said}"
        );
    }
}
