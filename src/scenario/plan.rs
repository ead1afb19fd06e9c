//! From checked tables to numbers, templates and campaigns.

use jiff::civil::Date;

use super::check::Checker;
use super::idle;
use super::read::Reader;
use super::spec::moment;
use crate::behaviour::account::UntilApproved;
use crate::behaviour::app::AppSender;
use crate::behaviour::calendar::{CivilCalendar, Rhythm, Zone, clock, hours, quiet_spans, weekday};
use crate::behaviour::recipient::Segment;
use crate::behaviour::sender::{
    Action, AtCap, AtLimit, Audience, Calendar, Campaign, Condition, Number, OptOut, Reaction, Service,
    Template,
};
use crate::messaging::{Category, Limit};
use crate::sim::{SimDuration, SimTime};
use crate::text::{Node, Place, Value, did_you_mean};

/// When a run begins and ends; not known when either was given wrongly.
pub type Run = Option<(SimTime, SimTime)>;

/// What campaigns refer to.
pub struct Known<'k> {
    /// Begin and end.
    pub run: Run,
    /// Numbers in file order.
    pub numbers: &'k [Number],
    /// Templates in file order.
    pub templates: &'k [Template],
    /// Segments in file order.
    pub segments: &'k [Segment],
    /// Worth of a conversion where a campaign does not say.
    pub value_per_conversion: f64,
}

/// A number from its filled table.
pub fn number(name: &str, t: &Reader<'_>, run: Run, faults: &mut Checker) -> Number {
    let starting_limit = match t.whole_opt("starting_limit") {
        Some(n) => Some(Limit::Of(n)),
        None => t.text_opt("starting_limit").map(|_| Limit::Unlimited),
    };
    let start = run.map_or(SimTime(0), |r| r.0);
    let app = (t.text("channel") == "app").then(|| AppSender {
        list_gap: t.span("list_gap"),
        buys: t.flag("buy_credits"),
        price: t.real("credit_price"),
    });
    idle::number(t, app.is_some(), faults);
    Number {
        registered_at: registered(t, run, faults),
        app,
        name: name.to_string(),
        portfolio: t.text("portfolio").to_string(),
        starting_limit,
        verified_at: if t.flag("verified") { Some(start) } else { t.moment_opt("verified") },
        throughput: t.real_opt("throughput").unwrap_or(1.0),
        service: if t.text("service") == "exponential" { Service::Exponential } else { Service::Even },
        pair_gap: t.span("pair_gap"),
    }
}

/// When a number is registered, if that is not the start.
fn registered(t: &Reader<'_>, run: Run, faults: &mut Checker) -> Option<SimTime> {
    instant_in_run(t, "registered", run, faults).filter(|at| Some(*at) > run.map(|(start, _)| start))
}

/// The instant of a mark; a fault if it lies outside the run.
pub(super) fn instant_in_run(t: &Reader<'_>, key: &str, run: Run, faults: &mut Checker) -> Option<SimTime> {
    let (start, horizon) = run?;
    let at = mark(t.text_opt(key)?, &Zone::utc(), start)?;
    if at < start || at >= horizon {
        let found = format!("{at} lies outside the run");
        let allowed = format!("from {start} up to the end of the run, {horizon}");
        faults.fault(t.place(key), &t.at(key), found, allowed);
    }
    Some(at)
}

/// A template from its filled table; its cost is its own or that of its category.
pub fn template(name: &str, t: &Reader<'_>, money: &Reader<'_>, run: Run) -> Template {
    let category = match t.text("category") {
        "utility" => Category::Utility,
        "authentication" => Category::Authentication,
        "service" => Category::Service,
        _ => Category::Marketing,
    };
    Template {
        name: name.to_string(),
        category,
        topics: match t.text_opt("topic") {
            Some(topic) => vec![topic.to_string()],
            None => t.texts("topics").into_iter().map(|(topic, ..)| topic.to_string()).collect(),
        },
        relevance: t.real_opt("relevance").unwrap_or(1.0),
        opt_out: match t.text("opt_out") {
            "reply" => OptOut::Reply,
            "button" => OptOut::Button,
            "both" => OptOut::Both,
            "hidden" => OptOut::Hidden,
            "none" => OptOut::None,
            _ => OptOut::Easy,
        },
        time_to_live: t.span_opt("time_to_live"),
        review: t.get("review").map(|_| super::rulings::review(&t.table("review"), run)),
        cost: Some(t.real_opt("cost").unwrap_or_else(|| money.real(category.name()))),
    }
}

