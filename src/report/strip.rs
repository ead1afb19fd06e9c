//! Colours in a row: one letter for each span of time, for terminals with and without colour.
//!
//! Must not know what the spans are.

use crate::messaging::QualityRating;

/// What the letters mean.
pub const LETTERS: &str = "G green   Y yellow   R red   · not rated";

/// The letter of a colour in a strip: it carries the meaning where colour does not.
fn letter(rating: QualityRating) -> char {
    match rating {
        QualityRating::Red => 'R',
        QualityRating::Yellow => 'Y',
        QualityRating::Green => 'G',
        QualityRating::Unknown => '·',
    }
}

/// Black or white on a background: four pairs that every terminal has.
fn ansi(rating: QualityRating) -> &'static str {
    match rating {
        QualityRating::Red => "\x1b[97;41m",
        QualityRating::Yellow => "\x1b[30;43m",
        QualityRating::Green => "\x1b[30;42m",
        QualityRating::Unknown => "\x1b[90m",
    }
}

/// Colours in a row, a letter each; with colour codes on request.
pub fn strip(cells: &[QualityRating], color: bool) -> String {
    let mut out = String::new();
    for run in cells.chunk_by(|a, b| a == b) {
        let letters: String = run.iter().map(|c| letter(*c)).collect();
        if color {
            out.push_str(ansi(run[0]));
            out.push_str(&letters);
            out.push_str("\x1b[0m");
        } else {
            out.push_str(&letters);
        }
    }
    out
}
