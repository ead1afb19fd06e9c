//! The answer against golden texts, and what must hold of any answer.

use super::*;
use crate::report::sample::{Course, Shape, sample};

fn at(shape: &Shape, width: usize, color: bool) -> String {
    let result = sample(shape);
    answer(&result, &[], TextOptions { width, color })
}

/// (file, shape, width, text as it should be). Refresh with
/// `cargo test --lib refresh_golden_answers -- --ignored` and say in the commit why they moved.
fn golden() -> [(&'static str, Shape, usize, &'static str); 3] {
    let many = Shape { replications: 40, warm_up_days: 3, ..Shape::default() };
    let numbers =
        Shape { replications: 40, numbers: 3, days: 200, course: Course::Blast, ..Shape::default() };
    [
        ("answer-one-80.txt", Shape::default(), 80, include_str!("../golden/answer-one-80.txt")),
        ("answer-many-100.txt", many, 100, include_str!("../golden/answer-many-100.txt")),
        ("answer-numbers-80.txt", numbers, 80, include_str!("../golden/answer-numbers-80.txt")),
    ]
}

#[test]
fn what_the_question_asks_for_leads() {
    use crate::experiment::study::catalogue::Frame;
    use crate::experiment::study::estimate::Asked;
    let mut result = sample(&Shape { replications: 20, ..Shape::default() });
    let (start, horizon, warm_up) = (result.start, result.horizon, result.warm_up);
    let frame = Frame { start, horizon, warm_up, numbers: result.numbers.clone() };
    let asked = ["refusal_rate", "profit"].map(|text| Asked::parse(text, &frame).unwrap());
    let usual = headline::headline(&result);
    result.asked = asked
        .into_iter()
        .map(|a| (a.estimate(&result.replications, &frame), a))
        .map(|(e, a)| (a, e))
        .collect();
    let told = headline::headline(&result);
    assert!(
        told[0].starts_with("Share of attempts refused: ") && told[0].contains("; worth less cost: EUR "),
        "{told:?}"
    );
    assert_eq!(told[1..], usual, "the rest stays");
    assert_eq!(headline::of_rating(&result), usual, "charts of the rating tell of the rating");
    let figures = crate::report::answer::run(&result, &[]).figures;
    assert_eq!((figures[0].name.as_str(), figures[1].name.as_str()), ("refusal_rate", "profit"));
    assert_eq!(figures.iter().filter(|f| f.name == "profit").count(), 1, "each once");
}

#[test]
fn answers_read_as_agreed() {
    for (name, shape, width, want) in golden() {
        let got = at(&shape, width, false);
        assert!(got == want, "{name} moved; the answer is now:\n{got}");
    }
}

#[test]
#[ignore = "writes the golden files"]
fn refresh_golden_answers() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/golden");
    for (name, shape, width, _) in golden() {
        std::fs::write(folder.join(name), at(&shape, width, false)).unwrap();
    }
}

#[test]
fn every_shape_fits_its_width_and_holds_no_escape_code_without_colour() {
    for shape in crate::report::sample::shapes() {
        for width in [80, 100, 132] {
            let text = at(&shape, width, false);
            assert!(!text.contains('\x1b'), "{shape:?}");
            assert!(!text.contains("NaN") && !text.contains("inf"), "{shape:?}\n{text}");
            for line in text.lines() {
                // A single word longer than the line may stand out.
                let fits = chars(line) <= width || line.split_whitespace().any(|w| chars(w) * 2 > width);
                assert!(fits, "{width}: {line}");
                assert_eq!(line, line.trim_end());
            }
        }
        let coloured = at(&shape, 80, true);
        let mut plain = String::new();
        let mut rest = coloured.as_str();
        while let Some(i) = rest.find('\x1b') {
            plain.push_str(&rest[..i]);
            rest = &rest[i..];
            rest = &rest[rest.find('m').expect("a colour code ends in m") + 1..];
        }
        plain.push_str(rest);
        let trimmed: String = plain.lines().map(|l| format!("{}\n", l.trim_end())).collect();
        assert_eq!(trimmed, at(&shape, 80, false), "colour changes nothing but colour");
    }
}

