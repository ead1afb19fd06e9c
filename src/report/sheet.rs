//! What charts of studies share: the lines above and beneath the drawing, and a round scale.
//!
//! Must not know what a study found.

use serde::{Deserialize, Serialize};

use crate::report::axis;
use crate::report::style::{self, Canvas, Size, Type};
use crate::report::words;

/// What stands above and beneath a chart of a study in words. Kept in `manifest.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caption {
    /// What was looked at: the scenario's name, or those of several.
    pub name: String,
    /// The question it answers; may be empty.
    pub question: String,
    /// The answer to it, as far as the chart has room for it.
    pub answer: String,
    /// What it was made from, for the small print.
    pub made: String,
}

impl Caption {
    /// The name as it stands in the title of a document.
    pub fn short(&self) -> String {
        words::shorten(&words::clean(&self.name), 80)
    }

    /// Writes the answer above a drawing, and the question it answers under it.
    pub fn draw(&self, canvas: &mut Canvas) {
        let (title, under) = match (self.answer.trim(), self.question.trim()) {
            ("", "") => (self.name.trim(), ""),
            ("", question) => (question, ""),
            both => both,
        };
        header(canvas, title, &[under]);
    }
}

/// Left and right edge of everything that is no axis.
pub fn margin(size: Size) -> f64 {
    size.pick(24.0, 8.0)
}

/// The height of a chart with a row for each of something: a slide keeps its own.
pub fn height(size: Size, wanted: f64) -> f64 {
    match size {
        Size::Page | Size::Column => wanted,
        Size::Slide => wanted.max(size.height()),
    }
}

/// Where a drawing begins that begins at `page` on a page: higher where no question and no answer stand above it.
pub fn top(size: Size, page: f64) -> f64 {
    page - size.pick(0.0, 58.0)
}

/// A title that says what was found, in up to two lines, and what stands under it: as many of these texts as fit on a line.
/// A column has neither: its caption does.
pub fn header(canvas: &mut Canvas, title: &str, under: &[&str]) {
    if canvas.is_column() {
        return;
    }
    let (margin, room) = (margin(canvas.size()), canvas.width() - 2.0 * margin(canvas.size()));
    let (kind, lines) = title_lines(&words::clean(title), room);
    let (first, below) = if lines.len() > 1 { (22.0, 56.0) } else { (31.0, 51.0) };
    for (i, line) in lines.iter().enumerate() {
        canvas.text((margin, first + 17.0 * i as f64), kind, line);
    }
    let texts: Vec<String> = under.iter().map(|t| words::clean(t)).filter(|t| !t.trim().is_empty()).collect();
    let mut fits = texts.len();
    while fits > 1 && SENTENCE.width(&texts[..fits].join(" · ")) > room {
        fits -= 1;
    }
    canvas.text((margin, below), SENTENCE, &clauses(SENTENCE, &texts[..fits].join(" · "), room));
}

/// A title in the largest type in which it fits on a line, else on two; where it is longer, what stands in brackets goes
/// first, then clauses from its end.
fn title_lines(title: &str, room: f64) -> (Type, Vec<String>) {
    let title = title.trim().trim_end_matches('.');
    let bold = |size: f64| Type::bold(size, style::INK);
    if let Some(kind) = [17.0, 15.0].map(bold).into_iter().find(|k| k.width(title) <= room) {
        return (kind, vec![title.to_string()]);
    }
    let mut said = title.to_string();
    loop {
        for kind in [15.0, 13.0].map(bold) {
            let lines = wrapped(kind, &said, room);
            if lines.len() <= 2 {
                return (kind, lines);
            }
        }
        match shorter(&said) {
            Some(less) => said = less,
            None => return (bold(13.0), bold(13.0).lines(&said, room, 2)),
        }
    }
}

