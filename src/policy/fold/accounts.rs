//! Counts of the UTC day for numbers, portfolios, templates and campaigns, and the rows that days leave behind.
//!
//! Must not know why something counts, nor for whom: that is told with each count.

use crate::messaging::rows::{Counts, DailyRow, Group, GroupDay};
use crate::policy::fold::names::{Names, Tags};
use crate::policy::judge::{Judge, TemplateState};
use crate::sim::{SimDuration, SimTime};

/// The day's counts and the rows of days that have ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Accounts {
    /// Whether portfolios, templates and campaigns get rows of their own.
    groups: bool,
    /// The start of the present day; none before the first number.
    today: Option<SimTime>,
    numbers: Vec<Counts>,
    templates: Vec<Counts>,
    campaigns: Vec<Counts>,
    /// Rows of numbers, in order.
    pub daily: Vec<DailyRow>,
    /// Rows of groups, in order.
    pub group_days: Vec<GroupDay>,
}

impl Accounts {
    pub fn new(groups: bool) -> Accounts {
        Accounts { groups, ..Accounts::default() }
    }

    /// Whether somebody wants to know whose templates and campaigns things belong to.
    pub fn wants_groups(&self) -> bool {
        self.groups
    }

    /// A number appeared.
    pub fn open(&mut self, at: SimTime) {
        self.today.get_or_insert(at.day_start());
        self.numbers.push(Counts::default());
    }

    /// Counts something of a number, and of the template and campaign it belongs to.
    #[inline]
    pub fn count(&mut self, number: usize, tags: Tags, add: impl Fn(&mut Counts)) {
        add(&mut self.numbers[number]);
        if self.groups {
            for (group, tag) in [(&mut self.templates, tags.template), (&mut self.campaigns, tags.campaign)] {
                if let Some(i) = tag.map(|t| t as usize) {
                    if group.len() <= i {
                        group.resize(i + 1, Counts::default());
                    }
                    add(&mut group[i]);
                }
            }
        }
    }

    /// The first day that has not ended by an instant, as long as there is one before.
    pub fn day_before(&self, at: SimTime) -> Option<SimTime> {
        self.today.filter(|day| *day + SimDuration::DAY <= at)
    }

    /// The present day.
    pub fn today(&self) -> Option<SimTime> {
        self.today
    }

    /// Writes the present day's rows and turns to the next. `in_use` tells the slots in use in a scope at its end.
    pub fn end_day(&mut self, judge: &Judge, names: &Names, mut in_use: impl FnMut(usize) -> u64) {
        let Some(day) = self.today else { return };
        let mut portfolios = vec![Counts::default(); if self.groups { judge.portfolios.len() } else { 0 }];
        for n in judge.number_order().iter().copied() {
            let counts = std::mem::take(&mut self.numbers[n]);
            if self.groups {
                portfolios[judge.numbers[n].portfolio] += counts;
            }
            self.daily.push(judge.daily_row(n, day, counts, in_use(judge.numbers[n].scope)));
        }
        if self.groups {
            self.end_groups(day, judge, names, &portfolios, &mut in_use);
        }
        self.today = Some(day + SimDuration::DAY);
    }

    fn end_groups(
        &mut self,
        day: SimTime,
        judge: &Judge,
        names: &Names,
        portfolios: &[Counts],
        in_use: &mut impl FnMut(usize) -> u64,
    ) {
        for index in judge.portfolio_order() {
            let mine = |n: &&crate::policy::judge::NumberState| n.portfolio == index;
            // A portfolio without numbers was only verified.
            if judge.numbers.iter().any(|n| mine(&n)) {
                let shared = judge.shared_scope(index).map(|s| (in_use(s), judge.scopes[s].limit));
                let group = Group::Portfolio { index, shared };
                self.group_days.push(GroupDay { day, group, counts: portfolios[index] });
            }
        }
        for index in names.templates.order().iter().map(|i| *i as usize) {
            let state: Option<&TemplateState> =
                names.templates.list()[index].judged.map(|t| &judge.templates[t]);
            let group = Group::Template {
                index,
                score: state.and_then(|s| s.score),
                rating: state.map(|s| s.rating).unwrap_or_default(),
                status: state.map(|s| s.status).unwrap_or_default(),
            };
            let counts = self.templates.get_mut(index).map(std::mem::take).unwrap_or_default();
            self.group_days.push(GroupDay { day, group, counts });
        }
        for index in names.campaigns.order().iter().map(|i| *i as usize) {
            let counts = self.campaigns.get_mut(index).map(std::mem::take).unwrap_or_default();
            if counts != Counts::default() {
                self.group_days.push(GroupDay { day, group: Group::Campaign { index }, counts });
            }
        }
    }
}
