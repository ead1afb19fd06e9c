//! What may be varied and between which values: every constant that nobody has published, or what a person names.
//!
//! A parameter turns a number from 0 to 1 into the overrides that `--set` takes; the value used is the one printed.
//! Must not know what is done with the runs.

use std::collections::BTreeMap;

use super::arm::Arm;
use crate::scenario::standing;
use crate::sim::SimDuration;

/// Whose constant it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The platform's: how it rates, which it does not publish.
    Rules,
    /// Recipients': how they react, which nobody has measured.
    People,
    /// Named on the command line.
    Given,
}

impl Whose {
    /// As written in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Whose::Rules => "rules",
            Whose::People => "people",
            Whose::Given => "given",
        }
    }
}

/// How values are spread between the ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spread {
    /// Evenly.
    Even,
    /// Evenly in the logarithm: for assumptions whose range spans a factor of ten or more, except whole numbers, and
    /// where a person asks for it.
    Log,
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Real,
    Whole,
    Span,
}

/// Something to vary.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// What it is called: `rating.red_at`, `segments.lapsed.block_base`, `recipients.block_base`.
    pub name: String,
    /// Whose it is.
    pub whose: Whose,
    /// The value in use when it is not varied; empty if there is none.
    pub default: String,
    /// Where the range comes from.
    pub source: String,
    /// How values are spread.
    pub spread: Spread,
    form: Form,
    low: f64,
    high: f64,
    /// Paths that take the value, all the same one.
    paths: Vec<String>,
}

/// Something that could be varied and was not, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// What it is called.
    pub name: String,
    /// Why.
    pub why: &'static str,
}

/// Whole numbers that a search tries one by one; of more it takes so many, evenly spread.
const WHOLE_MAX: f64 = 10_000.0;

/// A value as an override would be typed, and as a number.
fn number(text: &str) -> Option<(f64, Form)> {
    if let Ok(v) = text.parse::<f64>() {
        return v.is_finite().then_some((v, Form::Real));
    }
    SimDuration::parse(text).ok().map(|d| (d.0 as f64, Form::Span))
}

impl Parameter {
    /// From the ends of its range as they are written; none if they are no numbers or durations, or not apart.
    fn new(
        name: &str,
        whose: Whose,
        default: &str,
        (low, high): (&str, &str),
        paths: Vec<String>,
    ) -> Option<Parameter> {
        let ((low, a), (high, b)) = (number(low)?, number(high)?);
        if low >= high {
            return None;
        }
        let form = if a == Form::Span || b == Form::Span { Form::Span } else { Form::Real };
        let spread = if low > 0.0 && high >= 10.0 * low { Spread::Log } else { Spread::Even };
        let (name, default, source) = (name.to_string(), default.to_string(), String::new());
        Some(Parameter { name, whose, default, source, spread, form, low, high, paths })
    }

    /// Reads `PATH=LOW..HIGH`, `PATH=log:LOW..HIGH` or `PATH=int:LOW..HIGH`.
    pub fn parse(text: &str) -> Result<Parameter, String> {
        let shape = "a range is PATH=LOW..HIGH, PATH=log:LOW..HIGH or PATH=int:LOW..HIGH, as in \
                     recipients.block_base=log:0.001..0.03";
        let (path, range) = text.split_once('=').ok_or_else(|| format!("{text:?}: {shape}"))?;
        let (kind, range) = range.split_once(':').unwrap_or(("", range));
        let (low, high) = range.split_once("..").ok_or_else(|| format!("{text:?}: {shape}"))?;
        let (path, low, high) = (path.trim(), low.trim(), high.trim());
        let mut p =
            Parameter::new(path, Whose::Given, "", (low, high), vec![path.to_string()]).ok_or_else(|| {
                format!(
                    "{text:?}: {low} and {high} are not two numbers or durations in ascending order; {shape}"
                )
            })?;
        match kind.trim() {
            "" | "lin" => p.spread = Spread::Even,
            "log" if p.low > 0.0 => p.spread = Spread::Log,
            "log" => return Err(format!("{text:?}: a range in the logarithm begins above zero")),
            "int" if p.form == Form::Real && p.low.fract() == 0.0 && p.high.fract() == 0.0 => {
                (p.form, p.spread) = (Form::Whole, Spread::Even);
            }
            other => {
                return Err(format!("{text:?}: {other}: is not known or does not fit the ends; {shape}"));
            }
        }
        p.source = "given on the command line".to_string();
        Ok(p)
    }

    /// As [`Parameter::parse`], with whole numbers only where both ends are whole and the field holds a whole number.
    pub fn parse_for(text: &str, holds_whole: bool) -> Result<Parameter, String> {
        let mut p = Parameter::parse(text)?;
        let plain = text.split_once('=').is_some_and(|(_, range)| !range.contains(':'));
        if plain && holds_whole && p.form == Form::Real && p.low.fract() == 0.0 && p.high.fract() == 0.0 {
            p.form = Form::Whole;
        }
        Ok(p)
    }