/// All of a text in lines, however many; a word that is wider than the room is broken.
pub fn wrapped(kind: Type, text: &str, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    // Signs of percent stay with their numbers.
    let text = text.replace(" %", "\u{a0}%");
    for word in text.split_inclusive([' ', '_', '.', ',', '-', '/']) {
        let line = lines.last_mut().expect("never empty");
        if kind.width(&format!("{line}{}", word.trim_end())) <= room {
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(String::new());
        }
        for c in word.chars() {
            let line = lines.last_mut().expect("never empty");
            if !line.is_empty() && c != ' ' && kind.width(&format!("{line}{c}")) > room {
                lines.push(c.to_string());
            } else {
                line.push(c);
            }
        }
    }
    lines.iter().map(|l| l.trim_end().replace('\u{a0}', " ")).filter(|l| !l.is_empty()).collect()
}

/// A sentence without what stands in its last brackets, else without its last clause.
fn shorter(sentence: &str) -> Option<String> {
    if let (Some(open), Some(close)) = (sentence.rfind(" ("), sentence.rfind(')'))
        && open < close
    {
        return Some(format!("{}{}", &sentence[..open], &sentence[close + 1..]));
    }
    let at = ["; ", ", ", ": "].iter().filter_map(|end| sentence.rfind(end)).max()?;
    Some(sentence[..at].to_string())
}

/// What stands under a title.
const SENTENCE: Type = Type::plain(12.0, style::SOFT);

/// As many of a sentence's parts as fit: half a figure says less than none, and what stands in brackets is one part. A first
/// part that is too long is cut.
fn clauses(kind: Type, sentence: &str, room: f64) -> String {
    if kind.width(sentence) <= room {
        return sentence.to_string();
    }
    let mut said = sentence.trim_end_matches('.');
    while kind.width(said) > room {
        let open = |at: &usize| said[..*at].matches('(').count() > said[..*at].matches(')').count();
        let ends = ["; ", ", ", ": "].iter().flat_map(|end| said.match_indices(end)).map(|(at, _)| at);
        match ends.filter(|at| !open(at)).max() {
            Some(at) => said = &said[..at],
            None => return kind.fit(sentence, room),
        }
    }
    said.to_string()
}

/// The small print beneath a drawing: how to read it, and what it was made from.
#[derive(Clone, Debug)]
pub struct Foot {
    size: Size,
    lines: Vec<String>,
}

impl Foot {
    /// As many lines as they need, up to two for each, or three in a column; beyond that, clauses go from the end.
    pub fn of(size: Size, reading: &str, tail: &str) -> Foot {
        let room = size.width() - 2.0 * margin(size);
        let most = size.pick(2, 3);
        let lines = SMALL.lines(reading, room, most).into_iter().chain(SMALL.lines(tail, room, most));
        Foot { size, lines: lines.collect() }
    }

    fn leading(&self) -> f64 {
        self.size.pick(14.0, 12.5)
    }

    /// What it takes at the bottom of the paper, in pixels.
    pub fn height(&self) -> f64 {
        6.0 + self.leading() * self.lines.len() as f64
    }

    /// Writes it, its last baseline so far above the lower edge.
    pub fn draw_above(&self, canvas: &mut Canvas, edge: f64) {
        let margin = margin(self.size);
        for (i, line) in self.lines.iter().enumerate() {
            let under = self.lines.len() - 1 - i;
            let baseline = canvas.height() - edge - self.leading() * under as f64;
            canvas.text((margin, baseline), SMALL, line);
        }
    }

    /// Writes it.
    pub fn draw(&self, canvas: &mut Canvas) {
        self.draw_above(canvas, 8.0);
    }
}

/// Small print.
const SMALL: Type = Type::plain(10.0, style::SOFT);

