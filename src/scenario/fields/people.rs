//! Keys for how people behave, with where each default comes from.

use super::delays::{AGE, DELAY};
use super::{FACTOR, PEOPLE_MAX, SHARE, TEN_YEARS, YEAR};
use crate::scenario::spec::Need::{Default, Optional};
use crate::scenario::spec::{Field, Kind, OneOf, Table};
use crate::sim::SimDuration;

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
static CONSENT_SOURCES: &[(&str, &str)] = &[
    ("site", "a form on the business's site"),
    ("voice_menu", "a voice menu"),
    ("thread", "a message thread"),
    ("paper", "paper"),
    ("imported", "a list bought or copied: no consent to this business"),
];

/// Sources of a consent that is one: all but the last.
static AGREED_SOURCES: &[(&str, &str)] = match CONSENT_SOURCES.split_last() {
    Some((_, agreed)) => agreed,
    None => &[],
};

/// What an opt-in may name.
static CONSENT_NAMED: &[(&str, &str)] = &[
    ("business", "the business that writes"),
    ("channel", "the channel it writes over"),
    ("topics", "the kinds of messages"),
];

/// Block reasons the platform knows.
static BLOCK_REASONS: &[(&str, &str)] = &[
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

pub static RECIPIENTS: Table = Table {
    doc: "How people behave, for all segments. Every probability here is an estimate with a stated source or an \
          assumption; none is the platform's.",
    fields: &[BEHAVIOUR],
    choices: &[],
};

pub static SEGMENT: Table = Table {
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
    Field::new("unnamed_business_factor", FACTOR, Default("3"), "Factor on blocks, reports, mutes, archives, opt-outs, \
        stops and statements of no interest by people whose opt-in did not name the business.")
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
    Field::new("missing_consent_factor", FACTOR, Default("10"), "Factor on the same (see `unnamed_business_factor`) \
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
    Field::new("ignored_opt_out_factor", FACTOR, Default("3"), "Factor on the same (see `unnamed_business_factor`) in \
        answer to a message that was sent after its reader had opted out.")
        .assumed("1", "10", "nothing measured; without effect where opt-outs are honoured at once"),
    Field::new("reply", SHARE, Default("0.05"), "Chance that a reader writes back, which opens a service window of 24 hours.")
        .unit("probability per read message")
        .reported("0.02", "0.15", "vendors: 12-15 % of marketing messages (a2c), below 5 % a warning sign (sistemaimpulsa)"),
    Field::new("reply_by_ad", SHARE, Optional("none"), "Share of replies that come through an ad or a page's button instead \
        of the chat. If the business answers within 24 hours, what it sends is free for a while by the rate card \
        (`free_entry`).").unit("share of replies"),
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
