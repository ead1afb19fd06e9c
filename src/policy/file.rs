//! What a policy file says, key by key: strict at every level, nothing resolved yet.
//!
//! Knows the shape of a file (header, tables of constants, `[[version]]`), not what a base contains nor whether the
//! constants fit together. Never opens a file: callers hand in its name and text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::sim::SimTime;

use super::fault::{Fault, Place, hint};
use super::param::{Kind, OPTIONAL_TABLES, PARAMS, Param, Value, index};
use super::tree::{Data, Entry, Node};

/// How sure one may be of a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Written by the platform, on its own page or in a dated copy of its text.
    Documented,
    /// Said by a partner or the press; no text of the platform's was seen.
    Reported,
    /// Published by nobody: a default with a plausible range, or a reading of unclear words.
    Assumed,
    /// Set by the user against something documented or reported, without a source.
    Given,
}

impl Confidence {
    /// As written in files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Confidence::Documented => "documented",
            Confidence::Reported => "reported",
            Confidence::Assumed => "assumed",
            Confidence::Given => "given",
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Where a setting was written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Origin {
    pub file: String,
    pub place: Place,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.line {
            0 => f.write_str(&self.file),
            line => write!(f, "{}, line {line}", self.file),
        }
    }
}

/// One constant as some file sets it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Setting {
    pub value: Value,
    pub source: Option<String>,
    pub confidence: Option<Confidence>,
    pub verified: Option<String>,
    pub low: Option<Value>,
    pub high: Option<Value>,
    pub note: Option<String>,
    /// What a bare value took the place of, as text.
    pub replaces: Option<String>,
    pub origin: Origin,
}

impl Setting {
    /// Nothing but a value: what a user's patch usually writes.
    fn is_bare(&self) -> bool {
        self.source.is_none() && self.confidence.is_none() && self.low.is_none() && self.high.is_none()
    }
}

/// Settings by position in the list of constants.
pub(super) type Settings = BTreeMap<usize, Setting>;

/// What one file (or one override) changes.
#[derive(Clone, Debug, Default)]
pub(super) struct Patch {
    /// Optional tables taken away.
    pub cleared: Vec<&'static str>,
    /// Constants set.
    pub settings: Settings,
    /// Constants that were named but not readable: already a fault, so no second one for their absence.
    pub broken: BTreeSet<usize>,
}

impl Patch {
    /// The base with this patch laid over it.
    pub fn over(&self, base: &Settings) -> Settings {
        let mut out = base.clone();
        for table in &self.cleared {
            out.retain(|i, _| super::param::optional_table(PARAMS[*i].name) != Some(table));
        }
        for (i, new) in &self.settings {
            let mut new = new.clone();
            let was = out.get(i).cloned();
            if let (Value::Reasons(more), Some(Setting { value: Value::Reasons(had), .. })) =
                (&new.value, &was)
            {
                let mut all = had.clone();
                all.extend(more.clone());
                new.value = Value::Reasons(all);
            }
            if new.is_bare() {
                // What was unpublished stays unpublished whoever chose the number.
                if let Some(was) = was.filter(|w| w.confidence == Some(Confidence::Assumed)) {
                    new.confidence = Some(Confidence::Assumed);
                    new.low = was.low;
                    new.high = was.high;
                    new.replaces = Some(was.value.to_string());
                } else {
                    new.replaces = out.get(i).map(|w| w.value.to_string());
                }
            }
            out.insert(*i, new);
        }
        out
    }
}

/// A day named in a file, as written and as an instant (midnight UTC).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Day {
    pub text: String,
    pub start: SimTime,
    pub place: Place,
}

/// One version as written.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub name: Option<String>,
    pub title: Option<String>,
    pub effective: Option<Day>,
    pub until: Option<Day>,
    pub effective_note: Option<String>,
    pub summary: Option<String>,
    pub variant: bool,
    pub based_on: Option<(String, Place)>,
    pub patch: Patch,
    /// Where the version begins.
    pub place: Place,
}

/// A file as written: a header, and either its own constants or dated versions.
#[derive(Clone, Debug, Default)]
pub(super) struct Document {
    pub head: Draft,
    pub versions: Vec<Draft>,
}

const HEADER: [&str; 8] =
    ["name", "title", "effective", "until", "effective_note", "summary", "variant", "based_on"];
