//! A sensitivity study as a person reads it: what decides, what cannot be told from no effect, and how sure that is.
//!
//! Pure functions. Must not know where they go.

pub mod answer;
pub mod chart;
pub mod mu_sigma;
pub mod ranking;
pub mod text;

use serde::{Deserialize, Serialize};

use crate::experiment::sensitivity::noise::Luck;
use crate::experiment::study::catalogue::Measure;
use crate::experiment::study::parameter::{LeftOut, Parameter};
use crate::experiment::study::sensitivity::{Found, Kind, Method, Row};
use crate::report::{fields, figures, words};

/// One measure and its indices, or why there are none.
#[derive(Clone, Debug)]
pub struct Analysed {
    /// The measure.
    pub measure: Measure,
    /// Its indices.
    pub found: Result<Found, String>,
}

/// A study, planned or finished.
#[derive(Clone, Debug)]
pub struct Sensitivity {
    /// The scenario's name.
    pub name: String,
    /// Its question.
    pub question: String,
    /// Policy as asked for.
    pub policy: String,
    /// Seed of design and luck.
    pub seed: u64,
    /// The method and its size.
    pub method: Method,
    /// How luck is shared.
    pub luck: Luck,
    /// Replications of each point.
    pub replications: u64,
    /// What is varied.
    pub parameters: Vec<Parameter>,
    /// What is not, and why.
    pub left_out: Vec<LeftOut>,
    /// Whether a parameter is an assumption (else something named on the command line).
    pub assumptions: bool,
    /// The measures, the first one asked for first; empty as long as it is only planned.
    pub measures: Vec<Analysed>,
}

impl Sensitivity {
    /// Points of the design.
    pub fn points(&self) -> u64 {
        self.method.points(self.parameters.len()) as u64
    }

    /// All runs.
    pub fn runs(&self) -> u64 {
        self.points() * self.replications
    }

    fn name_of(&self, row: &Row) -> String {
        words::clean(&self.parameters[row.parameter].name)
    }

    /// Why it is unknown whether an effect is luck, as the end of a sentence; empty where the cautions say it.
    fn why_unjudged(&self) -> &'static str {
        if self.replications < 2 { " with one replication of each point" } else { "" }
    }

    fn what_is_varied(&self) -> &'static str {
        if self.assumptions { "assumptions" } else { "parameters" }
    }
}

/// The method's name as people say it.
pub const fn title(method: Method) -> &'static str {
    match method {
        Method::Morris { .. } => "Morris",
        Method::Sobol { .. } => "Sobol'",
        Method::Pawn { .. } => "PAWN",
        Method::Delta { .. } => "Borgonovo's delta",
    }
}

/// What the main index is called in a sentence.
pub const fn index_name(kind: Kind) -> &'static str {
    match kind {
        Kind::MuStar => "mu*",
        Kind::Mu => "mu",
        Kind::Sigma => "sigma",
        Kind::Total => "total index",
        Kind::First => "first-order index",
        Kind::Second => "second-order index",
        Kind::PawnMedian => "PAWN index",
        Kind::PawnMean => "mean PAWN index",
        Kind::PawnMaximum => "largest PAWN index",
        Kind::Delta => "delta",
    }
}

/// How often a parameter's effects have the same sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The measure grows with the parameter.
    Raises,
    /// It falls.
    Lowers,
    /// Both happen, or neither clearly.
    Both,
}

impl Direction {
    /// What tables may have in its place.
    pub(super) const ALLOWED: &str = "raises, lowers, both, or nothing";

    /// As in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Direction::Raises => "raises",
            Direction::Lowers => "lowers",
            Direction::Both => "both",
        }
    }

    /// As in tables, where it may be missing; none for any other text.
    pub fn parse(text: &str) -> Option<Option<Direction>> {
        let all = [Direction::Raises, Direction::Lowers, Direction::Both];
        if text.is_empty() { Some(None) } else { all.into_iter().find(|d| d.name() == text).map(Some) }
    }
}

/// The direction of a parameter's effects: clear where mu is nearly as large as mu*. Of Morris only.
pub fn direction(found: &Found, parameter: usize) -> Direction {
    let of = |kind| found.of(parameter, kind).map_or(0.0, |r| r.value);
    let (mu, size) = (of(Kind::Mu), of(Kind::MuStar));
    match mu {
        _ if size <= 0.0 || mu.abs() < 0.8 * size => Direction::Both,
        _ if mu > 0.0 => Direction::Raises,
        _ => Direction::Lowers,
    }
}

