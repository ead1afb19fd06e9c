//! The rows of an import before they are whole, and how they become so at the end.
//!
//! A number is named by its id in one payload and by its digits in the next, its account may be told only elsewhere,
//! and files come in any order: so rows are held with what their payload said, and number, portfolio and person are
//! settled once everything has been seen. What comes out is sorted and free of repetitions, and does not depend on
//! the order or the number of times in which files were read.
//!
//! Everything is held in memory, about 200 bytes a row. Only the times decide the order in the large, so a sorter
//! that spills to disk can take the place of the vector: rows of one instant are settled and ordered together.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::import::notes::Notes;
use crate::import::pseudonym::{Key, pseudonymise};
use crate::messaging::SignalKind;
use crate::messaging::record::{Event, LogRow};
use crate::sim::SimTime;

/// A text that occurs in many rows.
pub type Symbol = u32;

/// Texts that occur often, once each; 0 is the empty one.
struct Symbols {
    /// Looked up, never walked.
    numbers: FxHashMap<Box<str>, Symbol>,
    texts: Vec<Box<str>>,
}

impl Symbols {
    fn of(&mut self, text: &str) -> Symbol {
        if let Some(symbol) = self.numbers.get(text) {
            return *symbol;
        }
        let symbol = self.texts.len() as Symbol;
        self.texts.push(text.into());
        self.numbers.insert(text.into(), symbol);
        symbol
    }

    fn text(&self, symbol: Symbol) -> &str {
        &self.texts[symbol as usize]
    }
}

/// What a row is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum About {
    /// The number, or the account where no number is named.
    #[default]
    Number,
    /// The portfolio of the number that is named.
    PortfolioOfNumber,
}

/// A row as its payload tells it. Absent text is empty.
#[derive(Clone, Debug, Default)]
pub struct Draft<'a> {
    /// The platform's id of the number.
    pub number_id: &'a str,
    /// The number's digits.
    pub number_digits: &'a str,
    /// The WhatsApp business account.
    pub account: &'a str,
    /// What the row is about.
    pub about: About,
    /// The person.
    pub recipient: &'a str,
    /// Message id.
    pub message: &'a str,
    /// Template name.
    pub template: &'a str,
    /// Category in our words.
    pub category: &'a str,
    /// Campaign.
    pub campaign: &'a str,
    /// Reason.
    pub reason: &'a str,
    /// Value.
    pub value: &'a str,
}

struct Held {
    time: SimTime,
    event: Event,
    about: About,
    number_id: Symbol,
    number_digits: Symbol,
    account: Symbol,
    template: Symbol,
    category: Symbol,
    campaign: Symbol,
    reason: Symbol,
    value: Symbol,
    recipient: Box<str>,
    message: Box<str>,
}

/// The rows of an import, held.
pub struct Collected {
    held: Vec<Held>,
    symbols: Symbols,
    /// (id, digits) pairs of numbers.
    links: BTreeSet<(Symbol, Symbol)>,
    /// (id, digits, account) of numbers.
    homes: BTreeSet<(Symbol, Symbol, Symbol)>,
    /// Business-scoped user id to phone number.
    people: BTreeMap<String, String>,
    /// Message id to what its history says.
    histories: BTreeMap<String, BTreeSet<(SimTime, u8)>>,
    /// (template, language).
    languages: BTreeSet<(Symbol, Symbol)>,
    /// Volumes as the platform counts them.
    volumes: BTreeSet<Volume>,
}

/// How many messages the platform itself counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Volume {
    /// From.
    pub from: SimTime,
    /// To, excluded.
    pub to: SimTime,
    /// What the answer is called.
    pub answer: &'static str,
    /// Number or template; several numbers are joined by `+`.
    pub subject: String,
    /// Whether the subject is numbers, which the rows of the import can be counted for.
    pub numbers: Vec<String>,
    /// Sent.
    pub sent: Option<u64>,
    /// Delivered.
    pub delivered: Option<u64>,
    /// Read.
    pub read: Option<u64>,
}

/// A volume beside what was imported for the same numbers and time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// As the platform says.
    pub volume: Volume,
    /// Rows `message_sent` of the import.
    pub sent: Option<u64>,
    /// Rows `message_delivered` of the import.
    pub delivered: Option<u64>,
}

/// Choices about the names in rows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Naming<'a> {
    /// The portfolio of everything, whatever accounts say.
    pub portfolio: Option<&'a str>,
    /// Replaces people and message ids by pseudonyms.
    pub key: Option<&'a Key>,
}