    /// Its values from low to high, each different from the one before: about `steps` of them, evenly spread; every
    /// whole number where there are not many more.
    pub fn ladder(&self, steps: usize) -> Vec<String> {
        let steps = steps.max(2);
        let count = match self.form {
            Form::Whole if self.high - self.low < WHOLE_MAX => (self.high - self.low) as usize + 1,
            Form::Whole => WHOLE_MAX as usize,
            Form::Real | Form::Span => steps,
        };
        let at = |i: usize| match self.form {
            // Both ends are exact, whatever is left out between them.
            Form::Whole => {
                let share = i as f64 / (count - 1) as f64;
                libm::round(self.low + share * (self.high - self.low)).to_string()
            }
            _ if i == 0 => self.low(),
            _ if i + 1 == count => self.high(),
            // Three digits are as many as anybody acts on.
            _ => self.short(i as f64 / (count - 1) as f64),
        };
        let mut values: Vec<String> = (0..count).map(at).collect();
        values.dedup();
        values
    }

    /// The fields it stands for, as `--set` names them: all get the same value.
    pub fn paths(&self) -> &[String] {
        &self.paths
    }

    /// Whether it stands for a field that the other stands for, too.
    pub fn overlaps(&self, other: &Parameter) -> bool {
        self.name == other.name || self.paths.iter().any(|path| other.paths.contains(path))
    }

    /// The override among these (`path=value`) that gives one of its fields a value.
    pub fn set_among<'a>(&self, sets: &'a [String]) -> Option<&'a str> {
        let of_it = |set: &&String| {
            let path = set.split('=').next().unwrap_or("").trim();
            path == self.name || self.paths.iter().any(|own| own == path)
        };
        sets.iter().find(of_it).map(String::as_str)
    }

    /// The overrides that give it a value as it is typed.
    pub fn set_to(&self, value: &str) -> Vec<String> {
        self.paths.iter().map(|path| format!("{path}={value}")).collect()
    }

    /// The value at a number from 0 to 1, as it is typed and printed.
    pub fn value(&self, u: f64) -> String {
        let u = u.clamp(0.0, 1.0);
        let between = match self.spread {
            Spread::Even => self.low + u * (self.high - self.low),
            Spread::Log => self.low * libm::exp(u * libm::log(self.high / self.low)),
        };
        match self.form {
            // Every whole number has the same share of the range.
            Form::Whole => {
                let steps = self.high - self.low + 1.0;
                (self.low + libm::floor(u * steps).min(steps - 1.0)).to_string()
            }
            Form::Real => significant(between.clamp(self.low, self.high)),
            Form::Span => {
                // Whole seconds, or minutes where the range is of hours: nobody means the milliseconds.
                let unit = if self.low >= 3_600_000.0 {
                    60_000.0
                } else if self.low >= 1000.0 {
                    1000.0
                } else {
                    1.0
                };
                SimDuration((libm::round(between / unit) * unit) as i64).to_string()
            }
        }
    }

    /// The value at a number from 0 to 1 with three significant digits, for sentences.
    pub fn short(&self, u: f64) -> String {
        let text = self.value(u);
        match text.parse::<f64>() {
            Ok(v) if v.fract() != 0.0 => {
                let rounded: f64 = format!("{v:.2e}").parse().expect("what was just written reads back");
                rounded.to_string()
            }
            _ => text,
        }
    }

    /// The overrides that give it the value at a number from 0 to 1.
    pub fn sets(&self, u: f64) -> Vec<String> {
        self.set_to(&self.value(u))
    }

    /// The lowest value, as it is printed.
    pub fn low(&self) -> String {
        self.value(0.0)
    }

    /// The highest value, as it is printed.
    pub fn high(&self) -> String {
        self.value(1.0)
    }
}

/// Which values of these parameters a refusal is about, as `name=value`: those that it names, or else all.
pub fn at_fault(parameters: &[Parameter], us: &[f64], refusal: &str) -> String {
    let at = |(p, u): (&Parameter, &f64)| format!("{}={}", p.name, p.value(*u));
    let all = || parameters.iter().zip(us);
    let named: Vec<String> = all().filter(|(p, _)| refusal.contains(&p.name)).map(at).collect();
    let named = if named.is_empty() { all().map(at).collect() } else { named };
    named.join(", ")
}

/// A number with six significant digits, the shortest way to write it.
pub fn significant(v: f64) -> String {
    let rounded: f64 = format!("{v:.5e}").parse().expect("what was just written reads back");
    // Adding zero turns -0 into 0.
    (rounded + 0.0).to_string()
}