/// A campaign from its filled table; what is given without effect becomes a remark.
pub fn campaign(
    name: &str,
    t: &Reader<'_>,
    known: &Known<'_>,
    remarks: &mut Vec<String>,
    faults: &mut Checker,
) -> Campaign {
    let zone = Zone::parse(t.text("timezone")).unwrap_or_else(Zone::utc);
    let number = number_of(t, known, faults);
    let sender = known.numbers.get(number);
    if t.has("triggered_per_day") && sender.is_some_and(|n| n.app.is_some()) {
        let found = "messages one by one from a number of the Business app, which sends lists";
        let allowed = "per_week, weekdays, every or dates; or a number with channel = \"api\"";
        faults.fault(t.place("triggered_per_day"), &t.at("triggered_per_day"), found, allowed);
    }
    let quiet = match (hours(t.text("quiet_hours")), known.run) {
        (Some(span), Some((start, horizon))) => quiet_spans(&zone, span, start, horizon),
        _ => Vec::new(),
    };
    let templates = templates_of(t, known, faults);
    remarks.extend(idle::campaign(name, t, &templates, known));
    Campaign {
        name: name.to_string(),
        number,
        templates,
        rotate_templates: t.flag("rotate_templates"),
        fallback: fallback_of(t, known, faults),
        calendar: calendar_of(t, &zone, known.run, sender.and_then(|n| n.registered_at), faults),
        audience: audience_of(&t.table("audience"), known, faults),
        priority: t.get("priority").and_then(|n| n.value.as_whole()).map_or(0, |n| n as i32),
        at_limit: match t.text("at_limit") {
            "drop" => AtLimit::Drop,
            "spread" => AtLimit::Spread,
            _ => AtLimit::Defer,
        },
        at_cap: match t.text("at_cap") {
            "retry" => AtCap::Retry,
            _ => AtCap::Drop,
        },
        retry_after: t.span("retry_after"),
        retries: t.whole_opt("retries").map_or(1, |n| n as u8),
        until_approved: match t.text("until_approved") {
            "skip" => UntilApproved::Skip,
            _ => UntilApproved::Wait,
        },
        reactions: reactions_of(t, known, faults),
        quiet,
        value_per_conversion: t.real_opt("value_per_conversion").unwrap_or(known.value_per_conversion),
    }
}

/// Templates to fall back to.
fn fallback_of(t: &Reader<'_>, known: &Known<'_>, faults: &mut Checker) -> Vec<usize> {
    if !t.has("fallback") {
        return Vec::new();
    }
    let names = || known.templates.iter().map(|n| n.name.as_str());
    let one = |(found, place, path): (&str, Place, String)| refer(found, place, &path, names(), faults);
    t.texts("fallback").into_iter().filter_map(one).collect()
}

/// The index of a name, or a fault.
pub(super) fn refer<'a>(
    found: &str,
    place: Place,
    path: &str,
    names: impl Iterator<Item = &'a str> + Clone,
    faults: &mut Checker,
) -> Option<usize> {
    let index = names.clone().position(|n| n == found);
    if index.is_none() {
        let all: Vec<&str> = names.clone().collect();
        faults.fault_with(
            place,
            path,
            format!("no such name: {found:?}"),
            all.join(", "),
            did_you_mean(found, names),
        );
    }
    index
}

pub(super) fn number_of(t: &Reader<'_>, known: &Known<'_>, faults: &mut Checker) -> usize {
    let names = known.numbers.iter().map(|n| n.name.as_str());
    match t.text_opt("number") {
        Some(found) => refer(found, t.place("number"), &t.at("number"), names, faults).unwrap_or(0),
        None => {
            if !t.has("number") && known.numbers.len() > 1 {
                let all: Vec<&str> = names.collect();
                faults.fault(
                    t.node.place.clone(),
                    &t.at("number"),
                    "missing, and there are several",
                    all.join(", "),
                );
            }
            0
        }
    }
}

