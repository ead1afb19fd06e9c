//! What a recorded log is billed by rate cards: windows and conversations kept from its rows.
//!
//! Shares terms and months' arithmetic with runs, and nothing of how a run keeps its people, so that the two can be
//! held against each other. A log does not say where people are from: one market is given for all.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rustc_hash::FxHashMap;

use crate::experiment::bill::{Bill, Counted, Entry, NoPrice, month, month_of};
use crate::messaging::{Category, SERVICE_WINDOW, Signal, SignalKind};
use crate::policy::judge::Registration;
use crate::policy::rates::terms::{CHARGES, NONE_OPEN};
use crate::policy::rates::{Open, Rates};
use crate::sim::{SimDuration, SimTime};

/// So long after it was sent a message's id is remembered.
const REMEMBERED: SimDuration = SimDuration::days(31);

/// A message under way.
#[derive(Clone, Copy, Debug)]
struct Sent {
    category: Option<Category>,
    campaign: u32,
    delivered: bool,
}

/// What is kept of a number and a person.
#[derive(Clone, Debug)]
struct Pair {
    inbound: Option<SimTime>,
    open: Open,
    /// Messages without id that are under way, oldest first.
    nameless: VecDeque<Sent>,
}

/// Counts what a log is billed for, row by row.
#[derive(Clone, Debug)]
pub struct LogMeter {
    rates: Rates,
    market: String,
    names: FxHashMap<String, u32>,
    by_place: Vec<String>,
    pairs: FxHashMap<(u32, u32), Pair>,
    /// Numbers of the Business app, whose messages have no price.
    of_app: BTreeSet<u32>,
    sent: FxHashMap<(u32, String), Sent>,
    ages: VecDeque<(SimTime, (u32, String))>,
    /// By month, number, campaign and category (its place in [`CATEGORIES`]).
    counted: BTreeMap<(SimTime, u32, u32, usize), Counted>,
    without_category: u64,
}

const CATEGORIES: [Category; 4] =
    [Category::Marketing, Category::Utility, Category::Authentication, Category::Service];

/// The bill of a log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogBill {
    /// By month, number and item.
    pub bill: Bill,
    /// Currency of all amounts.
    pub currency: String,
    /// By month, number and campaign; a log without campaigns has one without a name.
    pub campaigns: Vec<CampaignMonth>,
    /// Deliveries whose category neither their row nor their send tells; not billed.
    pub without_category: u64,
}

/// What a campaign cost in a month.
#[derive(Clone, Debug, PartialEq)]
pub struct CampaignMonth {
    /// `YYYY-MM`, UTC.
    pub month: String,
    /// Portfolio of the number.
    pub portfolio: String,
    /// The number.
    pub number: String,
    /// The campaign.
    pub campaign: String,
    /// Messages delivered.
    pub delivered: u64,
    /// What they cost.
    pub cost: f64,
}

/// Why a log cannot be billed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoBill {
    /// A price is in no card.
    #[error("the rate card {} has no {} price for the market {} (it has: {})", .0.card, .0.item, .0.market, .0.known)]
    Price(NoPrice),
    /// Cards of the log's time have several currencies.
    #[error("the log spans rate cards in {0} and {1}; name one card, or give a span of time in one currency")]
    Currencies(String, String),
}

fn first_of_month(at: SimTime) -> SimTime {
    SimTime::parse(&format!("{}-01T00:00:00Z", month_of(at))).expect("a month has a first day")
}

impl LogMeter {
    /// Before the first row; everybody is of this market.
    pub fn new(rates: Rates, market: &str) -> LogMeter {
        LogMeter {
            rates,
            market: market.to_string(),
            names: FxHashMap::default(),
            by_place: Vec::new(),
            pairs: FxHashMap::default(),
            of_app: BTreeSet::new(),
            sent: FxHashMap::default(),
            ages: VecDeque::new(),
            counted: BTreeMap::new(),
            without_category: 0,
        }
    }

    fn name(&mut self, text: &str) -> u32 {
        if let Some(place) = self.names.get(text) {
            return *place;
        }
        let place = self.by_place.len() as u32;
        self.by_place.push(text.to_string());
        self.names.insert(text.to_string(), place);
        place
    }

