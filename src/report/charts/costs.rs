//! What was billed by rate cards: cost by month and category, and what each campaign cost and earned.

use crate::report::axis::{self, Kind, ValueAxis};
use crate::report::charts::{self, AXIS_TITLE, SMALL};
use crate::report::picture::{About, Costs};
use crate::report::sheet;
use crate::report::style::{self, Canvas, Hue, Size, Type};
use crate::report::words;

/// What the chart is called.
pub const TITLE: &str = "What was billed, and what campaigns earned";

/// Most campaigns with a line of their own.
const CAMPAIGNS: usize = 7;
const VALUE: Hue = Hue::new(0x7a5cd6, 0xb79cff);
const COST: Hue = Hue::new(0x6b4a2b, 0xd3a679);

/// Items in the order of the stack, each with its colour.
const ITEMS: [(&str, Hue); 6] = [
    ("marketing", Hue::new(0x3b4a86, 0x8fa0ea)),
    ("utility", Hue::new(0x3d92aa, 0x6cc6dd)),
    ("authentication", Hue::new(0x7d2358, 0xd56fa8)),
    ("service", Hue::new(0xc08040, 0xd79a5c)),
    ("business_initiated", Hue::new(0x3b4a86, 0x8fa0ea)),
    ("user_initiated", Hue::new(0xc08040, 0xd79a5c)),
];

/// Cost by month, then item, for the months that have any line.
fn by_month(costs: &Costs) -> Vec<(String, [f64; ITEMS.len()])> {
    let mut months: Vec<(String, [f64; ITEMS.len()])> = Vec::new();
    for line in &costs.months {
        if months.last().is_none_or(|(m, _)| *m != line.month) {
            months.push((line.month.clone(), [0.0; ITEMS.len()]));
        }
        let (_, sums) = months.last_mut().expect("just pushed");
        if let Some(i) = ITEMS.iter().position(|(name, _)| *name == line.item) {
            sums[i] += line.cost;
        }
    }
    months
}

