//! A person's slot of a limit, as the block engine keeps it.
//!
//! Must not know limits, nor who holds how many.

/// No slot and no reservation.
pub const FREE: i64 = i64::MIN;

/// A person's slot in one scope, as offsets: together in memory, since they are looked at together.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// Latest counted start.
    pub start: i64,
    /// Until when a place is reserved.
    pub reserved: i64,
    /// Of the latest message that reserved a place: when it went out, and when it is delivered or given up.
    pub last: (i64, i64),
}

impl Slot {
    /// No slot is held.
    pub const NONE: Slot = Slot { start: FREE, reserved: FREE, last: (FREE, FREE) };

    /// Whether a started slot is open.
    #[inline]
    pub fn is_open(&self, at: i64, period: i64) -> bool {
        self.start > at - period
    }

    /// Whether a slot is held, started or reserved.
    #[inline]
    pub fn is_held(&self, at: i64, period: i64) -> bool {
        self.is_open(at, period) | (self.reserved > at)
    }

    /// When a sender expects the slot to free: it knows starts, and of messages under way the latest.
    pub fn expected(&self, at: i64, period: i64) -> i64 {
        let started = if self.start == FREE { FREE } else { self.start + period };
        let (sent, ends) = self.last;
        if ends > at { started.max(sent + period) } else { started }
    }

    /// When the slot frees by itself.
    #[inline]
    pub fn release(&self, period: i64) -> i64 {
        let started = if self.start == FREE { FREE } else { self.start + period };
        started.max(self.reserved)
    }
}
