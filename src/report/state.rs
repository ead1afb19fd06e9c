//! The state of a number at an instant, as text and JSON: what its rating, status and limit are, why, and what comes
//! next.
//!
//! An exception to the rule that `report` sees no policy: its subject is the rules' own view of a number. It decides
//! nothing.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::messaging::{AccountStatus, Limit, Scope};
use crate::policy::fold::{BucketView, NumberView};
use crate::policy::judge::Obstacle;
use crate::policy::rules::SustainedAction;
use crate::report::strip::{LETTERS, strip};
use crate::report::words;
use crate::sim::{SimDuration, SimTime};

/// Buckets of the window printed one by one at most; more are gathered by the day.
const BUCKETS_SHOWN: usize = 30;

/// The whole answer, ending in a line break.
pub fn text(view: &NumberView, policy: &str) -> String {
    let mut out = String::new();
    let mut line = |text: String| {
        out.push_str(text.trim_end());
        out.push('\n');
    };
    let name = words::clean(&view.number);
    line(format!("{name} at {} (policy {policy})", view.at));
    line(String::new());
    line(sentence(view));
    line(String::new());
    let parts = [
        rating(view),
        thirty_days(view),
        window(view),
        limit(view),
        raise(view),
        clocks(view),
        account(view),
    ];
    for part in parts {
        part.into_iter().for_each(&mut line);
    }
    out
}

fn sentence(view: &NumberView) -> String {
    let l = &view.limit;
    let used = match l.limit {
        Limit::Unlimited => format!("{} slots in use, no limit", words::count(l.in_use)),
        Limit::Of(n) => format!("{} of {} slots in use", words::count(l.in_use), words::count(n)),
    };
    let account = match view.account.status {
        AccountStatus::Active => String::new(),
        status => format!(", account {status}"),
    };
    format!("Rating {}, status {}{account}, {used}.", words::colour(view.rating), words::status(view.status))
}

fn rating(view: &NumberView) -> Vec<String> {
    let w = &view.window;
    let mut out = vec!["Rating".to_string()];
    let score = |s: Option<f64>| s.map_or("none (nothing to divide by)".to_string(), words::percent);
    out.push(format!(
        "  {:<34}{}, score {}",
        "by the last evaluation",
        words::colour(view.rating),
        score(view.score)
    ));
    if w.evaluation > view.at {
        out.push(format!(
            "  {:<34}{}, score {} (if nothing more comes in)",
            format!("at the next, {}", time(w.evaluation)),
            words::colour(w.rating),
            score(w.score)
        ));
    }
    let prior = match w.prior_strength > 0.0 {
        true => format!(" + prior {} × {}", w.prior_strength, w.prior_rate),
        false => String::new(),
    };
    out.push(format!(
        "  {:<34}{} / {}{prior}",
        "its parts, decayed",
        rounded(w.negatives),
        rounded(w.weighted_exposure)
    ));
    out.push(format!(
        "  {:<34}{} (at least {} for a rating)",
        "messages in the window",
        words::count(w.exposure),
        words::count(w.min_sample)
    ));
    out.push(format!(
        "  {:<34}yellow from {}, red from {} (assumptions: the platform publishes neither)",
        "thresholds",
        words::threshold(w.yellow_at),
        words::threshold(w.red_at)
    ));
    if let (Some(c), Some(n)) = (w.chances, w.effective_sample) {
        let p = |p: f64| words::chance(p, 1);
        out.push(format!(
            "  {:<34}red {}, yellow {}, green {} (by {} alone)",
            "how sure the colour is",
            p(c.red),
            p(c.yellow),
            p(c.green),
            words::plural(libm::round(n) as u64, "effective message", "effective messages")
        ));
    }
    out
}