    /// Takes a signal that counted: no duplicate, nothing left out.
    pub fn signal(&mut self, s: &Signal<'_>) {
        use SignalKind::{MessageDelivered, MessageFailed, MessageRead, MessageReceived, MessageSent};
        if s.kind == SignalKind::NumberRegistered && s.value == Registration::APP {
            let number = self.name(s.number);
            self.of_app.insert(number);
        }
        if !matches!(s.kind, MessageSent | MessageDelivered | MessageRead | MessageReceived | MessageFailed) {
            return;
        }
        while let Some((at, key)) = self.ages.front()
            && *at + REMEMBERED < s.time
        {
            self.sent.remove(key);
            self.ages.pop_front();
        }
        let (number, recipient) = (self.name(s.number), self.name(s.recipient));
        let pair = self.pairs.entry((number, recipient)).or_insert_with(|| Pair {
            inbound: None,
            open: NONE_OPEN,
            nameless: VecDeque::new(),
        });
        let category = CATEGORIES.into_iter().find(|c| c.name() == s.category);
        match s.kind {
            MessageReceived => pair.inbound = Some(s.time),
            MessageFailed if s.message.is_empty() => {
                pair.nameless.pop_front();
            }
            MessageFailed => {}
            MessageSent => {
                let campaign = self.name(s.campaign);
                let sent = Sent { category, campaign, delivered: false };
                if s.message.is_empty() {
                    let pair = self.pairs.get_mut(&(number, recipient)).expect("just made");
                    pair.nameless.push_back(sent);
                } else {
                    let key = (number, format!("{recipient} {}", s.message));
                    self.ages.push_back((s.time, key.clone()));
                    self.sent.insert(key, sent);
                }
            }
            MessageDelivered | MessageRead => {
                let sent = if s.message.is_empty() {
                    (s.kind == MessageDelivered).then(|| pair.nameless.pop_front()).flatten()
                } else {
                    let sent = self.sent.get_mut(&(number, format!("{recipient} {}", s.message)));
                    sent.map(|sent| {
                        let was = *sent;
                        sent.delivered = true;
                        was
                    })
                };
                // A read of a message that was sent and not delivered yet is its delivery; any other read is not.
                let counts = match s.kind {
                    MessageDelivered => sent.is_none_or(|sent| !sent.delivered),
                    _ => sent.is_some_and(|sent| !sent.delivered),
                };
                if counts {
                    let campaign = match (s.campaign, sent) {
                        ("", Some(sent)) => sent.campaign,
                        (own, _) => self.name(own),
                    };
                    self.charge(
                        s.time,
                        (number, recipient),
                        campaign,
                        category.or(sent.and_then(|s| s.category)),
                    );
                }
            }
            _ => {}
        }
    }

    fn charge(&mut self, at: SimTime, key: (u32, u32), campaign: u32, category: Option<Category>) {
        if self.of_app.contains(&key.0) {
            return;
        }
        let Some(category) = category else {
            self.without_category += 1;
            return;
        };
        let pair = self.pairs.get_mut(&key).expect("whoever is delivered to is known");
        let window_open = pair.inbound.is_some_and(|since| at < since + SERVICE_WINDOW);
        let card = self.rates.at(at);
        let charge = card.terms.charge(category, window_open, &mut pair.open, at.0);
        let place = CATEGORIES.iter().position(|c| *c == category).expect("all are listed");
        let counted =
            self.counted.entry((first_of_month(at), key.0, campaign, place)).or_insert([0; CHARGES]);
        counted[charge as usize] += 1;
    }