/// Constants of the rules that nobody has published, with their ranges; and those that have none.
pub fn of_rules(arm: &Arm) -> (Vec<Parameter>, Vec<LeftOut>) {
    let (mut found, mut left) = (Vec::new(), Vec::new());
    let (start, horizon) = (arm.plan.scenario.start, arm.plan.scenario.horizon);
    let constants = &arm.policy.at(start).constants;
    let off = |name: &str| {
        let switch = name.split_once('.').map(|(table, _)| format!("{table}.on"));
        constants.iter().any(|c| Some(&c.name) == switch.as_ref() && c.value == "false")
    };
    for c in constants.iter().filter(|c| c.confidence == crate::policy::file::Confidence::Assumed) {
        let name = c.name.clone();
        if off(&name) {
            left.push(LeftOut { name, why: "belongs to a rule that is switched off" });
            continue;
        }
        if arm.plan.scenario.violations.is_empty() && name.starts_with("enforcement.") {
            left.push(LeftOut { name, why: "no violation is recorded in this scenario" });
            continue;
        }
        // The evaluation's own step: it has to divide the window, and moves a colour by an hour at most.
        if name == "rating.cadence" {
            left.push(LeftOut { name, why: "has to divide the window; shifts a colour by an hour at most" });
            continue;
        }
        // A limit has to be a step of the ladder.
        if name.starts_with("limit.") {
            left.push(LeftOut { name, why: "has to be a step of the ladder: --set its values and compare" });
            continue;
        }
        let ends = c.low.as_deref().zip(c.high.as_deref());
        let path = format!("policy.override.{name}");
        match ends.and_then(|ends| Parameter::new(&name, Whose::Rules, &c.value, ends, vec![path])) {
            Some(mut p) => {
                let whole = ["messages", "recipients", "violations", "times RED"].contains(&c.unit.as_str());
                if whole && p.form == Form::Real {
                    // Whole numbers are drawn evenly, whatever their range.
                    (p.form, p.spread) = (Form::Whole, Spread::Even);
                }
                p.source.clone_from(&c.source);
                found.push(p);
            }
            None if ends.is_some_and(|(low, high)| low == high) => {
                left.push(LeftOut { name, why: "low and high are the same: nothing to vary" });
            }
            None => left
                .push(LeftOut { name, why: "a choice, not a number: --set each of its values and compare" }),
        }
    }
    if !arm.policy.switches(start, horizon).is_empty() {
        left.push(LeftOut {
            name: "later eras of this run".to_string(),
            why: "a value drawn holds in all eras of the run",
        });
    }
    (found, left)
}

