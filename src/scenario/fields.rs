//! Every key of a scenario file: what it may hold, its default, and where a default about the world comes from.
//!
//! This is the only place where keys are written down; the reader, the JSON Schema and the guide all come from here.
//! No block, report or fatigue rate of this platform has ever been published: such defaults are assumptions that lean
//! on text messages, mail and notifications, and say so.

mod rulings;

use super::spec::Need::{Default, Optional, Required};
use super::spec::{Field, Kind, OneOf, Table};
use crate::sim::SimDuration;

const SHARE: Kind = Kind::Real(0.0, 1.0);
const FACTOR: Kind = Kind::Real(0.0, 1000.0);

const YEAR: SimDuration = SimDuration::days(366);
const TEN_YEARS: SimDuration = SimDuration::days(3660);
const MS: SimDuration = SimDuration(1);

/// How many people a scenario may have.
pub const PEOPLE_MAX: i128 = 100_000_000;

/// The whole file.
pub static SCENARIO: Table = Table {
    doc: "One question about business messaging: who is written to, from which numbers, with what, when, and under \
          which rules.",
    fields: &[TOP],
    choices: &[OneOf { keys: &["days", "horizon"], required: true }],
};

static TOP: &[Field] = &[
    Field::new(
        "$schema",
        Kind::Text,
        Optional("no schema named"),
        "Where an editor finds the JSON Schema, in JSON \
        files; TOML files name it in a first line `#:schema ./scenario.schema.json`.",
    ),
    Field::new(
        "question",
        Kind::Text,
        Required,
        "The question this scenario answers, in one sentence; reports print it.",
    ),
    Field::new(
        "start",
        Kind::Moment,
        Required,
        "First instant of the run. Under `policy = \"auto\"` the calendar date \
        decides which rules hold, so it matters which year this is.",
    ),
    Field::new(
        "days",
        Kind::Whole(1, 3660),
        Optional("`horizon` says when the run ends"),
        "Length of the run.",
    )
    .unit("days of 24 hours"),
    Field::new(
        "horizon",
        Kind::Moment,
        Optional("`days` says how long the run is"),
        "The instant the run ends, in \
        place of `days`.",
    ),
    Field::new(
        "warm_up",
        Kind::Span(SimDuration::ZERO, TEN_YEARS),
        Default("\"0\""),
        "Opening span left out of \
        headline measures. The run itself is not changed by it.",
    ),
    Field::new(
        "seed",
        Kind::Whole(0, i64::MAX as i128),
        Default("1"),
        "Root of all randomness: the same seed gives \
        the same bytes.",
    ),
    Field::new(
        "replications",
        Kind::Whole(1, 1_000_000),
        Optional("100, fewer for large scenarios by a printed rule"),
        "How many times the run is repeated with other draws.",
    ),
    Field::new(
        "policy",
        Kind::Any(&[Kind::Text, Kind::Table(&POLICY)]),
        Default("\"auto\""),
        "Which rules of the \
        platform judge the run: \"auto\" goes by calendar date, the name of an era pins it, a path ending in .toml or \
        .json names your own file. As a table it takes overrides too.",
    ),
    Field::new("money", Kind::Table(&MONEY), Default("{}"), "What messages cost and conversions are worth."),
    Field::new(
        "audience",
        Kind::Table(&LIST),
        Optional("people are counted, `size` of each segment"),
        "A list of your \
        own people in place of counted segments.",
    ),
    Field::new(
        "recipients",
        Kind::Table(&RECIPIENTS),
        Default("{}"),
        "How people behave, for all segments; each segment \
        may say otherwise.",
    ),
    Field::new(
        "segments",
        Kind::ByName(&Kind::Table(&SEGMENT)),
        Required,
        "Kinds of people, by name. Their order is that of the file.",
    ),
    Field::new(
        "numbers",
        Kind::ByName(&Kind::Table(&NUMBER)),
        Required,
        "Business phone numbers to send from, by their id in logs.",
    ),
    Field::new("templates", Kind::ByName(&Kind::Table(&TEMPLATE)), Required, "Message templates, by name."),
    Field::new(
        "campaigns",
        Kind::ByName(&Kind::Table(&CAMPAIGN)),
        Required,
        "Plans to reach many people, by name. At one instant they \
        send in the order of the file, higher `priority` first.",
    ),
    Field::new(
        "violations",
        Kind::List(&Kind::Table(&rulings::VIOLATION), 1),
        Optional("none are recorded"),
        "Violations of policy that the platform records against an account; the rules say what follows.",
    ),
    Field::new(
        "appeals",
        Kind::List(&Kind::Table(&rulings::APPEAL), 1),
        Optional("none are decided"),
        "Appeals that the platform decides.",
    ),
];

