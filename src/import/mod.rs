//! Foreign payloads to log rows: what the platform posted to a webhook or answered to a question, as rows of the log
//! of this project, and notes on everything that gave none.
//!
//! Pure: bytes in, rows out. Knows the platform's shapes and the nouns of the field. Must not know files, formats of
//! our own log, rules, or what the rows are for. No payload ever says who blocked or reported a number, so no row of
//! that kind can come out of here.
//!
//! What is recognised and what each thing becomes is `docs/webhooks.md`.

mod account;
mod body;
mod collected;
mod fields;
mod frames;
mod graph;
pub mod hold;
pub mod mapping;
mod messages;
mod notes;
pub mod optout;
pub mod pseudonym;
mod statuses;
#[cfg(test)]
mod tests;

use std::io::{self, Read};

use serde_json::Value;

use crate::messaging::record::{Event, LogRow};
use crate::sim::SimTime;

use collected::{Collected, Draft, Naming};
pub use collected::{Compared, Settled, Volume};
pub use frames::{BODY_MAX, DEPTH_MAX, Damage, Place};
use frames::{Frame, Frames};
use hold::{Held, Hold};
pub use notes::Notes;

/// Bytes of one text in a row; longer ones are damage.
const TEXT_MAX: usize = 1024;

/// Choices of an import.
#[derive(Clone, Debug)]
pub struct Options {
    /// Replies that withdraw or give consent.
    pub words: optout::Words,
    /// Take the sender's own tag on a message (`biz_opaque_callback_data`) as the campaign.
    pub campaign_from_callback_data: bool,
    /// When answers were asked for that carry no time of their own.
    pub at: Option<SimTime>,
    /// The portfolio of everything, instead of the accounts that the payloads name.
    pub portfolio: Option<String>,
    /// The number of payloads that name none.
    pub number: Option<String>,
    /// Replaces people and message ids by pseudonyms.
    pub key: Option<pseudonym::Key>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            words: optout::Words::shipped(),
            campaign_from_callback_data: false,
            at: None,
            portfolio: None,
            number: None,
            key: None,
        }
    }
}

/// How much was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    /// Documents that read.
    pub documents: u64,
    /// Webhook bodies in them, and answers to questions.
    pub bodies: u64,
    /// Pieces of damage, rows that could not be made included.
    pub rejected: u64,
}

/// Takes payloads in any order and gives rows in the order of a log. `H` holds the rows.
pub struct Importer<H: Hold = Held> {
    options: Options,
    notes: Notes,
    collected: Collected<H>,
    counts: Amounts,
    /// Damage of the present document.
    damage: Vec<Damage>,
    place: Place,
}

/// Everything an import gives beside its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How much was read.
    pub read: Amounts,
    /// What the rows are.
    pub settled: Settled,
    /// What gave no row.
    pub notes: Notes,
}

/// Why a text can't be read on.
#[derive(Debug)]
pub enum ReadError<H> {
    /// It could not be read.
    Io(io::Error),
    /// Its rows could not be held.
    Hold(H),
}

impl<H> From<io::Error> for ReadError<H> {
    fn from(e: io::Error) -> ReadError<H> {
        ReadError::Io(e)
    }
}

impl Importer {
    /// An import with these choices that holds its rows in memory.
    pub fn new(options: Options) -> Importer {
        Importer::with(options, Held::default())
    }
}

impl<H: Hold> Importer<H> {
    /// An import with these choices; `held` holds the rows.
    pub fn with(options: Options, held: H) -> Importer<H> {
        Importer {
            options,
            notes: Notes::default(),
            collected: Collected::new(held),
            counts: Amounts::default(),
            damage: Vec::new(),
            place: Place { line: 1, column: 1 },
        }
    }