#[test]
fn names_from_a_file_cannot_colour_the_terminal() {
    let mut result = sample(&Shape::default());
    for name in [&mut result.scenario, &mut result.question, &mut result.numbers[0], &mut result.currency] {
        name.push_str("\x1b[31m\u{7}");
    }
    result.first.campaigns[0].name = "\x1b[2J".to_string();
    result.first.verdicts[0].subject = "\x1b[2J".to_string();
    result.policy.name = "\x1b[2J".to_string();
    let text = answer(&result, &["note \x1b[1m".to_string()], TextOptions::default());
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text}");
}

#[test]
fn a_chance_counts_replications_in_which_any_number_turned() {
    let mut result =
        sample(&Shape { replications: 50, numbers: 2, course: Course::Healthy, ..Shape::default() });
    for r in 0..6 {
        result.replications[r].numbers[r % 2].first_red = Some(result.start);
    }
    // Wilson, 6 of 50: 5.6 to 23.8 %.
    assert_eq!(
        headline::headline(&result)[0],
        "Red within 30 days (any of the numbers): 12 % (6–24 %, 50 replications)."
    );
    let text = answer(&result, &[], TextOptions::default());
    assert!(text.contains("  sales    24 % (") || text.contains("6 % (2–16 %)"), "{text}");
}

#[test]
fn silence_is_explained_where_a_colour_outlasts_the_sending() {
    let blast = at(&Shape { course: Course::Blast, ..Shape::default() }, 80, false);
    assert_eq!(blast.matches("Silence does not lower a score").count(), 1);
    let healthy = at(&Shape { course: Course::Healthy, ..Shape::default() }, 80, false);
    assert!(!healthy.contains("Silence"));
}

#[test]
fn what_is_only_of_the_app_has_neither_rating_nor_limit_but_is_enforced_upon() {
    for replications in [1, 40] {
        let mut result = sample(&Shape { replications, numbers: 2, ..Shape::default() });
        let ordinary = answer(&result, &[], TextOptions::default());
        result.of_app.fill(true);
        for r in &mut result.replications {
            r.account.first_restricted = Some(result.start);
        }
        let text = answer(&result, &[], TextOptions::default());
        for (heading, there) in [("\nRating", false), ("\nMessaging limit", false), ("\nWhat happened", true)]
        {
            assert!(ordinary.contains(heading) && text.contains(heading) == there, "{heading}\n{text}");
        }
        assert!(!text.contains("Chance per number") && !text.contains("caps on marketing"), "{text}");
        assert!(text.contains("hangs on fatigue_free"), "{text}");
        assert!(text.contains("The account was restricted"), "{text}");
    }
}

#[test]
fn a_granted_appeal_that_leaves_a_lock_says_so() {
    let mut result = sample(&Shape::default());
    let lock = |rule: &str| crate::messaging::Verdict {
        kind: crate::messaging::VerdictKind::AccountLocked,
        scope: crate::messaging::Scope::Account,
        rule: rule.to_string(),
        ..result.first.verdicts[0].clone()
    };
    let two = vec![lock("violation_lock"), lock("appeal_granted")];
    result.first.verdicts = two;
    let text = answer(&result, &[], TextOptions { width: 132, color: false });
    assert!(text.contains("locked until an appeal is granted (a violation was recorded)"), "{text}");
    assert!(text.contains("back to locked until another appeal is granted"), "{text}");
}

#[test]
fn refusals_that_other_parts_tell_need_no_table_and_others_point_to_the_file() {
    let mut result = sample(&Shape::default());
    let with = |result: &mut RunResult, code: &str| {
        result.replications[0].numbers[0].refused_by = vec![(code.to_string(), 12)];
        result.origin = crate::experiment::measure::Origin::Replayed;
        answer(result, &[], TextOptions::default())
    };
    assert!(!with(&mut result, "368").contains("Who refused"), "enforcement is told by incidents");
    assert!(with(&mut result, "131049").contains("by campaign and rule: refusals.csv"));
}
