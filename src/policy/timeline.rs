//! A policy as it is used: rule sets by date, their hash, and what changes when.
//!
//! Knows how files, shipped eras and overrides become versions on a time line; not how the rules judge. Never opens a
//! file: callers hand in name and text.

use std::fmt::{self, Write as _};

use crate::policy::judge::Timeline;
use crate::policy::rules::Rules;
use crate::sim::{SimDuration, SimTime};
use crate::text::{self, Entry, Fault, Faults, Place, did_you_mean};

use super::canon::canonical;
use super::file::{Confidence, Document, Draft, Patch, Reader, Settings};
use super::library;
use super::resolve::{Constant, constants, resolve};

/// One rule set and the time from which it holds.
#[derive(Clone)]
pub struct Version {
    /// When it takes effect; none for the first, which also holds for all time before.
    pub effective: Option<SimTime>,
    /// The day the file names, `YYYY-MM-DD`, also for the first.
    pub from: Option<String>,
    /// Name of the era, or of the version in a user's file.
    pub name: String,
    /// What it is, in a few words.
    pub title: String,
    /// What it is, in a paragraph.
    pub summary: String,
    /// What it was built on, if anything.
    pub based_on: Option<String>,
    /// The rules.
    pub rules: Rules,
    /// Every constant with its provenance, in the order in which they are shown.
    pub constants: Vec<Constant>,
    /// What an override is laid over.
    pub(super) settings: Settings,
}

impl fmt::Debug for Version {
    /// Without constants and settings, which would bury the rest.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Version");
        out.field("name", &self.name).field("effective", &self.effective).field("rules", &self.rules);
        out.finish_non_exhaustive()
    }
}

impl Version {
    /// A constant by its dotted name.
    pub fn constant(&self, name: &str) -> Option<&Constant> {
        self.constants.iter().find(|c| c.name == name)
    }

    /// Constants that nobody has published, those without effect left out.
    pub fn assumptions(&self) -> impl Iterator<Item = &Constant> {
        self.constants.iter().filter(|c| c.confidence == Confidence::Assumed && !c.idle)
    }

    /// The newest day on which a source bore out one of its documented or reported constants, `YYYY-MM-DD`. An
    /// assumption is borne out by nobody, and a constant without effect makes nothing fresher.
    pub fn verified(&self) -> Option<&str> {
        let known =
            |c: &&Constant| matches!(c.confidence, Confidence::Documented | Confidence::Reported) && !c.idle;
        self.constants.iter().filter(known).filter_map(|c| c.verified.as_deref()).max()
    }
}

/// Which rules hold when.
#[derive(Clone, Debug)]
pub struct Policy {
    /// `auto`, the name of an era, or that of a user's file.
    pub name: String,
    /// Ascending by `effective`; never empty.
    pub versions: Vec<Version>,
    /// blake3 over the resolved rules and the instants from which they hold, in hexadecimal.
    pub hash: String,
    /// What is allowed but looks odd.
    pub warnings: Vec<Fault>,
}

/// A name that is no era's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no policy is called {found:?}{}; shipped are: auto, {}", after(hint), library::names().join(", "))]
pub struct UnknownEra {
    /// The name as asked for.
    pub found: String,
    hint: Option<String>,
}

/// A hint as the end of a clause.
fn after(hint: &Option<String>) -> String {
    hint.as_ref().map_or_else(String::new, |hint| format!("; {hint}"))
}

impl Policy {
    /// All eras by their dates, variants left out; before the first one's date the first one.
    pub fn auto() -> Policy {
        let eras = library::eras().iter().filter(|e| !e.variant);
        let dated = |e: &library::Era| {
            let from = |v: &Version| Version { effective: v.effective.or(e.effective), ..v.clone() };
            e.dated.iter().map(from).collect::<Vec<_>>()
        };
        let mut versions: Vec<Version> = eras.flat_map(dated).collect();
        versions[0].effective = None;
        Policy::of("auto", versions, Vec::new())
    }