/// What came out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Rows handed out.
    pub rows: u64,
    /// Rows that said exactly what another one says.
    pub repeated: u64,
    /// Rows by event.
    pub events: BTreeMap<&'static str, u64>,
    /// First and last instant.
    pub span: Option<(SimTime, SimTime)>,
    /// Numbers and how many rows each has.
    pub numbers: BTreeMap<String, u64>,
    /// Portfolios named.
    pub portfolios: BTreeSet<String>,
    /// The platform's own counts.
    pub volumes: Vec<Compared>,
}

impl Default for Collected {
    fn default() -> Collected {
        let mut symbols = Symbols { numbers: FxHashMap::default(), texts: Vec::new() };
        symbols.of("");
        Collected {
            held: Vec::new(),
            symbols,
            links: BTreeSet::new(),
            homes: BTreeSet::new(),
            people: BTreeMap::new(),
            histories: BTreeMap::new(),
            languages: BTreeSet::new(),
            volumes: BTreeSet::new(),
        }
    }
}

impl Collected {
    /// Holds a row.
    pub fn hold(&mut self, time: SimTime, event: Event, d: &Draft<'_>) {
        self.link(d.number_id, d.number_digits, d.account);
        let s = &mut self.symbols;
        self.held.push(Held {
            time,
            event,
            about: d.about,
            number_id: s.of(d.number_id),
            number_digits: s.of(d.number_digits),
            account: s.of(d.account),
            template: s.of(d.template),
            category: s.of(d.category),
            campaign: s.of(d.campaign),
            reason: s.of(d.reason),
            value: s.of(d.value),
            recipient: d.recipient.into(),
            message: d.message.into(),
        });
    }

    /// Remembers that an id, digits and an account belong together.
    pub fn link(&mut self, number_id: &str, digits: &str, account: &str) {
        if number_id.is_empty() && digits.is_empty() {
            return;
        }
        let (id, digits) = (self.symbols.of(number_id), self.symbols.of(digits));
        if id != 0 && digits != 0 {
            self.links.insert((id, digits));
        }
        if !account.is_empty() {
            self.homes.insert((id, digits, self.symbols.of(account)));
        }
    }

    /// Remembers that a business-scoped user id and a phone number are one person.
    pub fn same_person(&mut self, user_id: &str, phone: &str) {
        if user_id.is_empty() || phone.is_empty() || user_id == phone {
            return;
        }
        let known = self.people.entry(user_id.to_string()).or_insert_with(|| phone.to_string());
        if phone < known.as_str() {
            *known = phone.to_string();
        }
    }

    /// Remembers the languages of a template.
    pub fn language(&mut self, template: &str, language: &str) {
        if !language.is_empty() {
            // `en_US` and `en-US` are the same.
            let pair = (self.symbols.of(template), self.symbols.of(&language.replace('-', "_")));
            self.languages.insert(pair);
        }
    }

    /// Holds an event of a message's history, which names neither number nor recipient.
    pub fn history(&mut self, message: &str, time: SimTime, kind: SignalKind) {
        self.histories.entry(message.to_string()).or_default().insert((time, kind as u8));
    }

    /// Holds a volume.
    pub fn volume(&mut self, volume: Volume) {
        self.volumes.insert(volume);
    }

    /// Rows held so far.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Settles everything and hands the rows out in the order of a log: by time, then by the order in which things
    /// happen to a message, then by their texts as they are written: pseudonyms come before the order, which would tell something of the names else.
    pub fn settle<E>(
        mut self,
        naming: Naming<'_>,
        notes: &mut Notes,
        each: &mut dyn FnMut(LogRow) -> Result<(), E>,
    ) -> Result<Settled, E> {
        let numbers = self.numbers(notes);
        self.fill_histories(notes);
        let homes = self.portfolios(&numbers, naming.portfolio, notes);
        let several = self.languages.iter().map(|l| l.0).collect::<Vec<_>>();
        let several = several.windows(2).filter(|w| w[0] == w[1]).map(|w| w[0]).collect::<BTreeSet<_>>();
        notes.remarks_of("a template name in several languages: a log rates by name", several.len() as u64);

        let mut out = Settled::default();
        let mut counter = Counter::new(&self.volumes);
        self.held.sort_by_key(|h| h.time);
        let mut group: Vec<LogRow> = Vec::new();
        let held = std::mem::take(&mut self.held);
        let mut held = held.into_iter().peekable();
        while let Some(h) = held.next() {
            let last = held.peek().is_none_or(|next| next.time != h.time);
            let mut row = self.row(h, &numbers, &homes, naming.portfolio);
            if let Some(key) = naming.key {
                pseudonymise(&mut row, key);
            }
            group.push(row);
            if !last {
                continue;
            }
            group.sort_by(|a, b| (rank(a.event), &a.texts).cmp(&(rank(b.event), &b.texts)));
            let before = group.len();
            group.dedup();
            out.repeated += (before - group.len()) as u64;
            for row in group.drain(..) {
                out.count(&row);
                counter.see(&row);
                each(row)?;
            }
        }
        let known = self.volumes.iter().map(|v| counter.compare(v, &self.symbols_by_digits(&numbers)));
        out.volumes = known.collect();
        Ok(out)
    }

