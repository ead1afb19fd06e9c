//! One varied field: its path and the values it takes, as typed behind `--vary PATH=`.
//!
//! Four ways to say them: a list, `lin:`, `log:` and `int:` ranges, and `LOW..HIGH/STEP`. Must not know how axes are
//! combined, nor what a path leads to.

use super::NoDesign;
use super::decimal::Decimal;
use crate::text::did_you_mean;

/// Most values of one axis.
pub const VALUES_MAX: usize = 100_000;
/// Significant digits of values that have no exact decimal form.
const DIGITS: usize = 6;

/// How values are spread, also on a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Evenly.
    Linear,
    /// By equal factors.
    Log,
    /// In order, without distances: not all of them are numbers.
    Names,
}

/// What was typed of an axis.
#[derive(Clone, Debug, PartialEq)]
pub enum Spread {
    /// These values, as typed.
    List(Vec<String>),
    /// From low to high, evenly; in so many values, unless the design says how many.
    Linear(Decimal, Decimal, Option<u64>),
    /// From low to high by equal factors; in so many values, unless the design says how many.
    Log(Decimal, Decimal, Option<u64>),
    /// Every whole number from low to high.
    Whole(i128, i128),
    /// From low upwards by a step, not beyond high.
    Step(Decimal, Decimal, Decimal),
}

/// A field that is varied.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Path of the field, as `--set` takes it.
    pub path: String,
    /// Its values.
    pub spread: Spread,
    /// Whether the field holds whole numbers: places of a range between them are rounded.
    pub whole: bool,
}

const SHAPES: &str = "values 1,2,5, a range lin:LOW..HIGH:COUNT, log:LOW..HIGH:COUNT or int:LOW..HIGH, or steps \
                      LOW..HIGH/STEP";

impl Axis {
    /// Reads `PATH=SPEC`.
    pub fn parse(text: &str) -> Result<Axis, NoDesign> {
        let wrong = |why: String| NoDesign::new("--vary", text, why);
        let (path, spec) = split_path(text).ok_or_else(|| {
            wrong(format!("a path, = and its values, as in campaigns.promo.per_week=1,2,5 ({SHAPES})"))
        })?;
        let spread = spread(spec).map_err(wrong)?;
        Ok(Axis { path: path.to_string(), spread, whole: false })
    }

    /// The same of a field that holds whole numbers: a range is rounded to them, and what is typed has to be one.
    pub fn of_whole(mut self) -> Result<Axis, NoDesign> {
        let wrong = |why: String| NoDesign::new("--vary", &self.path, why);
        let must = |found: &str, instead: String| {
            wrong(format!("it holds whole numbers, and {found} is none{instead}"))
        };
        let whole = |d: &Decimal, instead: &str| match d.is_whole() {
            true => Ok(()),
            false => Err(must(&d.to_string(), instead.to_string())),
        };
        match &self.spread {
            Spread::List(values) => {
                let broken = |v: &&String| Decimal::parse(v).is_some_and(|d| !d.is_whole());
                if let Some(value) = values.iter().find(broken) {
                    return Err(must(value, String::new()));
                }
            }
            Spread::Linear(low, high, _) | Spread::Log(low, high, _) => {
                whole(low, "; a range of whole numbers begins and ends at one")?;
                whole(high, "; a range of whole numbers begins and ends at one")?;
            }
            Spread::Step(low, high, step) => {
                whole(low, "")?;
                let every = format!(
                    "; int:{low}..{high} has every whole number, and a step such as {low}..{high}/2 some"
                );
                whole(step, &every)?;
            }
            Spread::Whole(..) => {}
        }
        self.whole = true;
        Ok(self)
    }

    /// That values were rounded to whole numbers, where some were.
    pub fn rounding(&self) -> Option<String> {
        let exact = Axis { whole: false, ..self.clone() }.values().ok()?;
        let values = self.values().ok().filter(|values| *values != exact)?;
        let told = match values.len() {
            n if n <= 12 => values.join(", "),
            n => format!("{}, … {}", values[..8].join(", "), values[n - 1]),
        };
        Some(format!("{} holds whole numbers: the range was rounded to {told}.", self.path))
    }