static POLICY: Table = Table {
    doc: "Which rules of the platform judge the run, with changes of your own.",
    fields: &[&[
        Field::new(
            "era",
            Kind::Text,
            Default("\"auto\""),
            "\"auto\", the name of an era or variant, or a path ending in \
            .toml or .json.",
        ),
        Field::new(
            "override",
            Kind::Foreign("policy parameters, as in a policy file: `[policy.override.rating]` and so on"),
            Optional("the era as it stands"),
            "Parameters that differ from the era's, by their names in policy files.",
        ),
    ]],
    choices: &[],
};

static MONEY: Table = Table {
    doc: "What messages cost and conversions are worth: one flat price per category, or the platform's dated rate cards.",
    fields: &[&[
        Field::new("currency", Kind::Text, Default("\"USD\""), "Currency of all amounts, for labels."),
        Field::new(
            "rates",
            Kind::Text,
            Optional("\"none\": the flat prices below"),
            "Rate cards to bill by: \"auto\" goes by calendar date, a name pins one of the shipped cards (`tiersim rates \
            list`), a path ending in .toml or .json names your own. Segments then need a `country` or a `market`.",
        ),
        Field::new(
            "rates_digest",
            Kind::Text,
            Optional("any content"),
            "Blake3 digest a card file of your own must have, as the resolved form of a scenario states it.",
        ),
        Field::new(
            "exchange",
            Kind::ByName(&Kind::Positive(1e6)),
            Optional("cards must be in `currency`"),
            "What one unit of another currency is worth in `currency`, for cards that are in it: `{ EUR = 1.1 }`.",
        )
        .unit("currency per unit"),
        Field::new(
            "tiers",
            Kind::List(&Kind::Table(&TIER), 0),
            Optional("no tiers: none of the platform's figures is known here"),
            "Volume tiers of a market and category, by what a portfolio is billed for in a calendar month.",
        ),
        Field::new("marketing", Kind::Real(0.0, 1e6), Default("0"), "Cost of a delivered marketing message.")
            .unit("currency per message"),
        Field::new("utility", Kind::Real(0.0, 1e6), Default("0"), "Cost of a delivered utility message.")
            .unit("currency per message"),
        Field::new(
            "authentication",
            Kind::Real(0.0, 1e6),
            Default("0"),
            "Cost of a delivered authentication message.",
        )
        .unit("currency per message"),
        Field::new("service", Kind::Real(0.0, 1e6), Default("0"), "Cost of a delivered service message.")
            .unit("currency per message"),
        Field::new(
            "value_per_conversion",
            Kind::Real(0.0, 1e9),
            Default("0"),
            "Worth of a conversion, for campaigns that \
            do not say otherwise.",
        )
        .unit("currency per conversion"),
    ]],
    choices: &[],
};

static TIER: Table = Table {
    doc: "What is billed beyond so many units of a month costs this, up to where the next tier begins.",
    fields: &[&[
        Field::new("market", Kind::Name, Required, "The market, as rate cards name it."),
        Field::new(
            "category",
            Kind::Word(&[("utility", "utility messages"), ("authentication", "authentication messages")]),
            Required,
            "What is billed.",
        ),
        Field::new(
            "above",
            Kind::Whole(1, 1_000_000_000_000),
            Required,
            "Units beyond this many, of one portfolio in one calendar month (UTC).",
        )
        .unit("units per month"),
        Field::new("price", Kind::Real(0.0, 1e6), Required, "Their price.").unit("currency per unit"),
    ]],
    choices: &[],
};

static LIST: Table = Table {
    doc: "A CSV file of people: columns recipient, segment, opt_in_source, opt_in_date, topics, past_sends.",
    fields: &[&[
        Field::new("file", Kind::Text, Required, "Path of the CSV file, from the scenario file's folder."),
        Field::new(
            "digest",
            Kind::Text,
            Optional("any content"),
            "Blake3 digest the file must have, as the resolved form \
            of a scenario states it, so that an archived scenario notices a changed list.",
        ),
    ]],
    choices: &[],
};

/// Delays: fixed, exponential or lognormal.
const DELAY: Kind = Kind::Any(&[Kind::Span(SimDuration::ZERO, YEAR), Kind::Table(&RANDOM_DELAY)]);

