//! How numbers, dates and rules read in tables and on charts.
//!
//! One place, so that a share looks the same in the terminal, on an axis and in small print. Must not know where
//! the words go.

use crate::messaging::{Limit, NumberStatus, QualityRating};
use crate::sim::SimTime;

/// A whole number with thousands separated: `48,210`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A mean of counts: whole where it is large, one decimal where a decimal says something.
pub fn mean_count(v: f64) -> String {
    let v = v.max(0.0);
    if v >= 100.0 || v == v.round() { count(v.round() as u64) } else { format!("{v:.1}") }
}

/// Money without its currency: cents below a thousand, none above.
pub fn amount(v: f64) -> String {
    let sign = if v < 0.0 { "-" } else { "" };
    let v = v.abs();
    if v >= 999.995 {
        return format!("{sign}{}", count(v.round() as u64));
    }
    let text = format!("{v:.2}");
    // A rounded zero has no sign.
    if text == "0.00" { text } else { format!("{sign}{text}") }
}

/// Two ends of a range: an en dash between plain numbers, `to` where a sign would make it ambiguous.
pub fn range(low: &str, high: &str) -> String {
    if low.starts_with('-') || high.starts_with('-') {
        format!("{low} to {high}")
    } else {
        format!("{low}–{high}")
    }
}

/// The figures of a share in percent, without the sign: two significant digits below ten percent. A score can pass
/// 100 % (a report weighs more than one message); then it is written out.
fn percent_figures(share: f64) -> String {
    let p = share * 100.0;
    match p {
        _ if p <= 0.0 => "0".to_string(),
        _ if p == 100.0 => "100".to_string(),
        _ if p >= 9.95 => format!("{p:.1}"),
        _ if p >= 0.995 => format!("{p:.1}"),
        _ if p >= 0.0995 => format!("{p:.2}"),
        _ if p >= 0.00995 => format!("{p:.3}"),
        _ if p >= 0.001 => format!("{p:.4}"),
        _ => "<0.001".to_string(),
    }
}

/// A share in percent: `97.5 %`, `0.66 %`.
pub fn percent(share: f64) -> String {
    format!("{} %", percent_figures(share))
}

/// A threshold in percent, with no digit more than it was given: `0.5 %`, `2 %`.
pub fn threshold(share: f64) -> String {
    // Ten digits hide the binary remainder of a decimal times a hundred.
    let text = format!("{:.10}", share * 100.0);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// A probability in percent, without the sign; whole numbers unless a thousand replications stand behind it.
/// Never `0` or `100` unless it is exactly that.
fn chance_figures(p: f64, replications: u64) -> String {
    let (decimals, step) = if replications >= 1000 { (1, 0.1) } else { (0, 1.0) };
    let v = p * 100.0;
    if v > 0.0 && v < step / 2.0 {
        return format!("<{step}");
    }
    if v < 100.0 && v >= 100.0 - step / 2.0 {
        return format!(">{}", 100.0 - step);
    }
    format!("{v:.decimals$}")
}

/// A probability in percent: `12 %`.
pub fn chance(p: f64, replications: u64) -> String {
    format!("{} %", chance_figures(p, replications))
}

/// An interval of a probability in percent: `8–17 %`. The ends of an interval are roundings anyway: `0` may stand
/// for a little.
pub fn chance_range((low, high): (f64, f64), replications: u64) -> String {
    let decimals = usize::from(replications >= 1000);
    format!("{:.decimals$}–{:.decimals$} %", low * 100.0, high * 100.0)
}

/// A text with a capital first letter.
pub fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |c| c.to_uppercase().chain(chars).collect())
}

/// `1 day`, `2 days`.
pub fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// A colour as a word inside a sentence.
pub fn colour(rating: QualityRating) -> &'static str {
    match rating {
        QualityRating::Red => "red",
        QualityRating::Yellow => "yellow",
        QualityRating::Green => "green",
        QualityRating::Unknown => "not rated",
    }
}

/// A status as a word inside a sentence.
pub fn status(status: NumberStatus) -> &'static str {
    match status {
        NumberStatus::Banned => "banned",
        NumberStatus::Suspended => "suspended",
        NumberStatus::Flagged => "flagged",
        NumberStatus::Restricted => "restricted (limit used up)",
        NumberStatus::Connected => "connected",
    }
}

/// Why a limit moved, in plain words; an unknown rule keeps its id.
pub fn limit_rule(rule: &str) -> String {
    match rule {
        "raise" => "raise: enough different people were messaged and the rating allowed it",
        "flag_deadline" => "lowering: still red when the flag's clock ran out",
        "sustained_lower" => "lowering: red for too long without a break",
        "policy_changed" => "the platform's rules changed on this date",
        other => return other.to_string(),
    }
    .to_string()
}

/// A limit as on a chart: `1K`, `unlimited`.
pub fn limit(text: &str) -> String {
    Limit::parse(text).map_or_else(|| text.to_string(), Limit::short)
}

