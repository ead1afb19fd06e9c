//! The face of the charts, in two weights: what goes into an SVG so that it needs no font of the machine that shows it,
//! and what PNGs are drawn with.
//!
//! One set of files serves both. Must not know what is written with it.

use std::sync::LazyLock;

/// The name of the face, in documents and in its files.
pub const FAMILY: &str = "Inter";

/// Letters beside ASCII in the basic cuts, in order. The other cuts hold Latin, Greek and Russian: `fonts/README.md`.
const BASIC: [char; 22] = [
    '\u{a0}', '°', '±', '·', '×', '\u{2009}', '–', '—', '‘', '’', '“', '”', '…', '€', '←', '↑', '→', '↓',
    '−', '≈', '≤', '≥',
];

/// A weight of the face, cut twice.
struct Face {
    /// As CSS counts weights.
    weight: u16,
    /// ASCII and the signs that charts print, as WOFF.
    basic: &'static [u8],
    /// Every letter there is, as WOFF.
    full: &'static [u8],
}

static FACES: [Face; 2] = [
    Face {
        weight: 400,
        basic: include_bytes!("fonts/Inter-Regular-basic.woff"),
        full: include_bytes!("fonts/Inter-Regular.woff"),
    },
    Face {
        weight: 700,
        basic: include_bytes!("fonts/Inter-Bold-basic.woff"),
        full: include_bytes!("fonts/Inter-Bold.woff"),
    },
];

/// `@font-face` rules by weight and cut, written down once.
static RULES: LazyLock<[[String; 2]; 2]> =
    LazyLock::new(|| FACES.each_ref().map(|f| [rule(f.weight, f.basic), rule(f.weight, f.full)]));

fn rule(weight: u16, woff: &[u8]) -> String {
    format!(
        "@font-face{{font-family:{FAMILY};font-weight:{weight};src:url(data:font/woff;base64,{}) format(\"woff\")}}\n",
        base64(woff)
    )
}

/// What a document is written with: each weight, and whether basic letters are enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// By weight: none, basic letters only, others too.
    weights: [Option<bool>; 2],
}

impl Used {
    /// Takes note of a text.
    pub fn note(&mut self, bold: bool, text: &str) {
        let more = text.chars().any(|c| !matches!(c, ' '..='~') && BASIC.binary_search(&c).is_err());
        let weight = &mut self.weights[usize::from(bold)];
        *weight = Some(more || weight.unwrap_or(false));
    }

