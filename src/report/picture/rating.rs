//! Score lines, their spread over replications, and colours over time: `charts/rating.csv`.

use rustc_hash::FxHashMap;

use crate::experiment::measure::{DailyPoint, RatingRow, RunResult};
use crate::messaging::QualityRating;
use crate::report::picture::table::{In, Maybe, Out, Row, Unreadable};
use crate::report::series::{self, Days, RibbonPoint};
use crate::sim::SimTime;

/// The table's name in the folder.
pub const FILE: &str = "charts/rating.csv";
/// Ribbons of more numbers than this would hide each other.
pub const RIBBONS_MAX: usize = 3;
/// Evaluations of a number that are kept as they are; of more, the extremes of each of so many stretches of the run.
const STRETCHES: i64 = 700;

/// Colours over time, each from an instant on.
pub type Colours = Vec<(SimTime, QualityRating)>;

/// A number at an evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// Index into the numbers.
    pub number: usize,
    /// The evaluation.
    pub time: SimTime,
    /// Weighted negative signals per message; none where there is nothing to divide by.
    pub score: Option<f64>,
    /// Colour after it; UNKNOWN where the number is not rated.
    pub rating: QualityRating,
}

/// What the chart of scores and ratings shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ratings {
    /// By number, then time.
    pub scores: Vec<Score>,
    /// Per number: how the score at a day's end spreads over replications, where it was rated.
    pub spreads: Vec<Vec<RibbonPoint>>,
    /// Per number: the colour that the rules give it.
    pub rules: Vec<Colours>,
    /// Per number: the colour that the platform reported.
    pub platform: Vec<Colours>,
    /// Per number: when its account was restricted, locked or disabled: from, until.
    pub stopped: Vec<Vec<(SimTime, SimTime)>>,
}

impl Ratings {
    /// Reads them out of a result.
    pub fn of(result: &RunResult) -> Ratings {
        let numbers = 0..result.numbers.len();
        let mut rows: Vec<Vec<&RatingRow>> = vec![Vec::new(); numbers.len()];
        result.first.ratings.iter().for_each(|r| rows[r.number].push(r));
        let spread = |n| match numbers.len() <= RIBBONS_MAX {
            true => series::ribbon(result, n, rated_score),
            false => Vec::new(),
        };
        Ratings {
            scores: rows.iter().enumerate().flat_map(|(n, rows)| kept(result, n, rows)).collect(),
            spreads: numbers.clone().map(spread).collect(),
            rules: numbers.clone().map(|n| series::colours(result, n)).collect(),
            platform: numbers.clone().map(|n| result.platform.of(n).to_vec()).collect(),
            stopped: numbers.clone().map(|n| series::stopped(result, n)).collect(),
        }
    }

    /// The scores of a number, in time order.
    pub fn of_number(&self, number: usize) -> &[Score] {
        let from = self.scores.partition_point(|s| s.number < number);
        let to = self.scores.partition_point(|s| s.number <= number);
        &self.scores[from..to]
    }

    /// Whether a grey stretch in a number's colours asks for a word. The first hours of any run are grey; that goes
    /// without saying.
    pub fn grey(&self, number: usize, start: SimTime) -> bool {
        let colours = &self.rules[number];
        let late =
            |(from, colour): &(SimTime, QualityRating)| *from > start || *colour == QualityRating::Unknown;
        colours.first().is_none_or(late) || colours.iter().any(|(_, c)| *c == QualityRating::Unknown)
    }

    /// As a table: `what` is `score` (at `from`), `spread` (over the day from `from`), `rules`, `platform` (a colour from
    /// `from` on) or `stopped` (from, until).
    pub fn csv(&self, days: &Days, numbers: &[String]) -> String {
        let mut out =
            Out::new(&["what", "number", "from", "until", "score", "low", "high", "replications", "rating"]);
        for (n, name) in numbers.iter().enumerate() {
            for s in self.of_number(n) {
                out.row([&"score", name, &s.time, &"", &Maybe(s.score), &"", &"", &"", &s.rating]);
            }
            for p in &self.spreads[n] {
                let from = days.start(p.day);
                out.row([&"spread", name, &from, &"", &p.middle, &p.low, &p.high, &p.replications, &""]);
            }
            for (what, colours) in [("rules", &self.rules[n]), ("platform", &self.platform[n])] {
                for (from, rating) in colours {
                    out.row([&what, name, from, &"", &"", &"", &"", &"", rating]);
                }
            }
            for (from, until) in &self.stopped[n] {
                out.row([&"stopped", name, from, until, &"", &"", &"", &"", &""]);
            }
        }
        out.end()
    }

    /// Reads the table again.
    pub fn parse(text: &str, days: &Days, numbers: &[String]) -> Result<Ratings, Unreadable> {
        let mut out = Ratings {
            scores: Vec::new(),
            spreads: vec![Vec::new(); numbers.len()],
            rules: vec![Vec::new(); numbers.len()],
            platform: vec![Vec::new(); numbers.len()],
            stopped: vec![Vec::new(); numbers.len()],
        };
        let places: FxHashMap<&str, usize> =
            numbers.iter().enumerate().map(|(i, n)| (n.as_str(), i)).collect();
        let table = In::new(FILE, text)?;
        for row in table.rows() {
            let number = row.by("number", "a number of the manifest", |id| places.get(id).copied())?;
            let from = time(&row, "from")?;
            match row.text("what")? {
                "score" => out.scores.push(Score {
                    number,
                    time: from,
                    score: row.maybe("score")?,
                    rating: colour(&row)?,
                }),
                "spread" => out.spreads[number].push(ribbon_point(&row, days, "score")?),
                "rules" => out.rules[number].push((from, colour(&row)?)),
                "platform" => out.platform[number].push((from, colour(&row)?)),
                "stopped" => out.stopped[number].push((from, time(&row, "until")?)),
                other => {
                    let allowed = "score, spread, rules, platform or stopped";
                    return Err(row.fault(format!("what {other:?}"), allowed));
                }
            }
        }
        // By number, however the rows stand: a table may have been sorted by hand.
        out.scores.sort_by_key(|s| s.number);
        Ok(out)
    }
}

