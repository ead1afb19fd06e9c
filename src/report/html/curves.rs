//! What the interactive charts draw, as one JSON text: a picture, thinned to what a screen can show.
//!
//! Times are seconds since 1970, those of scores as differences from the one before; the page's script adds them up.
//! Must not know how any of it is drawn.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::messaging::{Limit, QualityRating};
use crate::report::picture::Picture;
use crate::report::picture::limit::Panel;
use crate::report::picture::rating::{Score, extremes};
use crate::report::series::{self, RibbonPoint};
use crate::report::words;
use crate::sim::SimTime;

/// Evaluations on a page, over all numbers.
const SCORES_MAX: usize = 8000;
/// And of one number at least.
const SCORES_LEAST: usize = 200;

/// The picture as JSON.
pub(super) fn curves(picture: &Picture) -> Value {
    let about = &picture.about;
    let days = about.days();
    let numbers: Vec<String> = about.numbers.iter().map(|n| words::clean(n)).collect();
    let budget = (SCORES_MAX / numbers.len().max(1)).max(SCORES_LEAST);
    let eras = about.eras.iter().filter(|(from, _)| *from > about.start && *from < about.horizon);
    let column = |pick: fn(&crate::report::picture::funnel::Day) -> u64| -> Vec<u64> {
        picture.funnel.days.iter().map(pick).collect()
    };
    json!({
        "start": seconds(about.start),
        "end": seconds(about.horizon),
        "judged": about.judged,
        "warm": seconds(about.start + about.warm_up),
        "first_day": seconds(days.first),
        "days": days.count,
        "replications": about.replications,
        "spread": spread_words(about.replications),
        "spread_short": series::spread_name(about.replications),
        "thresholds": [about.thresholds.0, about.thresholds.1],
        "eras": eras.map(|(from, name)| json!([seconds(*from), words::clean(name)])).collect::<Vec<_>>(),
        "numbers": numbers,
        "scores": (0..numbers.len()).map(|n| scores(picture, n, budget)).collect::<Vec<_>>(),
        "spreads": picture.ratings.spreads.iter().map(|s| ribbon(s)).collect::<Vec<_>>(),
        "rules": picture.ratings.rules.iter().map(|c| colours(c)).collect::<Vec<_>>(),
        "platform": picture.ratings.platform.iter().map(|c| colours(c)).collect::<Vec<_>>(),
        "stopped": picture.ratings.stopped.iter().map(|s| {
            s.iter().map(|(from, until)| json!([seconds(*from), seconds(*until)])).collect::<Vec<_>>()
        }).collect::<Vec<_>>(),
        "limits": picture.limits.panels.iter().map(panel).collect::<Vec<_>>(),
        "funnel": {
            "sent": column(|d| d.sent),
            "refused": column(|d| d.refused),
            "delivered": column(|d| d.delivered),
            "read": column(|d| d.read),
            "blocked": column(|d| d.blocked),
            "reported": column(|d| d.reported),
        },
    })
}

/// What a ribbon holds, as a noun phrase.
fn spread_words(replications: usize) -> &'static str {
    match series::spread_name(replications) {
        "range" => "lowest to highest of the replications",
        _ => "9 in 10 replications",
    }
}

pub(super) fn seconds(at: SimTime) -> i64 {
    at.0.div_euclid(1000)
}

/// Five significant digits: more than a chart or a reader can tell apart.
pub(super) fn short(v: f64) -> f64 {
    format!("{v:.4e}").parse().unwrap_or(v)
}

/// Times as differences, and scores; none where there is nothing to divide by.
fn scores(picture: &Picture, number: usize, budget: usize) -> Value {
    let all = picture.ratings.of_number(number);
    let kept = thinned(all, budget);
    // The last few messages of an emptying window give wild scores that decide nothing; a number that is never rated has
    // no others to show.
    let never = !all.iter().any(is_rated);
    let mut before = 0;
    let mut times = Vec::with_capacity(kept.len());
    for s in kept.iter() {
        let at = seconds(s.time);
        times.push(at - before);
        before = at;
    }
    let values: Vec<Option<f64>> =
        kept.iter().map(|s| s.score.filter(|_| never || is_rated(s)).map(short)).collect();
    json!({ "t": times, "v": values })
}

