//! Slots, refusals, distinct recipients, windows and colours counted again the slow way, straight from their definitions.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use tiersim::messaging::{QualityRating, SignalKind, VerdictKind};
use tiersim::policy::Policy;
use tiersim::policy::fold::{Fold, FoldOptions};
use tiersim::policy::slots::{Seat, Slots};
use tiersim::sim::{SimDuration, SimTime};

use crate::random_log::{NUMBERS, Row, START, closed, config, rows, steps};

const DAY: i64 = 86_400_000;

/// What happened to one message.
#[derive(Clone, Copy, Default)]
struct Fate {
    sent: bool,
    delivered: bool,
    free: bool,
    reserved: Option<usize>,
}

/// A person's starts, and spans during which a place is reserved.
#[derive(Default)]
struct Holder {
    starts: Vec<i64>,
    reserved: Vec<(i64, i64)>,
}

impl Holder {
    fn open(&self, t: i64) -> bool {
        self.starts.iter().any(|s| t - DAY < *s && *s <= t)
    }

    fn holds(&self, t: i64) -> bool {
        self.open(t) || self.reserved.iter().any(|(from, to)| *from <= t && t < *to)
    }
}

/// Everything counted from the definitions. People hold slots with a number, or with the portfolio of both.
struct Naive {
    shared: bool,
    fixed: bool,
    on_delivery: bool,
    limit: usize,
    holders: BTreeMap<(usize, String), Holder>,
    messages: BTreeMap<(usize, String, String), Fate>,
    inbound: BTreeMap<(usize, String), i64>,
    seen: BTreeSet<(SignalKind, usize, String, String)>,
    blocking: BTreeSet<(usize, String)>,
    /// (time, number, what): 'e' a delivery, 's' a send, 'b' with its reason a block, 'r', 'm', 'a'.
    counted: Vec<(i64, usize, char, &'static str)>,
    refused: Vec<u64>,
}

impl Naive {
    fn new(shared: bool, fixed: bool, on_delivery: bool, limit: usize) -> Naive {
        Naive {
            shared,
            fixed,
            on_delivery,
            limit,
            holders: BTreeMap::new(),
            messages: BTreeMap::new(),
            inbound: BTreeMap::new(),
            seen: BTreeSet::new(),
            blocking: BTreeSet::new(),
            counted: Vec::new(),
            refused: Vec::new(),
        }
    }

    fn scope(&self, n: usize) -> usize {
        if self.shared { 0 } else { n }
    }

    fn in_use(&self, scope: usize, t: i64) -> usize {
        self.holders.iter().filter(|((s, _), h)| *s == scope && h.holds(t)).count()
    }

    fn deliver(&mut self, n: usize, row: &Row, t: i64) {
        self.counted.push((t, n, 'e', ""));
        let key = (n, row.recipient.clone(), row.message.clone());
        let fate = self.messages.get_mut(&key).expect("only what was sent");
        fate.delivered = true;
        let fate = *fate;
        let scope = self.scope(n);
        if fate.free || !self.on_delivery {
            return;
        }
        let holder = self.holders.entry((scope, row.recipient.clone())).or_default();
        if let Some(i) = fate.reserved {
            holder.reserved[i].1 = holder.reserved[i].1.min(t);
        }
        if !(self.fixed && holder.open(t)) {
            holder.starts.push(t);
        }
    }