/// A text in the middle between two pixels, in two lines where one is not enough.
pub fn centred(canvas: &mut Canvas, (left, right): (f64, f64), baseline: f64, kind: Type, text: &str) {
    // It may lean out of the plot it belongs to, not out of the paper.
    let room = canvas.width() - 12.0;
    for (i, line) in kind.lines(text, room, 2).iter().enumerate() {
        let half = 0.5 * kind.width(line) + 5.0;
        let middle = (0.5 * (left + right)).clamp(half, (canvas.width() - half).max(half));
        canvas.text((middle, baseline + 13.0 * i as f64), kind.middle(), line);
    }
}

/// The data of a chart as CSV: columns, and a field for each of them in every row.
pub fn table(columns: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut out = columns.join(",");
    out.push('\n');
    for row in rows {
        debug_assert_eq!(row.len(), columns.len());
        out.push_str(&row.iter().map(|f| field(f)).collect::<Vec<_>>().join(","));
        out.push('\n');
    }
    out
}

/// A field of a table.
pub fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_string()
    }
}

/// A number that may be missing: empty, and never minus nought.
pub fn maybe(v: Option<f64>) -> String {
    v.map_or(String::new(), |v| format!("{}", v + 0.0))
}

/// A scale with round ends that holds all these values: its ends and the step between ticks, about five of them. It
/// begins at zero where the values come near it, or where `from_zero` says so; none without a finite value.
pub fn scale(values: impl Iterator<Item = f64>, from_zero: bool) -> Option<(f64, f64, f64)> {
    let (mut low, mut high) = values
        .filter(|v| v.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low > high {
        return None;
    }
    if low > 0.0 && (from_zero || low < 0.5 * high) {
        low = 0.0;
    }
    if high <= low {
        high = low + low.abs().max(1e-3);
    }
    let step = axis::step_above((high - low) / 5.0);
    Some(((low / step).floor() * step, (high / step).ceil() * step, step))
}

/// The ticks of a scale; what rounding left of zero is zero.
pub fn ticks((low, high, step): (f64, f64, f64)) -> impl Iterator<Item = f64> {
    let count = ((high - low) / step).round() as usize;
    (0..=count).map(move |k| {
        let v = low + k as f64 * step;
        if v.abs() < step * 1e-6 { 0.0 } else { v }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_cut_between_clauses_and_never_in_brackets() {
        let kind = Type::plain(12.0, style::SOFT);
        let sentence = "b against a: red 2 % instead of 9 % (-7 points, 95 % interval -9 to -5); delivered 40 instead of 50.";
        let to = |text: &str| clauses(kind, sentence, kind.width(text) + 1.0);
        let first = "b against a: red 2 % instead of 9 % (-7 points, 95 % interval -9 to -5)";
        assert_eq!(to(sentence), sentence);
        assert_eq!(to(&format!("{first}; delivered 4")), first);
        assert_eq!(to("b against a: red 2 % instead of 9 % (-7 points, 95 % int"), "b against a");
    }

    #[test]
    fn scales_are_round_and_hold_everything() {
        assert_eq!(scale([0.2, 0.9].into_iter(), false), Some((0.0, 1.0, 0.2)));
        assert_eq!(scale([38_400.0, 39_005.0].into_iter(), false), Some((38_400.0, 39_200.0, 200.0)));
        assert_eq!(scale([0.8, 0.9].into_iter(), true).map(|s| s.0), Some(0.0));
        let (low, high, _) = scale([-3.0, 4.0].into_iter(), false).unwrap();
        assert!(low <= -3.0 && high >= 4.0);
        assert_eq!(scale([f64::NAN].into_iter(), false), None);
        assert!(scale([5.0, 5.0].into_iter(), false).is_some());
        let rows = vec![vec!["a,b".to_string(), maybe(Some(-0.0))], vec![String::new(), maybe(None)]];
        assert_eq!(table(&["x", "y"], rows), "x,y\n\"a,b\",0\n,\n");
        let all: Vec<f64> = ticks((-0.2, 0.4, 0.2)).collect();
        assert_eq!(all[1], 0.0);
        assert_eq!(all.len(), 4);
    }
}
