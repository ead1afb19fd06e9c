//! What every folder of results shows beside its tables, and how it is made again from the folder: charts with their
//! tables, and the page.
//!
//! The manifest keeps what no table holds. Must not know how charts and pages look or what a command computes.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cli::again;
use crate::cli::exit::Failure;
use crate::cli::output;
use crate::cli::show::Format;
use crate::experiment::measure::TemplateDays;
use crate::messaging::Verdict;
use crate::report::answer::Answer;
use crate::report::charts::{self, Chart};
use crate::report::html::{self, Reproduce, Still};
use crate::report::picture::{About, Picture, Unreadable};
use crate::report::study::{Kept, Plate};
use crate::report::style::{Look, Size};
use crate::report::text::TextOptions;
use crate::store::manifest::Origin;
use crate::store::sweeps::shards::OPTION;
use crate::store::{Inputs, Results, RunFolder, StoreError, template_days, verdicts};

/// What the manifest keeps of one set of charts and its page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// The part of the folder it is in: empty, or a folder's name with `/`, as where a log is replayed under several
    /// policies.
    pub part: String,
    /// What the command answered.
    pub answer: Answer,
    /// The same as the terminal's page, line by line, without colour and as wide as where no terminal is. Of several
    /// parts the first has the page of all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub page: Vec<String>,
    /// What stands beside every chart of a run or a replay; none of a study.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
    /// What stands beside the charts of a study, chart by chart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charts: Vec<Kept>,
}

/// Writes a chart as SVG, and as PNG where that is wanted and built in.
pub fn write_chart(folder: &mut RunFolder, path: &str, svg: &str, no_png: bool) -> Result<(), Failure> {
    for (ending, bytes) in files(path, svg, Look::default().size, no_png)? {
        folder.write(&format!("{path}.{ending}"), &bytes)?;
    }
    Ok(())
}

/// A chart as files: ending and content.
pub fn files(
    path: &str,
    svg: &str,
    size: Size,
    no_png: bool,
) -> Result<Vec<(&'static str, Vec<u8>)>, Failure> {
    #[cfg_attr(not(feature = "png"), allow(unused_mut))]
    let mut out = vec![("svg", svg.as_bytes().to_vec())];
    #[cfg(feature = "png")]
    if !no_png {
        let png = crate::report::png::render(svg, size)
            .map_err(|e| Failure::InputOutput(anyhow::anyhow!("{path}.png: {e}")))?;
        out.push(("png", png));
    }
    #[cfg(not(feature = "png"))]
    let _ = (path, size, no_png);
    Ok(out)
}

/// A run, or a replay under one policy, as it is shown.
pub struct Shown {
    /// The part of the folder it is in.
    pub part: String,
    /// What the command answered.
    pub answer: Answer,
    /// What its charts show.
    pub picture: Picture,
    /// The verdicts that belong to it, in log order.
    pub verdicts: Vec<Verdict>,
    /// Templates by day, as its table has them.
    pub template_days: TemplateDays,
}

impl Shown {
    /// Of these verdicts those that belong to it.
    pub fn new<'v>(
        part: &str,
        answer: Answer,
        picture: Picture,
        verdicts: impl IntoIterator<Item = &'v Verdict>,
        template_days: TemplateDays,
    ) -> Shown {
        let verdicts = verdicts.into_iter().filter(|v| picture.about.shows(v)).cloned().collect();
        Shown { part: part.to_string(), answer, picture, verdicts, template_days }
    }

    /// Its page.
    pub fn page(&self, inputs: &Inputs) -> String {
        let charts = self.charts(Look::default());
        let (verdicts, days) = (&self.verdicts, &self.template_days);
        html::run_page(&self.answer, &self.picture, verdicts, days, &stills(&charts), &reproduce(inputs))
    }

    /// Its charts.
    pub fn charts(&self, look: Look) -> Vec<Chart> {
        charts::draw(&self.picture, look)
    }
}

