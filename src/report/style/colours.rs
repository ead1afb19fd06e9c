//! Colours of charts, each as it is on light paper and on dark, with the contrasts they keep.
//!
//! Must not know what is drawn.

use plotters::style::RGBColor;

use crate::messaging::QualityRating;
use crate::report::style::Theme;

/// A colour, as it is on light paper and on dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hue {
    light: RGBColor,
    dark: RGBColor,
}

impl Hue {
    /// Both as `0xRRGGBB`.
    pub const fn new(light: u32, dark: u32) -> Hue {
        const fn rgb(v: u32) -> RGBColor {
            RGBColor((v >> 16) as u8, (v >> 8) as u8, v as u8)
        }
        Hue { light: rgb(light), dark: rgb(dark) }
    }

    /// What it is on a paper.
    pub const fn on(self, theme: Theme) -> RGBColor {
        match theme {
            Theme::Light => self.light,
            Theme::Dark => self.dark,
        }
    }

    /// This far, from 0 to 1, on the way to another.
    pub fn towards(self, other: Hue, share: f64) -> Hue {
        let mix = |a: RGBColor, b: RGBColor| {
            let one = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as u8;
            RGBColor(one(a.0, b.0), one(a.1, b.1), one(a.2, b.2))
        };
        Hue { light: mix(self.light, other.light), dark: mix(self.dark, other.dark) }
    }

    /// The same hue, as near to ink as text on paper needs to be read: a contrast of 4.5 to 1.
    pub fn text(self) -> Hue {
        let readable = |theme: Theme| {
            let steps = (0..=20).map(|i| self.towards(INK, f64::from(i) / 20.0).on(theme));
            steps
                .into_iter()
                .find(|c| contrast(*c, PAPER.on(theme)) >= TEXT_CONTRAST)
                .unwrap_or(INK.on(theme))
        };
        Hue { light: readable(Theme::Light), dark: readable(Theme::Dark) }
    }

    /// Black or white, whichever is easier to read on a fill of this colour: one of them has a contrast above 4.5 on any.
    pub fn text_on(self) -> Hue {
        let best = |theme: Theme| {
            let of = |h: Hue| contrast(h.on(theme), self.on(theme));
            if of(DEEP) > of(BRIGHT) { DEEP.on(theme) } else { BRIGHT.on(theme) }
        };
        Hue { light: best(Theme::Light), dark: best(Theme::Dark) }
    }
}

/// Least contrast of text (Web Content Accessibility Guidelines 2.2, success criterion 1.4.3).
pub const TEXT_CONTRAST: f64 = 4.5;
/// Least contrast of marks (success criterion 1.4.11).
pub const MARK_CONTRAST: f64 = 3.0;

