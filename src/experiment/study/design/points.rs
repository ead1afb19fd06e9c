//! From axes to points: every combination, side by side, or sampled; and points from a table somebody made.
//!
//! A point is a text for each path, and the text is the value: `--set path=value` runs it again. Must not know what
//! is run at a point.

use super::NoDesign;
use super::axis::{Axis, Scale, scale_of};
use super::constraint::Constraint;
use crate::text::did_you_mean;

/// Most points of a design.
pub const POINTS_MAX: u64 = 1_000_000;
/// Most combinations looked at before conditions thin them.
const CANDIDATES_MAX: u64 = 10_000_000;

/// How axes become points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Every combination; the last axis changes fastest.
    Grid,
    /// The first values together, the second values together, and so on.
    Zip,
    /// A Latin hypercube of so many points: each axis is cut into as many equal slices, one point in each.
    Latin(u64),
    /// So many points of Sobol's sequence.
    Sobol(u64),
    /// From a table.
    Table,
}

impl Kind {
    /// Reads `grid`, `zip`, `lhs:N` or `sobol:N`.
    pub fn parse(text: &str) -> Result<Kind, NoDesign> {
        let wrong = |why: String| NoDesign::new("--design", text, why);
        let count = |n: &str| {
            let n = n.trim().replace('_', "").parse::<u64>().ok().filter(|n| (1..=POINTS_MAX).contains(n));
            n.ok_or_else(|| wrong(format!("no count of points (1 to {POINTS_MAX})")))
        };
        match text.split_once(':') {
            None if text == "grid" => Ok(Kind::Grid),
            None if text == "zip" => Ok(Kind::Zip),
            Some(("lhs", n)) => Ok(Kind::Latin(count(n)?)),
            Some(("sobol", n)) => Ok(Kind::Sobol(count(n)?)),
            None if ["lhs", "sobol"].contains(&text) => {
                Err(wrong(format!("how many points? {text}:N, as in {text}:64")))
            }
            _ => {
                let name = text.split(':').next().unwrap_or_default();
                let hint = did_you_mean(name, ["grid", "zip", "lhs", "sobol"]);
                let hint = hint.map_or(String::new(), |h| format!("; {h}"));
                Err(wrong(format!("no such design{hint} (allowed: grid, zip, lhs:N, sobol:N)")))
            }
        }
    }

    /// As typed.
    pub fn name(self) -> String {
        match self {
            Kind::Grid => "grid".to_string(),
            Kind::Zip => "zip".to_string(),
            Kind::Latin(n) => format!("lhs:{n}"),
            Kind::Sobol(n) => format!("sobol:{n}"),
            Kind::Table => "points".to_string(),
        }
    }

    /// Whether points lie where lots put them, so that no line connects them.
    pub fn is_sampled(self) -> bool {
        matches!(self, Kind::Latin(_) | Kind::Sobol(_))
    }
}

/// What is run: points in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Design {
    /// How it came about.
    pub kind: Kind,
    /// Paths that are varied, in order.
    pub paths: Vec<String>,
    /// For each path, how its values are spread.
    pub scales: Vec<Scale>,
    /// For each point, a text for each path.
    pub points: Vec<Vec<String>>,
    /// Combinations that conditions left out.
    pub left_out: u64,
}

/// Points of the unit cube: how many, of how many dimensions. Each coordinate is at least 0 and below 1.
pub type Sampler<'a> = &'a dyn Fn(Kind, usize) -> Result<Vec<Vec<f64>>, NoDesign>;

impl Design {
    /// Combines axes. `sampler` makes points of the unit cube for designs that sample.
    pub fn of_axes(
        axes: &[Axis],
        kind: Kind,
        conditions: &[String],
        sampler: Sampler<'_>,
    ) -> Result<Design, NoDesign> {
        let paths: Vec<String> = axes.iter().map(|a| a.path.clone()).collect();
        check_paths(&paths, "--vary")?;
        let scales = axes.iter().map(Axis::scale).collect();
        let conditions =
            conditions.iter().map(|c| Constraint::parse(c, &paths)).collect::<Result<Vec<_>, _>>()?;
        let mut keep = Keeper { paths, conditions, points: Vec::new(), left_out: 0 };
        match kind {
            Kind::Grid => {
                let values = axes.iter().map(Axis::values).collect::<Result<Vec<_>, _>>()?;
                grid(&values, &mut keep)?;
            }
            Kind::Zip => {
                let values = axes.iter().map(Axis::values).collect::<Result<Vec<_>, _>>()?;
                let n = values[0].len();
                if let Some(i) = values.iter().position(|v| v.len() != n) {
                    let why = format!(
                        "{} has {n} values and {} has {}: side by side they need equally many",
                        keep.paths[0],
                        keep.paths[i],
                        values[i].len()
                    );
                    return Err(NoDesign::new("--design", "zip", why));
                }
                for i in 0..n {
                    keep.take(values.iter().map(|v| v[i].clone()).collect())?;
                }
            }
            Kind::Latin(_) | Kind::Sobol(_) => {
                for unit in sampler(kind, axes.len())? {
                    let values =
                        axes.iter().zip(unit).map(|(a, u)| a.at(u)).collect::<Result<Vec<_>, _>>()?;
                    keep.take(values)?;
                }
            }
            Kind::Table => unreachable!("tables have no axes"),
        }
        keep.design(kind, scales)
    }