/// The platform's own view of the past: the lowest colour of each day.
fn thirty_days(view: &NumberView) -> Vec<String> {
    let (Some((first, _)), Some((last, _))) = (view.thirty_days.first(), view.thirty_days.last()) else {
        return Vec::new();
    };
    let cells: Vec<_> = view.thirty_days.iter().map(|d| d.1).collect();
    vec![
        String::new(),
        "Lowest colour of each day, the last thirty as the platform's console shows them (UTC)".to_string(),
        format!("  {:<34}{}", format!("{} to {}", first.date(), last.date()), strip(&cells, false)),
        format!("  {:<34}{}", "", LETTERS),
    ]
}

/// The window's buckets, gathered by the day of age where there are many.
fn window(view: &NumberView) -> Vec<String> {
    let w = &view.window;
    let mut out = vec![String::new(), "In the window, newest first (UTC)".to_string()];
    if w.buckets.is_empty() {
        out.push("  nothing".to_string());
        return out;
    }
    let width = if w.buckets.len() > BUCKETS_SHOWN { SimDuration::DAY } else { w.cadence };
    let mut rows: Vec<Row> = Vec::new();
    for b in &w.buckets {
        let age = (w.evaluation - b.to).0 / width.0;
        match rows.last_mut().filter(|r| r.age == age) {
            Some(row) => row.add(b),
            None => rows.push(Row::of(age, b)),
        }
    }
    out.push(format!(
        "  {:<36}{:>10}{:>8}{:>9}{:>7}{:>10}{:>14}{:>11}{:>11}",
        "after, up to",
        "messages",
        "blocks",
        "reports",
        "mutes",
        "archives",
        "weight",
        "negatives",
        "exposure"
    ));
    for r in &rows {
        let weight = match r.decay {
            (low, high) if low == high => rounded(low),
            (low, high) => format!("{}–{}", rounded(low), rounded(high)),
        };
        out.push(format!(
            "  {:<36}{:>10}{:>8}{:>9}{:>7}{:>10}{:>14}{:>11}{:>11}",
            format!("{}, {}", time(r.from), time(r.to)),
            words::count(r.counts[0]),
            words::count(r.counts[1]),
            words::count(r.counts[2]),
            words::count(r.counts[3]),
            words::count(r.counts[4]),
            weight,
            rounded(r.negatives),
            rounded(r.exposure)
        ));
    }
    out
}

struct Row {
    age: i64,
    from: SimTime,
    to: SimTime,
    counts: [u64; 5],
    decay: (f64, f64),
    negatives: f64,
    exposure: f64,
}

impl Row {
    fn of(age: i64, b: &BucketView) -> Row {
        let counts = [b.exposure, b.blocks, b.reports, b.mutes, b.archives];
        let (negatives, exposure) = (b.negatives, b.weighted_exposure);
        Row { age, from: b.from, to: b.to, counts, decay: (b.decay, b.decay), negatives, exposure }
    }

    fn add(&mut self, b: &BucketView) {
        self.from = self.from.min(b.from);
        let more = [b.exposure, b.blocks, b.reports, b.mutes, b.archives];
        self.counts.iter_mut().zip(more).for_each(|(n, more)| *n += more);
        self.decay = (self.decay.0.min(b.decay), self.decay.1.max(b.decay));
        self.negatives += b.negatives;
        self.exposure += b.weighted_exposure;
    }
}

fn limit(view: &NumberView) -> Vec<String> {
    let l = &view.limit;
    let whose = match l.scope {
        Scope::Portfolio => format!(" (shared by portfolio {})", words::clean(&l.id)),
        _ => String::new(),
    };
    let mut out = vec![String::new(), format!("Messaging limit{whose}")];
    let free = match l.limit {
        Limit::Unlimited => "no limit".to_string(),
        Limit::Of(n) if l.in_use >= n => "none free".to_string(),
        Limit::Of(n) => format!("{} free", words::count(n - l.in_use)),
    };
    out.push(format!("  {:<34}{}", "limit", l.limit));
    out.push(format!("  {:<34}{}, {free}", "slots in use", words::count(l.in_use)));
    for (i, (at, n)) in l.frees.iter().enumerate() {
        let label = if i == 0 { "next to free" } else { "" };
        out.push(format!("  {:<34}{} at {}", label, words::count(*n), time(*at)));
    }
    out
}

