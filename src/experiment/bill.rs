//! What a run or a log is billed by rate cards: units counted by month, prices put on them at the end.
//!
//! Only whole numbers are counted on the way, so the order in which they are counted does not matter. Allowances and
//! volume tiers are about all of a month; what they save is shared out among those billed in that month, in proportion
//! to their units. Knows no probabilities and no clock.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::experiment::plan::Plan;
use crate::experiment::tally::{Shape, to_millionths};
use crate::messaging::Category;
use crate::policy::rates::terms::{CHARGES, NONE_OPEN};
use crate::policy::rates::{BilledBy, Card, Charge, Delivered, Item, Open};
use crate::scenario::money::Tier;
use crate::sim::{SimDuration, SimTime};

/// Counts of one cell and month, by [`Charge`].
pub type Counted = [u64; CHARGES];

/// Units counted by cell, then month.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Units(Vec<Counted>);

impl Units {
    /// Adds others of the same plan.
    pub fn add(&mut self, others: &Units) {
        for (mine, more) in self.0.iter_mut().zip(&others.0) {
            mine.iter_mut().zip(more).for_each(|(a, b)| *a += b);
        }
    }
}

/// A calendar month (UTC) of a run.
#[derive(Clone, Debug, PartialEq)]
struct Month {
    /// `YYYY-MM`.
    name: String,
    /// First offset.
    from: i64,
    /// Which of the pricing's cards holds.
    card: usize,
}

/// What billing needs to know of a plan: its months and cells.
#[derive(Clone, Debug)]
pub struct BillPlan {
    shape: Shape,
    months: Vec<Month>,
    /// Category by campaign, then variant.
    categories: Vec<Vec<Category>>,
    /// Whether anything may be free because somebody came through an ad.
    entries: bool,
    /// Whether what was open before matters: some month is billed by conversations, or there are such entries.
    conversations: bool,
}

/// `YYYY-MM` of an instant.
pub fn month_of(at: SimTime) -> String {
    at.date()[..7].to_string()
}

/// The start of the calendar month (UTC) after the one of an instant.
pub fn next_month(at: SimTime) -> SimTime {
    (at.month_start() + SimDuration::days(31)).month_start()
}

impl BillPlan {
    /// Of a plan, if it is billed by rate cards.
    pub fn new(plan: &Plan) -> Option<BillPlan> {
        let pricing = plan.scenario.pricing.as_ref()?;
        let (start, horizon) = (plan.scenario.start, plan.scenario.horizon);
        let card_at = |at: SimTime| pricing.cards.partition_point(|(from, _)| *from <= at).max(1) - 1;
        let mut months = vec![Month { name: month_of(start), from: 0, card: card_at(start) }];
        let mut next = next_month(start);
        while next <= horizon {
            months.push(Month { name: month_of(next), from: plan.offset(next), card: card_at(next) });
            next = next_month(next);
        }
        let category = |t: &usize| plan.templates()[*t].category;
        let terms = || months.iter().map(|m| &pricing.cards[m.card].1.terms);
        let entries = terms().any(|t| t.free_entry.is_some())
            && plan.segments.iter().any(|s| s.spec.reactions.reply_by_ad > 0.0);
        let by_conversation = terms().any(|t| t.by.has_conversations());
        Some(BillPlan {
            shape: Shape::new(plan),
            categories: plan.campaigns.iter().map(|c| c.variants.iter().map(category).collect()).collect(),
            entries,
            conversations: entries || by_conversation,
            months,
        })
    }
}

/// What is counted for some of the recipients.
#[derive(Clone, Debug)]
pub struct Meter {
    /// So far.
    pub units: Units,
    /// By number, then recipient; empty unless what was open matters.
    open: Vec<Vec<Open>>,
    /// When they last wrote through an ad, likewise; empty where nobody does.
    entered: Vec<Vec<i64>>,
}

/// A delivery of a run that is to be charged.
#[derive(Clone, Copy, Debug)]
pub struct Delivery {
    /// The number it came from.
    pub number: usize,
    /// Which of the meter's recipients.
    pub recipient: usize,
    /// Their segment.
    pub segment: u8,
    /// What was delivered.
    pub message: crate::experiment::key::MessageRef,
    /// When.
    pub offset: i64,
    /// Whether the recipient's service window was open.
    pub window_open: bool,
}

