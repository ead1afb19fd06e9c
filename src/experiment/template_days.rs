//! Templates day by day: what happened to the messages made from each, and how it stood at the day's end.
//!
//! The block engine counts by segment, campaign and variant from the start on; a day is what came since the day before.
//! A replay of the same log gives the same rows. Must not know where they go or how they are drawn.

use crate::experiment::measure::Counts;
use crate::experiment::plan::Plan;
use crate::experiment::tally::{self, Shape, Tally};
use crate::messaging::rows::{Group, GroupDay};
use crate::messaging::{QualityRating, TemplateStatus};
use crate::sim::SimTime;

/// Whose template it is: the same text in two portfolios is rated twice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Of {
    /// The portfolio's id.
    pub portfolio: String,
    /// The template's name.
    pub template: String,
}

/// A template on a UTC day. Counts of the day, state at its end.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateDay {
    /// Start of the UTC day.
    pub day: SimTime,
    /// Index into [`TemplateDays::of`].
    pub of: usize,
    /// Counts of the day.
    pub counts: Counts,
    /// Score of the last evaluation; none before any, and where templates are not rated.
    pub score: Option<f64>,
    /// Its colour.
    pub rating: QualityRating,
    /// Its status.
    pub status: TemplateStatus,
}

/// The days of all templates.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TemplateDays {
    /// Whose.
    pub of: Vec<Of>,
    /// From the day on which something of a template first happened, in order of days; inside a day in byte order of
    /// portfolio and name.
    pub rows: Vec<TemplateDay>,
}

impl TemplateDays {
    /// The rows by their names, for comparing two that were found in other ways.
    pub fn named(&self) -> impl Iterator<Item = (&Of, &TemplateDay)> {
        self.rows.iter().map(|row| (&self.of[row.of], row))
    }
}

/// Takes the days of templates out of the rows of a fold.
#[derive(Clone, Debug, Default)]
pub struct OfFold {
    /// By the fold's index of a template, its index here.
    places: Vec<Option<usize>>,
    days: TemplateDays,
}

impl OfFold {
    /// Takes a row, if it is about a template.
    pub fn take(&mut self, portfolio: &str, template: &str, row: &GroupDay) {
        let Group::Template { index, score, rating, status } = row.group else { return };
        if self.places.len() <= index {
            self.places.resize(index + 1, None);
        }
        let names = &mut self.days.of;
        let of = *self.places[index].get_or_insert_with(|| {
            names.push(Of { portfolio: portfolio.to_string(), template: template.to_string() });
            names.len() - 1
        });
        self.days.rows.push(TemplateDay { day: row.day, of, counts: row.counts, score, rating, status });
    }

    /// The days.
    pub fn days(&self) -> &TemplateDays {
        &self.days
    }
}

/// How a template stands: score, colour, status.
pub type Standing = (Option<f64>, QualityRating, TemplateStatus);

/// Turns running totals into days.
#[derive(Debug)]
pub struct DayBook {
    /// For each cell of a tally the place of its portfolio and template.
    places: Vec<usize>,
    /// Places in byte order of portfolio and name, as far as anything is sent from them.
    order: Vec<usize>,
    /// Totals at the end of the day before, by place.
    before: Vec<Counts>,
    /// For each place its index among the names of `days`, once something happened.
    known: Vec<Option<usize>>,
    names: Vec<Of>,
    days: TemplateDays,
}

impl DayBook {
    /// An empty book. Places are portfolios times templates of the plan.
    pub fn new(plan: &Plan, shape: &Shape) -> DayBook {
        let templates = plan.templates();
        let place = |(_, c, v): &(usize, usize, usize)| {
            let portfolio = plan.portfolio_of[plan.number_of(*c as u16)];
            portfolio * templates.len() + plan.template_of(*c as u16, *v as u8)
        };
        let places: Vec<usize> = shape.meaning.iter().map(place).collect();
        let names: Vec<Of> = (0..plan.portfolios.len())
            .flat_map(|p| templates.iter().map(move |t| (p, t)))
            .map(|(p, t)| Of { portfolio: plan.portfolios[p].clone(), template: t.name.clone() })
            .collect();
        let mut order = places.clone();
        order.sort_by(|a, b| names[*a].cmp(&names[*b]));
        order.dedup();
        let (before, known) = (vec![Counts::default(); names.len()], vec![None; names.len()]);
        DayBook { places, order, before, known, names, days: TemplateDays::default() }
    }

    /// A day has ended: `standing` tells how the template of a place stands, if the rules know it.
    pub fn end_day(&mut self, day: SimTime, tally: &Tally, standing: impl Fn(usize) -> Option<Standing>) {
        let mut now = vec![Counts::default(); self.names.len()];
        for (cell, place) in self.places.iter().enumerate() {
            now[*place] += tally::counts(tally.cell(cell));
        }
        for place in self.order.iter().copied() {
            let counts = now[place].since(&self.before[place]);
            let known = standing(place);
            if self.known[place].is_none() {
                if counts == Counts::default() && known.is_none() {
                    continue;
                }
                self.known[place] = Some(self.days.of.len());
                self.days.of.push(self.names[place].clone());
            }
            let of = self.known[place].expect("it is known from here on");
            let (score, rating, status) = known.unwrap_or_default();
            self.days.rows.push(TemplateDay { day, of, counts, score, rating, status });
        }
        self.before = now;
    }

    /// The days.
    pub fn finish(self) -> TemplateDays {
        self.days
    }
}