    /// Takes points from a table whose header names the paths. `name` is the file's, for messages.
    pub fn of_table(name: &str, text: &str, conditions: &[String]) -> Result<Design, NoDesign> {
        let wrong = |why: String| NoDesign::new("--points", name, why);
        let mut reader =
            csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
        let header = reader.headers().map_err(|e| wrong(e.to_string()))?;
        let paths: Vec<String> = header.iter().map(str::to_string).collect();
        if paths.iter().all(String::is_empty) {
            return Err(wrong(
                "line 1: no header; it names the paths, as in campaigns.promo.per_week".to_string(),
            ));
        }
        if let Some(i) = paths.iter().position(String::is_empty) {
            return Err(wrong(format!("line 1: column {} has no path", i + 1)));
        }
        check_paths(&paths, "--points")?;
        let conditions =
            conditions.iter().map(|c| Constraint::parse(c, &paths)).collect::<Result<Vec<_>, _>>()?;
        let mut keep = Keeper { paths, conditions, points: Vec::new(), left_out: 0 };
        for record in reader.records() {
            let record = record.map_err(|e| wrong(e.to_string()))?;
            let line = record.position().map_or(0, |p| p.line());
            if record.len() != keep.paths.len() {
                let why =
                    format!("line {line}: {} fields, the header has {}", record.len(), keep.paths.len());
                return Err(wrong(why));
            }
            for (i, value) in record.iter().enumerate() {
                let bad = if value.is_empty() {
                    "is empty"
                } else if value.chars().any(char::is_control) {
                    "holds a control character"
                } else {
                    continue;
                };
                return Err(wrong(format!(
                    "line {line}, column {}: the value of {} {bad}",
                    i + 1,
                    keep.paths[i]
                )));
            }
            keep.take(record.iter().map(str::to_string).collect())?;
        }
        let column = |i: usize| -> Vec<String> { keep.points.iter().map(|p| p[i].clone()).collect() };
        let scales = (0..keep.paths.len()).map(|i| scale_of(&column(i))).collect();
        if keep.points.is_empty() && keep.left_out == 0 {
            return Err(wrong("no points under the header".to_string()));
        }
        keep.design(Kind::Table, scales)
    }

    /// The overrides of a point: `path=value`.
    pub fn sets(&self, point: usize) -> Vec<String> {
        self.paths.iter().zip(&self.points[point]).map(|(path, value)| format!("{path}={value}")).collect()
    }
}

/// Fields that are the same at all points, and what to use instead.
const FIXED: [(&str, &str); 2] = [
    ("seed", "all points share one seed, so that luck does not come between them; replications vary it"),
    ("replications", "all points have equally many: --replications N"),
];

fn check_paths(paths: &[String], flag: &'static str) -> Result<(), NoDesign> {
    for (i, path) in paths.iter().enumerate() {
        if paths[..i].contains(path) {
            return Err(NoDesign::new(flag, path, "varied twice".to_string()));
        }
        if let Some((_, why)) = FIXED.iter().find(|(fixed, _)| fixed == path) {
            return Err(NoDesign::new(flag, path, format!("can't be varied: {why}")));
        }
    }
    Ok(())
}

/// Points as they come, thinned and counted.
struct Keeper {
    paths: Vec<String>,
    conditions: Vec<Constraint>,
    points: Vec<Vec<String>>,
    left_out: u64,
}

impl Keeper {
    fn take(&mut self, values: Vec<String>) -> Result<(), NoDesign> {
        for c in &self.conditions {
            if !c.holds(&values, &self.paths)? {
                self.left_out += 1;
                return Ok(());
            }
        }
        if self.points.len() as u64 == POINTS_MAX {
            return Err(too_many(format!("more than {POINTS_MAX}")));
        }
        self.points.push(values);
        Ok(())
    }

    fn design(self, kind: Kind, scales: Vec<Scale>) -> Result<Design, NoDesign> {
        if self.points.is_empty() {
            let texts: Vec<&str> = self.conditions.iter().map(|c| c.text.as_str()).collect();
            let why = format!("no point meets it: all {} combinations are left out", self.left_out);
            return Err(NoDesign::new("--where", &texts.join("; "), why));
        }
        Ok(Design { kind, paths: self.paths, scales, points: self.points, left_out: self.left_out })
    }
}

fn too_many(found: String) -> NoDesign {
    let why = format!(
        "{found} points, at most {POINTS_MAX}: use fewer values, a condition (--where), or a sample (--design lhs:N)"
    );
    NoDesign::new("--vary", "", why)
}

