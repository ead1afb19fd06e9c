//! The rows of an import before they are whole, and how they become so at the end.
//!
//! A number is named by its id in one payload and by its digits in the next, its account may be told only elsewhere,
//! and files come in any order: so rows are held with what their payload said, and number, portfolio and person are
//! settled once everything has been seen. What comes out is sorted and free of repetitions, and does not depend on
//! the order or the number of times in which files were read.
//!
//! Only the times decide the order in the large, so rows wait wherever they are sorted by time, in memory or on disk;
//! those of one instant are settled and ordered together. What stays in memory is what numbers, people known by two
//! names, templates and message histories are told of.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::import::hold::Hold;
use crate::import::notes::Notes;
use crate::import::pseudonym::{Key, pseudonymise};
use crate::messaging::SignalKind;
use crate::messaging::record::{Columns, Event, LogRow, TEXTS};
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

/// The rows of an import, held. A row waits as columns, with what its payload said of the number in three of them:
/// its id under `number`, its digits under `from`, its account under `portfolio`; `rule` says what it is about.
pub struct Collected<H: Hold> {
    held: H,
    rows: u64,
    /// Why a row could not be held.
    failure: Option<H::Error>,
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

/// Under `rule` of a held row that is about the portfolio of the number it names.
const OF_PORTFOLIO: &str = "portfolio";
/// Places among the texts of a held row.
const DIGITS: usize = 9;
const ABOUT: usize = 10;

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

impl<H: Hold> Collected<H> {
    /// Nothing yet; rows will be held here.
    pub fn new(held: H) -> Collected<H> {
        let mut symbols = Symbols { numbers: FxHashMap::default(), texts: Vec::new() };
        symbols.of("");
        Collected {
            held,
            rows: 0,
            failure: None,
            symbols,
            links: BTreeSet::new(),
            homes: BTreeSet::new(),
            people: BTreeMap::new(),
            histories: BTreeMap::new(),
            languages: BTreeSet::new(),
            volumes: BTreeSet::new(),
        }
    }

    /// Holds a row.
    pub fn hold(&mut self, time: SimTime, event: Event, d: &Draft<'_>) {
        self.link(d.number_id, d.number_digits, d.account);
        let about = match d.about {
            About::Number => "",
            About::PortfolioOfNumber => OF_PORTFOLIO,
        };
        let texts = [
            d.number_id,
            d.account,
            d.recipient,
            d.message,
            d.template,
            d.category,
            d.campaign,
            d.reason,
            d.value,
            d.number_digits,
            about,
        ];
        self.rows += 1;
        if let Err(e) = self.held.push(&Columns { time, event, texts, cause: None }) {
            self.failure.get_or_insert(e);
        }
    }

