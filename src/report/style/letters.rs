//! Letters of charts: sizes, weights and places of text, and how wide it comes out.
//!
//! Must not know what is written.

use crate::report::style::colours::Hue;

/// Where a text's position lies in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// At its start.
    Start,
    /// At its middle.
    Middle,
    /// At its end.
    End,
}

/// A size, weight, colour and anchor.
#[derive(Clone, Copy, Debug)]
pub struct Type {
    /// Font size in pixels.
    pub size: f64,
    /// Bold or regular.
    pub bold: bool,
    /// Its colour.
    pub color: Hue,
    /// What its position means.
    pub anchor: Anchor,
}

impl Type {
    /// Regular, from its start.
    pub const fn plain(size: f64, color: Hue) -> Type {
        Type { size, bold: false, color, anchor: Anchor::Start }
    }

    /// Bold, from its start.
    pub const fn bold(size: f64, color: Hue) -> Type {
        Type { size, bold: true, color, anchor: Anchor::Start }
    }

    /// The same, placed by its middle.
    pub const fn middle(self) -> Type {
        Type { anchor: Anchor::Middle, ..self }
    }

    /// The same, placed by its end.
    pub const fn end(self) -> Type {
        Type { anchor: Anchor::End, ..self }
    }

    /// From the middle of a line of figures to its baseline.
    pub fn half_height(&self) -> f64 {
        0.36 * self.size
    }

    /// The width of a text in this type.
    pub fn width(&self, text: &str) -> f64 {
        text_width(text, self.size, self.bold)
    }

    /// The text, cut with an ellipsis so that it fits `room` pixels.
    pub fn fit(&self, text: &str, room: f64) -> String {
        if self.width(text) <= room {
            return text.to_string();
        }
        let mut out = String::new();
        for c in text.chars() {
            out.push(c);
            if self.width(&out) + self.width("…") > room {
                out.pop();
                break;
            }
        }
        out.truncate(out.trim_end().len());
        out.push('…');
        out
    }

    /// The text in lines of at most `room` pixels, no more than `most` of them. Where it does not fit, clauses go from its
    /// end, and what is left of the last is cut with an ellipsis.
    pub fn lines(&self, text: &str, room: f64, most: usize) -> Vec<String> {
        let mut text = text.trim().to_string();
        loop {
            let mut lines: Vec<String> = Vec::new();
            for word in text.split(' ') {
                match lines.last_mut() {
                    // A line that begins with a lone sign of percent reads badly.
                    Some(line) if word.starts_with('%') && !line.is_empty() => {
                        let number = line.rfind(' ').map_or(0, |at| at + 1);
                        let both = format!("{} {word}", &line[number..]);
                        if number == 0 || self.width(&format!("{line} {word}")) <= room {
                            line.truncate(number);
                            line.push_str(&both);
                        } else {
                            line.truncate(number - 1);
                            lines.push(both);
                        }
                    }
                    Some(line) if self.width(&format!("{line} {word}")) <= room => {
                        line.push(' ');
                        line.push_str(word);
                    }
                    _ => lines.push(word.to_string()),
                }
            }
            if lines.len() <= most && lines.iter().all(|line| self.width(line) <= room) {
                return lines.into_iter().filter(|line| !line.is_empty()).collect();
            }
            let clause = ["; ", " · ", ". "].iter().filter_map(|end| text.rfind(end)).max();
            match clause {
                Some(at) => text.truncate(at),
                None => {
                    let rest = lines.split_off(most.min(lines.len()).saturating_sub(1)).join(" ");
                    lines.push(self.fit(&rest, room));
                    return lines.iter().map(|line| self.fit(line, room)).collect();
                }
            }
        }
    }

