//! What a recorded log is billed by rate cards: windows and conversations kept from its rows.
//!
//! Shares terms and months' arithmetic with runs, and nothing of how a run keeps its people, so that the two can be
//! held against each other. A log does not say where people are from: one market is given for all.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rustc_hash::FxHashMap;

use crate::experiment::bill::{Bill, Counted, Entry, NoPrice, month, month_of, next_month};
use crate::messaging::{BY_AD, Category, SERVICE_WINDOW, Signal, SignalKind};
use crate::policy::fold::Key;
use crate::policy::judge::Registration;
use crate::policy::rates::terms::{CHARGES, NONE_OPEN};
use crate::policy::rates::{Delivered, Open, Rates};
use crate::sim::{SimDuration, SimTime};

/// So long after its row a message is remembered; exactly as long after it no more.
const REMEMBERED: SimDuration = SimDuration::days(31);

/// So many messages are held before the first look for those that are too old.
const FEW: usize = 4096;

/// A message under way, or one whose arrival was billed while further rows may tell of it.
#[derive(Clone, Copy, Debug)]
struct Sent {
    at: SimTime,
    category: Option<Category>,
    campaign: u32,
    billed: bool,
}

impl Sent {
    fn is_known(&self, now: SimTime) -> bool {
        now < self.at + REMEMBERED
    }
}

/// Counts what a log is billed for, row by row.
///
/// People and message ids are kept as keys, and of people only what bears on a price: when they last wrote, their open
/// conversations where these are billed, what was sent to them without an id.
#[derive(Clone, Debug)]
pub struct LogMeter {
    rates: Rates,
    market: String,
    /// The only numbers whose costs are wanted; all if empty.
    only: Vec<String>,
    /// Months that end at or before this are not wanted.
    from: Option<SimTime>,
    names: FxHashMap<String, u32>,
    by_place: Vec<String>,
    /// Numbers of the Business app, whose messages have no price.
    of_app: BTreeSet<u32>,
    /// When a person last wrote to a number.
    inbound: FxHashMap<Key, SimTime>,
    /// When a person last wrote to a number through an ad.
    entered: FxHashMap<Key, SimTime>,
    /// Conversations of a number and a person.
    open: FxHashMap<Key, Open>,
    /// Messages with an id.
    sent: FxHashMap<Key, Sent>,
    /// At so many of them those that are too old are cleared away.
    sent_most: usize,
    /// Messages without id that are under way, oldest first.
    nameless: FxHashMap<Key, VecDeque<Sent>>,
    nameless_held: usize,
    nameless_most: usize,
    /// The month of the last delivery, and its end.
    month: (SimTime, SimTime),
    /// By month, number, campaign and category (its place in [`CATEGORIES`]).
    counted: BTreeMap<(SimTime, u32, u32, usize), Counted>,
    /// By month and number.
    without_category: BTreeMap<(SimTime, u32), u64>,
}

const CATEGORIES: [Category; 4] =
    [Category::Marketing, Category::Utility, Category::Authentication, Category::Service];

/// The bill of a log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogBill {
    /// By month, number and item.
    pub bill: Bill,
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
    #[error(
        "the log spans rate cards in {0} and {1}; name one card, or give a span of time in one currency by --from or --until"
    )]
    Currencies(String, String),
}

impl LogMeter {
    /// Before the first row; everybody is of this market.
    pub fn new(rates: Rates, market: &str) -> LogMeter {
        LogMeter {
            rates,
            market: market.to_string(),
            only: Vec::new(),
            from: None,
            names: FxHashMap::default(),
            by_place: Vec::new(),
            of_app: BTreeSet::new(),
            inbound: FxHashMap::default(),
            entered: FxHashMap::default(),
            open: FxHashMap::default(),
            sent: FxHashMap::default(),
            sent_most: FEW,
            nameless: FxHashMap::default(),
            nameless_held: 0,
            nameless_most: FEW,
            month: (SimTime(0), SimTime(0)),
            counted: BTreeMap::new(),
            without_category: BTreeMap::new(),
        }
    }

    /// Bills these numbers alone (all if there are none), from the month of `from` on, that month whole: allowances are
    /// about whole months. What is left out counts for allowances and conversations all the same.
    pub fn only(mut self, numbers: &[String], from: Option<SimTime>) -> LogMeter {
        (self.only, self.from) = (numbers.to_vec(), from);
        self
    }