/// Numbers of one table or axis, all with as many decimals: two significant digits of the largest, at most six.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digits(u8);

impl Digits {
    /// For numbers up to this one.
    pub fn up_to(most: f64) -> Digits {
        match most.abs() {
            m if m.is_finite() && m > 0.0 => {
                Digits((1.0 - libm::floor(libm::log10(m * 1.000_001))).clamp(0.0, 6.0) as u8)
            }
            _ => Digits(2),
        }
    }

    /// For the main index of all parameters.
    pub fn of(found: &Found) -> Digits {
        Digits::up_to(found.ranking().iter().map(|r| r.shown().0.abs()).fold(0.0, f64::max))
    }

    /// A number.
    pub fn show(self, v: f64) -> String {
        let text = format!("{v:.0$}", usize::from(self.0));
        let zero = text.trim_start_matches('-').chars().all(|c| matches!(c, '0' | '.'));
        let text = if zero { text.trim_start_matches('-').to_string() } else { text };
        // Whole numbers from a thousand on are money and counts.
        match text.parse::<i64>() {
            Ok(n) if n.abs() >= 1000 => {
                format!("{}{}", if n < 0 { "-" } else { "" }, words::count(n.unsigned_abs()))
            }
            _ => text,
        }
    }

    /// An index: one that is not zero never looks like it.
    pub fn value(self, v: f64) -> String {
        let least = libm::pow(10.0, -(self.0 as f64));
        if v > 0.0 && v < least / 2.0 { format!("<{}", self.show(least)) } else { self.show(v) }
    }

    /// An interval; empty where there is none.
    pub fn range(self, interval: Option<(f64, f64)>) -> String {
        interval.map_or(String::new(), |(low, high)| words::range(&self.show(low), &self.show(high)))
    }
}

/// The answer in sentences: for every measure what decides it, then how settled the order is.
pub fn headline(s: &Sensitivity) -> Vec<String> {
    s.measures.iter().flat_map(|a| about(s, a)).collect()
}

/// A measure in a sentence: what it is called, which says more than its name in tables.
fn measured(measure: &Measure) -> String {
    figures::as_thing(measure, figures::of_measure(measure))
}

/// The sentences about one measure.
pub fn about(s: &Sensitivity, a: &Analysed) -> Vec<String> {
    let name = measured(&a.measure);
    let found = match &a.found {
        Ok(found) => found,
        Err(why) => return vec![format!("{} has no indices: {why}.", words::capital(&name))],
    };
    let ranking = found.ranking();
    let [told, unjudged, none] = by_verdict(found);
    let none = none.len();
    let what = s.what_is_varied();
    let digits = Digits::of(found);
    let named = |r: &Row| format!("{} ({})", fields::name(&s.name_of(r)), digits.value(r.shown().0));
    let of_none = || match none {
        0 => ".".to_string(),
        _ => {
            format!(
                "; {none} of {} {what} cannot be told from no effect.",
                words::count(ranking.len() as u64)
            )
        }
    };
    if let (None, Some(first)) = (told.first(), unjudged.first()) {
        let (value, interval) = first.shown();
        let range = digits.range(interval);
        return vec![format!(
            "Of {name} the largest {} is that of the {}, {}{}, but whether that is luck cannot be judged{}{}",
            index_name(first.kind),
            fields::with_path(&s.name_of(first)),
            digits.value(value),
            if range.is_empty() { String::new() } else { format!(" ({range})") },
            s.why_unjudged(),
            of_none(),
        )];
    }
    let Some(first) = told.first() else {
        return vec![format!(
            "Nothing decides {name} that this study could tell from no effect: {} indistinguishable from zero. It is \
             {} on average over the points.",
            match none {
                1 => format!("the {} of the one parameter is", index_name(s.method.main())),
                _ => format!("the {} of each of the {none} {what} is", index_name(s.method.main())),
            },
            figures::value(&a.measure, found.mean, s.replications),
        )];
    };
    let (value, interval) = first.shown();
    let range = digits.range(interval);
    let mut sentence = format!(
        "What decides {name} is the {}: {} {}{}",
        fields::with_path(&s.name_of(first)),
        index_name(first.kind),
        digits.value(value),
        if range.is_empty() { String::new() } else { format!(" ({range})") },
    );
    let next: Vec<String> = told[1..].iter().take(3).map(|r| named(r)).collect();
    if !next.is_empty() {
        sentence.push_str(&format!(", then {}", words::list(&next, 3)));
    }
    match told.len().saturating_sub(4) {
        0 => {}
        more => sentence.push_str(&format!("; {more} more can be told from none")),
    }
    if let Some(largest) = unjudged.first() {
        let more = match unjudged.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let (largest, why) = (named(largest), s.why_unjudged());
        sentence.push_str(&format!("; not judged{why}: {largest}{more}"));
    }
    sentence.push_str(&match (ranking.len(), none + unjudged.len()) {
        (1, 0) => "; nothing else was varied.".to_string(),
        (all, 0) => format!("; all {} {what} can be told from no effect.", words::count(all as u64)),
        _ => of_none(),
    });
    let mut out = vec![sentence];
    out.extend(pairs(s, found, digits));
    out
}

