//! What a delivered message is charged as: the billing models, and one delivery under them.
//!
//! A pure function of the delivery, whether the recipient's service window was open, and which conversations were.
//! Knows no prices and no months; allowances and volume tiers are about whole months and come after.

use crate::messaging::Category;
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
/// category, then those begun by the business and by the person.
pub type Open = [i64; 6];

/// No conversation was ever open.
pub const NONE_OPEN: Open = [i64::MIN; 6];

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
        }
    }

    /// What a delivery at `at` is charged as; opens conversations.
    pub fn charge(&self, category: Category, window_open: bool, open: &mut Open, at: i64) -> Charge {
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
            assert_eq!(t.charge(*category, *window, &mut open, at * HOUR), *want, "delivery {}", i + 1);
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
}
