//! Counting what happened by segment, campaign and template, once per event.
//!
//! A cell is one (segment, campaign, variant); every table is a sum over cells. Integers only, so that the order in
//! which parts are added up does not matter.

use crate::behaviour::sender::Way;
use crate::experiment::key::{Key, MessageRef, What};
use crate::experiment::lists::BroadcastRow;
use crate::experiment::measure::{Counts, GroupRow, OptOutRow, PlanCounts, RefusalRow};
use crate::experiment::people::UNWANTED;
use crate::experiment::plan::Plan;
use crate::experiment::refusal::{CAUSES_LEN, Refused};
use crate::policy::Rules;

/// Counts kept per cell: one for each thing a log can hold, then opt-outs by way, attempts by cause, blocks by reason.
const CONTACTS: usize = 13;
const OPT_OUTS: usize = 14;
const ATTEMPTS: usize = OPT_OUTS + Way::ALL.len();
const BLOCKS: usize = ATTEMPTS + CAUSES_LEN;

const UNWANTED_SENDS: usize = 6;

/// Place of a thing among a cell's counts.
#[inline]
pub fn slot(key: Key) -> usize {
    slot_of(key.what(), key)
}

/// [`slot`] of a key known to stand for `what`.
#[inline]
pub fn slot_of(what: What, key: Key) -> usize {
    match what {
        // Wanted; to people who had opted out.
        What::Send if key.detail() == UNWANTED => UNWANTED_SENDS,
        What::Send => 0,
        What::Convert => 1,
        What::Deliver => 2,
        What::Fail => 3,
        What::Read => 4,
        What::Report => 5,
        What::OptOut => OPT_OUTS + key.detail() as usize,
        What::Mute => 7,
        What::Archive => 8,
        What::Reply => 9,
        What::Click => 10,
        What::Interest => 11 + key.detail() as usize,
        What::Attempt => ATTEMPTS + key.detail() as usize,
        // A number saved, the only thing that arises and is signalled.
        What::Trigger => CONTACTS,
        What::Block => BLOCKS + key.detail() as usize,
        What::Wake => unreachable!("nothing a log would hold"),
    }
}

/// The shape of a tally: how cells are numbered.
#[derive(Clone, Debug)]
pub struct Shape {
    /// First cell of each campaign, within a segment.
    campaign: Vec<usize>,
    per_segment: usize,
    cells: usize,
    /// Counts per cell.
    pub width: usize,
    /// What each cell stands for: segment, campaign, variant.
    pub meaning: Vec<(usize, usize, usize)>,
}

impl Shape {
    /// The shape of a plan.
    pub fn new(plan: &Plan) -> Shape {
        let mut campaign = Vec::new();
        let mut per_segment = 0;
        for c in &plan.campaigns {
            campaign.push(per_segment);
            per_segment += c.variants.len();
        }
        let mut meaning = Vec::new();
        for s in 0..plan.segments.len() {
            for (c, p) in plan.campaigns.iter().enumerate() {
                meaning.extend((0..p.variants.len()).map(|v| (s, c, v)));
            }
        }
        let width = BLOCKS + plan.reasons.len();
        Shape { campaign, per_segment, cells: meaning.len(), width, meaning }
    }

    /// The cell of an event.
    #[inline]
    pub fn cell(&self, segment: u8, key: Key) -> usize {
        self.cell_of(segment, key.message())
    }

    /// The cell of a message's events.
    #[inline]
    pub fn cell_of(&self, segment: u8, m: MessageRef) -> usize {
        segment as usize * self.per_segment + self.campaign[m.campaign as usize] + m.variant as usize
    }

    /// All zero.
    pub fn zero(&self) -> Tally {
        Tally { width: self.width, counts: vec![0; self.cells * self.width] }
    }
}

/// Counts by cell.
#[derive(Clone, Debug)]
pub struct Tally {
    width: usize,
    counts: Vec<u64>,
}

impl Tally {
    /// Adds `n` of a thing to a cell.
    #[inline]
    pub fn add(&mut self, cell: usize, slot: usize, n: u64) {
        self.counts[cell * self.width + slot] += n;
    }

    /// Adds to all counts of a cell.
    pub fn add_cell(&mut self, cell: usize, counts: &[u64]) {
        let mine = &mut self.counts[cell * self.width..(cell + 1) * self.width];
        mine.iter_mut().zip(counts).for_each(|(a, b)| *a += b);
    }

    /// The counts of a cell.
    pub fn cell(&self, cell: usize) -> &[u64] {
        &self.counts[cell * self.width..(cell + 1) * self.width]
    }
}

/// A cell's counts as named counts.
pub fn counts(cell: &[u64]) -> Counts {
    let refused: u64 = cell[ATTEMPTS..BLOCKS].iter().sum();
    let sent = cell[0] + cell[UNWANTED_SENDS];
    Counts {
        attempted: sent + refused,
        sent,
        refused,
        delivered: cell[2],
        failed: cell[3],
        read: cell[4],
        reported: cell[5],
        opted_out: cell[OPT_OUTS..ATTEMPTS].iter().sum(),
        muted: cell[7],
        archived: cell[8],
        received: cell[9],
        clicked: cell[10],
        converted: cell[1],
        not_interested: cell[11],
        interested: cell[12],
        blocked: cell[BLOCKS..].iter().sum(),
    }
}

