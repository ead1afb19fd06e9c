//! Short names for long ones: a text becomes 128 bits, and the text itself is not kept.
//!
//! Must not know what is named.

/// 128 bits that stand for a text, or for a text that belongs to something that has a key already.
///
/// Two texts get the same key by chance only: among n of them with a probability of the order of n² / 2^129, which
/// for a thousand million is 10^-21. Nobody can gain by forging a collision: it would spoil the forger's own log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Key {
    a: u64,
    b: u64,
}

// Digits of the square roots of 2, 3, 5, 7: odd, and no simple pattern of bits.
const ROOTS: [u64; 4] =
    [0x6a09_e667_f3bc_c909, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1];

/// Both halves of the product of two words, laid over each other: every bit of either moves about half of the result.
#[inline]
fn mix(x: u64, y: u64) -> u64 {
    let product = u128::from(x) * u128::from(y);
    product as u64 ^ (product >> 64) as u64
}

#[inline]
fn word(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().expect("eight of them"))
}

#[inline]
fn half(bytes: &[u8]) -> u64 {
    u64::from(u32::from_le_bytes(bytes.try_into().expect("four of them")))
}

impl Key {
    /// The key of the first of things that have none: a small number.
    #[inline]
    pub fn root(n: usize) -> Key {
        Key { a: mix(n as u64 ^ ROOTS[0], ROOTS[1]), b: mix(n as u64 ^ ROOTS[2], ROOTS[3]) }
    }

    /// The key of a person by their name.
    #[inline]
    pub fn of_recipient(name: &str) -> Key {
        Key::root(usize::MAX).of(name)
    }

    /// The key of a text that belongs to this.
    #[inline]
    pub fn of(self, text: &str) -> Key {
        let bytes = text.as_bytes();
        let Key { mut a, mut b } = self;
        let mut step = |x: u64, y: u64| {
            // The lanes take the words crosswise, so that what cancels out in one does not in the other.
            a = mix(a ^ x ^ ROOTS[0], y ^ ROOTS[1]);
            b = mix(b ^ y ^ ROOTS[2], x ^ ROOTS[3]);
        };
        // Words may overlap: with the length, which is mixed in below, they still tell all texts apart.
        match bytes {
            [_, _, _, _, _, _, _, _, ..] => {
                let mut rest = bytes;
                while let Some((first, more)) =
                    rest.split_first_chunk::<16>().filter(|(_, more)| !more.is_empty())
                {
                    step(word(&first[..8]), word(&first[8..]));
                    rest = more;
                }
                match bytes.last_chunk::<16>() {
                    Some(last) => step(word(&last[..8]), word(&last[8..])),
                    None => step(word(&bytes[..8]), word(&bytes[bytes.len() - 8..])),
                }
            }
            [_, _, _, _, ..] => step(half(&bytes[..4]), half(&bytes[bytes.len() - 4..])),
            _ => step(bytes.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)), 0),
        }
        let len = bytes.len() as u64;
        let (a, b) =
            (mix(a ^ ROOTS[2], b ^ ROOTS[1] ^ len), mix(b ^ ROOTS[0], a.rotate_left(32) ^ ROOTS[3] ^ len));
        Key { a, b }
    }

    /// The key of one of numbered things that belong to something that has this key.
    #[inline]
    pub fn number(self, n: usize) -> Key {
        let n = n as u64 + 1;
        Key { a: mix(self.a ^ n.wrapping_mul(ROOTS[1]), ROOTS[2]), b: self.b ^ n.wrapping_mul(ROOTS[0]) }
    }

    /// The key of one of few kinds of something that has this key.
    #[inline]
    pub fn kind(self, kind: u8) -> Key {
        let k = u64::from(kind) + 1;
        Key { a: mix(self.a ^ ROOTS[3], k.wrapping_mul(ROOTS[0])) | 1, b: self.b ^ k }
    }

    /// Half of it: not what [`Key::place`] goes by.
    #[inline]
    pub fn second(self) -> u64 {
        self.b
    }

    /// A place among `len`, each as likely as the others.
    #[inline]
    pub fn place(self, len: usize) -> usize {
        ((u128::from(self.a) * len as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_hardly_differ_get_keys_that_do() {
        let mut halves: [Vec<u64>; 2] = Default::default();
        let mut flipped = [0u32; 128];
        let texts = |i: u32| {
            [format!("wamid.HBgLNDQ3OTEx{i:09}"), format!("+4479{i:08}"), "x".repeat(i as usize % 90)]
        };
        let mut cases = 0;
        for i in 0..20_000 {
            for (n, text) in texts(i).iter().enumerate().take(if i < 90 { 3 } else { 2 }) {
                let key = Key::root(n).of(text);
                halves[0].push(key.a);
                halves[1].push(key.b);
                let other = Key::root(n).of(&text.replacen(|c: char| c.is_ascii(), "~", 1));
                let change = u128::from(key.a ^ other.a) << 64 | u128::from(key.b ^ other.b);
                (0..128).for_each(|bit| flipped[bit] += (change >> bit & 1) as u32);
                cases += 1;
            }
        }
        for half in &mut halves {
            half.sort_unstable();
            assert!(half.windows(2).all(|w| w[0] != w[1]), "half a key does for forty thousand");
        }
        // One byte more or less moves each bit half of the time.
        let share = |n: u32| f64::from(n) / f64::from(cases);
        assert!(flipped.iter().all(|n| (share(*n) - 0.5).abs() < 0.02), "{flipped:?}");
    }

    #[test]
    fn what_a_text_belongs_to_and_where_it_ends_matter() {
        let (one, two) = (Key::root(1), Key::root(2));
        let all = [
            one.of("a"),
            two.of("a"),
            one.of("a\0"),
            one.of(""),
            one.of("a").of("b"),
            one.of("ab"),
            one.of("b").of("a"),
        ];
        for (i, x) in all.iter().enumerate() {
            assert!(all[..i].iter().all(|y| x != y), "{i}");
        }
        assert_ne!(one.of("a").kind(0), one.of("a").kind(1));
        let mut numbered: Vec<u64> = (0..10_000).map(|n| one.of("a").number(n).a).collect();
        numbered.extend((0..10_000).map(|n| one.of("b").number(n).a));
        numbered.sort_unstable();
        assert!(numbered.windows(2).all(|w| w[0] != w[1]), "half a key does for twenty thousand");
        assert_ne!(one.of("a").number(0).second(), one.of("a").number(1).second());
        assert_eq!(Key { a: u64::MAX, b: 0 }.place(7), 6);
        assert_eq!(Key { a: 0, b: 9 }.place(7), 0);
    }
}
