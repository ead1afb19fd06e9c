//! What every folder of results shows beside its tables, and how it is made again from the folder: charts with their
//! tables, and the page.
//!
//! The manifest keeps what no table holds. Must not know how charts and pages look or what a command computes.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cli::exit::Failure;
use crate::messaging::Verdict;
use crate::report::answer::Answer;
use crate::report::charts::{self, Chart};
use crate::report::html::{self, Reproduce, Still};
use crate::report::picture::{About, Picture, Unreadable};
use crate::report::style::Look;
use crate::store::manifest::Origin;
use crate::store::{Inputs, Results, RunFolder, StoreError, verdicts};

/// What the manifest keeps of one set of charts and its page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// The part of the folder it is in: empty, or a folder's name with `/`, as where a log is replayed under several
    /// policies.
    pub part: String,
    /// What the command answered.
    pub answer: Answer,
    /// What stands beside every chart of a run or a replay; none of a study, whose charts are finished pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
}

/// Writes a chart as SVG, and as PNG where that is wanted and built in.
pub fn write_chart(folder: &mut RunFolder, path: &str, svg: &str, no_png: bool) -> Result<(), Failure> {
    for (ending, bytes) in files(path, svg, no_png)? {
        folder.write(&format!("{path}.{ending}"), &bytes)?;
    }
    Ok(())
}

/// A chart as files: ending and content.
pub fn files(path: &str, svg: &str, no_png: bool) -> Result<Vec<(&'static str, Vec<u8>)>, Failure> {
    #[cfg_attr(not(feature = "png"), allow(unused_mut))]
    let mut out = vec![("svg", svg.as_bytes().to_vec())];
    #[cfg(feature = "png")]
    if !no_png {
        let png = crate::report::png::render(svg)
            .map_err(|e| Failure::InputOutput(anyhow::anyhow!("{path}.png: {e}")))?;
        out.push(("png", png));
    }
    #[cfg(not(feature = "png"))]
    let _ = (path, no_png);
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
}

impl Shown {
    /// Of these verdicts those that belong to it.
    pub fn new<'v>(
        part: &str,
        answer: Answer,
        picture: Picture,
        verdicts: impl IntoIterator<Item = &'v Verdict>,
    ) -> Shown {
        let verdicts = verdicts.into_iter().filter(|v| picture.about.shows(v)).cloned().collect();
        Shown { part: part.to_string(), answer, picture, verdicts }
    }

    /// Its page.
    pub fn page(&self, inputs: &Inputs) -> String {
        let charts = self.charts(Look::default());
        let stills: Vec<Still<'_>> =
            charts.iter().map(|c| Still { name: c.name, title: &c.title, svg: &c.svg }).collect();
        html::run_page(&self.answer, &self.picture, &self.verdicts, &stills, &reproduce(inputs))
    }

    /// Its charts.
    pub fn charts(&self, look: Look) -> Vec<Chart> {
        charts::draw(&self.picture, look)
    }
}

/// Writes charts with the tables they are drawn from, the page, and what the manifest has to keep.
pub fn write(folder: &mut RunFolder, shown: &Shown, inputs: &Inputs, no_png: bool) -> Result<(), Failure> {
    let part = &shown.part;
    for (file, text) in shown.picture.tables() {
        folder.write(&format!("{part}{file}"), text.as_bytes())?;
    }
    for chart in shown.charts(Look::default()) {
        write_chart(folder, &format!("{part}charts/{}", chart.name), &chart.svg, no_png)?;
    }
    folder.write(&format!("{part}{}", html::FILE), shown.page(inputs).as_bytes())?;
    tell(folder, part, &shown.answer, Some(shown.picture.about.clone()));
    Ok(())
}

/// Keeps an answer in the manifest.
pub fn tell(folder: &mut RunFolder, part: &str, answer: &Answer, about: Option<About>) {
    let told = Told { part: part.to_string(), answer: answer.clone(), about };
    folder.report(serde_json::to_value(&told).expect("plain data becomes JSON"));
}

/// Writes the page of a study, with the charts written so far, and keeps its answer in the manifest.
pub fn study(folder: &mut RunFolder, answer: &Answer) -> Result<(), Failure> {
    let charts = folder.texts(".svg")?;
    let inputs = folder.inputs().expect("a study begins with its inputs");
    let page = study_page(answer, &charts, inputs);
    folder.write(html::FILE, page.as_bytes())?;
    tell(folder, "", answer, None);
    Ok(())
}