fn templates_of(t: &Reader<'_>, known: &Known<'_>, faults: &mut Checker) -> Vec<(usize, f64)> {
    let names = || known.templates.iter().map(|n| n.name.as_str());
    if let Some(found) = t.text_opt("template") {
        let index = refer(found, t.place("template"), &t.at("template"), names(), faults);
        return vec![(index.unwrap_or(0), 1.0)];
    }
    let split = t.table("templates");
    let mut out = Vec::new();
    for entry in split.node.entries() {
        if let Some(index) = refer(&entry.key, entry.place.clone(), &split.at(&entry.key), names(), faults) {
            out.push((index, split.real(&entry.key)));
        }
    }
    let complete = out.len() == split.node.entries().len()
        && split.node.entries().iter().all(|e| split.get(&e.key).is_some());
    let total: f64 = out.iter().map(|(_, share)| share).sum();
    if t.get("templates").is_some() && complete && (total - 1.0).abs() > 1e-9 {
        faults.fault(
            t.place("templates"),
            &t.at("templates"),
            format!("shares add to {total}"),
            "shares that add to 1",
        );
    }
    out
}

/// `day 8`, a date (midnight of the zone) or an instant. Days count from 1, as answers do.
pub(super) fn mark(text: &str, zone: &Zone, start: SimTime) -> Option<SimTime> {
    if let Some(n) = text.strip_prefix("day ") {
        return Some(start + SimDuration::days(n.parse::<i64>().ok()?.checked_sub(1)?));
    }
    match date_only(text) {
        Some(date) => Some(zone.midnight(date)),
        None => moment(text),
    }
}

fn date_only(text: &str) -> Option<Date> {
    if text.len() == 10 { text.parse().ok() } else { None }
}

fn calendar_of(
    t: &Reader<'_>,
    zone: &Zone,
    run: Run,
    registered: Option<SimTime>,
    faults: &mut Checker,
) -> Calendar {
    let nothing = Calendar::Dispatches(Vec::new());
    let Some((start, horizon)) = run else { return nothing };
    let begins = registered.unwrap_or(start);
    let from = t.text_opt("from").and_then(|m| mark(m, zone, start)).unwrap_or(begins);
    if let Some(registered) = registered.filter(|at| from < *at) {
        let found = format!("begins at {from}, before its number is registered at {registered}");
        faults.fault(t.place("from"), &t.at("from"), found, format!("{registered} or later"));
    }
    let until = t.text_opt("until").and_then(|m| mark(m, zone, start)).unwrap_or(horizon);
    if until <= from && t.get("until").is_some() {
        let found = format!("ends at {until}, before it begins at {from}");
        faults.fault(t.place("until"), &t.at("until"), found, "a day or instant after `from`");
        return nothing;
    }
    let (from, until) = (from.max(start), until.min(horizon));
    if let Some(per_day) = t.real_opt("triggered_per_day") {
        return Calendar::Triggered { per_day, from, until: until.max(from) };
    }
    let mut at: Vec<_> = t.texts("at").into_iter().filter_map(|(text, ..)| clock(text)).collect();
    at.sort_unstable();
    if at.is_empty() {
        return nothing;
    }
    let mut instants = Vec::new();
    let rhythm = if let Some(n) = t.whole_opt("per_week") {
        Rhythm::PerWeek(n as u32)
    } else if let Some(step) = t.span_opt("every") {
        if step.0 % SimDuration::DAY.0 != 0 && at.len() > 1 {
            let found = format!("{} times of day with every = \"{step}\"", at.len());
            faults.fault(t.place("at"), &t.at("at"), found, "one time, unless `every` is whole days");
        }
        Rhythm::Every(step)
    } else if t.get("weekdays").is_some() {
        Rhythm::Weekdays(t.texts("weekdays").into_iter().filter_map(|(text, ..)| weekday(text)).collect())
    } else {
        let mut dates = Vec::new();
        for (text, place, path) in t.texts("dates") {
            let inside = |i: SimTime| i >= begins && i < horizon;
            let fits = match date_only(text) {
                Some(date) => {
                    dates.push(date);
                    at.iter().all(|time| inside(zone.instant(date.to_datetime(*time))))
                }
                None => mark(text, zone, start).is_some_and(|i| {
                    // "day N" is a moment of the run's own clock; the others are instants as they stand.
                    instants.push(i);
                    inside(i)
                }),
            };
            if !fits {
                let allowed = format!("from {begins} up to the end of the run, {horizon}");
                let found = match registered {
                    Some(_) => format!("{text} lies outside the time in which its number is registered"),
                    None => format!("{text} lies outside the run"),
                };
                faults.fault(place, &path, found, allowed);
            }
        }
        Rhythm::Dates(dates)
    };
    let key = ["per_week", "weekdays", "every", "dates"].into_iter().find(|k| t.has(k)).unwrap_or("per_week");
    let calendar = CivilCalendar { rhythm, at, zone: zone.clone(), from, until };
    match calendar.dispatches() {
        Ok(mut dispatches) => {
            dispatches.extend(instants.into_iter().filter(|i| *i >= from && *i < until));
            dispatches.sort_unstable();
            dispatches.dedup();
            Calendar::Dispatches(dispatches)
        }
        Err(e) => {
            faults.fault(t.place(key), &t.at(key), e.to_string(), "fewer, or an earlier `at`");
            nothing
        }
    }
}

