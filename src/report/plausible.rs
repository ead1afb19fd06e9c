//! A run under plausible rule sets as a person reads it: how often it stays well, which unknown constant decides, and in
//! which region it fails.
//!
//! Pure functions. Must not know where they go.

pub mod answer;
pub mod chart;

use crate::experiment::scenario_discovery::Restriction;
use crate::experiment::study::estimate::Estimate;
use crate::experiment::study::parameter::{LeftOut, Parameter};
use crate::experiment::study::plausible::{Effect, Found, LEVEL};
use crate::report::page::{Page, TextOptions, left, right};
use crate::report::{fields, words};

/// A finished study of plausible rule sets.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The scenario's name.
    pub name: String,
    /// Its question.
    pub question: String,
    /// Policy as asked for.
    pub policy: String,
    /// Seed of all draws.
    pub seed: u64,
    /// The outcome looked for, as typed: `p_red > 0`.
    pub outcome: String,
    /// In words: `red`, or the condition itself.
    pub outcome_words: String,
    /// Share of the plausible rule sets with the outcome.
    pub sampled: Estimate,
    /// Share of replications with it when every constant is at its default.
    pub default: Estimate,
    /// What was drawn.
    pub parameters: Vec<Parameter>,
    /// What could not be.
    pub left_out: Vec<LeftOut>,
    /// Effects, the largest first.
    pub effects: Vec<Effect>,
    /// The region, or why there is none.
    pub region: Result<Found, String>,
}

/// Effects shown in the terminal and drawn.
const SHOWN: usize = 12;

/// The answer in sentences.
pub fn headline(a: &Answer) -> Vec<String> {
    let n = a.sampled.of;
    let well = |e: &Estimate| e.value.map_or(0.0, |v| 1.0 - v);
    let range = |e: &Estimate| {
        e.interval.map_or(String::new(), |(low, high)| {
            format!(" ({})", words::chance_range((1.0 - high, 1.0 - low), n))
        })
    };
    let what = if a.outcome_words == "red" {
        "Stays out of red".to_string()
    } else {
        format!("{} does not hold", a.outcome)
    };
    let mut out = vec![format!(
        "{what} in {}{} of {} plausible rule sets; with every constant at its default in {}{} of as many replications.",
        words::chance(well(&a.sampled), n),
        range(&a.sampled),
        words::count(n),
        words::chance(well(&a.default), n),
        range(&a.default),
    )];
    if let Some(first) = a.effects.first() {
        let p = &a.parameters[first.parameter];
        let share = |v, n| words::chance(v, n);
        out.push(match first.is_told() {
            true => format!(
                "The assumption that flips it most is the {} ({}, plausible {} to {}, here {}): {} in {} of the rule sets with at \
                 most {}, in {} of those above (the largest difference is as large by luck in {}).",
                fields::name(&p.name),
                words::clean(&p.name),
                p.low(),
                p.high(),
                if p.default.is_empty() { "given" } else { &p.default },
                a.outcome_words,
                share(first.share_below(), first.below.1),
                p.short(first.at),
                share(first.share_above(), first.above.1),
                share(first.by_chance, 100),
            ),
            false => format!(
                "No single assumption moves it more than luck could: the largest difference is as large by luck in {}.",
                share(first.by_chance, 100)
            ),
        });
    }
    out.push(match &a.region {
        Ok(found) => region(a, found),
        Err(why) => format!("No region is named: {why}."),
    });
    out
}

/// Where the outcome is found, as far as luck does not find it there too.
fn region(a: &Answer, found: &Found) -> String {
    let by_chance = words::chance(found.by_chance, 100);
    if !found.is_told() {
        return format!("No region is named: the best one is as good by luck in {by_chance}.");
    }
    let score = &found.region.score;
    let share = |v, interval| {
        format!("{} ({})", words::chance(v, a.sampled.of), words::chance_range(interval, a.sampled.of))
    };
    format!(
        "{} {} where {}: {} of all such rule sets lie there, and {} of the rule sets there are such (found and counted in \
         the same sample; as good a region by luck in {by_chance}).",
        words::capital(&a.outcome_words),
        if score.coverage > 0.5 { "mostly" } else { "more often" },
        bounds(found, &a.parameters).join(" and "),
        share(score.coverage, score.coverage_interval),
        share(score.density, score.density_interval),
    )
}

