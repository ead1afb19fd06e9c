//! What is wrong with a text, all of it, each with its place; and the one rule by which near misses are suggested.
//!
//! Knows nothing of what the text is about: only places, findings and spelling. Callers decide what is printed where.

use std::fmt;

use super::place::Place;

/// One thing wrong (or, in a list of warnings, odd).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// The field, as a dotted path of keys; empty when the text as a whole is meant.
    pub path: String,
    /// What was found.
    pub found: String,
    /// What is allowed; empty when `found` says it all.
    pub allowed: String,
    /// The nearest right spelling or another way out.
    pub hint: Option<String>,
}

impl Fault {
    /// A fault whose finding says it all.
    pub fn new(place: Place, path: impl Into<String>, found: impl Into<String>) -> Fault {
        Fault { place, path: path.into(), found: found.into(), allowed: String::new(), hint: None }
    }

    /// The same with what is allowed.
    pub fn allowed(mut self, allowed: impl Into<String>) -> Fault {
        self.allowed = allowed.into();
        self
    }

    /// The same with a hint, if there is one.
    pub fn hint(mut self, hint: Option<String>) -> Fault {
        self.hint = hint;
        self
    }

    /// A key that does not exist, with those that do.
    pub fn unknown_key(place: Place, path: impl Into<String>, key: &str, allowed: &[&str]) -> Fault {
        let hint = did_you_mean(key, allowed.iter().copied());
        Fault::new(place, path, "unknown key").allowed(allowed.join(", ")).hint(hint)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.fmt(f)?;
        if !self.path.is_empty() {
            write!(f, ": {}", self.path)?;
        }
        write!(f, ": {}", self.found)?;
        if let Some(hint) = &self.hint {
            write!(f, "; {hint}")?;
        }
        if !self.allowed.is_empty() {
            write!(f, " (allowed: {})", self.allowed)?;
        }
        Ok(())
    }
}

/// Everything wrong with a text, in the order of the text; never empty when returned as an error.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Faults {
        Faults(vec![fault])
    }
}

/// The candidate a person most likely meant, if any is near enough: one slip, and one more for every five characters
/// of the longer of the two. Among equals the one that begins alike, then the first.
pub fn nearest<'a>(found: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = found.to_lowercase();
    let rank = |candidate: &'a str| {
        let name = candidate.to_lowercase();
        let slips = strsim::damerau_levenshtein(&lower, &name);
        let (length, longer) = (name.chars().count(), name.chars().count().max(lower.chars().count()));
        let alike = lower.chars().zip(name.chars()).take_while(|(a, b)| a == b).count();
        (slips <= 1 + longer / 5 && slips < length).then_some((slips, usize::MAX - alike, candidate))
    };
    candidates.into_iter().filter_map(rank).min_by_key(|(slips, unlike, _)| (*slips, *unlike)).map(|r| r.2)
}

/// `did you mean x?`, if any candidate is near enough.
pub fn did_you_mean<'a>(found: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(found, candidates).map(|c| format!("did you mean {c}?"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::place::Position;

    #[test]
    fn near_misses_are_near() {
        assert_eq!(nearest("per_wek", ["at", "per_week", "weekdays"]), Some("per_week"));
        assert_eq!(nearest("RED", ["red", "green"]), Some("red"));
        assert_eq!(nearest("xyzzy", ["at", "per_week"]), None);
        assert_eq!(nearest("b", ["a"]), None);
        assert_eq!(nearest("Yellow_At", ["yellow_at", "red_at"]), Some("yellow_at"));
        assert_eq!(nearest("2023-3", ["2022-05", "2023-03", "2023-11"]), Some("2023-03"));
        assert_eq!(nearest("2025-11", ["2023-11", "2025-10", "2025-12"]), Some("2025-10"), "begins alike");
        assert_eq!(nearest("carrots", ["yellow_at", "red_at"]), None);
        assert_eq!(nearest("mesage_sent", ["message_read", "message_sent"]), Some("message_sent"));
        assert_eq!(nearest("sent", ["kept", "click"]), None, "half of it is not near");
    }

    #[test]
    fn a_fault_reads_like_a_compiler_message() {
        let place = Place { source: "x.toml".into(), position: Some(Position { line: 12, column: 5 }) };
        let fault = Fault::unknown_key(place, "campaigns.promo.per_wek", "per_wek", &["at", "per_week"]);
        let text = "x.toml:12:5: campaigns.promo.per_wek: unknown key; did you mean per_week? (allowed: at, per_week)";
        assert_eq!(fault.to_string(), text);
        let other = Fault::new(Place::whole("--set days"), "", "no path=value");
        assert_eq!(Faults(vec![fault, other]).to_string(), format!("{text}\n--set days: no path=value"));
    }
}
