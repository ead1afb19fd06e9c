//! `report.html`: a whole answer as one file that opens without a network, prints, and reads aloud.
//!
//! The page is `page.html`, its look `page.css`, its charts and filters `page.js`; uPlot draws (`uPlot.LICENSE`). All of
//! it, and the data, stands in the file itself. Takes plain data: answers, pictures, verdicts, finished charts. Must not
//! know how any of these came about, where the page is stored, nor the time of day: the same data gives the same bytes.

mod curves;
mod still;
mod templates;
mod timeline;
mod why;

use minijinja::Environment;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use serde::Serialize;

use crate::experiment::measure::TemplateDays;
use crate::messaging::Verdict;
use crate::report::answer::{ASSUMED_OF_PEOPLE, ASSUMED_OF_RULES, Answer, CONTRIBUTORS, Figure, Table};
use crate::report::picture::Picture;
use crate::report::words;

/// The file's name in a folder of results.
pub const FILE: &str = "report.html";

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
const UPLOT: &str = include_str!("uPlot.iife.min.js");
/// Its licence asks to go wherever it goes.
const UPLOT_LICENCE: &str = include_str!("uPlot.LICENSE");
const UPLOT_STYLE: &str = include_str!("uPlot.min.css");

/// Figures that stand out; the others are in a table.
const CARDS_MAX: usize = 8;
/// Columns of values that fit the width of a page beside their names.
const ABREAST: usize = 4;
/// Charts that the page draws itself: their finished forms are for paper, and for readers without scripts.
const DRAWN: [&str; 3] = ["rating", "limit", "funnel"];

/// A finished chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Still<'a> {
    /// File name in `charts/` without its ending.
    pub name: &'a str,
    /// What it shows, in words.
    pub title: &'a str,
    /// A complete SVG document of ours: it is put into the page as it is.
    pub svg: &'a str,
}

/// How to get the same result again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reproduce {
    /// Where they are typed and what has to be there, in sentences; nothing where there are none.
    pub said: String,
    /// Command lines, in order.
    pub commands: Vec<String>,
    /// What the result depends on: what it is, and its value. Seed, versions, hashes.
    pub facts: Vec<(String, String)>,
}

