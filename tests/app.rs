//! The Business app and numbers that join later: what switching a rule off changes in which table.

use tiersim::experiment::run::Raw;
use tiersim::experiment::tally::Shape;
use tiersim::messaging::Limit;
use tiersim::scenario::library;

use crate::common::{Engine, plan_with, run};

fn shop(sets: &[&str]) -> Raw {
    let text = library::text("small-shop-app").expect("shipped");
    let plan = plan_with("small-shop-app", text, sets, &[]).unwrap_or_else(|e| panic!("{e}"));
    run(Engine::Blocks, &plan, 1).0
}

fn sums(raw: &Raw) -> [u64; 4] {
    let broadcasts = raw.broadcasts.iter();
    let lists = broadcasts.clone().map(|b| b.lists).sum();
    let over = broadcasts.map(|b| b.over_allowance).sum();
    let sent = raw.daily.iter().map(|d| d.counts.sent).sum();
    let delivered = raw.daily.iter().map(|d| d.counts.delivered).sum();
    [lists, over, sent, delivered]
}

#[test]
fn each_rule_of_the_app_shows_in_broadcasts_or_daily() {
    let [lists, over, sent, delivered] = sums(&shop(&[]));
    assert_eq!((lists, sent), (2, 70), "35 in May and 35 in June");
    assert!(over > 4000 && delivered < sent, "{over} {delivered}");
    // broadcasts.csv: over_allowance, lists.
    let free = sums(&shop(&["policy.override.app.allowance=unlimited"]));
    assert!(free[1] == 0 && free[0] == 24, "three lists a week: {free:?}");
    let short = sums(&shop(&["policy.override.app.allowance=unlimited", "policy.override.app.list_max=100"]));
    assert_eq!(short[0], 48, "{short:?}");
    let by_list = sums(&shop(&["policy.override.app.allowance_unit=list"]));
    assert_eq!((by_list[1], by_list[0]), (0, 24), "{by_list:?}");
    // daily.csv: delivered.
    let everybody = sums(&shop(&["policy.override.app.saved_only=false"]));
    assert!(everybody[2] == sent && everybody[3] > delivered, "{everybody:?} {delivered}");
    let bought = shop(&["numbers.shop.buy_credits=true"]);
    let units: u64 = bought.broadcasts.iter().map(|b| b.bought).sum();
    assert!(units > 4000 && sums(&bought)[1] == 0);
}

#[test]
fn a_number_that_joins_later_begins_with_the_portfolios_limit_or_its_own() {
    for (name, limit) in [("three-numbers-one-limit", 2000), ("three-numbers-own-limits", 1000)] {
        let text = library::text(name).expect("shipped");
        let plan = plan_with(name, text, &["days=10"], &[]).unwrap_or_else(|e| panic!("{e}"));
        let (raw, _) = run(Engine::Blocks, &plan, 1);
        let news = plan.numbers().iter().position(|n| n.name == "news").expect("a number");
        let mine = raw.daily.iter().filter(|d| d.number == raw.judged_as[news]);
        let first = mine.clone().next().expect("a day");
        assert_eq!(first.day.date(), "2025-09-08", "{name}");
        assert!(first.limit >= Limit::Of(limit), "{name}: {}", first.limit);
        assert_eq!(first.limit == Limit::Of(1000), limit == 1000, "{name}: {}", first.limit);
    }
}

#[test]
fn lists_that_the_end_of_the_run_forestalls_are_not_begun_and_what_was_bought_is_paid_for() {
    let slow = ["days=5", "policy.override.app.list_max=50", "numbers.shop.list_gap=1d"];
    let raw = shop(&[slow[0], slow[1], slow[2], "numbers.shop.buy_credits=true"]);
    let [lists, _, sent, _] = sums(&raw);
    let messages: u64 = raw.broadcasts.iter().map(|b| b.messages).sum();
    assert!(lists <= 5 && messages == sent, "{lists} lists, {messages} messages, {sent} sent");
    let quick = sums(&shop(&[slow[0], slow[1], "numbers.shop.buy_credits=true"]));
    assert!(quick[0] > lists, "a shorter gap makes more lists: {quick:?}");
    // An account that is disabled sends nothing; its credits were bought all the same.
    let text = library::text("small-shop-app").expect("shipped");
    let sets = [
        "days=20",
        "numbers.shop.buy_credits=true",
        "numbers.shop.credit_price=0.1",
        "violations=[{ at = \"day 1\", kind = \"severe\" }]",
    ];
    let plan = plan_with("small-shop-app", text, &sets, &[]).unwrap_or_else(|e| panic!("{e}"));
    let (raw, _) = run(Engine::Blocks, &plan, 1);
    let bought: u64 = raw.broadcasts.iter().map(|b| b.bought).sum();
    let summary = raw.finish(&plan, &Shape::new(&plan), 1, None).1;
    assert!(bought > 0 && (summary.cost - 0.1 * bought as f64).abs() < 1e-6, "{bought} {}", summary.cost);
}