    /// The market whose prices hold.
    pub fn market(&self) -> &str {
        &self.market
    }

    /// The cards, as asked for.
    pub fn rates(&self) -> &Rates {
        &self.rates
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
        let number = self.name(s.number);
        if self.of_app.contains(&number) {
            return;
        }
        let pair = Key::root(number as usize).of(s.recipient);
        let category = CATEGORIES.into_iter().find(|c| c.name() == s.category);
        match s.kind {
            MessageReceived => {
                self.inbound.insert(pair, s.time);
                if s.reason == BY_AD {
                    self.entered.insert(pair, s.time);
                }
            }
            MessageSent => {
                let campaign = self.name(s.campaign);
                let sent = Sent { at: s.time, category, campaign, billed: false };
                if s.message.is_empty() {
                    self.keep_nameless(pair, sent);
                } else {
                    self.keep(pair.of(s.message), sent);
                }
            }
            MessageFailed if s.message.is_empty() => drop(self.oldest_nameless(pair, s.time)),
            MessageDelivered if s.message.is_empty() => {
                let sent = self.oldest_nameless(pair, s.time);
                self.delivered(s, (number, pair), sent);
            }
            MessageDelivered => {
                let id = pair.of(s.message);
                match self.sent.remove(&id).filter(|sent| sent.is_known(s.time)) {
                    Some(sent) if sent.billed => {}
                    Some(sent) => self.delivered(s, (number, pair), Some(sent)),
                    None => {
                        self.delivered(s, (number, pair), None);
                        // Its send may come yet, and then a read, which is no second delivery.
                        self.keep(id, Sent { at: s.time, category, campaign: 0, billed: true });
                    }
                }
            }
            // A read of a message that was sent and not delivered yet is its delivery; any other read is not.
            MessageRead if !s.message.is_empty() => {
                let sent = self.sent.get_mut(&pair.of(s.message));
                if let Some(sent) = sent.filter(|sent| !sent.billed && sent.is_known(s.time)) {
                    sent.billed = true;
                    let sent = *sent;
                    self.delivered(s, (number, pair), Some(sent));
                }
            }
            _ => {}
        }
    }

    /// Remembers a message with an id; that it was billed is not forgotten over its send.
    fn keep(&mut self, id: Key, mut message: Sent) {
        if self.sent.len() >= self.sent_most {
            self.sent.retain(|_, sent| sent.is_known(message.at));
            self.sent_most = FEW.max(2 * self.sent.len());
        }
        let known = self.sent.get(&id).is_some_and(|sent| sent.billed && sent.is_known(message.at));
        message.billed |= known;
        self.sent.insert(id, message);
    }

    fn keep_nameless(&mut self, pair: Key, message: Sent) {
        if self.nameless_held >= self.nameless_most {
            self.nameless.retain(|_, queue| {
                queue.retain(|sent| sent.is_known(message.at));
                !queue.is_empty()
            });
            self.nameless_held = self.nameless.values().map(VecDeque::len).sum();
            self.nameless_most = FEW.max(2 * self.nameless_held);
        }
        self.nameless.entry(pair).or_default().push_back(message);
        self.nameless_held += 1;
    }

    /// Takes the oldest message without id that is under way.
    fn oldest_nameless(&mut self, pair: Key, now: SimTime) -> Option<Sent> {
        let queue = self.nameless.get_mut(&pair)?;
        let mut oldest = None;
        while let Some(sent) = queue.pop_front() {
            self.nameless_held -= 1;
            if sent.is_known(now) {
                oldest = Some(sent);
                break;
            }
        }
        if queue.is_empty() {
            self.nameless.remove(&pair);
        }
        oldest
    }