    /// Why a row could not be held; what comes after it is lost.
    pub fn failure(&mut self) -> Option<H::Error> {
        self.failure.take()
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
    pub fn len(&self) -> u64 {
        self.rows
    }

    /// Settles everything and hands the rows out in the order of a log: by time, then by the order in which things
    /// happen to a message, then by their texts as they are written: pseudonyms come before the order, which would tell something of the names else.
    pub fn settle<E: From<H::Error>>(
        mut self,
        naming: Naming<'_>,
        notes: &mut Notes,
        each: &mut dyn FnMut(LogRow) -> Result<(), E>,
    ) -> Result<Settled, E> {
        let names = self.names(notes);
        let homes = self.portfolios(&names, naming.portfolio, notes);
        let several = self.languages.iter().map(|l| l.0).collect::<Vec<_>>();
        let several = several.windows(2).filter(|w| w[0] == w[1]).map(|w| w[0]).collect::<BTreeSet<_>>();
        let several = several.len() as u64;
        let mut held = self.held;
        if !self.histories.is_empty() {
            held = fill_histories::<H, E>(held, std::mem::take(&mut self.histories), notes)?;
        }
        notes.remarks_of("a template name in several languages: a log rates by name", several);

        let mut out = Settled::default();
        let mut counter = Counter::new(&self.volumes, &names);
        let settling =
            Settling { names: &names, homes: &homes, portfolio: naming.portfolio, people: &self.people };
        let mut group: Vec<LogRow> = Vec::new();
        held.each::<E>(&mut |held| {
            if group.first().is_some_and(|first| first.time != held.time) {
                out.hand_out(&mut group, &mut counter, each)?;
            }
            let mut row = settling.row(held);
            if let Some(key) = naming.key {
                pseudonymise(&mut row, key);
            }
            group.push(row);
            Ok(())
        })?;
        out.hand_out(&mut group, &mut counter, each)?;
        out.volumes = counter.compared(self.volumes);
        Ok(out)
    }

    /// The id of the number of each display number that has one: the least one, by its bytes.
    fn names(&self, notes: &mut Notes) -> BTreeMap<String, String> {
        let text = |s: Symbol| self.symbols.text(s);
        let mut ids: BTreeMap<String, String> = BTreeMap::new();
        let mut several = BTreeSet::new();
        for &(id, digits) in &self.links {
            let known = ids.entry(text(digits).to_string()).or_insert_with(|| text(id).to_string());
            if known != text(id) {
                several.insert(digits);
                if text(id) < known.as_str() {
                    *known = text(id).to_string();
                }
            }
        }
        notes.remarks_of(
            "a display number with several phone number ids (moved to another account?): its least id stands where \
             only the display number is given",
            several.len() as u64,
        );
        ids
    }

    /// The portfolio of each number: the least account it was seen with, by its bytes.
    fn portfolios(
        &self,
        names: &BTreeMap<String, String>,
        portfolio: Option<&str>,
        notes: &mut Notes,
    ) -> BTreeMap<String, String> {
        let text = |s: Symbol| self.symbols.text(s);
        let mut homes: BTreeMap<String, String> = BTreeMap::new();
        let mut several = BTreeSet::new();
        for &(id, digits, account) in &self.homes {
            let (number, account) = (number_of(names, text(id), text(digits)), text(account));
            let known = homes.entry(number.to_string()).or_insert_with(|| account.to_string());
            if known != account {
                several.insert(number);
                if account < known.as_str() {
                    *known = account.to_string();
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
}

/// The number's id, told or by its digits; the digits themselves where no id is known.
fn number_of<'n>(names: &'n BTreeMap<String, String>, id: &'n str, digits: &'n str) -> &'n str {
    match id {
        "" => names.get(digits).map_or(digits, String::as_str),
        id => id,
    }
}

/// Makes rows of message histories where another row names the number and the recipient of the message: of several
/// the one that names the least, by bytes.
fn fill_histories<H: Hold, E: From<H::Error>>(
    held: H,
    histories: BTreeMap<String, BTreeSet<(SimTime, u8)>>,
    notes: &mut Notes,
) -> Result<H, E> {
    let mut filled = held.another();
    // Recipient, number's id, its digits, its account.
    let mut known: BTreeMap<&str, [String; 4]> = BTreeMap::new();
    held.each::<E>(&mut |row| {
        let [id, account, recipient, message, ..] = row.texts;
        let ours = matches!(row.event, Event::Signal(k) if k != SignalKind::MessageReceived);
        if ours
            && !recipient.is_empty()
            && let Some((message, _)) = histories.get_key_value(message)
        {
            let named = [recipient, id, row.texts[DIGITS], account];
            let least = known.get(message.as_str()).is_none_or(|k| named.map(str::to_string) < *k);
            if least {
                known.insert(message, named.map(str::to_string));
            }
        }
        Ok(filled.push(row)?)
    })?;
    let mut lost = 0;
    for (message, events) in &histories {
        let Some([recipient, id, digits, account]) = known.get(message.as_str()) else {
            lost += events.len() as u64;
            continue;
        };
        let mut texts = [""; TEXTS];
        [texts[0], texts[1], texts[2], texts[3], texts[DIGITS]] = [id, account, recipient, message, digits];
        for &(time, kind) in events {
            let event = Event::Signal(SignalKind::ALL[usize::from(kind)]);
            filled.push(&Columns { time, event, texts, cause: None })?;
        }
    }
    notes.remarks_of(
        "an event of a message history left out: no webhook of this import names the message, and the history \
         names neither number nor recipient",
        lost,
    );
    Ok(filled)
}

/// What turns held rows into rows of a log.
struct Settling<'a> {
    names: &'a BTreeMap<String, String>,
    homes: &'a BTreeMap<String, String>,
    portfolio: Option<&'a str>,
    people: &'a BTreeMap<String, String>,
}

impl Settling<'_> {
    fn row(&self, held: &Columns<'_>) -> LogRow {
        let [id, account, recipient, ..] = held.texts;
        let number = number_of(self.names, id, held.texts[DIGITS]);
        let home = match self.portfolio {
            Some(given) => given,
            None if number.is_empty() => account,
            None => self.homes.get(number).map_or("", String::as_str),
        };
        let recipient = self.people.get(recipient).map_or(recipient, String::as_str);
        let shown = if held.texts[ABOUT] == OF_PORTFOLIO { "" } else { number };
        let mut texts = held.texts;
        [texts[0], texts[1], texts[2], texts[DIGITS], texts[ABOUT]] = [shown, home, recipient, "", ""];
        Columns { texts, ..*held }.to_row()
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
    /// Orders the rows of one instant, leaves repetitions out, and hands the rest on.
    fn hand_out<E>(
        &mut self,
        group: &mut Vec<LogRow>,
        counter: &mut Counter,
        each: &mut dyn FnMut(LogRow) -> Result<(), E>,
    ) -> Result<(), E> {
        group.sort_by(|a, b| (rank(a.event), &a.texts).cmp(&(rank(b.event), &b.texts)));
        let before = group.len();
        group.dedup();
        self.repeated += (before - group.len()) as u64;
        for row in group.drain(..) {
            self.count(&row);
            counter.see(&row);
            each(row)?;
        }
        Ok(())
    }

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

/// Counts the rows of an import for the numbers and times of the platform's own counts. Rows come by time, so that
/// what was counted up to each border of a span is enough.
struct Counter {
    /// Per number that some count is about.
    numbers: BTreeMap<String, Counted>,
    /// Of the counts' numbers, those that are called otherwise in rows.
    names: BTreeMap<String, String>,
}

#[derive(Default)]
struct Counted {
    /// Sent and delivered so far.
    so_far: [u64; 2],
    /// The same before each border, in order; those not reached yet are missing.
    before: Vec<[u64; 2]>,
    borders: Vec<SimTime>,
}

impl Counted {
    /// Comes to an instant: borders up to it have been passed.
    fn reach(&mut self, time: SimTime) {
        while self.borders.get(self.before.len()).is_some_and(|b| *b <= time) {
            self.before.push(self.so_far);
        }
    }

    /// Sent and delivered before a border.
    fn up_to(&self, border: SimTime) -> [u64; 2] {
        let at = self.borders.binary_search(&border).expect("every border is known");
        self.before.get(at).copied().unwrap_or(self.so_far)
    }
}

impl Counter {
    fn new(volumes: &BTreeSet<Volume>, names: &BTreeMap<String, String>) -> Counter {
        let mut counter = Counter { numbers: BTreeMap::new(), names: BTreeMap::new() };
        for v in volumes {
            for number in &v.numbers {
                let name = names.get(number).unwrap_or(number).clone();
                counter.numbers.entry(name.clone()).or_default().borders.extend([v.from, v.to]);
                counter.names.insert(number.clone(), name);
            }
        }
        for counted in counter.numbers.values_mut() {
            counted.borders.sort();
            counted.borders.dedup();
        }
        counter
    }

    fn see(&mut self, row: &LogRow) {
        let which = match row.event {
            Event::Signal(SignalKind::MessageSent) => 0,
            Event::Signal(SignalKind::MessageDelivered) => 1,
            _ => return,
        };
        if let Some(counted) = self.numbers.get_mut(&row.texts[0]) {
            counted.reach(row.time);
            counted.so_far[which] += 1;
        }
    }

    fn compared(&self, volumes: BTreeSet<Volume>) -> Vec<Compared> {
        let one = |volume: Volume| {
            let between = |which: usize| {
                let of = |number: &String| {
                    let counted = &self.numbers[&self.names[number]];
                    counted.up_to(volume.to)[which] - counted.up_to(volume.from)[which]
                };
                let known = !volume.numbers.is_empty() && volume.from <= volume.to;
                known.then(|| volume.numbers.iter().map(of).sum())
            };
            let (sent, delivered) = (between(0), between(1));
            Compared { volume, sent, delivered }
        };
        volumes.into_iter().map(one).collect()
    }
}
