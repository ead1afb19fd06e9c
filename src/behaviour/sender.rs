//! What a sender plans: numbers, templates, campaigns with their calendars, limits and reactions.
//!
//! Parameters only reach for what a real sender can see: published rating, status, limit and refusals. May not know
//! scores, thresholds or weights.

use crate::behaviour::account::{Review, UntilApproved};
use crate::behaviour::app::AppSender;
use crate::messaging::{Category, Limit};
use crate::sim::{SimDuration, SimTime};

/// A business phone number to send from.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    /// Its id in logs.
    pub name: String,
    /// The portfolio's id.
    pub portfolio: String,
    /// The limit it starts with, where it is not the policy's.
    pub starting_limit: Option<Limit>,
    /// When the business is verified; none means never seen in this run.
    pub verified_at: Option<SimTime>,
    /// Messages per second it sends at most.
    pub throughput: f64,
    /// How the gaps between sends are.
    pub service: Service,
    /// Shortest gap between two messages to the same recipient.
    pub pair_gap: SimDuration,
    /// When it is registered; none: at the start.
    pub registered_at: Option<SimTime>,
    /// How its owner sends lists, if it is a number of the Business app and not of the API.
    pub app: Option<AppSender>,
}

/// The gaps between sends of a queue at full throughput.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// All equal.
    Even,
    /// Exponential with the same mean.
    Exponential,
}

/// A message template.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// Its name in logs.
    pub name: String,
    /// What it is for.
    pub category: Category,
    /// What it is about; empty means no particular topic.
    pub topics: Vec<String>,
    /// How well it fits its readers: negative reactions are divided by it, clicks multiplied. 1 is ordinary.
    pub relevance: f64,
    /// What it offers to those who want no more.
    pub opt_out: OptOut,
    /// How long it is kept for people offline, where that is not the platform's own time.
    pub time_to_live: Option<SimDuration>,
    /// Its review; none: approved long before the run.
    pub review: Option<Review>,
    /// Cost per delivered message, in the scenario's currency; a loaded scenario always has one.
    pub cost: Option<f64>,
}

/// What a template offers to those who want no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptOut {
    /// A button or a plain word to reply, not told apart: only the opt-out itself is logged.
    Easy,
    /// A plain word to reply, which is an inbound message.
    Reply,
    /// A button, which is an inbound message too.
    Button,
    /// Both, told apart by lot.
    Both,
    /// Somewhere behind a process.
    Hidden,
    /// Nothing.
    None,
}

impl OptOut {
    /// Whether opting out is easy, one way or the other.
    pub fn is_easy(self) -> bool {
        matches!(self, OptOut::Easy | OptOut::Reply | OptOut::Button | OptOut::Both)
    }

    /// Whether some who opt out write to the business by it.
    pub fn is_inbound(self) -> bool {
        matches!(self, OptOut::Reply | OptOut::Button | OptOut::Both)
    }
}

/// The way somebody opted out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Way {
    /// By a word or a button, not told apart.
    NotTold = 0,
    /// By a word.
    Reply = 1,
    /// By a button.
    Button = 2,
    /// By the platform's own control.
    Stop = 3,
    /// By a process that was hidden.
    Hidden = 4,
}

impl Way {
    /// All, by their codes.
    pub const ALL: [Way; 5] = [Way::NotTold, Way::Reply, Way::Button, Way::Stop, Way::Hidden];

    /// The way of a code.
    pub fn of(code: u8) -> Way {
        Way::ALL[usize::from(code)]
    }

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Way::NotTold => "not_told",
            Way::Reply => "reply",
            Way::Button => "button",
            Way::Stop => "stop",
            Way::Hidden => "hidden",
        }
    }

    /// What a log gives as the reason of the opt-out: the way, where the business can tell it.
    pub fn reason(self) -> &'static str {
        match self {
            Way::NotTold | Way::Hidden => "",
            Way::Reply | Way::Button | Way::Stop => self.name(),
        }
    }
}

