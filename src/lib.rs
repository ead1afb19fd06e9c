//! tiersim: a flight simulator for business messaging.
//!
//! The architecture on one screen; an arrow points at what is depended on, nothing reaches right:
//!
//! ```text
//! sim ← messaging ← policy · behaviour ← scenario ← experiment ← report · store ← cli ← main
//! └──── core ────┘ └ rules ┘ └ people ┘ └───── experiments ────┘ └── edges ──┘
//!           ↑ import ← cli
//! ```
//!
//! * [`text`]: TOML and JSON that people write, read strictly, every fault with its place. Off the line: whoever reads
//!   such texts may use it.
//! * [`sim`]: time, and random draws addressed by (seed, replication, purpose, entity). Knows nothing of messages.
//! * [`messaging`]: the nouns of the field: numbers, recipients, signals and verdicts, and windows over them.
//! * [`import`]: what the platform posted or answered, to rows of the log. Pure: no files, no formats, no rules.
//! * [`policy`]: the platform's rules by date, as data, and the fold that turns signals into verdicts.
//! * [`behaviour`]: how recipients react and how senders plan. Never sees how a rating comes about.
//! * [`scenario`]: text to checked values. No file system.
//! * [`experiment`]: runs: the plain engine, the block engine, replications, measures.
//! * [`report`]: measures to tables and charts, as text and bytes. Writes nothing.
//! * [`store`]: run folders, manifest, CSV, NDJSON and Parquet. Computes nothing.
//! * [`cli`]: arguments, progress, exit codes.
//!
//! Two walls matter most: `policy` can't see `behaviour` (a rating is computable from the log alone), and
//! `behaviour` can't see `policy` (a sender is no clairvoyant). `tests/layers.rs` holds both.

pub mod text;

pub mod sim;

pub mod messaging;

pub mod import;

pub mod behaviour;
pub mod policy;

pub mod scenario;

pub mod experiment;

pub mod report;
pub mod store;

pub mod cli;