static RANDOM_DELAY: Table = Table {
    doc: "A random delay: `{ exponential = \"5s\" }` by its mean, or `{ median = \"10m\", sigma = 2.0 }` for a lognormal.",
    fields: &[&[
        Field::new(
            "exponential",
            Kind::Span(MS, YEAR),
            Optional("lognormal"),
            "Mean of an exponential delay.",
        ),
        Field::new("median", Kind::Span(MS, YEAR), Optional("exponential"), "Median of a lognormal delay."),
        Field::new(
            "sigma",
            Kind::Real(0.0, 10.0),
            Optional("exponential"),
            "Standard deviation of the natural logarithm \
            of a lognormal delay; goes with `median`.",
        ),
    ]],
    choices: &[
        OneOf { keys: &["exponential", "median"], required: true },
        OneOf { keys: &["exponential", "sigma"], required: true },
    ],
};

/// Ages: fixed, exponential or lognormal over people.
const AGE: Kind = Kind::Any(&[Kind::Span(SimDuration::ZERO, TEN_YEARS), Kind::Table(&RANDOM_AGE)]);

static RANDOM_AGE: Table = Table {
    doc: "An age that differs from person to person: `{ exponential = \"300d\" }` by its mean, or \
          `{ median = \"400d\", sigma = 0.7 }` for a lognormal.",
    fields: &[&[
        Field::new(
            "exponential",
            Kind::Span(MS, TEN_YEARS),
            Optional("lognormal"),
            "Mean of an exponential age.",
        ),
        Field::new(
            "median",
            Kind::Span(MS, TEN_YEARS),
            Optional("exponential"),
            "Median of a lognormal age.",
        ),
        Field::new(
            "sigma",
            Kind::Real(0.0, 10.0),
            Optional("exponential"),
            "Standard deviation of the natural logarithm \
            of a lognormal age; goes with `median`.",
        ),
    ]],
    choices: &[
        OneOf { keys: &["exponential", "median"], required: true },
        OneOf { keys: &["exponential", "sigma"], required: true },
    ],
};

static MEMORY: Table = Table {
    doc: "How long a delivered message weighs on a person: `{ half_life = \"5d\" }`, or `{ window = \"7d\" }` in which \
          each counts 1, at most the last eight.",
    fields: &[&[
        Field::new(
            "half_life",
            Kind::Span(SimDuration::HOUR, YEAR),
            Optional("a window"),
            "A message counts 1 when new \
            and halves every so long.",
        ),
        Field::new(
            "window",
            Kind::Span(SimDuration::HOUR, YEAR),
            Optional("a half-life"),
            "A message counts 1 for so \
            long, then nothing; at most the last eight are remembered.",
        ),
    ]],
    choices: &[OneOf { keys: &["half_life", "window"], required: true }],
};

const NEVER: Kind = Kind::Word(&[("never", "it keeps")]);
const ALIKE: Kind = Kind::Word(&[("alike", "everybody is the same")]);

/// Where consent came from.
pub static CONSENT_SOURCES: &[(&str, &str)] = &[
    ("site", "a form on the business's site"),
    ("voice_menu", "a voice menu"),
    ("thread", "a message thread"),
    ("paper", "paper"),
    ("imported", "a list bought or copied: no consent to this business"),
];

/// Sources of a consent that is one.
static AGREED_SOURCES: &[(&str, &str)] = &[
    ("site", "a form on the business's site"),
    ("voice_menu", "a voice menu"),
    ("thread", "a message thread"),
    ("paper", "paper"),
];

/// What an opt-in may name.
static CONSENT_NAMED: &[(&str, &str)] = &[
    ("business", "the business that writes"),
    ("channel", "the channel it writes over"),
    ("topics", "the kinds of messages"),
];

/// Block reasons the platform knows.
pub static BLOCK_REASONS: &[(&str, &str)] = &[
    ("NO_LONGER_NEEDED", "no longer needed"),
    ("NO_REASON", "no reason"),
    ("NO_REASON_GIVEN", "no reason given"),
    ("NO_SIGN_UP", "did not sign up"),
    ("OFFENSIVE_MESSAGES", "offensive messages"),
    ("OTHER", "another reason"),
    ("OTP_DID_NOT_REQUEST", "a code not asked for"),
    ("SPAM", "spam"),
    ("UNKNOWN_BLOCK_REASON", "unknown"),
];

static RECIPIENTS: Table = Table {
    doc: "How people behave, for all segments. Every probability here is an estimate with a stated source or an \
          assumption; none is the platform's.",
    fields: &[BEHAVIOUR],
    choices: &[],
};

