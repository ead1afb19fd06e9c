//! Conditions between varied fields: `campaigns.a.per_week + 2*campaigns.b.per_week <= 7`.
//!
//! Sums of NUMBER, PATH and NUMBER*PATH on both sides of one comparison, worked out in exact decimals. Points that do
//! not meet them are no part of a design. Must not know fields that are not varied.

use std::cmp::Ordering;

use super::NoDesign;
use super::decimal::Decimal;
use crate::text::did_you_mean;

const SHAPE: &str = "sums of NUMBER, PATH and NUMBER*PATH with blanks around + and -, and one of <, <=, >, >=, == and !=, \
                     as in 'campaigns.a.per_week + 2*campaigns.b.per_week <= 7'";

/// A sum: a constant and factors on varied fields by their places.
#[derive(Clone, Debug, PartialEq)]
struct Sum {
    constant: Decimal,
    terms: Vec<(Decimal, usize)>,
}

/// A condition between varied fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Constraint {
    /// As typed.
    pub text: String,
    left: Sum,
    sign: &'static str,
    right: Sum,
}

impl Constraint {
    /// Reads a condition over these paths.
    pub fn parse(text: &str, paths: &[String]) -> Result<Constraint, NoDesign> {
        let wrong = |why: String| NoDesign::new("--where", text, why);
        let (at, sign) = comparison(text).ok_or_else(|| wrong(format!("no comparison; allowed: {SHAPE}")))?;
        let (left, right) = (&text[..at], &text[at + sign.len()..]);
        if comparison(right).is_some() {
            return Err(wrong(format!("more than one comparison; allowed: {SHAPE}")));
        }
        let left = sum(left, paths).map_err(wrong)?;
        let right = sum(right, paths).map_err(wrong)?;
        if left.terms.is_empty() && right.terms.is_empty() {
            return Err(wrong(format!("no varied path in it (varied: {})", paths.join(", "))));
        }
        Ok(Constraint {
            text: text.trim().to_string(),
            left,
            sign: if sign == "=" { "==" } else { sign },
            right,
        })
    }

    /// Whether a point meets it; an error where a value is no number.
    pub fn holds(&self, values: &[String], paths: &[String]) -> Result<bool, NoDesign> {
        let wrong = |why: String| NoDesign::new("--where", &self.text, why);
        let value = |sum: &Sum| -> Result<Decimal, NoDesign> {
            let mut total = sum.constant;
            for (factor, place) in &sum.terms {
                let v = Decimal::parse(&values[*place]).ok_or_else(|| {
                    wrong(format!("{} has the value {}, which is no number", paths[*place], values[*place]))
                })?;
                let term = factor.times(v).and_then(|t| total.plus(t));
                total = term.ok_or_else(|| wrong("numbers with too many digits".to_string()))?;
            }
            Ok(total)
        };
        let order = value(&self.left)?.compare(value(&self.right)?);
        Ok(match self.sign {
            "<" => order == Ordering::Less,
            "<=" => order != Ordering::Greater,
            ">" => order == Ordering::Greater,
            ">=" => order != Ordering::Less,
            "!=" => order != Ordering::Equal,
            _ => order == Ordering::Equal,
        })
    }
}

/// Where the first comparison outside quotes stands, and which it is.
fn comparison(text: &str) -> Option<(usize, &'static str)> {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        quoted ^= c == '"';
        if !quoted {
            let found =
                ["<=", ">=", "==", "!=", "<", ">", "="].into_iter().find(|s| text[at..].starts_with(s));
            if let Some(sign) = found {
                return Some((at, sign));
            }
        }
    }
    None
}

