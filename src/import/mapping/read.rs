//! From the text of a mapping to a mapping, or everything that is wrong with it.
//!
//! Knows the keys of a mapping file. Must not know tables: whether one has the columns is found out in `apply`.

use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;

use super::{
    CATEGORY, Column, ColumnId, Condition, EventSource, FIELDS, Flags, Kind, Mapping, NUMBER, Origin, Part,
    RECIPIENT, Source, Test, TimeFormat, TimeSource, TimeText, Values,
};
use crate::messaging::Category;
use crate::messaging::record::Event;
use crate::messaging::{SignalKind, VerdictKind};
use crate::text::{self, Fault, Faults, Node, Place, Value, did_you_mean};

const TOP: [&str; 13] = [
    "name",
    "summary",
    "delimiter",
    "empty",
    "optional",
    "time_format",
    "timezone",
    "flags",
    "failed_without_send",
    "when",
    "unless",
    "fields",
    "rows",
];
const ROW: [&str; 6] = ["event", "name", "assumed", "when", "unless", "time"];
const TIME: [&str; 4] = ["column", "pattern", "format", "timezone"];
const SOURCE: [&str; 5] = ["column", "constant", "pattern", "values", "otherwise"];
const SOURCE_ALLOWED: &str = "the name of a column in quotes, or a table with column, constant or pattern";

/// Reads a mapping. `name` is what messages will call its text.
pub fn read(name: &str, text: &str) -> Result<Mapping, Faults> {
    let root = text::parse(name, text)?.root;
    let mut reader =
        Reader { faults: Vec::new(), columns: Vec::new(), zone: TimeZone::UTC, format: TimeFormat::Log };
    let mapping = reader.mapping(name, &root);
    if reader.faults.is_empty() {
        return Ok(Mapping { columns: reader.columns, ..mapping });
    }
    reader.faults.sort_by_key(|f| f.place.position);
    // What stands in [fields] is read once for each kind of rows.
    let mut faults: Vec<Fault> = Vec::new();
    for fault in reader.faults {
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    }
    Err(Faults(faults))
}

struct Reader {
    faults: Vec<Fault>,
    columns: Vec<Column>,
    /// What holds where a time does not say otherwise.
    zone: TimeZone,
    format: TimeFormat,
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_string() } else { format!("{path}.{key}") }
}

impl Reader {
    fn not(&mut self, node: &Node, path: &str, allowed: impl Into<String>) {
        self.faults.push(Fault::new(node.place.clone(), path, node.value.describe()).allowed(allowed));
    }

    fn keys(&mut self, node: &Node, path: &str, allowed: &[&str]) {
        for e in node.entries().iter().filter(|e| !allowed.contains(&e.key.as_str())) {
            self.faults.push(Fault::unknown_key(e.place.clone(), join(path, &e.key), &e.key, allowed));
        }
    }

    fn text(&mut self, node: &Node, path: &str) -> Option<String> {
        let text = node.value.as_text().map(str::to_string);
        if text.is_none() {
            self.not(node, path, "a text in quotes");
        }
        text
    }

    /// One text, or a list of texts.
    fn texts(&mut self, node: &Node, path: &str) -> Vec<(String, Place)> {
        match &node.value {
            Value::List(items) => {
                let one = |(i, n): (usize, &Node)| {
                    self.text(n, &format!("{path}.{i}")).map(|text| (text, n.place.clone()))
                };
                items.iter().enumerate().filter_map(one).collect()
            }
            Value::Text(text) => vec![(text.clone(), node.place.clone())],
            _ => {
                self.not(node, path, "a text in quotes, or a list of such");
                Vec::new()
            }
        }
    }

    fn column(&mut self, name: &str, place: &Place) -> ColumnId {
        self.columns.iter().position(|c| c.name == name).unwrap_or_else(|| {
            self.columns.push(Column { name: name.to_string(), place: place.clone(), optional: false });
            self.columns.len() - 1
        })
    }

