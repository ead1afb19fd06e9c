//! What a field is called in a sentence and on an axis, with its unit: charts are read by people who never saw a file.
//!
//! Reads the description of the file's keys; the names themselves are written down here, once. Must not know any
//! scenario, nor who asks.

use super::fields::SCENARIO;
use super::set;
use super::spec::{Field, Kind, Table};
use crate::policy;

/// A field as people call it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldName {
    /// What it is, in small letters: `block chance`, `dispatches per week`.
    pub name: String,
    /// Whose it is, by the scenario's own names: the segment, the campaign; empty where it concerns all.
    pub of: String,
    /// Its unit; empty where it has none or its values carry their own.
    pub unit: &'static str,
    /// Whether only whole numbers fit.
    pub whole: bool,
}

/// Keys that are not understood as they are written. Those of inner tables stand with the key they are in.
static NAMES: &[(&str, &str)] = &[
    // People.
    ("saved_number", "share who saved the number"),
    ("saves_number_per_month", "share who save the number in 30 days"),
    ("consent_age", "age of the agreement"),
    ("consent_half_life", "half-life of consent"),
    ("missing_consent_factor", "factor of a missing consent"),
    ("unnamed_business_factor", "factor of an unnamed business"),
    ("unnamed_channel_factor", "factor of an unnamed channel"),
    ("unnamed_topics_factor", "factor of unnamed topics"),
    ("topic_mismatch_factor", "factor of a topic not agreed to"),
    ("ignored_opt_out_factor", "factor of an ignored opt-out"),
    ("delivered", "delivery chance"),
    ("failed_share", "share of undelivered reported as failed"),
    ("offline_share", "chance of an offline phone"),
    ("read", "read chance"),
    ("read_utility", "read chance of utility messages"),
    ("read_concentration", "likeness of people in reading"),
    ("read_fatigue_loss", "reads lost to fatigue"),
    ("receipts_off", "share without read receipts"),
    ("block_base", "block chance"),
    ("report_given_block", "chance of a report with a block"),
    ("report_base", "report chance"),
    ("mute_base", "mute chance"),
    ("archive_base", "archive chance"),
    ("opt_out_base", "opt-out chance"),
    ("hidden_opt_out_divisor", "divisor of a hidden opt-out"),
    ("opt_out_instead_of_block", "opt-outs in place of blocks"),
    ("opt_out_by_word", "opt-outs by word"),
    ("stop_base", "stop chance"),
    ("stop_instead_of_block", "stops in place of blocks"),
    ("reply", "reply chance"),
    ("reply_by_ad", "share of replies by ad"),
    ("click", "click chance"),
    ("convert_given_click", "conversion chance of a click"),
    ("not_interested", "chance of no interest"),
    ("interested", "chance of interest"),
    ("other_marketing_per_day", "marketing by others"),
    ("annoyance_shape", "shape of annoyance"),
    ("fatigue_background", "fatigue from others"),
    ("fatigue_free", "load that annoys nobody"),
    ("fatigue_memory", "memory of fatigue"),
    ("fatigue_slope", "slope of fatigue"),
    ("fatigue_exponent", "exponent of fatigue"),
    // Campaigns.
    ("per_week", "dispatches per week"),
    ("every", "span between dispatches"),
    ("triggered_per_day", "messages per person and day"),
    ("retry_after", "wait before a retry"),
    ("value_per_conversion", "value of a conversion"),
    ("audience.share", "share of the audience"),
    ("audience.max", "most people per dispatch"),
    ("audience.growth", "growth from dispatch to dispatch"),
    ("audience.read_within", "span in which one was read"),
    ("audience.not_sent_within", "span in which none was sent"),
    ("audience.opt_out_delay", "delay of honouring opt-outs"),
    // Numbers, templates, the run.
    ("opt_out", "opt-out"),
    ("pair_gap", "gap between messages to a person"),
    ("list_gap", "gap between lists"),
    ("credit_price", "price of a broadcast"),
    ("days", "length of the run"),
    ("warm_up", "warm-up"),
    ("money.marketing", "price of a marketing message"),
    ("money.utility", "price of a utility message"),
    ("money.authentication", "price of an authentication message"),
    ("money.service", "price of a service message"),
    // Rules.
    ("rating.window", "window of the rating"),
    ("rating.cadence", "time between ratings"),
    ("rating.recency", "half-life of signals"),
    ("rating.min_sample", "least messages for a rating"),
    ("rating.yellow_at", "threshold of yellow"),
    ("rating.red_at", "threshold of red"),
    ("rating.prior_strength", "weight of the prior"),
    ("rating.prior_rate", "score of the prior"),
    ("rating.hysteresis", "hysteresis of the rating"),
    ("rating.weights.block", "weight of a block"),
    ("rating.weights.report", "weight of a report"),
    ("rating.weights.mute", "weight of a mute"),
    ("rating.weights.archive", "weight of an archived chat"),
    ("template.yellow_at", "template's threshold of yellow"),
    ("template.red_at", "template's threshold of red"),
    ("template.min_sample", "least messages for a template's rating"),
    ("flag.after", "time to a flagged number's verdict"),
    ("raise.min_time_at_limit", "least time at a limit"),
    ("holdout.share", "share held out"),
];

