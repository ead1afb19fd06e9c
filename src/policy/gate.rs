//! What the platform lets through beside ratings and limits: caps on marketing per person, the hold-out, countries
//! without marketing, people's own stop, and the rates of a number and of a pair.
//!
//! Plain numbers, as in `rules`. They ask for facts that a log lacks (what other businesses send, who is held out),
//! so nothing here judges a log: a simulation decides by them, and its log tells the refusals with their codes.

use crate::messaging::{Category, Limit, QualityRating};
use crate::sim::SimDuration;

/// The optional tables, each none where the rules have no such thing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GateRules {
    /// Section `[cap]`.
    pub cap: Option<CapRules>,
    /// Section `[holdout]`: share of people who get no marketing unless they wrote.
    pub holdout: Option<f64>,
    /// Section `[excluded]`: countries whose numbers get no marketing, in byte order.
    pub excluded: Option<Vec<String>>,
    /// Section `[stop]`.
    pub stop: Option<StopRules>,
    /// Section `[throughput]`.
    pub throughput: Option<ThroughputRules>,
    /// Section `[pair]`.
    pub pair: Option<PairRules>,
    /// Section `[time_to_live]`.
    pub time_to_live: Option<TimeToLive>,
}

/// Section `[cap]`: how much marketing a person gets.
#[derive(Clone, Debug, PartialEq)]
pub struct CapRules {
    /// From this business while unanswered \[messages per 24 h\].
    pub own: u64,
    /// From all businesses in a moving 24 hours \[messages\].
    pub shared_day: u64,
    /// From all businesses in seven moving days \[messages\].
    pub shared_week: u64,
    /// More from this business per reply \[messages\].
    pub per_reply: u64,
    /// Which messages count.
    pub counts: CapCounts,
    /// How strongly the shared caps go by how much a person reads: from 1 − this for those who read nothing to
    /// 1 + this for those who read everything.
    pub reading: f64,
    /// Only in these countries; everywhere if empty. In byte order.
    pub only_in: Vec<String>,
    /// Not in these countries. In byte order.
    pub not_in: Vec<String>,
    /// The platform's code for it.
    pub code: CapCode,
    /// What each statement of no interest takes from `own` \[messages\].
    pub not_interested: u64,
    /// What each statement of interest gives to `own` \[messages\].
    pub interested: u64,
    /// Refused tries within `retry_guard_for` after which the person is closed to this business for as long; 0: none.
    pub retry_guard: u64,
    /// See `retry_guard`.
    pub retry_guard_for: SimDuration,
}

impl CapRules {
    /// Whether it holds for people of a country (none: not told).
    pub fn holds_in(&self, country: Option<&str>) -> bool {
        let listed = |list: &[String]| country.is_some_and(|c| list.iter().any(|l| l == c));
        (self.only_in.is_empty() || listed(&self.only_in)) && !listed(&self.not_in)
    }
}

/// Which messages count towards a cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CapCounts {
    /// Marketing that opens a conversation of 24 hours counts towards the shared caps; inside one, the own cap and
    /// what replies add to it hold.
    ConversationOpening,
    /// Every delivered marketing message sent outside a service window.
    EveryDelivered,
}

/// The platform's code for a message that a cap holds back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CapCode {
    /// 131026, which also says undeliverable for other reasons.
    Undeliverable,
    /// 131049.
    Capped,
}

/// Section `[stop]`: people may stop a business's marketing with a control of the platform (131050).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopRules {
    /// Whether they may also say that they are or are not interested.
    pub interest: bool,
}

/// Section `[throughput]`: messages a number may send per second (130429).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThroughputRules {
    /// To begin with.
    pub default: u64,
    /// Without a limit and with a rating that is not RED. The platform says medium or better; a number that is not
    /// rated yet keeps what it has.
    pub upgraded: u64,
}

