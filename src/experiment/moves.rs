//! What befell a number in the course of a run or a replay: its limit and its colours, as verdicts told them.
//!
//! Must not know how a verdict came about.

use crate::messaging::{Limit, QualityRating, Scope, Verdict, VerdictKind};
use crate::sim::SimTime;

/// What befell a number.
#[derive(Clone, Debug, Default)]
pub struct Moves {
    /// Raises of its limit.
    pub raises: u64,
    /// Lowerings of its limit.
    pub lowerings: u64,
    /// The first of them.
    pub first_lowered: Option<SimTime>,
    /// When each limit above all earlier ones was reached.
    pub reached: Vec<(Limit, SimTime)>,
    /// Every change of its colour.
    colours: Vec<(SimTime, QualityRating)>,
}

/// A verdict about a number's colour or its limit, taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// The limit went up.
    Raised,
    /// The limit went down.
    Lowered,
    /// Another colour.
    Coloured,
}

impl Moves {
    /// Takes a verdict, if it is about the limit or the colour of the number with this id and portfolio.
    pub fn note(&mut self, v: &Verdict, id: &str, portfolio: &str) -> Option<Moved> {
        let mine = match v.scope {
            Scope::Number => v.subject == id,
            _ => v.subject == portfolio,
        };
        match v.kind {
            VerdictKind::LimitChanged if mine => {
                let (from, to) = (Limit::parse(&v.from), Limit::parse(&v.to));
                if let Some(limit) = to.filter(|_| to > from) {
                    self.raises += 1;
                    if self.reached.iter().all(|(had, _)| *had < limit) {
                        self.reached.push((limit, v.time));
                    }
                    return Some(Moved::Raised);
                }
                self.lowerings += 1;
                self.first_lowered.get_or_insert(v.time);
                Some(Moved::Lowered)
            }
            VerdictKind::QualityRated if mine => {
                let colour = QualityRating::ALL.into_iter().find(|c| c.name() == v.to)?;
                self.colours.push((v.time, colour));
                Some(Moved::Coloured)
            }
            _ => None,
        }
    }

    /// The first change of colour after an instant that fits.
    pub fn first_after(
        &self,
        since: Option<SimTime>,
        fits: impl Fn(QualityRating) -> bool,
    ) -> Option<SimTime> {
        let since = since?;
        self.colours.iter().find(|(at, colour)| *at > since && fits(*colour)).map(|(at, _)| *at)
    }
}
