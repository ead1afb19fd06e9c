//! A chart's SVG as PNG: twice its size, with the face it carries and no other.
//!
//! The same SVG gives the same bytes on every machine: no system font is ever looked at. Must not know what the
//! picture shows.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{self, fontdb};

use crate::report::fonts;
use crate::report::style::Size;

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
    let mut database = fontdb::Database::new();
    for face in fonts::opentype() {
        database.load_font_data(face);
    }
    database.set_sans_serif_family(fonts::FAMILY);
    Arc::new(database)
});

fn tree(svg: &str, fonts: &Arc<fontdb::Database>) -> Result<usvg::Tree, PngError> {
    let family = fonts::FAMILY.to_string();
    let options = usvg::Options { fontdb: fonts.clone(), font_family: family, ..usvg::Options::default() };
    Ok(usvg::Tree::from_str(svg, &options)?)
}

/// The bytes of a PNG file of a chart made for this size, enlarged by [`Size::png_scale`].
pub fn render(svg: &str, size: Size) -> Result<Vec<u8>, PngError> {
    drawn(svg, size.png_scale(), &FONTS)
}

fn drawn(svg: &str, scale: f32, fonts: &Arc<fontdb::Database>) -> Result<Vec<u8>, PngError> {
    let tree = tree(svg, fonts)?;
    let (width, height) = (tree.size().width() * scale, tree.size().height() * scale);
    let mut pixels =
        Pixmap::new(width.ceil() as u32, height.ceil() as u32).ok_or(PngError::Size { width, height })?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    let png = pixels.encode_png().map_err(|e| PngError::Encoding(e.to_string()))?;
    Ok(with_size(&png, scale))
}

/// Pixels of an SVG to the inch.
const SVG_PER_INCH: f32 = 96.0;

/// Where the header chunk of every PNG ends: eight bytes of signature, then its length, name, 13 bytes and check sum.
const AFTER_HEADER: usize = 8 + 4 + 4 + 13 + 4;

/// The picture with its physical size, so that a document gives a column's chart the column's width: the chunk `pHYs`,
/// which goes between header and pixels.
fn with_size(png: &[u8], scale: f32) -> Vec<u8> {
    let per_metre = (scale * SVG_PER_INCH / 0.0254).round() as u32;
    let mut chunk = b"pHYs".to_vec();
    chunk.extend([per_metre.to_be_bytes(), per_metre.to_be_bytes()].concat());
    // The unit is the metre.
    chunk.push(1);
    let mut out = Vec::with_capacity(png.len() + chunk.len() + 8);
    out.extend_from_slice(&png[..AFTER_HEADER]);
    out.extend(9u32.to_be_bytes());
    out.extend_from_slice(&chunk);
    out.extend(check_sum(&chunk).to_be_bytes());
    out.extend_from_slice(&png[AFTER_HEADER..]);
    out
}

