//! A trade-off as a person reads it: the plans that none other beats in everything at once.
//!
//! Pure functions. Must not know where they go.

pub mod answer;
pub mod chart;

use serde::{Deserialize, Serialize};

use crate::experiment::study::estimate::{Asked, Estimate};
use crate::report::comparison::letter;
use crate::report::page::{Page, TextOptions, right};
use crate::report::{figures, words};

/// A goal: a figure to be made large or small.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    /// The figure.
    #[serde(rename = "figure", with = "figures::as_text")]
    pub asked: Asked,
    /// Whether more is better.
    pub large: bool,
}

/// A plan tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// Its overrides.
    pub sets: Vec<String>,
    /// For each goal its figure.
    pub figures: Vec<Estimate>,
    /// Whether no other plan beats it in everything.
    pub efficient: bool,
    /// Its figures on fresh luck, if it is one of those.
    pub fresh: Vec<Estimate>,
}

/// A finished trade-off.
#[derive(Clone, Debug)]
pub struct Tradeoff {
    /// The scenario's name.
    pub name: String,
    /// Its question.
    pub question: String,
    /// The goals, in order.
    pub goals: Vec<Goal>,
    /// Every plan, in the order of the design; the first is the scenario as written.
    pub tried: Vec<Tried>,
    /// Replications of each.
    pub replications: u64,
    /// Policy as asked for.
    pub policy: String,
    /// Seed.
    pub seed: u64,
}

/// Plans listed and labelled.
const SHOWN: usize = 20;

impl Tradeoff {
    /// The efficient plans by their first goal, the best first.
    pub fn front(&self) -> Vec<(usize, &Tried)> {
        let mut front: Vec<(usize, &Tried)> =
            self.tried.iter().enumerate().filter(|(_, t)| t.efficient).collect();
        by_first_goal(&mut front, self.goals[0].large, |(_, t)| t.figures[0].value);
        front
    }
}

/// Puts the best in the first goal first; what is equal in it stays in the order of the design.
fn by_first_goal<T>(plans: &mut [T], large: bool, first: impl Fn(&T) -> Option<f64>) {
    let value = |plan: &T| first(plan).unwrap_or(f64::NAN);
    plans.sort_by(|a, b| {
        let order = value(a).total_cmp(&value(b));
        if large { order.reverse() } else { order }
    });
}

fn goal(g: &Goal) -> String {
    format!("{} {}", if g.large { "largest" } else { "smallest" }, figures::name(&g.asked))
}

fn plan(place: usize, t: &Tried) -> String {
    if place == 0 { "as written".to_string() } else { t.sets.join(", ") }
}

/// The answer in sentences.
pub fn headline(t: &Tradeoff) -> Vec<String> {
    let front = t.front();
    let mut out = vec![format!(
        "Of {} plans {} {} not beaten by another (as good in every goal and better in one) ({}).",
        words::count(t.tried.len() as u64),
        words::count(front.len() as u64),
        if front.len() == 1 { "is" } else { "are" },
        t.goals.iter().map(goal).collect::<Vec<_>>().join(", ")
    )];
    for (i, g) in t.goals.iter().enumerate() {
        let value = |t: &Tried| t.figures[i].value.unwrap_or(f64::NAN);
        let best = front.iter().reduce(|a, b| {
            let better = if g.large { value(b.1) > value(a.1) } else { value(b.1) < value(a.1) };
            if better { b } else { a }
        });
        if let Some((place, best)) = best {
            let all: Vec<String> = t
                .goals
                .iter()
                .enumerate()
                .map(|(k, g)| {
                    format!("{} {}", figures::name(&g.asked), figures::estimate(&g.asked, &best.figures[k]))
                })
                .collect();
            out.push(format!("{}: {} ({}).", words::capital(&goal(g)), plan(*place, best), all.join(", ")));
        }
    }
    let written = &t.tried[0];
    if !written.efficient {
        let beats = |other: &&(usize, &Tried)| {
            t.goals.iter().enumerate().all(|(k, g)| {
                match (other.1.figures[k].value, written.figures[k].value) {
                    (Some(a), Some(b)) if g.large => a >= b,
                    (Some(a), Some(b)) => a <= b,
                    _ => false,
                }
            })
        };
        if let Some((place, better)) = front.iter().find(beats) {
            out.push(format!(
                "The scenario as written is beaten by {}: as good in every goal and better in one.",
                plan(*place, better)
            ));
        }
    }
    out
}

