//! The fuzz targets' bodies over changed seeds, on the ordinary compiler: what `fuzz/run.sh` does where no fuzzer is
//! installed. Ignored in the ordinary run, because it takes as long as it is told to.

use std::path::Path;

use tiersim::store::log::read::probe;

/// Words that look random and are the same every time.
struct Words(u64);

impl Words {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

/// What formats are made of, so that changes hit more than the inside of words.
const PIECES: [&[u8]; 22] = [
    b",",
    b"\"",
    b"\"\"",
    b"\n",
    b"\r",
    b"\r\n",
    b"{",
    b"}",
    b":",
    b"\\",
    b"\\u0000",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xc3",
    b"null",
    b"-1",
    b"99999999999",
    b"1e9",
    b"time",
    b"event",
    b"\0",
    b"[[[[",
];

fn changed(seed: &[u8], other: &[u8], words: &mut Words) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..1 + words.below(8) {
        let at = words.below(bytes.len() + 1);
        match words.below(7) {
            0 if at < bytes.len() => bytes[at] = words.next() as u8,
            1 if at < bytes.len() => bytes[at] ^= 1 << words.below(8),
            2 => bytes.truncate(at),
            3 => {
                let end = (at + words.below(20)).min(bytes.len());
                bytes.drain(at..end);
            }
            4 => {
                let from = words.below(other.len());
                let piece = other[from..(from + words.below(60)).min(other.len())].to_vec();
                bytes.splice(at..at, piece);
            }
            5 => {
                let end = (at + words.below(30)).min(bytes.len());
                let piece = bytes[at..end].repeat(words.below(5));
                bytes.splice(at..at, piece);
            }
            _ => {
                let piece = PIECES[words.below(PIECES.len())];
                bytes.splice(at..at, piece.iter().copied());
            }
        }
    }
    bytes
}

fn seeds() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    let mut paths: Vec<_> = ["csv", "ndjson"]
        .iter()
        .flat_map(|folder| std::fs::read_dir(root.join(folder)).expect("seeds"))
        .map(|entry| entry.expect("a file").path())
        .collect();
    paths.sort();
    assert!(paths.len() >= 5);
    paths.iter().map(|path| std::fs::read(path).expect("a file")).collect()
}

fn rounds(words: &mut Words, seeds: &[Vec<u8>], rounds: usize) {
    for _ in 0..rounds {
        let (one, two) = (words.below(seeds.len()), words.below(seeds.len()));
        let bytes = changed(&seeds[one], &seeds[two], words);
        let found = std::panic::catch_unwind(|| match words.0 >> 7 & 3 {
            0 => probe::any(&bytes),
            1 => probe::ndjson(&bytes),
            _ => probe::csv(&bytes),
        });
        if found.is_err() {
            panic!("these bytes break a target: {:?}", String::from_utf8_lossy(&bytes));
        }
    }
}

/// Some changes in every ordinary run.
#[test]
fn a_few_changed_seeds() {
    rounds(&mut Words(1), &seeds(), 300);
}

/// For FUZZ_SECONDS, 10 if not given.
#[test]
#[ignore = "takes as long as it is told to"]
// A clock is what bounds it; nothing that is computed depends on it.
#[allow(clippy::disallowed_methods)]
fn changed_seeds() {
    let seconds: u64 = std::env::var("FUZZ_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(10);
    let (begun, seeds, mut words, mut n) = (std::time::Instant::now(), seeds(), Words(2), 0);
    while begun.elapsed().as_secs() < seconds {
        rounds(&mut words, &seeds, 100);
        n += 100;
    }
    println!("{n} changed seeds passed");
}
