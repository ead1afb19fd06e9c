//! What the charts of a study show, as plain data: read out of what the study found, or out of the tables that lie beside
//! the charts.
//!
//! Every chart of a study is drawn from this and nothing else, so that its folder draws the same pictures again, to the
//! byte, without simulating. Must not know how anything is drawn, nor where files are.

use serde::{Deserialize, Serialize};

use crate::experiment::study::swept::{Head, Swept};
use crate::report::charts::Chart;
use crate::report::comparison::{Compared, chart as comparison};
use crate::report::picture::Unreadable;
use crate::report::plausible::chart as assumptions;
use crate::report::sensitivity::{Sensitivity, chart::About as Ranked, chart::How, mu_sigma, ranking};
use crate::report::solve::chart as search;
use crate::report::style::Look;
use crate::report::sweep::{self, points};
use crate::report::tradeoff::chart as tradeoff;
use crate::report::warmup::chart as calendar;

/// A chart of a study with its data; of a sweep all of its charts, since they show the same points.
#[derive(Clone, Debug, PartialEq)]
pub enum Plate {
    /// Figures of arms beside each other.
    Comparison(comparison::Picture),
    /// Points of a sweep: colours, heat map, response curves.
    Sweep(Box<Swept>),
    /// Parameters by their index.
    Ranking(ranking::Picture),
    /// Morris's picture.
    MuSigma(mu_sigma::Picture),
    /// Values that a search tried.
    Search(search::Picture),
    /// Plans against two goals.
    Tradeoff(tradeoff::Picture),
    /// The days of a warm-up.
    Calendar(calendar::Picture),
    /// Assumptions and what hangs on them.
    Assumptions(assumptions::Picture),
}

/// What no table holds of a chart: titles, labels, units. Kept in `manifest.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// Beside `charts/comparison.csv`.
    Comparison(comparison::About),
    /// Beside `points.csv`.
    Sweep(Box<Head>),
    /// Beside `charts/ranking-<measure>.csv`.
    Ranking(Ranked),
    /// Beside `charts/mu-sigma-<measure>.csv`.
    MuSigma(Ranked),
    /// Beside `charts/search.csv`.
    Search(search::About),
    /// Beside `charts/tradeoff.csv`.
    Tradeoff(tradeoff::About),
    /// Beside `charts/calendar.csv`.
    Calendar(calendar::About),
    /// Beside `charts/assumptions.csv`.
    Assumptions(assumptions::About),
}

/// The chart of a comparison.
pub fn of_comparison(c: &Compared) -> Vec<Plate> {
    vec![Plate::Comparison(comparison::Picture::of(c))]
}

/// The charts of a sensitivity study: for each measure its ranking and, of Morris, mu* against sigma.
pub fn of_sensitivity(s: &Sensitivity) -> Vec<Plate> {
    let mut out = Vec::new();
    for a in &s.measures {
        let Ok(found) = &a.found else { continue };
        let ranking = ranking::Picture::of(s, a, found);
        let morris = ranking.about.method == How::Morris;
        out.push(Plate::Ranking(ranking));
        if morris {
            out.push(Plate::MuSigma(mu_sigma::Picture::of(s, a, found)));
        }
    }
    out
}

/// The path of the table beside a chart of which a study may have several.
fn beside(name: &str) -> String {
    format!("charts/{name}.csv")
}

impl Plate {
    /// Its charts, in the order they are best read.
    pub fn charts(&self, look: Look) -> Vec<Chart> {
        let one = |name: &str, title: String, svg| vec![Chart { name: name.to_string(), title, svg }];
        match self {
            Plate::Comparison(p) => one(comparison::NAME, p.title(), p.svg(look)),
            Plate::Ranking(p) => one(&p.name(), p.title(), p.svg(look)),
            Plate::MuSigma(p) => one(&p.name(), p.title(), p.svg(look)),
            Plate::Search(p) => one(search::NAME, p.title(), p.svg(look)),
            Plate::Tradeoff(p) => one(tradeoff::NAME, p.title(), p.svg(look)),
            Plate::Calendar(p) => one(calendar::NAME, p.title(), p.svg(look)),
            Plate::Assumptions(p) => one(assumptions::NAME, p.title(), p.svg(look)),
            Plate::Sweep(s) => sweep::charts(s, look)
                .into_iter()
                .map(|c| Chart { name: c.name, title: c.title, svg: c.svg })
                .collect(),
        }
    }