    fn mapping(&mut self, name: &str, root: &Node) -> Mapping {
        self.keys(root, "", &TOP);
        let optional = root.get("optional").map(|n| self.texts(n, "optional")).unwrap_or_default();
        let given = root.get("name").and_then(|n| self.text(n, "name"));
        let summary = root.get("summary").and_then(|n| self.text(n, "summary")).unwrap_or_default();
        if let Some(node) = root.get("timezone") {
            self.zone = self.zone_of(node, "timezone");
        }
        if let Some(node) = root.get("time_format") {
            let zone = self.zone.clone();
            self.format = self.format_of(node, "time_format", &zone);
        }
        let empty = root.get("empty").map(|n| self.texts(n, "empty")).unwrap_or_default();
        let mut mapping = Mapping {
            name: given.unwrap_or_else(|| stem(name)),
            summary: summary.split_whitespace().collect::<Vec<_>>().join(" "),
            delimiter: root.get("delimiter").map_or(b',', |n| self.delimiter(n)),
            empty: empty.into_iter().map(|(text, _)| text).collect(),
            columns: Vec::new(),
            flags: self.flags(root.get("flags")),
            when: self.conditions(root, ""),
            unsent_are_attempts: root.get("failed_without_send").is_some_and(|n| self.unsent(n)),
            rows: Vec::new(),
        };
        let fields = root.get("fields");
        if let Some(node) = fields {
            let allowed: Vec<&str> = FIELDS.into_iter().chain(["time"]).collect();
            self.keys(node, "fields", &allowed);
            if !matches!(node.value, Value::Table(_)) {
                self.not(node, "fields", format!("a table with {}", allowed.join(", ")));
            }
        }
        match root.get("rows") {
            Some(Node { value: Value::List(items), .. }) if !items.is_empty() => {
                for (i, item) in items.iter().enumerate() {
                    let path = format!("rows.{i}");
                    if let Some(kind) = self.kind(item, &path, fields) {
                        mapping.rows.push(kind);
                    }
                }
            }
            Some(node) => self.not(node, "rows", "one table or more, each written [[rows]]"),
            None => {
                let fault = Fault::new(root.place.clone(), "rows", "missing");
                self.faults.push(fault.allowed("one table or more, each written [[rows]]"));
            }
        }
        for (i, kind) in mapping.rows.iter().enumerate() {
            if mapping.rows[..i].iter().any(|k| k.name == kind.name) {
                let node = root.get("rows").expect("there are rows");
                let found = format!("{:?} is the name of two kinds of rows", kind.name);
                self.faults.push(Fault::new(node.place.clone(), "rows", found).allowed("a `name` for each"));
            }
        }
        for (name, place) in optional {
            match self.columns.iter_mut().find(|c| c.name == name) {
                Some(column) => column.optional = true,
                None => {
                    let hint = did_you_mean(&name, self.columns.iter().map(|c| c.name.as_str()));
                    let found = format!("{name:?} is not used in this mapping");
                    self.faults.push(Fault::new(place, "optional", found).hint(hint));
                }
            }
        }
        mapping
    }

