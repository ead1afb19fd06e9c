//! Resolving what the platform lets through: caps, hold-out, countries, stop, rates.
//!
//! A part of `resolve`, apart because it is a subject of its own.

use super::{Resolver, Value};
use crate::policy::gate::{
    CapCode, CapCounts, CapRules, GateRules, PairRules, StopRules, ThroughputRules, TimeToLive,
};

/// Messages that a cap may count of a person: their instants are remembered.
const COUNTED_MAX: u64 = 100;

impl Resolver<'_> {
    fn countries(&mut self, name: &str) -> Option<Vec<String>> {
        self.value(name).map(|v| match v {
            Value::Countries(countries) => countries,
            other => unreachable!("{name} was read as {other:?}"),
        })
    }

    pub(super) fn gate(&mut self) -> Option<GateRules> {
        let cap = self.table("cap", Resolver::cap);
        let holdout = self.table("holdout", |r| r.number("holdout.share"));
        let excluded = self.table("excluded", |r| r.countries("excluded.countries"));
        let stop = self.table("stop", |r| r.switch("stop.interest").map(|interest| StopRules { interest }));
        let throughput = self.table("throughput", Resolver::throughput);
        let pair = self.table("pair", Resolver::pair);
        let time_to_live = self.table("time_to_live", Resolver::time_to_live);
        Some(GateRules {
            cap: cap?,
            holdout: holdout?,
            excluded: excluded?,
            stop: stop?,
            throughput: throughput?,
            pair: pair?,
            time_to_live: time_to_live?,
        })
    }

    fn cap(&mut self) -> Option<CapRules> {
        let [own, shared_day, shared_week, per_reply, not_interested, interested, retry_guard] =
            ["own", "shared_day", "shared_week", "per_reply", "not_interested", "interested", "retry_guard"]
                .map(|k| self.count(&format!("cap.{k}")));
        for (name, n) in [("cap.own", own), ("cap.shared_day", shared_day), ("cap.shared_week", shared_week)]
        {
            if let Some(n) = n.filter(|n| *n > COUNTED_MAX) {
                self.fault(&[name], format!("{n} messages; at most {COUNTED_MAX} a person are counted"));
            }
        }
        let counts = self.word("cap.counts").map(|w| match w {
            "conversation_opening" => CapCounts::ConversationOpening,
            _ => CapCounts::EveryDelivered,
        });
        let code = self.word("cap.code").map(|w| match w {
            "131026" => CapCode::Undeliverable,
            _ => CapCode::Capped,
        });
        let reading = self.number("cap.reading");
        let [only_in, not_in] = ["cap.only_in", "cap.not_in"].map(|k| self.countries(k));
        let retry_guard_for = self.span("cap.retry_guard_for");
        Some(CapRules {
            own: own?,
            shared_day: shared_day?,
            shared_week: shared_week?,
            per_reply: per_reply?,
            counts: counts?,
            reading: reading?,
            only_in: only_in?,
            not_in: not_in?,
            code: code?,
            not_interested: not_interested?,
            interested: interested?,
            retry_guard: retry_guard?,
            retry_guard_for: retry_guard_for?,
        })
    }

    fn throughput(&mut self) -> Option<ThroughputRules> {
        let [default, upgraded] = ["default", "upgraded"].map(|k| self.count(&format!("throughput.{k}")));
        if let (Some(d), Some(u)) = (default, upgraded)
            && d > u
        {
            let found = format!("{d} lies above `throughput.upgraded` ({u})");
            self.fault(&["throughput.default", "throughput.upgraded"], found);
        }
        Some(ThroughputRules { default: default?, upgraded: upgraded? })
    }

    fn time_to_live(&mut self) -> Option<TimeToLive> {
        let [marketing, utility, authentication, service] =
            ["marketing", "utility", "authentication", "service"]
                .map(|k| self.span(&format!("time_to_live.{k}")));
        Some(TimeToLive {
            marketing: marketing?,
            utility: utility?,
            authentication: authentication?,
            service: service?,
        })
    }

    fn pair(&mut self) -> Option<PairRules> {
        let (gap, burst) = (self.span("pair.gap"), self.count("pair.burst"));
        Some(PairRules { gap: gap?, burst: burst? })
    }
}
