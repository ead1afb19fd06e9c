//! Exact decimals: what a person typed, stepped and added up without binary remainders.
//!
//! A design's values are their printed texts, so that a value typed again is the value that ran. Must not know what
//! the numbers stand for.

use std::cmp::Ordering;
use std::fmt;

/// Most decimal places and digits a value may have: more than anything here means, and sums of a few stay exact.
const PLACES_MAX: u32 = 18;
const DIGITS_MAX: usize = 18;

/// A decimal number: `units` · 10^-`places`, without trailing zeros behind the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    units: i128,
    places: u32,
}

impl Decimal {
    /// A whole number.
    pub const fn whole(n: i64) -> Decimal {
        Decimal { units: n as i128, places: 0 }
    }

    fn new(mut units: i128, mut places: u32) -> Decimal {
        while places > 0 && units % 10 == 0 {
            units /= 10;
            places -= 1;
        }
        Decimal { units, places }
    }

    /// Reads `12`, `-0.5`, `1_000`, `5e-4`; none for anything else, or with more than eighteen digits or places.
    pub fn parse(text: &str) -> Option<Decimal> {
        let text = text.trim();
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((m, e)) => (m, e.parse::<i32>().ok().filter(|e| e.abs() <= 30)?),
            None => (text, 0),
        };
        let (negative, digits) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        // An underscore parts digits, as in scenario files.
        let tidy = !digits.starts_with('_') && !digits.ends_with('_') && !digits.contains("__");
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = |s: &str| s.bytes().all(|b| b.is_ascii_digit() || b == b'_');
        if !tidy || whole.is_empty() || !plain(whole) || !plain(part) || digits.ends_with('.') {
            return None;
        }
        let part = part.replace('_', "");
        let all = format!("{}{part}", whole.replace('_', ""));
        let significant = all.trim_start_matches('0');
        if significant.trim_end_matches('0').len() > DIGITS_MAX || significant.len() > 30 {
            return None;
        }
        let mut units: i128 = if significant.is_empty() { 0 } else { significant.parse().ok()? };
        if negative {
            units = -units;
        }
        let places = i64::try_from(part.len()).ok()? - i64::from(exponent);
        let value = match u32::try_from(places) {
            Ok(places) => Decimal::new(units, places),
            Err(_) => {
                let shift = u32::try_from(-places).ok()?;
                Decimal::new(units.checked_mul(10i128.checked_pow(shift)?)?, 0)
            }
        };
        (value.places <= PLACES_MAX && value.units.unsigned_abs() < 10u128.pow(30)).then_some(value)
    }

    /// The nearest double rounded to so many significant digits; none if it is not finite.
    pub fn rounded(value: f64, digits: usize) -> Option<Decimal> {
        if !value.is_finite() {
            return None;
        }
        Decimal::parse(&format!("{value:.*e}", digits.max(1) - 1))
    }

    /// The nearest double.
    pub fn as_f64(self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// Whether it has no digits behind the point.
    pub fn is_whole(self) -> bool {
        self.places == 0
    }

    /// As a whole number, if it is one.
    pub fn as_whole(self) -> Option<i128> {
        self.is_whole().then_some(self.units)
    }

    /// Both as units of one scale.
    fn aligned(self, other: Decimal) -> Option<(i128, i128, u32)> {
        let places = self.places.max(other.places);
        let at = |d: Decimal| d.units.checked_mul(10i128.checked_pow(places - d.places)?);
        Some((at(self)?, at(other)?, places))
    }

    /// The sum; none where it would have too many digits.
    pub fn plus(self, other: Decimal) -> Option<Decimal> {
        let (a, b, places) = self.aligned(other)?;
        Some(Decimal::new(a.checked_add(b)?, places))
    }

    /// The product; none where it would have too many digits.
    pub fn times(self, other: Decimal) -> Option<Decimal> {
        Some(Decimal::new(self.units.checked_mul(other.units)?, self.places + other.places))
    }

    /// With the other sign.
    pub fn negated(self) -> Decimal {
        Decimal { units: -self.units, ..self }
    }

    /// Which is larger.
    pub fn compare(self, other: Decimal) -> Ordering {
        match self.aligned(other) {
            Some((a, b, _)) => a.cmp(&b),
            // Only with dozens of digits, where the last of them cannot decide.
            None => self.as_f64().total_cmp(&other.as_f64()),
        }
    }

    /// How many steps lie between two values, the remainder left out; none for a step that is not above zero.
    pub fn steps(self, to: Decimal, step: Decimal) -> Option<i128> {
        let span = to.plus(self.negated())?;
        let (span, step, _) = span.aligned(step)?;
        (step > 0 && span >= 0).then(|| span / step)
    }

    /// The `i`-th of `n` parts of the way to another value, to six digits of a part or more; both ends are exact.
    pub fn between(self, to: Decimal, i: u64, n: u64) -> Option<Decimal> {
        assert!(n > 0 && i <= n, "part {i} of {n}");
        let (a, b, places) = self.aligned(to)?;
        // Six digits of a part: whoever reads the value back has all that matters.
        let wide = b.checked_sub(a)?;
        let enough = |more: u32| {
            let span = wide.unsigned_abs().checked_mul(10u128.pow(more));
            span.is_none_or(|span| span == 0 || span / u128::from(n) >= 100_000)
        };
        let most = PLACES_MAX.saturating_sub(places);
        let more = (0..most).find(|more| enough(*more)).unwrap_or(most);
        let scale = 10i128.checked_pow(more)?;
        let whole = wide.checked_mul(scale)?.checked_mul(i128::from(i))?;
        let n = i128::from(n);
        let half = if whole < 0 { -n } else { n };
        let rounded = whole.checked_mul(2)?.checked_add(half)? / (2 * n);
        Some(Decimal::new(a.checked_mul(scale)?.checked_add(rounded)?, places + more))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.units < 0 { "-" } else { "" };
        let digits = self.units.unsigned_abs().to_string();
        let places = self.places as usize;
        if places == 0 {
            return write!(f, "{sign}{digits}");
        }
        let digits = format!("{digits:0>width$}", width = places + 1);
        let (whole, part) = digits.split_at(digits.len() - places);
        write!(f, "{sign}{whole}.{part}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        Decimal::parse(text).unwrap_or_else(|| panic!("{text} is a decimal"))
    }

    #[test]
    fn decimals_read_and_print() {
        for (text, want) in [
            ("1", "1"),
            ("0.50", "0.5"),
            ("-0.05", "-0.05"),
            ("1_000", "1000"),
            ("5e-4", "0.0005"),
            ("1.5e3", "1500"),
            ("+2", "2"),
            ("-0", "0"),
            ("0.000000", "0"),
        ] {
            assert_eq!(d(text).to_string(), want, "{text}");
        }
        for text in ["", ".", "1.", ".5", "1..2", "inf", "nan", "0x1", "1 2", "_1", "1__0", "1e99", "five"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
        assert_eq!(Decimal::parse("0.1234567890123456789"), None, "too many places");
    }

    #[test]
    fn sums_are_exact_where_doubles_are_not() {
        assert_eq!(d("0.1").plus(d("0.2")), Some(d("0.3")));
        assert_eq!(d("0.7").times(d("0.1")), Some(d("0.07")));
        assert_eq!(d("0.3").compare(d("0.30")), Ordering::Equal);
        assert_eq!(d("-1").compare(d("0.5")), Ordering::Less);
        assert_eq!(d("0").steps(d("0.3"), d("0.1")), Some(3));
        assert_eq!(d("1").steps(d("0"), d("0.1")), None);
        assert_eq!(d("0").steps(d("1"), d("0")), None);
    }

    #[test]
    fn parts_are_exact_where_they_can_be() {
        let parts = |a: &str, b: &str, n: u64| -> Vec<String> {
            (0..=n).map(|i| d(a).between(d(b), i, n).unwrap().to_string()).collect()
        };
        assert_eq!(parts("0", "1", 4), ["0", "0.25", "0.5", "0.75", "1"]);
        assert_eq!(parts("0", "1", 3), ["0", "0.333333", "0.666667", "1"]);
        assert_eq!(parts("0.1", "0.3", 2), ["0.1", "0.2", "0.3"]);
        assert_eq!(parts("-1", "1", 2), ["-1", "0", "1"]);
        assert_eq!(parts("1", "0", 2), ["1", "0.5", "0"]);
        assert_eq!(parts("0.001", "0.002", 2), ["0.001", "0.0015", "0.002"]);
    }

    #[test]
    fn doubles_round_to_digits() {
        assert_eq!(Decimal::rounded(0.000_605_996_2, 6).unwrap().to_string(), "0.000605996");
        assert_eq!(Decimal::rounded(123_456_789.0, 6).unwrap().to_string(), "123457000");
        assert_eq!(Decimal::rounded(f64::NAN, 6), None);
    }
}