    /// The tables that go beside its charts: path in the folder, content.
    pub fn tables(&self) -> Vec<(String, String)> {
        match self {
            Plate::Comparison(p) => vec![(comparison::FILE.to_string(), p.csv())],
            Plate::Ranking(p) => vec![(beside(&p.name()), p.csv())],
            Plate::MuSigma(p) => vec![(beside(&p.name()), p.csv())],
            Plate::Search(p) => vec![(search::FILE.to_string(), p.csv())],
            Plate::Tradeoff(p) => vec![(tradeoff::FILE.to_string(), p.csv())],
            Plate::Calendar(p) => vec![(calendar::FILE.to_string(), p.csv())],
            Plate::Assumptions(p) => vec![(assumptions::FILE.to_string(), p.csv())],
            Plate::Sweep(s) => {
                sweep::charts(s, Look::default()).into_iter().map(|c| (beside(&c.name), c.csv)).collect()
            }
        }
    }

    /// What the manifest has to keep.
    pub fn kept(&self) -> Kept {
        match self {
            Plate::Comparison(p) => Kept::Comparison(p.about.clone()),
            Plate::Sweep(s) => Kept::Sweep(Box::new(s.head.clone())),
            Plate::Ranking(p) => Kept::Ranking(p.about.clone()),
            Plate::MuSigma(p) => Kept::MuSigma(p.about.clone()),
            Plate::Search(p) => Kept::Search(p.about.clone()),
            Plate::Tradeoff(p) => Kept::Tradeoff(p.about.clone()),
            Plate::Calendar(p) => Kept::Calendar(p.about.clone()),
            Plate::Assumptions(p) => Kept::Assumptions(p.about.clone()),
        }
    }

    /// Reads it again: `table` gives the content of a path, none where there is no such file.
    pub fn read<E: From<Unreadable>>(
        kept: Kept,
        mut table: impl FnMut(&str) -> Result<Option<String>, E>,
    ) -> Result<Plate, E> {
        let mut needed = |file: &str| -> Result<String, E> {
            table(file)?.ok_or_else(|| Unreadable::Missing(file.to_string()).into())
        };
        Ok(match kept {
            Kept::Comparison(about) => {
                let text = needed(comparison::FILE)?;
                Plate::Comparison(comparison::Picture::parse(about, &text)?)
            }
            Kept::Sweep(head) => Plate::Sweep(Box::new(points::read(*head, &needed(points::FILE)?)?)),
            Kept::Ranking(about) => {
                let file = beside(&about.file_stem(ranking::KIND));
                Plate::Ranking(ranking::Picture::parse(about, &file, &needed(&file)?)?)
            }
            Kept::MuSigma(about) => {
                let file = beside(&about.file_stem(mu_sigma::KIND));
                Plate::MuSigma(mu_sigma::Picture::parse(about, &file, &needed(&file)?)?)
            }
            Kept::Search(about) => Plate::Search(search::Picture::parse(about, &needed(search::FILE)?)?),
            Kept::Tradeoff(about) => {
                Plate::Tradeoff(tradeoff::Picture::parse(about, &needed(tradeoff::FILE)?)?)
            }
            Kept::Calendar(about) => {
                Plate::Calendar(calendar::Picture::parse(about, &needed(calendar::FILE)?)?)
            }
            Kept::Assumptions(about) => {
                Plate::Assumptions(assumptions::Picture::parse(about, &needed(assumptions::FILE)?)?)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sweep::sample;

    #[test]
    fn what_is_kept_reads_back_from_json() {
        let plate = Plate::Sweep(Box::new(sample::grid()));
        let kept = plate.kept();
        let text = serde_json::to_string(&kept).unwrap();
        assert!(text.starts_with("{\"sweep\":{\"name\":\"weekly-promo\""), "{text}");
        assert_eq!(serde_json::from_str::<Kept>(&text).unwrap(), kept);
        let names: Vec<String> = plate.charts(Look::default()).into_iter().map(|c| c.name).collect();
        assert_eq!(names[..2], ["colours", "heat"]);
        assert_eq!(plate.tables()[1].0, "charts/heat.csv");
    }

    #[test]
    fn a_missing_table_is_named() {
        let kept = Plate::Sweep(Box::new(sample::curve())).kept();
        let found: Result<Plate, Unreadable> = Plate::read(kept, |_| Ok(None));
        assert!(found.unwrap_err().to_string().starts_with("points.csv: no such file"));
    }
}
