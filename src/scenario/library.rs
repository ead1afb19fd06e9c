//! The scenarios that come with the program, embedded so that they run by name anywhere.

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
pub static SHIPPED: &[Shipped] = shipped!["weekly-promo", "bench/w1"];

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
    let value: toml::Value = line.parse().ok()?;
    value.as_str().map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::audience::no_files;
    use crate::scenario::load;

    #[test]
    fn every_shipped_scenario_loads_and_its_resolved_form_is_the_same() {
        for Shipped { name, text } in SHIPPED {
            let file = format!("scenarios/{name}.toml");
            let scenario = load(&file, text, &[], &no_files).unwrap_or_else(|f| panic!("{f}"));
            let again =
                load(&file, &scenario.resolved_toml(), &[], &no_files).unwrap_or_else(|f| panic!("{f}"));
            assert_eq!(scenario, again, "{name}");
            assert_eq!(summary(name), Some(scenario.question), "{name}");
        }
    }
}
