//! From text to a checked scenario, in five steps: read, override, check, fill in, refer.
//!
//! Every step goes on after faults as far as it can, so that one reading tells a person everything that is wrong.

use super::audience::Loader;
use super::check::{self, Checker};
use super::fields::SCENARIO;
use super::plan::{self, Known, Run};
use super::read::Reader;
use super::spec::{Kind, moment};
use super::{Named, PolicyChoice, Scenario, Written, judges, money, people, portfolios, rulings, set};
use crate::policy::Policy;
use crate::sim::{SimDuration, SimTime};
use crate::text::{self, Faults, Node, Place, Value};

pub(super) static ROOT: Kind = Kind::Table(&SCENARIO);

/// Reads a scenario, and the policy that judges it: by date, pinned, or from the file it names, its overrides in place.
///
/// `name` is the file's name as messages should give it; its stem is the scenario's name. Text that begins with `{`
/// or comes from a `.json` file is JSON, anything else TOML. `sets` are overrides, `path=value`, applied in order
/// before anything is checked. `loader` reads the files a scenario names, its `[audience]` and its policy.
pub fn load(
    name: &str,
    text: &str,
    sets: &[String],
    loader: Loader<'_>,
) -> Result<(Scenario, Policy), Faults> {
    let mut root = text::parse(name, text)?.root;
    let mut faults = Checker::default();
    faults.faults.extend(sets.iter().filter_map(|s| set::set(&mut root, s, &ROOT).err()).map(|fault| *fault));
    faults.table(&mut root, &SCENARIO, "");
    let written = Written(root.to_json());
    let run = settle(&mut root);
    let (mut scenario, policy) = refer(name, &mut root, run, loader, &mut faults);
    scenario.written = written;
    if faults.faults.is_empty() {
        return Ok((scenario, policy.expect("a policy that cannot be had is a fault")));
    }
    let mut all = faults.faults;
    let sources: Vec<String> =
        std::iter::once(name.to_string()).chain(sets.iter().map(|s| set::source(s))).collect();
    let rank = |source: &str| sources.iter().position(|s| s == source).unwrap_or(usize::MAX);
    all.sort_by_key(|f| (rank(&f.place.source), f.place.position));
    Err(Faults(all))
}

/// Brings a checked document into its resolved form: one way of saying each thing, every default in place.
fn settle(root: &mut Node) -> Run {
    let instant = |node: Option<&Node>| match node.map(|n| &n.value) {
        Some(Value::Text(t)) => moment(t),
        _ => None,
    };
    let start = instant(root.get("start"));
    let days = root.get("days").and_then(|n| Some((n.value.as_whole()?, n.place.clone())));
    if let (Some(start), Some((days, place))) = (start, days) {
        let horizon = start + SimDuration::days(days as i64);
        root.remove("days");
        root.put("horizon", Value::Text(horizon.to_string()), place);
    }
    let run = start.zip(instant(root.get("horizon")));

    let numbers = root.get("numbers").map(Node::entries).unwrap_or_default();
    let only = if let [number] = numbers { Some(number.key.clone()) } else { None };
    if let Some(Node { value: Value::Table(campaigns), .. }) = root.get_mut("campaigns") {
        for campaign in campaigns {
            plan::settle_marks(&mut campaign.node, &["from", "until"], run);
            put_only_number(&mut campaign.node, only.as_deref());
        }
    }
    if let Some(Node { value: Value::Table(numbers), .. }) = root.get_mut("numbers") {
        for number in numbers {
            plan::settle_marks(&mut number.node, &["registered"], run);
            // No portfolio of API numbers has an app number in it.
            let app =
                matches!(number.node.get("channel").map(|n| &n.value), Some(Value::Text(t)) if t == "app");
            if app && number.node.get("portfolio").is_none() {
                let place = number.node.place.clone();
                number.node.put("portfolio", Value::Text(number.key.clone()), place);
            }
        }
    }
    if let Some(Node { value: Value::Table(templates), .. }) = root.get_mut("templates") {
        for template in templates {
            if let Some(review) = template.node.get_mut("review") {
                plan::settle_marks(review, &["submitted"], run);
            }
        }
    }
    for key in ["violations", "appeals"] {
        if let Some(Node { value: Value::List(items), .. }) = root.get_mut(key) {
            for item in items {
                plan::settle_marks(item, &["at"], run);
                put_only_number(item, only.as_deref());
            }
        }
    }
    // Segments take from [recipients] what they do not say themselves; after that it has nothing left to say.
    let shared = root.get("recipients").cloned();
    if let (Some(shared), Some(Node { value: Value::Table(segments), .. })) =
        (shared, root.get_mut("segments"))
    {
        for segment in segments {
            for entry in shared.entries() {
                if segment.node.get(&entry.key).is_none() {
                    segment.node.put(&entry.key, entry.node.value.clone(), entry.node.place.clone());
                }
            }
        }
    }
    check::fill(root, &SCENARIO);
    // A policy may be written as its name alone.
    if let Some(Node { value: Value::Text(era), place }) = root.get("policy").cloned() {
        root.put("policy", Value::Table(Vec::new()), place.clone());
        root.get_mut("policy").expect("just put").put("era", Value::Text(era), place);
    }
    // No card is what leaving it out says, and two ways of saying so are one scenario.
    if let Some(money) = root.get_mut("money")
        && money.get("rates").and_then(|n| n.value.as_text()) == Some("none")
    {
        money.remove("rates");
    }
    root.remove("recipients");
    root.remove("$schema");
    run
}

