//! Tables of a sweep's points: the design, and the figures of every point.

use crate::experiment::study::design::{Design, Kind};
use crate::experiment::study::swept::{Head, Swept};
use crate::store::table::Table;

/// `design.csv`: a row for each point, a column for each path.
pub fn design(d: &Design) -> Vec<u8> {
    let mut columns = vec!["point"];
    columns.extend(d.paths.iter().map(String::as_str));
    let mut t = Table::new(&columns);
    for (i, point) in d.points.iter().enumerate() {
        t.count(i as u64 + 1);
        point.iter().for_each(|v| t.text(v));
        t.end();
    }
    t.out
}

/// The design read back from [`design`]; none if that is not what the text is.
pub fn read_design(head: &Head, text: &str) -> Option<Design> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().ok()?;
    if header.get(0) != Some("point") || !header.iter().skip(1).eq(head.paths.iter().map(String::as_str)) {
        return None;
    }
    let mut points = Vec::new();
    for record in reader.records() {
        let record = record.ok()?;
        if record.get(0)?.parse() != Ok(points.len() + 1) {
            return None;
        }
        points.push(record.iter().skip(1).map(str::to_string).collect());
    }
    let (paths, scales, left_out) = (head.paths.clone(), head.scales.clone(), head.left_out);
    // How it came about is in the head's words; nothing here depends on it any more.
    (points.len() == head.points).then_some(Design { kind: Kind::Table, paths, scales, points, left_out })
}

/// `points.csv`: a row for each point, with value, interval and number of replications with a value for each figure.
pub fn points(s: &Swept) -> Vec<u8> {
    let mut columns = vec!["point".to_string()];
    columns.extend(s.head.paths.iter().cloned());
    for a in &s.asked {
        columns.extend(["", "_low", "_high", "_n"].map(|end| format!("{}{end}", a.text)));
    }
    columns.push("error".to_string());
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut t = Table::new(&columns);
    for (i, point) in s.points.iter().enumerate() {
        t.count(i as u64 + 1);
        point.values.iter().for_each(|v| t.text(v));
        for e in &point.estimates {
            t.maybe(e.value);
            t.maybe(e.interval.map(|i| i.0));
            t.maybe(e.interval.map(|i| i.1));
            t.count(e.n);
        }
        t.text(point.error.as_deref().unwrap_or_default());
        t.end();
    }
    t.out
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::experiment::study::design::Scale;
    use crate::experiment::study::estimate::Estimate;
    use crate::experiment::study::swept::Point;
    use crate::store::sweeps::rows::tests::design as made;

    pub fn head() -> Head {
        Head {
            name: "s".into(),
            question: "?".into(),
            policy: "auto".into(),
            currency: "EUR".into(),
            seed: 1,
            replications: 2,
            design: "grid".into(),
            paths: vec!["a".into(), "b".into()],
            scales: vec![Scale::Linear, Scale::Names],
            points: 3,
            left_out: 0,
            figures: vec!["p_red".into(), "q90(cost)".into()],
            boundary: 0.05,
            span: (0, 86_400_000, 0),
            numbers: vec!["one".into()],
        }
    }

    #[test]
    fn a_design_reads_back() {
        let bytes = design(&made());
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with("point,a,b\n1,1,"), "{text}");
        let back = read_design(&head(), &text).unwrap();
        assert_eq!(back.points, made().points);
        assert_eq!(read_design(&head(), &text.replace("\n2,", "\n3,")), None);
        assert_eq!(read_design(&head(), &text.replace("a,b", "a,c")), None);
    }

    #[test]
    fn points_have_a_row_each_also_where_they_failed() {
        let head = head();
        let asked = head.asked().unwrap();
        let point = |value: Option<f64>, error: Option<&str>| Point {
            values: vec!["1".into(), "x".into()],
            estimates: vec![Estimate { value, n: u64::from(value.is_some()), ..Estimate::default() }; 2],
            error: error.map(str::to_string),
        };
        let swept =
            Swept { head, asked, points: vec![point(Some(0.5), None), point(None, Some("no, \"x\""))] };
        let text = String::from_utf8(points(&swept)).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "point,a,b,p_red,p_red_low,p_red_high,p_red_n,q90(cost),q90(cost)_low,q90(cost)_high,q90(cost)_n,error"
        );
        assert_eq!(lines[1], "1,1,x,0.5,,,1,0.5,,,1,");
        assert_eq!(lines[2], "2,1,x,,,,0,,,,0,\"no, \"\"x\"\"\"");
    }
}
