//! What a delivered message is charged as: the billing models, and one delivery under them.
//!
//! A pure function of the delivery, whether the recipient's service window was open, and which conversations were.
//! Knows no prices and no months; allowances and volume tiers are about whole months and come after.

use crate::messaging::{Category, SERVICE_WINDOW};
use crate::sim::SimDuration;

/// What is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BilledBy {
    /// Each delivered template.
    Notification,
    /// Conversations, by who began them.
    ConversationByOrigin,
    /// Conversations, by category.
    ConversationByCategory,
    /// Each delivered message, by category.
    Message,
}

impl BilledBy {
    /// All, in the order of their time.
    pub const ALL: [BilledBy; 4] = [
        BilledBy::Notification,
        BilledBy::ConversationByOrigin,
        BilledBy::ConversationByCategory,
        BilledBy::Message,
    ];

    /// As written in files.
    pub const fn name(self) -> &'static str {
        match self {
            BilledBy::Notification => "notification",
            BilledBy::ConversationByOrigin => "conversation_by_origin",
            BilledBy::ConversationByCategory => "conversation_by_category",
            BilledBy::Message => "message",
        }
    }

    /// One unit of it.
    pub const fn unit(self) -> &'static str {
        match self {
            BilledBy::Notification => "notification",
            BilledBy::ConversationByOrigin | BilledBy::ConversationByCategory => "conversation",
            BilledBy::Message => "message",
        }
    }

    /// Whether deliveries inside an open conversation cost nothing more.
    pub const fn has_conversations(self) -> bool {
        matches!(self, BilledBy::ConversationByOrigin | BilledBy::ConversationByCategory)
    }
}

/// What messages without template cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceTerms {
    /// Nothing.
    Free,
    /// A rate of their own.
    OwnRate,
    /// What utility costs.
    UtilityRate,
}

impl ServiceTerms {
    /// All.
    pub const ALL: [ServiceTerms; 3] = [ServiceTerms::Free, ServiceTerms::OwnRate, ServiceTerms::UtilityRate];

    /// As written in files.
    pub const fn name(self) -> &'static str {
        match self {
            ServiceTerms::Free => "free",
            ServiceTerms::OwnRate => "own_rate",
            ServiceTerms::UtilityRate => "utility_rate",
        }
    }
}

/// What prices are listed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// Marketing, a message or a conversation.
    Marketing,
    /// Utility.
    Utility,
    /// Authentication.
    Authentication,
    /// Service.
    Service,
    /// A conversation that the business began.
    BusinessInitiated,
    /// A conversation that answers the recipient.
    UserInitiated,
}

impl Item {
    /// All.
    pub const ALL: [Item; 6] = [
        Item::Marketing,
        Item::Utility,
        Item::Authentication,
        Item::Service,
        Item::BusinessInitiated,
        Item::UserInitiated,
    ];

    /// As written in files.
    pub const fn name(self) -> &'static str {
        match self {
            Item::Marketing => "marketing",
            Item::Utility => "utility",
            Item::Authentication => "authentication",
            Item::Service => "service",
            Item::BusinessInitiated => "business_initiated",
            Item::UserInitiated => "user_initiated",
        }
    }

    /// From its name.
    pub fn parse(name: &str) -> Option<Item> {
        Item::ALL.into_iter().find(|i| i.name() == name)
    }

    /// That of a category by itself.
    pub const fn of(category: Category) -> Item {
        match category {
            Category::Marketing => Item::Marketing,
            Category::Utility => Item::Utility,
            Category::Authentication => Item::Authentication,
            Category::Service => Item::Service,
        }
    }
}

/// What one delivery is charged as. The number is the place of its count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Charge {
    /// Nothing: free by the terms, or inside a conversation that is charged already.
    Covered = 0,
    /// One unit: of its category, or of what the business began.
    Unit = 1,
    /// One conversation that answers the recipient.
    UserInitiated = 2,
    /// Nothing: inside a conversation that answered the recipient.
    CoveredByUser = 3,
}

/// Kinds of charges.
pub const CHARGES: usize = 4;

/// When the conversations between a number and a person end, in milliseconds of whatever clock deliveries have: by
/// category, then those begun by the business and by the person, then what is free since the person came by an ad; and last
/// not an end but which coming by an ad was answered.
pub type Open = [i64; 8];

/// No conversation was ever open.
pub const NONE_OPEN: Open = [i64::MIN; 8];

/// A delivered message, as far as its charge hangs on it.
#[derive(Clone, Copy, Debug)]
pub struct Delivered {
    /// Of its template; service without one.
    pub category: Category,
    /// When, in milliseconds of some clock.
    pub at: i64,
    /// Whether the recipient's service window was open.
    pub window_open: bool,
    /// When they last wrote through an ad or a page's button, on the same clock; `i64::MIN` for never.
    pub entered: i64,
}

