//! A sweep read again from its table of points.
//!
//! Must not know how charts are drawn.

use crate::experiment::study::estimate::Estimate;
use crate::experiment::study::swept::{Head, Point, Swept};
use crate::report::picture::table::{In, Row, Unreadable};

/// The table's name in the folder.
pub const FILE: &str = "points.csv";

/// Reads a sweep: what it was made from, and its points as tables have them, without standard errors.
pub fn read(head: Head, text: &str) -> Result<Swept, Unreadable> {
    let asked = head.asked().map_err(Unreadable::Kept)?;
    let of = head.replications;
    let estimate = |row: &Row<'_>, name: &str| -> Result<Estimate, Unreadable> {
        let column = |end: &str| format!("{name}{end}");
        let interval = row.interval(&column("_low"), &column("_high"))?;
        Ok(Estimate { value: row.maybe(name)?, interval, std_err: None, n: row.value(&column("_n"))?, of })
    };
    let mut points = Vec::new();
    for row in In::new(FILE, text)?.rows() {
        let values = head.paths.iter().map(|p| Ok(row.text(p)?.to_string())).collect::<Result<_, _>>()?;
        let error = Some(row.text("error")?).filter(|why| !why.is_empty()).map(str::to_string);
        let estimates = match error {
            Some(_) => vec![Estimate::default(); asked.len()],
            None => asked.iter().map(|a| estimate(&row, &a.text)).collect::<Result<_, _>>()?,
        };
        points.push(Point { values, estimates, error });
    }
    Ok(Swept { head, asked, points })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sheet::{self, maybe};
    use crate::report::style::Look;
    use crate::report::sweep::{charts, sample};

    /// As `store` writes it; whether both agree is tried end to end.
    fn table(s: &Swept) -> String {
        let mut columns = vec!["point".to_string()];
        columns.extend(s.head.paths.iter().cloned());
        columns.extend(s.asked.iter().flat_map(|a| ["", "_low", "_high", "_n"].map(|e| a.text.clone() + e)));
        columns.push("error".to_string());
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        let rows = s.points.iter().enumerate().map(|(i, p)| {
            let mut row = vec![(i + 1).to_string()];
            row.extend(p.values.iter().cloned());
            for e in &p.estimates {
                let (low, high) = e.interval.unzip();
                row.extend([maybe(e.value), maybe(low), maybe(high), e.n.to_string()]);
            }
            row.push(p.error.clone().unwrap_or_default());
            row
        });
        sheet::table(&columns, rows)
    }

    #[test]
    fn a_sweep_reads_back_to_the_same_charts() {
        for mut s in [sample::curve(), sample::grid(), sample::scattered()] {
            s.points[1].error = Some("no, \"not\" here".to_string());
            s.points[1].estimates = vec![Estimate::default(); s.asked.len()];
            let again = read(s.head.clone(), &table(&s)).unwrap();
            for look in Look::ALL {
                assert!(charts(&again, look) == charts(&s, look), "{look:?}");
            }
        }
    }

    #[test]
    fn faults_say_where_they_are() {
        let s = sample::curve();
        let text = table(&s);
        let one = text.replacen("p_red_low", "p_red_least", 1);
        let said = read(s.head.clone(), &one).unwrap_err().to_string();
        assert!(said.starts_with("points.csv, line 2: found no column p_red_low"), "{said}");
        let mut head = s.head;
        head.figures[0] = "p_rde".to_string();
        let said = read(head, &text).unwrap_err().to_string();
        assert!(said.starts_with("manifest.json: ") && said.contains("p_red"), "{said}");
    }
}