    /// The number of each digits' text that has an id: the least one, by its bytes.
    fn numbers(&self, notes: &mut Notes) -> BTreeMap<Symbol, Symbol> {
        let mut numbers: BTreeMap<Symbol, Symbol> = BTreeMap::new();
        let mut several = BTreeSet::new();
        for &(id, digits) in &self.links {
            let known = numbers.entry(digits).or_insert(id);
            if *known != id {
                several.insert(digits);
                if self.symbols.text(id) < self.symbols.text(*known) {
                    *known = id;
                }
            }
        }
        let several = several.len() as u64;
        notes.remarks_of(
            "a display number with several phone number ids (moved to another account?): its least id stands where \
             only the display number is given",
            several,
        );
        numbers
    }

    fn symbols_by_digits(&self, numbers: &BTreeMap<Symbol, Symbol>) -> BTreeMap<String, String> {
        let text = |s: &Symbol| self.symbols.text(*s).to_string();
        numbers.iter().map(|(digits, id)| (text(digits), text(id))).collect()
    }

    fn number(numbers: &BTreeMap<Symbol, Symbol>, id: Symbol, digits: Symbol) -> Symbol {
        if id != 0 { id } else { *numbers.get(&digits).unwrap_or(&digits) }
    }

    /// The portfolio of each number: the least account it was seen with, by its bytes.
    fn portfolios(
        &self,
        numbers: &BTreeMap<Symbol, Symbol>,
        portfolio: Option<&str>,
        notes: &mut Notes,
    ) -> BTreeMap<Symbol, Symbol> {
        let mut homes: BTreeMap<Symbol, Symbol> = BTreeMap::new();
        let mut several = BTreeSet::new();
        for &(id, digits, account) in &self.homes {
            let number = Self::number(numbers, id, digits);
            let known = homes.entry(number).or_insert(account);
            if *known != account {
                several.insert(number);
                if self.symbols.text(account) < self.symbols.text(*known) {
                    *known = account;
                }
            }
        }
        if portfolio.is_none() {
            notes.remarks_of(
                "a number seen with several accounts: all its rows name the least of them as its portfolio",
                several.len() as u64,
            );
        }
        homes
    }

    /// Makes rows of message histories where another row names the number and the recipient of the message.
    fn fill_histories(&mut self, notes: &mut Notes) {
        if self.histories.is_empty() {
            return;
        }
        let mut known: BTreeMap<&str, (&str, usize)> = BTreeMap::new();
        for (i, h) in self.held.iter().enumerate() {
            let ours = matches!(h.event, Event::Signal(k) if k != SignalKind::MessageReceived);
            if ours && self.histories.contains_key(&*h.message) && !h.recipient.is_empty() {
                let entry = known.entry(&h.message).or_insert((&h.recipient, i));
                let key = |i: usize| {
                    let h = &self.held[i];
                    (&h.recipient, self.symbols.text(h.number_id), self.symbols.text(h.number_digits))
                };
                if key(i) < key(entry.1) {
                    *entry = (&h.recipient, i);
                }
            }
        }
        let (mut rows, mut lost) = (Vec::new(), 0);
        for (message, events) in &self.histories {
            let Some(&(recipient, i)) = known.get(message.as_str()) else {
                lost += events.len() as u64;
                continue;
            };
            for &(time, kind) in events {
                let kind = SignalKind::ALL[usize::from(kind)];
                rows.push(Held {
                    time,
                    event: Event::Signal(kind),
                    about: About::Number,
                    template: 0,
                    category: 0,
                    campaign: 0,
                    reason: 0,
                    value: 0,
                    recipient: recipient.into(),
                    message: message.as_str().into(),
                    number_id: self.held[i].number_id,
                    number_digits: self.held[i].number_digits,
                    account: self.held[i].account,
                });
            }
        }
        notes.remarks_of(
            "an event of a message history left out: no webhook of this import names the message, and the history \
             names neither number nor recipient",
            lost,
        );
        self.held.extend(rows);
    }