impl Meter {
    /// Nothing counted, for so many recipients.
    pub fn new(plan: &Plan, bill: &BillPlan, recipients: usize) -> Meter {
        let numbers = |kept: bool| if kept { plan.numbers().len() } else { 0 };
        Meter {
            units: Units(vec![[0; CHARGES]; bill.shape.meaning.len() * bill.months.len()]),
            open: vec![vec![NONE_OPEN; recipients]; numbers(bill.conversations)],
            entered: vec![vec![i64::MIN; recipients]; numbers(bill.entries)],
        }
    }

    /// A recipient wrote to a number through an ad.
    pub fn enters(&mut self, number: usize, recipient: usize, offset: i64) {
        if let Some(people) = self.entered.get_mut(number) {
            people[recipient] = offset;
        }
    }

    /// Counts a delivery.
    pub fn charge(&mut self, plan: &Plan, bill: &BillPlan, d: Delivery) {
        let month = bill.months.partition_point(|m| m.from <= d.offset) - 1;
        let pricing = plan.scenario.pricing.as_ref().expect("a plan with a bill has a pricing");
        let terms = &pricing.cards[bill.months[month].card].1.terms;
        let category = bill.categories[d.message.campaign as usize][d.message.variant as usize];
        let mut none = NONE_OPEN;
        let open = self.open.get_mut(d.number).map_or(&mut none, |people| &mut people[d.recipient]);
        let delivered = Delivered {
            category,
            at: d.offset,
            window_open: d.window_open,
            entered: self.entered.get(d.number).map_or(i64::MIN, |people| people[d.recipient]),
        };
        let charge = terms.charge(delivered, open);
        let cell = bill.shape.cell_of(d.segment, d.message);
        self.units.0[cell * bill.months.len() + month][charge as usize] += 1;
    }
}

/// What was billed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bill {
    /// As asked for: `auto`, a card's name, a file's.
    pub rates: String,
    /// Names of the cards that anything was delivered under, in order.
    pub cards: Vec<String>,
    /// Of all amounts.
    pub currency: String,
    /// By month, number, market and item.
    pub lines: Vec<Line>,
}

impl Bill {
    /// Units billed.
    pub fn billable(&self) -> u64 {
        self.lines.iter().map(|l| l.billable).sum()
    }

    /// Adds the lines of a month, in the order of months.
    pub(super) fn take(&mut self, lines: Vec<Line>) {
        if let Some(line) = lines.first().filter(|line| self.cards.last() != Some(&line.card)) {
            self.cards.push(line.card.clone());
        }
        self.lines.extend(lines);
    }

    /// The sum of all lines.
    pub fn cost(&self) -> f64 {
        to_millionths(self.lines.iter().map(|l| l.cost).sum())
    }
}

/// One line of a bill.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// `YYYY-MM`, UTC.
    pub month: String,
    /// Name of the card.
    pub card: String,
    /// Portfolio of the number.
    pub portfolio: String,
    /// The number.
    pub number: String,
    /// The market.
    pub market: String,
    /// What the units are: a category, or who began a conversation.
    pub item: &'static str,
    /// Messages delivered, those included that nothing is charged for.
    pub delivered: u64,
    /// What a unit is: `message`, `conversation` or `notification`.
    pub unit: &'static str,
    /// Units that arose.
    pub units: u64,
    /// Of these, free by the monthly allowance.
    pub free: u64,
    /// Of these, billed.
    pub billable: u64,
    /// List price of a unit; none if it is never charged, or if no card tells and none was billed.
    pub price: Option<f64>,
    /// What they cost, tiers included.
    pub cost: f64,
}

/// What came about in one month for one cell: a campaign's template and segment of a run, a campaign of a log.
#[derive(Clone, Debug)]
pub struct Entry<'e> {
    /// Portfolio of the number.
    pub portfolio: &'e str,
    /// The number.
    pub number: &'e str,
    /// Market of the recipients.
    pub market: &'e str,
    /// Category of the template.
    pub category: Category,
    /// What was delivered.
    pub counted: Counted,
}

