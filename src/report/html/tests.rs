//! What holds of every page: nothing hostile gets in, nothing is fetched, it stays small, and the bytes are the same twice.

use super::*;
use crate::messaging::{Scope, VerdictKind};
use crate::report::answer::{self, Column, Warning};
use crate::report::charts;
use crate::report::sample::{Shape, sample, shapes};
use crate::report::style::Look;
use crate::sim::SimDuration;

/// An answer with something in every field.
fn made_up(name: &str) -> Answer {
    let figure = |name: &str, of: &str, v: f64, text: &str| Figure {
        name: name.to_string(),
        of: of.to_string(),
        label: format!("chance of {name}"),
        unit: "share".to_string(),
        value: Some(v),
        low: Some(v / 2.0),
        high: Some((v * 1.5).min(1.0)),
        text: text.split_once(" (").map_or(text, |(value, _)| value).to_string(),
        interval: text.split_once(" (").map_or("", |(_, rest)| rest.trim_end_matches(')')).to_string(),
    };
    let column = |name: &str, figures| Column { name: name.to_string(), figures };
    let table = |name: &str, title: &str| Table {
        name: name.to_string(),
        title: title.to_string(),
        caption: "Read it from the left.".to_string(),
        columns: vec![column("name", false), column("of negatives", true), column("messages", true)],
        rows: vec![
            vec![name.to_string(), "31.4 %".to_string(), "12,345".to_string()],
            vec!["b".to_string(), "25.0 %".to_string(), "–".to_string()],
        ],
    };
    Answer {
        command: "run".to_string(),
        name: name.to_string(),
        question: format!("What of {name}?"),
        sentences: vec![
            format!("Red within 30 days: 60 % (23–88 %) of {name}."),
            "It is first red on day 20, as a rule.".to_string(),
        ],
        figures: vec![
            figure("red", "", 0.6, "60 % (23–88 %)"),
            figure("yellow", "", 1.0, "100 % (57–100 %)"),
        ],
        tables: vec![
            table("contributors", "Campaigns"),
            table("assumptions_rules", "Assumed rules"),
            table("costs", "What it cost"),
        ],
        warnings: vec![Warning {
            code: "few_replications".to_string(),
            text: format!("Only 5 replications of {name}."),
            advice: "Make 100.".to_string(),
        }],
        notes: vec![format!("A note on {name}.")],
    }
}

fn reproduce(name: &str) -> Reproduce {
    Reproduce {
        said: format!("Typed beside {name}."),
        commands: vec![format!("tiersim run {name} --replications 5")],
        facts: vec![("Seed".to_string(), "42".to_string()), ("Policy".to_string(), name.to_string())],
    }
}

fn stills(charts: &[charts::Chart]) -> Vec<Still<'_>> {
    charts.iter().map(|c| Still { name: &c.name, title: &c.title, svg: &c.svg }).collect()
}

fn run_of(shape: &Shape) -> String {
    let result = sample(shape);
    let picture = Picture::of(&result);
    let drawn = charts::draw(&picture, Look::default());
    let answer = answer::run(&result, &[]);
    run_page(
        &answer,
        &picture,
        &result.first.verdicts,
        &result.first.template_days,
        &stills(&drawn),
        &reproduce("weekly-promo"),
    )
}

/// Addresses that a browser would fetch.
fn fetched(page: &str) -> Vec<String> {
    let mut out = Vec::new();
    for mark in ["src=\"", "href=\"", "url(", "@import", "srcset=", "action=\""] {
        for (i, _) in page.match_indices(mark) {
            let to: String =
                page[i + mark.len()..].trim_start_matches(['"', '\'']).chars().take(24).collect();
            if !to.starts_with('#') && !to.starts_with("data:") {
                out.push(format!("{mark}{to}"));
            }
        }
    }
    out
}

#[test]
fn pages_of_every_shape_are_whole_small_and_the_same_twice() {
    for shape in shapes() {
        let page = run_of(&shape);
        assert_eq!(page, run_of(&shape), "{shape:?}");
        assert!(page.len() < 1_100_000, "{shape:?}: {} bytes", page.len());
        assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"), "{shape:?}");
        assert_eq!(fetched(&page), Vec::<String>::new(), "{shape:?}");
        for part in ["<h1 id=\"answer\">", "Key figures", "few_replications", "Words used here"] {
            assert_eq!(page.contains(part), part != "few_replications", "{part}: codes are for machines");
        }
    }
}

#[test]
fn a_common_run_takes_a_few_hundred_kilobytes() {
    let page = run_of(&Shape { days: 90, numbers: 3, replications: 100, ..Shape::default() });
    assert!(page.len() < 500_000, "{} bytes", page.len());
}

#[test]
fn hostile_names_stay_text_wherever_they_stand() {
    let evil = "</script><script>alert(1)</script>\"'&<img src=x onerror=y>\u{2028}\u{202e}\u{1b}[31m";
    let mut result = sample(&Shape { numbers: 2, ..Shape::default() });
    result.numbers[0] = evil.to_string();
    result.policy.name = evil.to_string();
    for v in &mut result.first.verdicts {
        v.subject = evil.to_string();
        v.rule = evil.to_string();
    }
    let picture = Picture::of(&result);
    let title = evil.to_string();
    let still = Still { name: "costs", title: &title, svg: "<svg><title>x</title></svg>" };
    let pages = [
        run_page(
            &made_up(evil),
            &picture,
            &result.first.verdicts,
            &result.first.template_days,
            &[still],
            &reproduce(evil),
        ),
        study_page(&made_up(evil), &[still], &reproduce(evil)),
    ];
    for page in pages {
        assert!(!page.contains("<script>alert") && !page.contains("<img"), "markup got in");
        let ends = page.matches("</script").count();
        assert_eq!(page.matches("<script").count(), ends, "every script that begins also ends");
        // What is vendored may hold anything; what is ours or a name's holds no such character.
        let own = page.replace(UPLOT, "");
        assert!(!own.contains('\u{2028}') && !own.contains('\u{202e}') && !own.contains('\u{1b}'));
        assert!(page.contains("&lt;img src"), "the name is there, as text");
    }
}

