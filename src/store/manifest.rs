//! `manifest.json` and `summary.json`: what a run was made from, and its headline numbers, as plain data.
//!
//! No clock time, no host, no thread count: the same run gives the same bytes anywhere. Key order is declaration
//! order, maps are sorted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::messaging::event::SCHEMA_VERSION;
use crate::messaging::log::LogCounts;
use crate::sim::SimTime;

/// This program's name, as in manifests.
pub const TOOL: &str = "tiersim";

/// A program and its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl Tool {
    /// This program.
    pub fn this() -> Tool {
        Tool { name: TOOL.to_string(), version: env!("CARGO_PKG_VERSION").to_string() }
    }
}

/// Something named, with the hash of its resolved content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// blake3 in hex.
    pub hash: String,
}

/// A rule set and when it came into force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EraInForce {
    /// RFC 3339, UTC.
    pub from: String,
    /// The era's name.
    pub name: String,
}

/// The policy of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyInputs {
    /// As asked for: `auto`, an era, or a file's name.
    pub name: String,
    /// Hash of the resolved rules.
    pub hash: String,
    /// The rule sets in force during the run, in order.
    pub eras: Vec<EraInForce>,
}

impl PolicyInputs {
    /// From the name, the hash and (from, name) of the rule sets in force.
    pub fn new(name: &str, hash: &str, eras: &[(SimTime, String)]) -> PolicyInputs {
        let eras = eras.iter().map(|(from, name)| EraInForce { from: from.to_string(), name: name.clone() });
        PolicyInputs { name: name.to_string(), hash: hash.to_string(), eras: eras.collect() }
    }
}

/// What a result was made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Origin {
    /// A scenario was simulated.
    Run {
        /// The scenario, resolved.
        scenario: Named,
        /// Root of all randomness.
        seed: u64,
        /// Replications run.
        replications: u64,
    },
    /// Several runs were made to answer one question: arms compared, a design evaluated.
    Study {
        /// What kind: `compare`, `sweep` and so on, as the command is called.
        study: String,
        /// A name for it: the scenario's, or those of several.
        name: String,
        /// The scenarios, resolved, with what they are called.
        scenarios: Vec<Named>,
        /// Root of all randomness.
        seed: u64,
        /// Replications of each arm or point.
        replications: u64,
    },
    /// A log was replayed.
    Replay {
        /// A name for it; its hash is the digest of its rows, whatever format they were stored in.
        log: Named,
    },
}

impl Origin {
    /// What the folder of results is called.
    pub fn name(&self) -> &str {
        match self {
            Origin::Run { scenario: of, .. } | Origin::Replay { log: of } => &of.name,
            Origin::Study { name, .. } => name,
        }
    }
}

/// Everything the bytes of a result depend on. Two results with equal inputs are made of equal files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    /// The program: another version may well give other numbers.
    pub tool: Tool,
    /// Version of the event log's vocabulary and columns.
    pub log_schema: u32,
    /// What it was made from.
    pub origin: Origin,
    /// The rules it was judged by; a replay may take several, one after the other.
    pub policies: Vec<PolicyInputs>,
    /// Options that change what is written (`events`, `every`, `keep`, `charts`, …), by name.
    pub options: BTreeMap<String, Value>,
}

impl Inputs {
    /// Inputs of this program and log schema, without options.
    pub fn new(origin: Origin, policies: Vec<PolicyInputs>) -> Inputs {
        let options = BTreeMap::new();
        Inputs { tool: Tool::this(), log_schema: SCHEMA_VERSION, origin, policies, options }
    }

    /// blake3 over the inputs as compact JSON, in hex. Its first 12 digits name the run's folder.
    pub fn hash(&self) -> String {
        let bytes = serde_json::to_vec(self).expect("plain data becomes JSON");
        blake3::hash(&bytes).to_hex().to_string()
    }
}

/// The log of one replication by its digest, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogDigest {
    /// Counted from 1.
    pub replication: u64,
    /// blake3 of the canonical log, in hex.
    pub digest: Option<String>,
    /// Why there is no digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl LogDigest {
    /// A digest that was computed.
    pub fn of(replication: u64, digest: impl Into<String>) -> LogDigest {
        LogDigest { replication, digest: Some(digest.into()), reason: None }
    }

    /// No digest, and why.
    pub fn none(replication: u64, reason: impl Into<String>) -> LogDigest {
        LogDigest { replication, digest: None, reason: Some(reason.into()) }
    }
}

/// A file of a run folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Path inside the folder, parts joined by `/`.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// Its hash, in hex.
    pub blake3: String,
}

/// `manifest.json`: what is needed to repeat a run and to check that nothing of it changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Hash of `inputs`.
    pub inputs_hash: String,
    /// What the run was made from.
    pub inputs: Inputs,
    /// One per replication, in order.
    pub logs: Vec<LogDigest>,
    /// Every other file of the folder, sorted by path.
    pub files: Vec<FileEntry>,
    /// What charts and reports say beside the tables, so that both can be made again from this folder alone. Follows
    /// from the inputs, and is none of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<Value>,
}

impl Manifest {
    /// As written: indented JSON and a line end.
    pub fn to_bytes(&self) -> Vec<u8> {
        pretty(self)
    }

    /// Reads a manifest of this program; none if it is not one or if it contradicts itself.
    pub fn parse(bytes: &[u8]) -> Option<Manifest> {
        let manifest: Manifest = serde_json::from_slice(bytes).ok()?;
        let ours = manifest.inputs.tool.name == TOOL && manifest.inputs.hash() == manifest.inputs_hash;
        ours.then_some(manifest)
    }
}

