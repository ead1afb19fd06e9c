//! A search for the farthest value that keeps its conditions, as a person reads it.
//!
//! Pure functions. Must not know where they go.

pub mod answer;

use crate::experiment::study::catalogue::Unit;
use crate::experiment::study::condition::{Condition, Standing};
use crate::experiment::study::estimate::{Asked, Estimate};
use crate::experiment::study::search::{Found, Probe};
use crate::report::page::{Page, TextOptions, left, right};
use crate::report::sheet::{self, Foot, maybe};
use crate::report::style::{self, Canvas, Look, Type};
use crate::report::{figures, words};

/// A finished search.
#[derive(Clone, Debug)]
pub struct Solved {
    /// The scenario's name.
    pub name: String,
    /// Its question.
    pub question: String,
    /// What was varied.
    pub path: String,
    /// Whether the largest value was sought, else the smallest.
    pub largest: bool,
    /// Values by place, from the safe end.
    pub values: Vec<String>,
    /// The conditions.
    pub conditions: Vec<Condition>,
    /// What the search found.
    pub found: Found,
    /// The place that fresh luck bore out, and what it came to; none if no value did.
    pub verified: Option<(usize, Probe)>,
    /// Replications of each value, and of the check.
    pub replications: u64,
    /// Further figures of the answer, from the check.
    pub figures: Vec<(Asked, Estimate)>,
    /// Policy as asked for.
    pub policy: String,
    /// Seed.
    pub seed: u64,
}

/// The bound of a condition with no digit more than was typed.
pub fn bound(c: &Condition) -> String {
    match c.asked.measure.unit {
        Unit::Share | Unit::Score => words::threshold(c.bound),
        _ => figures::value(&c.asked.measure, c.bound, 1),
    }
}

fn all(s: &Solved, probe: &Probe) -> String {
    let told = s.conditions.iter().zip(&probe.figures).map(|(c, e)| figures::told(&c.asked, e));
    told.collect::<Vec<_>>().join(", ")
}

/// What a place came to: in the search if it was tried there, else in the check.
fn figures_of(s: &Solved, chosen: usize, best: usize) -> &Probe {
    let checked = s.verified.as_ref().filter(|v| v.0 == chosen).map(|v| &v.1);
    s.found.tried.get(&chosen).or(checked).unwrap_or(&s.found.tried[&best])
}

/// The answer in sentences.
pub fn headline(s: &Solved) -> Vec<String> {
    let conditions: Vec<String> = s.conditions.iter().map(Condition::to_string).collect();
    let conditions = conditions.join(" and ");
    let (most, end) = if s.largest { ("largest", "smallest") } else { ("smallest", "largest") };
    let Some(best) = s.found.best else {
        let probe = &s.found.tried[&0];
        return vec![format!(
            "No value keeps {conditions}: even the {end} tried, {}, has {}.",
            value(s, 0),
            all(s, probe)
        )];
    };
    let mut out = Vec::new();
    let chosen = s.verified.as_ref().map_or(best, |v| v.0);
    let told = if s.verified.is_some() { "that keeps" } else { "that the search found to keep" };
    out.push(format!(
        "The {most} {} {told} {conditions} is {}: {}.",
        s.path,
        s.values[chosen],
        all(s, figures_of(s, chosen, best))
    ));
    let last = s.values.len() - 1;
    let open = match (s.found.certain, s.found.possible) {
        _ if at_the_end(s) => None,
        (Some(a), Some(b)) if a == b => {
            Some("Its neighbours on both sides are decided: the answer is sharp.".to_string())
        }
        (None, Some(b)) if b == last => Some(format!(
            "With {} of each value luck leaves it open over the whole range.",
            words::plural(s.replications, "replication", "replications")
        )),
        (a, b) => {
            let (to, on) = if s.largest { ("up to", "from") } else { ("down to", "at and below") };
            let certain = a.map_or("no value is certain to keep it".to_string(), |a| {
                format!("certainly kept {to} {}", s.values[a])
            });
            let broken = match b {
                Some(b) if b < last => format!("certainly broken {on} {}", s.values[b + 1]),
                _ => "not certainly broken anywhere in the range".to_string(),
            };
            Some(format!(
                "With {} of each value luck leaves this open: {certain}, {broken} (95 % intervals).",
                words::plural(s.replications, "replication", "replications")
            ))
        }
    };
    out.extend(open);
    out.push(match &s.verified {
        Some((place, probe)) => {
            let moved = if *place == best {
                String::new()
            } else {
                format!(" The search alone had said {}; fresh luck did not bear it out.", s.values[best])
            };
            format!(
                "Checked with fresh luck ({} other replications): {}.{moved}",
                words::count(s.replications),
                all(s, probe)
            )
        }
        None => "Checked with fresh luck, neither it nor a safer value kept the conditions: take more replications."
            .to_string(),
    });
    out
}

