//! Billing by rate cards, from outside: what a run is billed and what its log is billed are one; switching rates off or
//! changing the era's billing changes what it costs and nothing else.

use tiersim::experiment::bill::{Bill, bill};
use tiersim::experiment::bill_log::LogMeter;
use tiersim::experiment::plan::Plan;
use tiersim::experiment::tally::{Shape, groups};
use tiersim::messaging::record::MemoryLog;
use tiersim::policy::rates::Rates;

use crate::cli::{code, err, out, tiersim};
use crate::common::{Engine, run};
use crate::engines::{plan, plan_of_text};

/// Replication 1: its log, its bill, and the cost of each campaign.
fn billed(plan: &Plan, engine: Engine) -> (MemoryLog, Option<Bill>, Vec<f64>) {
    let (raw, log) = run(engine, plan, 1);
    let made = raw.units.as_ref().and_then(|units| bill(plan, units));
    let costs = made.as_ref().map(|(_, costs)| &costs[..]);
    let shape = Shape::new(plan);
    let g = groups(&raw.tally, &shape, plan, raw.judge.rules(), &raw.planned, (costs, &raw.broadcasts));
    (log, made.map(|(bill, _)| bill), g.campaigns.iter().map(|c| c.cost).collect())
}

/// Signals of a log, as a meter takes them: a run's log has no duplicates.
fn of_log(log: &MemoryLog, rates: Rates, market: &str) -> Bill {
    let mut meter = LogMeter::new(rates, market);
    log.rows.iter().filter_map(|r| r.signal()).for_each(|s| meter.signal(&s));
    meter.finish(&|_| "default".to_string()).unwrap().bill
}

const SMALL: [&str; 1] = ["segments.customers.size=400"];

#[test]
fn a_run_and_its_log_are_billed_alike_under_every_model() {
    for rates in ["auto", "2024-11", "2025-07", "2026-10", "2022-02"] {
        let set = format!("money.rates={rates}");
        let currency = if rates == "2022-02" { "money.currency=EUR" } else { "money.currency=USD" };
        let p = plan("pricing-2025", &[SMALL[0], &set, currency]);
        let (log, a, costs) = billed(&p, Engine::Blocks);
        let (_, b, others) = billed(&p, Engine::Plain);
        let a = a.unwrap();
        assert_eq!((Some(&a), &costs), (b.as_ref(), &others), "{rates}: the engines agree");
        assert_eq!(a, of_log(&log, Rates::named(rates).unwrap(), "brazil"), "{rates}: so does the log");
        let sum: f64 = costs.iter().sum();
        assert!((sum - a.cost()).abs() < 1e-4, "{rates}: {sum} by campaign, {} in all", a.cost());
        let covered = a.lines.iter().any(|l| l.units < l.delivered);
        assert_eq!(covered, rates != "2026-10", "{rates}: conversations and windows cover something");
    }
}

#[test]
fn whoever_comes_by_an_ad_is_free_for_72_hours() {
    let of = |sets: &[&str]| {
        // An offer on the day after the order notices that people answer.
        let offers = "campaigns.offers.weekdays=['thu']";
        let sets = [&[SMALL[0], "segments.customers.reply=0.3", offers], sets].concat();
        let p = plan("pricing-2025", &sets);
        let (log, a, costs) = billed(&p, Engine::Blocks);
        let (_, b, others) = billed(&p, Engine::Plain);
        assert_eq!((&a, &costs), (&b, &others), "the engines agree");
        (log, a.unwrap())
    };
    for rates in ["auto", "2024-11", "2025-07"] {
        let set = format!("money.rates={rates}");
        let (log, none) = of(&[&set]);
        let (ads, some) = of(&[&set, "segments.customers.reply_by_ad=0.5"]);
        assert_eq!(some, of_log(&ads, Rates::named(rates).unwrap(), "brazil"), "{rates}: so does the log");
        assert!(some.cost() < none.cost(), "{rates}: {} of {}", some.cost(), none.cost());
        let by_ad = ads.rows.iter().filter_map(|r| r.signal()).filter(|s| s.reason == "ad").count();
        assert!(by_ad > 50, "{by_ad}");
        assert_eq!(ads.rows.len(), log.rows.len(), "what people do is the same");
    }
}

#[test]
fn switching_rates_off_or_the_era_of_billing_changes_the_cost_and_no_row_of_the_log() {
    let cost = |set: &str| {
        let (log, bill, costs) = billed(&plan("pricing-2025", &[SMALL[0], set]), Engine::Blocks);
        (log.rows, bill.is_some(), costs.iter().sum::<f64>())
    };
    let auto = cost("money.rates=auto");
    let off = cost("money.rates=none");
    let conversations = cost("money.rates=2024-11");
    let messages = cost("money.rates=2025-07");
    assert!(auto.1 && !off.1 && off.2 == 0.0);
    assert!(auto.0 == off.0 && auto.0 == conversations.0 && auto.0 == messages.0, "nothing else changes");
    assert!(conversations.2 < auto.2 && auto.2 < messages.2, "{} {} {}", conversations.2, auto.2, messages.2);
}

