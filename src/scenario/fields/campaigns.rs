//! Keys for campaigns: when, to whom, with what, and what the sender does when something stands in the way.

use super::{PEOPLE_MAX, SHARE, TEN_YEARS, YEAR};
use crate::scenario::spec::Need::{Default, Optional, Required};
use crate::scenario::spec::{Field, Kind, OneOf, Table};
use crate::sim::SimDuration;

/// A campaign.
pub static CAMPAIGN: Table = Table {
    doc: "A plan to reach many people: when, to whom, with what.",
    fields: &[&[
        Field::new("number", Kind::Name, Optional("the only number"), "The number it is sent from."),
        Field::new("template", Kind::Name, Optional("`templates` gives a split"), "The template it sends."),
        Field::new("templates", Kind::ByName(&SHARE), Optional("`template` names the only one"), "A split over templates, by \
            lot per person and dispatch; shares add to 1.").unit("share of messages"),
        Field::new("rotate_templates", Kind::Flag, Default("false"), "With `templates`: one after the other from dispatch to \
            dispatch, in the order of the table, instead of by lot; their shares are equal then."),
        Field::new("fallback", Kind::List(&Kind::Name, 1), Optional("nothing: what is paused or disabled is not sent"), "Templates \
            sent instead of one that is paused or disabled: the first of these that is not."),
        Field::new("per_week", Kind::Whole(0, 21), Optional("another calendar key"), "Dispatches a week, spread evenly from \
            Monday on: 3 are Monday, Wednesday and Friday. More than 7 take the times of `at`, then times 4 hours apart.")
            .unit("dispatches per week"),
        Field::new("weekdays", Kind::List(&Kind::Word(&[
            ("mon", "Monday"), ("tue", "Tuesday"), ("wed", "Wednesday"), ("thu", "Thursday"), ("fri", "Friday"),
            ("sat", "Saturday"), ("sun", "Sunday"),
        ]), 1), Optional("another calendar key"), "Days of the week, at every time of `at`."),
        Field::new("every", Kind::Span(SimDuration::HOUR, TEN_YEARS), Optional("another calendar key"), "Again after so long, \
            from the first `at`. Whole days keep the local time of day when clocks change; other spans are exact and take \
            one time in `at`."),
        Field::new("dates", Kind::List(&Kind::Mark, 1), Optional("another calendar key"), "Exactly these dates, at every time of \
            `at`, or these instants. They must lie inside the run."),
        Field::new("triggered_per_day", Kind::Positive(1000.0), Optional("another calendar key"), "For each person on their \
            own, at random moments: so many a day on average (a Poisson process), such as notices of orders.")
            .unit("messages per person and day"),
        Field::new("at", Kind::Any(&[Kind::Clock, Kind::List(&Kind::Clock, 1)]), Default("\"10:00\""), "Local time of day, or \
            several."),
        Field::new("timezone", Kind::Zone, Default("\"UTC\""), "Whose local time `at`, `quiet_hours` and dates are in."),
        Field::new("from", Kind::Mark, Optional("the start of the run"), "First day or instant: \"day 1\" is the run's \
            first day, as in the answer."),
        Field::new("until", Kind::Mark, Optional("the end of the run"), "First day or instant no more: \"day 8\" leaves days 1 \
            to 7, the first week."),
        Field::new("quiet_hours", Kind::Hours, Optional("none"), "Local hours in which nothing goes out; what is due waits."),
        Field::new("audience", Kind::Table(&AUDIENCE), Default("{}"), "To whom it goes."),
        Field::new("priority", Kind::Whole(-1000, 1000), Default("0"), "Who goes first when several wait: higher first."),
        Field::new("at_limit", Kind::Word(&[
            ("defer", "queue, oldest first, and go on as slots free"),
            ("drop", "leave it"),
            ("spread", "space the dispatch so that a moving period stays within the limit known at its start; then as defer"),
        ]), Default("\"defer\""), "What to do when the messaging limit is used up."),
        Field::new("at_cap", Kind::Word(&[
            ("drop", "leave it"),
            ("retry", "try again `retry_after` later, at most `retries` times"),
        ]), Default("\"drop\""), "What to do after a temporary refusal: by a cap on \
            marketing (131049, 131026), the pair rate (131056), the throughput (130429)."),
        Field::new("retry_after", Kind::Span(SimDuration(1000), SimDuration::days(30)), Default("\"24h\""), "With `at_cap = \
            \"retry\"`: how long to wait. The platform advises 24 hours or more; sooner can close the person for a day.")
            .reported("1h", "7d", "the platform's documentation advises at least 24 hours"),
        Field::new("retries", Kind::Whole(1, 15), Default("2"), "With `at_cap = \"retry\"`: how often at most.")
            .unit("tries after the first"),
        Field::new("until_approved", Kind::Word(&[
            ("wait", "make the dispatch when its templates are approved; of several that waited, the latest"),
            ("skip", "leave it"),
        ]), Optional("wait"), "What to do with a dispatch whose templates have not passed their review. Triggered messages \
            are left."),
        Field::new("reactions", Kind::List(&Kind::Table(&REACTION), 0), Default("[]"), "Rules the sender keeps by what is \
            published: while the condition holds, the action; the first that matches wins."),
        Field::new("value_per_conversion", Kind::Real(0.0, 1e9), Optional("as [money] says"), "Worth of a conversion.")
            .unit("currency per conversion"),
    ]],
    choices: &[
        OneOf { keys: &["template", "templates"], required: true },
        OneOf { keys: &["per_week", "weekdays", "every", "dates", "triggered_per_day"], required: true },
        OneOf { keys: &["at", "triggered_per_day"], required: false },
    ],
};

