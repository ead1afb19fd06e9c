//! What a person asks of a number's state: what holds it back, what is due to it, what its next raise lacks.
//!
//! Reads the judge, changes nothing, decides nothing.

use crate::messaging::{Limit, QualityRating};
use crate::policy::judge::{Judge, NumberState, RaiseNeed};
use crate::policy::quality::{BucketPart, Score, Thresholds};
use crate::policy::rules::{PortfolioRating, SustainedAction};
use crate::sim::SimTime;

/// A clock that runs, and the position of the signal that started it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// When it runs out.
    pub at: SimTime,
    /// 1-based position, counted over signals, of its cause; none if nothing in particular caused it.
    pub cause: Option<u64>,
}

/// Something that keeps a raise from being scheduled, the count of recipients aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The limit is the top of the ladder, or above it.
    TopOfLadder,
    /// A raise is scheduled already.
    Pending,
    /// This number of the scope is flagged.
    Flagged(String),
    /// This number of the scope is suspended.
    Suspended(String),
    /// Every number of the scope is banned.
    Banned,
    /// The rating that decides is below what a raise needs.
    Rating {
        /// The colour that decides.
        found: QualityRating,
        /// The worst that would do.
        needed: QualityRating,
    },
    /// No number of the scope is rated, and the rules want one.
    Unrated,
}

/// What the next raise of a scope's limit is about.
#[derive(Clone, Debug, PartialEq)]
pub struct RaiseOutlook {
    /// The limit it would lead to; none at the top.
    pub to: Option<Limit>,
    /// The raise that is scheduled, if one is.
    pub pending: Option<Due>,
    /// What stands in the way, the count aside.
    pub obstacles: Vec<Obstacle>,
    /// What a counted message has to reach; none where no count will do (at the top, or without the verification
    /// that the first step asks for).
    pub need: Option<RaiseNeed>,
    /// Whether verifying the business would do in place of the count (or of any raise) at this step.
    pub verification_would_do: bool,
    /// The limit must have been held until then before a raise takes effect.
    pub held_until: SimTime,
}

/// An unbroken run of RED evaluations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedRun {
    /// Its first evaluation, or that of the last action.
    pub since: SimTime,
    /// The next action and the earliest instant of it, where the rules have actions and the number is not banned. It
    /// happens at an evaluation.
    pub next: Option<(SimTime, SustainedAction)>,
}

impl Judge {
    /// The conditions of a raise, the count aside.
    pub(super) fn raise_allowed(&self, scope: usize) -> bool {
        let mut free = true;
        self.each_obstacle(scope, &mut |_| free = false);
        free
    }

    /// Everything that keeps a raise from being allowed: numbers by what they are, then the rating.
    fn each_obstacle(&self, scope: usize, found: &mut impl FnMut(Hindrance)) {
        let raise = &self.rules.raise;
        let members = || self.scopes[scope].members.iter().map(|m| &self.numbers[*m]).filter(|n| !n.banned);
        let mut any = false;
        let mut decisive = None;
        for n in members() {
            any = true;
            if n.suspended.is_some() {
                found(Hindrance::Suspended(n));
            } else if raise.blocked_while_flagged && n.flag.is_some() {
                found(Hindrance::Flagged(n));
            }
            if n.rating != QualityRating::Unknown {
                let so_far = decisive.get_or_insert(n.rating);
                *so_far = match raise.portfolio_rating {
                    PortfolioRating::Worst => n.rating.min(*so_far),
                    PortfolioRating::Best => n.rating.max(*so_far),
                };
            }
        }
        match decisive {
            _ if !any => found(Hindrance::Banned),
            Some(colour) if colour < raise.min_colour => found(Hindrance::Rating(colour)),
            None if !raise.allow_unrated => found(Hindrance::Unrated),
            Some(_) | None => {}
        }
    }

    /// What the next raise of a scope's limit is about.
    pub fn raise_outlook(&self, scope: usize) -> RaiseOutlook {
        let s = &self.scopes[scope];
        let to = self.step_up(s.limit);
        let mut obstacles = Vec::new();
        if to.is_none() {
            obstacles.push(Obstacle::TopOfLadder);
        }
        if s.pending.is_some() {
            obstacles.push(Obstacle::Pending);
        }
        let needed = self.rules.raise.min_colour;
        self.each_obstacle(scope, &mut |hindrance| {
            obstacles.push(match hindrance {
                Hindrance::Flagged(n) => Obstacle::Flagged(n.id.clone()),
                Hindrance::Suspended(n) => Obstacle::Suspended(n.id.clone()),
                Hindrance::Banned => Obstacle::Banned,
                Hindrance::Rating(found) => Obstacle::Rating { found, needed },
                Hindrance::Unrated => Obstacle::Unrated,
            });
        });
        let first = self.rules.raise.first_step.as_ref().filter(|_| self.is_at_first_step(scope));
        RaiseOutlook {
            to,
            pending: s.pending.map(|p| Due { at: p.at, cause: p.cause }),
            obstacles,
            need: to.and_then(|_| self.count_needed(scope)),
            verification_would_do: first.is_some_and(|f| f.business_verified)
                && !self.portfolios[s.portfolio].verified,
            held_until: self.limit_held_until(scope),
        }
    }

    /// A number's flag: its deadline and its cause.
    pub fn flag(&self, number: usize) -> Option<Due> {
        self.numbers[number].flag.map(|f| Due { at: f.deadline, cause: f.cause })
    }

    /// The end of a number's suspension, and its cause.
    pub fn suspension(&self, number: usize) -> Option<Due> {
        self.numbers[number].suspended.map(|(at, cause)| Due { at, cause })
    }

    /// The run of RED evaluations a number is in.
    pub fn red_run(&self, number: usize) -> Option<RedRun> {
        let n = &self.numbers[number];
        let since = n.red_since?;
        let next = self.rules.sustained.as_ref().filter(|_| !n.banned).map(|sustained| {
            let position = n.sustained_done.min(sustained.actions.len() - 1);
            (since + sustained.red_for, sustained.actions[position])
        });
        Some(RedRun { since, next })
    }

    /// What a number's window says at an evaluation not before its last signal, with what each bucket adds; whatever
    /// comes in until then is left out.
    pub fn window_at(&self, number: usize, evaluation: SimTime) -> (Score, Vec<BucketPart>, Thresholds) {
        let mut window = self.numbers[number].window.clone();
        window.advance(self.grid.bucket_of(evaluation));
        let thresholds = Thresholds::of_numbers(&self.rules.rating);
        (self.scorer.score(&window), self.scorer.parts(&window), thresholds)
    }
}

/// An [`Obstacle`] in terms of state.
enum Hindrance<'a> {
    Flagged(&'a NumberState),
    Suspended(&'a NumberState),
    Banned,
    Rating(QualityRating),
    Unrated,
}