const META: [&str; 8] = ["value", "unit", "source", "confidence", "verified", "low", "high", "note"];

/// Reads trees and gathers faults; never stops at the first.
pub(super) struct Reader {
    pub file: String,
    pub faults: Vec<Fault>,
}

impl Reader {
    pub fn new(file: &str) -> Reader {
        Reader { file: file.to_string(), faults: Vec::new() }
    }

    pub fn fault(&mut self, place: Place, message: impl Into<String>) {
        self.faults.push(Fault { file: self.file.clone(), place, message: message.into() });
    }

    /// A whole file.
    pub fn document(&mut self, entries: &[Entry]) -> Document {
        let place = Place { line: 1, column: 1 };
        let mut doc = Document { head: Draft { place, ..Draft::default() }, versions: Vec::new() };
        let dated = entries.iter().find(|e| e.key == "version");
        for e in entries {
            let shared = ["name", "title", "summary", "based_on"];
            if e.key == "version" {
                self.versions(e, &mut doc.versions);
            } else if dated.is_some() && !shared.contains(&e.key.as_str()) && known(&e.key) {
                self.fault(
                    e.at,
                    format!("`{}` belongs into a version when a file lists versions with [[version]]", e.key),
                );
            } else {
                self.draft_entry(e, &mut doc.head, &["version"]);
            }
        }
        doc
    }

    fn versions(&mut self, entry: &Entry, out: &mut Vec<Draft>) {
        let Data::List(items) = &entry.node.data else {
            return self.fault(
                entry.node.at,
                format!(
                    "`version` is {}; it must be a list of tables, each written [[version]]",
                    entry.node.found()
                ),
            );
        };
        if items.is_empty() {
            self.fault(entry.node.at, "`version` is empty; a file has one version or more");
        }
        for item in items {
            let Data::Table(entries) = &item.data else {
                self.fault(item.at, format!("{} is no version; it must be a table", item.found()));
                continue;
            };
            let mut draft = Draft { place: item.at, ..Draft::default() };
            for e in entries {
                self.draft_entry(e, &mut draft, &[]);
            }
            out.push(draft);
        }
    }

    fn draft_entry(&mut self, e: &Entry, draft: &mut Draft, also: &[&str]) {
        match e.key.as_str() {
            "name" => draft.name = self.line(e),
            "title" => draft.title = self.line(e),
            "effective" => draft.effective = self.day(e),
            "until" => draft.until = self.day(e),
            "effective_note" => draft.effective_note = self.line(e),
            "summary" => draft.summary = self.line(e),
            "variant" => match e.node.data {
                Data::Bool(b) => draft.variant = b,
                _ => self.fault(e.node.at, format!("`variant`: {} is not true or false", e.node.found())),
            },
            "based_on" => draft.based_on = self.line(e).map(|name| (name, e.node.at)),
            key if known(key) => self.constants(key, &e.node, &mut draft.patch),
            key => {
                let mut allowed: Vec<&str> = also.to_vec();
                HEADER.into_iter().chain(tables("")).for_each(|k| allowed.push(k));
                self.unknown(e.at, key, &allowed);
            }
        }
    }

    /// Text on one line (summaries may wrap in the file).
    fn line(&mut self, e: &Entry) -> Option<String> {
        match &e.node.data {
            Data::Text(t) if !t.trim().is_empty() => Some(t.split_whitespace().collect::<Vec<_>>().join(" ")),
            _ => {
                self.fault(e.node.at, format!("`{}`: {} is not a text", e.key, e.node.found()));
                None
            }
        }
    }

    fn day(&mut self, e: &Entry) -> Option<Day> {
        let day = match &e.node.data {
            Data::Text(t) | Data::Date(t) => {
                day_start(t).map(|start| Day { text: t.clone(), start, place: e.node.at })
            }
            _ => None,
        };
        if day.is_none() {
            self.fault(
                e.node.at,
                format!("`{}`: {} is not a day such as \"2023-03-10\"", e.key, e.node.found()),
            );
        }
        day
    }

    fn unknown(&mut self, at: Place, key: &str, allowed: &[&str]) {
        self.fault(
            at,
            format!(
                "unknown key `{key}`{}; allowed here: {}",
                hint(key, allowed.iter().copied()),
                allowed.join(", ")
            ),
        );
    }