    /// The `@font-face` rules of these weights, for a `<style>`: the smaller cut where it has all letters.
    pub fn css(&self) -> String {
        let mut out = String::new();
        for (rules, used) in RULES.iter().zip(self.weights) {
            if let Some(more) = used {
                out.push_str(&rules[usize::from(more)]);
            }
        }
        out
    }
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let at = |i: usize| u32::from(three.get(i).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= three.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

/// All letters of both weights as OpenType, for drawing with.
#[cfg(feature = "png")]
pub fn opentype() -> [Vec<u8>; 2] {
    FACES.each_ref().map(|f| unpacked(f.full).expect("the shipped faces are whole"))
}

/// The OpenType font in a WOFF file; none if it is damaged.
///
/// WOFF 1.0 (W3C Recommendation, 13 December 2012): a header of 44 bytes, a directory of 20 bytes a table, and the
/// tables, each by itself under zlib where that makes it shorter.
#[cfg(feature = "png")]
fn unpacked(woff: &[u8]) -> Option<Vec<u8>> {
    use std::io::Read;

    let long = |at: usize| Some(u32::from_be_bytes(woff.get(at..at + 4)?.try_into().ok()?));
    if woff.get(..4)? != b"wOFF" {
        return None;
    }
    let count = u16::from_be_bytes(woff.get(12..14)?.try_into().ok()?);
    // The three numbers after the count let a reader search the directory by halves.
    let halves = count.checked_ilog2()?;
    let range = 16u16 << halves;
    let mut out: Vec<u8> = woff[4..8].to_vec();
    for number in [count, range, halves as u16, 16 * count - range] {
        out.extend(number.to_be_bytes());
    }
    let mut tables: Vec<u8> = Vec::new();
    for i in 0..usize::from(count) {
        let entry = 44 + 20 * i;
        let (from, packed, whole) = (long(entry + 4)?, long(entry + 8)?, long(entry + 12)?);
        let bytes = woff.get(from as usize..(from + packed) as usize)?;
        let at = 12 + 16 * usize::from(count) + tables.len();
        if packed < whole {
            flate2::read::ZlibDecoder::new(bytes).read_to_end(&mut tables).ok()?;
        } else {
            tables.extend(bytes);
        }
        if at - 12 - 16 * usize::from(count) + whole as usize != tables.len() {
            return None;
        }
        tables.resize(tables.len().next_multiple_of(4), 0);
        out.extend(woff.get(entry..entry + 4)?);
        for number in [long(entry + 16)?, at as u32, whole] {
            out.extend(number.to_be_bytes());
        }
    }
    out.extend(tables);
    Some(out)
}

/// Fonts as written in the `<style>` of a document, unpacked: weight and OpenType.
#[cfg(all(test, feature = "png"))]
pub fn embedded(svg: &str) -> Vec<(String, Vec<u8>)> {
    let letters = |c: u8| match c {
        b'A'..=b'Z' => u32::from(c - b'A'),
        b'a'..=b'z' => u32::from(c - b'a') + 26,
        b'0'..=b'9' => u32::from(c - b'0') + 52,
        b'+' => 62,
        b'/' => 63,
        other => panic!("{}", char::from(other)),
    };
    let rules = svg.split("@font-face{font-family:").skip(1);
    rules
        .map(|rule| {
            let rule = rule.split('}').next().unwrap();
            assert!(rule.starts_with("Inter;"));
            let weight = rule.split("font-weight:").nth(1).unwrap().split(';').next().unwrap();
            let data = rule.split("base64,").nth(1).unwrap().split(')').next().unwrap();
            let data = data.trim_end_matches('=').as_bytes();
            let mut woff = Vec::new();
            for four in data.chunks(4) {
                let bits = four.iter().fold(0, |sum, c| sum << 6 | letters(*c)) << (6 * (4 - four.len()));
                woff.extend(&bits.to_be_bytes()[1..four.len()]);
            }
            (weight.to_string(), unpacked(&woff).unwrap())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_stand_for_six_bits_each() {
        assert_eq!(base64(b""), "");
        assert_eq!(base64(b"f"), "Zg==");
        assert_eq!(base64(b"fo"), "Zm8=");
        assert_eq!(base64(b"foobar"), "Zm9vYmFy");
        assert_eq!(base64(&[0xfb, 0xff]), "+/8=");
    }

    #[test]
    fn a_document_carries_what_it_is_written_with_and_no_more() {
        assert!(BASIC.is_sorted());
        let mut used = Used::default();
        assert_eq!(used.css(), "");
        used.note(false, "1K → 10K · 2 %");
        let small = used.css();
        assert_eq!(small.matches("@font-face").count(), 1);
        assert!(small.contains("font-weight:400") && small.len() < 14_000, "{}", small.len());
        used.note(false, "Łódź");
        used.note(false, "plain again");
        used.note(true, "bold");
        let large = used.css();
        assert_eq!(large.matches("@font-face").count(), 2);
        assert!(large.len() > small.len() + 20_000 + 13_000, "{}", large.len());
    }

    #[cfg(feature = "png")]
    #[test]
    fn faces_unpack_to_the_last_byte() {
        for face in &FACES {
            for woff in [face.basic, face.full] {
                let font = unpacked(woff).unwrap();
                // Byte 16 of the header says how long the font is.
                assert_eq!(font.len() as u32, u32::from_be_bytes(woff[16..20].try_into().unwrap()));
                assert_eq!(&font[..4], b"OTTO");
                assert_eq!(unpacked(&woff[..woff.len() / 2]), None);
            }
        }
        assert_eq!(unpacked(b"OTTO"), None);
    }
}