    /// One shipped era or variant, for all time, as it was at its end; or, as `ERA/DAY`, as it became on a day of its own.
    pub fn pinned(name: &str) -> Result<Policy, UnknownEra> {
        if let Some(era) = library::era(name) {
            return Ok(Policy::of(name, vec![era.version.clone()], era.warnings.clone()));
        }
        let changed = || library::eras().iter().flat_map(|e| e.dated.iter().map(move |v| (e, v)));
        if let Some((era, v)) = changed().find(|(_, v)| v.name == name) {
            return Ok(Policy::of(
                name,
                vec![Version { effective: None, ..v.clone() }],
                era.warnings.clone(),
            ));
        }
        let days = changed().map(|(_, v)| v.name.as_str()).filter(|n| n.contains('/'));
        let hint = did_you_mean(name, library::names().into_iter().chain(["auto"]).chain(days));
        Err(UnknownEra { found: name.to_string(), hint })
    }

    /// `auto`, or a shipped era or variant.
    pub fn named(name: &str) -> Result<Policy, UnknownEra> {
        if name == "auto" { Ok(Policy::auto()) } else { Policy::pinned(name) }
    }

    /// A user's own file, TOML or JSON: complete, a patch, or several dated versions.
    pub fn from_text(file: &str, text: &str) -> Result<Policy, Faults> {
        let mut reader = Reader::default();
        let doc = reader.document(&text::parse(file, text)?.root);
        let name = doc.head.name.clone().unwrap_or_else(|| stem(file));
        let mut warnings = Vec::new();
        let auto = doc.head.based_on.as_ref().is_some_and(|(base, _)| base == "auto");
        let versions = if auto && doc.versions.is_empty() {
            patched_auto(&mut reader, &doc.head, &mut warnings)
        } else {
            dated(&mut reader, &name, &doc, &mut warnings)
        };
        finish(reader.faults, || Policy::of(&name, versions, warnings))
    }

    /// The same policy with some constants replaced in every version. The keys are dotted names of constants or of
    /// tables of them; the values are bare or carry their provenance. What is wrong comes back at their places, under
    /// the names of the constants.
    pub fn with_override(&self, overrides: &[Entry]) -> Result<Policy, Faults> {
        let Some(first) = overrides.first() else { return Ok(self.clone()) };
        let mut reader = Reader::default();
        let mut patch = Patch::default();
        for o in overrides {
            reader.path(o, &mut patch);
        }
        let place = &first.node.place;
        let mut warnings = self.warnings.clone();
        let versions = laid_over(&mut reader, place, &patch, &self.versions, &mut warnings);
        finish(reader.faults, || Policy::of(&self.name, versions, warnings))
    }

    fn of(name: &str, versions: Vec<Version>, warnings: Vec<Fault>) -> Policy {
        assert!(!versions.is_empty(), "a policy has a version");
        let mut text = String::from("policy rules 1\n");
        for v in &versions {
            let effective = v.effective.map_or_else(|| "-".to_string(), |t| t.to_string());
            let _ = writeln!(text, "effective {effective}");
            canonical(&v.rules, &mut text);
        }
        let hash = blake3::hash(text.as_bytes()).to_hex().to_string();
        Policy { name: name.to_string(), versions, hash, warnings }
    }

    /// Position of the version in force at an instant; one that takes effect at it is in force.
    pub fn index_at(&self, time: SimTime) -> usize {
        self.versions.iter().rposition(|v| v.effective.is_none_or(|from| from <= time)).unwrap_or(0)
    }

    /// The version in force at an instant.
    pub fn at(&self, time: SimTime) -> &Version {
        &self.versions[self.index_at(time)]
    }

    /// Instants after `from` and up to `to` at which other rules take effect, with the version's position. A version
    /// that differs in nothing that is judged of numbers comes into force without being a change in this sense.
    pub fn changes(&self, from: SimTime, to: SimTime) -> Vec<(SimTime, usize)> {
        let news = |(i, v): (usize, &Version)| {
            let at = v.effective.filter(|t| *t > from && *t <= to)?;
            let changed = i > 0 && v.rules.are_other_than(&self.versions[i - 1].rules);
            changed.then_some((at, i))
        };
        self.versions.iter().enumerate().filter_map(news).collect()
    }

    /// Every instant after `from` and up to `to` at which a version comes into force, changed rules or not.
    pub fn switches(&self, from: SimTime, to: SimTime) -> Vec<(SimTime, usize)> {
        let at = |(i, v): (usize, &Version)| Some((v.effective.filter(|t| *t > from && *t <= to)?, i));
        self.versions.iter().enumerate().filter_map(at).collect()
    }

