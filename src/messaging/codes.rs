//! The platform's codes for messages it does not take or deliver: what each means, and which rule raises it here.
//!
//! Plain facts with their sources; the one table that rows, tables and the terminal go by. Judges nothing.

/// How sure one may be of every entry: all are written by the platform, on its own page or in a dated copy of its text.
pub const CONFIDENCE: &str = "documented";

/// One code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// The platform's number, as text.
    pub code: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// What it means, in a sentence or two.
    pub meaning: &'static str,
    /// Ids of the rules that raise it here: reasons of refusals and names in tables; empty if nothing here does.
    pub rules: &'static [&'static str],
    /// Since when, as far as it is known.
    pub since: &'static str,
    /// Page and date.
    pub source: &'static str,
    /// What a sender can do.
    pub advice: &'static str,
}

const ERROR_CODES: &str = "Meta, Error codes (12 Dec 2025)";

/// All codes, in their order.
pub static CODES: &[Code] = &[
    Code {
        code: "368",
        title: "blocked for a violation of policy",
        meaning: "The account is blocked for a while because of violations of the platform's policies.",
        rules: &["account_restricted"],
        since: "Mar 2022, with the published ladder of enforcement",
        source: ERROR_CODES,
        advice: "Stop what was objected to; appeal if it was not so; wait for the end of the term.",
    },
    Code {
        code: "130429",
        title: "throughput exceeded",
        meaning: "The number sends more messages per second than the platform takes from it: 80 to begin with, up to \
                  1,000 without a messaging limit and with a good rating.",
        rules: &["throughput"],
        since: "Feb 2022",
        source: "Meta, Throughput (scrape of Mar 2026)",
        advice: "Send more slowly, or try again a moment later.",
    },
    Code {
        code: "130472",
        title: "person held out of marketing",
        meaning: "The person belongs to the platform's experiment: about one in a hundred gets no marketing templates \
                  unless they wrote within 24 hours. It says nothing about the sender, and the message is not charged.",
        rules: &["hold_out"],
        since: "14 Jun 2023",
        source: "Meta, Experiments (13 Nov 2025); Meta's text at Braze, Meta resources (entry of Jun 2023)",
        advice: "Do not try again; use another channel for this person, or wait until they write.",
    },
    Code {
        code: "130497",
        title: "this business may not message that country",
        meaning: "The business is restricted from messaging people in that country.",
        rules: &[],
        since: "not found",
        source: ERROR_CODES,
        advice: "Leave that country out.",
    },
    Code {
        code: "131026",
        title: "message undeliverable",
        meaning: "The person is not on the platform, has an old client or has not taken the latest terms. In the first \
                  months of the cap on marketing per person, until 131049 came into use by November 2024, it also said \
                  that the cap was reached.",
        rules: &["undeliverable", "own_cap", "shared_cap"],
        since: "with the platform; for the cap from 6 Feb 2024",
        source: "Meta, Error codes (12 Dec 2025); Meta's text at Braze, Meta resources (2024)",
        advice: "Check the phone number; in 2024, wait a day and try once more.",
    },
    Code {
        code: "131031",
        title: "account locked, restricted or disabled",
        meaning: "The account was locked, restricted or disabled for violations of policy.",
        rules: &["banned", "account_locked", "account_disabled"],
        since: "not found",
        source: ERROR_CODES,
        advice: "Ask for a review; nothing can be sent meanwhile.",
    },
    Code {
        code: "131047",
        title: "more than 24 hours since the person wrote",
        meaning: "A free-form message was sent outside the service window of 24 hours.",
        rules: &[],
        since: "with the platform",
        source: ERROR_CODES,
        advice: "Use a template.",
    },
    Code {
        code: "131048",
        title: "the number may not send so much",
        meaning: "There are restrictions on how many messages this number may send, because too many of its earlier \
                  ones were blocked or flagged as spam. The cause is the number, not the person. That a messaging limit \
                  that is used up comes under this code too is a reading of this tool's: the page names no code for it.",
        rules: &["limit", "suspended"],
        since: "not found",
        source: ERROR_CODES,
        advice: "Look at the number's rating, status and limit; wait for slots to free; write to fewer people, and to \
                 those who asked for it.",
    },
    Code {
        code: "131049",
        title: "not delivered, to keep the person's inbox healthy",
        meaning: "The platform chose not to deliver this marketing message: the person already gets as much marketing as \
                  it allows, from this business or from all together; or was tried again too soon; or lives where no \
                  marketing is delivered (the United States since 1 Apr 2025). The cause is the person's inbox, not the \
                  number.",
        rules: &["own_cap", "shared_cap", "retry_guard", "excluded_country"],
        since: "in use by Nov 2024; 131026 before",
        source: "Meta, Per-user marketing limits (29 Apr 2026); Meta's text at Braze, Meta resources (Nov 2024)",
        advice: "Do not try again within 24 hours; send less marketing, or what people answer: a reply opens the door. Leave \
                 the United States out.",
    },
    Code {
        code: "131050",
        title: "the person stopped this business's marketing",
        meaning: "The person used the platform's own control to stop marketing from this business.",
        rules: &["stopped"],
        since: "18 Nov 2024 in the changelog, gradually from 22 Nov 2024",
        source: "Meta, Offers and announcements (5 Dec 2025)",
        advice: "Take the person off the list: it is an opt-out.",
    },
    Code {
        code: "131056",
        title: "too many messages to this person in a short time",
        meaning: "The pair rate: one message per 6 seconds from one number to one person, up to 45 at once, borrowed from \
                  later.",
        rules: &["pair_rate"],
        since: "not found; documented in 2025",
        source: "Meta, About the platform, rate limits (Dec 2025)",
        advice: "Wait, four times as long after each refusal.",
    },
    Code {
        code: "132015",
        title: "template paused",
        meaning: "The template is paused because of its low quality. What pacing held and then dropped fails with this \
                  code as well.",
        rules: &["template_paused", "quality_low"],
        since: "23 May 2023",
        source: "Meta, Error codes (12 Dec 2025); Meta, Changelog (2 Mar 2026)",
        advice: "Wait for the end of the pause, or send another template; find out who blocked and why.",
    },
    Code {
        code: "132016",
        title: "template disabled",
        meaning: "The template was paused too often for its low quality and is disabled.",
        rules: &["template_disabled"],
        since: "23 May 2023",
        source: "Meta, Error codes (12 Dec 2025); Meta, Changelog (2 Mar 2026)",
        advice: "Make another template; appeal if it was not so.",
    },
    Code {
        code: "135000",
        title: "held for the portfolio's quality and dropped",
        meaning: "A code for errors of no particular kind. Under it comes what the pacing of a portfolio held and then dropped, \
                  because feedback on its first messages was bad.",
        rules: &["portfolio_quality_low"],
        since: "not found; for the pacing of portfolios announced on 8 Dec 2025",
        source: "Meta, Portfolio pacing (8 Dec 2025)",
        advice: "Find out who blocked and why; ask for a review, without which no template goes out.",
    },
];

