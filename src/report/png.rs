//! A chart's SVG as PNG: twice its size, with the shipped face and no other.
//!
//! The same SVG gives the same bytes on every machine: no system font is ever looked at. Must not know what the
//! picture shows.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{self, fontdb};

const REGULAR: &[u8] = include_bytes!("fonts/Inter-Regular.subset.otf");
const BOLD: &[u8] = include_bytes!("fonts/Inter-Bold.subset.otf");

/// Pixels of the PNG to one of the SVG.
pub const SCALE: f32 = 2.0;

/// Why an SVG has no picture.
#[derive(Debug, thiserror::Error)]
pub enum PngError {
    /// The text is no SVG.
    #[error("the chart is not a readable SVG: {0}")]
    Svg(#[from] usvg::Error),
    /// The SVG has no size, or one too large to hold.
    #[error("a picture of {width} × {height} pixels cannot be made")]
    Size {
        /// Width asked for.
        width: f32,
        /// Height asked for.
        height: f32,
    },
    /// The picture could not be written down as PNG.
    #[error("the picture could not be encoded: {0}")]
    Encoding(String),
}

static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(REGULAR.to_vec());
    fonts.load_font_data(BOLD.to_vec());
    fonts.set_sans_serif_family("Inter");
    Arc::new(fonts)
});

fn tree(svg: &str) -> Result<usvg::Tree, PngError> {
    let options =
        usvg::Options { fontdb: FONTS.clone(), font_family: "Inter".to_string(), ..usvg::Options::default() };
    Ok(usvg::Tree::from_str(svg, &options)?)
}

/// The bytes of a PNG file, [`SCALE`] times the size of the SVG.
pub fn render(svg: &str) -> Result<Vec<u8>, PngError> {
    let tree = tree(svg)?;
    let (width, height) = (tree.size().width() * SCALE, tree.size().height() * SCALE);
    let mut pixels =
        Pixmap::new(width.ceil() as u32, height.ceil() as u32).ok_or(PngError::Size { width, height })?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().map_err(|e| PngError::Encoding(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::charts;
    use crate::report::picture::Picture;
    use crate::report::sample::{Shape, sample, shapes};
    use crate::report::style;

    #[test]
    fn the_same_chart_gives_the_same_bytes_at_twice_the_size() {
        let chart = charts::draw(&Picture::of(&sample(&Shape::default()))).swap_remove(0);
        let png = render(&chart.svg).unwrap();
        assert_eq!(png, render(&chart.svg).unwrap());
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        assert_eq!(png[16..24], [0, 0, 7, 8, 0, 0, 3, 192], "1800 × 960");
        assert!(matches!(render("no picture"), Err(PngError::Svg(_))));
    }

    #[test]
    fn our_measure_of_a_text_is_that_of_the_face() {
        for (text, bold) in [
            ("Score: weighted negative signals per message", false),
            ("RED from 2 % (assumed)", true),
            ("1K → 10K on day 4 (2024-03-04), 8–17 %…", false),
            ("Zürich, Łódź", false),
        ] {
            let weight = if bold { "bold" } else { "normal" };
            let svg = format!(
                "<svg xmlns='http://www.w3.org/2000/svg' width='2000' height='40'><text x='0' y='20' \
                 font-family='Inter' font-size='20' font-weight='{weight}'>{text}</text></svg>"
            );
            let drawn = f64::from(tree(&svg).unwrap().root().abs_bounding_box().width());
            let ours = style::text_width(text, 20.0, bold);
            assert!((ours / drawn - 1.0).abs() < 0.05, "{text}: {ours} for {drawn}");
        }
    }

    /// Writes every chart of every made-up shape to the folder named by TIERSIM_CHARTS, to be looked at.
    #[test]
    #[ignore = "writes pictures; set TIERSIM_CHARTS to a folder"]
    fn draw_pictures() {
        let folder = std::path::PathBuf::from(std::env::var("TIERSIM_CHARTS").expect("TIERSIM_CHARTS"));
        for (i, shape) in shapes().iter().enumerate() {
            for chart in charts::draw(&Picture::of(&sample(shape))) {
                std::fs::write(folder.join(format!("{i:02}-{}.svg", chart.name)), &chart.svg).unwrap();
                std::fs::write(
                    folder.join(format!("{i:02}-{}.png", chart.name)),
                    render(&chart.svg).unwrap(),
                )
                .unwrap();
            }
            println!("{i:02} {shape:?}");
        }
    }
}