/// Writes charts with the tables they are drawn from, the page, and what the manifest has to keep. `page` is the
/// terminal's.
pub fn write(
    folder: &mut RunFolder,
    shown: &Shown,
    page: Page<'_>,
    inputs: &Inputs,
    no_png: bool,
) -> Result<(), Failure> {
    let part = &shown.part;
    for (file, text) in shown.picture.tables() {
        folder.write(&format!("{part}{file}"), text.as_bytes())?;
    }
    for chart in shown.charts(Look::default()) {
        write_chart(folder, &format!("{part}charts/{}", chart.name), &chart.svg, no_png)?;
    }
    folder.write(&format!("{part}{}", html::FILE), shown.page(inputs).as_bytes())?;
    let about = Some(shown.picture.about.clone());
    let answer = shown.answer.clone();
    keep(folder, &Told { part: part.clone(), answer, page: lines(page), about, charts: Vec::new() });
    Ok(())
}

/// The terminal's page of an answer, laid out as asked.
pub type Page<'a> = &'a dyn Fn(TextOptions) -> String;

/// No page: another part has it.
pub const ELSEWHERE: Page<'static> = &|_| String::new();

fn lines(page: Page<'_>) -> Vec<String> {
    page(TextOptions { width: output::WIDTH, color: false }).lines().map(str::to_string).collect()
}

/// The terminal's page of a folder's answer, as its command printed it where no terminal is; none of results that keep
/// none.
pub fn page(results: &Results) -> Result<Option<String>, Failure> {
    let mut out = String::new();
    for told in told(results) {
        told?.page.iter().for_each(|line| out.push_str(&format!("{line}\n")));
    }
    Ok((!out.is_empty()).then_some(out))
}

fn keep(folder: &mut RunFolder, told: &Told) {
    folder.report(serde_json::to_value(told).expect("plain data becomes JSON"));
}

/// Keeps an answer that has no charts in the manifest.
pub fn tell(folder: &mut RunFolder, answer: &Answer, page: Page<'_>) {
    let (part, answer, page) = (String::new(), answer.clone(), lines(page));
    keep(folder, &Told { part, answer, page, about: None, charts: Vec::new() });
}

/// Writes the charts of a study with the tables beside them, the page, and what the manifest has to keep.
pub fn study(
    folder: &mut RunFolder,
    answer: &Answer,
    page: Page<'_>,
    plates: &[Plate],
) -> Result<(), Failure> {
    let inputs = folder.inputs().expect("a study begins with its inputs").clone();
    let no_png = inputs.options.get("png").is_none_or(|png| png != true);
    for (file, text) in plates.iter().flat_map(Plate::tables) {
        folder.write(&file, text.as_bytes())?;
    }
    let charts = all_charts(plates, Look::default());
    for chart in &charts {
        write_chart(folder, &format!("charts/{}", chart.name), &chart.svg, no_png)?;
    }
    folder.write(html::FILE, study_page(answer, &charts, &inputs).as_bytes())?;
    let charts = plates.iter().map(Plate::kept).collect();
    let (part, answer, page) = (String::new(), answer.clone(), lines(page));
    keep(folder, &Told { part, answer, page, about: None, charts });
    Ok(())
}

fn all_charts(plates: &[Plate], look: Look) -> Vec<Chart> {
    plates.iter().flat_map(|p| p.charts(look)).collect()
}

fn study_page(answer: &Answer, charts: &[Chart], inputs: &Inputs) -> String {
    html::study_page(answer, &stills(charts), &reproduce(inputs))
}

fn stills(charts: &[Chart]) -> Vec<Still<'_>> {
    charts.iter().map(|c| Still { name: &c.name, title: &c.title, svg: &c.svg }).collect()
}