/// Counts of log rows. For a run, `read` is the rows its log has and the others are zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowCounts {
    /// Rows read (for a run: written).
    pub read: u64,
    /// Rows earlier than some row before them.
    pub moved: u64,
    /// Rows that said the same as an earlier one.
    pub duplicate: u64,
    /// Malformed rows set aside.
    pub rejected: u64,
}

/// `summary.json`: headline numbers of a run or a replay.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Rows of the log (replication 1).
    pub rows: RowCounts,
    /// Rows by event, those that occurred, in the vocabulary's order.
    pub events: Map<String, Value>,
    /// Verdicts by kind, those that occurred, in the vocabulary's order.
    pub verdicts: Map<String, Value>,
    /// blake3 of the canonical log (replication 1), in hex; null if it was not computed.
    pub digest: Option<String>,
    /// The rules.
    pub policy: Named,
    /// What the command adds: its own keys, in its own order, after these.
    #[serde(flatten)]
    pub headline: Map<String, Value>,
}

impl Summary {
    /// The summary of a log: `events` are its signals and what the platform reported, `verdicts` what the rules made
    /// of them.
    pub fn of_log(counts: &LogCounts, rows: RowCounts, digest: Option<String>, policy: Named) -> Summary {
        let map = |pairs: Vec<(&'static str, u64)>| {
            pairs.into_iter().map(|(name, n)| (name.to_string(), Value::from(n))).collect()
        };
        Summary {
            rows,
            events: map([counts.signals(), counts.observed()].concat()),
            verdicts: map(counts.verdicts()),
            digest,
            policy,
            headline: Map::new(),
        }
    }

    /// As written: indented JSON and a line end.
    pub fn to_bytes(&self) -> Vec<u8> {
        pretty(self)
    }
}

fn pretty(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("plain data becomes JSON");
    bytes.push(b'\n');
    bytes
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn inputs(seed: u64) -> Inputs {
        let policy = PolicyInputs::new("auto", "cd34", &[(SimTime(0), "2023-03".to_string())]);
        let scenario = Named { name: "weekly-promo".into(), hash: "ab12".into() };
        let mut inputs = Inputs::new(Origin::Run { scenario, seed, replications: 2 }, vec![policy]);
        inputs.options.insert("every".into(), Value::from("1d"));
        inputs.options.insert("events".into(), Value::Null);
        inputs
    }

    #[test]
    fn a_manifest_reads_back_and_a_changed_one_is_not_ours() {
        let inputs = inputs(7);
        let manifest = Manifest {
            inputs_hash: inputs.hash(),
            inputs,
            logs: vec![LogDigest::of(1, "00"), LogDigest::none(2, "not asked for")],
            files: vec![FileEntry { path: "daily.csv".into(), bytes: 3, blake3: "ff".into() }],
            reports: vec![serde_json::json!({ "threshold": 0.1 })],
        };
        let bytes = manifest.to_bytes();
        assert_eq!(Manifest::parse(&bytes), Some(manifest));
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.ends_with("}\n") && text.contains("1970-01-01T00:00:00.000Z"));
        assert_eq!(Manifest::parse(text.replace("\"seed\": 7", "\"seed\": 8").as_bytes()), None);
        assert_eq!(Manifest::parse(text.replace("tiersim", "other").as_bytes()), None);
        assert_eq!(Manifest::parse(b"{}"), None);
    }

    #[test]
    fn every_input_moves_the_hash() {
        let base = inputs(7);
        let mut others = [inputs(8), base.clone(), base.clone(), base.clone(), base.clone(), base.clone()];
        let run = |hash: &str, seed, replications| Origin::Run {
            scenario: Named { name: "weekly-promo".into(), hash: hash.into() },
            seed,
            replications,
        };
        others[1].origin = run("ab12", 7, 3);
        others[2].options.insert("every".into(), Value::from("1h"));
        others[3].policies[0].eras.clear();
        others[4].origin = run("ab13", 7, 2);
        others[5].tool.version = "0.0.0".into();
        assert!(others.iter().all(|o| o.hash() != base.hash()));
        assert_eq!(inputs(7).hash(), base.hash());
    }

    #[test]
    fn a_summary_keeps_the_keys_in_order() {
        use crate::messaging::log::LogSink;
        use crate::messaging::{Signal, SignalKind};
        let mut counts = LogCounts::default();
        for kind in [SignalKind::LogClosed, SignalKind::MessageSent, SignalKind::MessageSent] {
            counts.signal(&Signal::new(SimTime(0), kind, "n"));
        }
        let rows = RowCounts { read: counts.rows(), ..RowCounts::default() };
        let policy = Named { name: "auto".into(), hash: "x".into() };
        let mut summary = Summary::of_log(&counts, rows, None, policy);
        summary.headline.insert("sent".into(), Value::from(2));
        let text = String::from_utf8(summary.to_bytes()).unwrap();
        let at = |key: &str| text.find(key).unwrap_or_else(|| panic!("{key} in {text}"));
        let keys = [
            "\"rows\"",
            "\"events\"",
            "\"message_sent\": 2",
            "\"log_closed\": 1",
            "\"verdicts\"",
            "\"digest\"",
            "\"policy\"",
            "\"sent\": 2",
        ];
        assert!(keys.windows(2).all(|k| at(k[0]) < at(k[1])), "{text}");
        assert!(text.contains("\"read\": 3") && text.contains("\"digest\": null"));
    }
}