#[test]
fn what_is_missing_leaves_no_empty_section() {
    let page = study_page(&Answer::default(), &[], &Reproduce::default());
    for section in [
        "Key figures",
        "id=\"charts\"",
        "id=\"timeline\"",
        "id=\"origins\"",
        "id=\"tables\"",
        "uPlot=function",
    ] {
        assert!(!page.contains(section), "{section}");
    }
}

#[test]
fn a_hundred_thousand_refusals_stay_a_small_page() {
    let mut result = sample(&Shape { days: 365, ..Shape::default() });
    let one = result.first.verdicts[0].clone();
    result.first.verdicts = (0..100_000)
        .map(|i| crate::messaging::Verdict {
            time: result.start + SimDuration(i * 300_000),
            kind: VerdictKind::SendRefused,
            scope: Scope::Number,
            rule: "limit".to_string(),
            ..one.clone()
        })
        .collect();
    let picture = Picture::of(&result);
    let page = run_page(
        &made_up("x"),
        &picture,
        &result.first.verdicts,
        &result.first.template_days,
        &[],
        &reproduce("x"),
    );
    assert!(page.len() < 400_000, "{} bytes", page.len());
    assert!(page.contains("100,000 decisions") && page.contains("verdicts.csv has each"));
}

#[test]
fn figures_of_several_arms_stand_side_by_side() {
    let mut a = made_up("x");
    a.figures = ["a", "b"]
        .iter()
        .flat_map(|arm| made_up("x").figures.into_iter().map(move |f| Figure { of: arm.to_string(), ..f }))
        .collect();
    let (cards, table) = figures("compare", &a.figures);
    let table = table.unwrap();
    assert!(cards.is_empty());
    assert_eq!(table.columns.iter().map(|c| c.0.as_str()).collect::<Vec<_>>(), ["Figure", "a", "b"]);
    assert_eq!(table.rows[1][2].text, "100 % (57–100 %)");
}

#[test]
fn figures_of_many_points_have_a_line_each_and_few_columns() {
    let of = |points: usize, many: usize| -> Grid {
        let one = made_up("x").figures[0].clone();
        let all: Vec<Figure> = (0..points)
            .flat_map(|p| (0..many).map(move |f| (p, f)))
            .map(|(p, f)| Figure { name: format!("f{f}"), of: format!("block_base {p}"), ..one.clone() })
            .collect();
        figures("sweep", &all).1.expect("a table")
    };
    let heads = |g: &Grid| g.columns.iter().map(|c| c.0.clone()).collect::<Vec<_>>();
    let points = of(48, 2);
    assert_eq!(heads(&points), ["Point", "Chance of red", "Chance of red"]);
    assert_eq!((points.rows.len(), points.rows[47][0].text.as_str()), (48, "block_base 47"));
    // Where both are many, neither goes across.
    let both = of(48, 14);
    assert_eq!(heads(&both), ["Figure", "Point", "Value"]);
    assert_eq!((both.rows.len(), both.rows[1][1].text.as_str()), (48 * 14, "block_base 1"));
    for (p, f) in [(1, 30), (4, 14), (5, 4), (9, 9), (100, 1)] {
        let g = of(p, f);
        assert!(g.columns.len() <= 5 && g.rows.iter().all(|r| r.len() == g.columns.len()), "{p} {f}");
    }
}

#[test]
fn percentages_get_bars_and_other_columns_none() {
    let g = grid(&made_up("x").tables[0]);
    assert_eq!(g.rows[0][1].bar, Some(31.4));
    assert_eq!((g.rows[0][0].bar, g.rows[0][2].bar), (None, None));
}

/// Writes pages to look at: `REPORT_HTML=folder cargo test --lib pages_to_look_at -- --ignored`.
#[test]
#[ignore = "writes pages for people to look at"]
fn pages_to_look_at() {
    let folder = std::env::var("REPORT_HTML").expect("a folder in REPORT_HTML");
    let base = Shape::default();
    for (name, shape) in [
        ("one", Shape { replications: 100, ..base }),
        (
            "three",
            Shape {
                numbers: 3,
                days: 90,
                replications: 40,
                warm_up_days: 7,
                crosses: true,
                reports: crate::report::sample::Reports::Beside,
                ..base
            },
        ),
        ("nine", Shape { numbers: 9, days: 60, unlimited: true, ..base }),
        ("year", Shape { days: 365, replications: 20, unlimited: true, ..base }),
        ("nothing", Shape { days: 2, course: crate::report::sample::Course::Nothing, ..base }),
        ("long", Shape { days: 45, numbers: 2, replications: 30, long_names: true, ..base }),
    ] {
        std::fs::write(format!("{folder}/{name}.html"), run_of(&shape)).unwrap();
    }
    let drawn = charts::draw(&Picture::of(&sample(&base)), Look::default());
    let page = study_page(&made_up("study"), &stills(&drawn), &reproduce("study"));
    std::fs::write(format!("{folder}/study.html"), page).unwrap();
}
