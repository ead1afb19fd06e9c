//! How every chart looks: for what paper and in what size it is made, its colours, its letters, and what it is drawn on.
//!
//! One place for ink, grid and letters, so that all charts look like one report, on light paper and on dark, on a page,
//! a slide and in a column. Must not know what is drawn.

mod canvas;
mod colours;
mod letters;

pub use canvas::{Canvas, Point, svg, svg_of_height};
pub use colours::*;
pub use letters::{Anchor, Type, text_width};

/// How a chart is to look. [`Look::default`] is what a run writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Its colours.
    pub theme: Theme,
    /// Its size, and how much stands on it.
    pub size: Size,
}

impl Look {
    /// Every look there is.
    pub const ALL: [Look; 6] = {
        const fn of(theme: Theme, size: Size) -> Look {
            Look { theme, size }
        }
        [
            of(Theme::Light, Size::Page),
            of(Theme::Light, Size::Slide),
            of(Theme::Light, Size::Column),
            of(Theme::Dark, Size::Page),
            of(Theme::Dark, Size::Slide),
            of(Theme::Dark, Size::Column),
        ]
    };
}

/// Dark on light, or light on dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Theme {
    /// White paper.
    #[default]
    Light,
    /// For dark slides and dark pages.
    Dark,
}

/// What a chart is made for. Charts lay themselves out in pixels of which the smallest type has ten; a size says how many
/// of these there are, and how large they become.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Size {
    /// A page on a screen: 900 × 480 pixels.
    #[default]
    Page,
    /// A slide: 1280 × 720 pixels (16:9), everything 1.6 times as large.
    Slide,
    /// A column of a paper, 89 mm wide, no type below 7 points. No question and no answer above it, since the caption
    /// has them; scenario, policy and seed stay.
    Column,
}

impl Size {
    /// Width of the layout, in pixels of the layout.
    pub const fn width(self) -> f64 {
        match self {
            Size::Page => 900.0,
            Size::Slide => 800.0,
            Size::Column => 360.0,
        }
    }

    /// Height of the layout where a chart has no other, in pixels of the layout.
    pub const fn height(self) -> f64 {
        match self {
            Size::Page => 480.0,
            Size::Slide => 450.0,
            Size::Column => 270.0,
        }
    }

    /// The first, or the second in a column.
    pub fn pick<T>(self, wide: T, column: T) -> T {
        match self {
            Size::Page | Size::Slide => wide,
            Size::Column => column,
        }
    }

    /// A length of the layout as a length of the document.
    fn length(self, v: f64) -> String {
        match self {
            Size::Page => format!("{v}"),
            Size::Slide => format!("{}", (v * 16.0).round() / 10.0),
            Size::Column => format!("{}mm", (v * 89.0 / 360.0 * 1000.0).round() / 1000.0),
        }
    }

    /// Pixels of a PNG to one CSS pixel of the document: 600 dots to the inch of a column, else twice the size.
    pub const fn png_scale(self) -> f32 {
        match self {
            Size::Page | Size::Slide => 2.0,
            Size::Column => 6.25,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_come_to_what_they_are_for() {
        let head = |size| {
            let doc = svg(Look { size, ..Look::default() }, "x", |_| {});
            doc.split(" stroke-linejoin").next().unwrap().split("svg\" ").nth(1).unwrap().to_string()
        };
        assert_eq!(head(Size::Page), "width=\"900\" height=\"480\" viewBox=\"0 0 9000 4800\"");
        assert_eq!(head(Size::Slide), "width=\"1280\" height=\"720\" viewBox=\"0 0 8000 4500\"");
        assert_eq!(head(Size::Column), "width=\"89mm\" height=\"66.75mm\" viewBox=\"0 0 3600 2700\"");
        // Ten pixels of a column's layout in points.
        let ten = Size::Column.length(10.0);
        let millimetres: f64 = ten.trim_end_matches("mm").parse().unwrap();
        assert!(millimetres / 25.4 * 72.0 >= 7.0, "{ten}");
    }
}