    /// The rules and their instants alone, as the judge takes them.
    pub fn timeline(&self) -> Timeline {
        let later = |v: &Version| Some((v.effective?, v.rules.clone()));
        Timeline::new(self.versions[0].rules.clone(), self.versions[1..].iter().filter_map(later))
    }

    /// The newest such day of all versions (see [`Version::verified`]); none if no source is dated.
    pub fn verified(&self) -> Option<&str> {
        self.versions.iter().filter_map(Version::verified).max()
    }
}

fn finish(mut faults: Vec<Fault>, policy: impl FnOnce() -> Policy) -> Result<Policy, Faults> {
    if faults.is_empty() {
        return Ok(policy());
    }
    faults.sort_by_key(|f| f.place.position);
    faults.dedup();
    Err(Faults(faults))
}

/// The name of a file without its folder and extension.
fn stem(file: &str) -> String {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let name = name.strip_suffix(".toml").or_else(|| name.strip_suffix(".json")).unwrap_or(name);
    if name.is_empty() { "policy".to_string() } else { name.to_string() }
}

/// A user's versions, each complete or built on an era or on an earlier version of the same file.
fn dated(reader: &mut Reader, name: &str, doc: &Document, warnings: &mut Vec<Fault>) -> Vec<Version> {
    let alone = doc.versions.is_empty();
    let drafts: Vec<&Draft> = if alone { vec![&doc.head] } else { doc.versions.iter().collect() };
    let mut out: Vec<Version> = Vec::new();
    let mut last: Option<(SimTime, usize)> = None;
    for (i, draft) in drafts.iter().enumerate() {
        match (&draft.effective, last) {
            (None, _) if i > 0 => reader.fault(
                &draft.place,
                "effective",
                "missing; every version but the first says from which day it holds",
            ),
            (Some(day), Some((before, _))) if day.start <= before => {
                reader.fault(
                    &day.place,
                    "effective",
                    format!(
                        "{} is not after the version before it; list versions in the order of their days",
                        day.text
                    ),
                );
            }
            _ => {}
        }
        period(reader, draft, drafts.get(i + 1).copied(), warnings);
        last = draft.effective.as_ref().map(|d| (d.start, i)).or(last);
        let based_on = draft.based_on.clone().or_else(|| doc.head.based_on.clone());
        let base = based_on.as_ref().and_then(|(base, place)| base_settings(reader, base, place, &out));
        // An unknown base is one fault, not forty missing constants.
        let Some(base) = base.or_else(|| based_on.is_none().then(Settings::new)) else { continue };
        let own = if alone { name.to_string() } else { format!("{name}/{}", i + 1) };
        let head = VersionHead {
            name: draft.name.clone().unwrap_or(own),
            effective: i > 0,
            base: based_on.map(|b| b.0),
        };
        out.extend(build(reader, draft, head, &base, warnings));
    }
    out
}

/// `until` and `variant` matter to the shipped list only; in a user's file they are checked and said to be idle.
fn period(reader: &mut Reader, draft: &Draft, next: Option<&Draft>, warnings: &mut Vec<Fault>) {
    if let Some(until) = &draft.until {
        let end = until.start + SimDuration::DAY;
        let follows = next.and_then(|n| n.effective.as_ref());
        if draft.effective.as_ref().is_some_and(|from| from.start > until.start) {
            reader.fault(&until.place, "until", format!("{} lies before `effective`", until.text));
        } else if follows.is_none_or(|n| n.start != end) {
            let found = "ends nothing by itself: a version holds until the next one takes effect";
            warnings.push(Fault::new(until.place.clone(), "until", found));
        }
    }
    if draft.variant {
        let found = "has no effect in a file of your own: it is used when its path is named";
        warnings.push(Fault::new(draft.place.clone(), "variant", found));
    }
}