/// Whether the answer is the far end of the range, kept for certain.
fn at_the_end(s: &Solved) -> bool {
    let last = s.values.len() - 1;
    s.found.best == Some(last) && s.found.certain == Some(last)
}

/// What was varied, at a value.
fn value(s: &Solved, place: usize) -> String {
    format!("{} = {}", s.path, s.values[place])
}

/// A further figure of the answer in words.
fn further((asked, e): &(Asked, Estimate)) -> String {
    let of = match e.n == e.of {
        true => String::new(),
        false => {
            format!(", in the {} of {} replications that have one", words::count(e.n), words::count(e.of))
        }
    };
    format!("{}{of}", figures::with_interval(asked, e))
}

/// How it was made.
fn method(s: &Solved) -> String {
    format!(
        "Policy {}, seed {}; every value was tried with the same luck, so that their order is not luck's.",
        s.policy, s.seed
    )
}

/// The whole answer for the terminal.
pub fn text(s: &Solved, options: TextOptions) -> String {
    let mut page = Page::new(options, 60);
    page.head(&s.name, &s.question);
    page.sentences(&headline(s));
    for f in &s.figures {
        page.wrap(&format!("  {}: {}", figures::name(&f.0), further(f)), 0, 2);
    }
    page.line("");
    let head: String = s.conditions.iter().map(|c| right(&c.to_string(), 24)).collect();
    page.line(&format!("  {}{head}", left(&words::shorten(&s.path, 34), 36)));
    for (place, probe) in &s.found.tried {
        let cell = |(c, e): (&Condition, &Estimate)| {
            right(&format!("{}  {}", figures::estimate(&c.asked, e), figures::interval(&c.asked, e)), 24)
        };
        let cells: String = s.conditions.iter().zip(&probe.figures).map(cell).collect();
        page.line(&format!("  {}{cells}   {}", left(&s.values[*place], 36), verdict(probe)));
    }
    page.warnings(&answer::warnings(s));
    page.line("");
    page.wrap(&method(s), 0, 2);
    page.out
}

fn verdict(probe: &Probe) -> &'static str {
    match (probe.holds(), probe.is_certain(), probe.is_possible()) {
        (true, true, _) => "kept",
        (true, false, _) => "kept, not certain",
        (false, _, true) => "broken, not certain",
        (false, _, false) => "broken",
    }
}

const TOP: f64 = 84.0;

/// What the chart shows, as CSV: a row for each value tried.
pub fn csv(s: &Solved) -> String {
    let c = &s.conditions[0];
    let chosen = s.verified.as_ref().map(|v| v.0).or(s.found.best);
    let row = |(place, probe): (&usize, &Probe)| {
        let e = &probe.figures[0];
        let standing = match probe.standings[0] {
            Standing::Holds => "holds",
            Standing::HoldsNarrowly => "holds_narrowly",
            Standing::FailsNarrowly => "fails_narrowly",
            Standing::Fails => "fails",
            Standing::Unknown => "unknown",
        };
        vec![
            s.values[*place].clone(),
            maybe(e.value),
            maybe(e.interval.map(|i| i.0)),
            maybe(e.interval.map(|i| i.1)),
            e.n.to_string(),
            maybe(Some(c.bound)),
            standing.to_string(),
            (Some(*place) == chosen).to_string(),
        ]
    };
    let figure = c.asked.text.as_str();
    let columns = [s.path.as_str(), figure, "low", "high", "n", "bound", "standing", "answer"];
    sheet::table(&columns.map(sheet::field).each_ref().map(String::as_str), s.found.tried.iter().map(row))
}

