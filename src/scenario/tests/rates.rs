//! Rate cards a scenario bills by.

use super::*;

const BILLED: &str = r#"question = "What does it cost?"
start = 2026-09-01
days = 61
[money]
rates = "auto"
[segments.all]
size = 10
country = "BR"
[numbers.n]
[templates.t]
category = "marketing"
[campaigns.c]
template = "t"
per_week = 1
"#;

#[test]
fn rate_cards_follow_the_calendar_and_none_is_the_same_as_leaving_them_out() {
    let s = loaded(BILLED, &[]);
    let p = s.pricing.as_ref().unwrap();
    let cards: Vec<_> = p.cards.iter().map(|(at, c)| (at.date(), c.name.as_str())).collect();
    assert_eq!(cards, [("2026-09-01".to_string(), "2026-01"), ("2026-10-01".to_string(), "2026-10")]);
    assert_eq!(p.markets, [Some("brazil".to_string())]);
    let off = loaded(BILLED, &["money.rates=none"]);
    let never = loaded(&BILLED.replace("rates = \"auto\"\n", ""), &[]);
    assert!(off.pricing.is_none() && off.hash() == never.hash() && off.hash() != s.hash());
    // A flat price beside a card is not used, and that is said.
    let both = loaded(BILLED, &["money.marketing=0.1", "templates.t.cost=0.2"]);
    assert_eq!(both.remarks.len(), 1);
    assert!(both.remarks[0].contains("money.marketing, templates.t.cost"), "{}", both.remarks[0]);
}

#[test]
fn what_has_no_price_is_said_where_it_is_written_with_what_there_is() {
    let utility = BILLED.replace("\"marketing\"", "\"authentication\"");
    one_fault(
        &utility,
        &[],
        "x.toml:8:11: segments.all.country: the rate card 2026-10 has no authentication price for the market brazil",
        &["known in 2024-11, 2025-07, 2025-10, 2026-01", "brazil (marketing, utility)", "template t"],
    );
    one_fault(
        BILLED,
        &["segments.all.market=brasil"],
        "--set segments.all.market=brasil: ",
        &["did you mean brazil?"],
    );
    let france = BILLED.replace("\"BR\"", "\"FR\"");
    one_fault(&france, &[], "x.toml:8:11: segments.all.country: the market of FR is not known", &["chile"]);
    let nowhere = BILLED.replace("country = \"BR\"\n", "");
    one_fault(&nowhere, &[], "x.toml:6:1: segments.all.country: missing", &["market = one of"]);
    one_fault(
        BILLED,
        &["money.rates=2026-1"],
        "--set money.rates=2026-1: money.rates: there is no rate card",
        &["did you mean"],
    );
    one_fault(
        BILLED,
        &["money.currency=EUR"],
        "--set money.currency=EUR: money.currency: the rate card 2026-01",
        &["exchange"],
    );
    let euro = loaded(BILLED, &["money.currency=EUR", "money.exchange={ USD = 0.9 }"]);
    assert_eq!(euro.pricing.unwrap().exchange, [0.9, 0.9]);
    let tier = "money.tiers=[{ market = \"brasil\", category = \"utility\", above = 5, price = 1 }]";
    one_fault(BILLED, &[tier], &format!("--set {tier}: money.tiers.0.market: "), &["did you mean brazil?"]);
}

#[test]
fn volume_tiers_are_of_billing_per_message() {
    let tier = "money.tiers=[{ market = \"brazil\", category = \"utility\", above = 5, price = 1 }]";
    assert_eq!(loaded(BILLED, &[tier]).pricing.unwrap().tiers.len(), 1);
    let before = loaded(BILLED, &[tier, "money.rates=2024-11"]);
    assert!(before.pricing.unwrap().tiers.is_empty());
    assert!(before.remarks[0].contains("[[money.tiers]] has no effect"), "{:?}", before.remarks);
}

#[test]
fn a_template_to_fall_back_to_needs_a_price() {
    let text =
        BILLED.replace("[campaigns.c]\n", "[templates.code]\ncategory = \"authentication\"\n[campaigns.c]\n");
    loaded(&text, &[]);
    one_fault(
        &text,
        &["campaigns.c.fallback=['code']"],
        "x.toml:8:11: segments.all.country: the rate card 2026-10 has no authentication price for the market brazil",
        &["template code"],
    );
}

#[test]
fn what_the_business_app_sends_needs_no_price() {
    let text =
        BILLED.replace("country = \"BR\"\n", "").replace("[numbers.n]\n", "[numbers.n]\nchannel = \"app\"\n");
    assert_eq!(loaded(&text, &[]).pricing.unwrap().markets, [None]);
}

#[test]
fn a_card_of_ones_own_is_read_and_its_content_is_part_of_the_scenario() {
    let text = BILLED.replace("\"auto\"", "\"mine.toml\"");
    let card = |price: &'static str| {
        move |_: &str| Ok(format!("based_on = \"2026-10\"\nrates.brazil.marketing = {price}\n"))
    };
    let (a, _) = load("x.toml", &text, &[], &card("0.05")).unwrap();
    let (b, _) = load("x.toml", &text, &[], &card("0.06")).unwrap();
    assert_ne!(a.hash(), b.hash());
    let again = a.resolved_toml();
    load("x.toml", &again, &[], &card("0.05")).unwrap();
    let faults = load("x.toml", &again, &[], &card("0.06")).unwrap_err().to_string();
    assert!(faults.contains("money.rates_digest"), "{faults}");
}