static SEGMENT: Table = Table {
    doc: "A kind of people: how many, and whatever differs from [recipients].",
    fields: &[SEGMENT_ONLY, BEHAVIOUR],
    choices: &[],
};

static SEGMENT_ONLY: &[Field] = &[Field::new(
    "size",
    Kind::Whole(0, PEOPLE_MAX),
    Optional("people come from [audience]; otherwise it is required"),
    "How many people.",
)
.unit("people")];

static BEHAVIOUR: &[Field] = &[
    // Consent.
    Field::new("consent", Kind::Word(CONSENT_SOURCES), Default("\"site\""), "Where these people's agreement came from."),
    Field::new("topics", Kind::List(&Kind::Name, 0), Default("[]"), "Topics they agreed to; empty means any topic."),
    Field::new("consent_named", Kind::List(&Kind::Word(CONSENT_NAMED), 0), Default("[\"business\", \"channel\", \"topics\"]"),
        "What the opt-in named. Whatever it left out has its factor below, for people who agreed at all."),
    Field::new("unnamed_business_factor", FACTOR, Default("3"), "Factor on blocks, reports, mutes, archives and opt-outs of \
        people whose opt-in did not name the business.")
        .assumed("1", "10", "nothing measured; between no effect and that of a missing consent, since people block senders \
            they do not know"),
    Field::new("unnamed_channel_factor", FACTOR, Default("1.5"), "Factor on the same when it did not name the channel. Whether \
        the rules of the day ask for it is another question: see `[opt_in]` in policy files.")
        .assumed("1", "4", "nothing measured; the platform has not asked for it since November 2024"),
    Field::new("unnamed_topics_factor", FACTOR, Default("1.5"), "Factor on the same when it did not name the kinds of messages.")
        .assumed("1", "4", "nothing measured; the platform advises to name them"),
    Field::new("consent_source_factors", Kind::ByWord(AGREED_SOURCES, &FACTOR), Default("{}"), "Factors on the same by the \
        source of a consent; 1 where none is given.")
        .assumed("0.5", "3", "nothing measured for any source; 1 claims no difference"),
    Field::new("consent_age", AGE, Default("\"0\""),
        "How old agreements are at the start, for people whose `opt_in_date` no list gives: a span, or a spread over people."),
    Field::new("consent_half_life", Kind::Any(&[Kind::Span(SimDuration::HOUR, TEN_YEARS), NEVER]), Default("\"never\""),
        "How consent ages: the factor of an agreement goes from what it is when fresh towards `missing_consent_factor`, half \
        of the way every so long.")
        .assumed("90d", "1500d", "nothing measured here; mail lists written to rarely lose 2-5 % per message against 0.2-0.75 % \
            (vinaytosh.com, way2mail.net)"),
    Field::new("country", Kind::Country, Optional("none: rules and prices by country do not concern them"), "Where their \
        phone numbers are from."),
    Field::new("market", Kind::Name, Optional("the market of `country`"), "The platform's market for prices, as rate cards \
        name it, where the country does not decide."),
    Field::new("saved_number", SHARE, Default("0.4"), "Share who have saved a number of the Business app when it begins: \
        nobody else gets its lists. It concerns no other number.").unit("share of people")
        .assumed("0.1", "0.9", "nothing published; regulars of a shop mostly, bought contacts hardly ever"),
    Field::new("saves_number_per_month", Kind::Real(0.0, 0.99), Default("0"), "Of the others, the share who save it in the \
        course of 30 days.").unit("share of people in 30 days")
        .assumed("0", "0.2", "nothing published; 0 where nobody is asked to"),
    Field::new("missing_consent_factor", FACTOR, Default("10"), "Factor on blocks, reports, mutes, archives and opt-outs \
        of people without any consent (`imported`).")
        .assumed("5", "30", "opt-outs per text message: 17-22 % on a cold list (voterev.helpjuice.com, 62,277 voters, \
            randomised) against 0.6-1.0 % on asked-for lists (help.klaviyo.com); mail complaints 0.3 % against 0.02-0.05 %"),
    Field::new("topic_mismatch_factor", FACTOR, Default("2"), "Factor on the same when a template's topic is none of those \
        agreed to.")
        .assumed("1", "5", "nothing measured; between no effect and that of a missing consent"),
    // Delivery.
    Field::new("delivered", SHARE, Default("0.95"), "Chance that a message is delivered to someone who has not blocked the \
        number.").unit("probability per message")
        .reported("0.92", "0.98", "vendor figure for healthy accounts (richautomate.in benchmarks, July 2026)"),
    Field::new("failed_share", SHARE, Default("0.5"), "Of the messages not delivered, the share that is reported as failed \
        (131026); the rest stays at sent.").unit("share of undelivered")
        .assumed("0", "1", "nothing published; 4 of 53 sends in one account's webhooks stayed without a price (iscarelli/zapgw)"),
    Field::new("delivery_delay", DELAY,
        Default("{ exponential = \"5s\" }"), "From sending to delivery when the phone is online.")
        .assumed("1s", "1m", "nothing published; seconds in practice"),
    Field::new("offline_share", SHARE, Default("0.1"), "Chance that the phone is offline at the send.")
        .unit("probability per message").assumed("0", "0.3", "nothing published"),
    Field::new("offline_delay", DELAY,
        Default("{ median = \"3h\", sigma = 1.0 }"), "From sending to delivery when it is.")
        .assumed("30m", "12h", "nothing published; the platform keeps trying for up to 30 days"),
    // Reading.
    Field::new("read", SHARE, Default("0.68"), "Mean chance that a delivered marketing or authentication message is read.")
        .unit("probability per delivered message")
        .reported("0.38", "0.90", "average of vendor figures for opted-in broadcasts, 65-90 % typical, 38 % for blasts \
            (richautomate.in benchmarks, July 2026); 58-79 % (bird.com)"),
    Field::new("read_utility", SHARE, Default("0.80"), "The same for utility and service messages.")
        .unit("probability per delivered message")
        .assumed("0.65", "0.95", "upper end of the same vendor figures; people expect these messages"),
    Field::new("read_concentration", Kind::Any(&[Kind::Positive(1e6), ALIKE]), Default("6"), "How alike people are in \
        reading: a + b of a beta distribution over people; \"alike\" gives everybody the mean.")
        .assumed("2", "30", "share of answered notifications per person is about beta(4.1, 2.1) in HeartSteps V1 (37 \
            people, 3,021 notifications)"),
    Field::new("read_delay", DELAY,
        Default("{ median = \"10m\", sigma = 2.0 }"), "From delivery to reading, lognormal by default.")
        .assumed("5m", "20m", "opens of mail are close to lognormal with sigma about 2 (GetResponse 2019-20, 5.5 bn mails); \
            messages are seen within minutes (Pielot and others, MobileHCI 2014), so the median is brought down"),
    Field::new("receipts_off", SHARE, Default("0.18"), "Share of people whose read receipts are off: they read, the business \
        does not see it.").unit("share of people")
        .reported("0.15", "0.20", "vendor figure (chatarmin, February 2026)"),
    Field::new("read_fatigue_loss", Kind::Real(0.0, 10.0), Default("0.05"), "Reads lost to fatigue: the chance is divided by \
        1 + this × load.").unit("per unit of load")
        .assumed("0", "0.2", "push notifications are opened half as often at 1-2 a day as at 1-2 a week (retenshun.com, no \
            method shown), which would be about 0.18; unanswered ones rise from 28 to 34 % in six weeks (HeartSteps V1)"),
    // Reactions of readers.
    Field::new("block_base", SHARE, Default("0.003"), "Chance that a reader blocks the number, before all factors.")
        .unit("probability per read message")
        .assumed("0.001", "0.03", "no block rate of this platform was ever published; 0.2-0.5 % of delivered is taken as \
            good, 1-2 % as dangerous (vendors' opinions, such as knowledge.flowella.io)"),
    Field::new("report_given_block", SHARE, Default("0.2"), "Chance that a block comes with a report.")
        .unit("probability per block").assumed("0.1", "0.4", "nothing published"),
    Field::new("report_base", SHARE, Default("0.0002"), "Chance that a reader reports without blocking, before all factors.")
        .unit("probability per read message")
        .assumed("0", "0.004", "with the reports that come with blocks this gives the scale of mail complaints: 0.02-0.05 % \
            good, 0.1 % warning, 0.3 % bad (Gmail bulk-sender limits; Mailgun; Campaign Monitor)"),
    Field::new("mute_base", SHARE, Default("0.005"), "Chance that a reader mutes the chat, before all factors.")
        .unit("probability per read message")
        .assumed("0", "0.02", "nothing published; 0.8 % of notifications were snoozed for hours in HeartSteps V1"),
    Field::new("archive_base", SHARE, Default("0.01"), "Chance that a reader archives the chat, before all factors.")
        .unit("probability per read message").assumed("0", "0.05", "nothing published"),
    Field::new("opt_out_base", SHARE, Default("0.01"), "Chance that a reader opts out where the template makes it easy, \
        before all factors.").unit("probability per read message")
        .reported("0.006", "0.03", "text messages: 0.6-1.0 % of deliveries on asked-for lists (help.klaviyo.com), 2.6-3.7 % \
            in retail (burstsms 2018; Cellit/ePrize, 1,180 campaigns)"),
    Field::new("hidden_opt_out_divisor", Kind::Real(1.0, 1000.0), Default("6"), "What that chance is divided by where the \
        opt-out is hidden.")
        .assumed("1.3", "10", "political text messages: about 3 % ask to be removed unprompted (stonesphones.com) against \
            17-22 % when told how (voterev.helpjuice.com); 1.3 is the effect of its position in the text alone"),
    Field::new("opt_out_instead_of_block", SHARE, Default("0.5"), "Share of would-be blocks that opt out instead where that \
        is easy.").unit("share of blocks")
        .assumed("0.3", "0.8", "advice is unanimous, data absent"),
    Field::new("opt_out_by_word", SHARE, Default("0.5"), "Share of opt-outs by word where a template offers a word and a \
        button (`opt_out = \"both\"`).").unit("share of opt-outs")
        .assumed("0.05", "0.95", "nothing published"),
    Field::new("stop_base", SHARE, Default("0"), "Chance that a reader of marketing stops the business by the platform's own \
        control, before all factors; in rules that have it (`[stop]`, since November 2024).")
        .unit("probability per read message")
        .assumed("0", "0.01", "nothing published; 0 because the other defaults were set without it"),
    Field::new("stop_instead_of_block", SHARE, Default("0"), "Share of would-be blocks that use that control instead, of those \
        that no easy opt-out has taken.").unit("share of blocks")
        .assumed("0", "0.5", "nothing published; 0 because the other defaults were set without it"),
    Field::new("ignored_opt_out_factor", FACTOR, Default("3"), "Factor on blocks, reports, mutes, archives and opt-outs in \
        answer to a message that was sent after its reader had opted out.")
        .assumed("1", "10", "nothing measured; without effect where opt-outs are honoured at once"),
    Field::new("reply", SHARE, Default("0.05"), "Chance that a reader writes back, which opens a service window of 24 hours.")
        .unit("probability per read message")
        .reported("0.02", "0.15", "vendors: 12-15 % of marketing messages (a2c), below 5 % a warning sign (sistemaimpulsa)"),
    Field::new("click", SHARE, Default("0.15"), "Chance that a reader follows the link, before relevance.")
        .unit("probability per read message")
        .reported("0.05", "0.3", "vendor baseline of about 15 % (bird.com); 18.7 % in a sample payload of the platform"),
    Field::new("convert_given_click", SHARE, Default("0.05"), "Chance that a click leads to a conversion.")
        .unit("probability per click").assumed("0.01", "0.2", "depends on the business; use your own"),
    Field::new("not_interested", SHARE, Default("0"), "Chance that a reader of marketing tells the platform that they are \
        not interested in more of it, before all factors; where the rules of the day have such a control.")
        .unit("probability per read message").assumed("0", "0.02", "nothing published; the control stands beside block and \
            mute, and 0 because the other outcomes were measured without it"),
    Field::new("interested", SHARE, Default("0"), "Chance that a reader of marketing tells the platform that they are \
        interested in more of it; where there is such a control.")
        .unit("probability per read message").assumed("0", "0.02", "nothing published"),
    Field::new("other_marketing_per_day", Kind::Real(0.0, 1000.0), Default("0"), "Marketing messages that other \
        businesses send to a person a day, on average: they take places under the shared caps of the rules. What they \
        weigh on fatigue is `fatigue_background`.").unit("messages per person and day")
        .assumed("0", "8", "unwanted business messages a day in India: 95 % of people asked get some, 41 % four or more \
            (LocalCircles, February 2023); 54 % one to three, 30 % four to seven, 11-19 % eight or more (February 2026)"),
    Field::new("reaction_delay", DELAY,
        Default("{ median = \"2m\", sigma = 1.6 }"), "From reading to whatever the reader does.")
        .assumed("10s", "10m", "answers to notifications: 54 % by 2 minutes, 92 % by 20 (HeartSteps V1)"),
    Field::new("conversion_delay", DELAY,
        Default("{ median = \"30m\", sigma = 2.0 }"), "From click to conversion.")
        .assumed("5m", "1d", "depends on the business; use your own"),
    Field::new("annoyance_shape", Kind::Any(&[Kind::Positive(1e6), ALIKE]), Default("1.7"), "How unlike people are in \
        annoyance: shape of a gamma distribution over people with mean 1; small shapes let few people do most of the \
        blocking, \"alike\" makes everybody the same.")
        .assumed("0.3", "10", "\"bad\" answers per person are about beta(1.2, 5.3) in HeartSteps V1; 1.7 has the same spread \
            relative to the mean"),
    Field::new("block_reasons", Kind::ByWord(BLOCK_REASONS, &SHARE), Default("{}"), "Reasons given with a block and their \
        shares; what is missing to 1 gives none.").unit("share of blocks")
        .assumed("0", "1", "the platform names the reasons, not how common they are"),
    // Fatigue.
    Field::new("fatigue_memory", Kind::Table(&MEMORY), Default("{ half_life = \"5d\" }"), "What fatigue load is made of: \
        messages delivered from this business the one at hand included. With a half-life of 5 days the load of a steady \
        plan is about its messages per week.")
        .assumed("2d", "14d", "chosen so that load reads as messages per week"),
    Field::new("fatigue_background", Kind::Real(0.0, 1000.0), Default("0"), "Constant load from other businesses.")
        .unit("load")
        .assumed("0", "20", "95 % of people asked in India get unwanted business messages daily, 41 % four or more \
            (LocalCircles, February 2023); 0 because the other defaults were measured on people who get them too"),
    Field::new("fatigue_free", Kind::Real(0.0, 1000.0), Default("5"), "Load that annoys nobody; above it negative reactions \
        are multiplied by 1 + slope × (load − free)^exponent.").unit("load")
        .assumed("0", "7", "mail complaints rise beyond about 5 a week from one sender (validity.com, 8 large retailers)"),
    Field::new("fatigue_slope", Kind::Real(0.0, 1000.0), Default("0.17"), "Growth of that factor.").unit("per unit of load")
        .assumed("0", "1", "with the exponent: twice the free volume multiplies complaints by 2^1.4, LinkedIn's elasticity"),
    Field::new("fatigue_exponent", Kind::Real(0.0, 5.0), Default("1.4"), "Curvature of that factor.")
        .assumed("1", "2", "LinkedIn 2015: 40 % fewer mails halved complaints (wordtothewise.com), an elasticity of 1.36; an \
            upper bound, since the least relevant mails went"),
];