fn base_settings(reader: &mut Reader, base: &str, place: &Place, earlier: &[Version]) -> Option<Settings> {
    if let Some(version) = earlier.iter().find(|v| v.name == base) {
        return Some(version.settings.clone());
    }
    let found = library::era(base).map(|era| era.version.settings.clone());
    if found.is_none() {
        let mut names = library::names();
        names.extend(earlier.iter().map(|v| v.name.as_str()));
        let (what, near) = match base {
            "auto" => ("\"auto\" is many versions; a single version cannot build on it".to_string(), None),
            _ => (format!("no policy is called {base:?}"), did_you_mean(base, names.iter().copied())),
        };
        let fault = Fault::new(place.clone(), "based_on", what);
        reader.faults.push(fault.allowed(names.join(", ")).hint(near));
    }
    found
}

/// What a version is called and built on, beside its draft.
pub(super) struct VersionHead {
    pub name: String,
    /// Whether its day matters (not for the first of a list).
    pub effective: bool,
    pub base: Option<String>,
}

/// One version from its draft, laid over its base. None when faults were added.
pub(super) fn build(
    reader: &mut Reader,
    draft: &Draft,
    head: VersionHead,
    base: &Settings,
    warnings: &mut Vec<Fault>,
) -> Option<Version> {
    let settings = draft.patch.over(base);
    let (rules, verdicts) = resolve(&draft.place, &settings, &draft.patch);
    reader.faults.extend(verdicts.faults);
    warnings.extend(verdicts.warnings);
    let rules = rules?;
    Some(Version {
        effective: draft.effective.as_ref().filter(|_| head.effective).map(|d| d.start),
        from: draft.effective.as_ref().map(|d| d.text.clone()),
        title: draft.title.clone().unwrap_or_else(|| head.name.clone()),
        name: head.name,
        summary: draft.summary.clone().unwrap_or_default(),
        based_on: head.base,
        constants: constants(&settings, &rules),
        rules,
        settings,
    })
}

/// A patch over the whole calendar.
fn patched_auto(reader: &mut Reader, draft: &Draft, warnings: &mut Vec<Fault>) -> Vec<Version> {
    for day in [&draft.effective, &draft.until].into_iter().flatten() {
        reader.fault(&day.place, "", "a file with `based_on = \"auto\"` keeps the days of the eras; it has no `effective` or `until` of its own");
    }
    laid_over(reader, &draft.place, &draft.patch, &Policy::auto().versions, warnings)
}

/// A patch over every version. A fault or warning that not all versions share names those it concerns.
fn laid_over(
    reader: &mut Reader,
    place: &Place,
    patch: &Patch,
    versions: &[Version],
    warnings: &mut Vec<Fault>,
) -> Vec<Version> {
    let mut out = Vec::new();
    let (mut faults, mut notes) = (Vec::new(), Vec::new());
    for v in versions {
        let patch = &patch.where_tables_are(&v.settings, versions.iter().map(|v| &v.settings));
        let settings = patch.over(&v.settings);
        let (rules, verdicts) = resolve(place, &settings, patch);
        faults.extend(verdicts.faults.into_iter().map(|f| (f, v.name.as_str())));
        notes.extend(verdicts.warnings.into_iter().map(|f| (f, v.name.as_str())));
        if let Some(rules) = rules {
            out.push(Version { constants: constants(&settings, &rules), rules, settings, ..v.clone() });
        }
    }
    reader.faults.extend(gathered(faults, versions.len()));
    // What the base said of itself has been said.
    for w in gathered(notes, versions.len()) {
        if !warnings.iter().any(|had| had.path == w.path && had.found == w.found) {
            warnings.push(w);
        }
    }
    out
}

fn gathered(found: Vec<(Fault, &str)>, versions: usize) -> Vec<Fault> {
    let mut groups: Vec<(Fault, Vec<&str>)> = Vec::new();
    for (fault, version) in found {
        match groups.iter_mut().find(|(f, _)| *f == fault) {
            Some((_, names)) => names.push(version),
            None => groups.push((fault, vec![version])),
        }
    }
    let worded = |(mut fault, mut names): (Fault, Vec<&str>)| {
        if names.len() < versions {
            // An era's own name stands for what changed while it held.
            let all = names.clone();
            names.retain(|n| n.split_once('/').is_none_or(|(era, _)| !all.contains(&era)));
            let _ = write!(fault.found, " (in {})", names.join(", "));
        }
        fault
    };
    groups.into_iter().map(worded).collect()
}

#[cfg(test)]
#[path = "timeline_tests.rs"]
mod tests;