    /// Its values for a grid or a zip, in order, as texts.
    pub fn values(&self) -> Result<Vec<String>, NoDesign> {
        let values = self.exact_values()?;
        if !self.whole {
            return Ok(values);
        }
        let rounded: Vec<String> = values.iter().map(|v| nearest_whole(v)).collect();
        if let Some(twice) = (1..rounded.len()).find(|i| rounded[*i] == rounded[*i - 1]) {
            let (low, high) = (&rounded[0], &rounded[rounded.len() - 1]);
            return Err(NoDesign::new(
                "--vary",
                &self.path,
                format!(
                    "{} values from {low} to {high} are not all different whole numbers ({} is there twice): fewer, or \
                     int:{low}..{high} for each of them",
                    rounded.len(),
                    rounded[twice]
                ),
            ));
        }
        Ok(rounded)
    }

    fn exact_values(&self) -> Result<Vec<String>, NoDesign> {
        let wrong = |why: String| NoDesign::new("--vary", &self.path, why);
        let capped = |n: i128| match usize::try_from(n) {
            Ok(n) if n <= VALUES_MAX => Ok(n),
            _ => Err(wrong(format!("{n} values, at most {VALUES_MAX} on one axis"))),
        };
        let of = |d: Option<Decimal>| {
            d.map(|d| d.to_string()).ok_or_else(|| wrong("values with too many digits".to_string()))
        };
        let no_count = |kind: &str| {
            let (low, high) = match &self.spread {
                Spread::Linear(low, high, _) | Spread::Log(low, high, _) => {
                    (low.to_string(), high.to_string())
                }
                _ => ("LOW".to_string(), "HIGH".to_string()),
            };
            wrong(format!(
                "a range without a count says not which values: {kind}{low}..{high}:COUNT for so many, {low}..{high}/STEP \
                 for steps, int:{low}..{high} for whole numbers (only --design lhs:N and sobol:N need none)"
            ))
        };
        match &self.spread {
            Spread::List(values) => Ok(values.clone()),
            Spread::Linear(_, _, None) => Err(no_count("lin:")),
            Spread::Log(_, _, None) => Err(no_count("log:")),
            Spread::Linear(low, high, Some(n)) => {
                let n = capped(i128::from(*n))? as u64;
                (0..n).map(|i| of(low.between(*high, i, (n - 1).max(1)))).collect()
            }
            Spread::Log(low, high, Some(n)) => {
                let n = capped(i128::from(*n))? as u64;
                let values: Vec<String> = (0..n)
                    .map(|i| of(along_log(*low, *high, i as f64 / (n - 1).max(1) as f64)))
                    .collect::<Result<_, _>>()?;
                let mut apart = values.clone();
                apart.dedup();
                if apart.len() < values.len() {
                    return Err(wrong(format!(
                        "{n} values between {low} and {high} are not apart in {DIGITS} digits"
                    )));
                }
                Ok(values)
            }
            Spread::Whole(low, high) => {
                let n = capped(high - low + 1)?;
                Ok((0..n as i128).map(|i| (low + i).to_string()).collect())
            }
            Spread::Step(low, high, step) => {
                let steps = low.steps(*high, *step).expect("checked when read");
                let n = capped(steps + 1)?;
                (0..n as i64).map(|i| of(step.times(Decimal::whole(i)).and_then(|s| low.plus(s)))).collect()
            }
        }
    }

    /// The value at a place from 0 to below 1, for designs that sample: a list's values have equal shares.
    pub fn at(&self, u: f64) -> Result<String, NoDesign> {
        let wrong = |why: String| NoDesign::new("--vary", &self.path, why);
        let pick = |n: usize| ((u * n as f64) as usize).min(n - 1);
        let of = |d: Option<Decimal>| {
            d.map(|d| d.to_string()).ok_or_else(|| wrong("values with too many digits".to_string()))
        };
        match &self.spread {
            Spread::List(values) => Ok(values[pick(values.len())].clone()),
            Spread::Linear(_, _, Some(n)) | Spread::Log(_, _, Some(n)) => {
                Err(wrong(format!("a sampled design says itself how many values there are: leave :{n} out")))
            }
            Spread::Linear(low, high, None) if self.whole => {
                let (low, high) = (low.as_whole().unwrap_or(0), high.as_whole().unwrap_or(0));
                Ok((low + pick((high - low + 1) as usize) as i128).to_string())
            }
            Spread::Log(low, high, None) if self.whole => {
                of(along_log(*low, *high, u)).map(|v| nearest_whole(&v))
            }
            // A millionth of the range is finer than any model of people.
            Spread::Linear(low, high, None) => of(low.between(*high, (u * 1e6) as u64, 1_000_000)),
            Spread::Log(low, high, None) => of(along_log(*low, *high, u)),
            Spread::Whole(low, high) => Ok((low + pick((high - low + 1) as usize) as i128).to_string()),
            Spread::Step(..) => {
                let values = self.values()?;
                Ok(values[pick(values.len())].clone())
            }
        }
    }