/// Refused attempts by campaign and cause, in scenario order; causes that never came up have no row.
pub fn refusals(tally: &Tally, shape: &Shape, plan: &Plan) -> Vec<RefusalRow> {
    let mut counts = vec![[0u64; CAUSES_LEN]; plan.campaigns.len()];
    for (i, (_, c, _)) in shape.meaning.iter().enumerate() {
        let cell = &tally.cell(i)[ATTEMPTS..BLOCKS];
        counts[*c].iter_mut().zip(cell).for_each(|(sum, n)| *sum += n);
    }
    let mut rows = Vec::new();
    for (campaign, counts) in plan.campaigns.iter().zip(counts) {
        for (place, count) in counts.into_iter().enumerate().filter(|(_, n)| *n > 0) {
            let cause = Refused::at(place as u8);
            rows.push(RefusalRow {
                number: campaign.spec.number,
                campaign: campaign.spec.name.clone(),
                reason: cause.name().to_string(),
                code: cause.code().to_string(),
                count,
            });
        }
    }
    rows
}

/// Opt-outs by campaign and way, in scenario order; ways nobody took have no row.
pub fn opt_outs(tally: &Tally, shape: &Shape, plan: &Plan) -> Vec<OptOutRow> {
    let mut counts = vec![[0u64; Way::ALL.len()]; plan.campaigns.len()];
    let mut delivered = vec![0u64; plan.campaigns.len()];
    for (i, (_, c, _)) in shape.meaning.iter().enumerate() {
        let cell = tally.cell(i);
        counts[*c].iter_mut().zip(&cell[OPT_OUTS..ATTEMPTS]).for_each(|(sum, n)| *sum += n);
        delivered[*c] += self::counts(cell).delivered;
    }
    let mut rows = Vec::new();
    for (c, campaign) in plan.campaigns.iter().enumerate() {
        for (way, count) in Way::ALL.iter().zip(counts[c]).filter(|(_, n)| *n > 0) {
            rows.push(OptOutRow {
                campaign: campaign.spec.name.clone(),
                way: way.name(),
                count,
                delivered: delivered[c],
            });
        }
    }
    rows
}

/// Messages of each campaign that went to people who had opted out.
pub fn unwanted(tally: &Tally, shape: &Shape, plan: &Plan) -> Vec<u64> {
    let mut sends = vec![0; plan.campaigns.len()];
    for (i, (_, c, _)) in shape.meaning.iter().enumerate() {
        sends[*c] += tally.cell(i)[UNWANTED_SENDS];
    }
    sends
}

/// Refused attempts of a step or cell.
pub fn refused(counts: &[u32]) -> u64 {
    counts[ATTEMPTS..BLOCKS].iter().map(|n| u64::from(*n)).sum()
}

/// Weighted negative signals of a cell under a rule set.
fn negative(cell: &[u64], plan: &Plan, rules: &Rules) -> f64 {
    let w = &rules.rating.weights;
    let blocks: f64 = plan
        .reasons
        .iter()
        .zip(&cell[BLOCKS..])
        .map(|(reason, n)| w.block * w.reason.get(reason).copied().unwrap_or(1.0) * *n as f64)
        .sum();
    blocks + w.report * cell[5] as f64 + w.mute * cell[7] as f64 + w.archive * cell[8] as f64
}

/// A sum of prices or weights, to the nearest millionth.
pub fn to_millionths(sum: f64) -> f64 {
    libm::round(sum * 1e6) / 1e6
}

/// Tables by campaign, template and segment.
#[derive(Clone, Debug)]
pub struct Groups {
    /// In scenario order.
    pub campaigns: Vec<GroupRow>,
    /// In scenario order.
    pub templates: Vec<GroupRow>,
    /// In scenario order.
    pub segments: Vec<GroupRow>,
}

/// People who saved a number of the Business app.
pub fn contacts(tally: &Tally, shape: &Shape) -> u64 {
    (0..shape.cells).map(|cell| tally.cell(cell)[CONTACTS]).sum()
}

/// For each campaign of a number of the Business app, what its broadcasts cost, and that per message sent.
fn broadcast_costs(
    tally: &Tally,
    shape: &Shape,
    plan: &Plan,
    broadcasts: &[BroadcastRow],
) -> Vec<Option<(f64, f64)>> {
    let mut sent = vec![0; plan.campaigns.len()];
    for (i, (_, campaign, _)) in shape.meaning.iter().enumerate() {
        sent[*campaign] += counts(tally.cell(i)).sent;
    }
    let of = |(c, campaign): (usize, &crate::experiment::plan::CampaignPlan)| {
        let app = plan.numbers()[campaign.spec.number].app.as_ref()?;
        let bought: u64 = broadcasts.iter().filter(|b| b.campaign == c).map(|b| b.bought).sum();
        let cost = app.price * bought as f64;
        Some((cost, if sent[c] == 0 { 0.0 } else { cost / sent[c] as f64 }))
    };
    plan.campaigns.iter().enumerate().map(of).collect()
}