/// The main indices that can be told from none, those that cannot be judged, and those that cannot be told from none;
/// each in order of size.
fn by_verdict(found: &Found) -> [Vec<&Row>; 3] {
    let ranking = found.ranking();
    [Some(false), None, Some(true)]
        .map(|verdict| ranking.iter().copied().filter(|r| r.indistinguishable == verdict).collect())
}

/// What pairs do beyond their members; none if pairs were not looked at.
fn pairs(s: &Sensitivity, found: &Found, digits: Digits) -> Option<String> {
    let all = found.pairs();
    let told: Vec<&Row> = all.iter().copied().filter(|r| r.indistinguishable == Some(false)).collect();
    let n = all.len();
    let luck = Digits::up_to(0.25 * n as f64).show(0.025 * n as f64);
    let beyond = "Beyond what parameters do alone";
    let Some(pair) = told.first() else {
        let none = format!("{beyond}: the interval of none of {n} pairs lies above zero.");
        return (n > 0).then_some(none);
    };
    let (value, interval) = pair.shown();
    let with = pair.with.map_or(String::new(), |w| words::clean(&s.parameters[w].name));
    Some(format!(
        "{beyond}: {} of {} an interval above zero (about {luck} by luck); the largest is {} with {with}, {} of the \
         variance ({}).",
        told.len(),
        if n == 1 { "1 pair has".to_string() } else { format!("{n} pairs have") },
        s.name_of(pair),
        digits.show(value),
        digits.range(interval),
    ))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::experiment::sensitivity::resample::Resampling;
    use crate::experiment::study::catalogue::Frame;
    use crate::experiment::study::sensitivity::{Design, analyse};
    use crate::report::text::TextOptions;
    use crate::sim::rng::{Draws, Purpose, normal_quantile, unit};
    use crate::sim::{SimDuration, SimTime};

    /// A finished study of a chance-like output: the first parameter raises it, the second lowers it, a few do a
    /// little, the rest nothing.
    pub fn sample(method: Method, count: usize) -> Sensitivity {
        let parameters: Vec<Parameter> = (0..count)
            .map(|i| {
                Parameter::parse(&format!("policy.override.rating.name-{i}=log:0.001..{}", i + 1)).unwrap()
            })
            .collect();
        let luck = method.usual_luck();
        let design = Design::new(method, count, luck, 2, 5).unwrap();
        let value = |point: usize, r: u64| {
            let u = design.points().row(point);
            let noise = normal_quantile(unit(Draws::new(5, r).words(Purpose::Fate, 1, 1)[0]));
            let small: f64 = u.iter().skip(2).take(8).zip(1..).map(|(u, i)| 0.02 * f64::from(i) * u).sum();
            let two = u.get(1).map_or(0.0, |b| -0.3 * b * (1.0 + u[0]));
            0.5 + 0.4 * u[0] + two + small + 0.02 * noise
        };
        let values: Vec<Vec<f64>> = (0..design.points().rows())
            .map(|p| design.replications(p).map(|r| value(p, r)).collect())
            .collect();
        let frame = Frame {
            start: SimTime(0),
            horizon: SimTime(86_400_000),
            warm_up: SimDuration::ZERO,
            numbers: vec!["main".into()],
        };
        let found =
            analyse(&design, &values, Resampling { resamples: 60, seed: 1 }).map_err(|e| e.to_string());
        let measure = |name| Measure::named(name, &frame).unwrap();
        Sensitivity {
            name: "spring".into(),
            question: "What decides?".into(),
            policy: "auto".into(),
            seed: 5,
            method,
            luck,
            replications: 2,
            parameters,
            left_out: vec![LeftOut { name: "rating.denominator".into(), why: "a choice" }],
            assumptions: true,
            measures: vec![
                Analysed { measure: measure("p_red"), found },
                Analysed { measure: measure("worst_score"), found: Err("3 runs have no value".into()) },
            ],
        }
    }

    #[test]
    fn the_first_sentence_says_what_decides() {
        let s = sample(Method::Morris { trajectories: 20 }, 12);
        let lines = headline(&s);
        assert!(
            lines[0].starts_with(
                "What decides the chance of red is the name-1 (policy.override.rating.name-1): mu* 0.4"
            ) || lines[0].starts_with(
                "What decides the chance of red is the name-0 (policy.override.rating.name-0): mu* 0."
            ),
            "{lines:?}"
        );
        assert!(
            lines[0].contains(", then ") && lines[0].contains("of 12 assumptions cannot be told"),
            "{lines:?}"
        );
        assert_eq!(lines.last().unwrap(), "The worst score has no indices: 3 runs have no value.");
        let one = sample(Method::Morris { trajectories: 20 }, 1);
        assert!(headline(&one)[0].ends_with("); nothing else was varied."), "{:?}", headline(&one));
        let two = sample(Method::Morris { trajectories: 20 }, 2);
        assert!(
            headline(&two)[0].ends_with("; all 2 assumptions can be told from no effect."),
            "{:?}",
            headline(&two)
        );
    }

    /// The sample with verdicts of our own, parameter by parameter.
    pub fn judged(method: Method, verdicts: &[Option<bool>]) -> Sensitivity {
        let mut s = sample(method, verdicts.len());
        s.replications = 1;
        for row in s.measures[0].found.as_mut().unwrap().rows.iter_mut() {
            row.indistinguishable = verdicts[row.parameter];
        }
        s
    }

    #[test]
    fn what_was_not_judged_decides_nothing() {
        let morris = Method::Morris { trajectories: 20 };
        let none = judged(morris, &[None, None, Some(true), None]);
        let line = &headline(&none)[0];
        assert!(!line.contains("decides"), "{line}");
        assert!(line.starts_with("Of the chance of red the largest mu* is that of the name-"), "{line}");
        assert!(
            line.ends_with(
                ", but whether that is luck cannot be judged with one replication of each point; 1 of 4 assumptions \
                 cannot be told from no effect."
            ),
            "{line}"
        );
        let some = judged(morris, &[None, Some(false), Some(true), None]);
        let line = &headline(&some)[0];
        assert!(
            line.starts_with(
                "What decides the chance of red is the name-1 (policy.override.rating.name-1): mu* "
            ),
            "{line}"
        );
        assert!(
            line.contains("; not judged with one replication of each point: name-0 (0.")
                && line.contains(") and 1 more; 1 of 4 assumptions cannot"),
            "{line}"
        );
        let all = judged(morris, &[None, None]);
        assert!(headline(&all)[0].ends_with("with one replication of each point."), "{:?}", headline(&all));
        let page = text::answer(&some, TextOptions { width: 100, color: false });
        let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}: {page}"));
        let (unjudged, zero) = (at("  not judged:\n"), at("  indistinguishable from zero:\n"));
        assert!(unjudged < zero, "{page}");
    }

    #[test]
    fn a_study_that_tells_nothing_says_what_would() {
        let morris = Method::Morris { trajectories: 20 };
        let names = |s: &Sensitivity| answer::warnings(s).into_iter().map(|w| w.code).collect::<Vec<_>>();
        let none = judged(morris, &[Some(true), Some(true)]);
        assert!(names(&none).contains(&"nothing_told".to_string()), "{:?}", names(&none));
        let some = judged(morris, &[Some(false), Some(true)]);
        assert!(!names(&some).contains(&"nothing_told".to_string()), "{:?}", names(&some));
        let mut still = none;
        still.measures[0].found.as_mut().unwrap().rows.iter_mut().for_each(|r| r.value = 0.0);
        assert!(!names(&still).contains(&"nothing_told".to_string()), "what never moved hangs on nothing");
    }

    #[test]
    fn pairs_are_counted_against_luck() {
        let mut s = sample(Method::Sobol { base_points: 64, second_order: true }, 4);
        let pairs = |s: &Sensitivity| headline(s).iter().find(|l| l.starts_with("Beyond")).cloned().unwrap();
        let judge = |s: &mut Sensitivity, told: usize| {
            let rows = &mut s.measures[0].found.as_mut().unwrap().rows;
            for (place, row) in rows.iter_mut().filter(|r| r.kind == Kind::Second).enumerate() {
                row.indistinguishable = Some(place >= told);
            }
        };
        judge(&mut s, 2);
        let line = pairs(&s);
        assert!(
            line.starts_with(
                "Beyond what parameters do alone: 2 of 6 pairs have an interval above zero (about 0.2 by luck)"
            ) && line.contains("; the largest is policy.override.rating.name-0 with policy."),
            "{line}"
        );
        judge(&mut s, 0);
        assert_eq!(
            pairs(&s),
            "Beyond what parameters do alone: the interval of none of 6 pairs lies above zero."
        );
        assert!(
            !headline(&sample(Method::Morris { trajectories: 12 }, 4)).iter().any(|l| l.contains("pairs"))
        );
    }

    #[test]
    fn cautions_are_sentences_and_chances_are_explained() {
        let mut s = sample(Method::Morris { trajectories: 12 }, 3);
        s.measures[0].found.as_mut().unwrap().cautions.push("luck could not be told".into());
        let page = text::answer(&s, TextOptions { width: 100, color: false });
        assert!(page.contains("\n  - p_red: Luck could not be told.\n"), "{page}");
        let told = answer::answer(&s, "USD");
        assert_eq!((told.figures.len(), told.tables[0].rows.len()), (3, 3));
        assert!(told.tables[0].rows.iter().all(|r| r.len() == told.tables[0].columns.len()));
        assert_eq!(
            (told.figures[0].name.as_str(), told.figures[0].unit.as_str()),
            ("mu_star(p_red)", "share")
        );
        let flat = page.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            flat.contains("it counts flips both ways and can reach 1.5; mu is the change of the chance"),
            "{page}"
        );
    }

    #[test]
    fn pages_fit_and_say_what_was_not_varied() {
        for (method, count, width) in [
            (Method::Morris { trajectories: 12 }, 30, 100),
            (Method::Sobol { base_points: 64, second_order: true }, 4, 90),
            (Method::Pawn { points: 200 }, 12, 80),
            (Method::Delta { points: 200 }, 3, 120),
        ] {
            let s = sample(method, count);
            let options = TextOptions { width, color: false };
            for page in [text::answer(&s, options), text::plan(&s, 1e5, options)] {
                assert!(page.lines().all(|l| l.chars().count() <= width), "{page}");
                assert!(page.contains("Not varied: rating.denominator (a choice)."), "{page}");
            }
            let page = text::answer(&s, options);
            let flat = page.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(
                flat.contains("What decides the chance of red is") && flat.contains("How to read this"),
                "{page}"
            );
            if count > 10 {
                assert!(page.contains("indistinguishable from zero:"), "{page}");
            }
        }
    }

    #[test]
    fn numbers_of_a_table_have_the_same_decimals() {
        for (most, v, want) in [
            (0.41, 0.413, "0.41"),
            (0.0123, 0.0089, "0.009"),
            (12.0, 3.4, "3"),
            (1234.0, -1234.4, "-1,234"),
            (0.5, -0.001, "0.00"),
            (0.0, 0.0, "0.00"),
        ] {
            assert_eq!(Digits::up_to(most).show(v), want, "{v} of {most}");
        }
        assert_eq!([0.0, 0.004, 0.006].map(|v| Digits::up_to(0.4).value(v)), ["0.00", "<0.01", "0.01"]);
        assert_eq!(Digits::up_to(0.4).range(Some((-0.1, 0.2))), "-0.10 to 0.20");
    }
}