    fn row(
        &self,
        h: Held,
        numbers: &BTreeMap<Symbol, Symbol>,
        homes: &BTreeMap<Symbol, Symbol>,
        portfolio: Option<&str>,
    ) -> LogRow {
        let text = |s: Symbol| self.symbols.text(s).to_string();
        let number = Self::number(numbers, h.number_id, h.number_digits);
        let home = match portfolio {
            Some(given) => given.to_string(),
            None if number == 0 => text(h.account),
            None => homes.get(&number).map_or_else(String::new, |s| text(*s)),
        };
        let recipient = self.people.get(&*h.recipient).cloned().unwrap_or_else(|| h.recipient.into());
        let shown = if h.about == About::PortfolioOfNumber { String::new() } else { text(number) };
        LogRow {
            time: h.time,
            event: h.event,
            texts: [
                shown,
                home,
                recipient,
                h.message.into(),
                text(h.template),
                text(h.category),
                text(h.campaign),
                text(h.reason),
                text(h.value),
                String::new(),
                String::new(),
            ],
            cause: None,
        }
    }
}

/// The order of things that the platform stamps with the same second: a person writes before the answer goes out, a
/// message is sent before it arrives, and what the platform reports comes last.
fn rank(event: Event) -> u8 {
    match event {
        Event::Signal(kind) => match kind {
            SignalKind::MessageReceived => 0,
            SignalKind::OptedOut => 1,
            SignalKind::OptedIn => 2,
            SignalKind::MessageSent => 3,
            SignalKind::MessageDelivered => 4,
            SignalKind::MessageRead => 5,
            SignalKind::MessageFailed => 6,
            _ => 7,
        },
        Event::Observed(kind) => 8 + kind as u8,
        Event::Verdict(_) => u8::MAX,
    }
}

impl Settled {
    fn count(&mut self, row: &LogRow) {
        self.rows += 1;
        *self.events.entry(row.event.name()).or_default() += 1;
        let from = self.span.map_or(row.time, |s| s.0);
        self.span = Some((from, row.time));
        if !row.texts[0].is_empty() {
            match self.numbers.get_mut(&row.texts[0]) {
                Some(n) => *n += 1,
                None => _ = self.numbers.insert(row.texts[0].clone(), 1),
            }
        }
        if !row.texts[1].is_empty() && !self.portfolios.contains(&row.texts[1]) {
            self.portfolios.insert(row.texts[1].clone());
        }
    }
}

/// Counts the rows of an import for the numbers and times of the platform's own counts.
#[derive(Default)]
struct Counter {
    wanted: bool,
    /// Per number, the instants of sent and of delivered messages, in order.
    instants: BTreeMap<String, [Vec<SimTime>; 2]>,
}

impl Counter {
    fn new(volumes: &BTreeSet<Volume>) -> Counter {
        Counter { wanted: volumes.iter().any(|v| !v.numbers.is_empty()), ..Counter::default() }
    }

    fn see(&mut self, row: &LogRow) {
        let which = match row.event {
            Event::Signal(SignalKind::MessageSent) => 0,
            Event::Signal(SignalKind::MessageDelivered) => 1,
            _ => return,
        };
        if self.wanted {
            self.instants.entry(row.texts[0].clone()).or_default()[which].push(row.time);
        }
    }

    fn compare(&self, v: &Volume, ids: &BTreeMap<String, String>) -> Compared {
        let between = |which: usize| {
            let of = |number: &String| {
                let number = ids.get(number).unwrap_or(number);
                let Some(times) = self.instants.get(number) else { return 0 };
                let times = &times[which];
                (times.partition_point(|t| *t < v.to) - times.partition_point(|t| *t < v.from)) as u64
            };
            (!v.numbers.is_empty() && v.from <= v.to).then(|| v.numbers.iter().map(of).sum())
        };
        Compared { volume: v.clone(), sent: between(0), delivered: between(1) }
    }
}