    fn delimiter(&mut self, node: &Node) -> u8 {
        match node.value.as_text() {
            Some(text @ ("," | ";" | "\t" | "|")) => text.as_bytes()[0],
            _ => {
                self.not(node, "delimiter", r#"",", ";", "|" or "\t""#);
                b','
            }
        }
    }

    /// What a failure is whose message no row sends: true for a refused attempt.
    fn unsent(&mut self, node: &Node) -> bool {
        let path = "failed_without_send";
        let (attempt, failure) = (SignalKind::SendAttempted.name(), SignalKind::MessageFailed.name());
        match node.value.as_text() {
            Some(text) if text == attempt => return true,
            Some(text) if text == failure => {}
            Some(text) => {
                let hint = did_you_mean(text, [attempt, failure]);
                let fault = Fault::new(node.place.clone(), path, node.value.describe());
                self.faults.push(fault.allowed(format!("{attempt:?} or {failure:?}")).hint(hint));
            }
            None => self.not(node, path, format!("{attempt:?} or {failure:?}")),
        }
        false
    }

    fn flags(&mut self, node: Option<&Node>) -> Flags {
        let of = |words: &[&str]| words.iter().map(|w| w.to_string()).collect::<Vec<_>>();
        let mut flags = Flags {
            yes: of(&["t", "true", "1", "y", "yes", "x"]),
            no: of(&["f", "false", "0", "n", "no", ""]),
        };
        let Some(node) = node else { return flags };
        self.keys(node, "flags", &["yes", "no"]);
        for (key, list) in [("yes", &mut flags.yes), ("no", &mut flags.no)] {
            if let Some(n) = node.get(key) {
                let words = self.texts(n, &join("flags", key));
                *list = words.into_iter().map(|(word, _)| word.to_lowercase()).collect();
            }
        }
        if let Some(word) = flags.yes.iter().find(|w| flags.no.contains(w)) {
            let found = format!("{word:?} stands for yes and for no");
            self.faults.push(Fault::new(node.place.clone(), "flags", found));
        }
        flags
    }

    /// `when` and `unless` of a table.
    fn conditions(&mut self, table: &Node, path: &str) -> Vec<Condition> {
        let mut out = Vec::new();
        for (key, unless) in [("when", false), ("unless", true)] {
            let Some(node) = table.get(key) else { continue };
            let path = join(path, key);
            if node.entries().is_empty() {
                self.not(node, &path, "a table of columns, such as { is_opened = true }");
            }
            for e in node.entries() {
                let inner = join(&path, &e.key);
                let column = self.column(&e.key, &e.place);
                let test = match &e.node.value {
                    Value::Flag(yes) => Test::Flag(*yes),
                    Value::Text(t) if t == "*" => Test::Filled,
                    Value::Text(_) | Value::List(_) => {
                        Test::Any(self.texts(&e.node, &inner).into_iter().map(|(t, _)| t).collect())
                    }
                    _ => {
                        let allowed = "true or false for a flag, a text or a list of texts, \"*\" for anything but empty";
                        self.not(&e.node, &inner, allowed);
                        continue;
                    }
                };
                out.push(Condition { column, test, unless });
            }
        }
        out
    }

    fn kind(&mut self, node: &Node, path: &str, fields: Option<&Node>) -> Option<Kind> {
        if !matches!(node.value, Value::Table(_)) {
            self.not(node, path, "a table");
            return None;
        }
        let allowed: Vec<&str> = ROW.into_iter().chain(FIELDS).collect();
        self.keys(node, path, &allowed);
        let mut texts: [Option<Source>; FIELDS.len()] = Default::default();
        for (i, field) in FIELDS.into_iter().enumerate() {
            // What a row does not say itself it takes from [fields].
            texts[i] = match (node.get(field), fields.and_then(|f| f.get(field))) {
                (Some(own), _) => self.source(own, &join(path, field)),
                (None, Some(shared)) => self.source(shared, &join("fields", field)),
                (None, None) => None,
            };
        }
        let event = match node.get("event") {
            Some(n) => self.event(n, &join(path, "event")),
            None => {
                self.faults.push(Fault::new(node.place.clone(), join(path, "event"), "missing"));
                None
            }
        };
        let time = match (node.get("time"), fields.and_then(|f| f.get("time"))) {
            (Some(own), _) => self.time(own, &join(path, "time")),
            (None, Some(shared)) => self.time(shared, "fields.time"),
            (None, None) => {
                let fault = Fault::new(node.place.clone(), join(path, "time"), "missing");
                self.faults.push(fault.allowed("a column, here or in [fields]"));
                None
            }
        };
        for (i, category) in [(CATEGORY, true), (NUMBER, false), (RECIPIENT, false)] {
            match &texts[i] {
                Some(source) if category => {
                    self.categories(source, node.get(FIELDS[i]).unwrap_or(node), path)
                }
                None if !category && event.as_ref().is_none_or(|e| needs(e, i)) => {
                    let fault = Fault::new(node.place.clone(), join(path, FIELDS[i]), "missing");
                    self.faults.push(fault.allowed("a column, constant or pattern, here or in [fields]"));
                }
                _ => {}
            }
        }
        let name = node.get("name").and_then(|n| self.text(n, &join(path, "name")));
        let assumed = node.get("assumed").and_then(|n| self.text(n, &join(path, "assumed")));
        let when = self.conditions(node, path);
        let (event, time) = (event?, time?);
        let usual = match &event {
            EventSource::Always(event) => event.name().to_string(),
            EventSource::Told(_) => path.to_string(),
        };
        Some(Kind { name: name.unwrap_or(usual), event, time, texts, when, assumed })
    }

    fn event(&mut self, node: &Node, path: &str) -> Option<EventSource> {
        if let Some(text) = node.value.as_text() {
            return self.event_name(text, node, path).map(EventSource::Always);
        }
        let source = self.source(node, path)?;
        if let Origin::Constant(text) = &source.origin {
            return self.event_name(&text.clone(), node, path).map(EventSource::Always);
        }
        let values = source.values.iter().flat_map(|v| v.table.iter().map(|(_, to)| to).chain(&v.otherwise));
        for to in values.filter(|to| !to.is_empty()) {
            self.event_name(to, node, path);
        }
        Some(EventSource::Told(source))
    }

    /// An event that a log of other origin can hold.
    fn event_name(&mut self, text: &str, node: &Node, path: &str) -> Option<Event> {
        match Event::parse(text) {
            Some(Event::Verdict(_)) => {
                let fault =
                    Fault::new(node.place.clone(), path, format!("{text:?} is a verdict of the rules"));
                self.faults.push(fault.allowed("what happened or what the platform reported"));
                None
            }
            None => {
                let verdict = |n: &&str| VerdictKind::parse(n).is_none();
                let names: Vec<&str> = Event::names().filter(verdict).collect();
                let hint = did_you_mean(text, names.iter().copied());
                let fault = Fault::new(node.place.clone(), path, format!("{text:?}"));
                self.faults.push(fault.allowed(names.join(", ")).hint(hint));
                None
            }
            event => event,
        }
    }

    fn categories(&mut self, source: &Source, node: &Node, path: &str) {
        let values = source.values.iter().flat_map(|v| v.table.iter().map(|(_, to)| to).chain(&v.otherwise));
        let constant = match &source.origin {
            Origin::Constant(text) => Some(text),
            _ => None,
        };
        let bad: Vec<String> = values
            .chain(constant)
            .filter(|to| !to.is_empty() && Category::parse(to).is_none())
            .map(|to| format!("{to:?}"))
            .collect();
        if !bad.is_empty() {
            let fault = Fault::new(node.place.clone(), join(path, "category"), bad.join(", "));
            self.faults.push(fault.allowed("marketing, utility, authentication, service"));
        }
    }

    /// Where a text comes from: a column's name, or a table that says more.
    fn source(&mut self, node: &Node, path: &str) -> Option<Source> {
        match &node.value {
            Value::Text(name) => {
                let column = self.column(name, &node.place);
                Some(Source { origin: Origin::Columns(vec![column]), values: None })
            }
            Value::Table(_) => self.source_table(node, path),
            _ => {
                self.not(node, path, SOURCE_ALLOWED);
                None
            }
        }
    }

    fn source_table(&mut self, node: &Node, path: &str) -> Option<Source> {
        self.keys(node, path, &SOURCE);
        let given: Vec<&str> =
            ["column", "constant", "pattern"].into_iter().filter(|k| node.get(k).is_some()).collect();
        let [key] = given[..] else {
            let found =
                if given.is_empty() { "says not where from".to_string() } else { given.join(" and ") };
            self.faults.push(
                Fault::new(node.place.clone(), path, found).allowed("one of column, constant, pattern"),
            );
            return None;
        };
        let (inner, at) = (node.get(key).expect("just found"), join(path, key));
        let origin = match key {
            "constant" => Origin::Constant(self.text(inner, &at)?),
            "pattern" => Origin::Pattern(self.pattern(inner, &at)?),
            _ => Origin::Columns(self.columns_of(inner, &at)?),
        };
        let mut table = Vec::new();
        if let Some(values) = node.get("values") {
            let at = join(path, "values");
            if values.entries().is_empty() {
                self.not(values, &at, "a table of translations, such as { t = \"yes\", f = \"\" }");
            }
            for e in values.entries() {
                table.extend(self.text(&e.node, &join(&at, &e.key)).map(|to| (e.key.clone(), to)));
            }
        }
        let otherwise = node.get("otherwise").and_then(|n| self.text(n, &join(path, "otherwise")));
        if otherwise.is_some() && node.get("values").is_none() {
            let found = "given without `values`";
            self.faults.push(Fault::new(node.place.clone(), join(path, "otherwise"), found));
        }
        let values = node.get("values").map(|_| Values { table, otherwise });
        Some(Source { origin, values })
    }

    fn columns_of(&mut self, node: &Node, path: &str) -> Option<Vec<ColumnId>> {
        let names = self.texts(node, path);
        if names.is_empty() && matches!(node.value, Value::List(_)) {
            self.not(node, path, "at least one column");
        }
        let columns: Vec<ColumnId> = names.iter().map(|(name, place)| self.column(name, place)).collect();
        (!columns.is_empty()).then_some(columns)
    }

    /// `{channel}-{id}`.
    fn pattern(&mut self, node: &Node, path: &str) -> Option<Vec<Part>> {
        let text = self.text(node, path)?;
        let mut parts = Vec::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, tail)) = after.split_once('}') else {
                self.not(node, path, "a } for every {");
                return None;
            };
            if !before.is_empty() {
                parts.push(Part::Text(before.to_string()));
            }
            let column = self.column(name, &node.place);
            parts.push(Part::Column(column));
            rest = tail;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_string()));
        }
        if !parts.iter().any(|p| matches!(p, Part::Column(_))) {
            self.not(
                node,
                path,
                "at least one column in braces, such as \"{channel}-{id}\"; else say `constant`",
            );
        }
        Some(parts)
    }

    fn time(&mut self, node: &Node, path: &str) -> Option<TimeSource> {
        if !matches!(node.value, Value::Table(_)) {
            let columns = self.columns_of(node, path)?;
            return Some(TimeSource { text: TimeText::First(columns), format: self.format.clone() });
        }
        self.keys(node, path, &TIME);
        let zone = match node.get("timezone") {
            Some(n) => self.zone_of(n, &join(path, "timezone")),
            None => self.zone.clone(),
        };
        let mut format = match node.get("format") {
            Some(n) => self.format_of(n, &join(path, "format"), &zone),
            None => self.format.clone(),
        };
        if let TimeFormat::Pattern { zone: of, .. } = &mut format {
            *of = zone;
        }
        let text = match (node.get("column"), node.get("pattern")) {
            (Some(n), None) => TimeText::First(self.columns_of(n, &join(path, "column"))?),
            (None, Some(n)) => TimeText::Joined(self.pattern(n, &join(path, "pattern"))?),
            (both, _) => {
                let found = if both.is_some() { "column and pattern" } else { "says not where from" };
                let fault = Fault::new(node.place.clone(), path, found);
                self.faults.push(fault.allowed(
                    "column, or pattern to join several, such as { pattern = \"{date} {time}\", format = \"%d.%m.%Y \
                     %H:%M\" }",
                ));
                return None;
            }
        };
        Some(TimeSource { text, format })
    }

    fn zone_of(&mut self, node: &Node, path: &str) -> TimeZone {
        let text = self.text(node, path).unwrap_or_else(|| "UTC".to_string());
        let offset = || BrokenDownTime::parse("%:z", &text).ok()?.offset().map(TimeZone::fixed);
        TimeZone::get(&text).ok().or_else(offset).unwrap_or_else(|| {
            let names: Vec<String> = jiff::tz::db().available().map(|n| n.to_string()).collect();
            let hint = did_you_mean(&text, names.iter().map(String::as_str));
            let fault = Fault::new(node.place.clone(), path, format!("{text:?}"));
            let allowed = "a time zone of the IANA database, such as \"America/Sao_Paulo\" or \"UTC\", or an offset \
                           such as \"-03:00\"";
            self.faults.push(fault.allowed(allowed).hint(hint));
            TimeZone::UTC
        })
    }

    fn format_of(&mut self, node: &Node, path: &str, zone: &TimeZone) -> TimeFormat {
        let Some(text) = self.text(node, path) else { return TimeFormat::Log };
        TimeFormat::parse(&text, zone).unwrap_or_else(|why| {
            let fault =
                Fault::new(node.place.clone(), path, node.value.describe()).allowed(TimeFormat::ALLOWED);
            let near = did_you_mean(&text, ["log", "seconds", "milliseconds"]);
            self.faults.push(fault.hint(if why.is_empty() { near } else { Some(why) }));
            TimeFormat::Log
        })
    }
}

/// Whether rows of an event are nothing without this field. What is observed of an account needs no number.
fn needs(event: &EventSource, field: usize) -> bool {
    match event {
        EventSource::Always(Event::Signal(kind)) => signal_needs(*kind, field),
        EventSource::Always(_) => false,
        EventSource::Told(_) => true,
    }
}

/// Whether a signal is nothing without a number or a person.
pub(super) fn signal_needs(kind: SignalKind, field: usize) -> bool {
    use SignalKind as K;
    let of_the_business = matches!(
        kind,
        K::TemplateCreated
            | K::TemplateReviewed
            | K::ViolationRecorded
            | K::AppealDecided
            | K::NumberRegistered
            | K::BusinessVerified
            | K::LogClosed
    );
    match field {
        NUMBER => !matches!(kind, K::LogClosed | K::BusinessVerified),
        RECIPIENT => !of_the_business,
        _ => false,
    }
}

/// The name of a file without its folder and ending.
fn stem(file: &str) -> String {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.strip_suffix(".toml").or_else(|| name.strip_suffix(".json")).unwrap_or(name).to_string()
}