/// Sums a tally up by campaign, template and segment. Negative signals are weighed by the rules at the end. `costs` are
/// what cells cost by rate cards; without them each delivered message has its template's flat price.
pub fn groups(
    tally: &Tally,
    shape: &Shape,
    plan: &Plan,
    rules: &Rules,
    planned: &[PlanCounts],
    (costs, broadcasts): (Option<&[f64]>, &[BroadcastRow]),
) -> Groups {
    let broadcast = broadcast_costs(tally, shape, plan, broadcasts);
    let empty = |name: &str| GroupRow {
        name: name.to_string(),
        counts: Counts::default(),
        plan: PlanCounts::default(),
        cost: 0.0,
        value: 0.0,
        negative: 0.0,
    };
    let mut g = Groups {
        campaigns: plan.campaigns.iter().map(|c| empty(&c.spec.name)).collect(),
        templates: plan.templates().iter().map(|t| empty(&t.name)).collect(),
        segments: plan.segments.iter().map(|s| empty(&s.spec.name)).collect(),
    };
    for (i, (s, c, v)) in shape.meaning.iter().copied().enumerate() {
        let cell = tally.cell(i);
        let counts = counts(cell);
        let template = plan.campaigns[c].variants[v];
        let flat = || counts.delivered as f64 * plan.templates()[template].cost.unwrap_or(0.0);
        let cost = match broadcast[c] {
            // A list costs what was bought beyond the allowance; spread over its messages.
            Some((_, each)) => counts.sent as f64 * each,
            None => costs.map_or_else(flat, |costs| costs[i]),
        };
        let value = counts.converted as f64 * plan.campaigns[c].spec.value_per_conversion;
        let bad = negative(cell, plan, rules);
        for row in [&mut g.campaigns[c], &mut g.templates[template], &mut g.segments[s]] {
            row.counts += counts;
            row.cost += cost;
            row.value += value;
            row.negative += bad;
        }
    }
    // What was bought is paid for, also where nothing of it could be sent.
    for (row, cost) in g.campaigns.iter_mut().zip(&broadcast) {
        if let Some((cost, _)) = cost {
            row.cost = *cost;
        }
    }
    // A millionth of a unit is finer than any price; what lies beyond is the binary remainder of sums.
    for row in g.campaigns.iter_mut().chain(&mut g.templates).chain(&mut g.segments) {
        for sum in [&mut row.cost, &mut row.value, &mut row.negative] {
            *sum = to_millionths(*sum);
        }
    }
    for (row, p) in g.campaigns.iter_mut().zip(planned) {
        row.plan = *p;
    }
    g
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds one event to named counts.
    fn note(counts: &mut Counts, key: Key) {
        let count = match key.what() {
            What::Send => {
                counts.attempted += 1;
                &mut counts.sent
            }
            What::Attempt => {
                counts.attempted += 1;
                &mut counts.refused
            }
            What::Deliver => &mut counts.delivered,
            What::Fail => &mut counts.failed,
            What::Read => &mut counts.read,
            What::Block => &mut counts.blocked,
            What::Report => &mut counts.reported,
            What::OptOut => &mut counts.opted_out,
            What::Mute => &mut counts.muted,
            What::Archive => &mut counts.archived,
            What::Reply => &mut counts.received,
            What::Click => &mut counts.clicked,
            What::Convert => &mut counts.converted,
            What::Interest if key.detail() == 1 => &mut counts.interested,
            What::Interest => &mut counts.not_interested,
            // A number saved changes no count.
            What::Trigger => return,
            What::Wake => unreachable!("nothing a log would hold"),
        };
        *count += 1;
    }

    #[test]
    fn one_event_counts_the_same_in_a_cell_and_by_name() {
        let m = MessageRef { recipient: 1, campaign: 0, occurrence: 0, variant: 0 };
        let generated = [
            What::Deliver,
            What::Fail,
            What::Read,
            What::Block,
            What::Report,
            What::OptOut,
            What::Mute,
            What::Archive,
            What::Reply,
            What::Click,
            What::Convert,
            What::Interest,
        ];
        let mut keys: Vec<Key> =
            generated.map(|what| Key::generated(5, what, m, u8::from(what != What::Block))).to_vec();
        keys.extend([What::Send, What::Attempt].map(|what| Key::send(5, what, m, 0)));
        for key in keys {
            let mut cell = vec![0; BLOCKS + 3];
            cell[slot(key)] = 1;
            let mut named = Counts::default();
            note(&mut named, key);
            assert_eq!(named, counts(&cell), "{:?}", key.what());
        }
    }
}
