//! For tests of charts: where every text of a drawing lies, and whether texts stay on the paper and off each other.
//!
//! Goes by our own measure of widths, so it must not be taken for what a viewer does to the last pixel.

use crate::report::style;

/// Every text with its left, right, upper and lower edge in pixels.
pub fn texts(svg: &str) -> Vec<(String, f64, f64, f64, f64)> {
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
            let plain =
                said.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("&apos;", "'");
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
            (plain, left, left + width, number("y"), number("y") + 0.76 * size)
        })
        .collect()
}

/// Texts that leave the paper or meet another, in words; a chart of few texts is a fault too.
pub fn faults(svg: &str, height: f64) -> Vec<String> {
    let all = texts(svg);
    let mut found = Vec::new();
    if all.len() < 4 {
        found.push(format!("only {} texts", all.len()));
    }
    for (said, left, right, top, bottom) in &all {
        if *left < 2.0 || *right > style::WIDTH - 2.0 || *top < 4.0 || *bottom > height - 2.0 {
            found.push(format!("{said} at {left}–{right}, {top}–{bottom} leaves the paper"));
        }
    }
    for (i, a) in all.iter().enumerate() {
        for b in &all[i + 1..] {
            let apart = a.2 <= b.1 + 0.5 || b.2 <= a.1 + 0.5 || a.4 <= b.3 + 0.5 || b.4 <= a.3 + 0.5;
            if !apart {
                found.push(format!("{a:?} meets {b:?}"));
            }
        }
    }
    found
}
