//! The platform's codes, printed: one in full, or all in a table.
//!
//! A pure function of the table in `messaging`. Must not know policies or runs.

use serde_json::{Value, json};

use crate::messaging::codes::{self, CODES, Code};
use crate::report::page::{Page, TextOptions, left};
use crate::report::words;

const OPTIONS: TextOptions = TextOptions { width: 100, color: false };

/// All codes, a line or two each.
pub fn list() -> String {
    let mut page = Page::new(OPTIONS, 40);
    page.line("What the platform answers when it does not take or deliver a message.");
    page.line("");
    page.line(&format!("  {}{}{}", left("code", 8), left("raised here by", 26), "what it is"));
    for c in CODES {
        let rules = if c.rules.is_empty() { "–".to_string() } else { c.rules.join(", ") };
        let (first, more) = match rules.char_indices().nth(24).and_then(|(i, _)| rules[..i].rfind(' ')) {
            Some(cut) if rules.chars().count() > 24 => {
                (rules[..cut].to_string(), rules[cut + 1..].to_string())
            }
            _ => (rules, String::new()),
        };
        page.line(&format!("  {}{}{}", left(c.code, 8), left(&first, 26), c.title));
        if !more.is_empty() {
            page.line(&format!("  {}{more}", left("", 8)));
        }
    }
    page.line("");
    page.wrap("`tiersim codes CODE` explains one, by its number or by the name of a rule.", 0, 0);
    page.out
}

/// One code, or the code of a rule, in full.
pub fn one(asked: &str, found: &[&Code]) -> String {
    let mut page = Page::new(OPTIONS, 40);
    for (i, c) in found.iter().enumerate() {
        if i > 0 {
            page.line("");
        }
        page.line(&format!("{}: {}", c.code, c.title));
        page.wrap(c.meaning, 2, 2);
        let rules = match c.rules {
            [] => "Raised here by: no rule; a log may hold it.".to_string(),
            rules => format!("Raised here by: {}.", rules.join(", ")),
        };
        page.wrap(&rules, 2, 2);
        if let Some(words) = codes::of(asked).is_none().then(|| rule(asked)).flatten() {
            page.wrap(&format!("{asked}: {words}"), 2, 2);
        }
        page.wrap(&format!("Since: {}. Source: {} ({}).", c.since, c.source, codes::CONFIDENCE), 2, 2);
        page.wrap(&format!("What to do: {}", c.advice), 2, 2);
    }
    page.out
}

/// What a rule's name says, where it is a name of ours.
fn rule(name: &str) -> Option<&'static str> {
    Some(match name {
        "own_cap" => "the person got as much marketing of this business as `cap.own` allows.",
        "shared_cap" => {
            "the person got as much marketing of all businesses as `cap.shared_day` and `cap.shared_week` allow."
        }
        "retry_guard" => "the person was tried again too often within 24 hours while the cap was reached.",
        "excluded_country" => "the person's country is one of `excluded.countries`.",
        "hold_out" => "the person is one of the share of `holdout.share`.",
        "stopped" => "the person stopped the business's marketing by the platform's control.",
        "pair_rate" => "more messages from one number to one person than `pair.gap` and `pair.burst` allow.",
        "throughput" => "the number sends more per second than `throughput` allows.",
        "limit" => "the messaging limit is used up until slots free.",
        "suspended" => "the number is suspended for sustained low quality.",
        "banned" => "the number is banned.",
        "template_paused" => "the template is paused for its rating.",
        "template_disabled" => "the template is disabled for its rating.",
        "quality_low" => "the template was found RED while pacing held its messages, and they were dropped.",
        "portfolio_quality_low" => {
            "a number of the portfolio was RED while pacing held its messages, and they were dropped (`[portfolio_pacing]`)."
        }
        "account_restricted" => {
            "the account is restricted for a while, for business-initiated messages or for all, by a step of \
             `enforcement.steps` or `read_rate.steps`."
        }
        "account_locked" => "the account is locked by a step of enforcement, until an appeal is granted.",
        "account_disabled" => "the account is disabled, by the last step of enforcement or for severe harm.",
        "undeliverable" => "the message was given up: it was sent, and failed.",
        _ => return None,
    })
}

/// All codes, or those found, as JSON.
pub fn as_json(found: &[&Code]) -> String {
    let rows: Vec<Value> = found
        .iter()
        .map(|c| {
            json!({
                "code": c.code,
                "title": c.title,
                "meaning": c.meaning,
                "rules": c.rules,
                "since": c.since,
                "source": c.source,
                "confidence": codes::CONFIDENCE,
                "advice": c.advice,
            })
        })
        .collect();
    let mut text = serde_json::to_string_pretty(&rows).expect("plain values");
    text.push('\n');
    text
}

/// What a reason of a refusal is called beside its code, for tables; the code's title where it has one.
pub fn title(code: &str) -> String {
    codes::of(code).map_or_else(|| words::clean(code), |c| c.title.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_a_code_is_explained_by_its_name() {
        for c in CODES {
            for name in c.rules {
                let found: Vec<&Code> = codes::of_rule(name).collect();
                let text = one(name, &found);
                assert!(text.contains(c.code) && text.contains(&format!("{name}: ")), "{name}: {text}");
            }
        }
    }

    #[test]
    fn the_list_names_every_code_and_rule() {
        let text = list();
        for c in CODES {
            assert!(text.contains(c.code) && text.contains(c.title), "{}", c.code);
            c.rules.iter().for_each(|r| assert!(text.contains(r), "{r}"));
        }
        assert!(text.lines().all(|l| l.chars().count() <= 100));
        let all: Vec<&Code> = CODES.iter().collect();
        let parsed: Value = serde_json::from_str(&as_json(&all)).unwrap();
        assert_eq!(parsed.as_array().unwrap().len(), CODES.len());
    }
}
