//! Reading what arguments name: a scenario by file or shipped name, a policy by era or file.

use std::path::{Path, PathBuf};

use crate::cli::exit::Failure;
use crate::experiment::study::lead;
use crate::policy::Policy;
use crate::policy::rates::Rates;
use crate::scenario::{self, Scenario, library};
use crate::store::folder::MANIFEST;
use crate::store::manifest::{Manifest, Origin};
use crate::text;

/// A scenario's text and where it came from.
pub struct Source {
    /// As messages should name it.
    pub name: String,
    /// The text.
    pub text: String,
    /// What the scenario is called where that is not its file's name: one of a folder of results keeps its own.
    pub called: Option<String>,
    /// The folder that paths in it start from.
    folder: PathBuf,
}

impl Source {
    /// Reads a file that the scenario names; paths start from the scenario's folder.
    pub fn load(&self, path: &str) -> std::io::Result<String> {
        std::fs::read_to_string(self.folder.join(path))
    }
}

/// Reads the text of a scenario: a file if there is one, else a shipped scenario.
pub fn source(asked: &str) -> Result<Source, Failure> {
    let path = Path::new(asked);
    if path.is_dir() {
        return Err(Failure::input(format!("{asked}: a folder; name the scenario file in it")));
    }
    if path.is_file() {
        let text = text_of(path)?;
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        return Ok(Source { name: asked.to_string(), text, called: called(path), folder });
    }
    let shipped = asked.strip_suffix(".toml").unwrap_or(asked);
    let shipped = shipped.strip_prefix("scenarios/").unwrap_or(shipped);
    match library::text(shipped) {
        Some(text) => {
            let stem = shipped.rsplit('/').next().unwrap_or(shipped);
            Ok(Source {
                name: format!("{stem}.toml"),
                text: text.to_string(),
                called: None,
                folder: PathBuf::new(),
            })
        }
        None => {
            let names = library::names();
            let near = text::did_you_mean(asked, names.iter().copied());
            let hint = near.map_or_else(String::new, |hint| format!("; {hint}"));
            Err(Failure::input(format!(
                "{asked}: no such file, and no shipped scenario of that name{hint} (shipped: {})",
                names.join(", ")
            )))
        }
    }
}

/// What a scenario that a result was made from was called then, as the manifest of its folder has it: results of
/// `scenario.toml` there are those of the scenario, not of one of that name. None anywhere else.
fn called(path: &Path) -> Option<String> {
    let folder = path.parent()?;
    let of = |folder: &Path| Manifest::parse(&std::fs::read(folder.join(MANIFEST)).ok()?);
    let file = path.file_name()?.to_str()?;
    if file == "scenario.toml" {
        return Some(of(folder)?.inputs.origin.name().to_string());
    }
    let arm: usize = file.strip_suffix(".toml")?.parse().ok()?;
    let inputs = of(folder.parent().filter(|_| folder.ends_with("arms"))?)?.inputs;
    let Origin::Study { name, scenarios, .. } = inputs.origin else { return None };
    // Variants are of one scenario, after which their comparison is called; others are called as their arms.
    let variants = inputs.options.get("variants").and_then(|v| v.as_array()).is_some_and(|v| !v.is_empty());
    if variants { Some(name) } else { scenarios.get(arm.checked_sub(1)?).map(|s| s.name.clone()) }
}

/// Reads a whole text file.
pub fn text_of(path: &Path) -> Result<String, Failure> {
    let shown = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|e| Failure::io("read", &shown, &e))?;
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let line = e.as_bytes()[..at].iter().filter(|b| **b == b'\n').count() + 1;
        Failure::input(format!("{shown}:{line}: byte {at} is not UTF-8; save the file as UTF-8"))
    })
}

/// A scenario, checked, with the policy it is judged by.
pub fn scenario(source: &Source, sets: &[String]) -> Result<(Scenario, Policy), Failure> {
    let loader = |path: &str| source.load(path);
    let (mut scenario, policy) =
        scenario::load(&source.name, &source.text, sets, &loader).map_err(Failure::input)?;
    if let Some(called) = &source.called {
        scenario.name.clone_from(called);
    }
    lead::asked(&scenario).map_err(Failure::input)?;
    Ok((scenario, policy))
}

/// A policy by name or file.
pub fn policy(asked: &str) -> Result<Policy, Failure> {
    if Path::new(asked).is_file() {
        let text = text_of(Path::new(asked))?;
        return Policy::from_text(asked, &text).map_err(Failure::input);
    }
    Policy::named(asked).map_err(Failure::input)
}

/// Rate cards by name or file.
pub fn rates(asked: &str) -> Result<Rates, Failure> {
    if asked.ends_with(".toml") || asked.ends_with(".json") {
        let text = text_of(Path::new(asked))?;
        return Rates::from_text(asked, &text).map_err(Failure::input);
    }
    Rates::named(asked).map_err(Failure::input)
}

/// The text of a policy file.
pub fn policy_text(file: &str) -> Result<String, Failure> {
    if !Path::new(file).exists() {
        return Err(Failure::input(format!("{file}: no such file")));
    }
    text_of(Path::new(file))
}