    /// How its values belong on a chart.
    pub fn scale(&self) -> Scale {
        match &self.spread {
            Spread::Log(..) => Scale::Log,
            Spread::List(values) => scale_of(values),
            _ => Scale::Linear,
        }
    }
}

/// How typed values belong on a chart: by equal factors where they span more than a factor of fifty.
pub fn scale_of(values: &[String]) -> Scale {
    let numbers: Option<Vec<f64>> = values.iter().map(|v| Decimal::parse(v).map(Decimal::as_f64)).collect();
    let Some(numbers) = numbers.filter(|n| !n.is_empty()) else { return Scale::Names };
    let (low, high) =
        numbers.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
    if low > 0.0 && high / low >= 50.0 && numbers.len() > 2 { Scale::Log } else { Scale::Linear }
}

/// A place between two values by equal factors; the ends are exact.
fn along_log(low: Decimal, high: Decimal, share: f64) -> Option<Decimal> {
    if share <= 0.0 {
        return Some(low);
    }
    if share >= 1.0 {
        return Some(high);
    }
    let (a, b) = (libm::log(low.as_f64()), libm::log(high.as_f64()));
    Decimal::rounded(libm::exp(a + share * (b - a)), DIGITS)
}

/// A decimal as the whole number next to it, halves upwards; anything else as it is.
fn nearest_whole(value: &str) -> String {
    match Decimal::parse(value) {
        Some(d) if !d.is_whole() => format!("{}", libm::floor(d.as_f64() + 0.5)),
        _ => value.to_string(),
    }
}

/// The path and what follows the first `=` outside quotes.
fn split_path(text: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    let at = text.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == '=' && !quoted
    })?;
    let (path, spec) = (text[..at.0].trim(), text[at.0 + 1..].trim());
    (!path.is_empty() && !spec.is_empty()).then_some((path, spec))
}

fn spread(spec: &str) -> Result<Spread, String> {
    if let Some((kind, range)) = spec.split_once(':')
        && !kind.is_empty()
        && kind.bytes().all(|b| b.is_ascii_alphabetic())
        && (range.contains("..") || ["lin", "log", "int"].contains(&kind))
    {
        return match kind {
            "lin" | "log" => {
                let (ends, count) = match range.split_once(':') {
                    Some((ends, count)) => (ends, Some(self::count(count)?)),
                    None => (range, None),
                };
                let (low, high) = self::ends(ends)?;
                if kind == "lin" {
                    return Ok(Spread::Linear(low, high, count));
                }
                if low.compare(Decimal::whole(0)).is_le() {
                    return Err(format!("a log range begins above zero, not at {low}"));
                }
                Ok(Spread::Log(low, high, count))
            }
            "int" => {
                let (low, high) = self::ends(range)?;
                let whole = |d: Decimal| d.as_whole().ok_or_else(|| format!("{d} is no whole number"));
                let (low, high) = (whole(low)?, whole(high)?);
                // Beyond this a share of the range no longer names one whole number.
                match high.checked_sub(low).filter(|span| *span < 1 << 53) {
                    Some(_) => Ok(Spread::Whole(low, high)),
                    None => Err(format!("{low}..{high} is too wide for whole numbers; use lin: or log:")),
                }
            }
            other => {
                let hint = did_you_mean(other, ["lin", "log", "int"]);
                let hint = hint.map_or(String::new(), |h| format!("; {h}"));
                Err(format!("no range is called {other}:{hint} (allowed: {SHAPES})"))
            }
        };
    }
    if let Some((ends, step)) = spec.split_once('/')
        && ends.contains("..")
    {
        let (low, high) = self::ends(ends)?;
        let by = Decimal::parse(step).filter(|s| s.compare(Decimal::whole(0)).is_gt());
        let by = by.ok_or_else(|| format!("the step {:?} is no number above zero", step.trim()))?;
        return Ok(Spread::Step(low, high, by));
    }
    if spec.contains("..") && !spec.contains(['"', '\'', '[']) {
        // A bare range has no values of its own; sampled designs need none.
        let (low, high) = self::ends(spec)?;
        return Ok(Spread::Linear(low, high, None));
    }
    let values = list(spec);
    if let Some(empty) = values.iter().position(|v| v.is_empty()) {
        return Err(format!("value {} of the list is empty", empty + 1));
    }
    if let Some(bad) = values.iter().find(|v| v.chars().any(char::is_control)) {
        return Err(format!("{bad:?} holds a control character"));
    }
    for (i, value) in values.iter().enumerate() {
        if values[..i].contains(value) {
            return Err(format!("{value} is in the list twice"));
        }
    }
    Ok(Spread::List(values))
}