    /// Whatever stands at a dotted path: a constant, a table of them, or an unknown name.
    pub fn constants(&mut self, path: &str, node: &Node, patch: &mut Patch) {
        if let Some(i) = index(path) {
            match self.setting(&PARAMS[i], node) {
                Some(setting) => {
                    patch.settings.insert(i, setting);
                }
                None => {
                    patch.broken.insert(i);
                }
            }
            return;
        }
        match &node.data {
            Data::Table(entries) if entries.iter().any(|e| e.key == "value") => {
                self.taken_away(path, node, entries, patch)
            }
            Data::Table(entries) => {
                let allowed: Vec<&str> = tables(path).collect();
                for e in entries {
                    let inner = format!("{path}.{}", e.key);
                    if index(&inner).is_some() || tables(&inner).next().is_some() {
                        self.constants(&inner, &e.node, patch);
                    } else {
                        self.unknown(e.at, &e.key, &allowed);
                    }
                }
            }
            Data::Text(t) if t == "none" && OPTIONAL_TABLES.contains(&path) => self.clear(path, patch),
            _ => {
                let none = if OPTIONAL_TABLES.contains(&path) { " or \"none\"" } else { "" };
                self.fault(node.at, format!("`{path}`: {} is not a table{none}", node.found()));
            }
        }
    }

    fn clear(&mut self, path: &str, patch: &mut Patch) {
        patch.cleared.extend(OPTIONAL_TABLES.into_iter().find(|t| *t == path));
    }

    /// `sustained = { value = "none", source = … }`: an optional table taken away, with its reason.
    fn taken_away(&mut self, path: &str, node: &Node, entries: &[Entry], patch: &mut Patch) {
        let none = entries.iter().any(|e| e.key == "value" && e.node.data == Data::Text("none".to_string()));
        if !none || !OPTIONAL_TABLES.contains(&path) {
            let allowed: Vec<&str> = tables(path).collect();
            return self.fault(
                node.at,
                format!(
                    "`{path}` is a table of constants, not a constant; allowed here: {}",
                    allowed.join(", ")
                ),
            );
        }
        for e in entries.iter().filter(|e| !META.contains(&e.key.as_str())) {
            self.unknown(e.at, &e.key, &META);
        }
        self.clear(path, patch);
    }

    /// One dotted path of an override; also `rating.weights.reason.SPAM`.
    pub fn path(&mut self, path: &str, node: &Node, patch: &mut Patch) {
        if let Some(reason) = path.strip_prefix("rating.weights.reason.").filter(|r| !r.is_empty()) {
            let entry = Entry { key: reason.to_string(), at: node.at, node: node.clone() };
            let table = Node { data: Data::Table(vec![entry]), at: node.at };
            let mut one = Patch::default();
            self.constants("rating.weights.reason", &table, &mut one);
            *patch = Patch {
                settings: Patch { settings: one.settings, ..Patch::default() }.over(&patch.settings),
                broken: patch.broken.union(&one.broken).copied().collect(),
                cleared: patch.cleared.clone(),
            };
        } else if index(path).is_some() || tables(path).next().is_some() {
            self.constants(path, node, patch);
        } else {
            self.unknown_path(path, node.at);
        }
    }

    fn unknown_path(&mut self, path: &str, at: Place) {
        let names = || PARAMS.iter().map(|p| p.name);
        // The right name without its table is the likeliest slip.
        let inside = names().find(|n| n.ends_with(&format!(".{path}")));
        let near = inside.map_or_else(|| hint(path, names()), |n| format!("; did you mean `{n}`?"));
        let table = path.rsplit_once('.').map_or("", |(table, _)| table);
        let known = tables(table).next().is_some();
        let (of, table) = if known && !table.is_empty() {
            (format!("`{table}`"), table)
        } else {
            ("a policy".to_string(), "")
        };
        let allowed: Vec<&str> = tables(table).collect();
        self.fault(at, format!("unknown constant `{path}`{near}; {of} has: {}", allowed.join(", ")));
    }