    /// The name, cut in its middle: names that begin alike often end differently.
    pub fn fit_name(&self, name: &str, room: f64) -> String {
        if self.width(name) <= room {
            return name.to_string();
        }
        let chars: Vec<char> = name.chars().collect();
        (2..chars.len())
            .map(|cut| {
                let head = (chars.len() - cut) * 3 / 5;
                let tail = chars.len() - cut - head;
                let head: String = chars[..head].iter().collect();
                let tail: String = chars[chars.len() - tail..].iter().collect();
                format!("{}…{}", head.trim_end(), tail.trim_start())
            })
            .find(|shorter| self.width(shorter) <= room)
            .unwrap_or_else(|| self.fit(name, room))
    }
}

/// Advance widths of U+0020 to U+007E in thousandths of the font size, read from the shipped face.
const REGULAR: [u16; 95] = [
    281, 278, 403, 631, 638, 812, 639, 222, 362, 362, 500, 659, 280, 460, 276, 357, 625, 464, 605, 636, 642,
    608, 624, 571, 616, 624, 276, 280, 659, 659, 659, 507, 936, 676, 651, 727, 719, 598, 587, 743, 740, 264,
    543, 652, 562, 889, 753, 761, 635, 761, 639, 638, 642, 741, 676, 949, 642, 665, 625, 362, 357, 362, 469,
    452, 497, 564, 621, 558, 621, 582, 361, 609, 591, 237, 237, 544, 237, 869, 585, 597, 609, 609, 372, 523,
    364, 581, 557, 812, 540, 557, 541, 362, 327, 362, 659,
];
/// The same for the bold face.
const BOLD: [u16; 95] = [
    232, 325, 392, 650, 655, 859, 674, 209, 409, 409, 565, 680, 303, 469, 298, 390, 688, 489, 630, 659, 678,
    645, 660, 595, 661, 660, 298, 303, 680, 680, 680, 562, 1031, 748, 661, 752, 727, 613, 585, 761, 746, 281,
    570, 690, 567, 915, 735, 782, 648, 783, 656, 655, 668, 729, 748, 1036, 714, 724, 667, 409, 390, 409, 488,
    477, 497, 580, 635, 587, 635, 598, 386, 633, 624, 272, 272, 582, 272, 912, 622, 614, 632, 632, 409, 562,
    388, 622, 586, 850, 574, 586, 572, 409, 374, 409, 680,
];

/// The width of a text in pixels, without kerning: within two percent of the shipped face for Latin text, and an
/// upper estimate for the faces that replace it in a viewer.
pub fn text_width(text: &str, size: f64, bold: bool) -> f64 {
    let table = if bold { &BOLD } else { &REGULAR };
    let thousandths: u32 = text
        .chars()
        .map(|c| match c {
            ' '..='~' => u32::from(table[c as usize - 0x20]),
            '·' => 298,
            '–' => 500,
            '…' => 821,
            '\u{300}'..='\u{36f}' => 0,
            '\u{a0}'..='\u{24f}' => 620,
            '\u{250}'..='\u{10ff}' | '\u{2000}'..='\u{206f}' => 760,
            _ => 1000,
        })
        .sum();
    f64::from(thousandths) / 1000.0 * size
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::style::INK;

    #[test]
    fn widths_are_those_of_the_face() {
        assert_eq!(text_width("A", 1000.0, false), 676.0);
        assert_eq!(text_width("%", 1000.0, true), 859.0);
        let kind = Type::plain(12.0, INK);
        let cut = kind.fit("a name that is much too long for its place", 80.0);
        assert!(cut.ends_with('…') && kind.width(&cut) <= 80.0, "{cut}");
        assert_eq!(kind.fit("short", 80.0), "short");
        let text = "one two three; four five six. seven eight nine";
        assert_eq!(kind.lines(text, 1000.0, 2), [text]);
        assert_eq!(kind.lines(text, 120.0, 2), ["one two three; four", "five six"]);
        assert_eq!(kind.lines("abcdefghijklmnopqrstuvwxyz", 40.0, 2), ["abcd…"]);
        assert_eq!(kind.lines("", 40.0, 2), Vec::<String>::new());
        let cut = kind.fit_name("customer service number north 7", 100.0);
        assert!(cut.contains('…') && cut.ends_with("h 7") && kind.width(&cut) <= 100.0, "{cut}");
    }
}
