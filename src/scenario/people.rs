//! From checked tables to segments and people.

use super::check::Checker;
use super::fields::PEOPLE_MAX;
use super::read::Reader;
use super::{People, audience};
use crate::behaviour::app::Saved;
use crate::behaviour::consent::Named;
use crate::behaviour::recipient::{
    Consent, ConsentSource, Delivery, Fatigue, Memory, Reactions, Reading, Segment,
};
use crate::sim::SimTime;
use crate::text::{Entry, Place};

/// Where an agreement came from, by its word in files.
pub fn consent_source(word: &str) -> Option<ConsentSource> {
    Some(match word {
        "site" => ConsentSource::Site,
        "voice_menu" => ConsentSource::VoiceMenu,
        "thread" => ConsentSource::Thread,
        "paper" => ConsentSource::Paper,
        "imported" => ConsentSource::Imported,
        _ => return None,
    })
}

/// One segment from its filled table.
pub fn segment(name: &str, t: &Reader<'_>, faults: &mut Checker) -> Segment {
    let reactions = Reactions {
        block_base: t.real("block_base"),
        report_given_block: t.real("report_given_block"),
        report_base: t.real("report_base"),
        mute_base: t.real("mute_base"),
        archive_base: t.real("archive_base"),
        opt_out_base: t.real("opt_out_base"),
        hidden_opt_out_divisor: t.real_opt("hidden_opt_out_divisor").unwrap_or(1.0),
        opt_out_instead_of_block: t.real("opt_out_instead_of_block"),
        stop_base: t.real("stop_base"),
        stop_instead_of_block: t.real("stop_instead_of_block"),
        opt_out_by_word: t.real("opt_out_by_word"),
        ignored_opt_out_factor: t.real("ignored_opt_out_factor"),
        reply: t.real("reply"),
        reply_by_ad: t.real_opt("reply_by_ad").unwrap_or(0.0),
        click: t.real("click"),
        not_interested: t.real("not_interested"),
        interested: t.real("interested"),
        convert_given_click: t.real("convert_given_click"),
        delay: t.delay("reaction_delay"),
        conversion_delay: t.delay("conversion_delay"),
        annoyance_shape: t.real_opt("annoyance_shape"),
        block_reasons: shares(t, "block_reasons"),
    };
    // Before any factor, what a reader may do has to fit into one reader.
    let outcomes = [
        ("block_base", reactions.block_base),
        ("report_base", reactions.report_base),
        ("mute_base", reactions.mute_base),
        ("archive_base", reactions.archive_base),
        ("opt_out_base", reactions.opt_out_base),
        ("stop_base", reactions.stop_base),
        ("reply", reactions.reply),
        ("click", reactions.click),
        ("not_interested", reactions.not_interested),
        ("interested", reactions.interested),
    ];
    let total: f64 = outcomes.iter().map(|(_, p)| p).sum();
    if total > 1.0 + 1e-9 {
        let keys: Vec<&str> = outcomes.iter().map(|(k, _)| *k).collect();
        let found = format!("{} add to {total}", keys.join(" + "));
        faults.fault(t.node.place.clone(), &t.path, found, "at most 1");
    }
    let reasons: f64 = reactions.block_reasons.iter().map(|(_, share)| share).sum();
    if reasons > 1.0 + 1e-9 {
        faults.fault(
            t.place("block_reasons"),
            &t.at("block_reasons"),
            format!("shares add to {reasons}"),
            "at most 1",
        );
    }
    let memory = t.table("fatigue_memory");
    Segment {
        saved: Saved { at_start: t.real("saved_number"), per_month: t.real("saves_number_per_month") },
        name: name.to_string(),
        country: t.text_opt("country").map(str::to_string),
        other_marketing_per_day: t.real("other_marketing_per_day"),
        market: t.text_opt("market").map(str::to_string),
        consent: consent(t, faults),
        delivery: Delivery {
            probability: t.real("delivered"),
            failed_share: t.real("failed_share"),
            delay: t.delay("delivery_delay"),
            offline_share: t.real("offline_share"),
            offline_delay: t.delay("offline_delay"),
        },
        reading: Reading {
            probability: t.real("read"),
            utility_probability: t.real("read_utility"),
            concentration: t.real_opt("read_concentration"),
            delay: t.delay("read_delay"),
            receipts_off: t.real("receipts_off"),
            fatigue_loss: t.real("read_fatigue_loss"),
        },
        reactions,
        fatigue: Fatigue {
            memory: match memory.span_opt("window") {
                Some(window) => Memory::Window(window),
                None => Memory::HalfLife(memory.span("half_life")),
            },
            background: t.real("fatigue_background"),
            free: t.real("fatigue_free"),
            slope: t.real("fatigue_slope"),
            exponent: t.real("fatigue_exponent"),
        },
    }
}