/// Each bound of the region in words: `rating.red_at is at most 0.018`.
fn bounds(found: &Found, parameters: &[Parameter]) -> Vec<String> {
    let one = |r: &Restriction| {
        let p = &parameters[r.parameter];
        match (r.low, r.high) {
            (Some(low), Some(high)) => format!("{} is {} to {}", p.name, p.short(low), p.short(high)),
            (Some(low), None) => format!("{} is at least {}", p.name, p.short(low)),
            (None, Some(high)) => format!("{} is at most {}", p.name, p.short(high)),
            (None, None) => p.name.clone(),
        }
    };
    found.region.restrictions.iter().map(one).collect()
}

/// The whole answer for the terminal.
pub fn text(a: &Answer, options: TextOptions) -> String {
    let mut page = Page::new(options, 60);
    page.head(&a.name, &a.question);
    page.sentences(&headline(a));
    page.line("");
    page.wrap(&caption(a), 0, 0);
    let names = a.effects.iter().take(SHOWN).map(|e| a.parameters[e.parameter].name.chars().count()).max();
    let room = names.unwrap_or(10).clamp(10, page.width.saturating_sub(79).max(16));
    page.line(&format!(
        "  {}{}{}{}{}   {}",
        left("", room + 2),
        right("range", 16),
        right("lower", 8),
        right("upper", 8),
        right("by luck", 9),
        "difference in points, 95 %"
    ));
    for e in a.effects.iter().take(SHOWN) {
        let [name, range, lower, upper, by_luck, difference] = cells(a, e);
        page.line(&format!(
            "  {}{}{}{}{}   {difference}",
            left(&words::shorten(&name, room), room + 2),
            right(&range, 16),
            right(&lower, 8),
            right(&upper, 8),
            right(&by_luck, 9),
        ));
    }
    if a.effects.len() > SHOWN {
        page.line(&format!("  and {} more in assumptions.csv", a.effects.len() - SHOWN));
    }
    page.warnings(&answer::warnings(a));
    page.line("");
    notes(a).iter().for_each(|said| page.wrap(said, 0, 2));
    page.out
}

/// How to read the table of effects.
fn caption(a: &Answer) -> String {
    format!(
        "Which assumption decides: share of rule sets with {} where it is in the lower and in the upper half of its range. \
         By luck: how often shuffled outcomes give a largest difference, over all constants, as large; above 5 % it is none \
         to speak of, also where its own interval leaves out 0.",
        a.outcome_words
    )
}

/// An assumption: name, range, share with the outcome in the lower and in the upper half, how often luck
/// gives a largest difference as large, difference with its interval.
fn cells(a: &Answer, e: &Effect) -> [String; 6] {
    let p = &a.parameters[e.parameter];
    let (difference, interval) = points(e);
    [
        p.name.clone(),
        format!("{}..{}", p.low(), p.high()),
        words::chance(e.share_below(), e.below.1),
        words::chance(e.share_above(), e.above.1),
        words::chance(e.by_chance, 100),
        format!("{difference} ({interval})"),
    ]
}

/// A difference in percentage points, and its interval: `+31`, `+12 to +38`.
fn points(e: &Effect) -> (String, String) {
    let of = |v: f64| format!("{}{:.0}", if v > 0.0 { "+" } else { "" }, v * 100.0);
    (of(e.difference), format!("{} to {}", of(e.interval.0), of(e.interval.1)))
}

