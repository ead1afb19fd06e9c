//! Where the figure that leads passes the bound, in one sentence over all lines of a sweep.
//!
//! Pure text; must not know how lines are drawn.

use super::slices::{self, Line, Slices};
use super::{at_values, full, number, rounded};
use crate::experiment::study::crossing::{Passage, passage};
use crate::experiment::study::design::Scale;
use crate::experiment::study::swept::Swept;
use crate::report::{figures, words};

/// Most names of another axis that are told one by one.
const NAMES_TOLD: usize = 4;

/// On which side of the bound a line lies, or how it changes sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    Rises,
    Falls,
    Below,
    Above,
}

/// A line and how it stands to the bound.
struct Told<'a> {
    line: &'a Line,
    p: Passage,
}

impl Told<'_> {
    fn course(&self) -> Course {
        match (self.p.at.is_some(), self.p.rising, self.p.starts_above) {
            (true, true, _) => Course::Rises,
            (true, false, _) => Course::Falls,
            (false, _, false) => Course::Below,
            (false, _, true) => Course::Above,
        }
    }
}

/// The sentences: where the bound is passed along one axis, whatever the other's value or by it, and the points next to
/// the bound. Empty where nothing can be said of lines.
pub fn sentences(s: &Swept, figure: usize) -> Vec<String> {
    let cut = slices::all(s);
    let asked = &s.asked[figure];
    if !asked.measure.is_chance() || !cut.is_numeric() || cut.scattered {
        return Vec::new();
    }
    let of = |line| {
        let samples = cut.samples(s, line, figure);
        (samples.len() > 1).then(|| Told { line, p: passage(&samples, s.head.boundary, cut.log) })
    };
    let lines: Vec<Told<'_>> = cut.lines.iter().filter_map(of).collect();
    if lines.is_empty() {
        return Vec::new();
    }
    let teller = Teller { s, cut: &cut, figure, bound: words::threshold(s.head.boundary) };
    let mut out = vec![format!("{}{}.", teller.main(&lines), teller.caveats(&lines))];
    if cut.by.is_some() && lines.iter().any(|l| l.p.at.is_some()) {
        out.extend(teller.nearest(&lines));
    }
    out
}

struct Teller<'a> {
    s: &'a Swept,
    cut: &'a Slices,
    figure: usize,
    bound: String,
}

