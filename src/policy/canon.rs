//! Rules as canonical text: what a policy's hash is taken over, and nothing else.
//!
//! Two rule sets have one text exactly when they are equal. Sources, comments, names and units are not in it.

use std::fmt::Write as _;

use crate::messaging::QualityRating;
use crate::policy::rules::{
    CountedOn, Denominator, EnforcementRules, EnforcementStep, FirstStep, FlagRules, LimitRules, LimitScope,
    PacingRules, PortfolioPacingRules, PortfolioRating, RaiseRules, RatingRules, ReadRateRules, Recency,
    Recovery, Rules, SlotKind, SustainedAction, SustainedRules, TemplateRules, UnratedAtDeadline, Weights,
    WhenUnrated,
};

/// One line per rule, in a fixed order and spelling: what the hash is taken over. Every field is named, so that a new
/// one cannot be forgotten.
pub(super) fn canonical(rules: &Rules, out: &mut String) {
    let Rules {
        rating,
        limit,
        raise,
        flag,
        sustained,
        template,
        pacing,
        portfolio_pacing,
        enforcement,
        read_rate,
        gate,
        categories,
        opt_in,
        app,
        portfolio,
    } = rules;
    let mut line = |name: &str, value: String| {
        let _ = writeln!(out, "{name} {value}");
    };
    let RatingRules {
        window,
        cadence,
        recency,
        denominator,
        weights,
        min_sample,
        yellow_at,
        red_at,
        prior_strength,
        prior_rate,
        hysteresis,
        when_unrated,
    } = rating;
    line("rating.window", window.0.to_string());
    line("rating.cadence", cadence.0.to_string());
    line(
        "rating.recency",
        match recency {
            Recency::Flat => "flat".to_string(),
            Recency::HalfLife(d) => d.0.to_string(),
        },
    );
    line(
        "rating.denominator",
        word(match denominator {
            Denominator::Delivered => "delivered",
            Denominator::Sent => "sent",
        }),
    );
    let Weights { block, report, mute, archive, reason } = weights;
    line("rating.weights", format!("{block} {report} {mute} {archive}"));
    // A factor of 1 is that of a reason not listed; names are quoted, so that none can pass for two.
    for (name, factor) in reason.iter().filter(|(_, f)| **f != 1.0) {
        line("rating.weights.reason", format!("{name:?} {factor}"));
    }
    line("rating.min_sample", min_sample.to_string());
    line("rating.thresholds", format!("{yellow_at} {red_at}"));
    line("rating.prior", format!("{prior_strength} {prior_rate}"));
    line("rating.hysteresis", hysteresis.to_string());
    line(
        "rating.when_unrated",
        word(match when_unrated {
            WhenUnrated::Unknown => "unknown",
            WhenUnrated::Green => "green",
            WhenUnrated::Keep => "keep",
        }),
    );
    let LimitRules { ladder, start, floor, scope, period, slot, counted_on, restricted_status } = limit;
    line("limit.ladder", ladder.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
    line("limit.start", start.to_string());
    line("limit.floor", floor.map_or_else(|| word("none"), |f| f.to_string()));
    line(
        "limit.scope",
        word(match scope {
            LimitScope::Number => "number",
            LimitScope::Portfolio => "portfolio",
        }),
    );
    line("limit.period", period.0.to_string());
    line(
        "limit.slot",
        word(match slot {
            SlotKind::Sliding => "sliding",
            SlotKind::Fixed => "fixed",
        }),
    );
    line(
        "limit.counted_on",
        word(match counted_on {
            CountedOn::Sent => "sent",
            CountedOn::Delivered => "delivered",
        }),
    );
    line("limit.restricted_status", restricted_status.to_string());
    let RaiseRules {
        factor_ppm,
        over,
        delay,
        min_time_at_limit,
        min_colour,
        allow_unrated,
        blocked_while_flagged,
        restart_count_after_flag,
        portfolio_rating,
        first_step,
    } = raise;
    line("raise.factor_ppm", factor_ppm.to_string());
    line("raise.times", format!("{} {} {}", over.0, delay.0, min_time_at_limit.0));
    line("raise.min_colour", word(QualityRating::name(*min_colour)));
    line("raise.switches", format!("{allow_unrated} {blocked_while_flagged} {restart_count_after_flag}"));
    line(
        "raise.portfolio_rating",
        word(match portfolio_rating {
            PortfolioRating::Worst => "worst",
            PortfolioRating::Best => "best",
        }),
    );
    if let Some(FirstStep { business_verified, count, over }) = first_step {
        let count = count.map_or_else(|| word("none"), |n| n.to_string());
        line("raise.first_step", format!("{business_verified} {count} {}", over.0));
    }
    let FlagRules { enabled, after, recovery, unrated_at_deadline } = flag;
    let recovery = match recovery {
        Recovery::Deadline => "deadline",
        Recovery::Held => "held",
    };
    let unrated = match unrated_at_deadline {
        UnratedAtDeadline::Recovered => "recovered",
        UnratedAtDeadline::NotRecovered => "not_recovered",
    };
    line("flag", format!("{enabled} {} {recovery} {unrated}", after.0));
    if let Some(SustainedRules { red_for, actions }) = sustained {
        let action = |a: &SustainedAction| match a {
            SustainedAction::Lower => word("lower"),
            SustainedAction::Suspend(d) => format!("suspend:{}", d.0),
            SustainedAction::Ban => word("ban"),
        };
        let actions: Vec<_> = actions.iter().map(action).collect();
        line("sustained", format!("{} {}", red_for.0, actions.join(" ")));
    }
    let steps =
        |steps: &[EnforcementStep]| steps.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    if let Some(e) = enforcement {
        let EnforcementRules {
            steps: ladder,
            strikes_per_step,
            forget_after,
            appeals,
            severe,
            disabled_template_counts,
        } = e;
        let spans = format!("{strikes_per_step} {} {}", forget_after.0, appeals.0);
        line("enforcement", format!("{spans} {severe} {disabled_template_counts} [{}]", steps(ladder)));
    }
    if let Some(r) = read_rate {
        let ReadRateRules { floor, window, after, min_sample, steps: ladder, forget_after } = r;
        let spans = format!("{} {} {}", window.0, after.0, forget_after.0);
        line("read_rate", format!("{floor} {min_sample} {spans} [{}]", steps(ladder)));
    }
    if let Some(t) = template {
        let TemplateRules {
            min_sample,
            yellow_at,
            red_at,
            pauses,
            read_floor,
            read_yellow,
            read_after,
            reds_against_numbers,
        } = t;
        let pauses: Vec<_> = pauses.iter().map(|d| d.0.to_string()).collect();
        line("template", format!("{min_sample} {yellow_at} {red_at} [{}]", pauses.join(" ")));
        // What is switched off says nothing, so that a policy without it keeps its hash.
        if t.reads() {
            line("template.read", format!("{read_floor} {read_yellow} {}", read_after.0));
        }
        if *reds_against_numbers > 0 {
            line("template.reds_against_numbers", reds_against_numbers.to_string());
        }
    }
    if let Some(PacingRules { first, hold, feedback, utility_after_pause }) = pacing {
        line("pacing", format!("{first} {} {} {}", hold.0, feedback.0, utility_after_pause.0));
    }
    // Switched off, it says nothing.
    if let Some(p) = portfolio_pacing.filter(|p| p.on) {
        let PortfolioPacingRules { on: _, first, batch_factor, hold, feedback, until, over } = p;
        let spans = format!("{} {} {}", hold.0, feedback.0, over.0);
        line("portfolio_pacing", format!("{first} {batch_factor} {until} {spans}"));
    }
    gate.canonical(&mut line);
    if let Some(categories) = categories {
        categories.canonical(&mut line);
    }
    if let Some(opt_in) = opt_in {
        opt_in.canonical(&mut line);
    }
    if let Some(app) = app {
        line("app", app.canonical());
    }
    if let Some(portfolio) = portfolio {
        line("portfolio", portfolio.canonical());
    }
}

fn word(text: &str) -> String {
    text.to_string()
}