    fn take(&mut self, row: &Row, position: u64) {
        use SignalKind as K;
        let t = row.time.0;
        let n = NUMBERS.iter().position(|x| *x == row.number).expect("one of two");
        let who = row.recipient.clone();
        let by_state = matches!(row.kind, K::BusinessBlocked | K::BusinessUnblocked);
        if !row.message.is_empty()
            && !by_state
            && !self.seen.insert((row.kind, n, who.clone(), row.message.clone()))
        {
            return;
        }
        let key = (n, who.clone(), row.message.clone());
        match row.kind {
            K::MessageSent | K::SendAttempted => {
                let free = self.inbound.get(&(n, who.clone())).is_some_and(|r| t < r + DAY);
                let scope = self.scope(n);
                let used = self.in_use(scope, t);
                let holder = self.holders.entry((scope, who)).or_default();
                if !free && !holder.holds(t) && used >= self.limit {
                    self.refused.push(position);
                }
                if row.kind == K::SendAttempted {
                    return;
                }
                self.counted.push((t, n, 's', ""));
                let mut fate = Fate { sent: true, free, ..Fate::default() };
                let inside = self.fixed && holder.open(t);
                if !free && !inside {
                    if self.on_delivery {
                        holder.reserved.push((t, t + DAY));
                        fate.reserved = Some(holder.reserved.len() - 1);
                    } else {
                        holder.starts.push(t);
                    }
                }
                self.messages.insert(key, fate);
            }
            K::MessageDelivered => match self.messages.get(&key) {
                Some(f) if f.delivered => {}
                Some(_) => self.deliver(n, row, t),
                None => self.counted.push((t, n, 'e', "")),
            },
            K::MessageRead if self.messages.get(&key).is_some_and(|f| f.sent && !f.delivered) => {
                self.deliver(n, row, t);
            }
            K::MessageFailed => {
                let scope = self.scope(n);
                if let Some(i) = self.messages.get(&key).filter(|f| !f.delivered).and_then(|f| f.reserved) {
                    let holder = self.holders.get_mut(&(scope, who)).expect("it reserved");
                    holder.reserved[i].1 = holder.reserved[i].1.min(t);
                }
            }
            K::MessageReceived => {
                self.inbound.insert((n, who), t);
            }
            K::BusinessBlocked => {
                let new = self.blocking.insert((n, who));
                if new {
                    self.counted.push((t, n, 'b', row.reason));
                }
            }
            K::BusinessUnblocked => {
                self.blocking.remove(&(n, who));
            }
            K::BusinessReported => self.counted.push((t, n, 'r', "")),
            K::BusinessMuted => self.counted.push((t, n, 'm', "")),
            K::BusinessArchived => self.counted.push((t, n, 'a', "")),
            _ => {}
        }
    }
}

fn policy(text: &str) -> Policy {
    let change = tiersim::text::parse("test", text).expect("an override").root;
    Policy::pinned("2025-12").expect("an era").with_override(change.entries()).expect("a policy")
}

proptest! {
    #![proptest_config(config(160))]

    #[test]
    fn slots_and_refusals(
        steps in steps(60),
        shared in any::<bool>(),
        fixed in any::<bool>(),
        on_delivery in any::<bool>(),
        limit in 1..4usize,
    ) {
        let text = format!(
            "limit = {{ ladder = [{limit}], start = {limit}, scope = \"{}\", slot = \"{}\", counted_on = \"{}\" }}\n\
             raise.first_step = \"none\"\n",
            if shared { "portfolio" } else { "number" },
            if fixed { "fixed" } else { "sliding" },
            if on_delivery { "delivered" } else { "sent" },
        );
        let mut fold = Fold::new(policy(&text).timeline(), FoldOptions::default());
        let mut naive = Naive::new(shared, fixed, on_delivery, limit);
        let mut last = SimTime(i64::MIN);
        for (i, row) in rows(&steps).iter().enumerate() {
            let n = fold.number(row.number);
            let before = SimTime(row.time.0 - 1);
            if let (Some(n), true) = (n, before > last) {
                let found = fold.slots_in_use(fold.judge.numbers[n].scope, before);
                let own = NUMBERS.iter().position(|x| *x == row.number).unwrap();
                prop_assert_eq!(found, naive.in_use(naive.scope(own), before.0) as u64, "before row {}", i + 1);
            }
            fold.signal(&row.signal()).unwrap();
            naive.take(row, i as u64 + 1);
            last = row.time;
            for (own, name) in NUMBERS.iter().enumerate() {
                let Some(n) = fold.number(name) else { continue };
                let found = fold.slots_in_use(fold.judge.numbers[n].scope, row.time);
                prop_assert_eq!(found, naive.in_use(naive.scope(own), row.time.0) as u64, "row {}, {}", i + 1, name);
            }
        }
        let refused: Vec<u64> = fold
            .judge
            .verdicts
            .iter()
            .filter(|v| v.kind == VerdictKind::SendRefused)
            .map(|v| v.cause.unwrap())
            .collect();
        prop_assert_eq!(refused, naive.refused);
    }

    #[test]
    fn distinct_recipients(
        ops in prop::collection::vec((0..6u32, 0..9usize, 0..4u8), 1..120),
        over in prop::sample::select(vec![3_600_000i64, DAY, 7 * DAY]),
    ) {
        let gaps = [0, 1, 1000, 3_599_999, 3_600_000, DAY - 1, DAY, DAY + 1, 7 * DAY];
        let span = SimDuration(over);
        let mut slots = Slots::new(&[span, SimDuration::days(30)]);
        let mut latest: BTreeMap<u32, i64> = BTreeMap::new();
        let (mut at, mut after) = (START.0, None);
        for (who, gap, what) in ops {
            at += gaps[gap];
            if what == 0 {
                after = Some(SimTime(at));
            } else {
                let seat = slots.seat_made(who, Seat::NONE);
                slots.start(seat, SimTime(at), SimDuration::DAY);
                latest.insert(who, at);
            }
            let floor = after.map_or(i64::MIN, |t: SimTime| t.0);
            let wanted = latest.values().filter(|s| **s > at - over && **s > floor).count() as u64;
            prop_assert_eq!(slots.distinct(span, after, SimTime(at)), wanted);
            let wanted = latest.values().filter(|s| **s > at - 30 * DAY && **s > floor).count() as u64;
            prop_assert_eq!(slots.distinct(SimDuration::days(30), after, SimTime(at)), wanted);
        }
    }

    #[test]
    fn windows_scores_and_colours(
        steps in steps(60),
        window in prop::sample::select(vec![6i64, 24, 168]),
        cadence in prop::sample::select(vec![1i64, 2, 6]),
        half_life in prop::sample::select(vec![0i64, 5, 48]),
        sent in any::<bool>(),
        hysteresis in prop::sample::select(vec![0.0f64, 0.2]),
        when in prop::sample::select(vec!["unknown", "green", "keep"]),
        prior in prop::sample::select(vec![0.0f64, 3.0]),
        min_sample in 0..4u64,
    ) {
        let text = format!(
            "[rating]\nwindow = \"{window}h\"\ncadence = \"{cadence}h\"\nrecency = \"{}\"\ndenominator = \"{}\"\n\
             hysteresis = {hysteresis:?}\nwhen_unrated = \"{when}\"\nprior_strength = {prior:?}\nprior_rate = 0.1\n\
             min_sample = {min_sample}\nyellow_at = 0.3\nred_at = 0.6\n\
             weights = {{ block = 1, report = 2, mute = 0.25, archive = 0.1, reason = {{ SPAM = 1.5 }} }}\n",
            if half_life == 0 { "flat".to_string() } else { format!("{half_life}h") },
            if sent { "sent" } else { "delivered" },
        );
        let options = FoldOptions { every: Some(SimDuration(1)), ..FoldOptions::default() };
        let mut fold = Fold::new(policy(&text).timeline(), options);
        let mut naive = Naive::new(true, false, true, 9);
        let mut first: BTreeMap<&str, i64> = BTreeMap::new();
        for (i, row) in closed(rows(&steps)).iter().enumerate() {
            fold.signal(&row.signal()).unwrap();
            if row.kind != SignalKind::LogClosed {
                first.entry(row.number).or_insert(row.time.0);
                naive.take(row, i as u64 + 1);
            }
        }
        let fold = fold.finish(None);
        let end = fold.at.unwrap().0;
        let step = cadence * 3_600_000;
        let mut before: BTreeMap<&str, QualityRating> = BTreeMap::new();
        let mut wanted = Vec::new();
        let mut t = (START.0 + step - 1).div_euclid(step) * step;
        while t <= end {
            for (own, name) in NUMBERS.iter().enumerate() {
                if first.get(name).is_none_or(|f| *f > t) {
                    continue;
                }
                let (mut raw, mut e, mut n) = (0u64, 0.0f64, 0.0f64);
                for j in 0..window / cadence {
                    let d = if half_life == 0 {
                        1.0
                    } else {
                        // To the nearest multiple of 2^-32, halves to even.
                        ((-(j as f64) * cadence as f64 / half_life as f64).exp2() * 4_294_967_296.0).round_ties_even()
                            / 4_294_967_296.0
                    };
                    for (at, number, what, reason) in &naive.counted {
                        if *number != own || !(t - (j + 1) * step < *at && *at <= t - j * step) {
                            continue;
                        }
                        match what {
                            'e' if !sent => (raw, e) = (raw + 1, e + d),
                            's' if sent => (raw, e) = (raw + 1, e + d),
                            'b' => n += d * if *reason == "SPAM" { 1.5 } else { 1.0 },
                            'r' => n += d * 2.0,
                            'm' => n += d * 0.25,
                            'a' => n += d * 0.1,
                            _ => {}
                        }
                    }
                }
                let score = (e + prior != 0.0).then(|| (n + prior * 0.1) / (e + prior));
                let start = if when == "green" { QualityRating::Green } else { QualityRating::Unknown };
                let old = *before.get(name).unwrap_or(&start);
                let colour = match score.filter(|_| raw >= min_sample) {
                    None => match when {
                        "unknown" => QualityRating::Unknown,
                        "green" => QualityRating::Green,
                        _ => old,
                    },
                    Some(s) => {
                        // A better colour needs the score below each threshold passed on the way, eased.
                        let plain = if s >= 0.6 {
                            QualityRating::Red
                        } else if s >= 0.3 {
                            QualityRating::Yellow
                        } else {
                            QualityRating::Green
                        };
                        let ease = 1.0 - hysteresis;
                        match (old, plain) {
                            (QualityRating::Red, _) if s >= ease * 0.6 => QualityRating::Red,
                            (QualityRating::Red | QualityRating::Yellow, QualityRating::Green)
                                if s >= ease * 0.3 => QualityRating::Yellow,
                            _ => plain,
                        }
                    }
                };
                before.insert(name, colour);
                wanted.push((t, *name, raw, score, colour));
            }
            t += step;
        }
        let found = &fold.judge.ratings;
        prop_assert_eq!(found.len(), wanted.len(), "evaluations");
        for (f, (t, name, raw, score, colour)) in found.iter().zip(wanted) {
            let label = format!("{name} at {}", f.time);
            prop_assert_eq!((f.time.0, fold.judge.numbers[f.number].id.as_str()), (t, name));
            prop_assert_eq!(f.exposure, raw, "{}", label);
            match (f.score, score) {
                (None, None) => {}
                (Some(a), Some(b)) => prop_assert!((a - b).abs() <= 1e-12 * a.max(b), "{}: {} {}", label, a, b),
                other => prop_assert!(false, "{}: {:?}", label, other),
            }
            // On the threshold itself two orders of adding up may part; everywhere else the colour is the same.
            let close = |x: f64| score.is_some_and(|s| (s - x).abs() < 1e-9);
            let ease = 1.0 - hysteresis;
            if close(0.6) || close(0.3) || close(ease * 0.6) || close(ease * 0.3) {
                return Ok(());
            }
            prop_assert_eq!(f.rating, colour, "{}", label);
        }
    }
}
