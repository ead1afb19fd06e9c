//! Finished charts inside a page: several SVG documents in one, without their names meeting.
//!
//! Must not know what the charts show.

use serde::Serialize;

use crate::report::html::Still;
use crate::report::words;

/// A chart as it stands in the page.
#[derive(Serialize)]
pub(super) struct Inlined {
    /// File name in `charts/` without its ending.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// The element.
    pub svg: String,
}

/// Puts charts into one page: their ids get a prefix each, and an embedded face that one before brought is there once.
pub(super) fn inlined(charts: &[Still<'_>]) -> Vec<Inlined> {
    let mut faces: Vec<String> = Vec::new();
    let one = |(i, chart): (usize, &Still<'_>)| Inlined {
        name: words::clean(chart.name),
        title: words::clean(chart.title),
        svg: prefixed(&once(element(chart.svg), &mut faces), &format!("c{i}-")),
    };
    charts.iter().enumerate().map(one).collect()
}

/// The document's root: what stands before it has no place in a page, nor a name space that pages know.
fn element(svg: &str) -> String {
    let from = svg.find("<svg").unwrap_or(0);
    svg[from..].replacen(" xmlns=\"http://www.w3.org/2000/svg\"", "", 1)
}

/// Leaves out rules for faces that have been there before: styles of a page hold for all of it.
fn once(mut svg: String, seen: &mut Vec<String>) -> String {
    let mut from = 0;
    while let Some(start) = svg[from..].find("@font-face").map(|i| i + from) {
        let Some(end) = svg[start..].find('}').map(|i| start + i + 1) else { break };
        if seen.iter().any(|s| *s == svg[start..end]) {
            svg.replace_range(start..end, "");
            from = start;
        } else {
            seen.push(svg[start..end].to_string());
            from = end;
        }
    }
    svg
}

/// Gives ids a prefix, where they are and where they are meant.
fn prefixed(svg: &str, prefix: &str) -> String {
    let mut out = svg.to_string();
    let ids = svg.split(" id=\"").skip(1).filter_map(|rest| rest.split_once('"'));
    for (id, _) in ids {
        for (before, after) in [(" id=\"", "\""), ("url(#", ")"), ("href=\"#", "\""), ("labelledby=\"", "\"")]
        {
            out = out.replace(&format!("{before}{id}{after}"), &format!("{before}{prefix}{id}{after}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_kept_apart_and_faces_are_there_once() {
        let svg = "<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"><style>@font-face{a}</style>\
                   <clipPath id=\"a\"/><g clip-path=\"url(#a)\"/></svg>";
        let chart = Still { name: "n", title: "t", svg };
        let out = inlined(&[chart, chart]);
        assert_eq!(
            out[0].svg,
            "<svg><style>@font-face{a}</style><clipPath id=\"c0-a\"/><g clip-path=\"url(#c0-a)\"/></svg>"
        );
        assert_eq!(
            out[1].svg,
            "<svg><style></style><clipPath id=\"c1-a\"/><g clip-path=\"url(#c1-a)\"/></svg>"
        );
    }
}