    fn delivered(&mut self, s: &Signal<'_>, (number, pair): (u32, Key), sent: Option<Sent>) {
        let at = s.time;
        if !(self.month.0..self.month.1).contains(&at) {
            self.month = (at.month_start(), next_month(at));
        }
        let own = CATEGORIES.into_iter().find(|c| c.name() == s.category);
        let Some(category) = own.or(sent.and_then(|sent| sent.category)) else {
            *self.without_category.entry((self.month.0, number)).or_default() += 1;
            return;
        };
        let campaign = match (s.campaign, sent) {
            ("", Some(sent)) => sent.campaign,
            (own, _) => self.name(own),
        };
        let terms = &self.rates.at(at).terms;
        let window_open = self.inbound.get(&pair).is_some_and(|since| at < *since + SERVICE_WINDOW);
        let entered = self.entered.get(&pair);
        let d = Delivered { category, at: at.0, window_open, entered: entered.map_or(i64::MIN, |e| e.0) };
        let charge = if terms.by.has_conversations() || entered.is_some() {
            terms.charge(d, self.open.entry(pair).or_insert(NONE_OPEN))
        } else {
            terms.charge(d, &mut NONE_OPEN.clone())
        };
        let place = CATEGORIES.iter().position(|c| *c == category).expect("all are listed");
        let counted = self.counted.entry((self.month.0, number, campaign, place)).or_insert([0; CHARGES]);
        counted[charge as usize] += 1;
    }

    /// Whether costs of a number are wanted.
    fn shows(&self, number: u32) -> bool {
        self.only.is_empty() || self.only.contains(&self.by_place[number as usize])
    }