/// The chart: the first condition's figure at every value tried, with its bound.
pub fn svg(s: &Solved, look: Look) -> String {
    let title = format!("Search: {}", words::shorten(&words::clean(&s.name), 80));
    let c = &s.conditions[0];
    let reading = format!(
        "Dots are estimates, uprights 95 % intervals (pale: they reach across the bound); the large dot is the \
                   answer. Blue keeps the condition, {} breaks it.",
        style::plum(look.theme)
    );
    let tail = format!(
        "{} · policy {} · seed {} · {} of each value, the same luck for all",
        words::clean(&s.name),
        words::clean(&s.policy),
        s.seed,
        words::plural(s.replications, "replication", "replications")
    );
    let foot = Foot::of(look.size, &reading, &tail);
    let (above, left, right) = (
        sheet::top(look.size, TOP),
        look.size.pick(84.0, 52.0),
        look.size.width() - look.size.pick(40.0, 8.0),
    );
    let below = look.size.height() - foot.height() - look.size.pick(58.0, 42.0);
    style::svg(look, &title, |canvas: &mut Canvas| {
        let label = Type::plain(11.0, style::SOFT);
        sheet::header(canvas, &s.question, &s.name, &headline(s)[0]);
        canvas.text((sheet::margin(look.size), above - 12.0), label, &figures::name(&c.asked));

        let figures: Vec<(usize, &Estimate)> =
            s.found.tried.iter().map(|(place, p)| (*place, &p.figures[0])).collect();
        let ends = figures
            .iter()
            .flat_map(|(_, e)| [e.value, e.interval.map(|i| i.1), e.interval.map(|i| i.0)])
            .flatten();
        let range = sheet::scale(ends.chain([c.bound]), false).unwrap_or((0.0, 1.0, 0.2));
        let (low, high, _) = range;
        let y = |v: f64| below - (v.clamp(low, high) - low) / (high - low) * (below - above);
        let pad = look.size.pick(24.0, 14.0);
        let spread = (s.values.len() - 1).max(1) as f64;
        // Small values stand at the left, whichever end is the safe one.
        let x = |place: usize| {
            let share = if s.values.len() == 1 { 0.5 } else { place as f64 / spread };
            left + pad + (if s.largest { share } else { 1.0 - share }) * (right - left - 2.0 * pad)
        };
        for v in sheet::ticks(range) {
            canvas.line(&[(left, y(v)), (right, y(v))], style::GRID, 0.08, 1.0);
            let said = crate::report::comparison::chart::tick(&c.asked.measure, v);
            canvas.text((left - 8.0, y(v) + label.half_height()), label.end(), &said);
        }
        canvas.dashed(&[(left, y(c.bound)), (right, y(c.bound))], style::INK, 0.8, 1.2, (5.0, 3.0));
        let says = format!("{} {}", c.comparison.sign(), bound(c));
        canvas.text((right - 4.0, y(c.bound) - 5.0), Type::bold(11.0, style::INK).end(), &says);
        let mut taken: Vec<(f64, f64)> = Vec::new();
        let chosen = s.verified.as_ref().map(|v| v.0).or(s.found.best);
        let mut order: Vec<usize> = figures.iter().map(|f| f.0).collect();
        // The answer's label first, then the ends, then what there is room for.
        order.sort_by_key(|p| (Some(*p) != chosen, *p != 0 && *p + 1 != s.values.len(), *p));
        for place in &order {
            let (at, said) = (x(*place), &s.values[*place]);
            let half = label.width(said) / 2.0 + 5.0;
            if taken.iter().all(|(l, r)| at + half < *l || at - half > *r) {
                let kind = if Some(*place) == chosen { Type::bold(11.0, style::INK) } else { label };
                canvas.text((at, below + 17.0), kind.middle(), said);
                taken.push((at - half, at + half));
            }
        }
        let path = label.fit_name(&words::clean(&s.path), right - left);
        canvas.text((0.5 * (left + right), below + look.size.pick(36.0, 32.0)), label.middle(), &path);
        for (place, e) in &figures {
            let standing = s.found.tried[place].standings[0];
            let color = match standing.holds() {
                true => style::series(0),
                false => style::series(1),
            };
            if let Some((from, to)) = e.interval {
                canvas.line(
                    &[(x(*place), y(from)), (x(*place), y(to))],
                    color,
                    if standing == Standing::Fails || standing == Standing::Holds { 0.6 } else { 0.3 },
                    2.5,
                );
            }
            if let Some(v) = e.value {
                canvas.dot((x(*place), y(v)), if Some(*place) == chosen { 6.0 } else { 4.0 }, color);
            }
        }
        foot.draw(canvas);
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::study::catalogue::Frame;
    use crate::experiment::study::search::search;
    use crate::report::legible;
    use crate::sim::{SimDuration, SimTime};

    /// A search over 0 to 40 where the chance of red is the place in percent.
    fn solved(condition: &str, largest: bool, share: fn(usize) -> u64) -> Solved {
        let numbers = vec!["main".to_string()];
        let frame = Frame { start: SimTime(0), horizon: SimTime(1), warm_up: SimDuration::ZERO, numbers };
        let c = Condition::parse(condition, &frame).unwrap();
        let found = search(41, |place| -> Result<Probe, ()> {
            let hits = share(place);
            let values: Vec<Option<f64>> =
                (0..200).map(|i| Some(f64::from(u8::from(i < 2 * hits)))).collect();
            let e = c.asked.of_values(&values);
            Ok(Probe { standings: vec![c.standing(&e)], figures: vec![e] })
        })
        .unwrap();
        let verified = found.best.map(|b| (b, found.tried[&b].clone()));
        Solved {
            name: "spring".into(),
            question: "How often?".into(),
            path: "campaigns.spring.per_week".into(),
            largest,
            values: (0..41).map(|v| v.to_string()).collect(),
            conditions: vec![c],
            found,
            verified,
            replications: 200,
            figures: vec![(
                Asked::parse("delivered", &frame).unwrap(),
                Estimate { value: Some(10.0), n: 200, of: 200, ..Estimate::default() },
            )],
            policy: "auto".into(),
            seed: 1,
        }
    }

    #[test]
    fn the_answer_says_how_sure_it_is() {
        let s = solved("p_red <= 10%", true, |place| place as u64);
        let said = headline(&s).join(" ");
        let starts =
            "The largest campaigns.spring.per_week that keeps p_red <= 0.1 is 10: chance of red 10 %";
        assert!(said.starts_with(starts), "{said}");
        assert!(said.contains("certainly kept up to 5, certainly broken from 15"), "{said}");
        assert!(said.contains("Checked with fresh luck"), "{said}");
        let page = text(&s, TextOptions { width: 90, color: false });
        assert!(page.contains("kept, not certain") && page.contains("delivered: 10"), "{page}");
    }

    #[test]
    fn no_answer_and_a_wrong_direction_are_told() {
        let s = solved("p_red < 1%", true, |place| 50 + place as u64);
        let said = headline(&s);
        let says = "even the smallest tried, campaigns.spring.per_week = 0, has chance of red 50 %";
        assert!(said.len() == 1 && said[0].contains(says), "{said:?}");
        let s = solved("p_red < 90%", true, |place| 80 - place as u64);
        let said = answer::answer(&s);
        let codes: Vec<&str> = said.warnings.iter().map(|w| w.code.as_str()).collect();
        assert_eq!(codes, ["end_of_range", "wrong_way"]);
        assert!(said.warnings[1].text.contains("40 keeps p_red < 0.9 better than 0 does"), "{said:?}");
        // A figure of each value tried, those of the check, and the further ones.
        assert_eq!(said.figures.len(), 1 + s.found.tried.len() + 2);
        assert!(said.tables.iter().all(|t| t.rows.iter().all(|r| r.len() == t.columns.len())));
    }

    #[test]
    fn charts_are_legible() {
        for (condition, largest, share) in [
            ("p_red <= 10%", true, (|p| p as u64) as fn(usize) -> u64),
            ("p_red <= 10%", false, |p| p as u64),
            ("p_red < 1%", true, |p| 50 + p as u64),
            ("p_red < 0.999", true, |_| 0),
        ] {
            let s = solved(condition, largest, share);
            let found = legible::faults_everywhere(|look| svg(&s, look));
            assert!(found.is_empty(), "{condition}: {found:#?}");
            let csv = csv(&s);
            assert!(
                csv.starts_with("campaigns.spring.per_week,p_red,low,high,n,bound,standing,answer\n"),
                "{csv}"
            );
            assert_eq!(csv.lines().count(), 1 + s.found.tried.len());
            assert!(csv.matches(",true\n").count() <= 1, "{csv}");
        }
    }
}