/// The whole answer for the terminal.
pub fn text(t: &Tradeoff, options: TextOptions) -> String {
    let mut page = Page::new(options, 60);
    page.head(&t.name, &t.question);
    page.sentences(&headline(t));
    page.line("");
    let head: String =
        t.goals.iter().map(|g| right(&words::shorten(&figures::name(&g.asked), 26), 28)).collect();
    page.line(&format!("   {head}"));
    let front = t.front();
    for (k, (_, tried)) in front.iter().take(SHOWN).enumerate() {
        let cell = |(g, e): (&Goal, &Estimate)| {
            right(&format!("{}  {}", figures::estimate(&g.asked, e), figures::interval(&g.asked, e)), 28)
        };
        let cells: String = t.goals.iter().zip(&tried.figures).map(cell).collect();
        page.line(&format!("  {}{cells}", letter(k)));
    }
    page.line("");
    for (k, (place, tried)) in front.iter().take(SHOWN).enumerate() {
        page.wrap(&format!("{}  {}", letter(k), plan(*place, tried)), 2, 3);
    }
    if front.len() > SHOWN {
        page.line(&format!("  and {} more in plans.csv", front.len() - SHOWN));
    }
    page.warnings(&answer::warnings(t));
    page.line("");
    page.wrap(&method(t), 0, 2);
    page.out
}

/// How it was made.
fn method(t: &Tradeoff) -> String {
    format!(
        "Policy {}, seed {}, {} of each plan with the same luck. The best of many look better than they are: plans.csv has \
         each of these on fresh luck too.",
        t.policy,
        t.seed,
        words::plural(t.replications, "replication", "replications")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::study::catalogue::Frame;
    use crate::experiment::study::pareto::front;
    use crate::report::legible;
    use crate::sim::rng::mix;
    use crate::sim::{SimDuration, SimTime};

    fn sample(n: usize) -> Tradeoff {
        let numbers = vec!["main".to_string()];
        let frame = Frame { start: SimTime(0), horizon: SimTime(1), warm_up: SimDuration::ZERO, numbers };
        let goal = |text: &str, large| Goal { asked: Asked::parse(text, &frame).unwrap(), large };
        let goals = vec![goal("delivered", true), goal("p_red", false)];
        let luck = |i: usize| (mix(i as u64) >> 11) as f64 / (1u64 << 53) as f64;
        let rows: Vec<Vec<f64>> =
            (0..n).map(|i| vec![40_000.0 * luck(i), (luck(i) + luck(i + 999)).min(1.0)]).collect();
        let small: Vec<Vec<f64>> = rows.iter().map(|r| vec![-r[0], r[1]]).collect();
        let e = |v| Estimate { value: Some(v), interval: Some((v, v)), std_err: None, n: 40, of: 40 };
        let tried = rows.iter().zip(front(&small)).map(|(r, efficient)| Tried {
            sets: vec![format!("campaigns.promo.per_week={}", r[0])],
            figures: r.iter().map(|v| e(*v)).collect(),
            efficient,
            fresh: Vec::new(),
        });
        Tradeoff {
            name: "spring".into(),
            question: "How much?".into(),
            goals,
            tried: tried.collect(),
            replications: 40,
            policy: "auto".into(),
            seed: 1,
        }
    }

    #[test]
    fn the_front_is_told_in_order_and_the_chart_is_legible() {
        for n in [2, 20, 300] {
            let t = sample(n);
            let picture = chart::Picture::of(&t);
            let found = legible::faults_everywhere(|look| picture.svg(look));
            assert!(found.is_empty(), "{n}: {found:#?}");
            let csv = picture.csv();
            assert_eq!(chart::Picture::parse(picture.about.clone(), &csv), Ok(picture));
            assert!(csv.starts_with("plan,sets,delivered,p_red,efficient,letter\n0,"), "{csv}");
            assert_eq!(csv.lines().count(), 1 + n);
            assert_eq!(csv.lines().filter(|l| l.contains(",true,")).count(), t.front().len());
            let front = t.front();
            assert!(front.windows(2).all(|w| w[0].1.figures[0].value >= w[1].1.figures[0].value));
            let page = text(&t, TextOptions { width: 100, color: false });
            assert!(page.contains(&format!("Of {n} plans")) && page.contains("fresh luck"), "{page}");
            let a = answer::answer(&t, "USD");
            assert_eq!(a.tables[0].rows.len(), front.len().min(SHOWN));
            assert_eq!(a.figures.len(), 2 * front.len().min(SHOWN), "a figure of each goal");
            assert!(a.tables[0].rows.iter().all(|r| r.len() == a.tables[0].columns.len()));
        }
    }
}