    /// A constant: bare, or as a table with its provenance.
    fn setting(&mut self, param: &Param, node: &Node) -> Option<Setting> {
        let origin = Origin { file: self.file.clone(), place: node.at };
        let mut setting = Setting {
            value: Value::None,
            source: None,
            confidence: None,
            verified: None,
            low: None,
            high: None,
            note: None,
            replaces: None,
            origin,
        };
        // The factors by block reason are a table themselves: full only if they carry a table called `value`.
        let full = match &node.data {
            Data::Table(entries) if matches!(param.kind, Kind::Reasons) => entries
                .iter()
                .any(|e| e.key == "value" && matches!(e.node.data, Data::Table(_)))
                .then_some(entries),
            Data::Table(entries) => Some(entries),
            _ => None,
        };
        let Some(entries) = full else {
            setting.value = self.value(param, node)?;
            return Some(setting);
        };
        let mut value = None;
        let mut given = false;
        for e in entries {
            match e.key.as_str() {
                "value" => {
                    given = true;
                    value = self.value(param, &e.node);
                    setting.origin.place = e.node.at;
                }
                "unit" => {
                    if e.node.data != Data::Text(param.unit.to_string()) {
                        let found = e.node.found();
                        self.fault(
                            e.node.at,
                            format!("`{}` is in {:?}, not {found}", param.name, param.unit),
                        );
                    }
                }
                "source" => setting.source = self.line(e),
                "note" => setting.note = self.line(e),
                "confidence" => setting.confidence = self.confidence(e),
                "verified" => setting.verified = self.day(e).map(|d| d.text),
                "low" => setting.low = self.bound(param, e),
                "high" => setting.high = self.bound(param, e),
                key => self.unknown(e.at, key, &META),
            }
        }
        if !given {
            self.fault(node.at, format!("`{}` has no `value`", param.name));
        }
        setting.value = value?;
        self.range(param, &setting);
        Some(setting)
    }

    fn value(&mut self, param: &Param, node: &Node) -> Option<Value> {
        param.kind.read(node).map_err(|why| self.fault(node.at, format!("`{}`: {why}", param.name))).ok()
    }

    fn confidence(&mut self, e: &Entry) -> Option<Confidence> {
        const ALLOWED: [Confidence; 3] = [Confidence::Documented, Confidence::Reported, Confidence::Assumed];
        let found = match &e.node.data {
            Data::Text(t) => t.as_str(),
            _ => "",
        };
        let confidence = ALLOWED.into_iter().find(|c| c.name() == found);
        if confidence.is_none() {
            let near = hint(found, ALLOWED.map(Confidence::name));
            self.fault(
                e.node.at,
                format!("`confidence`: {} is not documented, reported or assumed{near}", e.node.found()),
            );
        }
        confidence
    }

    fn bound(&mut self, param: &Param, e: &Entry) -> Option<Value> {
        let bound = self.value(param, &e.node)?;
        if bound.magnitude().is_none() {
            self.fault(
                e.at,
                format!("`{}` is no number or duration and has no `{}`; say it in `note`", param.name, e.key),
            );
            return None;
        }
        Some(bound)
    }

    fn range(&mut self, param: &Param, s: &Setting) {
        let of = |v: &Option<Value>| v.as_ref().and_then(Value::magnitude);
        let Some(value) = s.value.magnitude() else { return };
        if of(&s.low).is_some_and(|low| low > value) || of(&s.high).is_some_and(|high| high < value) {
            let text = |v: &Option<Value>| v.as_ref().map_or("…".to_string(), Value::to_string);
            let (low, high) = (text(&s.low), text(&s.high));
            self.fault(
                s.origin.place,
                format!("`{}`: {} lies outside its own range, {low} to {high}", param.name, s.value),
            );
        }
    }
}

/// Midnight UTC of a day written `YYYY-MM-DD`.
pub(super) fn day_start(text: &str) -> Option<SimTime> {
    let start = SimTime::parse(&format!("{text}T00:00:00Z")).ok()?;
    (start.date() == text).then_some(start)
}

/// Whether a key names a constant's outermost table.
fn known(key: &str) -> bool {
    tables("").any(|t| t == key)
}

/// The keys right under a dotted path (`""`: the outermost), each once, in the order of the list.
fn tables(path: &str) -> impl Iterator<Item = &'static str> + use<> {
    let mut keys: Vec<&'static str> = Vec::new();
    for p in PARAMS {
        let rest = match path {
            "" => Some(p.name),
            _ => p.name.strip_prefix(path).and_then(|r| r.strip_prefix('.')),
        };
        let key = rest.map(|r| r.split('.').next().unwrap_or(r));
        keys.extend(key.filter(|k| !keys.contains(k)));
    }
    keys.into_iter()
}