/// What was left out, and how the rest was drawn.
fn notes(a: &Answer) -> Vec<String> {
    let left: Vec<String> = a.left_out.iter().map(|l| format!("{} ({})", l.name, l.why)).collect();
    let mut out = Vec::new();
    if !left.is_empty() {
        out.push(format!("Not drawn: {}.", left.join("; ")));
    }
    out.push(format!(
        "Every constant is drawn evenly from its range (in the logarithm where the range spans a factor of ten or more, \
         except whole numbers), independently of the others: a statement about our ignorance, not about what the platform \
         does. Policy {}, seed {}.",
        a.policy, a.seed
    ));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::scenario_discovery::{Region, Score};

    #[test]
    fn what_luck_gives_as_well_is_not_named() {
        let mut a = sample(2);
        assert!(
            headline(&a)[1].contains("flips it most is the ")
                && headline(&a)[1].ends_with("by luck in 1 %).")
        );
        a.effects[0].by_chance = 0.06;
        assert_eq!(
            headline(&a)[1],
            "No single assumption moves it more than luck could: the largest difference is as large by luck in 6 %."
        );
        let found = |coverage, by_chance| {
            let score = Score {
                inside: 40,
                cases: 30,
                coverage,
                coverage_interval: (0.4, 0.8),
                density: 0.75,
                density_interval: (0.6, 0.86),
                mass: 0.4,
            };
            let bound = Restriction { parameter: 0, low: None, high: Some(0.5), quasi_p: 0.001 };
            Found { region: Region { restrictions: vec![bound], score }, by_chance }
        };
        a.region = Ok(found(0.6, 0.05));
        assert_eq!(
            headline(&a)[2],
            "Red mostly where policy.override.rating.weights.name-0 is at most 0.0316: 60 % (40–80 %) of all such rule sets \
             lie there, and 75 % (60–86 %) of the rule sets there are such (found and counted in the same sample; as good \
             a region by luck in 5 %)."
        );
        a.region = Ok(found(0.5, 0.05));
        assert!(headline(&a)[2].starts_with("Red more often where policy"), "{:?}", headline(&a));
        a.region = Ok(found(0.6, 0.06));
        assert_eq!(headline(&a)[2], "No region is named: the best one is as good by luck in 6 %.");
    }
    use crate::experiment::study::plausible::{draw, effects};
    use crate::report::legible;

    fn sample(parameters: usize) -> Answer {
        let parameters: Vec<Parameter> = (0..parameters)
            .map(|i| {
                Parameter::parse(&format!("policy.override.rating.weights.name-{i}=log:0.001..{}", i + 1))
                    .unwrap()
            })
            .collect();
        let draws: Vec<Vec<f64>> = (1..=100).map(|r| draw(1, r, &parameters)).collect();
        let hits: Vec<bool> = draws.iter().map(|d| d[0] < 0.4).collect();
        let share = |v| Estimate {
            value: Some(v),
            interval: Some((v - 0.1, v + 0.1)),
            std_err: None,
            n: 100,
            of: 100,
        };
        Answer {
            name: "spring".into(),
            question: String::new(),
            policy: "auto".into(),
            seed: 4,
            outcome: "p_red > 0".into(),
            outcome_words: "red".into(),
            sampled: share(0.4),
            default: share(0.2),
            effects: effects(&draws, &hits, 4),
            parameters,
            left_out: vec![LeftOut { name: "rating.denominator".into(), why: "a choice" }],
            region: Err("too few".into()),
        }
    }

    #[test]
    fn the_chart_is_legible_and_the_page_fits() {
        for (n, width) in [(1, 90), (5, 100), (30, 130)] {
            let a = sample(n);
            let picture = chart::Picture::of(&a);
            let found = legible::faults_everywhere(|look| picture.svg(look));
            assert!(found.is_empty(), "{n}: {found:#?}");
            let csv = picture.csv();
            assert_eq!(chart::Picture::parse(picture.about.clone(), &csv), Ok(picture));
            assert_eq!(csv.lines().count(), 1 + n.min(SHOWN), "{csv}");
            assert!(
                csv.lines().nth(1).unwrap().starts_with("policy.override.rating.weights.name-0,0.001,1,")
            );
            let page = text(&a, TextOptions { width, color: false });
            let flat = page.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(flat.contains("Stays out of red in 60 % (50–70 %) of 100 plausible rule sets"), "{page}");
            assert!(
                flat.contains(
                    "flips it most is the name-0 (policy.override.rating.weights.name-0, plausible"
                ),
                "{page}"
            );
            assert!(page.contains("Not drawn: rating.denominator (a choice)."));
            assert!(page.lines().all(|l| l.chars().count() <= width), "{page}");
            let told = answer::answer(&a);
            assert_eq!((told.figures.len(), told.tables[0].rows.len()), (2 + n, n));
            assert_eq!(told.figures[0].value, Some(0.4));
        }
    }
}
