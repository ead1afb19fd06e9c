//! What a policy file says, key by key: strict at every level, nothing resolved yet.
//!
//! Knows the shape of a file (header, tables of constants, `[[version]]`), not what a base contains nor whether the
//! constants fit together. Never opens a file: callers hand in its name and text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::sim::SimTime;
use crate::text::{Entry, Fault, Node, Place, Value as Found, did_you_mean};

use super::param::{Kind, OPTIONAL_TABLES, PARAMS, Param, Value, Wrong, index};

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
    /// Those that a file may state.
    pub const STATED: [Confidence; 3] = [Confidence::Documented, Confidence::Reported, Confidence::Assumed];

    /// From the word in a file.
    pub fn parse(word: &str) -> Option<Confidence> {
        Confidence::STATED.into_iter().find(|c| c.name() == word)
    }

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
    /// Where it was written.
    pub place: Place,
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
    /// The patch without what it says of optional tables that this version lacks while others have them: it changes
    /// tables where they are. One that brings all that a table needs adds it everywhere.
    pub fn where_tables_are<'a>(
        &self,
        version: &Settings,
        all: impl Iterator<Item = &'a Settings> + Clone,
    ) -> Patch {
        use super::param::{Need, optional_table};
        let has = |s: &Settings, table| s.keys().any(|i| optional_table(PARAMS[*i].name) == Some(table));
        let mut out = self.clone();
        for table in OPTIONAL_TABLES {
            let needs = |(i, p): (usize, &Param)| {
                optional_table(p.name) == Some(table)
                    && matches!(p.need, Need::Required)
                    && !self.settings.contains_key(&i)
                    && !self.broken.contains(&i)
            };
            let elsewhere = all.clone().any(|s| has(s, table));
            if !has(version, table) && elsewhere && PARAMS.iter().enumerate().any(needs) {
                out.settings.retain(|i, _| optional_table(PARAMS[*i].name) != Some(table));
                out.broken.retain(|i| optional_table(PARAMS[*i].name) != Some(table));
            }
        }
        out
    }

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
#[derive(Clone, Debug)]
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

impl Draft {
    fn at(place: Place) -> Draft {
        Draft {
            name: None,
            title: None,
            effective: None,
            until: None,
            effective_note: None,
            summary: None,
            variant: false,
            based_on: None,
            patch: Patch::default(),
            place,
        }
    }
}

/// A file as written: a header, and either its own constants or dated versions.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub head: Draft,
    pub versions: Vec<Draft>,
    /// What changed while a shipped era held, by the day.
    pub changes: Vec<Draft>,
}

const HEADER: [&str; 8] =
    ["name", "title", "effective", "until", "effective_note", "summary", "variant", "based_on"];
const META: [&str; 8] = ["value", "unit", "source", "confidence", "verified", "low", "high", "note"];

/// Reads trees and gathers faults; never stops at the first.
#[derive(Default)]
pub(super) struct Reader {
    pub faults: Vec<Fault>,
    /// Whether `[[change]]` is known: eras are the program's own, files of users list whole versions instead.
    pub shipped: bool,
}

impl Reader {
    pub fn fault(&mut self, place: &Place, path: &str, found: impl Into<String>) {
        self.faults.push(Fault::new(place.clone(), path, found));
    }

    /// A value that is not what it has to be.
    fn not(&mut self, node: &Node, path: &str, allowed: &str) {
        self.faults.push(Fault::new(node.place.clone(), path, node.value.describe()).allowed(allowed));
    }

    /// A whole file.
    pub fn document(&mut self, root: &Node) -> Document {
        let entries = root.entries();
        let head = Draft::at(root.place.clone());
        let mut doc = Document { head, versions: Vec::new(), changes: Vec::new() };
        let dated = entries.iter().find(|e| e.key == "version");
        for e in entries {
            let shared = ["name", "title", "summary", "based_on"];
            if e.key == "version" {
                self.versions(e, &mut doc.versions);
            } else if self.shipped && e.key == "change" {
                self.versions(e, &mut doc.changes);
            } else if dated.is_some() && !shared.contains(&e.key.as_str()) && known(&e.key) {
                let found = "belongs into a version when a file lists versions with [[version]]";
                self.fault(&e.place, &e.key, found);
            } else {
                self.draft_entry(e, &mut doc.head, &["version"]);
            }
        }
        doc
    }