/// What carries a number's messages.
static CHANNELS: &[(&str, &str)] = &[
    ("api", "the API, with templates, messaging limit and quality rating"),
    (
        "app",
        "the Business app, whose campaigns are broadcast lists: people who have not saved the number do not get them, \
         and `[app]` of the policy says how long a list may be and how much a month is free",
    ),
];

static NUMBER: Table = Table {
    doc: "A business phone number to send from.",
    fields: &[&[
        Field::new("channel", Kind::Word(CHANNELS), Default("\"api\""), "What carries its messages."),
        Field::new(
            "registered",
            Kind::Mark,
            Optional("the start of the run"),
            "When it joins its portfolio: a day (\"day 20\", midnight UTC) or an instant. Its campaigns begin then, \
             unless they say later.",
        ),
        Field::new(
            "portfolio",
            Kind::Name,
            Default("\"default\""),
            "The business portfolio it belongs to; since October \
            2025 a portfolio's numbers share one limit.",
        ),
        Field::new(
            "starting_limit",
            Kind::Any(&[Kind::Whole(1, 1_000_000_000), Kind::Word(&[("unlimited", "no limit")])]),
            Optional("the policy's start"),
            "Messaging limit it starts with.",
        )
        .unit("people in a moving 24 hours"),
        Field::new(
            "verified",
            Kind::Any(&[Kind::Flag, Kind::Moment]),
            Default("false"),
            "When the business is verified, which \
            is one way up from the lowest limit: true from the start, or from an instant on.",
        ),
        Field::new("throughput", Kind::Positive(100_000.0), Default("80"), "Messages it sends at most.")
            .unit("messages per second")
            .reported(
                "20",
                "1000",
                "the platform's documentation: 80 by default, up to 1,000 after an upgrade",
            ),
        Field::new(
            "service",
            Kind::Word(&[
                ("even", "all gaps the same"),
                ("exponential", "exponential gaps with the same mean"),
            ]),
            Default("\"even\""),
            "How the gaps between sends are at full throughput.",
        ),
        Field::new(
            "pair_gap",
            Kind::Span(SimDuration::ZERO, SimDuration::DAY),
            Default("\"6s\""),
            "Shortest gap between two \
            messages to the same person.",
        )
        .reported(
            "0",
            "6s",
            "the platform's documentation: one message per 6 seconds to the same user, error 131056",
        ),
        Field::new(
            "list_gap",
            Kind::Span(SimDuration::ZERO, SimDuration::DAY),
            Default("\"5m\""),
            "In the Business app: from the start of one broadcast list to the start of the next, sent by hand.",
        )
        .assumed("1m", "30m", "nothing measured; a person picks the list and pastes the text"),
        Field::new(
            "buy_credits",
            Kind::Flag,
            Default("false"),
            "In the Business app: whether broadcasts beyond the month's allowance are bought; otherwise they are not sent.",
        ),
        Field::new(
            "credit_price",
            Kind::Real(0.0, 1e6),
            Default("0"),
            "Price of one broadcast beyond the allowance. The platform's own is not known here: yours to give.",
        )
        .unit("currency per broadcast"),
    ]],
    choices: &[],
};

