//! A search for the farthest value that keeps its conditions, as a person reads it.
//!
//! Pure functions. Must not know where they go.

pub mod answer;
pub mod chart;

use crate::experiment::study::condition::Condition;
use crate::experiment::study::estimate::{Asked, Estimate};
use crate::experiment::study::search::{Found, Probe};
use crate::report::figures::condition;
use crate::report::page::{Page, TextOptions, left, right};
use crate::report::{fields, figures, words};

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
    let conditions: Vec<String> = s.conditions.iter().map(condition).collect();
    let conditions = conditions.join(" and ");
    let (most, end) = if s.largest { ("largest", "smallest") } else { ("smallest", "largest") };
    let Some(best) = s.found.best else {
        let probe = &s.found.tried[&0];
        return vec![format!(
            "No value of the {} keeps {conditions}: even the {end} tried, {}, has {}.",
            fields::name(&s.path),
            s.values[0],
            all(s, probe)
        )];
    };
    let mut out = Vec::new();
    let chosen = s.verified.as_ref().map_or(best, |v| v.0);
    let told = if s.verified.is_some() { "that keeps" } else { "that the search found to keep" };
    out.push(format!(
        "The {most} value of the {} {told} {conditions} is {}: {}.",
        fields::name(&s.path),
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
        let starts = "The largest value of the dispatches per week of spring that keeps the chance of red at most 10 % is 10: chance of red 10 %";
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
        let says = "even the smallest tried, 0, has chance of red 50 %";
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
            let picture = chart::Picture::of(&s);
            let found = legible::faults_everywhere(|look| picture.svg(look));
            assert!(found.is_empty(), "{condition}: {found:#?}");
            let csv = picture.csv();
            assert!(
                csv.starts_with("campaigns.spring.per_week,p_red,low,high,n,bound,standing,answer,place\n"),
                "{csv}"
            );
            assert_eq!(chart::Picture::parse(picture.about.clone(), &csv), Ok(picture));
            assert_eq!(csv.lines().count(), 1 + s.found.tried.len());
            assert!(csv.matches(",true,").count() <= 1, "{csv}");
        }
    }
}