fn is_rated(s: &Score) -> bool {
    s.score.is_some() && s.rating != QualityRating::Unknown
}

/// The evaluations that a screen can tell apart: the extremes of each stretch, and wherever scores begin or end.
fn thinned(all: &[Score], budget: usize) -> Cow<'_, [Score]> {
    if all.len() <= budget {
        return Cow::Borrowed(all);
    }
    let stretches = (budget / 4).max(1) as i64;
    let (first, last) = (all[0].time, all[all.len() - 1].time);
    let length = ((last - first).0 / stretches + 1).max(1);
    let stretch = |s: &Score| ((s.time - first).0 / length, s.score.is_some(), is_rated(s));
    Cow::Owned(extremes(all, |a, b| stretch(a) == stretch(b)))
}

fn letter(rating: QualityRating) -> &'static str {
    match rating {
        QualityRating::Green => "G",
        QualityRating::Yellow => "Y",
        QualityRating::Red => "R",
        QualityRating::Unknown => "U",
    }
}

pub(super) fn colours(all: &[(SimTime, QualityRating)]) -> Vec<Value> {
    all.iter().map(|(from, rating)| json!([seconds(*from), letter(*rating)])).collect()
}

/// Day from 0, low, middle, high.
fn ribbon(points: &[RibbonPoint]) -> Vec<Value> {
    points.iter().map(|p| json!([p.day, short(p.low), short(p.middle), short(p.high)])).collect()
}

fn panel(p: &Panel) -> Value {
    let value = |l: Limit| match l {
        Limit::Of(n) => json!(n),
        Limit::Unlimited => json!("unlimited"),
    };
    let steps = p
        .steps
        .iter()
        .map(|s| json!([seconds(s.time), value(s.to), words::clean(&words::limit_rule(&s.rule))]));
    json!({
        "label": words::clean(&p.label),
        "start": p.start.map(value),
        "steps": steps.collect::<Vec<_>>(),
        "slots": p.slots,
        "slots_spread": ribbon(&p.slots_spread),
    })
}

/// JSON that can stand in a page: it ends no script element and holds no line end that JavaScript knows.
pub(super) fn embeddable(value: &Value) -> String {
    let text = value.to_string();
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{Shape, sample, shapes};

    #[test]
    fn no_text_gets_out_of_its_element() {
        let text = "</script><!--\u{2028}&amp;";
        let out = embeddable(&json!({ "a": text }));
        assert!(!out.contains('<') && !out.contains('\u{2028}') && !out.contains('&'), "{out}");
        let back: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(back["a"], text);
    }

    #[test]
    fn every_shape_is_small_and_has_finite_numbers_only() {
        for shape in shapes() {
            let picture = Picture::of(&sample(&shape));
            let out = curves(&picture);
            let text = out.to_string();
            assert!(text.len() < 220_000, "{shape:?}: {} bytes", text.len());
            for (n, s) in out["scores"].as_array().unwrap().iter().enumerate() {
                let at: i64 = s["t"].as_array().unwrap().iter().map(|t| t.as_i64().unwrap()).sum();
                let last = picture.ratings.of_number(n).last();
                assert_eq!(at, last.map_or(0, |s| seconds(s.time)), "differences add up to the last instant");
            }
        }
    }

    #[test]
    fn thinning_keeps_ends_and_extremes() {
        let mut picture = Picture::of(&sample(&Shape { days: 60, ..Shape::default() }));
        picture.ratings.scores[777].score = Some(9.5);
        let all = picture.ratings.of_number(0);
        let kept = thinned(all, 200);
        assert!(kept.len() <= 260 && kept.iter().any(|s| s.score == Some(9.5)), "{}", kept.len());
        assert_eq!((kept.first(), kept.last()), (all.first(), all.last()));
        assert!(kept.windows(2).all(|w| w[0].time < w[1].time));
    }
}
