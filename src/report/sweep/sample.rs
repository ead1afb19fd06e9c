//! Made-up sweeps for tests of charts and sentences.

use crate::experiment::study::design::Scale;
use crate::experiment::study::estimate::Estimate;
use crate::experiment::study::swept::{Head, Point, Swept};
use crate::sim::rng::mix;

const N: u64 = 100;

fn head(design: &str, paths: &[&str], scales: Vec<Scale>, points: usize) -> Head {
    Head {
        name: "weekly-promo".into(),
        question: "How often may I message before the number turns red?".into(),
        policy: "auto".into(),
        currency: "USD".into(),
        seed: 12,
        replications: N,
        design: design.into(),
        paths: paths.iter().map(|p| p.to_string()).collect(),
        scales,
        points,
        left_out: 0,
        figures: ["p_red", "p_yellow", "profit", "p_banned"].map(String::from).to_vec(),
        boundary: 0.05,
        span: (0, 60 * 86_400_000, 0),
        numbers: vec!["shop".into()],
    }
}

/// Red by a logistic curve of the block rate and the pace, with luck.
fn point(head: &Head, values: Vec<String>, block: f64, pace: f64, i: u64) -> Point {
    let asked = head.asked().unwrap();
    let chance = |centre: f64| 1.0 / (1.0 + libm::exp(-3.0 * libm::log(block * pace / centre)));
    let luck = |k: u64| (mix(i * 7 + k) >> 40) as f64 / (1u64 << 24) as f64;
    let draw = |p: f64| {
        (p * N as f64 + (luck(0) - 0.5) * 6.0 * libm::sqrt(p * (1.0 - p))).round().clamp(0.0, N as f64)
    };
    let (red, yellow) = (draw(chance(0.06)), draw(chance(0.03)));
    let flags =
        |k: f64| -> Vec<Option<f64>> { (0..N).map(|r| Some(f64::from(u8::from((r as f64) < k)))).collect() };
    let money: Vec<Option<f64>> =
        (0..N).map(|r| Some(900.0 * pace * (1.0 - chance(0.06)) - 400.0 + 300.0 * luck(r + 9))).collect();
    let columns = [flags(red), flags(yellow.max(red)), money, flags(0.0)];
    let estimates: Vec<Estimate> = asked.iter().zip(&columns).map(|(a, c)| a.of_values(c)).collect();
    Point { values, estimates, error: None }
}

fn swept(head: Head, points: Vec<Point>) -> Swept {
    let asked = head.asked().unwrap();
    Swept { head, asked, points }
}

fn block(i: usize, n: usize) -> (String, f64) {
    let v = 0.002 * libm::pow(25.0, i as f64 / (n - 1) as f64);
    let text = super::number(v);
    let v = text.parse().unwrap();
    (text, v)
}

/// One axis by equal factors.
pub fn curve() -> Swept {
    let head = head("grid", &["recipients.block_base"], vec![Scale::Log], 13);
    let points = (0..13).map(|i| {
        let (text, v) = block(i, 13);
        point(&head, vec![text], v, 3.0, i as u64)
    });
    let points = points.collect();
    swept(head, points)
}

/// Two axes of numbers.
pub fn grid() -> Swept {
    let paths = ["recipients.block_base", "campaigns.promo.per_week"];
    let head = head("grid", &paths, vec![Scale::Log, Scale::Linear], 36);
    let mut points = Vec::new();
    for i in 0..9 {
        for pace in [1, 3, 5, 7] {
            let (text, v) = block(i, 9);
            // The slowest pace never comes near.
            let v = if pace == 1 { v / 10.0 } else { v };
            points.push(point(&head, vec![text, pace.to_string()], v, f64::from(pace), points.len() as u64));
        }
    }
    swept(head, points)
}

/// Points anywhere.
pub fn scattered() -> Swept {
    let paths = ["recipients.block_base", "campaigns.promo.per_week"];
    let head = head("lhs:40", &paths, vec![Scale::Log, Scale::Linear], 40);
    let points = (0..40).map(|i| {
        let (text, v) = block(((mix(i) >> 20) % 100) as usize, 100);
        let pace = 1.0 + ((mix(i + 77) >> 20) % 60) as f64 / 10.0;
        point(&head, vec![text, pace.to_string()], v, pace, i)
    });
    let points = points.collect();
    swept(head, points)
}

#[test]
fn charts_are_legible_in_every_look() {
    use crate::report::{legible, style::Look};
    for s in [curve(), grid(), scattered()] {
        for i in 0..super::charts(&s, Look::default()).len() {
            let name = super::charts(&s, Look::default())[i].name.clone();
            let found = legible::faults_everywhere(|look| super::charts(&s, look)[i].svg.clone());
            assert!(found.is_empty(), "{name}: {found:#?}");
        }
    }
}

/// Writes the charts of every sample to the folder named by TIERSIM_CHARTS, to be looked at.
#[cfg(feature = "png")]
#[test]
#[ignore = "writes pictures; set TIERSIM_CHARTS to a folder"]
fn draw_pictures() {
    let folder = std::path::PathBuf::from(std::env::var("TIERSIM_CHARTS").expect("TIERSIM_CHARTS"));
    for (name, s) in [("curve", curve()), ("grid", grid()), ("scattered", scattered())] {
        let look = crate::report::style::Look::default();
        for chart in super::charts(&s, look) {
            let png = crate::report::png::render(&chart.svg, look.size).unwrap();
            std::fs::write(folder.join(format!("{name}-{}.png", chart.name)), png).unwrap();
        }
    }
}