impl Teller<'_> {
    fn main(&self, lines: &[Told<'_>]) -> String {
        let name = words::capital(&figures::name(&self.s.asked[self.figure]));
        let passing: Vec<&Told<'_>> = lines.iter().filter(|l| l.p.at.is_some()).collect();
        let Some(first) = passing.first() else { return format!("{name} {}", self.sides(lines)) };
        let one_way = passing.iter().all(|l| l.course() == first.course());
        let verb = match (one_way, first.p.rising) {
            (true, true) => "passes",
            (true, false) => "falls below",
            (false, _) => "crosses",
        };
        let head = format!("{name} {verb} {}", self.bound);
        let x = full(&self.s.head, self.cut.x);
        let Some(by) = self.cut.by.map(|by| full(&self.s.head, by)) else {
            let (place, luck) = self.places(&passing);
            return format!("{head} with the {x} {place} ({luck})");
        };
        if passing.len() == lines.len() {
            if one_way && let Some(moved) = self.moved(&passing, &by) {
                return format!("{head} {moved}");
            }
            let (place, luck) = self.places(&passing);
            let every = match lines {
                [_] => format!(" and the {by} at {}", self.which(lines, |_| true)),
                _ if self.is_ordered() => {
                    format!(", for every value of the {by} from {}", self.which(lines, |_| true))
                }
                _ => format!(", for every value of the {by}"),
            };
            return format!("{head} with the {x} {place}{every} ({luck})");
        }
        let (place, luck) = self.places(&passing);
        let others = self.others(lines);
        let at = self.which(lines, |l| l.p.at.is_some());
        format!("{head} with the {x} {place} and the {by} at {at} ({luck}); {others}")
    }

    /// That no line passes the bound: on which side all lie, or which lie on which.
    fn sides(&self, lines: &[Told<'_>]) -> String {
        let above = lines.iter().filter(|l| l.course() == Course::Above).count();
        let whole = if self.cut.by.is_some() { "at every point" } else { "in the whole range" };
        if above > 0 && above < lines.len() {
            let by = self.cut.by.map_or(String::new(), |by| full(&self.s.head, by));
            let with = |course: Course| self.which(lines, |l| l.course() == course);
            return format!(
                "is above {} with the {by} at {} and stays below at {}, whatever the {}",
                self.bound,
                with(Course::Above),
                with(Course::Below),
                full(&self.s.head, self.cut.x)
            );
        }
        let points = lines.iter().flat_map(|l| &l.line.points).copied();
        let valued = points.filter_map(|i| Some((i, self.s.points[i].estimates[self.figure].value?)));
        let (least, most) = (above > 0, above == 0);
        // Of points that are equal the one at the end towards the bound says more.
        let rising = lines[0].p.rising;
        let found = valued.reduce(|a, b| {
            let better = if most { b.1 > a.1 } else { b.1 < a.1 };
            let later = b.1 == a.1 && (rising == most);
            if better || later { b } else { a }
        });
        let word = if least { "at least" } else { "at most" };
        let told = found.map_or(String::new(), |(i, _)| format!(" ({word} {})", self.point(i)));
        let verb = if least { "is above" } else { "stays below" };
        let near = lines.iter().any(|l| l.p.near);
        let luck = if near { "; the intervals do not rule a passage out" } else { "" };
        format!("{verb} {} {whole}{told}{luck}", self.bound)
    }

    /// Where lines pass the bound, all of them together, and what to think of it.
    fn places(&self, lines: &[&Told<'_>]) -> (String, String) {
        let all = |of: fn(&Passage) -> Option<f64>| -> Option<Vec<f64>> {
            lines.iter().map(|l| of(&l.p)).collect()
        };
        let least = |of: Vec<f64>| of.into_iter().fold(f64::INFINITY, f64::min);
        let most = |of: Vec<f64>| of.into_iter().fold(f64::NEG_INFINITY, f64::max);
        let (from, to) = (all(|p| p.from).map(least), all(|p| p.to).map(most));
        let at: Vec<f64> = lines.iter().filter_map(|l| l.p.at).collect();
        let (first, last) = (number(least(at.clone())), number(most(at)));
        let at = if first == last { first } else { format!("{first} to {last}") };
        let by_value = self.at_both_ends(lines).unwrap_or_else(|| at.clone());
        match (from.map(number), to.map(number)) {
            (Some(from), Some(to)) if from == to => {
                (format!("at {from}"), format!("interpolated: {by_value}"))
            }
            (Some(from), Some(to)) => (format!("between {from} and {to}"), format!("interpolated: {at}")),
            (from, to) => {
                let luck = match (from, to, lines.iter().any(|l| l.p.has_intervals)) {
                    (_, Some(to), _) => {
                        format!("at {to} at the latest, the intervals rule out no lower place")
                    }
                    (Some(from), ..) => {
                        format!("at {from} at the earliest, the intervals rule out no higher place")
                    }
                    (_, _, true) => "intervals as wide as these rule out no place".to_string(),
                    (_, _, false) => "without intervals, nothing is said of luck".to_string(),
                };
                let where_each = if by_value == at { String::new() } else { format!(": {by_value}") };
                (format!("near {at}"), format!("interpolated{where_each}; {luck}"))
            }
        }
    }

    /// Where the first and the last of several lines pass the bound, if the place only rises or only falls between them:
    /// `0.0139 at 300 to 0.00491 at 2400`.
    fn at_both_ends(&self, lines: &[&Told<'_>]) -> Option<String> {
        let at = |l: &Told<'_>| l.p.at.unwrap_or(f64::NAN);
        let (first, last) = (lines.first()?, lines.last()?);
        let steps = || lines.windows(2).map(|pair| at(pair[1]) - at(pair[0]));
        let one_way = steps().all(|s| s <= 0.0) || steps().all(|s| s >= 0.0);
        let told = |l: &Told<'_>| {
            format!("{} at {}", number(at(l)), l.line.label.as_deref().map_or(String::new(), rounded))
        };
        let apart = lines.windows(2).any(|pair| number(at(pair[0])) != number(at(pair[1])));
        // Names have no order: each is told, where there are few.
        if apart && !self.is_ordered() && self.cut.by.is_some() && lines.len() <= NAMES_TOLD {
            return Some(words::list(&lines.iter().map(|l| told(l)).collect::<Vec<_>>(), NAMES_TOLD));
        }
        (apart && self.is_ordered() && one_way).then(|| format!("{} to {}", told(first), told(last)))
    }

    /// That the place moves with the other axis, where the intervals of two lines lie apart.
    fn moved(&self, lines: &[&Told<'_>], by: &str) -> Option<String> {
        let most = lines.iter().filter_map(|l| l.p.from).fold(f64::NEG_INFINITY, f64::max);
        let least = lines.iter().filter_map(|l| l.p.to).fold(f64::INFINITY, f64::min);
        if most < least {
            return None;
        }
        let at = |l: &Told<'_>| l.p.at.unwrap_or(f64::NAN);
        let steps = || lines.windows(2).map(|pair| at(pair[1]) - at(pair[0]));
        let ordered = self.is_ordered();
        let x = full(&self.s.head, self.cut.x);
        let (first, last) = (lines[0], lines[lines.len() - 1]);
        let (how, ends) = match () {
            () if ordered && steps().all(|s| s <= 0.0) => {
                (format!("at a lower {x} the higher the {by}"), [first, last])
            }
            () if ordered && steps().all(|s| s >= 0.0) => {
                (format!("at a higher {x} the higher the {by}"), [first, last])
            }
            () => {
                let low = lines.iter().copied().min_by(|a, b| at(a).total_cmp(&at(b)))?;
                let high = lines.iter().copied().max_by(|a, b| at(a).total_cmp(&at(b)))?;
                (format!("at a {x} that depends on the {by}"), [low, high])
            }
        };
        let told = ends.map(|l| {
            let value = l.line.label.as_deref().map_or(String::new(), rounded);
            format!("at {value} {}", self.places(&[l]).0.trim_start_matches("at "))
        });
        Some(format!(
            "{how}: {} (interpolated: {} and {})",
            told.join(", "),
            number(at(ends[0])),
            number(at(ends[1]))
        ))
    }

    /// What lines do that do not pass the bound.
    fn others(&self, lines: &[Told<'_>]) -> String {
        let of = |course: Course, verb: &str| {
            let found = lines.iter().any(|l| l.course() == course);
            found.then(|| format!("{verb} {}", self.which(lines, |l| l.course() == course)))
        };
        let told = [of(Course::Below, "stays below at"), of(Course::Above, "is above throughout at")];
        format!("it {}", told.into_iter().flatten().collect::<Vec<_>>().join(" and "))
    }

    /// The other axis' values of some lines: `1`, `1 to 3`, `a, b and 2 more`, or how many where they lie scattered.
    fn which(&self, lines: &[Told<'_>], wanted: impl Fn(&Told<'_>) -> bool) -> String {
        let places: Vec<usize> = (0..lines.len()).filter(|i| wanted(&lines[*i])).collect();
        let value = |i: usize| lines[i].line.label.as_deref().map_or(String::new(), rounded);
        match places.as_slice() {
            [] => String::new(),
            [one] => value(*one),
            [first, .., last] if self.is_ordered() && last - first + 1 == places.len() => {
                format!("{} to {}", value(*first), value(*last))
            }
            _ => words::list(&places.iter().map(|i| value(*i)).collect::<Vec<_>>(), 4),
        }
    }

    /// Whether the other axis' values have an order.
    fn is_ordered(&self) -> bool {
        self.cut.by.is_some_and(|by| self.s.head.scales[by] != Scale::Names)
    }

    /// The points next to the bound, one on either side of it on the same line: of all such pairs the closest.
    fn nearest(&self, lines: &[Told<'_>]) -> Option<String> {
        let pairs = lines.iter().flat_map(|l| across(self.s, l.line, self.figure));
        let apart = |(i, k): &(usize, usize)| {
            let value = |i: usize| self.s.points[i].estimates[self.figure].value.unwrap_or(f64::NAN);
            (value(*i) - value(*k)).abs()
        };
        let (i, k) = pairs.min_by(|a, b| apart(a).total_cmp(&apart(b)))?;
        Some(format!("Next to it: {}; {}.", self.point(i), self.point(k)))
    }

    /// A point's figure with its interval, and where it is.
    fn point(&self, i: usize) -> String {
        let (point, asked) = (&self.s.points[i], &self.s.asked[self.figure]);
        let e = &point.estimates[self.figure];
        let range = figures::interval(asked, e);
        let range = if range.is_empty() { String::new() } else { format!(", 95 % interval {range},") };
        format!("{}{range} at {}", figures::estimate(asked, e), at_values(&self.s.head, &point.values))
    }

    fn caveats(&self, lines: &[Told<'_>]) -> String {
        let crooked = lines.iter().filter(|l| !l.p.monotone).count();
        let at = match self.cut.by {
            Some(_) if crooked < lines.len() => {
                format!(" at {crooked} of {} values", lines.len())
            }
            _ => String::new(),
        };
        if crooked == 0 {
            return String::new();
        }
        format!(
            "; no curve that only rises or only falls goes through all the intervals{at}, so see the chart"
        )
    }
}

/// Neighbours on a line with the bound between them, in the line's order.
pub(super) fn across(s: &Swept, line: &Line, figure: usize) -> Vec<(usize, usize)> {
    let value = |i: usize| s.points[i].estimates[figure].value;
    let below = |v: f64| v < s.head.boundary;
    let known: Vec<(usize, bool)> =
        line.points.iter().filter_map(|i| Some((*i, below(value(*i)?)))).collect();
    known.windows(2).filter(|w| w[0].1 != w[1].1).map(|w| (w[0].0, w[1].0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::study::estimate::Estimate;
    use crate::report::sweep::sample;

    /// A grid whose chance of red, with narrow intervals, is this function of the places on both axes.
    fn grid(of: impl Fn(usize, usize) -> f64) -> Swept {
        let mut s = sample::grid();
        for (i, point) in s.points.iter_mut().enumerate() {
            let value = of(i / 4, i % 4);
            let interval = Some(((value - 0.01).max(0.0), (value + 0.01).min(1.0)));
            point.estimates[0] = Estimate { value: Some(value), interval, ..point.estimates[0] };
        }
        s
    }

    fn told(s: &Swept) -> Vec<String> {
        sentences(s, 0)
    }

    #[test]
    fn one_sentence_where_the_other_axis_makes_no_difference() {
        let said = told(&grid(|block, _| if block < 4 { 0.0 } else { 0.5 }));
        assert_eq!(said.len(), 2, "{said:#?}");
        assert!(
            said[0].starts_with("Chance of red passes 5 % with the block chance between 0.00"),
            "{}",
            said[0]
        );
        assert!(
            said[0].contains(
                ", for every value of the dispatches per week of promo from 1 to 7 (interpolated: 0.0"
            ),
            "{}",
            said[0]
        );
        assert!(
            said[1].starts_with("Next to it: 0 %, 95 % interval 0–1 %, at block chance 0.00"),
            "{}",
            said[1]
        );
    }

    #[test]
    fn a_passage_that_moves_is_told_at_both_ends() {
        let said = told(&grid(|block, pace| if block + pace < 6 { 0.0 } else { 0.5 }));
        let start = "Chance of red passes 5 % at a lower block chance the higher the dispatches per week of promo: at 1 between 0.0";
        assert!(said[0].starts_with(start) && said[0].contains(", at 7 between 0.0"), "{}", said[0]);
    }

    #[test]
    fn lines_that_do_not_pass_are_told_after_those_that_do() {
        let said = told(&grid(|block, pace| if pace == 0 || block < 4 { 0.0 } else { 0.5 }));
        assert!(
            said[0].contains(" and the dispatches per week of promo at 3 to 7 (")
                && said[0].ends_with("; it stays below at 1."),
            "{}",
            said[0]
        );
        let said = told(&grid(|_, pace| if pace < 2 { 0.0 } else { 0.5 }));
        // Then lines run along the axis that matters.
        assert!(said[0].starts_with("Chance of red passes 5 % with the dispatches per week of promo between 3 and 5, for every value of the block chance from 0.002 to 0.05"), "{}", said[0]);
        let said = told(&grid(|_, _| 0.0));
        assert!(
            said.len() == 1
                && said[0].starts_with("Chance of red stays below 5 % at every point (at most 0 %"),
            "{said:#?}"
        );
    }

    #[test]
    fn the_points_next_to_the_bound_are_neighbours_on_one_line_and_stand_in_the_table() {
        // All below are alike: the nearest is the last of them.
        let s = grid(|block, _| if block < 4 { 0.0 } else { 0.5 });
        let said = told(&s);
        let values = |i: usize| s.points[i].values.iter().map(|v| rounded(v)).collect::<Vec<_>>();
        for i in [12, 16] {
            let at = format!("at block chance {} and dispatches per week {}", values(i)[0], values(i)[1]);
            assert!(said[1].contains(&at), "{at}: {}", said[1]);
        }
        let rows = super::super::text::rows(&s);
        assert!(
            rows.len() <= 24 && [12, 13, 14, 15, 16, 17, 18, 19].iter().all(|i| rows.contains(i)),
            "{rows:?}"
        );
    }
}
