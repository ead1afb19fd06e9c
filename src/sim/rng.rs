//! Random draws addressed by what they decide, not by when they are asked for.
//!
//! The algorithm is Philox4x64-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3",
//! SC'11, section 4.1 and table 2), bit-identical to NumPy's `Philox`. The key holds (seed, replication), the
//! counter (ordinal, purpose, entity, 0). So adding an entity or asking in another order moves nobody else's draw,
//! and two variants of a scenario see the same luck. One word gives one variate, by inversion: never rejection.

/// The two multipliers and the two Weyl constants of Philox4x64.
const M0: u64 = 0xD2E7_470E_E14C_6C93;
const M1: u64 = 0xCA5A_8263_9512_1157;
const W0: u64 = 0x9E37_79B9_7F4A_7C15;
const W1: u64 = 0xBB67_AE85_84CA_A73B;

/// What a draw decides. The numbers are part of the results: append, never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// Lasting traits of a recipient.
    Traits = 1,
    /// A message's fate up to being read.
    Fate = 2,
    /// What a reader does.
    Reaction = 3,
    /// Who of an audience is picked.
    Audience = 4,
    /// When triggered messages arise.
    Trigger = 5,
    /// Service times of the send queue.
    Service = 6,
    /// Resampling for intervals.
    Bootstrap = 7,
    /// How easily a recipient is annoyed.
    Annoyance = 8,
    /// How much a recipient reads.
    Reading = 9,
    /// Where the points of an experiment lie. Drawn under replication 0, which no run has.
    Design = 10,
    /// Who gets no marketing, by the platform's own experiment.
    HoldOut = 11,
    /// How full a recipient's inbox is of other businesses' marketing.
    Inbox = 12,
    /// How old a recipient's consent is.
    ConsentAge = 17,
    /// Whose opt-out never reaches the list.
    OptOutMissed = 18,
    /// By which of several ways a reader opts out.
    OptOutWay = 19,
    /// How and when a template's review is decided.
    Review = 14,
    /// When violations are recorded.
    Violation = 15,
    /// Who has saved a number of the Business app when it begins.
    Saved = 20,
    /// When the others save it.
    SavesLater = 21,
}

/// All draws of one replication.
#[derive(Clone, Copy, Debug)]
pub struct Draws {
    keys: [[u64; 2]; 10],
}

impl Draws {
    /// The draws of this seed and replication (counted from 1).
    pub fn new(seed: u64, replication: u64) -> Draws {
        let mut keys = [[seed, replication]; 10];
        for round in 1..10 {
            keys[round] = [keys[round - 1][0].wrapping_add(W0), keys[round - 1][1].wrapping_add(W1)];
        }
        Draws { keys }
    }

    /// Four words for this purpose, entity and ordinal.
    #[inline]
    pub fn words(&self, purpose: Purpose, entity: u64, ordinal: u64) -> [u64; 4] {
        self.block([ordinal, purpose as u64, entity, 0])
    }

    /// One Philox block at a raw counter.
    #[inline]
    pub fn block(&self, counter: [u64; 4]) -> [u64; 4] {
        let mut c = counter;
        for k in &self.keys {
            let p0 = u128::from(M0) * u128::from(c[0]);
            let p1 = u128::from(M1) * u128::from(c[2]);
            c = [(p1 >> 64) as u64 ^ c[1] ^ k[0], p1 as u64, (p0 >> 64) as u64 ^ c[3] ^ k[1], p0 as u64];
        }
        c
    }

    /// An endless sequence for one entity and purpose, for distributions that take a varying number of words.
    pub fn stream(&self, purpose: Purpose, entity: u64) -> Stream<'_> {
        Stream { draws: self, counter: [0, purpose as u64, entity, 1], words: [0; 4], used: 4 }
    }
}

/// The words of one (purpose, entity) in order. Usable with `rand_distr`.
#[derive(Debug)]
pub struct Stream<'a> {
    draws: &'a Draws,
    counter: [u64; 4],
    words: [u64; 4],
    used: usize,
}

