//! The shipped eras and variants, embedded in the program: one file each, every constant with its source.
//!
//! Knows the list and its order. What a file may say is the business of `file`; how eras follow one another in time,
//! of `timeline`.

use std::sync::OnceLock;

use crate::sim::SimTime;
use crate::text::{self, Fault};

use super::file::{Reader, Settings};
use super::timeline::{Version, VersionHead, build};

/// One shipped policy.
#[derive(Clone, Debug)]
pub struct Era {
    /// Its name; for an era the first month it holds.
    pub name: String,
    /// What changed, in a few words.
    pub title: String,
    /// The same in a paragraph.
    pub summary: String,
    /// The instant from which it holds: midnight UTC of its first day; none for a variant.
    pub effective: Option<SimTime>,
    /// Its first day, `YYYY-MM-DD`; none for a variant.
    pub from: Option<String>,
    /// Its last day, `YYYY-MM-DD`; none while it is the newest, and for a variant.
    pub until: Option<String>,
    /// What is uncertain about its dates.
    pub effective_note: Option<String>,
    /// A picture beside the calendar: never picked by date.
    pub variant: bool,
    /// The era it changes, if its file is a patch.
    pub based_on: Option<String>,
    /// Its rules and constants: at its end, where something changed while it held. This is what pinning it means.
    pub version: Version,
    /// The same from its first day on, in order, with every change by the day while it held; only the first is
    /// without a day of its own.
    pub dated: Vec<Version>,
    /// What looks odd but is meant.
    pub warnings: Vec<Fault>,
}

/// Name and text. A file may build on those before it.
static FILES: &[(&str, &str)] = &[
    ("2020-07", include_str!("../../scenarios/policies/2020-07.toml")),
    ("2021-09", include_str!("../../scenarios/policies/2021-09.toml")),
    ("2022-05", include_str!("../../scenarios/policies/2022-05.toml")),
    ("2023-03", include_str!("../../scenarios/policies/2023-03.toml")),
    ("2023-11", include_str!("../../scenarios/policies/2023-11.toml")),
    ("2024-05", include_str!("../../scenarios/policies/2024-05.toml")),
    ("2024-11", include_str!("../../scenarios/policies/2024-11.toml")),
    ("2025-07", include_str!("../../scenarios/policies/2025-07.toml")),
    ("2025-10", include_str!("../../scenarios/policies/2025-10.toml")),
    ("2025-12", include_str!("../../scenarios/policies/2025-12.toml")),
    ("2026-10", include_str!("../../scenarios/policies/2026-10.toml")),
    ("2026-100k", include_str!("../../scenarios/policies/2026-100k.toml")),
    ("seed-classic", include_str!("../../scenarios/policies/seed-classic.toml")),
];

/// Names of the shipped policies: eras by date, then variants.
pub fn names() -> Vec<&'static str> {
    FILES.iter().map(|(name, _)| *name).collect()
}

/// The file of a shipped policy, as it stands.
pub fn text(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(n, _)| *n == name).map(|(_, text)| *text)
}

/// All shipped policies, in the order of [`names`].
pub fn eras() -> &'static [Era] {
    static ERAS: OnceLock<Vec<Era>> = OnceLock::new();
    ERAS.get_or_init(|| {
        let mut out: Vec<Era> = Vec::new();
        for (name, text) in FILES {
            let era = read(name, text, &out);
            out.push(era);
        }
        out
    })
}

/// A shipped policy by name.
pub fn era(name: &str) -> Option<&'static Era> {
    eras().iter().find(|e| e.name == name)
}