fn sum(text: &str, paths: &[String]) -> Result<Sum, String> {
    let mut out = Sum { constant: Decimal::whole(0), terms: Vec::new() };
    // Paths may hold dashes: only a sign with blanks around it is one.
    let mut minus = false;
    let mut expect_term = true;
    let spaced = text.replace('*', " * ");
    let mut words = spaced.split_whitespace().peekable();
    while let Some(word) = words.next() {
        if !expect_term {
            match word {
                "+" | "-" => {
                    minus = word == "-";
                    expect_term = true;
                    continue;
                }
                _ => return Err(format!("{word:?} where + or - is due; allowed: {SHAPE}")),
            }
        }
        let mut factor = Decimal::whole(if minus { -1 } else { 1 });
        let mut place = None;
        let mut part = word;
        loop {
            match Decimal::parse(part) {
                Some(n) => factor = factor.times(n).ok_or("numbers with too many digits")?,
                None if place.is_some() => return Err(format!("two paths in one product; allowed: {SHAPE}")),
                None => place = Some(path(part, paths)?),
            }
            if words.peek() != Some(&"*") {
                break;
            }
            words.next();
            part = words.next().ok_or_else(|| format!("nothing behind *; allowed: {SHAPE}"))?;
        }
        match place {
            Some(place) => out.terms.push((factor, place)),
            None => out.constant = out.constant.plus(factor).ok_or("numbers with too many digits")?,
        }
        (expect_term, minus) = (false, false);
    }
    if expect_term {
        return Err(format!("a side without a term at its end; allowed: {SHAPE}"));
    }
    Ok(out)
}

fn path(word: &str, paths: &[String]) -> Result<usize, String> {
    paths.iter().position(|p| p == word).ok_or_else(|| {
        let hint =
            did_you_mean(word, paths.iter().map(String::as_str)).map_or(String::new(), |h| format!("; {h}"));
        format!("{word} is not varied{hint} (varied: {})", paths.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths() -> Vec<String> {
        ["campaigns.a.per_week", "campaigns.last-call.per_week"].map(String::from).to_vec()
    }

    fn holds(text: &str, a: &str, b: &str) -> bool {
        let values = [a.to_string(), b.to_string()];
        Constraint::parse(text, &paths()).unwrap().holds(&values, &paths()).unwrap()
    }

    #[test]
    fn sums_are_held_against_each_other() {
        let text = "campaigns.a.per_week + campaigns.last-call.per_week <= 7";
        assert!(holds(text, "3", "4") && !holds(text, "3.1", "4"));
        let text = "2*campaigns.a.per_week - campaigns.last-call.per_week > 0.1 * campaigns.a.per_week";
        assert!(holds(text, "2", "3.7") && !holds(text, "2", "3.8"));
        assert!(holds("campaigns.a.per_week != campaigns.last-call.per_week", "1", "1.5"));
        assert!(holds("campaigns.a.per_week = 0.3", "0.30", "0"), "decimals, not doubles");
    }

    #[test]
    fn wrong_conditions_say_what_is_allowed() {
        for (text, says) in [
            ("campaigns.a.per_week", "no comparison"),
            ("1 < campaigns.a.per_week < 2", "more than one comparison"),
            ("campaigns.b.per_week < 2", "did you mean campaigns.a.per_week?"),
            ("1 < 2", "no varied path"),
            ("campaigns.a.per_week 2 < 1", "where + or - is due"),
            ("campaigns.a.per_week + < 1", "without a term"),
            ("campaigns.a.per_week*campaigns.a.per_week < 1", "two paths in one product"),
            ("2* < campaigns.a.per_week", "nothing behind *"),
        ] {
            let wrong = Constraint::parse(text, &paths()).unwrap_err().to_string();
            assert!(wrong.starts_with("--where ") && wrong.contains(says), "{text}: {wrong}");
        }
        let c = Constraint::parse("campaigns.a.per_week < 1", &paths()).unwrap();
        let wrong = c.holds(&["easy".into(), "1".into()], &paths()).unwrap_err().to_string();
        assert!(wrong.contains("the value easy, which is no number"), "{wrong}");
    }
}