/// What is charged, and what of it is free.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// What is charged.
    pub by: BilledBy,
    /// How long a conversation lasts.
    pub conversation: SimDuration,
    /// What messages without template cost.
    pub service: ServiceTerms,
    /// Whether utility inside an open service window is free.
    pub utility_free_in_window: bool,
    /// So many units of a month are free.
    pub free_units: u64,
    /// Whether these are units of every kind; otherwise of service alone.
    pub free_for_all: bool,
    /// Whether each number has them; otherwise a portfolio's numbers share them.
    pub free_per_number: bool,
    /// For how long everything is free from the answer to somebody who came through an ad; none: it is not.
    pub free_entry: Option<SimDuration>,
}

impl Terms {
    /// Nothing free but what has no template.
    pub const fn plain(by: BilledBy) -> Terms {
        Terms {
            by,
            conversation: SimDuration::hours(24),
            service: ServiceTerms::Free,
            utility_free_in_window: false,
            free_units: 0,
            free_for_all: false,
            free_per_number: false,
            free_entry: None,
        }
    }

    /// Whether a delivery is free because its recipient came through an ad. The first answer to that within the service
    /// window opens it, anew where they came again, and closes every conversation.
    fn is_free_entry(&self, d: Delivered, open: &mut Open) -> bool {
        let Some(free) = self.free_entry else { return false };
        let answers = d.entered > i64::MIN && d.at < d.entered + SERVICE_WINDOW.0;
        if answers && d.entered != open[7] {
            *open = NONE_OPEN;
            (open[6], open[7]) = (d.at + free.0, d.entered);
        }
        d.at < open[6]
    }

    /// What a delivery is charged as; opens conversations.
    pub fn charge(&self, d: Delivered, open: &mut Open) -> Charge {
        let Delivered { category, at, window_open, .. } = d;
        if self.is_free_entry(d, open) {
            let by_origin = self.by == BilledBy::ConversationByOrigin;
            return if by_origin { Charge::CoveredByUser } else { Charge::Covered };
        }
        let place = match category {
            Category::Marketing => 0,
            Category::Utility => 1,
            Category::Authentication => 2,
            Category::Service => 3,
        };
        let service_free = category == Category::Service && self.service == ServiceTerms::Free;
        match self.by {
            BilledBy::Notification | BilledBy::Message => {
                let utility_free =
                    category == Category::Utility && window_open && self.utility_free_in_window;
                if service_free || utility_free { Charge::Covered } else { Charge::Unit }
            }
            BilledBy::ConversationByCategory => {
                let covered = match category {
                    Category::Service => open[..4].iter().any(|end| at < *end),
                    _ => at < open[place],
                };
                if covered {
                    return Charge::Covered;
                }
                open[place] = at + self.conversation.0;
                if service_free { Charge::Covered } else { Charge::Unit }
            }
            BilledBy::ConversationByOrigin => {
                if at < open[4] {
                    Charge::Covered
                } else if at < open[5] {
                    Charge::CoveredByUser
                } else if window_open {
                    open[5] = at + self.conversation.0;
                    Charge::UserInitiated
                } else {
                    open[4] = at + self.conversation.0;
                    Charge::Unit
                }
            }
        }
    }

    /// What a charge for a message of this category is listed as, in tables.
    pub const fn item(&self, category: Category, charge: Charge) -> Item {
        match (self.by, charge) {
            (BilledBy::ConversationByOrigin, Charge::UserInitiated | Charge::CoveredByUser) => {
                Item::UserInitiated
            }
            (BilledBy::ConversationByOrigin, _) => Item::BusinessInitiated,
            _ => Item::of(category),
        }
    }

    /// Whose price a unit of an item has.
    pub const fn priced_as(&self, item: Item) -> Option<Item> {
        match (item, self.service) {
            (Item::Service, ServiceTerms::Free) => None,
            (Item::Service, ServiceTerms::UtilityRate) => Some(Item::Utility),
            _ => Some(item),
        }
    }

    /// The items whose prices messages of a category may need; none if they are never charged.
    pub fn prices_of(&self, category: Category) -> Vec<Item> {
        match self.by {
            BilledBy::ConversationByOrigin => vec![Item::BusinessInitiated, Item::UserInitiated],
            _ => self.priced_as(Item::of(category)).into_iter().collect(),
        }
    }

