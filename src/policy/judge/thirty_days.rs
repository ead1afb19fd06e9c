//! The lowest colour of each of the last thirty days, as the platform's own console shows it for a number.
//!
//! A memory of colours by UTC day. Must not know how a colour comes about, nor who asks.

use std::collections::VecDeque;

use crate::messaging::QualityRating;
use crate::sim::{SimDuration, SimTime};

/// Days that the platform's console shows (WhatsApp Manager, by 2023: the lowest score of each day for 30 days).
pub const DAYS: usize = 30;

/// The lowest colour of each of the last days on which a number was evaluated or shown a colour.
#[derive(Clone, Debug, Default)]
pub struct ThirtyDays {
    /// Start of the UTC day and its lowest colour, oldest first, without a gap.
    days: VecDeque<(SimTime, QualityRating)>,
}

impl ThirtyDays {
    /// An evaluation turned the colour `before` into `after`. What was shown as a day began belongs to that day,
    /// unless the day begins with this very evaluation.
    pub fn note(&mut self, at: SimTime, before: QualityRating, after: QualityRating) {
        let today = at.day_start();
        match self.days.back_mut() {
            // Colours are ordered worst first, with "not rated" last.
            Some((day, lowest)) if *day == today => *lowest = (*lowest).min(after),
            _ => {
                self.fill(today, before);
                self.push(today, if at == today { after } else { before.min(after) });
            }
        }
    }

    /// Days between the last one and `today` showed what was shown then.
    fn fill(&mut self, today: SimTime, shown: QualityRating) {
        let Some((last, _)) = self.days.back().copied() else { return };
        let oldest = SimTime(today.0 - DAYS as i64 * SimTime::DAY_MS);
        let mut day = (last + SimDuration::DAY).max(oldest);
        while day < today {
            self.push(day, shown);
            day += SimDuration::DAY;
        }
    }

    fn push(&mut self, day: SimTime, lowest: QualityRating) {
        self.days.push_back((day, lowest));
        if self.days.len() > DAYS {
            self.days.pop_front();
        }
    }

    /// The lowest colour of a day; none if there was no evaluation on it.
    pub fn lowest(&self, day: SimTime) -> Option<QualityRating> {
        self.days.iter().rev().find(|d| d.0 == day).map(|d| d.1)
    }

    /// The thirty days that end with the day of an instant, as far as they are known, oldest first; `shown` is the
    /// colour at that instant.
    pub fn until(&self, at: SimTime, shown: QualityRating) -> Vec<(SimTime, QualityRating)> {
        let mut all = self.clone();
        let today = at.day_start();
        if all.lowest(today).is_none() {
            all.fill(today, shown);
            all.push(today, shown);
        }
        let oldest = today.0 - (DAYS as i64 - 1) * SimTime::DAY_MS;
        all.days.into_iter().filter(|d| d.0.0 >= oldest).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use QualityRating::{Green, Red, Unknown, Yellow};

    fn hours(h: i64) -> SimTime {
        SimTime(h * 3_600_000)
    }

    #[test]
    fn a_day_keeps_its_lowest_colour_and_begins_with_what_was_shown() {
        let mut t = ThirtyDays::default();
        t.note(hours(10), Unknown, Green);
        t.note(hours(11), Green, Red);
        t.note(hours(23), Red, Yellow);
        assert_eq!(t.lowest(hours(0)), Some(Red));
        // Midnight's own evaluation begins the day; a later first one finds the night's colour.
        t.note(hours(24), Yellow, Green);
        t.note(hours(49), Green, Green);
        assert_eq!((t.lowest(hours(24)), t.lowest(hours(48))), (Some(Green), Some(Green)));
        t.note(hours(50), Green, Yellow);
        t.note(hours(73), Yellow, Green);
        assert_eq!(t.lowest(hours(72)), Some(Yellow));
    }

    #[test]
    fn days_without_an_evaluation_show_what_was_shown_and_thirty_are_kept() {
        let mut t = ThirtyDays::default();
        t.note(hours(10), Unknown, Red);
        t.note(hours(24 * 3), Red, Green);
        let shown: Vec<_> = t.until(hours(24 * 4 + 5), Green).into_iter().map(|d| d.1).collect();
        assert_eq!(shown, [Red, Red, Red, Green, Green]);
        t.note(hours(24 * 100), Green, Yellow);
        let all = t.until(hours(24 * 100), Yellow);
        assert_eq!((all.len(), all[0], all[29].1), (30, (hours(24 * 71), Green), Yellow));
        let later = t.until(hours(24 * 110), Yellow);
        assert_eq!((later.len(), later[18].1, later[19].1), (30, Green, Yellow));
    }
}