/// Reads a shipped file. A fault in one is a fault of the program's: the tests read them all.
fn read(name: &str, text: &str, earlier: &[Era]) -> Era {
    let file = format!("{name}.toml");
    let tree = text::parse(&file, text).unwrap_or_else(|e| panic!("{e}"));
    let mut reader = Reader { shipped: true, ..Reader::default() };
    let doc = reader.document(&tree.root);
    let mut draft = doc.head;
    let base = match &draft.based_on {
        None => Settings::new(),
        Some((base, _)) => {
            let era = earlier.iter().find(|e| e.name == *base);
            era.unwrap_or_else(|| panic!("{file}: builds on {base:?}, which does not come before it"))
                .version
                .settings
                .clone()
        }
    };
    let mut warnings = Vec::new();
    let base_name = draft.based_on.take().map(|b| b.0);
    let head = VersionHead { name: name.to_string(), effective: false, base: base_name.clone() };
    let mut dated: Vec<Version> =
        build(&mut reader, &draft, head, &base, &mut warnings).into_iter().collect();
    for change in &doc.changes {
        let day = change.effective.as_ref().unwrap_or_else(|| panic!("{file}: a change without `effective`"));
        let before = dated.last().expect("a change follows what it changes");
        let base = before.settings.clone();
        assert!(before.effective < Some(day.start), "{file}: changes come in the order of their days");
        let head = VersionHead {
            name: format!("{name}/{}", day.text),
            effective: true,
            base: Some(before.name.clone()),
        };
        dated.extend(build(&mut reader, change, head, &base, &mut warnings));
    }
    let faults: Vec<_> = reader.faults.iter().map(ToString::to_string).collect();
    assert!(faults.is_empty() && doc.versions.is_empty(), "{file}: {}", faults.join("\n"));
    assert_eq!(
        draft.effective.is_none(),
        draft.variant,
        "{file}: an era has a first day, a variant has none"
    );
    assert_eq!(draft.name.as_deref(), Some(name), "{file}: another name inside");
    Era {
        name: name.to_string(),
        title: draft.title.unwrap_or_default(),
        summary: draft.summary.unwrap_or_default(),
        effective: draft.effective.as_ref().map(|d| d.start),
        from: draft.effective.map(|d| d.text),
        until: draft.until.map(|d| d.text),
        effective_note: draft.effective_note,
        variant: draft.variant,
        based_on: base_name,
        version: at_its_end(&dated),
        dated,
        warnings,
    }
}