/// What a path is called, as `--set` takes it or as a rule's constant is named; with its last key where nothing is known
/// of it.
pub fn field_name(path: &str) -> FieldName {
    let keys = set::keys(path).unwrap_or_else(|| vec![path.to_string()]);
    let rule = path.strip_prefix("policy.override.").unwrap_or(path);
    if let Some(found) = policy::unit(rule) {
        let name = name_of(rule).map_or_else(|| spaced(&rule.replace('.', " ")), str::to_string);
        return FieldName { name, of: String::new(), unit: found.unit, whole: found.whole };
    }
    match walk(&SCENARIO, &keys) {
        Some(found) => found,
        None => FieldName { name: spaced(keys.last().map_or(path, String::as_str)), ..FieldName::default() },
    }
}

fn name_of(key: &str) -> Option<&'static str> {
    NAMES.iter().find(|(k, _)| *k == key).map(|(_, name)| *name)
}

fn spaced(key: &str) -> String {
    key.replace('_', " ")
}

/// Follows keys from the whole file: through its tables, past the scenario's own names and positions in lists.
fn walk(table: &'static Table, keys: &[String]) -> Option<FieldName> {
    let (mut inside, mut field): (Vec<&'static Field>, Option<&'static Field>) = (Vec::new(), None);
    let (mut owners, mut kind): (Vec<&str>, Option<&'static Kind>) = (Vec::new(), None);
    let mut at = Some(table);
    for key in keys {
        match (at, kind) {
            (Some(t), _) => {
                let found = t.field(key)?;
                inside.extend(field);
                (field, kind) = (Some(found), Some(&found.kind));
            }
            (None, Some(k)) => {
                let (of, named) = values_of(k)?;
                if named {
                    owners.push(key);
                }
                kind = Some(of);
            }
            (None, None) => return None,
        }
        at = kind.and_then(table_of);
    }
    let (field, kind) = (field?, kind?);
    let parent = inside.last().filter(|f| table_of(&f.kind).is_some());
    let own = parent.and_then(|f| name_of(&format!("{}.{}", f.key, field.key)));
    // The tables at the top only say what sort of thing is meant.
    let inner = parent.filter(|f| SCENARIO.field(f.key).is_none());
    let name = match (own, inner) {
        (Some(name), _) => name.to_string(),
        (None, Some(parent)) => {
            let outer = name_of(parent.key).map_or_else(|| spaced(parent.key), str::to_string);
            format!("{} of the {outer}", spaced(field.key))
        }
        (None, None) => name_of(field.key).map_or_else(|| spaced(field.key), str::to_string),
    };
    owners.reverse();
    Some(FieldName { name, of: owners.join(" of "), unit: field.unit, whole: only_whole(kind) })
}

/// What a table of names, or a list, has under each; and whether the key is a name worth telling.
fn values_of(kind: &'static Kind) -> Option<(&'static Kind, bool)> {
    match kind {
        Kind::ByName(of) | Kind::ByWord(_, of) => Some((of, true)),
        Kind::List(of, _) => Some((of, false)),
        Kind::Any(kinds) => kinds.iter().find_map(values_of),
        _ => None,
    }
}

fn table_of(kind: &'static Kind) -> Option<&'static Table> {
    match kind {
        Kind::Table(table) => Some(table),
        Kind::Any(kinds) => kinds.iter().find_map(table_of),
        _ => None,
    }
}

fn only_whole(kind: &Kind) -> bool {
    match kind {
        Kind::Whole(..) => true,
        Kind::Any(kinds) => {
            kinds.iter().any(only_whole)
                && !kinds.iter().any(|k| matches!(k, Kind::Real(..) | Kind::Positive(_)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &str) -> (String, String, &'static str, bool) {
        let n = field_name(path);
        (n.name, n.of, n.unit, n.whole)
    }

    #[test]
    fn fields_have_a_name_an_owner_and_a_unit() {
        let is = |path: &str, name: &str, of: &str, unit: &'static str, whole: bool| {
            assert_eq!(told(path), (name.to_string(), of.to_string(), unit, whole), "{path}");
        };
        is("segments.lapsed.block_base", "block chance", "lapsed", "probability per read message", false);
        is("recipients.block_base", "block chance", "", "probability per read message", false);
        is("campaigns.sale.per_week", "dispatches per week", "sale", "dispatches per week", true);
        is("campaigns.\"big sale\".audience.max", "most people per dispatch", "big sale", "people", true);
        is("numbers.shop.starting_limit", "starting limit", "shop", "people in a moving 24 hours", true);
        is(
            "segments.lapsed.fatigue_memory.half_life",
            "half life of the memory of fatigue",
            "lapsed",
            "",
            false,
        );
        is("policy.override.rating.red_at", "threshold of red", "", "signals/message", false);
        is("rating.min_sample", "least messages for a rating", "", "messages", true);
        is("raise.delay", "raise delay", "", "", false);
        is("no.such_path", "such path", "", "", false);
    }

    #[test]
    fn every_name_is_that_of_a_key_and_no_key_is_told_as_it_is_written() {
        let mut keys: Vec<String> = Vec::new();
        let mut tables: Vec<(&str, &'static Table)> = vec![("", &SCENARIO)];
        while let Some((key, table)) = tables.pop() {
            for field in table.all() {
                keys.push(field.key.to_string());
                keys.push(format!("{key}.{}", field.key));
                let inner =
                    table_of(&field.kind).or_else(|| values_of(&field.kind).and_then(|(of, _)| table_of(of)));
                tables.extend(inner.map(|t| (field.key, t)));
            }
        }
        for (i, (key, name)) in NAMES.iter().enumerate() {
            assert!(keys.iter().any(|k| k == key) || policy::unit(key).is_some(), "{key} is no key");
            assert!(!name.contains('_') && !NAMES[..i].iter().any(|n| n.0 == *key), "{key}");
        }
    }
}
