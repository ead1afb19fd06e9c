//! For tests of charts: where every text of a drawing lies, and whether texts stay on the paper and off each other.
//!
//! Goes by our own measure of widths, so it must not be taken for what a viewer does to the last pixel.

use crate::report::style::{self, Look, Size};

/// A text of a drawing; lengths in pixels of the layout.
#[derive(Clone, Debug)]
pub struct Text {
    /// What it says.
    pub said: String,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    size: f64,
    /// As `#RRGGBB`.
    color: String,
}

/// Every text of a drawing.
pub fn texts(svg: &str) -> Vec<Text> {
    let attribute = |tag: &str, name: &str| -> String {
        let from = tag.find(&format!(" {name}=\"")).map(|i| i + name.len() + 3);
        from.map_or(String::new(), |i| tag[i..].split('"').next().unwrap_or("").to_string())
    };
    svg.split("<text ")
        .skip(1)
        .map(|part| {
            let (tag, rest) = part.split_once('>').unwrap();
            let tag = format!(" {tag}");
            let said = rest.split("</text>").next().unwrap().trim().to_string();
            let signs = [("&lt;", "<"), ("&gt;", ">"), ("&apos;", "'"), ("&quot;", "\""), ("&amp;", "&")];
            let plain = signs.iter().fold(said, |text, (name, sign)| text.replace(name, sign));
            let number = |name: &str| attribute(&tag, name).parse::<f64>().unwrap() / 10.0;
            let size = number("font-size");
            let width = style::text_width(&plain, size, attribute(&tag, "font-weight") == "bold");
            let x = number("x");
            let left = match attribute(&tag, "text-anchor").as_str() {
                "start" => x,
                "middle" => x - width / 2.0,
                "end" => x - width,
                other => panic!("{other}"),
            };
            let top = number("y");
            let color = attribute(&tag, "fill");
            Text { said: plain, left, right: left + width, top, bottom: top + 0.76 * size, size, color }
        })
        .collect()
}

/// What was drawn, without the fonts: their letters spell anything.
pub fn body(svg: &str) -> &str {
    svg.split_once("</style>").unwrap().1
}

/// Width and height of the layout in pixels.
fn paper(svg: &str) -> (f64, f64) {
    let sizes = svg.split("viewBox=\"0 0 ").nth(1).unwrap().split('"').next().unwrap();
    let mut sizes = sizes.split(' ').map(|v| v.parse::<f64>().unwrap() / 10.0);
    (sizes.next().unwrap(), sizes.next().unwrap())
}

/// Texts that leave the paper, meet another, are too small for a column or too pale, in words; a chart of few texts is a
/// fault too.
pub fn faults(svg: &str, look: Look) -> Vec<String> {
    let all = texts(svg);
    let (width, height) = paper(svg);
    let mut found = Vec::new();
    if look.size == Size::Slide && (width, height) != (800.0, 450.0) {
        found.push(format!("a slide of {width} × {height}"));
    }
    if all.len() < 4 {
        found.push(format!("only {} texts", all.len()));
    }
    for t in &all {
        if t.left < 2.0 || t.right > width - 2.0 || t.top < 4.0 || t.bottom > height - 2.0 {
            found.push(format!("{t:?} leaves the paper"));
        }
        if look.size == Size::Column && t.size < 9.99 {
            found.push(format!("{t:?} is below seven points"));
        }
        // Black and white stand on fills, which have a test of their own.
        let on_fill = ["#000000", "#FFFFFF"].contains(&t.color.as_str());
        let channel = |i: usize| u8::from_str_radix(&t.color[i..i + 2], 16).unwrap();
        let color = plotters::style::RGBColor(channel(1), channel(3), channel(5));
        if !on_fill && style::contrast(color, style::PAPER.on(look.theme)) < style::TEXT_CONTRAST {
            found.push(format!("{t:?} is too pale"));
        }
    }
    for (i, a) in all.iter().enumerate() {
        for b in &all[i + 1..] {
            let apart = a.right <= b.left + 0.5
                || b.right <= a.left + 0.5
                || a.bottom <= b.top + 0.5
                || b.bottom <= a.top + 0.5;
            if !apart {
                found.push(format!("{a:?} meets {b:?}"));
            }
        }
    }
    found
}

/// Faults of what a chart looks like in every look there is, each with its look.
pub fn faults_everywhere(draw: impl Fn(Look) -> String) -> Vec<String> {
    let of = |look: Look| faults(&draw(look), look).into_iter().map(move |f| format!("{look:?}: {f}"));
    Look::ALL.into_iter().flat_map(of).collect()
}