    /// Reads a text to its end. `reject` is told of each piece of damage and says whether to go on; false if it
    /// said no.
    pub fn read(
        &mut self,
        input: impl Read,
        reject: &mut dyn FnMut(Damage) -> bool,
    ) -> Result<bool, ReadError<H::Error>> {
        let mut frames = Frames::new(input);
        while let Some(frame) = frames.next_frame()? {
            match frame {
                Frame::Remark(sentence) => self.notes.remark(sentence),
                Frame::Damage(damage) => self.damage.push(damage),
                Frame::Document(place, value) => {
                    self.place = place;
                    self.counts.documents += 1;
                    self.document(&value);
                    if let Some(failure) = self.collected.failure() {
                        return Err(ReadError::Hold(failure));
                    }
                }
            }
            for damage in std::mem::take(&mut self.damage) {
                self.counts.rejected += 1;
                if !reject(damage) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Rows held so far.
    pub fn held(&self) -> u64 {
        self.collected.len()
    }

    /// Ends the import: hands its rows out, in order and without repetitions.
    pub fn finish<E: From<H::Error>>(
        self,
        each: &mut dyn FnMut(LogRow) -> Result<(), E>,
    ) -> Result<Outcome, E> {
        let mut notes = self.notes;
        let naming = Naming { portfolio: self.options.portfolio.as_deref(), key: self.options.key.as_ref() };
        let settled = self.collected.settle(naming, &mut notes, each)?;
        Ok(Outcome { read: self.counts, settled, notes })
    }

    /// Says that a part of the present document gives no row because something is missing or wrong.
    fn refuse(&mut self, reason: impl Into<String>, part: &serde_json::Map<String, Value>) {
        let mut text = serde_json::to_string(part).unwrap_or_default();
        if text.len() > 64 * 1024 {
            let cut = (0..=64 * 1024).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
            text.truncate(cut);
        }
        self.damage.push(Damage { place: self.place, reason: reason.into(), text });
    }

    /// Holds a row, unless a text of it is too long to be one.
    fn add(&mut self, time: SimTime, event: Event, draft: &Draft<'_>, part: &serde_json::Map<String, Value>) {
        let number = self.options.number.clone().unwrap_or_default();
        let mut draft = draft.clone();
        if draft.number_id.is_empty() && draft.number_digits.is_empty() && matches!(event, Event::Signal(_)) {
            draft.number_id = &number;
        }
        for (name, text) in [
            ("phone_number_id", draft.number_id),
            ("account", draft.account),
            ("recipient", draft.recipient),
            ("message id", draft.message),
            ("template", draft.template),
            ("campaign", draft.campaign),
        ] {
            if text.len() > TEXT_MAX {
                let reason = format!("{name} of {} bytes (allowed: {TEXT_MAX})", text.len());
                return self.refuse(reason, part);
            }
        }
        if matches!(event, Event::Signal(_)) {
            if draft.number_id.is_empty() && draft.number_digits.is_empty() {
                return self.refuse(
                    "no business number: metadata.phone_number_id is missing (--number names one for such bodies)",
                    part,
                );
            }
            if draft.recipient.is_empty() {
                return self.refuse("no person: neither a phone number nor a user id", part);
            }
        }
        self.collected.hold(time, event, &draft);
    }
}

/// Reads any bytes whatever and checks what must hold for all of them: the body of the fuzz target, and of the test
/// that stands for it.
///
/// # Panics
/// If an invariant is broken.
pub fn survive(bytes: &[u8]) {
    let run = |copies: usize| {
        let mut importer =
            Importer::new(Options { at: Some(SimTime(1_700_000_000_000)), ..Options::default() });
        for _ in 0..copies {
            let whole = importer.read(bytes, &mut |d| {
                assert!(d.place.line >= 1 && d.place.column >= 1 && !d.reason.is_empty());
                true
            });
            assert!(whole.expect("a slice is always readable"));
        }
        let mut rows = Vec::new();
        let outcome = importer.finish::<std::convert::Infallible>(&mut |row| {
            rows.push(row);
            Ok(())
        });
        let Ok(outcome) = outcome;
        assert_eq!(outcome.settled.rows, rows.len() as u64);
        rows
    };
    let once = run(1);
    for row in &once {
        assert!(row.texts.iter().all(|t| t.len() <= TEXT_MAX), "{row:?}");
        if let Some(signal) = row.signal() {
            assert!(!signal.number.is_empty() && !signal.recipient.is_empty(), "{row:?}");
        }
    }
    assert!(once.windows(2).all(|w| w[0].time <= w[1].time && w[0] != w[1]), "in order, none twice");
    assert_eq!(run(2), once, "twice the same is the same");
}