/// Names the number where there is no other and none is named.
fn put_only_number(node: &mut Node, only: Option<&str>) {
    if let (Some(only), None) = (only, node.get("number")) {
        let place = node.place.clone();
        node.put("number", Value::Text(only.to_string()), place);
    }
}

fn refer(
    name: &str,
    root: &mut Node,
    run: Run,
    loader: Loader<'_>,
    faults: &mut Checker,
) -> (Scenario, Option<Policy>) {
    let t = Reader::new(root, "");
    let warm_up = t.span("warm_up");
    if let Some((start, horizon)) = run {
        if horizon <= start {
            let found = format!("the run ends at {horizon}, not after its start");
            faults.fault(t.place("horizon"), "horizon", found, format!("an instant after {start}"));
        } else if warm_up >= horizon - start {
            let found = format!("a warm-up of {warm_up} in a run of {}", horizon - start);
            faults.fault(t.place("warm_up"), "warm_up", found, "less than the run");
        }
    }
    let run = run.filter(|(start, horizon)| start < horizon);
    let (start, horizon) = run.unwrap_or((SimTime(0), SimTime(0)));
    let prices = t.table("money");
    let policy = t.table("policy");

    let segments: Vec<_> = t.tables("segments").iter().map(|(n, s)| people::segment(n, s, faults)).collect();
    let numbers: Vec<_> = t.tables("numbers").iter().map(|(n, s)| plan::number(n, s, run, faults)).collect();
    portfolios::check(&t, &numbers, faults);
    let templates: Vec<_> =
        t.tables("templates").iter().map(|(n, s)| plan::template(n, s, &prices, run)).collect();
    let known = Known {
        run,
        numbers: &numbers,
        templates: &templates,
        segments: &segments,
        value_per_conversion: prices.real("value_per_conversion"),
    };
    let mut idle = Vec::new();
    let campaigns: Vec<_> =
        t.tables("campaigns").iter().map(|(n, c)| plan::campaign(n, c, &known, &mut idle, faults)).collect();
    let violations = rulings::violations(&t, &known, faults);
    let appeals = rulings::appeals(&t, &known, faults);
    let choice = policy_choice(policy.text("era"));
    let judge = policy.get("era").and_then(|_| judges::choose(&choice, &policy, loader, faults));
    let (people, digest, mut remarks) = people::people(&t, &segments, start, loader, faults);
    remarks.extend(idle);
    let bought = money::Bought {
        run,
        segments: &segments,
        numbers: &numbers,
        templates: &templates,
        campaigns: &campaigns,
    };
    let (pricing, card_digest) = money::pricing(&t, &bought, loader, &mut remarks, faults);

    remarks.extend(judge.iter().flat_map(|policy| portfolios::remarks(&numbers, start, policy)));
    let mut scenario = Scenario {
        name: stem(name),
        question: t.text("question").to_string(),
        measures: match t.has("measures") {
            true => {
                let named = |(text, place, _): (&str, Place, String)| Named { name: text.to_string(), place };
                t.texts("measures").into_iter().map(named).collect()
            }
            false => Vec::new(),
        },
        start,
        horizon,
        warm_up,
        seed: t.whole_opt("seed").unwrap_or(1),
        replications: t.whole_opt("replications"),
        policy: choice,
        currency: prices.text("currency").to_string(),
        pricing,
        numbers,
        templates,
        segments,
        people,
        campaigns,
        violations,
        appeals,
        remarks,
        resolved: serde_json::Value::Null,
        written: Written::default(),
    };
    if let (Some(digest), Some(list)) = (digest, root.get_mut("audience")) {
        let place = list.place.clone();
        list.put("digest", Value::Text(digest), place);
    }
    if let (Some(digest), Some(money)) = (card_digest, root.get_mut("money")) {
        let place = money.place.clone();
        money.put("rates_digest", Value::Text(digest), place);
    }
    scenario.resolved = root.to_json();
    (scenario, judge)
}