    /// Whether units of an item draw on the monthly allowance.
    pub const fn has_allowance(&self, item: Item) -> bool {
        self.free_units > 0 && (self.free_for_all || matches!(item, Item::Service))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Category::{Authentication, Marketing, Service, Utility};
    use Charge::{Covered, CoveredByUser, Unit, UserInitiated};

    const HOUR: i64 = 3_600_000;

    /// (hours, category, window open) and what each is charged as, one after the other for one person.
    fn course(t: &Terms, deliveries: &[(i64, Category, bool, Charge)]) {
        let mut open = NONE_OPEN;
        for (i, (at, category, window, want)) in deliveries.iter().enumerate() {
            let d = Delivered { category: *category, at: at * HOUR, window_open: *window, entered: i64::MIN };
            assert_eq!(t.charge(d, &mut open), *want, "delivery {}", i + 1);
        }
    }

    #[test]
    fn notifications_are_templates() {
        course(
            &Terms::plain(BilledBy::Notification),
            &[(0, Marketing, false, Unit), (1, Utility, true, Unit), (1, Service, true, Covered)],
        );
    }

    #[test]
    fn a_conversation_by_origin_covers_24_hours_from_its_first_delivery() {
        course(
            &Terms::plain(BilledBy::ConversationByOrigin),
            &[
                (0, Utility, false, Unit),
                // An answer inside it does not make another one of it.
                (5, Service, true, Covered),
                (23, Marketing, false, Covered),
                (24, Marketing, true, UserInitiated),
                (30, Marketing, false, CoveredByUser),
                (48, Service, true, UserInitiated),
                (72, Marketing, false, Unit),
            ],
        );
    }

    #[test]
    fn conversations_by_category_stand_side_by_side() {
        let paid = Terms { service: ServiceTerms::OwnRate, ..Terms::plain(BilledBy::ConversationByCategory) };
        course(
            &paid,
            &[
                (0, Marketing, false, Unit),
                (1, Utility, true, Unit),
                (2, Marketing, true, Covered),
                // Any open conversation covers what has no template.
                (3, Service, true, Covered),
                (24, Marketing, false, Unit),
                (24, Authentication, false, Unit),
                (49, Service, true, Unit),
                (50, Service, true, Covered),
                // But service covers no template.
                (51, Utility, true, Unit),
            ],
        );
        course(&Terms::plain(BilledBy::ConversationByCategory), &[(0, Service, true, Covered)]);
    }

    #[test]
    fn messages_are_charged_one_by_one() {
        let free = Terms { utility_free_in_window: true, ..Terms::plain(BilledBy::Message) };
        course(
            &free,
            &[
                (0, Marketing, true, Unit),
                (0, Marketing, true, Unit),
                (0, Utility, false, Unit),
                (0, Utility, true, Covered),
                (0, Authentication, true, Unit),
                (0, Service, true, Covered),
            ],
        );
        let again = Terms { service: ServiceTerms::UtilityRate, ..Terms::plain(BilledBy::Message) };
        course(&again, &[(0, Utility, true, Unit), (0, Service, true, Unit)]);
        assert_eq!(again.prices_of(Service), [Item::Utility]);
        assert!(Terms::plain(BilledBy::Message).prices_of(Service).is_empty());
    }

    #[test]
    fn whoever_came_by_an_ad_is_free_for_72_hours_from_the_answer() {
        let free = |by| Terms { free_entry: Some(SimDuration::hours(72)), ..Terms::plain(by) };
        let charge = |t: &Terms, open: &mut Open, hour, category, entered: Option<i64>| {
            let entered = entered.map_or(i64::MIN, |h| h * HOUR);
            t.charge(Delivered { category, at: hour * HOUR, window_open: false, entered }, open)
        };
        let t = free(BilledBy::ConversationByCategory);
        let mut open = NONE_OPEN;
        assert_eq!(charge(&t, &mut open, 0, Marketing, None), Unit);
        // Answered 23 hours after they came; marketing's own conversation ends with that.
        assert_eq!(charge(&t, &mut open, 30, Utility, Some(7)), Covered);
        for hour in [31, 101] {
            assert_eq!(charge(&t, &mut open, hour, Marketing, Some(7)), Covered, "{hour}");
        }
        assert_eq!(charge(&t, &mut open, 102, Marketing, Some(7)), Unit, "72 hours later to the hour");
        assert_eq!(charge(&t, &mut open, 103, Utility, Some(79)), Unit, "answered after 24 hours");
        // Coming again inside the free hours opens them anew; one coming is answered once.
        let mut open = NONE_OPEN;
        for (hour, entered, want) in [(1, 0, Covered), (61, 60, Covered), (90, 60, Covered), (133, 60, Unit)]
        {
            assert_eq!(charge(&t, &mut open, hour, Marketing, Some(entered)), want, "{hour}");
        }
        let short = Terms { free_entry: Some(SimDuration::hours(1)), ..t };
        let mut open = NONE_OPEN;
        for (hour, want) in [(1, Covered), (3, Unit), (4, Covered), (30, Unit)] {
            assert_eq!(charge(&short, &mut open, hour, Marketing, Some(0)), want, "{hour}");
        }
        for by in [BilledBy::Message, BilledBy::Notification] {
            assert_eq!(charge(&free(by), &mut NONE_OPEN.clone(), 5, Marketing, Some(4)), Covered);
            assert_eq!(charge(&Terms::plain(by), &mut NONE_OPEN.clone(), 5, Marketing, Some(4)), Unit);
        }
        let by_origin = free(BilledBy::ConversationByOrigin);
        assert_eq!(charge(&by_origin, &mut NONE_OPEN.clone(), 5, Marketing, Some(4)), CoveredByUser);
    }
}