/// A plan to reach many recipients.
#[derive(Clone, Debug, PartialEq)]
pub struct Campaign {
    /// Its name in logs.
    pub name: String,
    /// Index into the scenario's numbers.
    pub number: usize,
    /// Templates (index, share); shares add to 1.
    pub templates: Vec<(usize, f64)>,
    /// Whether dispatches take the templates in turn, instead of each person by lot.
    pub rotate_templates: bool,
    /// Templates sent instead of one that is paused or disabled: the first that is not.
    pub fallback: Vec<usize>,
    /// When it goes out.
    pub calendar: Calendar,
    /// To whom.
    pub audience: Audience,
    /// Who goes first when several wait: higher first.
    pub priority: i32,
    /// What to do when the limit is used up.
    pub at_limit: AtLimit,
    /// What to do with a message that is refused temporarily.
    pub at_cap: AtCap,
    /// With [`AtCap::Retry`]: so long after the refusal.
    pub retry_after: SimDuration,
    /// With [`AtCap::Retry`]: so often at most.
    pub retries: u8,
    /// What to do while a template waits for its review.
    pub until_approved: UntilApproved,
    /// What to do when what a sender can see changes, first match wins.
    pub reactions: Vec<Reaction>,
    /// Spans [from, to) of the run during which nothing goes out, ascending and apart: quiet hours of the campaign's
    /// time zone, resolved.
    pub quiet: Vec<(SimTime, SimTime)>,
    /// Worth of a conversion, in the scenario's currency.
    pub value_per_conversion: f64,
}

impl Campaign {
    /// Every template it may send: those of its dispatches, those it falls back to, those that reactions take instead. Some
    /// may come twice.
    pub fn sendable(&self) -> impl Iterator<Item = usize> + '_ {
        let instead = self.reactions.iter().filter_map(|r| match r.action {
            Action::UseTemplate(t) => Some(t),
            Action::Pause | Action::Share(_) => None,
        });
        self.templates.iter().map(|t| t.0).chain(self.fallback.iter().copied()).chain(instead)
    }
}

/// When a campaign goes out.
#[derive(Clone, Debug, PartialEq)]
pub enum Calendar {
    /// At these instants, ascending, inside the run.
    Dispatches(Vec<SimTime>),
    /// For each recipient by a Poisson process: so many a day, between two instants.
    Triggered {
        /// Events per recipient and day.
        per_day: f64,
        /// First instant.
        from: SimTime,
        /// Past the last instant.
        until: SimTime,
    },
}

/// To whom a campaign goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Audience {
    /// Indices into the scenario's segments, ascending.
    pub segments: Vec<usize>,
    /// Share of the people in them, picked once per run by lot.
    pub share: f64,
    /// At most so many per dispatch; none: everybody.
    pub max: Option<u64>,
    /// How `max` grows from dispatch to dispatch: multiplied by this, rounded down, each time.
    pub growth: f64,
    /// Whether each dispatch goes on where the last one stopped (with `max`), or starts at the top.
    pub rotate: bool,
    /// Only those who read something within so long before the dispatch (as far as receipts show).
    pub read_within: Option<SimDuration>,
    /// Not those whom this business sent something within so long before the dispatch.
    pub not_sent_within: Option<SimDuration>,
    /// Whether opt-outs are honoured.
    pub honour_opt_outs: bool,
    /// How long it takes until an opt-out stands in the list.
    pub opt_out_delay: SimDuration,
    /// Share of people whose opt-out never gets there.
    pub opt_outs_missed: f64,
    /// Idealisation: leave out those who blocked the number, which no sender can see. For benchmarks and bounds.
    pub leave_out_blocked: bool,
}

/// What to do when the limit is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtLimit {
    /// Queue, oldest first, and go on as slots free.
    Defer,
    /// Leave it.
    Drop,
    /// Space the dispatch so that a moving period stays within the limit known at its start; then as `Defer`.
    Spread,
}

/// What to do after a temporary refusal: by a cap, the pair rate or the throughput.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtCap {
    /// Leave it.
    Drop,
    /// Try again, some time later and so often at most.
    Retry,
}

/// A rule a sender keeps: while the condition holds, the action.
#[derive(Clone, Debug, PartialEq)]
pub struct Reaction {
    /// When it applies.
    pub when: Condition,
    /// What it does.
    pub action: Action,
}

/// What a sender can see of a number or template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The number's published rating is RED.
    Red,
    /// The number's published rating is YELLOW or RED.
    YellowOrWorse,
    /// The number's published rating was RED at some time in the last so long.
    RedWithin(SimDuration),
    /// The number's published rating was YELLOW or RED at some time in the last so long.
    YellowOrWorseWithin(SimDuration),
    /// The number is FLAGGED.
    Flagged,
    /// None of the above two colours: GREEN or UNKNOWN.
    NotBad,
}

/// What a reaction does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    /// Send nothing; dispatches that fall due meanwhile are skipped, what is queued is given up.
    Pause,
    /// Send this template instead.
    UseTemplate(usize),
    /// Send to this share of the audience only.
    Share(f64),
}
