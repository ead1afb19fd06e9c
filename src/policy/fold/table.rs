//! Records found by their keys: one flat array, looked through from the place that the key gives.
//!
//! Nothing is ever taken out singly: what is no longer wanted goes when room is needed. Must not know what records
//! mean.

use crate::policy::fold::key::Key;

/// A record that bears its key. The default record bears none.
pub(super) trait Record: Copy + Default {
    fn key(&self) -> Key;
    fn of(key: Key) -> Self;
}

/// Records by key.
#[derive(Clone, Debug, Default)]
pub(super) struct Table<R> {
    /// Those without a key are free.
    records: Vec<R>,
    used: usize,
}

/// Room there is at the least.
const LEAST: usize = 16;

impl<R: Record> Table<R> {
    /// Where a record is. Holds until something is added.
    #[inline]
    pub fn find(&self, key: Key) -> Option<usize> {
        if self.records.is_empty() {
            return None;
        }
        let mut i = key.place(self.records.len());
        loop {
            let found = self.records[i].key();
            if found == key {
                return Some(i);
            }
            if found.is_none() {
                return None;
            }
            i += 1;
            if i == self.records.len() {
                i = 0;
            }
        }
    }

    /// Where a record is, made if new. `wanted` tells which records have to stay, should room be needed.
    #[inline]
    pub fn find_or_add(&mut self, key: Key, wanted: impl Fn(&R) -> bool) -> usize {
        match self.find(key) {
            Some(i) => i,
            None => self.add(key, wanted),
        }
    }

    fn add(&mut self, key: Key, wanted: impl Fn(&R) -> bool) -> usize {
        // Seven tenths full: runs of taken places are still short.
        if (self.used + 1) * 10 > self.records.len() * 7 {
            self.sweep(|r| wanted(r).then_some(*r));
        }
        self.put(R::of(key))
    }

    /// Keeps what `keep` makes of each record, and makes room: 45 of 100 places are taken afterwards.
    pub fn sweep(&mut self, keep: impl Fn(&R) -> Option<R>) {
        let kept = |r: &R| if r.key().is_none() { None } else { keep(r) };
        let wanted = self.records.iter().filter(|r| kept(r).is_some()).count();
        let room = (wanted + 1).saturating_mul(100).div_ceil(45).max(LEAST);
        let old = std::mem::replace(&mut self.records, vec![R::default(); room]);
        self.used = 0;
        for r in old.iter().filter_map(kept) {
            self.put(r);
        }
    }

    fn put(&mut self, record: R) -> usize {
        let mut i = record.key().place(self.records.len());
        while !self.records[i].key().is_none() {
            i += 1;
            if i == self.records.len() {
                i = 0;
            }
        }
        self.records[i] = record;
        self.used += 1;
        i
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
        (self.used, self.records.len())
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