/// A price that is needed and in no card.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NoPrice {
    /// Name of the card.
    pub card: String,
    /// The market.
    pub market: String,
    /// The item.
    pub item: &'static str,
    /// What the card has.
    pub known: String,
}

/// The lines of a month, and what each entry costs.
pub fn month(
    name: &str,
    card: &Card,
    exchange: f64,
    tiers: &[Tier],
    entries: &[Entry<'_>],
) -> Result<(Vec<Line>, Vec<f64>), NoPrice> {
    let mut lines: Vec<Draft> = Vec::new();
    let mut places: BTreeMap<(&str, &str, Item), usize> = BTreeMap::new();
    for (i, e) in entries.iter().enumerate() {
        for charge in [Charge::Covered, Charge::Unit, Charge::UserInitiated, Charge::CoveredByUser] {
            let n = e.counted[charge as usize];
            if n == 0 {
                continue;
            }
            let item = card.terms.item(e.category, charge);
            let place = *places.entry((e.number, e.market, item)).or_insert_with(|| {
                let line = Line {
                    month: name.to_string(),
                    card: card.name.clone(),
                    portfolio: e.portfolio.to_string(),
                    number: e.number.to_string(),
                    market: e.market.to_string(),
                    item: item.name(),
                    delivered: 0,
                    unit: card.terms.by.unit(),
                    units: 0,
                    free: 0,
                    billable: 0,
                    price: None,
                    cost: 0.0,
                };
                lines.push((line, item, Vec::new()));
                lines.len() - 1
            });
            let (line, _, shares) = &mut lines[place];
            line.delivered += n;
            if matches!(charge, Charge::Unit | Charge::UserInitiated) {
                line.units += n;
                shares.push((i, n));
            }
        }
    }
    lines.sort_by(|(a, x, _), (b, y, _)| (&a.number, &a.market, x).cmp(&(&b.number, &b.market, y)));
    allow(card, &mut lines);
    for (line, item, _) in &mut lines {
        line.billable = line.units - line.free;
        let Some(priced) = card.terms.priced_as(*item) else { continue };
        line.price = card.price(&line.market, priced).map(|p| p.value * exchange);
        if line.price.is_none() && line.billable > 0 {
            let known = card.known();
            let (card, market) = (card.name.clone(), line.market.clone());
            return Err(NoPrice { card, market, item: priced.name(), known });
        }
    }
    // They came with billing per message.
    let tiers = if card.terms.by == BilledBy::Message { tiers } else { &[] };
    let mut costs = vec![0.0; entries.len()];
    for i in 0..lines.len() {
        let cost = to_millionths(cost(i, &lines, tiers));
        let (line, _, shares) = &mut lines[i];
        line.cost = cost;
        for (entry, n) in shares {
            costs[*entry] += cost * *n as f64 / line.units as f64;
        }
    }
    Ok((lines.into_iter().map(|(line, ..)| line).collect(), costs))
}

/// A line under way, what it is, and the units of each entry in it.
type Draft = (Line, Item, Vec<(usize, u64)>);

/// Shares the month's free units out: to the lines of a number or portfolio in proportion to their units, whole ones,
/// what is left over to the largest remainders.
fn allow(card: &Card, lines: &mut [Draft]) {
    let terms = &card.terms;
    let mut pools: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, (line, item, _)) in lines.iter().enumerate() {
        if terms.has_allowance(*item) && line.units > 0 {
            let owner = if terms.free_per_number { &line.number } else { &line.portfolio };
            pools.entry(owner.clone()).or_default().push(i);
        }
    }
    for pool in pools.values() {
        let total: u64 = pool.iter().map(|i| lines[*i].0.units).sum();
        let free = total.min(terms.free_units);
        let part = |i: usize| u128::from(free) * u128::from(lines[i].0.units);
        let mut left = free;
        let mut rest: Vec<(u128, usize)> = Vec::new();
        let shares: Vec<u64> = pool
            .iter()
            .map(|i| {
                let whole = (part(*i) / u128::from(total)) as u64;
                left -= whole;
                rest.push((part(*i) % u128::from(total), *i));
                whole
            })
            .collect();
        for (i, share) in pool.iter().zip(shares) {
            lines[*i].0.free = share;
        }
        rest.sort_by_key(|(remainder, i)| (std::cmp::Reverse(*remainder), *i));
        for (_, i) in rest.into_iter().take(left as usize) {
            lines[i].0.free += 1;
        }
    }
}

