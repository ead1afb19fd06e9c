//! The shipped rate cards, embedded in the program, and which of them hold when.

use std::sync::{Arc, OnceLock};

use super::card::Card;
use super::file::Reader;
use crate::sim::SimTime;
use crate::text::{self, Fault, Faults, Place, did_you_mean};

/// Name and text, in the order of their first days.
static FILES: &[(&str, &str)] = &[
    ("2020-07", include_str!("../../../scenarios/rates/2020-07.toml")),
    ("2022-02", include_str!("../../../scenarios/rates/2022-02.toml")),
    ("2023-03", include_str!("../../../scenarios/rates/2023-03.toml")),
    ("2023-06", include_str!("../../../scenarios/rates/2023-06.toml")),
    ("2024-11", include_str!("../../../scenarios/rates/2024-11.toml")),
    ("2025-07", include_str!("../../../scenarios/rates/2025-07.toml")),
    ("2025-10", include_str!("../../../scenarios/rates/2025-10.toml")),
    ("2026-01", include_str!("../../../scenarios/rates/2026-01.toml")),
    ("2026-10", include_str!("../../../scenarios/rates/2026-10.toml")),
];

/// Names of the shipped cards, by date.
pub fn names() -> Vec<&'static str> {
    FILES.iter().map(|(name, _)| *name).collect()
}

/// All shipped cards, by date. A fault in one is a fault of the program's: the tests read them all.
pub fn cards() -> &'static [Card] {
    static CARDS: OnceLock<Vec<Card>> = OnceLock::new();
    CARDS.get_or_init(|| {
        let mut cards: Vec<Card> = Vec::new();
        for (name, text) in FILES {
            // One may build on those before it.
            let card = parse(&format!("{name}.toml"), text, &cards).unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(card.name, *name, "{name}.toml: another name inside");
            cards.push(card);
        }
        cards
    })
}

/// A shipped card by name.
pub fn card(name: &str) -> Option<&'static Card> {
    cards().iter().find(|c| c.name == name)
}

fn parse(file: &str, text: &str, known: &[Card]) -> Result<Card, Faults> {
    let doc = text::parse(file, text)?;
    let stem = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let stem = stem.strip_suffix(".toml").or_else(|| stem.strip_suffix(".json")).unwrap_or(stem);
    let mut reader = Reader { faults: Vec::new(), file, known };
    let card = reader.card(&doc.root, stem);
    if reader.faults.is_empty() {
        return Ok(card);
    }
    let mut faults: Vec<Fault> = reader.faults;
    faults.sort_by_key(|f| f.place.position);
    Err(Faults(faults))
}

/// A name that stands for no card.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no rate card {name:?}{}", hint.as_ref().map(|h| format!("; {h}")).unwrap_or_default())]
pub struct UnknownCard {
    /// As asked for.
    pub name: String,
    /// The nearest that exists.
    pub hint: Option<String>,
}

/// The rate cards of a run: one for all time, or those of the calendar.
#[derive(Clone, Debug, PartialEq)]
pub struct Rates {
    /// As asked for: `auto`, a card's name, a file's.
    pub label: String,
    /// Blake3 of a file's text; none for shipped cards.
    pub digest: Option<String>,
    /// In the order of their first days; the first also holds for all time before.
    cards: Vec<Arc<Card>>,
}

impl Rates {
    /// The shipped cards by date.
    pub fn auto() -> Rates {
        let cards = cards().iter().cloned().map(Arc::new).collect();
        Rates { label: "auto".to_string(), digest: None, cards }
    }

    /// By name: `auto`, or one shipped card for all time.
    pub fn named(name: &str) -> Result<Rates, UnknownCard> {
        if name == "auto" {
            return Ok(Rates::auto());
        }
        match card(name) {
            Some(card) => {
                let cards = vec![Arc::new(card.clone())];
                Ok(Rates { label: name.to_string(), digest: None, cards })
            }
            None => {
                let all = names().into_iter().chain(["auto"]);
                Err(UnknownCard { name: name.to_string(), hint: did_you_mean(name, all) })
            }
        }
    }

    /// A card of the user's own, for all time.
    pub fn from_text(file: &str, text: &str) -> Result<Rates, Faults> {
        let card = parse(file, text, cards())?;
        if card.prices.is_empty() {
            let fault =
                Fault::new(Place::whole(file), "rates", "no price at all").allowed("tables by market");
            return Err(Faults(vec![fault]));
        }
        let digest = Some(blake3::hash(text.as_bytes()).to_hex().to_string());
        Ok(Rates { label: file.to_string(), digest, cards: vec![Arc::new(card)] })
    }