/// The page of a run or a replay. Verdicts and days are of replication 1.
pub fn run_page(
    answer: &Answer,
    picture: &Picture,
    verdicts: &[Verdict],
    template_days: &TemplateDays,
    charts: &[Still<'_>],
    reproduce: &Reproduce,
) -> String {
    let about = &picture.about;
    let last = crate::sim::SimTime(about.horizon.0 - i64::from(about.horizon > about.start));
    let span = format!(
        "{} to {} (UTC), {}",
        about.start.date(),
        last.date(),
        words::plural(about.days().count as u64, "day", "days")
    );
    let run = Run {
        span,
        policy: words::clean(&about.policy),
        replications: words::plural(about.replications as u64, "replication", "replications"),
        replayed: about.seed.is_none(),
        several: about.replications > 1,
        timeline: timeline::timeline(verdicts, about.start),
    };
    let mut data = curves::curves(picture);
    data["templates"] = templates::templates(verdicts, template_days, about);
    let data = curves::embeddable(&data);
    page(answer, charts, reproduce, Some(run), &data)
}

/// The page of a study: a comparison, a sweep, a sensitivity analysis, a search, a plan.
pub fn study_page(answer: &Answer, charts: &[Still<'_>], reproduce: &Reproduce) -> String {
    page(answer, charts, reproduce, None, "null")
}

/// What only the page of a run has.
#[derive(Serialize)]
struct Run {
    span: String,
    policy: String,
    replications: String,
    replayed: bool,
    several: bool,
    timeline: timeline::Timeline,
}

/// A figure that stands out.
#[derive(Serialize)]
struct Card {
    label: String,
    of: String,
    value: String,
    interval: String,
    /// Ends of the interval and the value on a scale from 0 to 100, where the unit has such a scale.
    bar: Option<[f64; 3]>,
}

/// A cell: its text, and how long a bar behind it is, in percent.
#[derive(Serialize)]
struct Cell {
    text: String,
    bar: Option<f64>,
}

/// A table with its columns and cells in the order of drawing.
#[derive(Serialize)]
struct Grid {
    name: String,
    title: String,
    caption: String,
    columns: Vec<(String, bool)>,
    rows: Vec<Vec<Cell>>,
}

/// A sentence in parts, and whether each is a command or a key: what stands between backticks.
type Spans = Vec<(String, bool)>;

fn spans(text: &str) -> Spans {
    // A line that begins with a lone sign of percent reads badly.
    let text = words::clean(text).replace(" %", "\u{a0}%");
    if text.matches('`').count() % 2 == 1 {
        return vec![(text, false)];
    }
    let parts = text.split('`').enumerate().map(|(i, part)| (part.to_string(), i % 2 == 1));
    parts.filter(|(part, _)| !part.is_empty()).collect()
}

/// Everything the template shows.
#[derive(Serialize)]
struct Page<'a> {
    title: String,
    name: String,
    command: String,
    question: String,
    headline: Spans,
    sentences: Vec<Spans>,
    warnings: Vec<[Spans; 2]>,
    cards: Vec<Card>,
    figures: Option<Grid>,
    run: Option<Run>,
    drawn: Vec<still::Inlined>,
    stills: Vec<still::Inlined>,
    origins: Vec<Grid>,
    tables: Vec<Grid>,
    assumptions: Vec<Grid>,
    notes: Vec<Spans>,
    said: String,
    commands: Vec<String>,
    facts: Vec<(String, String)>,
    style: &'a str,
    uplot_style: &'a str,
    uplot: &'a str,
    uplot_licence: &'a str,
    script: &'a str,
    data: &'a str,
}

fn page(
    answer: &Answer,
    charts: &[Still<'_>],
    reproduce: &Reproduce,
    run: Option<Run>,
    data: &str,
) -> String {
    let mut sentences = answer.sentences.iter();
    let drawable = |name: &str| run.is_some() && DRAWN.contains(&name);
    let (drawn, stills) = still::inlined(charts).into_iter().partition(|c| drawable(&c.name));
    let (origins, rest): (Vec<&Table>, Vec<&Table>) =
        answer.tables.iter().partition(|t| t.name == CONTRIBUTORS);
    let (assumptions, tables): (Vec<&Table>, Vec<&Table>) =
        rest.into_iter().partition(|t| [ASSUMED_OF_RULES, ASSUMED_OF_PEOPLE].contains(&t.name.as_str()));
    let (cards, figures) = figures(&answer.command, &answer.figures);
    let name = words::clean(&answer.name);
    let page = Page {
        title: format!("{name}: tiersim {}", words::clean(&answer.command)),
        name,
        command: words::clean(&answer.command),
        question: words::clean(&answer.question),
        headline: spans(sentences.next().unwrap_or(&answer.name)),
        sentences: sentences.map(|s| spans(s)).collect(),
        warnings: answer.warnings.iter().map(|w| [&w.text, &w.advice].map(|t| spans(t))).collect(),
        cards,
        figures,
        run,
        drawn,
        stills,
        origins: origins.into_iter().map(grid).collect(),
        tables: tables.into_iter().map(grid).collect(),
        assumptions: assumptions.into_iter().map(grid).collect(),
        notes: answer.notes.iter().map(|n| spans(n)).collect(),
        said: words::clean(&reproduce.said),
        commands: reproduce.commands.iter().map(|c| words::clean(c)).collect(),
        facts: reproduce
            .facts
            .iter()
            .map(|(what, value)| (words::clean(what), words::clean(value)))
            .collect(),
        style: STYLE,
        uplot_style: UPLOT_STYLE,
        uplot: UPLOT,
        uplot_licence: UPLOT_LICENCE,
        script: SCRIPT,
        data,
    };
    let mut templates = Environment::new();
    let blocks = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    templates.set_syntax(blocks.expect("its marks are the usual ones"));
    // By its name's ending everything in it is escaped unless the template says otherwise.
    templates.add_template(FILE, TEMPLATE).expect("the template ships with this program");
    templates
        .get_template(FILE)
        .and_then(|t| t.render(Serde(page)))
        .expect("its fields are those of the page")
}

/// The figures that stand out, and a table of all where these are not all.
fn figures(command: &str, all: &[Figure]) -> (Vec<Card>, Option<Grid>) {
    let mut whose: Vec<String> = all.iter().map(|f| words::clean(&f.of)).collect();
    whose.sort_unstable();
    whose.dedup();
    // Side by side tells more of several arms or numbers than one after the other.
    let table = all.len() > CARDS_MAX || (whose.len() > 1 && all.len() > 2);
    // Chances are what people ask for, then money and days; counts fill what room is left.
    let place = |f: &Figure| match f.unit.as_str() {
        "share" | "chance" => 0,
        "count" => 2,
        _ => 1,
    };
    let mut chosen: Vec<usize> =
        (0..all.len()).filter(|i| whose.len() < 2 || all[*i].of.is_empty()).collect();
    chosen.sort_by_key(|i| (place(&all[*i]), *i));
    chosen.truncate(CARDS_MAX);
    chosen.sort_unstable();
    let cards = chosen.into_iter().map(|i| card(&all[i])).collect();
    (cards, table.then(|| figure_table(command, all)))
}

fn card(f: &Figure) -> Card {
    let bar = match (f.value, f.low, f.high) {
        (Some(v), Some(low), Some(high)) if matches!(f.unit.as_str(), "share" | "chance") => {
            Some([low, high, v].map(|x| (x.clamp(0.0, 1.0) * 1000.0).round() / 10.0))
        }
        _ => None,
    };
    let [value, interval] = [&f.text, &f.interval].map(|text| words::clean(text));
    Card { label: label(f), of: words::clean(&f.of), value, interval, bar }
}

/// Its name, with the unit where its text does not say it.
fn label(f: &Figure) -> String {
    let unit = words::clean(&f.unit);
    let label = words::capital(&words::clean(&f.label));
    let said = matches!(unit.as_str(), "" | "share" | "chance" | "count") || f.text.contains(&unit);
    if said { label } else { format!("{label} ({unit})") }
}

/// What a figure is of, by the command that found it: a heading.
fn whose(command: &str) -> &'static str {
    match command {
        "sweep" => "Point",
        "sensitivity" => "Parameter",
        "solve" => "Value",
        "tradeoff" | "plan warmup" => "Plan",
        "compare" | "plan recovery" => "Arm",
        "run --assumptions" => "Assumption",
        _ => "Number",
    }
}

/// The figures as a table that fits a page: a row for each figure and a column for each arm or number where these are
/// few, else a row for each of these and a column for each figure, and where both are many a row for each value.
fn figure_table(command: &str, all: &[Figure]) -> Grid {
    let mut of: Vec<&str> = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    for f in all {
        if !of.contains(&f.of.as_str()) {
            of.push(&f.of);
        }
        if !names.contains(&f.name.as_str()) {
            names.push(&f.name);
        }
    }
    let find = |name: &str, of: &str| all.iter().find(|f| f.name == name && f.of == of);
    let cell = |text: String| Cell { text, bar: None };
    let value =
        |name: &&str, of: &&str| cell(find(name, of).map_or("–".to_string(), |f| words::clean(&f.told())));
    let title = |name: &&str| all.iter().find(|f| f.name == **name).map_or(String::new(), label);
    let named = |of: &str| if of.is_empty() { "All".to_string() } else { words::clean(of) };
    let first = |heading: &str| std::iter::once((heading.to_string(), false));
    let (columns, rows): (Vec<(String, bool)>, Vec<Vec<Cell>>) = if of.len() <= ABREAST {
        let heading = |of: &&str| (if of.is_empty() { "Value".to_string() } else { words::clean(of) }, true);
        let row = |name| std::iter::once(cell(title(name))).chain(of.iter().map(|of| value(name, of)));
        (
            first("Figure").chain(of.iter().map(heading)).collect(),
            names.iter().map(|n| row(n).collect()).collect(),
        )
    } else if names.len() <= ABREAST {
        let row = |of| std::iter::once(cell(named(of))).chain(names.iter().map(move |name| value(name, &of)));
        let headings = names.iter().map(|name| (title(name), true));
        (first(whose(command)).chain(headings).collect(), of.iter().map(|of| row(*of).collect()).collect())
    } else {
        let pairs = names.iter().flat_map(|name| of.iter().map(move |of| (name, of)));
        let there = pairs.filter(|(name, of)| find(name, of).is_some());
        let row = |(name, of): (&&str, &&str)| vec![cell(title(name)), cell(named(of)), value(name, of)];
        let columns = first("Figure").chain(first(whose(command))).chain([("Value".to_string(), true)]);
        (columns.collect(), there.map(row).collect())
    };
    Grid {
        name: "figures".to_string(),
        title: "All figures".to_string(),
        caption: "In brackets the 95 % interval, where there is one.".to_string(),
        columns,
        rows,
    }
}

fn grid(table: &Table) -> Grid {
    // A column of percentages up to a hundred gets bars, so that the eye finds the large ones.
    let percent = |text: &str| -> Option<f64> { text.trim().strip_suffix('%')?.trim().parse().ok() };
    let barred: Vec<bool> = (0..table.columns.len())
        .map(|i| {
            let cells = || table.rows.iter().filter_map(|r| r.get(i)).filter(|t| !t.is_empty() && *t != "–");
            let of_hundred = |t: &String| percent(t).filter(|p| (0.0..=100.0).contains(p));
            // Where all are small, no bar would be seen.
            table.columns[i].figures
                && cells().count() > 1
                && cells().all(|t| of_hundred(t).is_some())
                && cells().any(|t| of_hundred(t).is_some_and(|p| p >= 10.0))
        })
        .collect();
    let cell = |(i, text): (usize, &String)| {
        let bar = barred.get(i).is_some_and(|b| *b).then(|| percent(text)).flatten();
        Cell { text: words::clean(text), bar }
    };
    Grid {
        name: words::clean(&table.name),
        title: words::clean(&table.title),
        caption: words::clean(&table.caption),
        columns: table.columns.iter().map(|c| (words::clean(&c.name), c.figures)).collect(),
        rows: table.rows.iter().map(|r| r.iter().enumerate().map(cell).collect()).collect(),
    }
}

#[cfg(test)]
mod tests;