/// Where a part of the chart lies.
#[derive(Clone, Copy)]
struct Area {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

/// Height of the months where campaigns lie beneath them.
const MONTHS_HEIGHT: f64 = 150.0;

/// The height of the chart in a column.
pub fn column_height(costs: &Costs) -> f64 {
    match costs.campaigns.iter().filter(|c| c.cost != 0.0 || c.value != 0.0).count().min(CAMPAIGNS) {
        0 => Size::Column.height(),
        n => 270.0 + 46.0 * n as f64,
    }
}

/// Draws the chart.
pub fn paint(canvas: &mut Canvas, about: &About, costs: &Costs) {
    let currency = words::shorten(&words::clean(&about.currency), 12);
    let cards = if costs.cards.is_empty() { "unused".to_string() } else { words::list(&costs.cards, 4) };
    let subtitle = format!("Rate cards {cards}, in {currency}{}", charts::of_first(about));
    // A log has no campaigns' worth to show beside.
    let alone = costs.campaigns.is_empty();
    charts::header(canvas, about, if alone { "What was billed" } else { TITLE }, &subtitle);
    let foot = charts::small_print_of(
        canvas.size(),
        about,
        "",
        "Months are calendar months in UTC. What allowances and volume tiers save is shared out in proportion to units.",
    );
    let (left, right) = (canvas.pick(78.0, 52.0), canvas.width() - canvas.pick(24.0, 8.0));
    let (top, bottom) =
        (sheet::top(canvas.size(), canvas.pick(96.0, 74.0)), charts::body_bottom(canvas, &foot));
    // Side by side, or one beneath the other.
    let middle = (canvas.width() * 0.567).round();
    let (here, there) = match (alone, canvas.is_column()) {
        (true, _) => (Area { left, right: right - 16.0, top, bottom }, None),
        (false, false) => {
            let months = Area { left, right: middle - 60.0, top, bottom };
            (months, Some(Area { left: middle, right, top, bottom }))
        }
        (false, true) => {
            let under = top + MONTHS_HEIGHT;
            let months = Area { left, right, top, bottom: under };
            (months, Some(Area { left: sheet::margin(canvas.size()), right, top: under + 20.0, bottom }))
        }
    };
    months(canvas, costs, &currency, here);
    if let Some(area) = there {
        campaigns(canvas, costs, &currency, area);
    }
    foot.draw_above(canvas, charts::SMALL_PRINT_AT);
}

fn months(canvas: &mut Canvas, costs: &Costs, currency: &str, Area { left, right, top, bottom }: Area) {
    let months = by_month(costs);
    let max = months.iter().map(|(_, sums)| sums.iter().sum::<f64>()).fold(0.0, f64::max);
    let y = ValueAxis {
        top: top + 22.0,
        bottom: bottom - 28.0,
        kind: Kind::Linear(if max > 0.0 { axis::round_up(1.04 * max) } else { 1.0 }),
    };
    let mut title: Vec<(Type, &str)> = Vec::new();
    for (i, (name, color)) in ITEMS.iter().enumerate() {
        if months.iter().any(|(_, sums)| sums[i] > 0.0) {
            if !title.is_empty() {
                title.push((AXIS_TITLE, " + "));
            }
            title.push((Type::bold(11.0, color.text()), name));
        }
    }
    let from = canvas.pick(left, sheet::margin(canvas.size()));
    let used: f64 = title.iter().map(|(kind, text)| kind.width(text)).sum();
    let unit = canvas.pick(format!(" cost per month, {currency}"), format!(", {currency} per month"));
    let unit = AXIS_TITLE.fit(&unit, canvas.width() - 8.0 - from - used);
    title.push((AXIS_TITLE, if title.is_empty() { unit.trim_start_matches([' ', ',']) } else { &unit }));
    canvas.texts((from, top), &title);
    y.draw(canvas, (left, right), 5, axis::count_label);
    if max <= 0.0 {
        charts::nothing(canvas, (0.5 * (left + right), 0.5 * (y.top + y.bottom)), "nothing was charged");
    }
    let step = (right - left) / months.len().max(1) as f64;
    let width = (0.7 * step).min(70.0);
    // Labels that would touch are left out, evenly.
    let every = (52.0 / step).ceil().max(1.0) as usize;
    for (m, (name, sums)) in months.iter().enumerate() {
        let middle = left + (m as f64 + 0.5) * step;
        let mut base = 0.0;
        for (i, cost) in sums.iter().enumerate().filter(|(_, c)| **c > 0.0) {
            let (top, bottom) = (y.px(base + cost), y.px(base));
            let (from, to) = (middle - width / 2.0, middle + width / 2.0);
            canvas.rect((from, top.min(bottom - 0.8)), (to, bottom), ITEMS[i].1, 0.9);
            base += cost;
        }
        if base > 0.0 && step >= 40.0 {
            canvas.text((middle, y.px(base) - 5.0), SMALL.middle(), &words::amount(base));
        }
        if m % every == 0 {
            canvas.text((middle, y.bottom + 15.0), SMALL.middle(), name);
        }
    }
}

fn campaigns(canvas: &mut Canvas, costs: &Costs, currency: &str, Area { left, right, top, bottom }: Area) {
    let mut rows: Vec<_> = costs.campaigns.iter().filter(|c| c.cost != 0.0 || c.value != 0.0).collect();
    rows.sort_by(|a, b| (b.cost + b.value).total_cmp(&(a.cost + a.value)));
    let more = rows.len().saturating_sub(CAMPAIGNS);
    rows.truncate(CAMPAIGNS);
    let title = [
        (Type::bold(11.0, COST), "cost"),
        (AXIS_TITLE, " and "),
        (Type::bold(11.0, VALUE), "revenue"),
        (AXIS_TITLE, " by campaign, "),
        (AXIS_TITLE, currency),
    ];
    canvas.texts((left, top), &title);
    let max = rows.iter().map(|c| c.cost.max(c.value)).fold(0.0, f64::max);
    if max <= 0.0 {
        charts::nothing(
            canvas,
            (0.5 * (left + right), 0.5 * (top + bottom)),
            "no campaign cost or earned anything",
        );
        return;
    }
    let room = right - left - 70.0;
    let height = ((bottom - 14.0 - top - 16.0) / rows.len() as f64).min(64.0);
    for (i, c) in rows.iter().enumerate() {
        let top = top + 16.0 + i as f64 * height;
        let name = Type::bold(11.5, style::INK);
        let profit = c.value - c.cost;
        let said = format!("profit {}", words::amount(profit));
        let kind = Type::plain(11.0, if profit < 0.0 { style::INK } else { style::SOFT }).end();
        let name_room = right - left - kind.width(&said) - 12.0;
        canvas.text((left, top + 10.0), name, &name.fit_name(&words::clean(&c.name), name_room));
        canvas.text((right, top + 10.0), kind, &said);
        let bar = ((height - 20.0) / 2.0).min(13.0);
        for (k, (value, color)) in [(c.cost, COST), (c.value, VALUE)].into_iter().enumerate() {
            let y = top + 15.0 + k as f64 * (bar + 1.0);
            let to = left + (value / max * room).max(0.8);
            canvas.rect((left, y), (to, y + bar), color, 0.9);
            canvas.text((to + 5.0, y + bar / 2.0 + SMALL.half_height()), SMALL, &words::amount(value));
        }
    }
    if more > 0 {
        canvas.text((right, bottom - 2.0), SMALL.end(), &format!("{more} more in campaigns.csv"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::legible;
    use crate::report::picture::Picture;
    use crate::report::picture::costs::{CampaignCost, MonthCost};
    use crate::report::sample::{Shape, sample};

    fn costs(months: usize, campaigns: usize, most: f64) -> Costs {
        let month = |i: usize| format!("{}-{:02}", 2024 + i / 12, i % 12 + 1);
        let items = ["marketing", "utility", "authentication", "service"];
        let cost = |i: usize| most / (1.0 + i as f64);
        Costs {
            cards: vec!["2026-07-brazil".into(), "2026-10-brazil".into()],
            months: (0..months * items.len())
                .map(|i| MonthCost {
                    month: month(i / items.len()),
                    item: items[i % items.len()].into(),
                    cost: cost(i),
                })
                .collect(),
            campaigns: (0..campaigns)
                .map(|i| CampaignCost {
                    name: format!("a campaign whose name is long, number {i}"),
                    cost: cost(i),
                    value: cost(campaigns - i) * 1.5,
                })
                .collect(),
        }
    }

    #[test]
    fn costs_are_legible_in_every_look() {
        let picture = Picture::of(&sample(&Shape::default()));
        for (months, campaigns, most) in
            [(0, 0, 0.0), (1, 0, 12.5), (3, 1, 4_000.0), (12, 4, 1_234_567.89), (30, 20, 99_000.0)]
        {
            let costs = costs(months, campaigns, most);
            let picture = Picture { costs: Some(costs), ..picture.clone() };
            let draw = |look| charts::draw(&picture, look).pop().unwrap().svg;
            let found = legible::faults_everywhere(draw);
            assert!(found.is_empty(), "{months} months, {campaigns} campaigns: {found:#?}");
        }
    }
}
