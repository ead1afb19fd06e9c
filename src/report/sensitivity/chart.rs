//! What the pictures of a sensitivity study share: what they say beside their tables, colours, and what marks a parameter
//! whose effect is not known to be real.
//!
//! Must not know how a picture is laid out.

use serde::{Deserialize, Serialize};

use super::{Analysed, Digits, Direction, Sensitivity, about, direction, index_name, measured, title};
use crate::experiment::study::sensitivity::{Found, Method, Row};
use crate::report::sheet::{self, Caption, Foot};
use crate::report::style::{self, Canvas, Hue, Size, Type};
use crate::report::{figures, words};

pub(super) const TOP: f64 = 96.0;
pub(super) const LABEL: Type = Type::plain(11.0, style::INK);
pub(super) const SMALL: Type = Type::plain(10.0, style::SOFT);
/// What an axis measures.
pub(super) const AXIS: Type = Type::plain(11.0, style::SOFT);

/// How sensitivity was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Elementary effects.
    Morris,
    /// Shares of the variance.
    Sobol,
    /// How far the distribution moves.
    Pawn,
    /// How far the density moves.
    Delta,
}

impl How {
    fn of(method: Method) -> How {
        match method {
            Method::Morris { .. } => How::Morris,
            Method::Sobol { .. } => How::Sobol,
            Method::Pawn { .. } => How::Pawn,
            Method::Delta { .. } => How::Delta,
        }
    }
}

/// What a picture of a measure says beside its table. Kept in `manifest.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// What stands above and beneath it.
    pub caption: Caption,
    /// The measure, as asked for.
    pub measure: String,
    /// Whether its values are 0 or 1.
    pub chance: bool,
    /// The method.
    pub method: How,
    /// What its main index is called.
    pub index: String,
    /// Replications of each point.
    pub replications: u64,
    /// Parameters that were varied.
    pub parameters: usize,
    /// Whether the effect of some of them could not be judged.
    pub unjudged: bool,
    /// Decimals of the index.
    pub digits: Digits,
}

impl About {
    /// Of a measure of a study.
    pub fn of(s: &Sensitivity, a: &Analysed, found: &Found) -> About {
        let (measure, name) = (measured(&a.measure), words::clean(&s.name));
        let answer = about(s, a).into_iter().next().unwrap_or_default();
        let ranking = found.ranking();
        About {
            caption: Caption {
                name: s.name.clone(),
                question: format!("What decides {measure} in {name}?"),
                answer,
                made: format!(
                    "{name} · {} · policy {} · seed {} · {}, {} luck",
                    title(s.method),
                    words::clean(&s.policy),
                    s.seed,
                    words::plural(s.runs(), "run", "runs"),
                    s.luck.name(),
                ),
            },
            measure: a.measure.name.clone(),
            chance: a.measure.is_chance(),
            method: How::of(s.method),
            index: index_name(s.method.main()).to_string(),
            replications: s.replications,
            parameters: ranking.len(),
            unjudged: ranking.iter().any(|r| r.indistinguishable.is_none()),
            digits: Digits::of(found),
        }
    }

    /// What the measure is called in words.
    pub fn measured(&self) -> String {
        figures::asked(&self.measure)
            .map_or_else(|_| words::clean(&self.measure), |asked| figures::name(&asked))
    }

    /// The name of a chart of this measure.
    pub fn file_stem(&self, kind: &str) -> String {
        // A number's id, after `@`, has the letters of file names.
        format!("{kind}-{}", self.measure.replace('@', "-"))
    }

    /// What marks the parameters whose effect is not known to be real.
    pub(super) fn pale(&self) -> &'static str {
        match (self.unjudged, self.replications) {
            (false, _) => "pale: indistinguishable from zero",
            (true, 1) => {
                "grey: indistinguishable from zero; small dot in colour: not judged, with one replication"
            }
            (true, _) => "grey: indistinguishable from zero; small dot in colour: not judged",
        }
    }

    pub(super) fn foot(&self, size: Size, reading: &str) -> Foot {
        Foot::of(size, reading, &self.caption.made)
    }
}