impl ThroughputRules {
    /// What a number with this limit and published colour may send per second.
    pub fn allowed(&self, limit: Limit, shown: QualityRating) -> u64 {
        let upgraded = limit == Limit::Unlimited && shown != QualityRating::Red;
        if upgraded { self.upgraded.max(self.default) } else { self.default }
    }
}

/// Section `[pair]`: messages from one number to one person (131056).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairRules {
    /// One message in so long.
    pub gap: SimDuration,
    /// So many at once, borrowed from later.
    pub burst: u64,
}

/// Section `[time_to_live]`: how long a message is kept that cannot be delivered, by category.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeToLive {
    /// Marketing.
    pub marketing: SimDuration,
    /// Utility.
    pub utility: SimDuration,
    /// One-time codes.
    pub authentication: SimDuration,
    /// Messages without a template.
    pub service: SimDuration,
}

impl TimeToLive {
    /// That of a category.
    pub fn of(&self, category: Category) -> SimDuration {
        match category {
            Category::Marketing => self.marketing,
            Category::Utility => self.utility,
            Category::Authentication => self.authentication,
            Category::Service => self.service,
        }
    }
}

impl GateRules {
    /// Whether an optional table is there; a name that is none of these tables is.
    pub(super) fn has(&self, table: &str) -> bool {
        match table {
            "cap" => self.cap.is_some(),
            "holdout" => self.holdout.is_some(),
            "excluded" => self.excluded.is_some(),
            "stop" => self.stop.is_some(),
            "throughput" => self.throughput.is_some(),
            "pair" => self.pair.is_some(),
            "time_to_live" => self.time_to_live.is_some(),
            _ => true,
        }
    }

    /// Whether a constant has no effect because of another.
    pub(super) fn leaves_idle(&self, name: &str) -> bool {
        let Some(cap) = &self.cap else { return false };
        match name {
            // A reply opens a service window, and what is sent inside one is exempt.
            "cap.per_reply" => cap.counts == CapCounts::EveryDelivered,
            "cap.retry_guard_for" => cap.retry_guard == 0,
            "cap.interested" | "cap.not_interested" => self.stop.is_none_or(|s| !s.interest),
            _ => false,
        }
    }

    /// One line per table that is there, as `canon` writes the rest. Every field is named.
    pub(super) fn canonical(&self, line: &mut impl FnMut(&str, String)) {
        let GateRules { cap, holdout, excluded, stop, throughput, pair, time_to_live } = self;
        if let Some(CapRules {
            own,
            shared_day,
            shared_week,
            per_reply,
            counts,
            reading,
            only_in,
            not_in,
            code,
            not_interested,
            interested,
            retry_guard,
            retry_guard_for,
        }) = cap
        {
            line("cap.messages", format!("{own} {shared_day} {shared_week} {per_reply} {reading}"));
            let counts = match counts {
                CapCounts::ConversationOpening => "conversation_opening",
                CapCounts::EveryDelivered => "every_delivered",
            };
            line("cap.counts", counts.to_string());
            line("cap.countries", format!("[{}] [{}]", only_in.join(" "), not_in.join(" ")));
            line("cap.code", code.text().to_string());
            line("cap.interest", format!("{not_interested} {interested}"));
            line("cap.retry_guard", format!("{retry_guard} {}", retry_guard_for.0));
        }
        if let Some(share) = holdout {
            line("holdout", share.to_string());
        }
        if let Some(countries) = excluded {
            line("excluded", countries.join(" "));
        }
        if let Some(StopRules { interest }) = stop {
            line("stop", interest.to_string());
        }
        if let Some(ThroughputRules { default, upgraded }) = throughput {
            line("throughput", format!("{default} {upgraded}"));
        }
        if let Some(PairRules { gap, burst }) = pair {
            line("pair", format!("{} {burst}", gap.0));
        }
        if let Some(TimeToLive { marketing, utility, authentication, service }) = time_to_live {
            let all = [marketing, utility, authentication, service].map(|d| d.0.to_string());
            line("time_to_live", all.join(" "));
        }
    }
}