/// A code by its number.
pub fn of(code: &str) -> Option<&'static Code> {
    CODES.iter().find(|c| c.code == code)
}

/// The codes under which a rule's refusals come.
pub fn of_rule(rule: &str) -> impl Iterator<Item = &'static Code> {
    CODES.iter().filter(move |c| c.rules.contains(&rule))
}

/// The platform's code for the reason of a refusal: the reason itself if it is one, else that of the rule it names.
pub fn of_reason(reason: &str) -> Option<&'static str> {
    of(reason).or_else(|| of_rule(reason).last()).map(|c| c.code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_complete_and_stand_in_order() {
        let numbers: Vec<u32> = CODES.iter().map(|c| c.code.parse().unwrap()).collect();
        assert!(numbers.windows(2).all(|w| w[0] < w[1]), "{numbers:?}");
        for c in CODES {
            assert!(c.title.len() < 60 && c.meaning.ends_with('.') && c.advice.ends_with('.'), "{}", c.code);
            assert!(!c.since.is_empty() && c.source.len() > 15, "{}", c.code);
        }
    }

    #[test]
    fn reasons_have_the_codes_of_their_rules() {
        assert_eq!(of_reason("limit"), Some("131048"));
        assert_eq!(of_reason("130472"), Some("130472"));
        assert_eq!(of_reason("own_cap"), Some("131049"));
        assert_eq!(of_reason("quiet hours"), None);
    }
}