    /// Puts prices on it.
    pub fn finish(self, portfolio_of: &dyn Fn(&str) -> String) -> Result<LogBill, NoBill> {
        let mut out = LogBill {
            bill: Bill { rates: self.rates.label.clone(), ..Bill::default() },
            currency: String::new(),
            campaigns: Vec::new(),
            without_category: self.without_category,
        };
        let mut months: BTreeMap<SimTime, Vec<(u32, u32, usize, Counted)>> = BTreeMap::new();
        for ((at, number, campaign, category), counted) in &self.counted {
            months.entry(*at).or_default().push((*number, *campaign, *category, *counted));
        }
        let portfolios: FxHashMap<u32, String> = self
            .counted
            .keys()
            .map(|(_, number, ..)| (*number, portfolio_of(&self.by_place[*number as usize])))
            .collect();
        for (at, rows) in months {
            let card = self.rates.at(at);
            if out.currency.is_empty() {
                out.currency = card.currency.clone();
            } else if out.currency != card.currency {
                return Err(NoBill::Currencies(out.currency, card.currency.clone()));
            }
            if out.bill.cards.last() != Some(&card.name) {
                out.bill.cards.push(card.name.clone());
            }
            let entry = |(number, _, category, counted): &(u32, u32, usize, Counted)| Entry {
                portfolio: &portfolios[number],
                number: &self.by_place[*number as usize],
                market: &self.market,
                category: CATEGORIES[*category],
                counted: *counted,
            };
            let entries: Vec<Entry<'_>> = rows.iter().map(entry).collect();
            let name = month_of(at);
            let (lines, costs) = month(&name, card, 1.0, &[], &entries).map_err(NoBill::Price)?;
            out.bill.lines.extend(lines);
            let mut campaigns: BTreeMap<(&str, &str), (u64, f64)> = BTreeMap::new();
            for ((number, campaign, _, counted), cost) in rows.iter().zip(costs) {
                let key = (&*self.by_place[*number as usize], &*self.by_place[*campaign as usize]);
                let sum = campaigns.entry(key).or_default();
                sum.0 += counted.iter().sum::<u64>();
                sum.1 += cost;
            }
            out.campaigns.extend(campaigns.into_iter().map(|((number, campaign), (delivered, cost))| {
                CampaignMonth {
                    month: name.clone(),
                    portfolio: portfolios[&self.names[number]].clone(),
                    number: number.to_string(),
                    campaign: campaign.to_string(),
                    delivered,
                    cost: crate::experiment::tally::to_millionths(cost),
                }
            }));
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signal<'s>(time: &str, kind: SignalKind, message: &'s str, category: &'s str) -> Signal<'s> {
        let mut s = Signal::new(SimTime::parse(time).unwrap(), kind, "shop");
        (s.recipient, s.message, s.category) = ("ana", message, category);
        s
    }

    #[test]
    fn category_and_campaign_come_from_the_send_and_a_read_may_be_the_delivery() {
        let mut meter = LogMeter::new(Rates::named("2026-01").unwrap(), "brazil");
        let mut sent = signal("2026-02-01T10:00:00Z", SignalKind::MessageSent, "1", "marketing");
        sent.campaign = "promo";
        meter.signal(&sent);
        meter.signal(&signal("2026-02-01T10:01:00Z", SignalKind::MessageRead, "1", ""));
        // Delivered late in the log: it was billed already.
        meter.signal(&signal("2026-02-01T10:02:00Z", SignalKind::MessageDelivered, "1", ""));
        meter.signal(&signal("2026-02-01T11:00:00Z", SignalKind::MessageSent, "", "utility"));
        meter.signal(&signal("2026-02-01T12:00:00Z", SignalKind::MessageReceived, "", ""));
        meter.signal(&signal("2026-02-01T13:00:00Z", SignalKind::MessageDelivered, "", ""));
        meter.signal(&signal("2026-03-01T10:00:00Z", SignalKind::MessageDelivered, "9", ""));
        let bill = meter.finish(&|_| "p".to_string()).unwrap();
        let lines: Vec<_> =
            bill.bill.lines.iter().map(|l| (l.item, l.delivered, l.billable, l.cost)).collect();
        assert_eq!(lines, [("marketing", 1, 1, 0.0625), ("utility", 1, 0, 0.0)], "free inside the window");
        let campaigns: Vec<_> = bill.campaigns.iter().map(|c| (c.campaign.as_str(), c.cost)).collect();
        assert_eq!(campaigns, [("", 0.0), ("promo", 0.0625)]);
        assert_eq!((bill.without_category, bill.currency.as_str()), (1, "USD"));
    }

    #[test]
    fn two_currencies_are_no_sum() {
        let mut meter = LogMeter::new(Rates::auto(), "india");
        for (day, id) in [("2023-05-31", "1"), ("2023-06-02", "2")] {
            let at = format!("{day}T10:00:00Z");
            meter.signal(&signal(&at, SignalKind::MessageDelivered, id, "marketing"));
        }
        assert_eq!(
            meter.finish(&|_| "p".to_string()),
            Err(NoBill::Currencies("EUR".to_string(), "USD".to_string()))
        );
    }
}