fn policy_choice(text: &str) -> PolicyChoice {
    match text {
        "auto" => PolicyChoice::Auto,
        _ if text.ends_with(".toml") || text.ends_with(".json") => PolicyChoice::File(text.to_string()),
        _ => PolicyChoice::Era(text.to_string()),
    }
}

/// A file's name without folders and extension.
fn stem(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    base.strip_suffix(".toml").or_else(|| base.strip_suffix(".json")).unwrap_or(base).to_string()
}

impl Scenario {
    /// The scenario with every default filled in and every segment spelt out, as a TOML text that loads to the same
    /// scenario again. `[recipients]` is gone: what it said is in every segment.
    pub fn resolved_toml(&self) -> String {
        text::write(&Node::from_json(&self.resolved, &Place::whole(self.name.as_str())))
    }

    /// The scenario as it was written, overrides applied and comments left out, as a TOML text. It loads to the same
    /// scenario, and takes further overrides as the one that was written does: `recipients.block_base` is for segments
    /// that say nothing of their own, and the resolved form has none of these.
    pub fn written_toml(&self) -> String {
        text::write(&Node::from_json(&self.written.0, &Place::whole(self.name.as_str())))
    }

    /// Blake3 digest of that text, in hexadecimal: what studies hang on that make variants of a scenario.
    pub fn written_hash(&self) -> String {
        blake3::hash(self.written_toml().as_bytes()).to_hex().to_string()
    }

    /// The value that a path, as `--set` takes it, has in the resolved form; none if it is not there.
    pub fn value_at(&self, path: &str) -> Option<&serde_json::Value> {
        set::keys(path)?.iter().try_fold(&self.resolved, |at, key| match at {
            serde_json::Value::Array(items) => items.get(key.parse::<usize>().ok()?),
            other => other.get(key),
        })
    }

    /// Blake3 digest, in hexadecimal, of what will run: the resolved form without seed, replications, question and
    /// measures.
    /// The content of an audience file is in it by its own digest.
    pub fn hash(&self) -> String {
        let mut resolved = self.resolved.clone();
        if let Some(fields) = resolved.as_object_mut() {
            for key in ["seed", "replications", "question", "measures"] {
                fields.shift_remove(key);
            }
        }
        blake3::hash(resolved.to_string().as_bytes()).to_hex().to_string()
    }
}