pub static AUDIENCE: Table = Table {
    doc: "To whom a campaign goes; all conditions hold together.",
    fields: &[&[
        Field::new("segments", Kind::List(&Kind::Name, 1), Optional("all segments"), "Only these segments."),
        Field::new("share", SHARE, Default("1"), "Share of the people in them, picked once per run by lot.")
            .unit("share of people"),
        Field::new(
            "max",
            Kind::Whole(1, PEOPLE_MAX),
            Optional("everybody"),
            "At most so many people per dispatch.",
        )
        .unit("people"),
        Field::new(
            "growth",
            Kind::Positive(1000.0),
            Default("1"),
            "What `max` is multiplied by from dispatch to dispatch, \
            rounded down.",
        ),
        Field::new(
            "rotate",
            Kind::Flag,
            Default("false"),
            "With `max`: go on where the last dispatch stopped, in place of \
            starting at the top each time.",
        ),
        Field::new(
            "read_within",
            Kind::Span(SimDuration::HOUR, TEN_YEARS),
            Optional("readers and others"),
            "Only people who \
            read something within so long before, as far as receipts show.",
        ),
        Field::new(
            "not_sent_within",
            Kind::Span(SimDuration::HOUR, TEN_YEARS),
            Optional("no such rule"),
            "Not people to whom \
            this business sent something within so long before.",
        ),
        Field::new(
            "honour_opt_outs",
            Kind::Flag,
            Default("true"),
            "Whether people who opted out are left alone. False shows \
            what ignoring them costs; the platform forbids it.",
        ),
        Field::new(
            "opt_out_delay",
            Kind::Span(SimDuration::ZERO, YEAR),
            Default("\"0\""),
            "How long it takes until an opt-out \
            stands in the list that this campaign goes by.",
        ),
        Field::new(
            "opt_outs_missed",
            SHARE,
            Default("0"),
            "Share of people whose opt-out never gets into that list; the same \
            people in every campaign.",
        )
        .unit("share of people"),
        Field::new(
            "leave_out_blocked",
            Kind::Flag,
            Default("false"),
            "Leave out people who blocked the number, which no sender \
            can see: an idealisation for benchmarks and bounds.",
        ),
    ]],
    choices: &[],
};

static REACTION: Table = Table {
    doc: "While the condition holds, the action.",
    fields: &[&[
        Field::new(
            "when",
            Kind::When,
            Required,
            "What the sender sees of the number: its published rating is red; yellow or \
            worse; was so within some time; it is flagged; or it is green or unknown.",
        ),
        Field::new(
            "pause",
            Kind::True,
            Optional("another action"),
            "Send nothing: what falls due is skipped, what is \
            queued is given up.",
        ),
        Field::new("template", Kind::Name, Optional("another action"), "Send this template instead."),
        Field::new("share", SHARE, Optional("another action"), "Send to this share of the audience only.")
            .unit("share of people"),
    ]],
    choices: &[OneOf { keys: &["pause", "template", "share"], required: true }],
};