fn raise(view: &NumberView) -> Vec<String> {
    let r = &view.raise;
    let mut out = vec![String::new(), "Next raise".to_string()];
    let Some(to) = r.to else {
        out.push("  none: this is the top of the ladder".to_string());
        return out;
    };
    if let Some(due) = r.pending {
        out.push(format!("  {:<34}to {to} at {}", "scheduled", time(due.at)));
    } else {
        out.push(format!("  {:<34}{to}", "would lead to"));
    }
    match (r.need, view.reached) {
        (Some(need), Some(reached)) => {
            let lacks = need.at_least.saturating_sub(reached);
            let lacks =
                if lacks == 0 { "enough".to_string() } else { format!("{} lacking", words::count(lacks)) };
            let from = need.after.map_or(String::new(), |t| format!(", counted from {}", time(t)));
            out.push(format!(
                "  {:<34}{} of {} in {}{from}: {lacks}",
                "distinct recipients reached",
                words::count(reached),
                words::count(need.at_least),
                need.over
            ));
        }
        _ if r.pending.is_none() => out.push("  no number of recipients will do at this step".to_string()),
        _ => {}
    }
    if r.verification_would_do {
        out.push("  verifying the business would do instead".to_string());
    }
    if r.held_until > view.at {
        out.push(format!("  {:<34}{}", "not before", time(r.held_until)));
    }
    for o in &r.obstacles {
        if let Some(words) = obstacle(o) {
            out.push(format!("  {:<34}{words}", "in the way"));
        }
    }
    out
}

fn obstacle(o: &Obstacle) -> Option<String> {
    Some(match o {
        // Said already.
        Obstacle::TopOfLadder | Obstacle::Pending => return None,
        Obstacle::Flagged(number) => format!("number {} is flagged", words::clean(number)),
        Obstacle::Suspended(number) => format!("number {} is suspended", words::clean(number)),
        Obstacle::Banned => "every number is banned".to_string(),
        Obstacle::Rating { found, needed } => {
            format!("the rating is {}, {} or better is needed", words::colour(*found), words::colour(*needed))
        }
        Obstacle::Unrated => "no number is rated, and these rules want a rating".to_string(),
    })
}

fn clocks(view: &NumberView) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(due) = view.flag {
        out.push(format!("  {:<34}{}", "flagged, decided at", time(due.at)));
    }
    if let Some(due) = view.suspension {
        out.push(format!("  {:<34}{}", "suspended until", time(due.at)));
    }
    if let Some(run) = view.red_run {
        let next = match run.next {
            None => String::new(),
            Some((at, action)) => format!("; {} from {} on if it stays so", action_words(action), time(at)),
        };
        out.push(format!("  {:<34}{}{next}", "red without a break since", time(run.since)));
    }
    if !out.is_empty() {
        out.insert(0, "Clocks".to_string());
        out.insert(0, String::new());
    }
    out
}

/// What enforcement holds against the account; nothing where it holds nothing.
fn account(view: &NumberView) -> Vec<String> {
    let a = &view.account;
    let mut out = Vec::new();
    if a.status != AccountStatus::Active {
        let until = a.until.map(|t| format!(" until {}", time(t))).unwrap_or_default();
        out.push(format!("  {:<34}{}{until}", "account", a.status));
    }
    if let (n @ 1.., Some(last)) = (a.violations, a.last_violation) {
        let last = time(last);
        out.push(format!("  {:<34}{}, the last at {last}", "violations that count", words::count(n)));
    }
    if let Some((delivered, read)) = a.reads.filter(|r| r.0 > 0) {
        let share = words::percent(read as f64 / delivered as f64);
        out.push(format!("  {:<34}{share} of {} delivered", "read", words::count(delivered)));
    }
    if !out.is_empty() {
        out.insert(0, format!("Account {} (all its numbers)", words::clean(&view.portfolio)));
        out.insert(0, String::new());
    }
    out
}

