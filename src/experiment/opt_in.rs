//! Opt-ins of a scenario held against what the platform asks of them: what a reader has to know beside the results.
//!
//! A lack is a breach of the rules of its day. Whether people mind is their own affair and decided elsewhere.

use crate::experiment::plan::Plan;
use crate::policy::Policy;

/// What opt-ins lack under the rules of the run's dates, in finished sentences: one for each segment that is written
/// to, under the first rules that ask for more than its opt-in has.
pub fn remarks(plan: &Plan, policy: &Policy) -> Vec<String> {
    let s = &plan.scenario;
    let mut versions = vec![policy.at(s.start)];
    versions.extend(policy.switches(s.start, s.horizon).into_iter().map(|(at, _)| policy.at(at)));
    let mut out = Vec::new();
    for (i, segment) in s.segments.iter().enumerate() {
        let reached = s.campaigns.iter().any(|c| c.audience.segments.contains(&i));
        if !reached || !segment.consent.source.is_consent() {
            continue;
        }
        let named = segment.consent.named;
        let has = |what: &str| match what {
            "business" => named.business,
            "channel" => named.channel,
            _ => named.topics,
        };
        let lacks = |v: &crate::policy::timeline::Version| -> Vec<String> {
            let asked = v.rules.opt_in.iter().flat_map(|o| &o.must_name);
            asked.filter(|what| !has(what)).cloned().collect()
        };
        let first = versions.iter().map(|v| (v, lacks(v))).find(|(_, lacks)| !lacks.is_empty());
        if let Some((version, lacks)) = first {
            out.push(format!(
                "The opt-in of segment {} does not name the {}, which the rules of {} ask for: a breach, whatever \
                 people make of it.",
                segment.name,
                lacks.join(" or the "),
                version.name,
            ));
        }
    }
    out
}