/// The charts of a folder of results, drawn again from its tables and manifest: each with the part of the folder it is
/// in.
pub fn charts(results: &Results, look: Look) -> Result<Vec<(String, Chart)>, Failure> {
    let mut out = Vec::new();
    for told in told(results) {
        let Told { part, answer, about, charts, .. } = told?;
        let drawn = match about {
            Some(about) => shown(results, &part, answer, about)?.charts(look),
            None if charts.is_empty() => return Err(without_charts(results, &answer)),
            None => all_charts(&plates(results, charts)?, look),
        };
        out.extend(drawn.into_iter().map(|chart| (part.clone(), chart)));
    }
    if out.is_empty() { Err(nothing(results)) } else { Ok(out) }
}

/// Why a study has no charts to draw.
fn without_charts(results: &Results, answer: &Answer) -> Failure {
    if has_charts(results) {
        return nothing(results);
    }
    let why = match results.manifest.inputs.options.contains_key(OPTION) {
        true => "a part of a sweep has no charts; `tiersim merge` makes them of all parts together",
        false => "this answer has no charts",
    };
    Failure::input(format!("{} (`tiersim {}`): {why}", results.folder().display(), answer.command))
}

fn has_charts(results: &Results) -> bool {
    results.manifest.files.iter().any(|f| f.path.ends_with(".svg"))
}

/// What the charts of a study show, read from its tables.
fn plates(results: &Results, kept: Vec<Kept>) -> Result<Vec<Plate>, Failure> {
    let text = |file: &str| results.text(file).map_err(Unread::Store);
    let read = |kept| Plate::read(kept, text).map_err(|unread| in_folder(unread, results));
    let plates = kept.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    // Charts of a sweep are drawn from its points, yet whoever edits the table beside one means the chart.
    for table in &results.manifest.files {
        if table.path.starts_with("charts/") && table.path.ends_with(".csv") {
            results.bytes(&table.path).map_err(Failure::from)?;
        }
    }
    Ok(plates)
}

fn shown(results: &Results, part: &str, answer: Answer, about: About) -> Result<Shown, Failure> {
    let picture = Picture::read(about, |file| results.text(&format!("{part}{file}")).map_err(Unread::Store));
    let picture = picture.map_err(|unread| in_folder(unread, results))?;
    let all = verdicts::read(results, part).map_err(|e| match e {
        verdicts::Unreadable::Store(e) => StoreError::into(e),
        other => Failure::input(other),
    })?;
    let days = template_days::read(results, part).map_err(|e| match e {
        template_days::Unreadable::Store(e) => StoreError::into(e),
        other => Failure::input(other),
    })?;
    Ok(Shown::new(part, answer, picture, &all, days))
}

/// The pages of a folder of results, made again from tables and manifest: path, content.
pub fn pages(results: &Results) -> Result<Vec<(String, String)>, Failure> {
    let inputs = &results.manifest.inputs;
    let mut out = Vec::new();
    for told in told(results) {
        let Told { part, answer, about, charts, .. } = told?;
        let page = match about {
            Some(about) => shown(results, &part, answer, about)?.page(inputs),
            None if charts.is_empty() && has_charts(results) => return Err(nothing(results)),
            None => study_page(&answer, &all_charts(&plates(results, charts)?, Look::default()), inputs),
        };
        out.push((format!("{part}{}", html::FILE), page));
    }
    if out.is_empty() { Err(nothing(results)) } else { Ok(out) }
}

/// What was answered, in a folder of any command.
pub fn answers(results: &Results) -> Result<Vec<Answer>, Failure> {
    let all = told(results).map(|told| Ok(told?.answer)).collect::<Result<Vec<_>, Failure>>()?;
    if all.is_empty() { Err(nothing(results)) } else { Ok(all) }
}

