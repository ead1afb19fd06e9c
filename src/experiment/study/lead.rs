//! The figures that a scenario's own question asks for (`measures`), which an answer begins with.
//!
//! Must not know how they are printed.

use super::catalogue::Frame;
use super::estimate::{Asked, Estimate};
use crate::experiment::measure::ReplicationSummary;
use crate::scenario::{Named, Scenario};
use crate::text::{Fault, Faults};

/// The figures asked for, in the scenario's order; what is no measure is a fault at its place.
pub fn asked(s: &Scenario) -> Result<Vec<Asked>, Faults> {
    let frame = Frame::of_scenario(s);
    let mut faults = Vec::new();
    let mut out: Vec<Asked> = Vec::new();
    for (i, Named { name: text, place }) in s.measures.iter().enumerate() {
        match Asked::parse(text, &frame) {
            Ok(a) => out.push(a),
            Err(e) => faults.push(Fault::new(place.clone(), format!("measures.{i}"), e.to_string())),
        }
    }
    if faults.is_empty() { Ok(out) } else { Err(Faults(faults)) }
}

/// The same over replications. A chance needs several of them: one either has it or has not.
pub fn estimates(s: &Scenario, runs: &[ReplicationSummary]) -> Vec<(Asked, Estimate)> {
    let frame = Frame::of_scenario(s);
    let asked = asked(s).unwrap_or_default();
    let tells = |a: &Asked| runs.len() > 1 || !a.measure.is_chance();
    asked.into_iter().filter(tells).map(|a| (a.estimate(runs, &frame), a)).map(|(e, a)| (a, e)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(measures: &str) -> Scenario {
        let text = format!(
            "question = \"q\"\nmeasures = {measures}\nstart = 2026-01-05\ndays = 3\n[segments.customers]\nsize = 10\n\
             [numbers.shop]\n[templates.offer]\ncategory = \"marketing\"\n[campaigns.promo]\nper_week = 1\ntemplate = \"offer\"\n"
        );
        let loader = |_: &str| Err(std::io::ErrorKind::NotFound.into());
        crate::scenario::load("s.toml", &text, &[], &loader).unwrap().0
    }

    #[test]
    fn measures_are_those_of_the_catalogue_and_faults_have_their_place() {
        let texts = |s: &Scenario| asked(s).unwrap().into_iter().map(|a| a.text).collect::<Vec<_>>();
        assert_eq!(texts(&of("[\"profit\", \"q95(worst_score)\"]")), ["profit", "q95(worst_score)"]);
        let wrong = asked(&of("[\"profit\", \"proffit\"]")).unwrap_err().to_string();
        assert!(
            wrong.starts_with("s.toml:2:23: measures.1: proffit: ") && wrong.contains("profit?"),
            "{wrong}"
        );
    }

    #[test]
    fn the_question_and_its_measures_are_not_what_runs() {
        assert_eq!(of("[\"profit\"]").hash(), of("[\"p_red\"]").hash());
    }
}