/// The cost of a line: its price, or its share of what the tiers make of the whole portfolio's units.
fn cost(i: usize, lines: &[Draft], tiers: &[Tier]) -> f64 {
    let (line, item, _) = &lines[i];
    let (billable, Some(price)) = (line.billable, line.price) else { return 0.0 };
    let mine: Vec<&Tier> = tiers.iter().filter(|t| t.item == *item && t.market == line.market).collect();
    if mine.is_empty() || billable == 0 {
        return billable as f64 * price;
    }
    let same = |(other, its, _): &&Draft| {
        (&other.portfolio, &other.market, its) == (&line.portfolio, &line.market, item)
    };
    let total: u64 = lines.iter().filter(same).map(|(other, ..)| other.billable).sum();
    let mut sum = 0.0;
    let (mut from, mut at) = (0, price);
    for tier in mine {
        if tier.above >= total {
            break;
        }
        sum += (tier.above - from) as f64 * at;
        (from, at) = (tier.above, tier.price);
    }
    sum += (total - from) as f64 * at;
    sum * billable as f64 / total as f64
}

/// The bill of a run, and what each cell of its tally costs.
pub fn bill(plan: &Plan, units: &Units) -> Option<(Bill, Vec<f64>)> {
    let (bill, pricing) = (plan.bill.as_ref()?, plan.scenario.pricing.as_ref()?);
    let currency = plan.scenario.currency.clone();
    let mut out = Bill { rates: pricing.label.clone(), currency, ..Bill::default() };
    let mut costs = vec![0.0; bill.shape.meaning.len()];
    for (m, month_plan) in bill.months.iter().enumerate() {
        let card: &Arc<Card> = &pricing.cards[month_plan.card].1;
        let entry = |(cell, &(segment, campaign, variant)): (usize, &(usize, usize, usize))| {
            let number = &plan.numbers()[plan.campaigns[campaign].spec.number];
            Entry {
                portfolio: &number.portfolio,
                number: &number.name,
                market: pricing.markets[segment].as_deref().unwrap_or_default(),
                category: bill.categories[campaign][variant],
                counted: units.0[cell * bill.months.len() + m],
            }
        };
        let entries: Vec<Entry<'_>> = bill.shape.meaning.iter().enumerate().map(entry).collect();
        let (lines, by_cell) =
            month(&month_plan.name, card, pricing.exchange[month_plan.card], &pricing.tiers, &entries)
                .expect("every price was looked for when the scenario was read");
        out.take(lines);
        costs.iter_mut().zip(by_cell).for_each(|(sum, cost)| *sum += cost);
    }
    Some((out, costs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::rates::library;
    use Category::{Authentication, Marketing, Service, Utility};

    fn entry<'e>(
        number: &'e str,
        market: &'e str,
        category: Category,
        units: u64,
        covered: u64,
    ) -> Entry<'e> {
        Entry { portfolio: "p", number, market, category, counted: [covered, units, 0, 0] }
    }

    fn card(name: &str) -> &'static Card {
        library::card(name).unwrap()
    }

    #[test]
    fn a_month_is_units_times_price() {
        let entries = [
            entry("a", "brazil", Marketing, 100, 0),
            entry("a", "brazil", Utility, 10, 5),
            entry("a", "brazil", Marketing, 300, 0),
        ];
        let (lines, costs) = month("2026-02", card("2026-01"), 1.0, &[], &entries).unwrap();
        let seen: Vec<_> = lines.iter().map(|l| (l.item, l.delivered, l.billable, l.cost)).collect();
        assert_eq!(seen, [("marketing", 400, 400, 25.0), ("utility", 15, 10, 0.068)]);
        assert_eq!(costs, [6.25, 0.068, 18.75]);
        let (lines, _) = month("2026-02", card("2026-01"), 5.0, &[], &entries[..1]).unwrap();
        assert_eq!((lines[0].price, lines[0].cost), (Some(0.3125), 31.25));
    }

    #[test]
    fn an_allowance_goes_by_number_or_portfolio_and_is_shared_in_whole_units() {
        let entries = [
            entry("a", "brazil", Service, 900, 0),
            entry("a", "mexico", Service, 300, 0),
            entry("b", "brazil", Service, 700, 0),
            entry("b", "brazil", Utility, 50, 0),
        ];
        let (lines, _) = month("2026-10", card("2026-10"), 1.0, &[], &entries).unwrap();
        let seen: Vec<_> = lines.iter().map(|l| (l.number.as_str(), l.item, l.free, l.billable)).collect();
        let want = [
            ("a", "service", 750, 150),
            ("a", "service", 250, 50),
            ("b", "utility", 0, 50),
            ("b", "service", 700, 0),
        ];
        assert_eq!(seen, want);
        assert_eq!((lines[0].price, lines[0].cost), (Some(0.0068), 1.02), "at the utility rate");

        // Before 2024-11 a portfolio's numbers share the thousand; thirds leave one unit over.
        let thirds: Vec<_> = ["a", "b", "c"].map(|n| entry(n, "argentina", Service, 500, 0)).to_vec();
        let (lines, _) = month("2023-07", card("2023-06"), 1.0, &[], &thirds).unwrap();
        assert_eq!(lines.iter().map(|l| l.free).collect::<Vec<_>>(), [334, 333, 333]);
    }

    #[test]
    fn in_the_first_conversations_both_kinds_draw_on_the_allowance() {
        let both = Entry {
            portfolio: "p",
            number: "a",
            market: "spain",
            category: Marketing,
            counted: [7, 3000, 1000, 2],
        };
        let (lines, costs) = month("2022-03", card("2022-02"), 1.0, &[], &[both]).unwrap();
        let seen: Vec<_> = lines.iter().map(|l| (l.item, l.delivered, l.units, l.free)).collect();
        assert_eq!(seen, [("business_initiated", 3007, 3000, 750), ("user_initiated", 1002, 1000, 250)]);
        assert_eq!(costs, [to_millionths(2250.0 * 0.0509 + 750.0 * 0.0305)]);
    }

    #[test]
    fn tiers_are_marginal_over_a_portfolios_month() {
        let tier = |above, price| Tier { market: "brazil".into(), item: Item::Utility, above, price };
        let tiers = [tier(100, 0.005), tier(250, 0.004)];
        let entries = [
            entry("a", "brazil", Utility, 300, 0),
            entry("b", "brazil", Utility, 100, 0),
            entry("b", "brazil", Authentication, 10, 0),
        ];
        let (lines, _) = month("2026-02", card("2026-01"), 1.0, &tiers, &entries).unwrap();
        let whole = 100.0 * 0.0068 + 150.0 * 0.005 + 150.0 * 0.004;
        assert_eq!(lines[0].cost, to_millionths(whole * 0.75));
        assert_eq!(lines[1].cost, to_millionths(whole * 0.25));
        assert_eq!(lines[2].cost, 0.068, "authentication has none");
        let (lines, _) = month("2026-02", card("2026-01"), 1.0, &tiers, &entries[1..2]).unwrap();
        assert_eq!(lines[0].cost, 0.68, "at the boundary the first price still holds");
        let (lines, _) = month("2025-06", card("2024-11"), 1.0, &tiers, &entries[..1]).unwrap();
        assert_eq!(lines[0].cost, 2.4, "conversations have none");
    }

    #[test]
    fn what_has_no_price_is_said() {
        let entries = [entry("a", "brazil", Authentication, 1, 0)];
        let e = month("2026-10", card("2026-10"), 1.0, &[], &entries).unwrap_err();
        assert_eq!((e.card.as_str(), e.market.as_str(), e.item), ("2026-10", "brazil", "authentication"));
        // What the allowance covers needs no price.
        let free = |n| month("2026-10", card("2026-10"), 1.0, &[], &[entry("a", "india", Service, n, 0)]);
        let (lines, _) = free(1000).unwrap();
        assert_eq!((lines[0].free, lines[0].price, lines[0].cost), (1000, None, 0.0));
        assert_eq!(free(1001).unwrap_err().item, "utility");
    }
}