    /// Puts prices on it.
    pub fn finish(self, portfolio_of: &dyn Fn(&str) -> String) -> Result<LogBill, NoBill> {
        let first = self.from.map_or(SimTime(i64::MIN), SimTime::month_start);
        let without = self.without_category.range((first, 0)..).filter(|((_, n), _)| self.shows(*n));
        let mut out = LogBill {
            bill: Bill { rates: self.rates.label.clone(), ..Bill::default() },
            campaigns: Vec::new(),
            without_category: without.map(|(_, count)| count).sum(),
        };
        let mut months: BTreeMap<SimTime, Vec<(u32, u32, usize, Counted)>> = BTreeMap::new();
        for ((at, number, campaign, category), counted) in self.counted.range((first, 0, 0, 0)..) {
            months.entry(*at).or_default().push((*number, *campaign, *category, *counted));
        }
        let portfolios: FxHashMap<u32, String> = self
            .counted
            .keys()
            .map(|(_, number, ..)| (*number, portfolio_of(&self.by_place[*number as usize])))
            .collect();
        for (at, rows) in months {
            let card = self.rates.at(at);
            if out.bill.currency.is_empty() {
                out.bill.currency = card.currency.clone();
            } else if out.bill.currency != card.currency {
                return Err(NoBill::Currencies(out.bill.currency, card.currency.clone()));
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
            let (mut lines, costs) = month(&name, card, 1.0, &[], &entries).map_err(NoBill::Price)?;
            lines.retain(|line| self.only.is_empty() || self.only.contains(&line.number));
            out.bill.take(lines);
            let mut campaigns: BTreeMap<(&str, &str), (u64, f64)> = BTreeMap::new();
            let shown = rows.iter().zip(costs).filter(|((number, ..), _)| self.shows(*number));
            for ((number, campaign, _, counted), cost) in shown {
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
        if out.bill.currency.is_empty() {
            let last = self.rates.all().last().expect("there is a card");
            out.bill.currency = last.currency.clone();
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
        assert_eq!((bill.without_category, bill.bill.currency.as_str()), (1, "USD"));
    }

    fn meter() -> LogMeter {
        LogMeter::new(Rates::named("2026-01").unwrap(), "brazil")
    }

    fn billed(meter: LogMeter) -> Vec<(String, u64, f64)> {
        let bill = meter.finish(&|_| "p".to_string()).unwrap().bill;
        bill.lines.into_iter().map(|l| (l.month, l.billable, l.cost)).collect()
    }

    #[test]
    fn a_delivery_told_of_before_its_send_is_billed_once() {
        let mut meter = meter();
        let rows = [
            (SignalKind::MessageDelivered, "marketing"),
            (SignalKind::MessageSent, "marketing"),
            (SignalKind::MessageRead, ""),
        ];
        for (second, (kind, category)) in rows.into_iter().enumerate() {
            meter.signal(&signal(&format!("2026-02-01T10:00:0{second}Z"), kind, "1", category));
        }
        assert_eq!(billed(meter), [("2026-02".to_string(), 1, 0.0625)]);
    }

    #[test]
    fn messages_are_remembered_for_31_days_with_an_id_and_without() {
        for id in ["", "1"] {
            let delivered = |at: &str| {
                let mut meter = meter();
                meter.signal(&signal("2026-01-01T10:00:00Z", SignalKind::MessageSent, id, "marketing"));
                meter.signal(&signal(at, SignalKind::MessageDelivered, id, ""));
                meter.finish(&|_| "p".to_string()).unwrap().without_category
            };
            assert_eq!(delivered("2026-02-01T09:59:59.999Z"), 0, "{id:?}");
            assert_eq!(delivered("2026-02-01T10:00:00Z"), 1, "{id:?}: forgotten");
        }
    }

    #[test]
    fn whoever_came_by_an_ad_is_free() {
        let cost = |reason: &str| {
            let mut meter = meter();
            let mut wrote = signal("2026-02-01T10:00:00Z", SignalKind::MessageReceived, "", "");
            wrote.reason = reason;
            meter.signal(&wrote);
            for day in ["01T12:00:00Z", "04T11:59:59Z", "04T12:00:00Z"] {
                let at = format!("2026-02-{day}");
                meter.signal(&signal(&at, SignalKind::MessageDelivered, day, "marketing"));
            }
            billed(meter)[0].1
        };
        assert_eq!((cost("ad"), cost("")), (1, 3));
    }

    #[test]
    fn what_never_arrives_is_not_kept_for_ever() {
        for named in [true, false] {
            let mut meter = meter();
            let begin = SimTime::parse("2026-01-01T00:00:00Z").unwrap();
            for i in 0..100_000 {
                let id = if named { format!("m{i}") } else { String::new() };
                let who = format!("r{}", i % 7000);
                let mut s = signal("2026-01-01T00:00:00Z", SignalKind::MessageSent, &id, "utility");
                s.time = begin + SimDuration::hours(i);
                s.recipient = &who;
                meter.signal(&s);
            }
            let held = meter.sent.len() + meter.nameless.values().map(VecDeque::len).sum::<usize>();
            assert!(held <= FEW, "{held} of 744 that are not too old");
        }
    }

    #[test]
    fn numbers_and_months_are_left_out_and_still_count() {
        // 600 service messages of either number in October, of which a portfolio's thousand are free.
        let text = "based_on = \"2026-10\"\nbilling.free_per = \"portfolio\"\nrates.brazil.marketing = 1\n";
        let rates = Rates::from_text("mine.toml", text).unwrap();
        let mut meter = LogMeter::new(rates, "brazil");
        for month in ["2026-10", "2026-11"] {
            for i in 0..1200 {
                let at = format!("{month}-02T10:00:00Z");
                let id = format!("{month}-{i}");
                let mut s = signal(&at, SignalKind::MessageDelivered, &id, "service");
                s.number = if i < 600 { "shop" } else { "other" };
                meter.signal(&s);
            }
        }
        let all = billed(meter.clone());
        assert_eq!(
            all.iter().map(|l| (&*l.0, l.1)).collect::<Vec<_>>(),
            [("2026-10", 100), ("2026-10", 100), ("2026-11", 100), ("2026-11", 100)]
        );
        let from = SimTime::parse("2026-11-15T00:00:00Z").unwrap();
        let some = meter.only(&["shop".to_string()], Some(from));
        let bill = some.finish(&|_| "p".to_string()).unwrap();
        let lines: Vec<_> = bill.bill.lines.iter().map(|l| (&*l.month, &*l.number, l.billable)).collect();
        assert_eq!(lines, [("2026-11", "shop", 100)]);
        assert_eq!(bill.campaigns.len(), 1);
    }

    #[test]
    fn a_card_is_named_if_anything_was_delivered_under_it() {
        let mut meter = LogMeter::new(Rates::auto(), "brazil");
        for day in ["2025-08-01", "2026-02-01"] {
            let at = format!("{day}T10:00:00Z");
            meter.signal(&signal(&at, SignalKind::MessageDelivered, day, "marketing"));
        }
        assert_eq!(meter.finish(&|_| "p".to_string()).unwrap().bill.cards, ["2025-07", "2026-01"]);
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