fn action_words(action: SustainedAction) -> String {
    match action {
        SustainedAction::Lower => "the limit is lowered".to_string(),
        SustainedAction::Suspend(d) => format!("suspended for {d}"),
        SustainedAction::Ban => "banned".to_string(),
    }
}

/// To the minute; seconds only where there are any.
fn time(at: SimTime) -> String {
    let text = at.to_string();
    match text.strip_suffix(":00.000Z") {
        Some(minute) => minute.replace('T', " "),
        None => text.trim_end_matches('Z').trim_end_matches(".000").replace('T', " "),
    }
}

fn rounded(v: f64) -> String {
    (libm::round(v * 1000.0) / 1000.0 + 0.0).to_string()
}

/// The same as JSON, nothing rounded.
pub fn to_json(view: &NumberView, policy: &str) -> String {
    let w = &view.window;
    let at = |t: SimTime| Value::from(t.to_string());
    let bucket = |b: &BucketView| {
        json!({
            "after": at(b.from), "up_to": at(b.to), "weight": b.decay, "exposure": b.exposure, "blocks": b.blocks,
            "reports": b.reports, "mutes": b.mutes, "archives": b.archives, "negatives": b.negatives,
            "weighted_exposure": b.weighted_exposure,
        })
    };
    let value = json!({
        "at": at(view.at),
        "policy": policy,
        "number": view.number,
        "portfolio": view.portfolio,
        "rating": view.rating.name(),
        "score": view.score,
        "status": view.status.name(),
        "thirty_days": view.thirty_days.iter()
            .map(|(day, lowest)| json!({ "date": day.date(), "lowest_rating": lowest.name() }))
            .collect::<Vec<_>>(),
        "window": {
            "evaluation": at(w.evaluation),
            "exposure": w.exposure,
            "min_sample": w.min_sample,
            "negatives": w.negatives,
            "weighted_exposure": w.weighted_exposure,
            "prior_strength": w.prior_strength,
            "prior_rate": w.prior_rate,
            "score": w.score,
            "rating": w.rating.name(),
            "yellow_at": w.yellow_at,
            "red_at": w.red_at,
            "effective_sample": w.effective_sample,
            "p_red": w.chances.map(|c| c.red),
            "p_yellow": w.chances.map(|c| c.yellow),
            "p_green": w.chances.map(|c| c.green),
            "buckets": w.buckets.iter().map(bucket).collect::<Vec<_>>(),
        },
        "limit": {
            "scope": view.limit.scope.name(),
            "of": view.limit.id,
            "limit": view.limit.limit.to_string(),
            "slots_in_use": view.limit.in_use,
            "frees": view.limit.frees.iter().map(|(t, n)| json!({ "at": at(*t), "slots": n })).collect::<Vec<_>>(),
        },
        "raise": {
            "to": view.raise.to.map(|l| l.to_string()),
            "scheduled": view.raise.pending.map(|d| at(d.at)),
            "reached": view.reached,
            "needed": view.raise.need.map(|n| n.at_least),
            "over": view.raise.need.map(|n| n.over.to_string()),
            "not_before": at(view.raise.held_until),
            "verification_would_do": view.raise.verification_would_do,
            "in_the_way": view.raise.obstacles.iter().filter_map(obstacle).collect::<Vec<_>>(),
        },
        "flag_deadline": view.flag.map(|d| at(d.at)),
        "suspended_until": view.suspension.map(|d| at(d.at)),
        "red_since": view.red_run.map(|r| at(r.since)),
        "account": {
            "status": view.account.status.name(),
            "until": view.account.until.map(at),
            "cause": view.account.cause,
            "violations": view.account.violations,
            "last_violation": view.account.last_violation.map(at),
            "read_rate_of": view.account.reads.map(|(delivered, read)| json!({ "delivered": delivered, "read": read })),
        },
    });
    let mut out = serde_json::to_string_pretty(&value).expect("plain data becomes JSON");
    let _ = writeln!(out);
    out
}