fn grid(values: &[Vec<String>], keep: &mut Keeper) -> Result<(), NoDesign> {
    let all = values.iter().try_fold(1u64, |n, v| n.checked_mul(v.len() as u64));
    let most = if keep.conditions.is_empty() { POINTS_MAX } else { CANDIDATES_MAX };
    let n = all.filter(|n| *n <= most).ok_or_else(|| {
        let sizes: Vec<String> = values.iter().map(|v| v.len().to_string()).collect();
        too_many(format!("a grid of {}", sizes.join(" × ")))
    })?;
    for i in 0..n {
        let mut rest = i;
        let mut point: Vec<String> = Vec::with_capacity(values.len());
        for axis in values.iter().rev() {
            point.push(axis[(rest % axis.len() as u64) as usize].clone());
            rest /= axis.len() as u64;
        }
        point.reverse();
        keep.take(point)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn no_sampler(_: Kind, _: usize) -> Result<Vec<Vec<f64>>, NoDesign> {
        unreachable!("not a sampled design")
    }

    fn axes(specs: &[&str]) -> Vec<Axis> {
        specs.iter().map(|s| Axis::parse(s).unwrap()).collect()
    }

    fn design(specs: &[&str], kind: Kind, conditions: &[&str]) -> Result<Design, NoDesign> {
        let conditions: Vec<String> = conditions.iter().map(|c| c.to_string()).collect();
        Design::of_axes(&axes(specs), kind, &conditions, &no_sampler)
    }

    #[test]
    fn the_last_axis_changes_fastest() {
        let d = design(&["a=1,2", "b=x,y,z"], Kind::Grid, &[]).unwrap();
        let shown: Vec<String> = d.points.iter().map(|p| p.concat()).collect();
        assert_eq!(shown, ["1x", "1y", "1z", "2x", "2y", "2z"]);
        assert_eq!(d.sets(5), ["a=2", "b=z"]);
        assert_eq!(d.scales, [Scale::Linear, Scale::Names]);
        let d = design(&["a=1,2,3", "b=4,5,6"], Kind::Zip, &[]).unwrap();
        assert_eq!(d.points, [["1", "4"], ["2", "5"], ["3", "6"]]);
    }

    #[test]
    fn conditions_thin_the_grid_and_the_rest_is_counted() {
        let d = design(&["a=int:1..5", "b=int:1..5"], Kind::Grid, &["a + b <= 4", "a < b"]).unwrap();
        assert_eq!(d.points, [["1", "2"], ["1", "3"]]);
        assert_eq!(d.left_out, 23);
        let wrong = design(&["a=1,2"], Kind::Grid, &["a > 5"]).unwrap_err().to_string();
        assert!(wrong.contains("no point meets it: all 2 combinations"), "{wrong}");
    }

    #[test]
    fn samples_land_on_values() {
        let sampler = |_: Kind, d: usize| Ok(vec![vec![0.0; d], vec![0.75; d]]);
        let d = Design::of_axes(&axes(&["a=lin:0..4", "b=x,y"]), Kind::Latin(2), &[], &sampler).unwrap();
        assert_eq!(d.points, [["0", "x"], ["3", "y"]]);
    }

    #[test]
    fn a_table_gives_its_rows() {
        let d = Design::of_table("p.csv", "a, b\n1,x\n2,\"y,z\"\n", &[]).unwrap();
        assert_eq!(d.points, [["1", "x"], ["2", "y,z"]]);
        for (text, says) in [
            ("", "no header"),
            ("a,b\n", "no points under the header"),
            ("a,b\n1\n", "line 2: 1 fields, the header has 2"),
            ("a,b\n1,\n", "line 2, column 2: the value of b is empty"),
            ("a,a\n1,2\n", "varied twice"),
            ("a,,c\n1,2,3\n", "column 2 has no path"),
        ] {
            let wrong = Design::of_table("p.csv", text, &[]).unwrap_err().to_string();
            assert!(wrong.contains("--points ") && wrong.contains(says), "{text:?}: {wrong}");
        }
    }

    #[test]
    fn wrong_designs_say_what_is_allowed() {
        let wrong = |specs: &[&str], kind| design(specs, kind, &[]).unwrap_err().to_string();
        assert!(wrong(&["a=1", "a=2"], Kind::Grid).contains("varied twice"));
        assert!(wrong(&["seed=1,2"], Kind::Grid).contains("share one seed"));
        assert!(wrong(&["a=1,2", "b=1"], Kind::Zip).contains("a has 2 values and b has 1"));
        let large = wrong(&["a=int:1..2000", "b=int:1..2000"], Kind::Grid);
        assert!(large.contains("a grid of 2000 × 2000 points, at most 1000000"), "{large}");
        for (text, says) in
            [("gird", "did you mean grid?"), ("lhs", "lhs:N"), ("lhs:0", "no count"), ("grid:3", "no such")]
        {
            let wrong = Kind::parse(text).unwrap_err().to_string();
            assert!(wrong.contains(says), "{text}: {wrong}");
        }
        assert_eq!(Kind::parse("sobol:64").unwrap(), Kind::Sobol(64));
    }
}