/// How a segment's people agreed to be written to.
fn consent(t: &Reader<'_>, faults: &mut Checker) -> Consent {
    let names = t.texts("consent_named");
    let names = |what: &str| names.iter().any(|(name, ..)| *name == what);
    let named = Named { business: names("business"), channel: names("channel"), topics: names("topics") };
    let topics: Vec<String> = t.texts("topics").into_iter().map(|(topic, ..)| topic.to_string()).collect();
    if !named.topics && !topics.is_empty() {
        let found = "topics although the opt-in named none (`consent_named`)";
        faults.fault(
            t.place("topics"),
            &t.at("topics"),
            found,
            "no topics, or \"topics\" in `consent_named`",
        );
    }
    let factor = |(word, factor): (String, f64)| Some((consent_source(&word)?, factor));
    Consent {
        source: consent_source(t.text("consent")).unwrap_or(ConsentSource::Site),
        named,
        topics,
        missing_factor: t.real("missing_consent_factor"),
        mismatch_factor: t.real("topic_mismatch_factor"),
        unnamed_business_factor: t.real("unnamed_business_factor"),
        unnamed_channel_factor: t.real("unnamed_channel_factor"),
        unnamed_topics_factor: t.real("unnamed_topics_factor"),
        source_factors: shares(t, "consent_source_factors").into_iter().filter_map(factor).collect(),
        age: t.delay("consent_age"),
        half_life: t.span_opt("consent_half_life"),
    }
}

/// A table of shares by word, in the order it was filled in (byte order).
fn shares(t: &Reader<'_>, key: &str) -> Vec<(String, f64)> {
    let under = t.table(key);
    let share = |e: &Entry| (e.key.clone(), under.real(&e.key));
    under.node.entries().iter().map(share).collect()
}

/// The people: counted by the sizes of segments, or read from a list. Also the digest of the list, if there is one,
/// and what was left aside in it.
pub fn people(
    root: &Reader<'_>,
    segments: &[Segment],
    start: SimTime,
    loader: audience::Loader<'_>,
    faults: &mut Checker,
) -> (People, Option<String>, Vec<String>) {
    let tables = root.tables("segments");
    if !root.has("audience") {
        let mut sizes = Vec::with_capacity(tables.len());
        for (_, t) in &tables {
            if !t.has("size") {
                let hint = Some("or give a list of people in [audience]".to_string());
                faults.fault_with(
                    t.node.place.clone(),
                    &t.at("size"),
                    "missing",
                    "a whole number of people",
                    hint,
                );
            }
            sizes.push(t.whole_opt("size").unwrap_or(0));
        }
        let total: i128 = sizes.iter().map(|n| i128::from(*n)).sum();
        if total > PEOPLE_MAX {
            faults.fault(
                root.place("segments"),
                "segments",
                format!("{total} people"),
                format!("at most {PEOPLE_MAX}"),
            );
        }
        return (People::Counted(sizes), None, Vec::new());
    }
    for (_, t) in &tables {
        if t.has("size") {
            let found = "a size although [audience] lists the people";
            faults.fault(t.place("size"), &t.at("size"), found, "no size");
        }
    }
    let list = root.table("audience");
    let Some(file) = list.text_opt("file") else {
        return (People::Listed(Vec::new()), None, Vec::new());
    };
    let place: Place = list.place("file");
    let text = match loader(file) {
        Ok(text) => text,
        Err(e) => {
            faults.fault(
                place,
                &list.at("file"),
                format!("{file:?} cannot be read: {e}"),
                "a CSV file of people",
            );
            return (People::Listed(Vec::new()), None, Vec::new());
        }
    };
    let digest = blake3::hash(text.as_bytes()).to_hex().to_string();
    if let Some(wanted) = list.text_opt("digest").filter(|d| *d != digest) {
        let found = format!("{file:?} has the digest {digest}, not {wanted}");
        let hint = Some("the list has changed; remove `digest` to take it as it is".to_string());
        faults.fault_with(list.place("digest"), &list.at("digest"), found, "", hint);
    }
    let names: Vec<&str> = segments.iter().map(|s| s.name.as_str()).collect();
    match audience::read(file, &text, &names, start) {
        Ok((people, _)) if people.is_empty() => {
            faults.fault(place, &list.at("file"), format!("{file:?} lists nobody"), "at least one person");
            (People::Listed(people), Some(digest), Vec::new())
        }
        Ok((people, remarks)) => (People::Listed(people), Some(digest), remarks),
        Err(mut more) => {
            faults.faults.append(&mut more);
            (People::Listed(Vec::new()), None, Vec::new())
        }
    }
}