    fn versions(&mut self, entry: &Entry, out: &mut Vec<Draft>) {
        let Found::List(items) = &entry.node.value else {
            return self.not(&entry.node, "version", "a list of tables, each written [[version]]");
        };
        if items.is_empty() {
            self.not(&entry.node, "version", "one version or more");
        }
        for (i, item) in items.iter().enumerate() {
            let Found::Table(entries) = &item.value else {
                self.not(item, &format!("version.{i}"), "a table");
                continue;
            };
            let mut draft = Draft::at(item.place.clone());
            for e in entries {
                self.draft_entry(e, &mut draft, &[]);
            }
            out.push(draft);
        }
    }

    fn draft_entry(&mut self, e: &Entry, draft: &mut Draft, also: &[&str]) {
        match e.key.as_str() {
            "name" => draft.name = self.line("", e),
            "title" => draft.title = self.line("", e),
            "effective" => draft.effective = self.day("", e),
            "until" => draft.until = self.day("", e),
            "effective_note" => draft.effective_note = self.line("", e),
            "summary" => draft.summary = self.line("", e),
            "variant" => match e.node.value {
                Found::Flag(b) => draft.variant = b,
                _ => self.not(&e.node, "variant", "true or false"),
            },
            "based_on" => draft.based_on = self.line("", e).map(|name| (name, e.node.place.clone())),
            key if known(key) => self.constants(key, &e.node, &mut draft.patch),
            _ => {
                let mut allowed: Vec<&str> = also.to_vec();
                HEADER.into_iter().chain(tables("")).for_each(|k| allowed.push(k));
                self.unknown(e, "", &allowed);
            }
        }
    }

    /// Text on one line (summaries may wrap in the file).
    fn line(&mut self, path: &str, e: &Entry) -> Option<String> {
        match &e.node.value {
            Found::Text(t) if !t.trim().is_empty() => {
                Some(t.split_whitespace().collect::<Vec<_>>().join(" "))
            }
            _ => {
                self.not(&e.node, &within(path, &e.key), "a text in quotes");
                None
            }
        }
    }

    fn day(&mut self, path: &str, e: &Entry) -> Option<Day> {
        let day = match &e.node.value {
            Found::Text(t) | Found::Time(t) => {
                day_start(t).map(|start| Day { text: t.clone(), start, place: e.node.place.clone() })
            }
            _ => None,
        };
        if day.is_none() {
            self.not(&e.node, &within(path, &e.key), "a day such as \"2023-03-10\"");
        }
        day
    }

    /// A key that the table at `path` (`""`: the outermost) does not have.
    fn unknown(&mut self, e: &Entry, path: &str, allowed: &[&str]) {
        self.faults.push(Fault::unknown_key(e.place.clone(), within(path, &e.key), &e.key, allowed));
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
        match &node.value {
            Found::Table(entries) if entries.iter().any(|e| e.key == "value") => {
                self.taken_away(path, node, entries, patch)
            }
            Found::Table(entries) => {
                let allowed: Vec<&str> = tables(path).collect();
                for e in entries {
                    let inner = within(path, &e.key);
                    if index(&inner).is_some() || tables(&inner).next().is_some() {
                        self.constants(&inner, &e.node, patch);
                    } else {
                        self.unknown(e, path, &allowed);
                    }
                }
            }
            Found::Text(t) if t == "none" && OPTIONAL_TABLES.contains(&path) => self.clear(path, patch),
            _ => {
                let none = if OPTIONAL_TABLES.contains(&path) { " or \"none\"" } else { "" };
                self.not(node, path, &format!("a table{none}"));
            }
        }
    }

    fn clear(&mut self, path: &str, patch: &mut Patch) {
        patch.cleared.extend(OPTIONAL_TABLES.into_iter().find(|t| *t == path));
    }

    /// `sustained = { value = "none", source = … }`: an optional table taken away, with its reason.
    fn taken_away(&mut self, path: &str, node: &Node, entries: &[Entry], patch: &mut Patch) {
        let none = entries.iter().any(|e| e.key == "value" && e.node.value.as_text() == Some("none"));
        if !none || !OPTIONAL_TABLES.contains(&path) {
            let allowed: Vec<&str> = tables(path).collect();
            let found = "a table of constants, not a constant";
            self.faults.push(Fault::new(node.place.clone(), path, found).allowed(allowed.join(", ")));
            return;
        }
        for e in entries.iter().filter(|e| !META.contains(&e.key.as_str())) {
            self.unknown(e, path, &META);
        }
        self.clear(path, patch);
    }

