//! What the charts of a run or a replay show, as plain data: read out of a result, or out of the tables that lie beside
//! the charts.
//!
//! Charts are drawn from this and nothing else, so that a folder of results draws the same pictures again, to the byte,
//! without simulating. Must not know how anything is drawn.

pub mod costs;
pub mod delays;
pub mod funnel;
pub mod limit;
pub mod rating;
pub(in crate::report) mod table;

pub use costs::Costs;
pub use delays::Delays;
pub use funnel::Funnel;
pub use limit::Limits;
pub use rating::Ratings;
pub use table::Unreadable;

use serde::{Deserialize, Serialize};

use crate::experiment::measure::{Origin, RunResult};
use crate::messaging::{Scope, Verdict, VerdictKind};
use crate::report::{headline, series};
use crate::sim::{SimDuration, SimTime};

/// Everything the charts of a run show.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// What stands beside every chart.
    pub about: About,
    /// Score and rating.
    pub ratings: Ratings,
    /// Messaging limits and slots in use.
    pub limits: Limits,
    /// From attempt to read, day by day.
    pub funnel: Funnel,
    /// Delays; none for a replay, since a log does not say when a message was due.
    pub delays: Option<Delays>,
    /// What rate cards billed; none where none did.
    pub costs: Option<Costs>,
}

/// What stands beside every chart: titles, small print, the axis of time. Kept in `manifest.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Scenario or log.
    pub scenario: String,
    /// The question it answers; may be empty.
    pub question: String,
    /// The sentences of the answer about rating and limit.
    pub sentences: Vec<String>,
    /// First instant.
    pub start: SimTime,
    /// The end.
    pub horizon: SimTime,
    /// Opening span left out of headline measures.
    pub warm_up: SimDuration,
    /// Root of all randomness; none for a replay.
    pub seed: Option<u64>,
    /// Replications made.
    pub replications: usize,
    /// Overrides of the scenario as typed.
    pub overrides: Vec<String>,
    /// Currency label.
    pub currency: String,
    /// Policy as printed.
    pub policy: String,
    /// Rule sets in force: from, name.
    pub eras: Vec<(SimTime, String)>,
    /// Score at which a number turns YELLOW, and RED, by the first rules.
    pub thresholds: (f64, f64),
    /// Ids of the numbers, in order.
    pub numbers: Vec<String>,
    /// Portfolio of each number.
    pub portfolios: Vec<String>,
    /// Whether the log lacks what ratings are derived from.
    pub not_derivable: bool,
    /// Whether any number has a rating and a messaging limit: those of the Business app have neither.
    pub judged: bool,
}

impl About {
    fn of(result: &RunResult) -> About {
        About {
            scenario: result.scenario.clone(),
            question: result.question.clone(),
            sentences: headline::of_rating(result),
            start: result.start,
            horizon: result.horizon,
            warm_up: result.warm_up,
            seed: result.seed(),
            replications: result.replications.len(),
            overrides: result.overrides.clone(),
            currency: result.currency.clone(),
            policy: result.policy.name.clone(),
            eras: result.policy.eras.clone(),
            thresholds: result.policy.thresholds,
            numbers: result.numbers.clone(),
            portfolios: result.portfolios.clone(),
            not_derivable: result.platform.not_derivable,
            judged: !series::of_app_only(result),
        }
    }

    /// Whether a verdict belongs to what is shown: it is about a shown number, or a portfolio of one. Of a replay those
    /// about single messages are left out: they are as many as a log has rows.
    pub fn shows(&self, verdict: &Verdict) -> bool {
        use VerdictKind::{SendHeld, SendRefused, SendReleased};
        if self.seed.is_none() && matches!(verdict.kind, SendRefused | SendHeld | SendReleased) {
            return false;
        }
        match verdict.scope {
            Scope::Number => self.numbers.contains(&verdict.subject),
            Scope::Portfolio | Scope::Template | Scope::Account => {
                self.portfolios.contains(&verdict.portfolio)
            }
        }
    }

    /// The UTC days of the run.
    pub fn days(&self) -> series::Days {
        series::Days::between(self.start, self.horizon)
    }
}

impl Picture {
    /// Reads it out of a result.
    pub fn of(result: &RunResult) -> Picture {
        Picture {
            about: About::of(result),
            ratings: Ratings::of(result),
            limits: Limits::of(result),
            funnel: Funnel::of(result),
            delays: (result.origin != Origin::Replayed).then(|| Delays::of(result)),
            costs: result.first.bill.as_ref().map(|bill| Costs::of(result, bill)),
        }
    }

    /// The tables that go beside the charts: path in the folder, content.
    pub fn tables(&self) -> Vec<(&'static str, String)> {
        let (days, numbers) = (self.about.days(), &self.about.numbers);
        let mut out = vec![
            (rating::FILE, self.ratings.csv(&days, numbers)),
            (limit::FILE, self.limits.csv(&days)),
            (funnel::FILE, self.funnel.csv(&days)),
        ];
        out.extend(self.delays.as_ref().map(|d| (delays::FILE, d.csv())));
        out.extend(self.costs.as_ref().map(|c| (costs::FILE, c.csv())));
        out
    }

    /// Reads it out of these tables: `table` gives the content of a path, none where there is no such file.
    pub fn read<E: From<Unreadable>>(
        about: About,
        mut table: impl FnMut(&'static str) -> Result<Option<String>, E>,
    ) -> Result<Picture, E> {
        let days = about.days();
        let mut needed = |file: &'static str| -> Result<String, E> {
            table(file)?.ok_or_else(|| Unreadable::Missing(file.to_string()).into())
        };
        let ratings = Ratings::parse(&needed(rating::FILE)?, &days, &about.numbers)?;
        let limits = Limits::parse(&needed(limit::FILE)?, &days)?;
        let funnel = Funnel::parse(&needed(funnel::FILE)?, &days)?;
        let delays = table(delays::FILE)?.map(|t| Delays::parse(&t)).transpose()?;
        let costs = table(costs::FILE)?.map(|t| Costs::parse(&t)).transpose()?;
        Ok(Picture { about, ratings, limits, funnel, delays, costs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{sample, shapes};

    #[test]
    fn a_picture_reads_back_from_its_tables() {
        for shape in shapes() {
            let picture = Picture::of(&sample(&shape));
            let tables = picture.tables();
            let about = serde_json::to_string(&picture.about).unwrap();
            let about: About = serde_json::from_str(&about).unwrap();
            assert_eq!(about, picture.about);
            let find = |file: &str| Ok(tables.iter().find(|(f, _)| *f == file).map(|(_, t)| t.clone()));
            let again: Result<Picture, Unreadable> = Picture::read(about, find);
            let again = again.unwrap();
            assert_eq!(again.tables(), tables, "{shape:?}");
            assert_eq!((again.ratings, again.limits), (picture.ratings, picture.limits));
        }
    }

    #[test]
    fn a_missing_table_is_named() {
        let picture = Picture::of(&sample(&shapes()[0]));
        let found: Result<Picture, Unreadable> = Picture::read(picture.about, |_| Ok(None));
        assert!(found.unwrap_err().to_string().starts_with("charts/rating.csv"));
    }
}