/// An era with every change while it held, under its own name.
fn at_its_end(dated: &[Version]) -> Version {
    let (first, last) = (&dated[0], &dated[dated.len() - 1]);
    let Version { name, title, summary, based_on, effective, from, .. } = first.clone();
    Version { name, title, summary, based_on, effective, from, ..last.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messaging::Limit::{Of, Unlimited};
    use crate::messaging::QualityRating;
    use crate::policy::file::Confidence;
    use crate::policy::param::OPTIONAL_TABLES;
    use crate::policy::resolve::Constant;
    use crate::policy::rules::{
        CountedOn, EnforcementRules, FirstStep, LimitScope, Recency, Recovery, Rules, SlotKind,
        SustainedAction, TemplateRules,
    };
    use crate::sim::SimDuration;

    const ERAS: [&str; 11] = [
        "2020-07", "2021-09", "2022-05", "2023-03", "2023-11", "2024-05", "2024-11", "2025-07", "2025-10",
        "2025-12", "2026-10",
    ];

    fn rules(name: &str) -> &'static Rules {
        &era(name).unwrap_or_else(|| panic!("{name}")).version.rules
    }

    #[test]
    fn every_file_in_the_folder_is_shipped_and_says_who_it_is() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/policies");
        let mut found: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|f| f.unwrap().file_name().into_string().unwrap())
            .filter_map(|f| f.strip_suffix(".toml").map(str::to_string))
            .collect();
        found.sort();
        let mut shipped: Vec<_> = names();
        shipped.sort_unstable();
        assert_eq!(found, shipped);
        for e in eras() {
            assert!(!e.title.is_empty() && e.title.len() < 90, "{}: a title of one line", e.name);
            assert!(e.summary.len() > 80, "{}: a summary", e.name);
            assert_eq!(e.variant, !ERAS.contains(&e.name.as_str()), "{}", e.name);
            assert_eq!(text(&e.name).unwrap().lines().next().unwrap().get(..2), Some("# "), "{}", e.name);
            let until = e.until.as_ref().map(|d| SimTime::parse(&format!("{d}T00:00:00Z")).unwrap());
            for v in &e.dated[1..] {
                assert!(v.effective > e.effective, "{}: lies inside its era", v.name);
                assert!(
                    until.is_none_or(|until| v.effective <= Some(until)),
                    "{}: lies inside its era",
                    v.name
                );
                assert!(v.title.len() < 90 && v.title != v.name, "{}: a title of one line", v.name);
            }
        }
        assert_eq!(text("2020-08"), None);
    }

    #[test]
    fn eras_follow_one_another_without_gap() {
        let dated: Vec<&Era> = eras().iter().filter(|e| !e.variant).collect();
        assert_eq!(dated.iter().map(|e| e.name.as_str()).collect::<Vec<_>>(), ERAS);
        for pair in dated.windows(2) {
            let end = SimTime::parse(&format!("{}T00:00:00Z", pair[0].until.as_ref().unwrap())).unwrap();
            assert_eq!(
                Some(end + SimDuration::DAY),
                pair[1].effective,
                "{} to {}",
                pair[0].name,
                pair[1].name
            );
            assert!(pair[1].from.as_ref().unwrap().starts_with(&pair[1].name), "named by its first month");
        }
        assert_eq!(dated.last().unwrap().until, None);
    }

    #[test]
    fn every_number_carries_unit_source_confidence_and_verified() {
        for e in eras() {
            for (v, c) in e.dated.iter().flat_map(|v| v.constants.iter().map(move |c| (v, c))) {
                let at = format!("{}: {}", v.name, c.name);
                assert!(!c.unit.is_empty(), "{at}: unit");
                assert!(c.source.len() > 15, "{at}: source");
                assert!(
                    !c.source.starts_with("set in ") && !c.source.contains("default"),
                    "{at}: {}",
                    c.source
                );
                assert_ne!(c.confidence, Confidence::Given, "{at}: confidence");
                assert!(c.verified.as_ref().is_some_and(|d| d.len() == 10), "{at}: verified");
                let choice = ["choice", "switch", "list", "factor"].contains(&c.unit.as_str());
                let number = !choice && c.name != "template.pauses";
                if number && c.confidence == Confidence::Assumed {
                    bounded(c, &at);
                }
            }
        }
    }

    #[test]
    fn a_table_taken_away_says_why() {
        fn walk(file: &str, node: &crate::text::Node) -> usize {
            let mut found = 0;
            for e in node.entries() {
                if let crate::text::Value::List(items) = &e.node.value {
                    found += items.iter().map(|item| walk(file, item)).sum::<usize>();
                }
                let text = |key: &str| e.node.get(key).and_then(|n| n.value.as_text().map(str::to_string));
                assert_ne!(e.node.value.as_text(), Some("none"), "{file}: {} without a source", e.key);
                if text("value").as_deref() == Some("none") && OPTIONAL_TABLES.contains(&e.key.as_str()) {
                    for key in ["unit", "confidence", "source", "verified"] {
                        assert!(text(key).is_some(), "{file}: {} lacks {key}", e.key);
                    }
                    found += 1;
                }
            }
            found
        }
        let all = FILES.iter().map(|(name, text)| walk(name, &text::parse(name, text).unwrap().root));
        assert_eq!(all.sum::<usize>(), 2);
    }

    fn bounded(c: &Constant, at: &str) {
        let of = |t: &str| match (t, SimDuration::parse(t)) {
            ("unlimited", _) => f64::INFINITY,
            (_, Ok(span)) => span.0 as f64,
            _ => t.parse::<f64>().unwrap_or_else(|_| panic!("{at}: {t}")),
        };
        let (low, high) = (c.low.as_deref().map(of), c.high.as_deref().map(of));
        let (Some(low), Some(high)) = (low, high) else {
            panic!("{at}: an assumed number needs low and high")
        };
        assert!(low <= of(&c.value) && of(&c.value) <= high, "{at}: {low} to {high}");
    }

    #[test]
    fn nothing_but_named_readings_is_documented_where_nothing_is_published() {
        for e in eras() {
            for name in ["yellow_at", "red_at", "min_sample", "weights.report", "recency", "hysteresis"] {
                let c = e.version.constant(&format!("rating.{name}")).unwrap();
                assert_eq!(c.confidence, Confidence::Assumed, "{}: {name}", e.name);
            }
        }
    }

    #[test]
    fn ratings_by_era() {
        for e in eras() {
            let (r, name) = (&e.version.rules.rating, e.name.as_str());
            let window = if name == "2020-07" { SimDuration::hours(24) } else { SimDuration::days(7) };
            assert_eq!((r.window, r.cadence), (window, SimDuration::HOUR), "{name}");
            assert_eq!(r.recency, Recency::HalfLife(SimDuration::days(2)));
            assert_eq!((r.min_sample, r.yellow_at, r.red_at), (100, 0.005, 0.02), "{name}");
            assert_eq!((r.prior_strength, r.prior_rate, r.hysteresis), (0.0, 0.002, 0.0), "{name}");
            let mutes = if name < "2025-10" || name == "seed-classic" { (0.0, 0.0) } else { (0.1, 0.05) };
            assert_eq!((r.weights.mute, r.weights.archive), mutes, "{name}");
            assert_eq!((r.weights.block, r.weights.report, r.weights.reason.len()), (1.0, 2.0, 0), "{name}");
        }
    }

    #[test]
    fn limits_by_era() {
        let three = vec![Of(1000), Of(10_000), Of(100_000)];
        let ladder =
            |first: u64, second: u64| vec![Of(first), Of(second), Of(10_000), Of(100_000), Unlimited];
        let (sliding, fixed) = (SlotKind::Sliding, SlotKind::Fixed);
        let (sent, delivered) = (CountedOn::Sent, CountedOn::Delivered);
        let kilo = Some(Of(1000));
        let want = [
            ("2020-07", three, 1000, kilo, sliding, sent),
            ("2021-09", ladder(50, 1000), 1000, kilo, sliding, sent),
            ("2022-05", ladder(50, 1000), 1000, kilo, fixed, delivered),
            ("2023-03", ladder(250, 1000), 1000, kilo, fixed, delivered),
            ("2023-11", ladder(250, 1000), 1000, kilo, fixed, delivered),
            ("2024-05", ladder(250, 1000), 1000, kilo, fixed, delivered),
            ("2024-11", ladder(250, 1000), 1000, kilo, fixed, delivered),
            ("2025-07", ladder(250, 1000), 1000, kilo, sliding, delivered),
            ("2025-10", ladder(250, 2000), 2000, None, sliding, delivered),
            ("2025-12", ladder(250, 2000), 2000, None, sliding, delivered),
            ("2026-10", ladder(250, 2000), 2000, None, sliding, delivered),
        ];
        for (name, ladder, start, floor, slot, counted_on) in want {
            let l = &rules(name).limit;
            let found = (l.ladder.clone(), l.start, l.floor, l.slot, l.counted_on);
            assert_eq!(found, (ladder, Of(start), floor, slot, counted_on), "{name}");
            let shared = name >= "2025-10";
            assert_eq!(l.scope, if shared { LimitScope::Portfolio } else { LimitScope::Number }, "{name}");
            assert_eq!((l.restricted_status, l.period), (!shared, SimDuration::hours(24)), "{name}");
        }
    }

    #[test]
    fn raises_and_flags_by_era() {
        let (h0, h6, h24, h48) =
            (SimDuration::ZERO, SimDuration::hours(6), SimDuration::hours(24), SimDuration::hours(48));
        let over = SimDuration::days(30);
        let step = |count| Some(FirstStep { business_verified: true, count, over });
        let want = [
            ("2020-07", 2_000_000, h0, h48, false, None),
            ("2021-09", 2_000_000, h0, h48, false, step(None)),
            ("2022-05", 2_000_000, h0, h48, true, step(None)),
            ("2023-03", 500_000, h24, h0, false, step(None)),
            ("2023-11", 500_000, h24, h0, false, step(Some(1000))),
            ("2024-05", 500_000, h24, h0, false, step(Some(1000))),
            ("2024-11", 500_000, h24, h0, false, step(Some(1000))),
            ("2025-07", 500_000, h24, h0, false, step(Some(1000))),
            ("2025-10", 500_000, h6, h0, false, step(Some(2000))),
            ("2025-12", 500_000, h6, h0, false, step(Some(2000))),
            ("2026-10", 500_000, h6, h0, false, step(Some(2000))),
        ];
        for (name, factor_ppm, delay, held, restart, first_step) in want {
            let r = &rules(name).raise;
            let found = (
                r.factor_ppm,
                r.delay,
                r.min_time_at_limit,
                r.restart_count_after_flag,
                r.first_step.clone(),
            );
            assert_eq!(found, (factor_ppm, delay, held, restart, first_step), "{name}");
            assert_eq!((r.over, r.min_colour), (SimDuration::days(7), QualityRating::Yellow), "{name}");
            assert!(r.allow_unrated && r.blocked_while_flagged, "{name}");
            let f = &rules(name).flag;
            assert_eq!(f.enabled, name < "2025-10", "{name}");
            assert_eq!((f.after, f.recovery), (SimDuration::days(7), Recovery::Deadline), "{name}");
            assert_eq!(rules(name).sustained, None, "{name}");
        }
    }

    #[test]
    fn templates_by_era() {
        for name in ERAS {
            let pauses =
                if name < "2022-05" { vec![] } else { vec![SimDuration::hours(3), SimDuration::hours(6)] };
            // Nobody published thresholds of read rates, or what repeated bad templates do: all ship switched off.
            let want = TemplateRules {
                min_sample: 100,
                yellow_at: 0.005,
                red_at: 0.02,
                pauses,
                read_floor: 0.0,
                read_yellow: 0.0,
                read_after: SimDuration::DAY,
                reds_against_numbers: 0,
            };
            assert_eq!(rules(name).template, Some(want), "{name}");
            let confidence = era(name).unwrap().version.constant("template.pauses").unwrap().confidence;
            assert_eq!(confidence == Confidence::Documented, name >= "2023-03", "{name}");
        }
    }

    #[test]
    fn enforcement_by_date() {
        let steps = |name: &str| -> String {
            let era = eras().iter().find(|e| name.starts_with(&e.name)).unwrap();
            let version = era.dated.iter().find(|v| v.name == name).unwrap();
            let text =
                |e: &EnforcementRules| e.steps.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            version.rules.enforcement.as_ref().map_or_else(String::new, text)
        };
        let early = "warn restrict:1d:initiated restrict:3d:initiated restrict:5d:all restrict:7d:all";
        for (name, want) in [
            ("2020-07", String::new()),
            ("2021-09", String::new()),
            ("2021-09/2021-11-01", "warn".to_string()),
            ("2021-09/2022-03-14", format!("{early} disable")),
            ("2023-03", format!("{early} disable")),
            ("2023-11", format!("{early} lock disable")),
            ("2024-11", format!("{early} lock disable")),
            ("2024-11/2025-03-13", format!("{early} restrict:30d:all lock disable")),
            ("2026-10", format!("{early} restrict:30d:all lock disable")),
        ] {
            assert_eq!(steps(name), want, "{name}");
        }
        for e in eras() {
            let r = &e.version.rules;
            let dated = e.name.as_str() >= "2024-11" && e.name != "seed-classic";
            assert_eq!(r.read_rate.is_some(), dated, "{}", e.name);
            assert!(r.read_rate.as_ref().is_none_or(|r| r.floor == 0.0), "{}: nothing was published", e.name);
            assert!(
                r.enforcement.as_ref().is_none_or(|e| e.strikes_per_step == 1 && !e.disabled_template_counts),
                "{}",
                e.name
            );
        }
    }

    #[test]
    fn variants_differ_in_what_they_are_named_for() {
        let (base, variant) = (rules("2025-12"), rules("2026-100k"));
        assert_eq!(variant.limit.ladder, [Of(250), Of(100_000), Unlimited]);
        let back = Rules {
            limit: crate::policy::rules::LimitRules {
                ladder: base.limit.ladder.clone(),
                ..variant.limit.clone()
            },
            ..variant.clone()
        };
        assert_eq!(&back, base);
        let warnings = &era("2026-100k").unwrap().warnings;
        assert!(
            warnings.len() == 1 && warnings[0].found.contains("no step of `limit.ladder`"),
            "{warnings:?}"
        );

        let classic = rules("seed-classic");
        let sustained = classic.sustained.as_ref().unwrap();
        let week = SimDuration::days(7);
        assert_eq!(sustained.red_for, week);
        assert_eq!(
            sustained.actions,
            [SustainedAction::Lower, SustainedAction::Suspend(week), SustainedAction::Ban]
        );
        assert!(!classic.flag.enabled);
        let (limit, raise) = (&rules("2023-03").limit, &rules("2023-03").raise);
        assert_eq!((&classic.limit, &classic.raise), (limit, raise));
        for e in eras().iter().filter(|e| e.name != "2026-100k") {
            assert!(e.warnings.is_empty(), "{}: {:?}", e.name, e.warnings);
        }
    }
}