/// The contrast of two colours as the guidelines define it: from 1 to 21.
pub fn contrast(a: RGBColor, b: RGBColor) -> f64 {
    let luminance = |c: RGBColor| 0.2126 * linear(c.0) + 0.7152 * linear(c.1) + 0.0722 * linear(c.2);
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// A channel of sRGB as a share of the light (IEC 61966-2-1).
fn linear(channel: u8) -> f64 {
    let v = f64::from(channel) / 255.0;
    if v <= 0.04045 { v / 12.92 } else { libm::pow((v + 0.055) / 1.055, 2.4) }
}

/// Text and axes.
pub const INK: Hue = Hue::new(0x22262b, 0xe8eaed);
/// Text that explains other text.
pub const SOFT: Hue = Hue::new(0x5f666e, 0xa9b0b9);
/// Grid lines, before a thin alpha.
pub const GRID: Hue = Hue::new(0x22262b, 0xf4f5f7);
/// The paper.
pub const PAPER: Hue = Hue::new(0xffffff, 0x15181c);
/// Marks on grounds that are filled with colour: dark on either paper.
pub const OVER: Hue = Hue::new(0x22262b, 0x0e1013);
/// What nobody knows, or nobody asked for: no mark, and lighter than any.
pub const PALE: Hue = Hue::new(0xe7e8e9, 0x2c3138);
/// A mark that says that nothing can be said.
pub const FAINT: Hue = Hue::new(0x8d949c, 0x747b84);
/// Text on fills.
const DEEP: Hue = Hue::new(0x000000, 0x000000);
const BRIGHT: Hue = Hue::new(0xffffff, 0xffffff);

/// The fill of a colour: apart for red-green blind eyes (bluish green, amber, dark red) and in grey print.
pub fn quality(rating: QualityRating) -> Hue {
    match rating {
        QualityRating::Red => Hue::new(0xb01f2b, 0xe0525c),
        QualityRating::Yellow => Hue::new(0xc68800, 0xf2bd3d),
        QualityRating::Green => Hue::new(0x209f82, 0x30b8a0),
        // Not a colour but the lack of one: a ground on which the others stand.
        QualityRating::Unknown => Hue::new(0xc9cdd2, 0x4a5058),
    }
}

/// The same hue for text on paper.
pub fn quality_text(rating: QualityRating) -> Hue {
    match rating {
        QualityRating::Red => Hue::new(0x9b1b26, 0xf08088),
        QualityRating::Yellow => Hue::new(0x7d5600, 0xf2bd3d),
        QualityRating::Green => Hue::new(0x0b6b56, 0x45c9b0),
        QualityRating::Unknown => SOFT,
    }
}

/// Text on a fill of that colour.
pub fn on_quality(rating: QualityRating) -> Hue {
    quality(rating).text_on()
}

/// Lines of numbers: blues, plums and browns, none of them a quality colour.
const LINES: [Hue; 8] = [
    Hue::new(0x2b3a8c, 0x9db0ff),
    Hue::new(0xa0308a, 0xe884d2),
    Hue::new(0x16799f, 0x5cc3ea),
    Hue::new(0x6b4a2b, 0xd3a679),
    Hue::new(0x555c66, 0xb3bac4),
    Hue::new(0x7a5cd6, 0xb79cff),
    Hue::new(0xb9508f, 0xf4a3cd),
    Hue::new(0x124e5c, 0x6fc9d6),
];

/// The line colour of the `i`-th number.
pub fn series(i: usize) -> Hue {
    LINES[i % LINES.len()]
}

/// What the second of these is called on a paper.
pub fn plum(theme: Theme) -> &'static str {
    match theme {
        Theme::Light => "plum",
        Theme::Dark => "pink",
    }
}

/// Colours of the counts of a day.
pub mod counts {
    use super::Hue;

    /// Messages sent.
    pub const SENT: Hue = Hue::new(0x3b4a86, 0x8fa0ea);
    /// Attempts refused.
    pub const REFUSED: Hue = Hue::new(0xc08040, 0xd79a5c);
    /// Messages delivered.
    pub const DELIVERED: Hue = Hue::new(0x2f6c98, 0x6fb1e0);
    /// Reads seen.
    pub const READ: Hue = Hue::new(0x3d92aa, 0x6cc6dd);
    /// Blocks.
    pub const BLOCKED: Hue = Hue::new(0x7d2358, 0xd56fa8);
    /// Reports.
    pub const REPORTED: Hue = Hue::new(0xd2709e, 0xf5b8d4);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hues of marks that have to be seen on the paper.
    fn marks() -> Vec<Hue> {
        use crate::report::style::counts::*;
        let rated = [QualityRating::Red, QualityRating::Yellow, QualityRating::Green].map(quality);
        let counts = [SENT, REFUSED, DELIVERED, READ, BLOCKED, REPORTED];
        LINES.into_iter().chain(rated).chain(counts).chain([INK, SOFT, FAINT]).collect()
    }