    /// The card in force at an instant.
    pub fn at(&self, at: SimTime) -> &Card {
        let from = |c: &Card| c.effective.unwrap_or(SimTime(i64::MIN));
        &self.cards[self.cards.partition_point(|c| from(c) <= at).max(1) - 1]
    }

    /// The cards in force from `start` to before `end`, each with the instant from which it holds; the first from
    /// `start`.
    pub fn in_force(&self, start: SimTime, end: SimTime) -> Vec<(SimTime, Arc<Card>)> {
        let from = |c: &Card| c.effective.unwrap_or(SimTime(i64::MIN));
        let first = self.cards.partition_point(|c| from(c) <= start).max(1) - 1;
        let mut out = vec![(start, self.cards[first].clone())];
        let later = self.cards[first + 1..].iter().filter(|c| from(c) < end);
        out.extend(later.map(|c| (from(c), c.clone())));
        out
    }

    /// Every card.
    pub fn all(&self) -> impl Iterator<Item = &Card> {
        self.cards.iter().map(Arc::as_ref)
    }
}

#[cfg(test)]
mod tests {
    use super::super::markets;
    use super::super::terms::{BilledBy, Item, ServiceTerms};
    use super::*;
    use crate::policy::file::Confidence;

    #[test]
    fn every_file_in_the_folder_is_shipped_and_dates_ascend() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/rates");
        let mut found: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|f| f.unwrap().file_name().into_string().unwrap())
            .filter_map(|f| f.strip_suffix(".toml").map(str::to_string))
            .filter(|f| f != "markets")
            .collect();
        found.sort();
        assert_eq!(found, names());
        assert!(cards().windows(2).all(|w| w[0].effective < w[1].effective));
        let begins_a_month = |at: SimTime| at.month_start() == at;
        assert!(cards()[1..].iter().all(|c| c.effective.is_some_and(begins_a_month)), "bills go by month");
        for c in cards() {
            assert!(!c.title.is_empty() && c.summary.len() > 60, "{}", c.name);
            assert!(c.from.as_ref().unwrap().starts_with(&c.name), "named by its first month");
        }
    }

    #[test]
    fn every_number_of_a_shipped_card_carries_unit_source_confidence_and_date() {
        let mut numbers = 0;
        for c in cards() {
            let prices = c.prices.values().flat_map(|items| items.values().map(|p| &p.fact));
            for f in c.facts.iter().chain(prices) {
                let at = format!("{}: {}", c.name, f.name);
                assert!(!f.unit.is_empty(), "{at}: unit");
                assert!(f.source.len() > 15 && !f.source.starts_with("set in "), "{at}: source");
                assert_ne!(f.confidence, Confidence::Given, "{at}: confidence");
                assert!(f.verified.is_some(), "{at}: date");
                numbers += 1;
            }
            for m in c.markets() {
                assert!(markets::market_named(m).is_some(), "{}: {m} is no market", c.name);
            }
        }
        assert!(numbers > 100, "{numbers}");
    }

    #[test]
    fn billing_by_date() {
        let by = |day: &str| {
            let at = SimTime::parse(&format!("{day}T12:00:00Z")).unwrap();
            Rates::auto().at(at).terms.clone()
        };
        use BilledBy::{ConversationByCategory, ConversationByOrigin, Message, Notification};
        for (day, want, service, in_window) in [
            ("2019-01-01", Notification, ServiceTerms::Free, false),
            ("2022-01-31", Notification, ServiceTerms::Free, false),
            ("2022-02-01", ConversationByOrigin, ServiceTerms::Free, false),
            ("2023-06-01", ConversationByCategory, ServiceTerms::OwnRate, false),
            ("2024-11-01", ConversationByCategory, ServiceTerms::Free, false),
            ("2025-06-30", ConversationByCategory, ServiceTerms::Free, false),
            ("2025-07-01", Message, ServiceTerms::Free, true),
            ("2026-09-30", Message, ServiceTerms::Free, true),
            ("2026-10-01", Message, ServiceTerms::UtilityRate, false),
        ] {
            let t = by(day);
            assert_eq!((t.by, t.service, t.utility_free_in_window), (want, service, in_window), "{day}");
        }
        let free = |day: &str| by(day).free_entry.map(|d| d.0 / 3_600_000);
        let days = [
            "2022-01-31",
            "2023-02-28",
            "2023-03-01",
            "2023-06-01",
            "2025-06-30",
            "2025-07-01",
            "2026-10-01",
        ];
        assert_eq!(days.map(free), [None, Some(24), Some(72), Some(72), Some(72), Some(72), Some(72)]);
        let t = by("2026-10-01");
        assert_eq!((t.free_units, t.free_per_number, t.free_for_all), (1000, true, false));
        let t = by("2023-01-01");
        assert_eq!((t.free_units, t.free_per_number, t.free_for_all), (1000, false, true));
    }

    #[test]
    fn what_no_source_gives_is_absent() {
        let price = |name: &str, market: &str, item| card(name).unwrap().price(market, item).map(|p| p.value);
        assert_eq!(price("2026-01", "india", Item::Marketing), Some(0.0118));
        assert_eq!(price("2025-07", "india", Item::Marketing), None, "it rose in January 2026");
        assert_eq!(price("2025-07", "brazil", Item::Utility), Some(0.0068));
        assert_eq!(price("2026-10", "peru", Item::Utility), Some(0.03));
        assert_eq!(price("2026-10", "uae", Item::Utility), None);
        assert_eq!(price("2026-10", "brazil", Item::Authentication), None);
        assert_eq!(price("2022-02", "spain", Item::UserInitiated), Some(0.0305));
    }

    #[test]
    fn a_card_of_ones_own_may_build_on_a_shipped_one() {
        let text = "based_on = \"2026-10\"\n[rates.brazil]\nauthentication = 0.005\n";
        let rates = Rates::from_text("mine.toml", text).unwrap();
        let mine = rates.all().next().unwrap();
        assert_eq!((mine.name.as_str(), mine.based_on.as_deref()), ("mine", Some("2026-10")));
        assert_eq!(
            mine.price("brazil", Item::Authentication).unwrap().fact.source,
            "set in mine.toml, line 3"
        );
        assert_eq!(mine.price("brazil", Item::Marketing).unwrap().value, 0.0625);
        assert_eq!(mine.terms.service, ServiceTerms::UtilityRate);
        let at = |y: &str| SimTime::parse(&format!("{y}-01-01T00:00:00Z")).unwrap();
        assert_eq!(rates.in_force(at("2020"), at("2030")).len(), 1);
    }

    #[test]
    fn a_bases_prices_are_of_its_own_unit() {
        let own = |text: &str| Rates::from_text("mine.toml", text).unwrap().all().next().unwrap().clone();
        let text = "based_on = \"2022-02\"\n[billing]\nunit = \"conversation_by_category\"\n[rates.brazil]\nutility = 1\n";
        assert_eq!(own(text).known(), "brazil (utility)", "both are conversations, and yet others");
        let text = "based_on = \"2026-10\"\ncurrency = \"BRL\"\n[rates.brazil]\nutility = 1\n";
        assert_eq!(own(text).known(), "brazil (utility)");
    }

    #[test]
    fn what_is_carried_back_is_assumed() {
        let facts =
            || cards().iter().flat_map(|c| c.prices.values()).flat_map(|m| m.values().map(|p| &p.fact));
        let carried = || facts().filter(|f| f.source.contains("carried back"));
        assert!(carried().count() > 50);
        assert!(carried().all(|f| f.confidence == Confidence::Assumed && f.note.is_some()));
    }

    #[test]
    fn faults_have_places_and_nearest_spellings() {
        let text = "currency = \"USD\"\nbased_on = \"2026-1\"\n[billing]\nunit = \"mesage\"\n[rates.brazil]\n\
                    marketng = 1\nutility = -1\nservice = { value = 1, unit = \"EUR per message\" }\n";
        let faults = Rates::from_text("mine.toml", text).unwrap_err().0;
        let seen: Vec<(u32, &str)> =
            faults.iter().map(|f| (f.place.position.unwrap().line, f.path.as_str())).collect();
        let want = [
            (2, "based_on"),
            (4, "billing.unit"),
            (6, "rates.brazil.marketng"),
            (7, "rates.brazil.utility"),
            (8, "rates.brazil.service.unit"),
        ];
        assert_eq!(seen, want);
        assert_eq!(faults[1].hint.as_deref(), Some("did you mean message?"));
        assert_eq!(Rates::named("2026-11").unwrap_err().hint.as_deref(), Some("did you mean 2026-10?"));
    }
}