/// The way a parameter moves its measure, as tables have it; none where the method does not tell.
pub(super) fn way(s: &Sensitivity, found: &Found, row: &Row) -> Option<Direction> {
    matches!(s.method, Method::Morris { .. }).then(|| direction(found, row.parameter))
}

/// The colour of a parameter.
pub(super) fn color(way: Option<Direction>) -> Hue {
    style::series(match way {
        None => 0,
        Some(Direction::Raises) => 1,
        Some(Direction::Lowers) => 2,
        Some(Direction::Both) => 4,
    })
}

/// Its dot: grey where the effect cannot be told from none, and how large.
pub(super) fn dot(indistinguishable: Option<bool>, hue: Hue) -> (Hue, f64) {
    let told = if indistinguishable == Some(false) { 1.0 } else { 0.0 };
    (if indistinguishable == Some(true) { style::FAINT } else { hue }, told)
}

/// Dots and what they mean, one after the other.
pub(super) fn legend(canvas: &mut Canvas, left: f64, entries: &[(Hue, &str)]) {
    let size = canvas.size();
    let (mut at, top) = (size.pick(left, sheet::margin(size)), sheet::top(size, TOP));
    for (color, says) in entries {
        canvas.dot((at + 4.5, top - 22.0), 4.5, *color);
        canvas.text((at + 14.0, top - 18.0), LABEL, says);
        at += 14.0 + LABEL.width(says) + size.pick(24.0, 14.0);
    }
}

/// What the colours of directions mean.
pub(super) fn directions() -> [(Hue, &'static str); 3] {
    [
        (style::series(1), "raises it"),
        (style::series(2), "lowers it"),
        (style::series(4), "both ways, or none"),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::tests::{judged, sample};
    use super::super::{mu_sigma, ranking};
    use super::*;
    use crate::report::legible;
    use crate::report::style::Look;

    #[test]
    fn what_was_not_judged_is_called_so() {
        let s = judged(Method::Morris { trajectories: 12 }, &[None, Some(false), Some(true), None]);
        let a = &s.measures[0];
        let found = a.found.as_ref().unwrap();
        let drawn = ranking::Picture::of(&s, a, found).svg(Look::default());
        for drawn in [drawn, mu_sigma::Picture::of(&s, a, found).svg(Look::default())] {
            assert_eq!(legible::faults(&drawn, Look::default()), Vec::<String>::new());
            assert!(drawn.contains("not judged"), "{drawn}");
            assert!(drawn.contains("times 1.5"), "{drawn}");
        }
    }

    #[test]
    fn charts_are_legible() {
        for parameters in [1, 4, 40] {
            for method in [
                Method::Morris { trajectories: 12 },
                Method::Sobol { base_points: 64, second_order: false },
                Method::Pawn { points: 200 },
                Method::Delta { points: 200 },
            ] {
                let s = sample(method, parameters);
                let a = &s.measures[0];
                let found = a.found.as_ref().unwrap();
                let picture = ranking::Picture::of(&s, a, found);
                assert_eq!(
                    legible::faults_everywhere(|look| picture.svg(look)),
                    Vec::<String>::new(),
                    "{method:?} {parameters}"
                );
                let csv = picture.csv();
                assert_eq!(csv.lines().count(), 1 + parameters.min(ranking::SHOWN), "{csv}");
                assert!(csv.starts_with("parameter,from,to,index,low,high,noise,alone,direction,"), "{csv}");
                assert_eq!(
                    ranking::Picture::parse(picture.about.clone(), "r.csv", &csv),
                    Ok(picture.clone())
                );
                if let Method::Morris { .. } = method {
                    let picture = mu_sigma::Picture::of(&s, a, found);
                    let csv = picture.csv();
                    assert_eq!(csv.lines().count(), 1 + parameters);
                    assert_eq!(
                        mu_sigma::Picture::parse(picture.about.clone(), "m.csv", &csv),
                        Ok(picture.clone())
                    );
                    let drawn = picture.svg(Look::default());
                    let faults = legible::faults_everywhere(|look| picture.svg(look));
                    assert_eq!(faults, Vec::<String>::new(), "{parameters}");
                    let first = crate::report::fields::name(&s.name_of(found.ranking()[0]));
                    assert!(drawn.contains(&first), "the first has its name: {first}");
                }
            }
        }
    }
}