#[test]
fn service_is_billed_again_from_october_2026() {
    let line = |set: &str, month: &str| {
        let (_, bill, _) = billed(&plan("pricing-2026-10", &[set]), Engine::Blocks);
        let lines = bill.unwrap().lines;
        let of: Vec<_> = lines.into_iter().filter(|l| l.month == month && l.item == "service").collect();
        let sum = |f: fn(&tiersim::experiment::bill::Line) -> u64| of.iter().map(f).sum::<u64>();
        (sum(|l| l.delivered), sum(|l| l.free), sum(|l| l.billable), of.iter().map(|l| l.cost).sum::<f64>())
    };
    let (delivered, free, billable, cost) = line("money.rates=auto", "2026-10");
    assert_eq!((free, billable), (1000, delivered - 1000));
    assert!(cost > 10.0, "{cost}");
    let (_, free, billable, cost) = line("money.rates=auto", "2026-09");
    assert_eq!((free, billable, cost), (0, 0, 0.0));
    assert_eq!(line("money.rates=2026-01", "2026-10").2, 0);
}

#[test]
fn a_person_more_changes_nobody_elses_charges() {
    let text = |size: u64| {
        format!(
            "question = \"q\"\nstart = 2025-05-25\ndays = 10\n[money]\nrates = \"2024-11\"\n[segments.a]\nsize = {size}\n\
             country = \"BR\"\nreply = 0.4\n[segments.b]\nsize = 30\ncountry = \"AR\"\nreply = 0.4\n[numbers.n]\nstarting_limit = 2000\n\
             [templates.t]\ncategory = \"utility\"\n[campaigns.c]\ntemplate = \"t\"\ntriggered_per_day = 2\n"
        )
    };
    let of = |size| {
        let (_, bill, _) = billed(&plan_of_text("more", &text(size), &[]), Engine::Blocks);
        let lines = bill.unwrap().lines;
        lines.into_iter().filter(|l| l.market == "argentina").collect::<Vec<_>>()
    };
    assert_eq!(of(20), of(21));
}

#[test]
fn a_replays_bill_is_of_what_was_asked_for_and_the_manifest_says_under_which_prices() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let mut log = "time,event,number,recipient,message,category\n".to_string();
    for (day, number) in [("2026-02-03", "shop"), ("2026-03-03", "shop"), ("2026-03-04", "other")] {
        log.push_str(&format!("{day}T10:00:00Z,sent,{number},ana,{day},marketing\n"));
        log.push_str(&format!("{day}T10:01:00Z,delivered,{number},ana,{day},\n"));
    }
    log.push_str("2026-03-05T10:00:00Z,delivered,shop,ana,x,\n");
    std::fs::write(dir.join("log.csv"), log).unwrap();
    std::fs::write(dir.join("mine.toml"), "based_on = \"2026-01\"\nrates.brazil.marketing = 2\n").unwrap();
    let replay = |to: &str, more: &[&str]| {
        let mut args = vec!["replay", "log.csv", "-o", to, "--no-png", "--rates"];
        args.extend(more);
        tiersim(dir, &args)
    };
    let rows = |to: &str, table: &str| std::fs::read_to_string(dir.join(to).join(table)).unwrap();
    let json = |to: &str, file: &str| -> serde_json::Value { serde_json::from_str(&rows(to, file)).unwrap() };

    let o = replay("all", &["mine.toml", "--country", "br"]);
    assert_eq!(code(&o), 0, "{}", err(&o));
    assert!(out(&o).contains("Billed at list prices in USD: a replay knows no volume tiers"), "{}", out(&o));
    assert_eq!(rows("all", "costs.csv").lines().count(), 4);
    assert!(
        rows("all", "costs.csv")
            .lines()
            .all(|l| l.ends_with(",2,2,USD") || l.ends_with(",price,cost,currency"))
    );
    let billed = &json("all", "summary.json")["billed"];
    assert_eq!((&billed["currency"], &billed["without_category"]), (&"USD".into(), &1.into()));
    let options = json("all", "manifest.json")["inputs"]["options"].clone();
    let card = std::fs::read(dir.join("mine.toml")).unwrap();
    assert_eq!(options["rates_digest"], blake3::hash(&card).to_hex().to_string());
    assert_eq!((&options["market"], &options["rates"]), (&"brazil".into(), &"mine.toml".into()));

    let some = ["2026-01", "--market", "brazil", "--from", "2026-03-20T00:00:00Z", "--number", "shop"];
    let o = replay("some", &some);
    assert_eq!(code(&o), 0, "{}", err(&o));
    assert!(out(&o).contains("--from lets them begin on 2026-03-01"), "{}", out(&o));
    let costs = rows("some", "costs.csv");
    assert_eq!(costs.lines().count(), 2, "{costs}");
    assert!(costs.lines().nth(1).unwrap().starts_with("2026-03,2026-01,default,shop,brazil,marketing,1,"));
    assert_eq!(rows("some", "campaign_costs.csv").lines().count(), 2);

    for (more, said) in [
        (vec!["none"], "--rates none: without --rates nothing is billed"),
        (vec!["auto", "--country", "Brazil"], "that is a market: --market brazil"),
        (
            vec!["auto", "--country", "FR"],
            "the market of \"FR\" is not known; name it with --market (known: IN, BR",
        ),
        (vec!["auto", "--market", "brasil"], "did you mean brazil?"),
    ] {
        let o = replay("no", &more);
        assert_eq!(code(&o), 2, "{more:?}");
        assert!(err(&o).contains(said), "{}", err(&o));
    }
}
