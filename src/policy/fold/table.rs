//! Records found by their keys: they lie in the order in which they came, and a flat array of small slots, looked
//! through from the place that the key gives, tells where.
//!
//! Rows that belong together come one soon after the other, so their records are near each other and mostly near in
//! memory. Nothing is ever taken out singly: what is no longer wanted goes when room is needed. Must not know what
//! records mean.

use crate::policy::fold::key::Key;

/// A record that bears its key.
pub(super) trait Record: Copy {
    fn key(&self) -> Key;
    fn of(key: Key) -> Self;
}

/// Records by key, in order of arrival.
#[derive(Clone, Debug)]
pub(super) struct Table<R> {
    records: Vec<R>,
    /// Where each record is, at the place its key gives or soon after it: 0 if free, else half of the key's second
    /// word and, below it, one more than the place in `records`. Most searches end here, in one line of a
    /// processor's cache, whether or not there is such a record.
    slots: Vec<u64>,
    /// So many records before what is not wanted goes.
    room: usize,
}

impl<R> Default for Table<R> {
    fn default() -> Table<R> {
        Table { records: Vec::new(), slots: Vec::new(), room: 0 }
    }
}

/// Where a record was at some time: a place to look at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Near(u32);

impl Near {
    /// No such place.
    pub const NOWHERE: Near = Near(u32::MAX);
}

/// Room there is at the least.
const LEAST: usize = 16;

/// What is the same in the slot of every record with this key.
#[inline]
fn tag(key: Key) -> u64 {
    key.second() & !u64::from(u32::MAX)
}

impl<R: Record> Table<R> {
    /// Where a record is. Holds until something is added.
    #[inline]
    pub fn find(&self, key: Key) -> Option<usize> {
        if self.slots.is_empty() {
            return None;
        }
        let mut i = key.place(self.slots.len());
        let tag = tag(key);
        loop {
            let slot = self.slots[i];
            if slot == 0 {
                return None;
            }
            // Half of the slots' word equal, by chance one in four thousand million.
            if (slot ^ tag) >> 32 == 0 {
                let place = slot as u32 as usize - 1;
                if self.records[place].key() == key {
                    return Some(place);
                }
            }
            i += 1;
            if i == self.slots.len() {
                i = 0;
            }
        }
    }

    /// Where a record is, looked for first where it may be. Holds until something is added.
    #[inline]
    pub fn find_near(&self, key: Key, near: Near) -> Option<usize> {
        match self.records.get(near.0 as usize) {
            Some(record) if record.key() == key => Some(near.0 as usize),
            _ => self.find(key),
        }
    }

    /// Where a record is, to be remembered beyond the next addition.
    #[inline]
    pub fn near(&self, key: Key) -> Near {
        self.find(key).map_or(Near::NOWHERE, |place| Near(place as u32))
    }

    /// The record that is where another once was, if there is any.
    #[inline]
    pub fn at_near(&self, near: Near) -> Option<&R> {
        self.records.get(near.0 as usize)
    }

    /// Brings near the slots where the search for these keys begins. Does nothing but load, so that a processor has
    /// many loads under way at a time.
    pub fn fetch_slots(&self, keys: impl Iterator<Item = Key>) {
        if !self.slots.is_empty() {
            std::hint::black_box(keys.fold(0, |all, key| all ^ self.slots[key.place(self.slots.len())]));
        }
    }

    /// Where a record is, made if new. `wanted` tells which records have to stay, should room be needed.
    #[inline]
    pub fn find_or_add(&mut self, key: Key, wanted: impl Fn(&R) -> bool) -> usize {
        match self.find(key) {
            Some(place) => place,
            None => self.add(key, wanted),
        }
    }

    /// Makes a record that there is none of, and tells where. `wanted` as above.
    pub fn add(&mut self, key: Key, wanted: impl Fn(&R) -> bool) -> usize {
        if self.records.len() == self.room {
            self.sweep(|r| wanted(r).then_some(*r));
        }
        let place = self.records.len();
        self.records.push(R::of(key));
        self.enter(key, place);
        place
    }

    /// Keeps what `keep` makes of each record, and makes room for half as many again.
    pub fn sweep(&mut self, keep: impl Fn(&R) -> Option<R>) {
        let mut kept = 0;
        for i in 0..self.records.len() {
            if let Some(record) = keep(&self.records[i]) {
                self.records[kept] = record;
                kept += 1;
            }
        }
        self.records.truncate(kept);
        self.room = (kept + kept / 2).max(LEAST);
        assert!(self.room < u32::MAX as usize, "fewer than four thousand million records");
        // What the records took before may be far more or less.
        self.records.shrink_to(self.room);
        self.records.reserve_exact(self.room - kept);
        // Six tenths full at most, four on the average: runs of taken slots stay short.
        let slots = self.room.saturating_mul(10).div_ceil(6);
        self.slots.clear();
        self.slots.shrink_to(slots);
        self.slots.resize(slots, 0);
        for place in 0..kept {
            self.enter(self.records[place].key(), place);
        }
    }

    fn enter(&mut self, key: Key, place: usize) {
        let mut i = key.place(self.slots.len());
        while self.slots[i] != 0 {
            i += 1;
            if i == self.slots.len() {
                i = 0;
            }
        }
        self.slots[i] = tag(key) | (place as u64 + 1);
    }

    /// The record at a place that was found.
    #[inline]
    pub fn at(&self, place: usize) -> &R {
        &self.records[place]
    }

    /// The record at a place that was found.
    #[inline]
    pub fn at_mut(&mut self, place: usize) -> &mut R {
        &mut self.records[place]
    }

    /// Records held, wanted or not, and room for them.
    pub fn size(&self) -> (usize, usize) {
        (self.records.len(), self.room)
    }

    /// Bytes that records and slots take.
    pub fn bytes(&self) -> usize {
        self.records.capacity() * size_of::<R>() + self.slots.capacity() * size_of::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, Default, PartialEq)]
    struct Aged {
        key: Key,
        age: u32,
    }

    impl Record for Aged {
        fn key(&self) -> Key {
            self.key
        }

        fn of(key: Key) -> Aged {
            Aged { key, age: 0 }
        }
    }

    #[test]
    fn what_was_put_is_found_and_what_is_old_makes_room() {
        let mut table: Table<Aged> = Table::default();
        assert_eq!(table.find(Key::root(1)), None);
        for round in 1..40 {
            for i in 0..100 {
                let key = Key::root(round * 1000 + i);
                let place = table.find_or_add(key, |r| r.age as usize >= round - 1);
                assert_eq!(table.at(place).age, 0, "new");
                table.at_mut(place).age = round as u32;
                assert_eq!(table.find_or_add(key, |_| true), place);
            }
            // The present round and the one before are all there.
            for i in 0..100 {
                for r in [round - 1, round] {
                    let found = table.find(Key::root(r * 1000 + i)).map(|p| table.at(p).age);
                    assert_eq!(found, (r > 0).then_some(r as u32));
                }
            }
        }
        assert!(table.size().1 < 1000, "two rounds of a hundred in {:?}", table.size());
        table.sweep(|r| (r.age == 39).then_some(Aged { age: 7, ..*r }));
        assert_eq!(table.size().0, 100);
        let place = table.find(Key::root(39_042)).unwrap();
        assert_eq!(table.at(place).age, 7);
    }
}
