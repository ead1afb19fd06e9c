//! From keys back to log rows: names instead of indices.
//!
//! Knows the plan's names; draws nothing, decides nothing.

use crate::behaviour::sender::Way;
use crate::experiment::key::{Key, What};
use crate::experiment::plan::Plan;
use crate::experiment::refusal::Refused;
use crate::messaging::BY_AD;
use crate::messaging::event::{Signal, SignalKind};

/// What a key signals, if it is something that belongs into a log.
pub fn signal_kind(what: What) -> SignalKind {
    match what {
        What::Send => SignalKind::MessageSent,
        What::Attempt => SignalKind::SendAttempted,
        What::Deliver => SignalKind::MessageDelivered,
        What::Fail => SignalKind::MessageFailed,
        What::Read => SignalKind::MessageRead,
        What::Block => SignalKind::BusinessBlocked,
        What::Report => SignalKind::BusinessReported,
        What::OptOut => SignalKind::OptedOut,
        What::Mute => SignalKind::BusinessMuted,
        What::Archive => SignalKind::BusinessArchived,
        What::Reply => SignalKind::MessageReceived,
        What::Click => SignalKind::LinkClicked,
        What::Convert => SignalKind::Converted,
        What::Interest => SignalKind::InterestStated,
        // Of what arises, only that a person saves a number is signalled.
        What::Trigger => SignalKind::ContactAdded,
        What::Wake => unreachable!("nothing a log would hold"),
    }
}

/// Code of an undeliverable message on the platform: not reachable, old client, terms not accepted.
const UNDELIVERABLE: &str = "131026";
/// Code of a message that was held by pacing and dropped, since its template was found bad.
const PACED: &str = "132015";
/// Detail of a reply through an ad.
pub const REPLIED_BY_AD: u8 = 1;
/// Detail of a failure for that.
pub const DROPPED: u8 = 1;
/// Code of a message that was held by the pacing of its portfolio and dropped.
const PACED_PORTFOLIO: &str = "135000";
/// Detail of a failure for that.
pub const DROPPED_WITH_PORTFOLIO: u8 = 2;

/// Writes rows with names, reusing its buffers.
#[derive(Debug, Default)]
pub struct Names {
    person: String,
    message: String,
}

impl Names {
    /// Hands the log row of a key to `take`.
    pub fn with<R>(&mut self, plan: &Plan, key: Key, take: impl FnOnce(&Signal<'_>) -> R) -> R {
        let m = key.message();
        let kind = signal_kind(key.what());
        let campaign = &plan.campaigns[m.campaign as usize];
        let number = &plan.numbers()[campaign.spec.number];
        let template = &plan.templates()[plan.template_of(m.campaign, m.variant)];
        self.person.clear();
        plan.write_person(m.recipient as usize, &mut self.person);
        self.message.clear();
        // A refused attempt is no message, and an inbound one has an id of its own that we do not make up.
        if !matches!(kind, SignalKind::SendAttempted | SignalKind::MessageReceived) {
            self.message.push_str(&campaign.spec.name);
            self.message.push('.');
            self.message.push_str(itoa::Buffer::new().format(u32::from(m.occurrence) + 1));
            self.message.push('.');
            self.message.push_str(&self.person);
        }
        if kind == SignalKind::ContactAdded {
            // It is about the number, whatever is sent from it.
            let mut signal = Signal::new(key.time(plan.scenario.start), kind, &number.name);
            (signal.portfolio, signal.recipient) = (&number.portfolio, &self.person);
            return take(&signal);
        }
        let value = match kind {
            SignalKind::Converted => campaign.spec.value_per_conversion.to_string(),
            _ => String::new(),
        };
        let reason = match key.what() {
            What::Block => plan.reasons[key.detail() as usize].as_str(),
            What::Attempt => Refused::at(key.detail()).reason(),
            What::Interest if key.detail() == 1 => "interested",
            What::Interest => "not_interested",
            What::Fail if key.detail() == DROPPED => PACED,
            What::Fail if key.detail() == DROPPED_WITH_PORTFOLIO => PACED_PORTFOLIO,
            What::Fail => UNDELIVERABLE,
            What::OptOut => Way::of(key.detail()).reason(),
            What::Reply if key.detail() == REPLIED_BY_AD => BY_AD,
            _ => "",
        };
        take(&Signal {
            time: key.time(plan.scenario.start),
            kind,
            number: &number.name,
            portfolio: &number.portfolio,
            recipient: &self.person,
            message: &self.message,
            template: &template.name,
            category: template.category.name(),
            campaign: &campaign.spec.name,
            reason,
            value: &value,
        })
    }
}
