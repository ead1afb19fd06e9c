//! What is due, packed into one ordered word.
//!
//! A [`Key`] holds when something falls due, its place among what falls due at the same instant, and what it is, so
//! that sorting keys is sorting by time with ties settled the same way everywhere: generated signals first, by
//! recipient; then waking queues; then sends, in campaign order. Two engines that pop the same keys see the same
//! world. Knows no probabilities and no rules.

use crate::sim::SimTime;

/// What a key stands for. The order is part of the results: at one instant and recipient, lower comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum What {
    /// A triggered campaign's next message to a recipient arises; or, by its detail, a recipient saves a number of the
    /// Business app.
    Trigger = 0,
    /// A message arrives.
    Deliver = 1,
    /// A message is given up.
    Fail = 2,
    /// A message is read.
    Read = 3,
    /// The reader blocks the number.
    Block = 4,
    /// The reader reports the number.
    Report = 5,
    /// The reader opts out.
    OptOut = 6,
    /// The reader mutes the chat.
    Mute = 7,
    /// The reader archives the chat.
    Archive = 8,
    /// The reader writes back.
    Reply = 9,
    /// The reader uses the link.
    Click = 10,
    /// The reader does what the campaign was for.
    Convert = 11,
    /// A message goes out (or is tried).
    Send = 12,
    /// An attempt that was refused (only in logs).
    Attempt = 13,
    /// A queue that waited for a slot goes on.
    Wake = 14,
    /// The reader states whether more marketing is wanted.
    Interest = 15,
}

/// By code.
const WHATS: [What; 16] = [
    What::Trigger,
    What::Deliver,
    What::Fail,
    What::Read,
    What::Block,
    What::Report,
    What::OptOut,
    What::Mute,
    What::Archive,
    What::Reply,
    What::Click,
    What::Convert,
    What::Send,
    What::Attempt,
    What::Wake,
    What::Interest,
];

/// Most recipients of a run.
pub const RECIPIENTS_MAX: u64 = 1 << 24;
/// Most campaigns of a run.
pub const CAMPAIGNS_MAX: usize = 1 << 12;
/// Most dispatches of a campaign, and most triggered messages of one to a recipient.
pub const OCCURRENCES_MAX: usize = 1 << 16;
/// Most templates of a campaign, those of its reactions included.
pub const VARIANTS_MAX: usize = 1 << 4;
/// Longest run: what 40 bits of milliseconds hold, less what may still be under way at the end; over 34 years.
pub const SPAN_MAX_MS: i64 = OFFSET_MAX - 100 * 86_400_000;
/// Largest offset a key can hold.
const OFFSET_MAX: i64 = (1 << 40) - 1;

/// Bits: time 40, phase 2, then (generated) recipient 24, what 4, campaign 12 or (sends) campaign 12, recipient 24,
/// what 4; then occurrence 16, variant 4, detail 8, 2 to spare; last what 4 and the recipient's lower 12 once more,
/// where they are quick to get at and too low to change the order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub u128);

/// The identity of a message: who, by which campaign, which time, by which of its templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageRef {
    /// Index of the recipient.
    pub recipient: u32,
    /// Index of the campaign.
    pub campaign: u16,
    /// Which dispatch, or which triggered message to this recipient.
    pub occurrence: u16,
    /// Which of the campaign's templates.
    pub variant: u8,
}

const PHASE_GENERATED: u128 = 0;
const PHASE_WAKE: u128 = 1;
const PHASE_SEND: u128 = 2;

const AT_TIME: u32 = 88;
const AT_PHASE: u32 = 86;
const AT_ORDER: u32 = 46;
const AT_OCCURRENCE: u32 = 30;
const AT_VARIANT: u32 = 26;
const AT_DETAIL: u32 = 18;
const AT_WHAT: u32 = 12;
/// The lower bits of a recipient's index that [`Key::place`] gives.
const PLACE_MASK: u32 = (1 << AT_WHAT) - 1;

impl Key {
    /// Below every key: no event.
    pub const NONE: Key = Key(0);

    /// Something a recipient or the platform's delivery does.
    #[inline]
    pub fn generated(offset: i64, what: What, m: MessageRef, detail: u8) -> Key {
        let order = (u128::from(m.recipient) << 16) | ((what as u128) << 12) | u128::from(m.campaign);
        Key::pack(offset, PHASE_GENERATED, order, what, m, detail)
    }

    /// A send that falls due.
    #[inline]
    pub fn send(offset: i64, what: What, m: MessageRef, detail: u8) -> Key {
        // An attempt stands where its send would: of two messages to one person the earlier occurrence comes first,
        // whether it was refused or not.
        let order = (u128::from(m.campaign) << 28) | (u128::from(m.recipient) << 4) | What::Send as u128;
        Key::pack(offset, PHASE_SEND, order, what, m, detail)
    }

    /// A number's queue goes on; `number` takes the recipient's place.
    pub fn wake(offset: i64, number: u32) -> Key {
        let m = MessageRef { recipient: number, campaign: 0, occurrence: 0, variant: 0 };
        let order = (u128::from(number) << 16) | ((What::Wake as u128) << 12);
        Key::pack(offset, PHASE_WAKE, order, What::Wake, m, 0)
    }