/// A name from a file, fit to be shown: control characters (a terminal would obey them, XML forbids them) become
/// the replacement character.
pub fn clean(name: &str) -> String {
    name.chars().map(|c| if allowed(c) { c } else { '\u{FFFD}' }).collect()
}

fn allowed(c: char) -> bool {
    // Beside the control characters: the two code points XML 1.0 leaves out, and marks that turn text around.
    !c.is_control()
        && !matches!(c, '\u{FFFE}' | '\u{FFFF}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// At most `max` characters, the cut shown by an ellipsis.
pub fn shorten(name: &str, max: usize) -> String {
    if name.chars().count() <= max {
        return name.to_string();
    }
    let mut out: String = name.chars().take(max.saturating_sub(1)).collect();
    out.truncate(out.trim_end().len());
    out.push('…');
    out
}

/// `day 12 (2024-03-12)`, counted from 1 on the UTC day of `start`.
pub fn day(start: SimTime, at: SimTime) -> String {
    format!("day {} ({})", at.day_number() - start.day_number() + 1, at.date())
}

/// `day 12 (2024-03-12 09:00)`, UTC: for what has an hour.
pub fn instant(start: SimTime, at: SimTime) -> String {
    let minutes = at.0.rem_euclid(SimTime::DAY_MS) / 60_000;
    let (hour, minute) = (minutes / 60, minutes % 60);
    format!("day {} ({} {hour:02}:{minute:02})", at.day_number() - start.day_number() + 1, at.date())
}

/// A span of time in milliseconds as people say it: hours up to two days, then days.
pub fn span(ms: f64) -> String {
    let of = |v: f64, one: &str, many: &str| {
        let text = format!("{v:.1}");
        let text = text.trim_end_matches(".0");
        format!("{text} {}", if text == "1" { one } else { many })
    };
    // What would be shown as 48 hours is two days.
    if ms < 47.95 * 3_600_000.0 {
        of(ms / 3_600_000.0, "hour", "hours")
    } else {
        of(ms / SimTime::DAY_MS as f64, "day", "days")
    }
}

/// Names as a list, `a, b and c`; beyond `max` only how many more.
pub fn list(names: &[String], max: usize) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        _ if names.len() <= max => {
            let (last, rest) = names.split_last().expect("not empty");
            format!("{} and {last}", rest.join(", "))
        }
        _ => format!("{} and {} more", names[..max].join(", "), names.len() - max),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(mean_count(12.34), "12.3");
        assert_eq!(mean_count(12_345.6), "12,346");
        assert_eq!(amount(-0.001), "0.00");
        assert_eq!(amount(12.5), "12.50");
        assert_eq!(amount(-1234.4), "-1,234");
        assert_eq!(range("1", "2"), "1–2");
        assert_eq!(range("-1", "2"), "-1 to 2");
        let at = |text| SimTime::parse(text).unwrap();
        let (start, later) = (at("2024-03-01T00:00:00Z"), at("2024-03-03T09:05:59.999Z"));
        assert_eq!(instant(start, later), "day 3 (2024-03-03 09:05)");
        assert_eq!(
            [3.6e6, 7.5 * 3.6e6, 47.9 * 3.6e6, 168.0 * 3.6e6].map(span),
            ["1 hour", "7.5 hours", "47.9 hours", "7 days"]
        );
    }

    #[test]
    fn shares_keep_two_significant_digits() {
        for (share, want) in [
            (0.0, "0 %"),
            (0.000_001, "<0.001 %"),
            (0.000_66, "0.066 %"),
            (0.0066, "0.66 %"),
            (0.0666, "6.7 %"),
            (0.975, "97.5 %"),
            (1.0, "100 %"),
        ] {
            assert_eq!(percent(share), want);
        }
        assert_eq!(threshold(0.005), "0.5 %");
        assert_eq!(threshold(0.02), "2 %");
        assert_eq!(threshold(0.0375), "3.75 %");
    }

    #[test]
    fn a_chance_is_never_rounded_to_certainty() {
        assert_eq!(chance(0.12, 100), "12 %");
        assert_eq!(chance(0.004, 250), "<1 %");
        assert_eq!(chance(0.996, 250), ">99 %");
        assert_eq!(chance(0.0, 100), "0 %");
        assert_eq!(chance(1.0, 100), "100 %");
        assert_eq!(chance(0.1234, 5000), "12.3 %");
        assert_eq!(chance_range((0.08, 0.171), 100), "8–17 %");
    }

    #[test]
    fn names_cannot_reach_the_terminal() {
        assert_eq!(clean("a\u{1b}[31mb\n"), "a\u{FFFD}[31mb\u{FFFD}");
        assert_eq!(clean("Zürich ₹"), "Zürich ₹");
        assert_eq!(shorten("abcdef", 4), "abc…");
        assert_eq!(shorten("abcd", 4), "abcd");
    }
}