    #[test]
    fn text_and_marks_stand_out_from_both_papers() {
        let ratings =
            [QualityRating::Red, QualityRating::Yellow, QualityRating::Green, QualityRating::Unknown];
        for theme in [Theme::Light, Theme::Dark] {
            let over = |h: Hue, ground: Hue| contrast(h.on(theme), ground.on(theme));
            for mark in marks() {
                assert!(over(mark, PAPER) >= MARK_CONTRAST, "{theme:?} {mark:?}: {}", over(mark, PAPER));
                assert!(over(mark.text(), PAPER) >= TEXT_CONTRAST, "{theme:?} {mark:?}");
            }
            // These are written with as they are.
            for text in LINES.into_iter().chain([INK, SOFT]).chain(ratings.map(quality_text)) {
                assert!(over(text, PAPER) >= TEXT_CONTRAST, "{theme:?} {text:?}: {}", over(text, PAPER));
            }
            for rating in ratings {
                let found = over(on_quality(rating), quality(rating));
                assert!(found >= TEXT_CONTRAST, "{theme:?} {rating:?}: {found}");
            }
        }
        assert!((contrast(RGBColor(0, 0, 0), RGBColor(255, 255, 255)) - 21.0).abs() < 1e-9);
        assert!((contrast(RGBColor(0x77, 0x77, 0x77), RGBColor(255, 255, 255)) - 4.48).abs() < 0.005);
    }

    /// CIE 1976 L*a*b* of a colour (D65), after a matrix over its light.
    fn lab(c: RGBColor, m: [[f64; 3]; 3]) -> [f64; 3] {
        let light = [c.0, c.1, c.2].map(linear);
        let rows = |m: [[f64; 3]; 3], v: [f64; 3]| m.map(|r| r[0] * v[0] + r[1] * v[1] + r[2] * v[2]);
        let seen = rows(m, light).map(|v| v.clamp(0.0, 1.0));
        let to_xyz = [
            [0.412_456_4, 0.357_576_1, 0.180_437_5],
            [0.212_672_9, 0.715_152_2, 0.072_175],
            [0.019_333_9, 0.119_192, 0.950_304_1],
        ];
        let [x, y, z] = rows(to_xyz, seen);
        let f = |t: f64| if t > 0.008_856 { libm::cbrt(t) } else { 7.787 * t + 16.0 / 116.0 };
        let (x, y, z) = (f(x / 0.950_47), f(y), f(z / 1.088_83));
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    #[test]
    fn green_yellow_and_red_are_apart_for_every_eye() {
        // Machado, Oliveira and Fernandes (2009), severity 1: no red cones, no green cones.
        let eyes = [
            ("usual", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
            (
                "protanopia",
                [
                    [0.152_286, 1.052_583, -0.204_868],
                    [0.114_503, 0.786_281, 0.099_216],
                    [-0.003_882, -0.048_116, 1.051_998],
                ],
            ),
            (
                "deuteranopia",
                [
                    [0.367_322, 0.860_646, -0.227_968],
                    [0.280_085, 0.672_501, 0.047_413],
                    [-0.011_820, 0.042_940, 0.968_881],
                ],
            ),
        ];
        let apart = |a: Hue, b: Hue, theme: Theme, m| {
            let (a, b) = (lab(a.on(theme), m), lab(b.on(theme), m));
            libm::sqrt((0..3).map(|i| (a[i] - b[i]) * (a[i] - b[i])).sum())
        };
        let [red, yellow, green] =
            [QualityRating::Red, QualityRating::Yellow, QualityRating::Green].map(quality);
        for theme in [Theme::Light, Theme::Dark] {
            for (eye, m) in eyes {
                for (a, b) in [(red, yellow), (yellow, green), (red, green)] {
                    // Two is just noticeable; ten is seen at a glance.
                    let found = apart(a, b, theme, m);
                    assert!(found >= 20.0, "{theme:?}, {eye}: {a:?} and {b:?} are {found} apart");
                }
            }
        }
        // The test can tell: a traffic light's red and green are one colour to some eyes.
        assert!(apart(Hue::new(0xd05030, 0), Hue::new(0x8a9a2b, 0), Theme::Light, eyes[2].1) < 25.0);
    }
}