static TEMPLATE: Table = Table {
    doc: "A message template.",
    fields: &[&[
        Field::new(
            "category",
            Kind::Word(&[
                ("marketing", "promotion"),
                ("utility", "about a transaction the recipient knows of"),
                ("authentication", "one-time codes"),
                ("service", "inside the service window, without a template"),
            ]),
            Required,
            "What it is for; it decides reading and cost.",
        ),
        Field::new(
            "topic",
            Kind::Name,
            Optional("no particular topic; nobody minds"),
            "What it is about, to be held against \
            the topics people agreed to.",
        ),
        Field::new(
            "topics",
            Kind::List(&Kind::Name, 1),
            Optional("`topic` names the only one"),
            "Several topics at once: it is welcome where any of them was agreed to.",
        ),
        Field::new(
            "relevance",
            Kind::Positive(100.0),
            Default("1"),
            "How well it fits its readers: negative reactions are \
            divided by it, clicks multiplied; 1 is ordinary.",
        )
        .assumed(
            "0.3",
            "3",
            "your judgement; LinkedIn halved complaints by leaving out the least relevant mails",
        ),
        Field::new(
            "opt_out",
            Kind::Word(&[
                ("easy", "a button or a plain word to reply, not told apart: only the opt-out is logged"),
                ("reply", "a plain word to reply, which opens a service window"),
                ("button", "a button, which opens one too"),
                ("both", "a word or a button, told apart by `opt_out_by_word`"),
                ("hidden", "somewhere behind a process"),
                ("none", "nothing"),
            ]),
            Default("\"easy\""),
            "What it offers to those who want no more.",
        ),
        Field::new(
            "time_to_live",
            Kind::Span(SimDuration(30_000), SimDuration::days(30)),
            Optional("as the rules of the day keep its category"),
            "For how long the platform keeps a message for a phone that is offline; after that it is never delivered.",
        ),
        Field::new(
            "cost",
            Kind::Real(0.0, 1e6),
            Optional("the price of its category in [money]"),
            "Cost of a delivered \
            message.",
        )
        .unit("currency per message"),
        Field::new(
            "review",
            Kind::Table(&rulings::REVIEW),
            Optional("approved before the run"),
            "Its review: until it is approved nobody sends it, and a rejected one is never sent.",
        ),
    ]],
    choices: &[OneOf { keys: &["topic", "topics"], required: false }],
};

static CAMPAIGN: Table = Table {
    doc: "A plan to reach many people: when, to whom, with what.",
    fields: &[&[
        Field::new("number", Kind::Name, Optional("the only number"), "The number it is sent from."),
        Field::new("template", Kind::Name, Optional("`templates` gives a split"), "The template it sends."),
        Field::new("templates", Kind::ByName(&SHARE), Optional("`template` names the only one"), "A split over templates, by \
            lot per person and dispatch; shares add to 1.").unit("share of messages"),
        Field::new("rotate_templates", Kind::Flag, Default("false"), "With `templates`: one after the other from dispatch to \
            dispatch, in the order of the table, instead of by lot."),
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
        ]), Default("\"drop\""), "What to do with a message that the platform refuses for now: a cap on marketing (131049, \
            131026), the pair rate (131056), the throughput (130429)."),
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

static AUDIENCE: Table = Table {
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