/// The check sum of a chunk's name and content (CRC-32 as the PNG specification has it). Bit by bit: it is thirteen bytes.
fn check_sum(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::charts;
    use crate::report::picture::Picture;
    use crate::report::sample::{Shape, sample, shapes};
    use crate::report::style::{self, Look, Type};

    #[test]
    fn the_same_chart_gives_the_same_bytes_at_twice_the_size() {
        let chart = charts::draw(&Picture::of(&sample(&Shape::default())), Look::default()).swap_remove(0);
        let png = render(&chart.svg, Size::Page).unwrap();
        assert_eq!(png, render(&chart.svg, Size::Page).unwrap());
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        assert_eq!(png[16..24], [0, 0, 7, 8, 0, 0, 3, 192], "1800 × 960");
        let column = Look { size: Size::Column, ..Look::default() };
        let svg = charts::draw(&Picture::of(&sample(&Shape::default())), column).swap_remove(0).svg;
        let png = render(&svg, Size::Column).unwrap();
        let wide = u32::from_be_bytes(png[16..20].try_into().unwrap());
        assert!((2095..2110).contains(&wide), "89 mm at 600 dots to the inch: {wide}");
        assert!(matches!(render("no picture", Size::Page), Err(PngError::Svg(_))));
    }

    #[test]
    fn a_picture_knows_how_large_it_is_on_paper() {
        let picture = Picture::of(&sample(&Shape::default()));
        // Pixels to the metre, and what the width comes to: a page's 900 and a slide's 1280 at 96 to the inch, 89 mm.
        for (size, per_metre, wide) in
            [(Size::Page, 7559, 238.1), (Size::Slide, 7559, 338.7), (Size::Column, 23622, 89.0)]
        {
            let look = Look { size, ..Look::default() };
            let svg = charts::draw(&picture, look).swap_remove(0).svg;
            let png = render(&svg, size).unwrap();
            let mut at = 8;
            let mut found = None;
            while at < png.len() {
                let long = u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
                let (name, content) = (&png[at + 4..at + 8], &png[at + 8..at + 8 + long]);
                let sum = u32::from_be_bytes(png[at + 8 + long..at + 12 + long].try_into().unwrap());
                assert_eq!(sum, check_sum(&png[at + 4..at + 8 + long]), "{name:?}");
                match name {
                    b"pHYs" => found = Some(content),
                    b"IDAT" => assert!(found.is_some(), "before the pixels"),
                    _ => {}
                }
                at += 12 + long;
            }
            let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap());
            let chunk = found.expect("its size");
            assert_eq!((number(&chunk[..4]), number(&chunk[4..8]), chunk[8]), (per_metre, per_metre, 1));
            let millimetres = f64::from(number(&png[16..20])) / f64::from(per_metre) * 1000.0;
            assert!((millimetres - wide).abs() < 0.2, "{size:?}: {millimetres}");
        }
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
            let drawn = f64::from(tree(&svg, &FONTS).unwrap().root().abs_bounding_box().width());
            let ours = style::text_width(text, 20.0, bold);
            assert!((ours / drawn - 1.0).abs() < 0.05, "{text}: {ours} for {drawn}");
        }
    }

    /// Fonts that a document carries, and no others.
    fn carried(svg: &str) -> Arc<fontdb::Database> {
        let mut database = fontdb::Database::new();
        for (weight, font) in fonts::embedded(svg) {
            database.load_font_data(font);
            let face = database.faces().last().unwrap();
            assert_eq!(face.weight.0.to_string(), weight);
            assert_eq!(face.families[0].0, fonts::FAMILY);
        }
        Arc::new(database)
    }

    #[test]
    fn a_document_alone_gives_the_pixels_of_its_png() {
        for mut result in [sample(&Shape::default()), sample(&Shape { numbers: 3, ..Shape::default() })] {
            for name in ["weekly-promo", "Žižkov – весна, Ω"] {
                result.scenario = name.to_string();
                for chart in charts::draw(&Picture::of(&result), Look::default()) {
                    let fonts = carried(&chart.svg);
                    assert_eq!(fonts.len(), 2, "{}", chart.name);
                    let alone = drawn(&chart.svg, Size::Page.png_scale(), &fonts).unwrap();
                    assert!(alone == render(&chart.svg, Size::Page).unwrap(), "{} of {name}", chart.name);
                }
            }
        }
    }

    #[test]
    fn every_family_asked_for_first_is_carried_with_each_letter() {
        let look = Look::default();
        // All that the basic cut holds, and then one more.
        let basic: String = (' '..='~').chain("\u{a0}°±·×\u{2009}–—‘’“”…€←↑→↓−≈≤≥".chars()).collect();
        for (bold, text) in [(false, basic.clone()), (true, basic.clone()), (true, basic + "ő")] {
            let kind = Type { bold, ..Type::plain(10.0, style::INK) };
            let svg = style::svg(look, "x", |canvas| canvas.text((4.0, 40.0), kind, &text));
            for family in svg.split("font-family=\"").skip(1) {
                let first = family.split([',', '"']).next().unwrap();
                assert!(svg.contains(&format!("@font-face{{font-family:{first};")), "{first}");
            }
            // A letter that the face lacks would leave a gap, and the picture would differ.
            let alone = drawn(&svg, 2.0, &carried(&svg)).unwrap();
            assert!(alone == render(&svg, Size::Page).unwrap(), "{text}");
            let nothing = drawn(&svg, 2.0, &Arc::new(fontdb::Database::new())).unwrap();
            assert!(alone != nothing, "no font, no text");
        }
    }

    /// Writes every chart of every made-up shape to the folder named by TIERSIM_CHARTS, to be looked at.
    #[test]
    #[ignore = "writes pictures; set TIERSIM_CHARTS to a folder"]
    fn draw_pictures() {
        let folder = std::path::PathBuf::from(std::env::var("TIERSIM_CHARTS").expect("TIERSIM_CHARTS"));
        for (i, shape) in shapes().iter().enumerate() {
            let picture = Picture::of(&sample(shape));
            for look in Look::ALL {
                for chart in charts::draw(&picture, look) {
                    let name = format!("{i:02}-{}-{:?}-{:?}", chart.name, look.size, look.theme);
                    std::fs::write(folder.join(format!("{name}.svg")), &chart.svg).unwrap();
                    let png = render(&chart.svg, look.size).unwrap();
                    std::fs::write(folder.join(format!("{name}.png")), png).unwrap();
                }
            }
            println!("{i:02} {shape:?}");
        }
    }
}