/// An answer in a form, as its command prints it; none for the terminal's page. What is held against each other has forms
/// of its own: its table, and a document for pull requests.
pub fn in_form(results: &Results, format: Format) -> Result<Option<String>, Failure> {
    let answers = answers(results)?;
    let own = match format {
        Format::Csv => "comparison.csv",
        Format::Markdown => "comparison.md",
        Format::Table | Format::Json => "",
    };
    let compared =
        matches!(&answers[..], [one] if ["compare", "plan recovery"].contains(&one.command.as_str()));
    if compared && !own.is_empty() {
        let found = results.text(own)?;
        return found
            .map(Some)
            .ok_or_else(|| Failure::input(format!("{}/{own}: no such file", results.folder().display())));
    }
    Ok(format.of(&answers))
}

/// What a manifest keeps, part by part.
fn told(results: &Results) -> impl Iterator<Item = Result<Told, Failure>> {
    results.manifest.reports.iter().map(|value| {
        serde_json::from_value(value.clone())
            .map_err(|e| Failure::input(format!("{}: reports: {e}", manifest(results).display())))
    })
}

fn manifest(results: &Results) -> std::path::PathBuf {
    results.folder().join(crate::store::folder::MANIFEST)
}

fn nothing(results: &Results) -> Failure {
    Failure::input(format!(
        "{}: it keeps nothing to draw from; results of versions before this one don't",
        manifest(results).display()
    ))
}

/// Either way of failing to read a table.
enum Unread {
    /// The file itself, by its whole path.
    Store(StoreError),
    /// What stands in it, by its path in the folder.
    Table(Unreadable),
}

impl From<Unreadable> for Unread {
    fn from(e: Unreadable) -> Unread {
        Unread::Table(e)
    }
}

/// Faults of tables name a path inside the folder; readers want to know which folder.
fn in_folder(unread: Unread, results: &Results) -> Failure {
    match unread {
        Unread::Store(e) => e.into(),
        Unread::Table(e) => Failure::input(format!("{}/{e}", results.folder().display())),
    }
}

/// How to get the same result again, as far as what it was made from tells.
pub fn reproduce(inputs: &Inputs) -> Reproduce {
    let fact = |what: &str, value: String| (what.to_string(), value);
    let mut facts = vec![fact("program", format!("{} {}", inputs.tool.name, inputs.tool.version))];
    match &inputs.origin {
        Origin::Run { scenario, seed, replications } => {
            facts.push(fact("scenario", format!("{} ({})", scenario.name, scenario.hash)));
            facts.push(fact("seed", seed.to_string()));
            facts.push(fact("replications", replications.to_string()));
        }
        Origin::Study { study, name, scenarios, seed, replications } => {
            facts.push(fact("study", format!("{study} of {name}")));
            for s in scenarios {
                facts.push(fact("scenario", format!("{} ({})", s.name, s.hash)));
            }
            facts.push(fact("seed", seed.to_string()));
            facts.push(fact("replications", replications.to_string()));
        }
        Origin::Replay { log } => {
            facts.push(fact("log", format!("{} ({})", log.name, log.hash)));
        }
    }
    for p in &inputs.policies {
        let eras: Vec<String> = p.eras.iter().map(|e| format!("{} from {}", e.name, date(&e.from))).collect();
        facts.push(fact("rules", format!("{} ({}): {}", p.name, p.hash, eras.join(", "))));
    }
    for (name, value) in &inputs.options {
        let said = match value {
            Value::Null => continue,
            Value::String(text) => text.clone(),
            Value::Array(items) if items.is_empty() => continue,
            Value::Array(items) => {
                let each = items.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_string));
                each.collect::<Vec<_>>().join("; ")
            }
            other => other.to_string(),
        };
        // The question stands above everything else; the form in which a scenario was written is beside the page.
        if !["question", "written"].contains(&name.as_str()) {
            facts.push(fact(&format!("option {}", name.replace('_', " ")), said));
        }
    }
    facts.push(fact("hash of all inputs", inputs.hash()));
    Reproduce { said: again::said(inputs).to_string(), commands: again::commands(inputs), facts }
}

fn date(instant: &str) -> &str {
    instant.get(..10).unwrap_or(instant)
}