/// Figures about people that have a range. One parameter for all segments where they have the same value, else one
/// for each segment.
pub fn of_people(arm: &Arm) -> Vec<Parameter> {
    let s = &arm.plan.scenario;
    let mut found = Vec::new();
    for (key, standing) in standing::all_of_people() {
        let mut by_value: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for segment in &s.segments {
            let value = &s.resolved["segments"][&segment.name][key];
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_string);
            if number(&text).is_some() {
                let path = standing::path(&["segments", &segment.name, key]);
                by_value.entry(text).or_default().push(path);
            }
        }
        let ends = (standing.low, standing.high);
        let together = by_value.len() == 1;
        for (value, paths) in by_value {
            let names = if together { vec![format!("recipients.{key}")] } else { paths.clone() };
            let groups = if together { vec![paths] } else { paths.into_iter().map(|p| vec![p]).collect() };
            for (name, paths) in names.iter().zip(groups) {
                found.extend(Parameter::new(name, Whose::People, &value, ends, paths).map(|mut p| {
                    p.source = standing.source.to_string();
                    p
                }));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::audience::no_files;
    use crate::scenario::library;

    fn arm(name: &str) -> Arm {
        Arm::load(name, name, library::text(name).unwrap(), &[], &no_files).unwrap()
    }

    #[test]
    fn values_are_what_is_typed() {
        let p = |text: &str| Parameter::parse(text).unwrap();
        assert_eq!(p("a.b=0.5..1.5").value(0.5), "1");
        assert_eq!(p("a=log:0.001..0.1").value(0.5), "0.01");
        assert_eq!(p("a=1..3").value(1.0 / 3.0), "1.66667");
        let whole = p("a=int:1..4");
        let all: Vec<String> = [0.0, 0.24, 0.26, 0.51, 0.99, 1.0].iter().map(|u| whole.value(*u)).collect();
        assert_eq!(all, ["1", "1", "2", "3", "4", "4"]);
        let span = p("a=1d..3d");
        assert_eq!(
            (span.low(), span.value(0.5), span.value(0.3)),
            ("1d".into(), "2d".into(), "2304m".into())
        );
        assert_eq!(p("x=0.1..0.2").sets(0.0), ["x=0.1"]);
        for (text, says) in [
            ("a", "a range is"),
            ("a=1", "a range is"),
            ("a=3..1", "ascending"),
            ("a=x..y", "ascending"),
            ("a=log:0..1", "above zero"),
            ("a=int:0.5..1", "does not fit"),
            ("a=lg:1..2", "not known"),
        ] {
            let wrong = Parameter::parse(text).unwrap_err();
            assert!(wrong.contains(says), "{text}: {wrong}");
        }
    }

    #[test]
    fn ladders_begin_and_end_where_the_range_does() {
        let of = |text: &str| Parameter::parse(text).unwrap().ladder(100);
        assert_eq!(of("a=int:3..6"), ["3", "4", "5", "6"]);
        let many = of("a=int:50..200000");
        assert_eq!((many.len(), many[0].as_str(), many[9_999].as_str()), (10_000, "50", "200000"));
        let real = of("a=log:0.001..0.03");
        assert_eq!((real.len(), real[0].as_str(), real[99].as_str()), (100, "0.001", "0.03"));
    }

    #[test]
    fn fields_are_the_same_by_path_or_by_name() {
        let p = |text: &str| Parameter::parse(text).unwrap();
        let both = Parameter::new(
            "recipients.block_base",
            Whose::People,
            "0.01",
            ("0.001", "0.03"),
            vec!["segments.a.block_base".into(), "segments.b.block_base".into()],
        )
        .unwrap();
        assert_eq!(both.paths(), ["segments.a.block_base", "segments.b.block_base"]);
        assert!(both.overlaps(&p("segments.b.block_base=0..1")) && !both.overlaps(&p("segments.b=0..1")));
        assert!(p("recipients.block_base=0..1").overlaps(&both));
        let sets = |all: &[&str]| all.iter().map(|s| s.to_string()).collect::<Vec<_>>();
        for (set, is) in [
            ("segments.b.block_base =0.02", true),
            ("recipients.block_base=0.02", true),
            ("segments.b.block_base_too=1", false),
            ("segments.c.block_base=0.02", false),
        ] {
            assert_eq!(both.set_among(&sets(&["seed=3", set])), is.then_some(set), "{set}");
        }
        let two = [p("a.b=0..1"), p("c.d=0..2")];
        assert_eq!(at_fault(&two, &[0.5, 0.5], "c.d is wrong"), "c.d=1");
        assert_eq!(at_fault(&two, &[0.5, 0.5], "something is"), "a.b=0.5, c.d=1");
    }

    #[test]
    fn whole_numbers_are_drawn_evenly_and_said_to_be() {
        let (rules, _) = of_rules(&arm("weekly-promo"));
        let p = rules.iter().find(|p| p.name == "rating.min_sample").unwrap();
        assert_eq!((p.low(), p.value(0.5), p.high()), ("100".into(), "550".into(), "1000".into()));
        assert_eq!(p.spread, Spread::Even);
    }

    #[test]
    fn what_no_violation_can_reach_is_left_out() {
        let (rules, left) = of_rules(&arm("weekly-promo"));
        assert!(!rules.iter().any(|p| p.name.starts_with("enforcement.")));
        assert!(
            left.iter().any(|l| l.name == "enforcement.strikes_per_step" && l.why.contains("violation")),
            "{left:?}"
        );
        let (rules, _) = of_rules(&arm("enforcement"));
        assert!(rules.iter().any(|p| p.name == "enforcement.strikes_per_step"));
    }

    #[test]
    fn unpublished_constants_are_found_and_load_at_both_ends() {
        let arm = arm("weekly-promo");
        let (rules, left) = of_rules(&arm);
        let names: Vec<&str> = rules.iter().map(|p| p.name.as_str()).collect();
        for name in [
            "rating.red_at",
            "rating.yellow_at",
            "rating.min_sample",
            "rating.recency",
            "rating.weights.report",
        ] {
            assert!(names.contains(&name), "{name} of {names:?}");
        }
        assert!(
            left.iter().any(|l| l.name == "rating.when_unrated")
                && left.iter().all(|l| !names.contains(&l.name.as_str()))
        );
        let people = of_people(&arm);
        let names: Vec<&str> = people.iter().map(|p| p.name.as_str()).collect();
        assert!(
            names.contains(&"segments.lapsed.block_base") && names.contains(&"segments.regulars.block_base")
        );
        assert!(names.contains(&"recipients.fatigue_free"), "{names:?}");
        let text = library::text("weekly-promo").unwrap();
        for u in [0.0, 0.37, 1.0] {
            let sets: Vec<String> = rules.iter().chain(&people).flat_map(|p| p.sets(u)).collect();
            Arm::load("a", "weekly-promo.toml", text, &sets, &no_files)
                .unwrap_or_else(|e| panic!("{u}: {e}"));
        }
    }
}