impl rand::TryRng for Stream<'_> {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.try_next_u64().map(|w| (w >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        if self.used == 4 {
            self.words = self.draws.block(self.counter);
            self.counter[0] += 1;
            self.used = 0;
        }
        self.used += 1;
        Ok(self.words[self.used - 1])
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in bytes.chunks_mut(8) {
            let word = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

/// A word as a number in the open interval (0, 1), from its upper 52 bits.
#[inline]
pub fn unit(word: u64) -> f64 {
    ((word >> 12) as f64 + 0.5) * (1.0 / 4_503_599_627_370_496.0)
}

/// Half a word as a number in the open interval (0, 1).
#[inline]
pub fn unit32(half: u32) -> f64 {
    (f64::from(half) + 0.5) * (1.0 / 4_294_967_296.0)
}

/// A well-mixed 64-bit name of an entity, from its text (FNV-1a, then the finaliser of SplitMix64), so that
/// adding another entity renames nobody.
pub fn entity(text: &str) -> u64 {
    let mut h: u64 = 0xCBF2_9CE4_8422_2325;
    for b in text.bytes() {
        h = (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01B3);
    }
    mix(h)
}

/// The finaliser of SplitMix64: a bijection of 64-bit words without visible structure.
#[inline]
pub fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Standard normal quantile (Wichura, "Algorithm AS 241: the percentage points of the normal distribution",
/// Applied Statistics 37(3), 1988, routine PPND16; relative error about 1e-16), on `libm` so that the same bits
/// come out on every machine.
pub fn normal_quantile(p: f64) -> f64 {
    debug_assert!(p > 0.0 && p < 1.0);
    let poly = |x: f64, c: &[f64]| c.iter().rev().fold(0.0, |acc, k| acc * x + k);
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180625 - q * q;
        return q * poly(r, &A) / poly(r, &B);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    let r = libm::sqrt(-libm::log(tail));
    let z =
        if r <= 5.0 { poly(r - 1.6, &C) / poly(r - 1.6, &D) } else { poly(r - 5.0, &E) / poly(r - 5.0, &F) };
    if q < 0.0 { -z } else { z }
}

const A: [f64; 8] = [
    3.387_132_872_796_366_5,
    1.331_416_678_917_843_8e2,
    1.971_590_950_306_551_3e3,
    1.373_169_376_550_946e4,
    4.592_195_393_154_987e4,
    6.726_577_092_700_87e4,
    3.343_057_558_358_813e4,
    2.509_080_928_730_122_7e3,
];
const B: [f64; 8] = [
    1.0,
    4.231_333_070_160_091e1,
    6.871_870_074_920_579e2,
    5.394_196_021_424_751e3,
    2.121_379_430_158_659_7e4,
    3.930_789_580_009_271e4,
    2.872_908_573_572_194_3e4,
    5.226_495_278_852_545e3,
];
const C: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    2.417_807_251_774_506e-1,
    2.272_384_498_926_918_4e-2,
    7.745_450_142_783_414e-4,
];
const D: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    6.897_673_349_851e-1,
    1.481_039_764_274_800_8e-1,
    1.519_866_656_361_645_7e-2,
    5.475_938_084_995_345e-4,
    1.050_750_071_644_416_9e-9,
];
const E: [f64; 8] = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    2.965_605_718_285_048_7e-1,
    2.653_218_952_657_612_4e-2,
    1.242_660_947_388_078_4e-3,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const F: [f64; 8] = [
    1.0,
    5.998_322_065_558_88e-1,
    1.369_298_809_227_358e-1,
    1.487_536_129_085_061_5e-2,
    7.868_691_311_456_133e-4,
    1.846_318_317_510_054_8e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_8e-15,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_numpys() {
        // numpy.random.Philox(key=np.array([7, 3], dtype=np.uint64), counter=0).random_raw(4); NumPy counts up
        // before its first block, hence the counter of 1 here.
        let draws = Draws::new(7, 3);
        let words = draws.block([1, 0, 0, 0]);
        assert_eq!(words, NUMPY_7_3);
    }

    const NUMPY_7_3: [u64; 4] = [
        8_893_702_929_424_106_994,
        13_357_943_582_879_616_415,
        927_023_405_073_346_982,
        5_831_511_509_215_899_605,
    ];

    #[test]
    fn the_normal_quantile_meets_known_values() {
        for (p, z) in [
            (0.5, 0.0),
            (0.975, 1.959_963_984_540_054),
            (0.025, -1.959_963_984_540_054),
            (1e-10, -6.361_340_902_404_056),
            (0.999_999, 4.753_424_308_817_087),
        ] {
            assert!((normal_quantile(p) - z).abs() < 1e-9, "{p}: {}", normal_quantile(p));
        }
    }

    #[test]
    fn neighbours_share_nothing() {
        let d = Draws::new(1, 1);
        let base = d.words(Purpose::Fate, 5, 9);
        for other in [
            d.words(Purpose::Reaction, 5, 9),
            d.words(Purpose::Fate, 6, 9),
            d.words(Purpose::Fate, 5, 10),
            Draws::new(2, 1).words(Purpose::Fate, 5, 9),
            Draws::new(1, 2).words(Purpose::Fate, 5, 9),
        ] {
            assert!(base.iter().zip(&other).all(|(a, b)| a != b));
        }
    }
}