fn audience_of(t: &Reader<'_>, known: &Known<'_>, faults: &mut Checker) -> Audience {
    let names = known.segments.iter().map(|s| s.name.as_str());
    let mut segments: Vec<usize> = match t.has("segments") {
        true => t
            .texts("segments")
            .into_iter()
            .filter_map(|(found, place, path)| refer(found, place, &path, names.clone(), faults))
            .collect(),
        false => (0..known.segments.len()).collect(),
    };
    segments.sort_unstable();
    let growth = t.real_opt("growth").unwrap_or(1.0);
    Audience {
        segments,
        share: t.real("share"),
        max: t.whole_opt("max"),
        growth,
        rotate: t.flag("rotate"),
        read_within: t.span_opt("read_within"),
        not_sent_within: t.span_opt("not_sent_within"),
        honour_opt_outs: t.flag("honour_opt_outs"),
        opt_out_delay: t.span("opt_out_delay"),
        opt_outs_missed: t.real("opt_outs_missed"),
        leave_out_blocked: t.flag("leave_out_blocked"),
    }
}

/// Reads a condition: `red`, `yellow_or_worse`, either `within 7d`, `flagged`, `green_or_unknown`.
pub fn condition(text: &str) -> Option<Condition> {
    let (colour, within) = match text.split_once(" within ") {
        Some((colour, span)) => (colour, Some(SimDuration::parse(span).ok().filter(|d| d.0 > 0)?)),
        None => (text, None),
    };
    Some(match (colour, within) {
        ("red", None) => Condition::Red,
        ("yellow_or_worse", None) => Condition::YellowOrWorse,
        ("red", Some(span)) => Condition::RedWithin(span),
        ("yellow_or_worse", Some(span)) => Condition::YellowOrWorseWithin(span),
        ("flagged", None) => Condition::Flagged,
        ("green_or_unknown", None) => Condition::NotBad,
        _ => return None,
    })
}

fn reactions_of(t: &Reader<'_>, known: &Known<'_>, faults: &mut Checker) -> Vec<Reaction> {
    let mut out = Vec::new();
    for r in t.items("reactions") {
        let action = if let Some(found) = r.text_opt("template") {
            let names = known.templates.iter().map(|n| n.name.as_str());
            refer(found, r.place("template"), &r.at("template"), names, faults).map(Action::UseTemplate)
        } else if let Some(share) = r.real_opt("share") {
            Some(Action::Share(share))
        } else {
            Some(Action::Pause)
        };
        if let (Some(when), Some(action)) = (condition(r.text("when")), action) {
            out.push(Reaction { when, action });
        }
    }
    out
}

/// Writes marks as instants, so that the resolved form does not hang on how they were said.
pub fn settle_marks(table: &mut Node, keys: &[&str], run: Run) {
    let Some((start, _)) = run else { return };
    let zone = match table.get("timezone").map(|n| &n.value) {
        Some(Value::Text(name)) => Zone::parse(name).unwrap_or_else(Zone::utc),
        _ => Zone::utc(),
    };
    for key in keys {
        if let Some(node) = table.get_mut(key)
            && let Value::Text(text) | Value::Time(text) = &node.value
            && let Some(t) = mark(text, &zone, start)
        {
            node.value = Value::Text(t.to_string());
        }
    }
}
