//! Where the rows of an import wait until all are known: what is needed of such a place, and one in memory.
//!
//! Knows rows only. Must not know files: whoever has more rows than memory hands in another place.

use std::convert::Infallible;

use crate::messaging::record::{Columns, Event, LogRow, TEXTS};
use crate::sim::SimTime;

/// Takes rows in any order and hands them out by time; those of one instant in the order in which they came.
pub trait Hold: Sized {
    /// What can go wrong with it.
    type Error;

    /// Holds a row. Texts of more than 65,535 bytes may be cut; rows with such are refused before.
    fn push(&mut self, row: &Columns<'_>) -> Result<(), Self::Error>;

    /// Hands the rows out.
    fn each<E: From<Self::Error>>(self, each: &mut dyn FnMut(&Columns<'_>) -> Result<(), E>)
    -> Result<(), E>;

    /// Another, empty, of the same kind.
    fn another(&self) -> Self;
}

/// Bytes of a chunk: memory grows by so much, and what is held never moves.
const CHUNK: usize = 4 << 20;

struct Entry {
    time: SimTime,
    /// Chunk, and offset in it: both grow with the order of the rows.
    at: (u32, u32),
    event: Event,
}

/// Rows held in memory, about 100 bytes each.
#[derive(Default)]
pub struct Held {
    index: Vec<Entry>,
    chunks: Vec<Vec<u8>>,
}

impl Hold for Held {
    type Error = Infallible;

    fn push(&mut self, row: &Columns<'_>) -> Result<(), Infallible> {
        let need: usize = row.texts.iter().filter(|t| !t.is_empty()).map(|t| t.len() + 3).sum::<usize>() + 1;
        if self.chunks.last().is_none_or(|c| c.len() + need > c.capacity()) {
            self.chunks.push(Vec::with_capacity(CHUNK.max(need)));
        }
        let chunk = self.chunks.len() - 1;
        let bytes = &mut self.chunks[chunk];
        self.index.push(Entry { time: row.time, at: (chunk as u32, bytes.len() as u32), event: row.event });
        for (i, text) in row.texts.iter().enumerate().filter(|(_, t)| !t.is_empty()) {
            let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
            bytes.push(i as u8);
            bytes.extend(length.to_le_bytes());
            bytes.extend(&text.as_bytes()[..usize::from(length)]);
        }
        bytes.push(u8::MAX);
        Ok(())
    }

    fn each<E: From<Infallible>>(
        mut self,
        each: &mut dyn FnMut(&Columns<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.index.sort_unstable_by_key(|e| (e.time, e.at));
        for entry in &self.index {
            each(&self.row(entry).columns())?;
        }
        Ok(())
    }

    fn another(&self) -> Held {
        Held::default()
    }
}

impl Held {
    fn row(&self, entry: &Entry) -> LogRow {
        let mut texts: [String; TEXTS] = Default::default();
        let mut bytes = &self.chunks[entry.at.0 as usize][entry.at.1 as usize..];
        while let [i, a, b, rest @ ..] = bytes
            && *i != u8::MAX
        {
            let (text, rest) = rest.split_at(usize::from(u16::from_le_bytes([*a, *b])));
            texts[usize::from(*i)] = String::from_utf8_lossy(text).into_owned();
            bytes = rest;
        }
        LogRow { time: entry.time, event: entry.event, texts, cause: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messaging::SignalKind;

    #[test]
    fn rows_come_back_by_time_and_as_they_were() {
        let mut held = Held::default();
        let mut wanted = Vec::new();
        for i in 0..60_000_i64 {
            let mut texts: [String; TEXTS] = Default::default();
            texts[0] = "n".into();
            texts[2] = format!("p{i}");
            texts[8] = "x".repeat((i % 300) as usize);
            let event = Event::Signal(SignalKind::ALL[(i % 3) as usize]);
            let row = LogRow { time: SimTime((i * 7919) % 1000), event, texts, cause: None };
            let Ok(()) = held.push(&row.columns());
            wanted.push(row);
        }
        assert!(held.chunks.len() > 1);
        wanted.sort_by_key(|r| r.time);
        let mut found = Vec::new();
        let Ok(()) = held.each::<Infallible>(&mut |row| {
            found.push(row.to_row());
            Ok(())
        });
        assert!(found == wanted);
    }
}