impl CapCode {
    /// As in a log.
    pub const fn text(self) -> &'static str {
        match self {
            CapCode::Undeliverable => "131026",
            CapCode::Capped => "131049",
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::messaging::{Limit, QualityRating};
    use crate::policy::Policy;
    use crate::policy::library::era;
    use crate::policy::rules::Rules;
    use crate::sim::SimTime;

    fn rules(name: &str) -> &'static Rules {
        &era(name).unwrap_or_else(|| panic!("{name}")).version.rules
    }

    fn on(day: &str) -> Rules {
        Policy::auto().at(SimTime::parse(&format!("{day}T12:00:00Z")).unwrap()).rules.clone()
    }

    #[test]
    fn every_table_begins_on_its_day() {
        for (before, from, has) in [
            ("2023-06-13", "2023-06-14", "holdout"),
            ("2024-02-05", "2024-02-06", "cap"),
            ("2024-11-21", "2024-11-22", "stop"),
            ("2025-03-31", "2025-04-01", "excluded"),
            ("2025-06-30", "2025-07-01", "pair"),
            ("2022-01-31", "2022-02-01", "throughput"),
            ("2022-05-01", "2022-05-02", "time_to_live"),
        ] {
            assert!(!on(before).gate.has(has), "{has} on {before}");
            assert!(on(from).gate.has(has), "{has} on {from}");
        }
    }

    #[test]
    fn the_cap_changes_as_it_was_told() {
        let cap = |day: &str| on(day).gate.cap.unwrap();
        assert!(cap("2024-05-22").holds_in(Some("IN")) && !cap("2024-05-22").holds_in(Some("BR")));
        assert!(!cap("2024-05-22").holds_in(None), "whose country is not told is not known to be Indian");
        assert!(cap("2024-05-23").holds_in(Some("BR")) && cap("2024-05-23").holds_in(None));
        assert!(cap("2026-02-25").holds_in(Some("DE")) && !cap("2026-02-26").holds_in(Some("DE")));
        assert!(cap("2026-02-26").holds_in(Some("BR")));
        assert_eq!(["2024-11-21", "2024-11-22"].map(|d| cap(d).code.text()), ["131026", "131049"]);
        assert_eq!(["2026-04-28", "2026-04-29"].map(|d| cap(d).retry_guard), [0, 2]);
        assert_eq!(["2025-03-02", "2025-03-03"].map(|d| cap(d).reading), [0.0, 0.5]);
    }

    #[test]
    fn messages_are_kept_as_long_as_was_told() {
        use crate::messaging::Category::{Authentication, Marketing};
        let kept = |day: &str, c| on(day).gate.time_to_live.unwrap().of(c);
        let (day, month) = (crate::sim::SimDuration::DAY, crate::sim::SimDuration::days(30));
        assert_eq!(["2024-01-25", "2024-01-26"].map(|d| kept(d, Marketing)), [day, month]);
        let minutes = crate::sim::SimDuration::parse("10m").unwrap();
        assert_eq!(["2024-10-23", "2024-10-24"].map(|d| kept(d, Authentication)), [month, minutes]);
        assert_eq!(kept("2026-11-01", Marketing), month);
    }

    #[test]
    fn throughput_goes_by_limit_and_colour() {
        let t = rules("2025-12").gate.throughput.unwrap();
        assert_eq!(t.allowed(Limit::Of(100_000), QualityRating::Green), 80);
        assert_eq!(t.allowed(Limit::Unlimited, QualityRating::Red), 80);
        assert_eq!(t.allowed(Limit::Unlimited, QualityRating::Unknown), 1000);
        assert_eq!(t.allowed(Limit::Unlimited, QualityRating::Yellow), 1000);
    }

    #[test]
    fn what_is_let_through_is_no_other_rules() {
        let mut other = rules("2025-12").clone();
        other.gate = Default::default();
        assert!(!other.are_other_than(rules("2025-12")));
        assert_eq!(rules("seed-classic").gate.holdout, None);
    }
}