/// A day's spread over replications, its middle in the column of this name.
pub(super) fn ribbon_point(row: &Row<'_>, days: &Days, middle: &str) -> Result<RibbonPoint, Unreadable> {
    Ok(RibbonPoint {
        day: days.index(time(row, "from")?),
        low: row.value("low")?,
        middle: row.value(middle)?,
        high: row.value("high")?,
        replications: row.value("replications")?,
    })
}

pub(super) fn time(row: &Row<'_>, column: &str) -> Result<SimTime, Unreadable> {
    row.by(column, "an instant", |text| SimTime::parse(text).ok())
}

fn colour(row: &Row<'_>) -> Result<QualityRating, Unreadable> {
    let allowed = "GREEN, YELLOW, RED or UNKNOWN";
    row.by("rating", allowed, |text| QualityRating::ALL.into_iter().find(|r| r.name() == text))
}

/// The score of a day at whose end the number was rated. The last few messages of an emptying window give wild
/// scores that decide nothing.
fn rated_score(p: &DailyPoint) -> Option<f64> {
    p.score.filter(|_| p.rating != QualityRating::Unknown)
}

/// The evaluations of a number that a chart needs: all, or of a long run the extremes of each stretch, so that a year of
/// hours stays a small file. Every change of colour stays.
fn kept(result: &RunResult, number: usize, rows: &[&RatingRow]) -> Vec<Score> {
    let score = |r: &RatingRow| Score {
        number,
        time: r.time,
        score: r.score.filter(|s| s.is_finite()),
        rating: r.rating,
    };
    let all: Vec<Score> = rows.iter().map(|r| score(r)).collect();
    if all.len() < STRETCHES as usize {
        return all;
    }
    let length = ((result.horizon - result.start).0 / STRETCHES).max(1);
    let alike = |a: &Score, b: &Score| {
        let stretch = |s: &Score| ((s.time - result.start).0 / length, s.rating, s.score.is_some());
        stretch(a) == stretch(b)
    };
    extremes(&all, alike)
}

/// Of each run of scores that are alike the first, the last, the highest, the lowest and the lowest above nought, on which
/// a logarithmic axis hangs.
pub fn extremes(all: &[Score], alike: impl Fn(&Score, &Score) -> bool) -> Vec<Score> {
    let mut out = Vec::new();
    for part in all.chunk_by(|a, b| alike(a, b)) {
        let value = |i: &usize| part[*i].score.unwrap_or(0.0);
        let by = |a: &usize, b: &usize| value(a).total_cmp(&value(b));
        let mut keep = vec![0, part.len() - 1];
        keep.extend((0..part.len()).min_by(by));
        keep.extend((0..part.len()).max_by(by));
        keep.extend((0..part.len()).filter(|i| value(i) > 0.0).min_by(by));
        keep.sort_unstable();
        keep.dedup();
        out.extend(keep.into_iter().map(|i| part[i].clone()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{Shape, sample, shapes};

    #[test]
    fn tables_read_back() {
        for shape in shapes() {
            let result = sample(&shape);
            let days = Days::of(&result);
            let ratings = Ratings::of(&result);
            let text = ratings.csv(&days, &result.numbers);
            assert_eq!(Ratings::parse(&text, &days, &result.numbers).unwrap(), ratings, "{shape:?}");
        }
    }

    #[test]
    fn a_long_run_keeps_its_extremes_and_every_change_of_colour() {
        let mut result = sample(&Shape { days: 200, ..Shape::default() });
        let row = result.first.ratings[0].clone();
        let hour = |i: i64| result.start + crate::sim::SimDuration::hours(i);
        result.first.ratings = (0..4800)
            .map(|i| RatingRow {
                time: hour(i),
                score: Some(if i == 2503 { 99.0 } else { 1.0 + (i % 7) as f64 }),
                rating: if i == 3001 { QualityRating::Red } else { QualityRating::Green },
                ..row.clone()
            })
            .collect();
        let kept = Ratings::of(&result).scores;
        assert!(kept.len() < 3600 && kept.iter().any(|s| s.score == Some(99.0)), "{}", kept.len());
        assert_eq!(kept.iter().filter(|s| s.rating == QualityRating::Red).count(), 1);
        assert_eq!((kept[0].time, kept.last().unwrap().time), (hour(0), hour(4799)));
        assert!(kept.windows(2).all(|w| w[0].time < w[1].time));
    }

    #[test]
    fn faults_name_file_line_and_column() {
        let result = sample(&Shape::default());
        let days = Days::of(&result);
        let text = Ratings::of(&result).csv(&days, &result.numbers);
        let broken = text.replacen("GREEN", "green", 1);
        let fault = Ratings::parse(&broken, &days, &result.numbers).unwrap_err().to_string();
        assert!(
            fault.starts_with("charts/rating.csv, line ") && fault.contains("rating \"green\""),
            "{fault}"
        );
    }
}