    #[inline]
    fn pack(offset: i64, phase: u128, order: u128, what: What, m: MessageRef, detail: u8) -> Key {
        debug_assert!((0..=OFFSET_MAX).contains(&offset));
        let again = ((what as u64) << AT_WHAT) | u64::from(m.recipient & PLACE_MASK);
        Key(u128::from(again)
            | ((offset as u128) << AT_TIME)
            | (phase << AT_PHASE)
            | (order << AT_ORDER)
            | (u128::from(m.occurrence) << AT_OCCURRENCE)
            | (u128::from(m.variant) << AT_VARIANT)
            | (u128::from(detail) << AT_DETAIL))
    }

    /// The bound before everything at this offset.
    pub fn before(offset: i64) -> Key {
        Key((offset as u128) << AT_TIME)
    }

    /// The bound after the signals generated at this offset and before queues wake and sends go out.
    pub fn before_sends(offset: i64) -> Key {
        Key(((offset as u128) << AT_TIME) | (PHASE_WAKE << AT_PHASE))
    }

    /// Milliseconds since the start.
    #[inline]
    pub fn offset(self) -> i64 {
        (self.0 >> AT_TIME) as i64
    }

    /// When it falls due.
    #[inline]
    pub fn time(self, start: SimTime) -> SimTime {
        SimTime(start.0 + self.offset())
    }

    #[inline]
    fn is_send(self) -> bool {
        // The phase lies in the upper half.
        ((self.0 >> 64) as u64 >> (AT_PHASE - 64)) & 3 == PHASE_SEND as u64
    }

    /// What it stands for.
    #[inline]
    pub fn what(self) -> What {
        WHATS[(self.0 as u64 >> AT_WHAT) as usize & 15]
    }

    /// The recipient's place among 4,096 with consecutive indices.
    #[inline]
    pub fn place(self) -> usize {
        self.0 as usize & PLACE_MASK as usize
    }

    /// The recipient (of a wake: the number).
    #[inline]
    pub fn recipient(self) -> u32 {
        let order = (self.0 >> AT_ORDER) as u64;
        let shift = if self.is_send() { 4 } else { 16 };
        (order >> shift) as u32 & 0x00FF_FFFF
    }

    /// The campaign.
    #[inline]
    pub fn campaign(self) -> u16 {
        let order = (self.0 >> AT_ORDER) as u64;
        let shift = if self.is_send() { 28 } else { 0 };
        (order >> shift) as u16 & 0x0FFF
    }

    /// The message it is about.
    #[inline]
    pub fn message(self) -> MessageRef {
        let order = (self.0 >> AT_ORDER) as u64;
        let (recipient, campaign) = if self.is_send() { (4, 28) } else { (16, 0) };
        MessageRef {
            recipient: (order >> recipient) as u32 & 0x00FF_FFFF,
            campaign: (order >> campaign) as u16 & 0x0FFF,
            occurrence: (self.0 as u64 >> AT_OCCURRENCE) as u16,
            variant: (self.0 as u32 >> AT_VARIANT) as u8 & 15,
        }
    }

    /// A reason or other detail.
    #[inline]
    pub fn detail(self) -> u8 {
        (self.0 as u32 >> AT_DETAIL) as u8
    }

    /// The same send as what became of it: sent, or an attempt refused for a reason.
    #[inline]
    pub fn as_send(self, what: What, variant: u8, detail: u8) -> Key {
        Key::send(self.offset(), what, MessageRef { variant, ..self.message() }, detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_hold_what_was_put_in(
            offset in 0i64..SPAN_MAX_MS,
            recipient in 0u32..(1 << 24),
            campaign in 0u16..(1 << 12),
            occurrence: u16,
            variant in 0u8..16,
            detail: u8,
            code in 0usize..13,
        ) {
            let m = MessageRef { recipient, campaign, occurrence, variant };
            let what = WHATS[code];
            let key = if code < 12 { Key::generated(offset, what, m, detail) } else { Key::send(offset, what, m, detail) };
            prop_assert_eq!((key.offset(), key.what(), key.message(), key.detail()), (offset, what, m, detail));
            prop_assert_eq!((key.recipient(), key.campaign()), (recipient, campaign));
            prop_assert_eq!(key.place(), recipient as usize % 4096);
        }

        #[test]
        fn order_is_time_then_phase_then_the_given_order(a in 0i64..100, b in 0i64..100, r in 0u32..50, c in 0u16..9) {
            let m = MessageRef { recipient: r, campaign: c, occurrence: 1, variant: 0 };
            let generated = Key::generated(a, What::Convert, m, 255);
            prop_assert!(generated < Key::before_sends(a));
            prop_assert!(Key::before_sends(a) <= Key::wake(a, 0) && Key::wake(a, 7) < Key::send(a, What::Send, m, 0));
            prop_assert!(a >= b || Key::send(a, What::Attempt, m, 0) < Key::before(b));
            let later = MessageRef { campaign: c + 1, recipient: 0, ..m };
            prop_assert!(Key::send(a, What::Send, m, 0) < Key::send(a, What::Send, later, 0));
        }
    }
}