fn ends(text: &str) -> Result<(Decimal, Decimal), String> {
    let (low, high) = text.split_once("..").ok_or_else(|| format!("{text:?} is no range LOW..HIGH"))?;
    // A count after a bare range is meant for one of the words that take one.
    let counted = if text.contains(':') {
        format!("; for so many values write lin:{text} or log:{text}")
    } else {
        String::new()
    };
    let number =
        |t: &str| Decimal::parse(t).ok_or_else(|| format!("{:?} is no decimal number{counted}", t.trim()));
    let (low, high) = (number(low)?, number(high)?);
    if low.compare(high).is_gt() {
        return Err(format!("the range is empty: {low} is above {high}"));
    }
    Ok((low, high))
}

fn count(text: &str) -> Result<u64, String> {
    let n = text.trim().replace('_', "").parse::<u64>().ok().filter(|n| *n >= 2);
    n.ok_or_else(|| format!("{:?} is no count of values (2 or more)", text.trim()))
}

/// Parts at commas outside quotes and brackets.
fn list(spec: &str) -> Vec<String> {
    let (mut depth, mut quote) = (0i32, None::<char>);
    let parts = spec.split(|c: char| {
        match (quote, c) {
            (Some(q), _) if q == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth -= 1,
            _ => {}
        }
        c == ',' && depth <= 0 && quote.is_none()
    });
    parts.map(|p| p.trim().to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(spec: &str) -> Vec<String> {
        Axis::parse(&format!("x={spec}")).unwrap().values().unwrap()
    }

    #[test]
    fn each_shape_gives_its_values() {
        assert_eq!(values("1,2, 5"), ["1", "2", "5"]);
        assert_eq!(values("hidden,\"a,b\",[1,2]"), ["hidden", "\"a,b\"", "[1,2]"]);
        assert_eq!(values("2023-03,2024-05"), ["2023-03", "2024-05"]);
        assert_eq!(values("09:00,10:00"), ["09:00", "10:00"]);
        assert_eq!(values("lin:0..1:5"), ["0", "0.25", "0.5", "0.75", "1"]);
        assert_eq!(values("0..0.3/0.1"), ["0", "0.1", "0.2", "0.3"]);
        assert_eq!(values("1..2/0.3"), ["1", "1.3", "1.6", "1.9"], "not beyond the end");
        assert_eq!(values("int:-1..2"), ["-1", "0", "1", "2"]);
        assert_eq!(values("log:0.001..0.1:3"), ["0.001", "0.01", "0.1"]);
        let many = values("log:0.0005..0.05:25");
        assert_eq!((many.len(), many[0].as_str(), many[24].as_str()), (25, "0.0005", "0.05"));
        assert_eq!(many[1], "0.000605764");
    }

    #[test]
    fn whole_numbers_stay_whole() {
        let whole = |spec: &str| Axis::parse(&format!("x={spec}")).unwrap().of_whole();
        let values = |spec: &str| whole(spec).unwrap().values().unwrap();
        assert_eq!(values("lin:1..7:5"), ["1", "3", "4", "6", "7"]);
        assert_eq!(values("lin:1..7:4"), ["1", "3", "5", "7"]);
        assert_eq!(values("log:100..10000:5"), ["100", "316", "1000", "3162", "10000"]);
        let said = whole("lin:1..7:5").unwrap().rounding().unwrap();
        assert_eq!(said, "x holds whole numbers: the range was rounded to 1, 3, 4, 6, 7.");
        assert_eq!(
            (whole("lin:1..7:4").unwrap().rounding(), whole("1,5,unlimited").unwrap().rounding()),
            (None, None)
        );
        for (spec, says) in [
            ("1,2.5", "it holds whole numbers, and 2.5 is none"),
            ("1..7/0.5", "0.5 is none; int:1..7 has every whole number, and a step such as 1..7/2 some"),
            ("lin:0.5..7:4", "0.5 is none; a range of whole numbers begins and ends at one"),
        ] {
            let wrong = whole(spec).unwrap_err().to_string();
            assert!(wrong.contains(says), "{spec}: {wrong}");
        }
        let wrong = whole("lin:1..3:5").unwrap().values().unwrap_err().to_string();
        assert!(
            wrong.contains("5 values from 1 to 3")
                && wrong.contains("(2 is there twice)")
                && wrong.contains("int:1..3"),
            "{wrong}"
        );
        let at = |spec: &str, u: f64| whole(spec).unwrap().at(u).unwrap();
        assert_eq!(
            (at("1..3", 0.0), at("1..3", 0.999), at("log:1..1000", 0.5)),
            ("1".into(), "3".into(), "32".into())
        );
    }

    #[test]
    fn sampled_values_cover_the_range() {
        let axis = |spec: &str| Axis::parse(&format!("x={spec}")).unwrap();
        assert_eq!(axis("lin:0..2").at(0.5).unwrap(), "1");
        assert_eq!(axis("1..3").at(0.25).unwrap(), "1.5");
        assert_eq!(axis("log:1..100").at(0.5).unwrap(), "10");
        assert_eq!(
            (axis("int:1..3").at(0.0).unwrap(), axis("int:1..3").at(0.999).unwrap()),
            ("1".into(), "3".into())
        );
        assert_eq!(axis("a,b").at(0.5).unwrap(), "b");
        assert!(axis("lin:0..2:5").at(0.5).unwrap_err().to_string().contains("leave :5 out"));
    }

    #[test]
    fn wrong_axes_say_what_is_allowed() {
        for (text, says) in [
            ("x", "a path, = and its values"),
            ("x=", "a path, = and its values"),
            ("=1", "a path, = and its values"),
            ("x=lgo:1..2:3", "did you mean log?"),
            ("x=log:0..1:3", "begins above zero"),
            ("x=lin:2..1:3", "the range is empty: 2 is above 1"),
            ("x=lin:1..2:1", "\"1\" is no count"),
            ("x=lin:1:3", "\"1\" is no range"),
            ("x=1..2/0", "no number above zero"),
            ("x=1..b/2", "\"b\" is no decimal number"),
            ("x=100..900:4", "for so many values write lin:100..900:4 or log:100..900:4"),
            ("x=int:1.5..3", "1.5 is no whole number"),
            ("x=1,,2", "value 2 of the list is empty"),
            ("x=1,2,1", "1 is in the list twice"),
        ] {
            let wrong = Axis::parse(text).unwrap_err().to_string();
            assert!(wrong.starts_with("--vary ") && wrong.contains(says), "{text}: {wrong}");
        }
        let late = |spec: &str| Axis::parse(spec).unwrap().values().unwrap_err().to_string();
        assert!(late("x=lin:0..1").contains("without a count"));
        assert!(late("x=1..2").contains("lin:1..2:COUNT for so many, 1..2/STEP for steps, int:1..2 "));
        assert!(late("x=0..1/0.000001").contains("1000001 values, at most 100000"));
        assert!(late("x=log:1..1.0000001:50").contains("not apart"));
    }

    #[test]
    fn charts_know_the_scale() {
        let scale = |spec: &str| Axis::parse(&format!("x={spec}")).unwrap().scale();
        assert_eq!(scale("log:1..2:3"), Scale::Log);
        assert_eq!(scale("1,2,3"), Scale::Linear);
        assert_eq!(scale("0.001,0.01,0.1"), Scale::Log);
        assert_eq!(scale("easy,hidden"), Scale::Names);
    }
}