/// The page of a study from its answer and its charts: path, SVG.
fn study_page(answer: &Answer, charts: &[(String, String)], inputs: &Inputs) -> String {
    let name = |path: &str| path.trim_start_matches("charts/").trim_end_matches(".svg").to_string();
    let named: Vec<(String, String)> = charts.iter().map(|(path, svg)| (name(path), title(svg))).collect();
    let stills: Vec<Still<'_>> =
        named.iter().zip(charts).map(|((name, title), (_, svg))| Still { name, title, svg }).collect();
    html::study_page(answer, &stills, &reproduce(inputs))
}

/// The title of one of our charts.
fn title(svg: &str) -> String {
    let inside = svg.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
    let escaped = inside.map_or("", |(title, _)| title);
    escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// What a folder of a run or a replay shows, read from its manifest and tables.
pub fn read(results: &Results) -> Result<Vec<Shown>, Failure> {
    let mut out = Vec::new();
    for told in told(results) {
        let told = told?;
        let Some(about) = told.about else {
            return Err(Failure::input(format!(
                "{}: a result of `tiersim {}`: only charts of run and replay are drawn again; this one's are in charts/, \
                 each with its data beside it, and `tiersim report` makes the page again",
                results.folder().display(),
                told.answer.command
            )));
        };
        out.push(shown(results, &told.part, told.answer, about)?);
    }
    if out.is_empty() { Err(nothing(results)) } else { Ok(out) }
}

fn shown(results: &Results, part: &str, answer: Answer, about: About) -> Result<Shown, Failure> {
    let picture =
        Picture::read(about, |file| results.text(&format!("{part}{file}")).map_err(|e| Unread(e.into())));
    let picture = picture.map_err(|Unread(failure)| in_folder(failure, results))?;
    let all = verdicts::read(results, part).map_err(|e| match e {
        verdicts::Unreadable::Store(e) => StoreError::into(e),
        other => Failure::input(other),
    })?;
    Ok(Shown::new(part, answer, picture, &all))
}

/// The pages of a folder of results, made again: path, content. That of a run or a replay is made from tables and
/// manifest, that of a study from manifest and charts.
pub fn pages(results: &Results) -> Result<Vec<(String, String)>, Failure> {
    let inputs = &results.manifest.inputs;
    let mut out = Vec::new();
    for told in told(results) {
        let Told { part, answer, about } = told?;
        let page = match about {
            Some(about) => shown(results, &part, answer, about)?.page(inputs),
            None => study_page(&answer, &pictures(results)?, inputs),
        };
        out.push((format!("{part}{}", html::FILE), page));
    }
    if out.is_empty() { Err(nothing(results)) } else { Ok(out) }
}

/// The charts of a study, by path.
fn pictures(results: &Results) -> Result<Vec<(String, String)>, Failure> {
    let names = results.manifest.files.iter().map(|f| &f.path).filter(|path| path.ends_with(".svg"));
    names
        .map(|path| {
            let missing = || Failure::input(format!("{}/{path}: no such file", results.folder().display()));
            Ok((path.clone(), results.text(path)?.ok_or_else(missing)?))
        })
        .collect()
}

/// What was answered, in a folder of any command.
pub fn answers(results: &Results) -> Result<Vec<Answer>, Failure> {
    let all = told(results).map(|told| Ok(told?.answer)).collect::<Result<Vec<_>, Failure>>()?;
    if all.is_empty() { Err(nothing(results)) } else { Ok(all) }
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
struct Unread(Failure);

impl From<Unreadable> for Unread {
    fn from(e: Unreadable) -> Unread {
        Unread(Failure::input(e))
    }
}

/// Faults of tables name a path inside the folder; readers want to know which folder.
fn in_folder(failure: Failure, results: &Results) -> Failure {
    match failure {
        Failure::Input(e) => Failure::input(format!("{}/{e}", results.folder().display())),
        other => other,
    }
}

/// How to get the same result again, as far as what it was made from tells.
pub fn reproduce(inputs: &Inputs) -> Reproduce {
    let fact = |what: &str, value: String| (what.to_string(), value);
    let mut facts = vec![fact("program", format!("{} {}", inputs.tool.name, inputs.tool.version))];
    let mut commands = Vec::new();
    match &inputs.origin {
        Origin::Run { scenario, seed, replications } => {
            commands.push(format!("tiersim run scenario.toml --replications {replications}"));
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
            let policies = inputs.policies.iter().map(|p| format!(" --policy {}", p.name));
            commands.push(format!("tiersim replay LOG{}", policies.collect::<String>()));
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
            other => other.to_string(),
        };
        // The question stands above everything else.
        if name != "question" {
            facts.push(fact(&format!("option {}", name.replace('_', " ")), said));
        }
    }
    facts.push(fact("hash of all inputs", inputs.hash()));
    Reproduce { commands, facts }
}

fn date(instant: &str) -> &str {
    instant.get(..10).unwrap_or(instant)
}
