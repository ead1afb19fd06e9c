//! A trade-off as a person reads it: the plans that none other beats in everything at once.
//!
//! Pure functions. Must not know where they go.

pub mod answer;

use crate::experiment::study::catalogue::Unit;
use crate::experiment::study::estimate::{Asked, Estimate};
use crate::report::comparison::{chart::tick, letter};
use crate::report::page::{Page, TextOptions, right};
use crate::report::sheet::{self, Foot, maybe};
use crate::report::style::{self, Canvas, Look, Type};
use crate::report::{figures, words};

/// A goal: a figure to be made large or small.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    /// The figure.
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
        let first = |t: &Tried| t.figures[0].value.unwrap_or(f64::NAN);
        front.sort_by(|a, b| {
            let order = first(a.1).total_cmp(&first(b.1));
            if self.goals[0].large { order.reverse() } else { order }
        });
        front
    }
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

const TOP: f64 = 88.0;

/// What the chart shows, as CSV: a row for each plan, the first as written.
pub fn csv(t: &Tradeoff) -> String {
    let front = t.front();
    let row = |(place, p): (usize, &Tried)| {
        let lettered = front.iter().take(SHOWN).position(|(at, _)| *at == place);
        vec![
            place.to_string(),
            p.sets.join("; "),
            maybe(p.figures[0].value),
            maybe(p.figures[1].value),
            p.efficient.to_string(),
            lettered.map_or(String::new(), letter),
        ]
    };
    let figures = [&t.goals[0], &t.goals[1]].map(|g| sheet::field(&g.asked.text));
    let columns = ["plan", "sets", &figures[0], &figures[1], "efficient", "letter"];
    sheet::table(&columns, t.tried.iter().enumerate().map(row))
}

/// The chart: the first two goals against each other, the unbeaten plans as letters.
pub fn svg(t: &Tradeoff, look: Look) -> String {
    let title = format!("Trade-off: {}", words::shorten(&words::clean(&t.name), 80));
    let more =
        if t.goals.len() > 2 { "; a plan that looks beaten here may be best in another goal" } else { "" };
    let reading = format!(
        "Blue: beaten by no other (letters as in the table){more}. {}: as written. Grey: beaten.",
        words::capital(style::plum(look.theme))
    );
    let tail = format!(
        "{} · policy {} · seed {} · {} of each plan, the same luck for all",
        words::clean(&t.name),
        words::clean(&t.policy),
        t.seed,
        words::plural(t.replications, "replication", "replications")
    );
    let foot = Foot::of(look.size, &reading, &tail);
    let (above, left, right) = (
        sheet::top(look.size, TOP),
        look.size.pick(92.0, 52.0),
        look.size.width() - look.size.pick(50.0, 16.0),
    );
    let below = look.size.height() - foot.height() - look.size.pick(46.0, 40.0);
    style::svg(look, &title, |canvas: &mut Canvas| {
        let label = Type::plain(11.0, style::SOFT);
        sheet::header(canvas, &t.question, &t.name, &headline(t)[0]);
        let (gx, gy) = (&t.goals[0], &t.goals[1]);
        let scale = |i: usize| {
            let share = t.goals[i].asked.measure.unit == Unit::Share;
            let values = t.tried.iter().filter_map(|p| p.figures[i].value);
            sheet::scale(values, share).unwrap_or((0.0, 1.0, 0.2))
        };
        let (xs, ys) = (scale(0), scale(1));
        let x = |v: f64| left + (v - xs.0) / (xs.1 - xs.0) * (right - left);
        let y = |v: f64| below - (v - ys.0) / (ys.1 - ys.0) * (below - above);
        for v in sheet::ticks(ys) {
            canvas.line(&[(left, y(v)), (right, y(v))], style::GRID, 0.08, 1.0);
            canvas.text((left - 8.0, y(v) + label.half_height()), label.end(), &tick(&gy.asked.measure, v));
        }
        let mut free = f64::NEG_INFINITY;
        for v in sheet::ticks(xs) {
            canvas.line(&[(x(v), above), (x(v), below)], style::GRID, 0.08, 1.0);
            let says = tick(&gx.asked.measure, v);
            let half = 0.5 * label.width(&says);
            // A label that would touch its neighbour is left out; its line stays.
            if x(v) - half > free {
                canvas.text((x(v), below + 16.0), label.middle(), &says);
                free = x(v) + half + 6.0;
            }
        }
        let way = |g: &Goal| if g.large { "more is better" } else { "less is better" };
        let says = format!("{} ({})", figures::name(&gy.asked), way(gy));
        canvas.text(
            (sheet::margin(look.size), above - 14.0),
            label,
            &label.fit(&says, look.size.width() - 20.0),
        );
        let says = format!("{} ({})", figures::name(&gx.asked), way(gx));
        let at = below + look.size.pick(35.0, 31.0);
        sheet::centred(canvas, (left, right), at, label, &label.fit(&says, look.size.width() - 20.0));
        for p in t.tried.iter().filter(|p| !p.efficient) {
            if let (Some(a), Some(b)) = (p.figures[0].value, p.figures[1].value) {
                canvas.dot((x(a), y(b)), 3.0, style::FAINT);
            }
        }
        let mut taken: Vec<(f64, f64)> = Vec::new();
        for (k, (place, p)) in t.front().iter().enumerate() {
            let (Some(a), Some(b)) = (p.figures[0].value, p.figures[1].value) else { continue };
            let at = (x(a), y(b));
            canvas.dot(at, 4.5, style::series(if *place == 0 { 1 } else { 0 }));
            // A letter stands above its dot, or nowhere: those without one are in the table.
            let apart = |o: &(f64, f64)| (o.0 - at.0).abs() > 16.0 || (o.1 - at.1).abs() > 16.0;
            if k < SHOWN && taken.iter().all(apart) && at.1 - 9.0 > above - 2.0 {
                canvas.text((at.0, at.1 - 9.0), Type::bold(11.0, style::INK).middle(), &letter(k));
                taken.push(at);
            }
        }
        if let (false, Some(a), Some(b)) =
            (t.tried[0].efficient, t.tried[0].figures[0].value, t.tried[0].figures[1].value)
        {
            canvas.dot((x(a), y(b)), 4.5, style::series(1));
        }
        foot.draw(canvas);
    })
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
            let found = legible::faults_everywhere(|look| svg(&t, look));
            assert!(found.is_empty(), "{n}: {found:#?}");
            let csv = csv(&t);
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