    /// One entry of an override: its key is a dotted path to a constant or a table of them, also
    /// `rating.weights.reason.SPAM`.
    pub fn path(&mut self, e: &Entry, patch: &mut Patch) {
        let (path, node) = (e.key.as_str(), &e.node);
        if let Some(reason) = path.strip_prefix("rating.weights.reason.").filter(|r| !r.is_empty()) {
            let entry = Entry { key: reason.to_string(), ..e.clone() };
            let table = Node { value: Found::Table(vec![entry]), place: node.place.clone() };
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
            self.unknown_path(e);
        }
    }

    fn unknown_path(&mut self, e: &Entry) {
        let path = e.key.as_str();
        let names = || PARAMS.iter().map(|p| p.name);
        // The right name without its table is the likeliest slip.
        let inside = names().find(|n| n.ends_with(&format!(".{path}")));
        let near = inside.map_or_else(|| did_you_mean(path, names()), |n| Some(format!("did you mean {n}?")));
        let table = path.rsplit_once('.').map_or("", |(table, _)| table);
        let known = tables(table).next().is_some();
        let allowed: Vec<&str> = tables(if known { table } else { "" }).collect();
        let fault = Fault::new(e.place.clone(), path, "unknown constant");
        self.faults.push(fault.allowed(allowed.join(", ")).hint(near));
    }

    /// A constant: bare, or as a table with its provenance.
    fn setting(&mut self, param: &Param, node: &Node) -> Option<Setting> {
        let mut setting = Setting {
            value: Value::None,
            source: None,
            confidence: None,
            verified: None,
            low: None,
            high: None,
            note: None,
            replaces: None,
            place: node.place.clone(),
        };
        // The factors by block reason are a table themselves: full only if they carry a table called `value`.
        let full = match &node.value {
            Found::Table(entries) if matches!(param.kind, Kind::Reasons) => entries
                .iter()
                .any(|e| e.key == "value" && matches!(e.node.value, Found::Table(_)))
                .then_some(entries),
            Found::Table(entries) => Some(entries),
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
                    setting.place = e.node.place.clone();
                }
                "unit" => {
                    if e.node.value.as_text() != Some(param.unit) {
                        self.not(&e.node, &format!("{}.unit", param.name), &format!("{:?}", param.unit));
                    }
                }
                "source" => setting.source = self.line(param.name, e),
                "note" => setting.note = self.line(param.name, e),
                "confidence" => setting.confidence = self.confidence(param, e),
                "verified" => setting.verified = self.day(param.name, e).map(|d| d.text),
                "low" => setting.low = self.bound(param, e),
                "high" => setting.high = self.bound(param, e),
                _ => self.unknown(e, param.name, &META),
            }
        }
        if !given {
            self.fault(&node.place, param.name, "has no `value`");
        }
        setting.value = value?;
        self.range(param, &setting);
        Some(setting)
    }

    fn value(&mut self, param: &Param, node: &Node) -> Option<Value> {
        let read = param.kind.read(node);
        read.map_err(|Wrong { place, found, hint }| {
            self.faults.push(Fault::new(place, param.name, found).allowed(param.kind.allowed()).hint(hint));
        })
        .ok()
    }

    fn confidence(&mut self, param: &Param, e: &Entry) -> Option<Confidence> {
        let found = e.node.value.as_text().unwrap_or_default();
        let confidence = Confidence::parse(found);
        if confidence.is_none() {
            let fault = Fault::new(e.node.place.clone(), within(param.name, &e.key), e.node.value.describe());
            let near = did_you_mean(found, Confidence::STATED.map(Confidence::name));
            self.faults.push(fault.allowed("documented, reported or assumed").hint(near));
        }
        confidence
    }

    fn bound(&mut self, param: &Param, e: &Entry) -> Option<Value> {
        let bound = self.value(param, &e.node)?;
        if bound.magnitude().is_none() {
            let found = format!("is no number or duration and has no `{}`; say it in `note`", e.key);
            self.fault(&e.place, param.name, found);
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
            let found = format!("{} lies outside its own range, {low} to {high}", s.value);
            self.fault(&s.place, param.name, found);
        }
    }
}

/// A path one key longer (`""`: the outermost).
fn within(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_string() } else { format!("{path}.{key}") }
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
