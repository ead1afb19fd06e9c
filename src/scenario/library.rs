//! The scenarios that come with the program, embedded so that they run by name anywhere.

use crate::text::{Place, parse_value};

/// A scenario that comes with the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shipped {
    /// What it is called on the command line.
    pub name: &'static str,
    /// The file as it lies in `scenarios/`.
    pub text: &'static str,
}

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        &[$(Shipped { name: $name, text: include_str!(concat!("../../scenarios/", $name, ".toml")) }),*]
    };
}

/// All of them, in the order in which they are best read.
pub static SHIPPED: &[Shipped] = shipped![
    "loyalty-healthy",
    "weekly-promo",
    "warm-up",
    "purchased-list",
    "opt-out-easy",
    "opt-out-hidden",
    "consent-sources",
    "recovery-silence",
    "recovery-dilution",
    "recovery-template",
    "frequency-cap",
    "new-template",
    "portfolio-number-scope",
    "portfolio-shared-scope",
    "three-numbers-own-limits",
    "three-numbers-one-limit",
    "small-shop-app",
    "small-shop-api",
    "eras-crossing",
    "pricing-2025",
    "pricing-2026-10",
    "enforcement",
    "million",
    "bench/w1",
];

/// Names of the shipped scenarios.
pub fn names() -> Vec<&'static str> {
    SHIPPED.iter().map(|s| s.name).collect()
}

/// The text of a shipped scenario.
pub fn text(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|s| s.name == name).map(|s| s.text)
}

/// The question a shipped scenario answers.
pub fn summary(name: &str) -> Option<String> {
    let line = text(name)?.lines().find_map(|l| l.strip_prefix("question = "))?;
    let value = parse_value(line, &Place::whole(name))?.value;
    value.as_text().map(String::from)
}

/// A commented scenario to begin with, for `tiersim scenario new`.
pub fn new_text(name: &str) -> String {
    NEW.replace("NAME", name)
}

const NEW: &str = r##"#:schema ./scenario.schema.json

# How often may I write to my customers before the number turns red? Asked by whoever plans the campaigns; the answer
# is the first line that `tiersim run` prints. (Your own question goes here and into `question`.)
#
#   tiersim scenario check NAME.toml
#   tiersim run NAME.toml
#   tiersim run NAME.toml --set campaigns.offers.per_week=4

question = "How often may I write without the number turning red?"
start = 2026-01-05             # the calendar date decides which rules hold
days = 60
policy = "auto"                # or an era pinned by name, see `tiersim policy list`

[money]
currency = "USD"
marketing = 0.06               # per delivered message; take yours from the platform's rate card
value_per_conversion = 10

[recipients]                   # how people behave; `tiersim scenario schema` has every key, default and source
# read = 0.68                  # chance that a delivered marketing message is read
# block_base = 0.003           # chance that a reader blocks; an assumption, nobody publishes it

[segments.regulars]
size = 2_000
consent = "site"               # imported: a list without consent
topics = ["offers"]

[segments.lapsed]
size = 1_000
read = 0.45                    # whatever differs from [recipients]

[numbers.main]
starting_limit = 2_000         # people in a moving 24 hours; leave it out for the policy's own start
verified = true

[templates.offer]
category = "marketing"         # utility, authentication, service
topic = "offers"
opt_out = "easy"               # hidden, none

[campaigns.offers]
template = "offer"
per_week = 2                   # or weekdays, every, dates, triggered_per_day
at = "10:00"
timezone = "UTC"
at_limit = "defer"             # drop, spread
# reactions = [{ when = "red", pause = true }]
"##;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::audience::no_files;
    use crate::scenario::load;

    #[test]
    fn a_new_scenario_loads() {
        let text = new_text("mine");
        assert!(text.contains("tiersim run mine.toml"));
        load("mine.toml", &text, &[], &no_files).unwrap_or_else(|f| panic!("{f}"));
    }

    #[test]
    fn the_folder_holds_what_is_shipped_and_names_its_schema() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        for (inner, prefix, schema) in [("", "", "./"), ("bench", "bench/", "../")] {
            for entry in std::fs::read_dir(folder.join(inner)).unwrap() {
                let file = entry.unwrap().file_name().into_string().unwrap();
                if let Some(stem) = file.strip_suffix(".toml") {
                    let text =
                        text(&format!("{prefix}{stem}")).unwrap_or_else(|| panic!("{file} is not shipped"));
                    assert!(text.starts_with(&format!("#:schema {schema}scenario.schema.json\n")), "{file}");
                }
            }
        }
    }

    /// The two files of a pair say the same but for comments, the question, and this line.
    fn differ_only_in(one: &str, other: &str, starts: &str) {
        let lines = |name| {
            let keep = |l: &&str| !l.starts_with('#') && !l.starts_with("question");
            text(name).unwrap().lines().filter(keep).collect::<Vec<_>>()
        };
        let (one, other) = (lines(one), lines(other));
        assert_eq!(one.len(), other.len());
        let differing: Vec<_> = one.iter().zip(&other).filter(|(a, b)| a != b).collect();
        assert!(differing.len() == 1 && differing[0].0.starts_with(starts), "{differing:?}");
    }

    #[test]
    fn pairs_differ_in_what_they_compare_only() {
        differ_only_in("opt-out-easy", "opt-out-hidden", "opt_out = ");
        differ_only_in("three-numbers-own-limits", "three-numbers-one-limit", "era = ");
        differ_only_in("small-shop-app", "small-shop-api", "channel = ");
        differ_only_in("portfolio-number-scope", "portfolio-shared-scope", "era = ");
    }

    #[test]
    fn every_shipped_scenario_loads_and_its_resolved_form_is_the_same() {
        for Shipped { name, text } in SHIPPED {
            let file = format!("scenarios/{name}.toml");
            let (scenario, policy) = load(&file, text, &[], &no_files).unwrap_or_else(|f| panic!("{f}"));
            let (again, same) =
                load(&file, &scenario.resolved_toml(), &[], &no_files).unwrap_or_else(|f| panic!("{f}"));
            assert_eq!((&scenario, policy.hash), (&again, same.hash), "{name}");
            assert_eq!(summary(name), Some(scenario.question), "{name}");
        }
    }
}
