//! Templates over time, for the page: their rates by day, their colours, and when they could not be sent.
//!
//! Colours are read out of the verdicts, which know the hour. Must not know how any of it is drawn.

use serde_json::{Value, json};

use super::curves::{colours, seconds, short};
use crate::experiment::measure::TemplateDays;
use crate::messaging::rows::Counts;
use crate::messaging::{QualityRating, Scope, Verdict, VerdictKind};
use crate::report::picture::About;
use crate::report::words;
use crate::sim::SimTime;

/// Templates on a page.
const TEMPLATES_MAX: usize = 24;
/// Days that a rate is taken over, the day itself and those before it: as long as the shipped rules' window.
const SPAN: usize = 7;
/// Messages delivered in that span from which a rate is shown: below, a single block would be a peak.
const LEAST: u64 = 20;

/// A template as the page shows it.
struct Template<'v> {
    portfolio: &'v str,
    name: &'v str,
    /// Messages delivered in the whole run.
    delivered: u64,
    /// Counts by day from the run's first day on.
    days: Vec<Counts>,
    colours: Vec<(SimTime, QualityRating)>,
    /// From, until, and `paused` or `disabled`.
    stopped: Vec<(SimTime, SimTime, &'static str)>,
}

/// The templates with the most messages delivered, those first, and how many others there are; none where a log lacks
/// what their colours are derived from.
pub(super) fn templates(verdicts: &[Verdict], days: &TemplateDays, about: &About) -> Value {
    let mut all: Vec<Template<'_>> = Vec::new();
    // A log without blocks and reports would call them all well.
    if about.not_derivable {
        return json!({ "all": [], "left_out": 0 });
    }
    let run = about.days();
    all.extend(days.of.iter().map(|of| Template::new(&of.portfolio, &of.template)));
    for row in &days.rows {
        let t = &mut all[row.of];
        t.delivered += row.counts.delivered;
        let day = (row.day - run.first.day_start()).0 / SimTime::DAY_MS;
        if let Ok(day) = usize::try_from(day) {
            t.days.resize(t.days.len().max(day + 1), Counts::default());
            t.days[day] = row.counts;
        }
    }
    for v in verdicts.iter().filter(|v| v.scope == Scope::Template) {
        let known = all.iter().position(|t| t.name == v.subject && t.portfolio == v.portfolio);
        let place = known.unwrap_or_else(|| {
            all.push(Template::new(&v.portfolio, &v.subject));
            all.len() - 1
        });
        take(&mut all[place], v, about);
    }
    all.retain(|t| !t.days.is_empty() || !t.colours.is_empty() || !t.stopped.is_empty());
    all.sort_by(|a, b| b.delivered.cmp(&a.delivered).then((a.portfolio, a.name).cmp(&(b.portfolio, b.name))));
    let several = all.iter().any(|t| t.portfolio != all[0].portfolio);
    let one = |t: &Template<'_>| {
        let name = if several { format!("{} of {}", t.name, t.portfolio) } else { t.name.to_string() };
        let stopped =
            t.stopped.iter().map(|(from, until, how)| json!([seconds(*from), seconds(*until), how]));
        json!({
            "name": words::clean(&name),
            "colours": colours(&t.colours),
            "stopped": stopped.collect::<Vec<_>>(),
            "negative": t.rates(|c| c.blocked + c.reported),
            "read": t.rates(|c| c.read),
        })
    };
    let shown: Vec<Value> = all.iter().take(TEMPLATES_MAX).map(one).collect();
    json!({ "all": shown, "left_out": all.len().saturating_sub(TEMPLATES_MAX), "least": LEAST, "span": SPAN })
}

impl<'v> Template<'v> {
    fn new(portfolio: &'v str, name: &'v str) -> Template<'v> {
        let (days, colours, stopped) = (Vec::new(), Vec::new(), Vec::new());
        Template { portfolio, name, delivered: 0, days, colours, stopped }
    }

    /// By day, how many of a thing there were per message delivered over the span; none where few were delivered.
    fn rates(&self, of: impl Fn(&Counts) -> u64) -> Vec<Option<f64>> {
        let at = |day: usize| {
            let span = &self.days[day.saturating_sub(SPAN - 1)..=day];
            let delivered: u64 = span.iter().map(|c| c.delivered).sum();
            let n: u64 = span.iter().map(&of).sum();
            (delivered >= LEAST).then(|| short(n as f64 / delivered as f64))
        };
        (0..self.days.len()).map(at).collect()
    }
}

fn take(t: &mut Template<'_>, v: &Verdict, about: &About) {
    let colour = |text: &str| QualityRating::ALL.into_iter().find(|r| r.name() == text);
    match v.kind {
        VerdictKind::TemplateRated => {
            // What it was before the first change, it was from the beginning.
            if let (true, Some(from)) = (t.colours.is_empty(), colour(&v.from)) {
                t.colours.push((about.start, from));
            }
            t.colours.extend(colour(&v.to).map(|to| (v.time, to)));
        }
        VerdictKind::TemplatePaused => t.stopped.push((v.time, about.horizon, "paused")),
        VerdictKind::TemplateDisabled => {
            end(t, v.time);
            t.stopped.push((v.time, about.horizon, "disabled"));
        }
        VerdictKind::TemplateResumed => end(t, v.time),
        _ => {}
    }
}

/// Ends the stop that is under way.
fn end(t: &mut Template<'_>, at: SimTime) {
    if let Some(last) = t.stopped.last_mut() {
        last.1 = last.1.min(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::template_days::{Of, TemplateDay};
    use crate::messaging::TemplateStatus;
    use crate::report::picture::Picture;
    use crate::report::sample::{Shape, sample};

    fn verdict(day: i64, kind: VerdictKind, subject: &str, from: &str, to: &str) -> Verdict {
        Verdict {
            time: SimTime(day * SimTime::DAY_MS),
            kind,
            scope: Scope::Template,
            subject: subject.to_string(),
            portfolio: "shop".to_string(),
            from: from.to_string(),
            to: to.to_string(),
            rule: String::new(),
            cause: None,
        }
    }

    #[test]
    fn colours_begin_at_the_start_and_stops_end_where_sending_goes_on() {
        use VerdictKind::{TemplateDisabled, TemplatePaused, TemplateRated, TemplateResumed};
        let about = Picture::of(&sample(&Shape::default())).about;
        let (start, end) = (seconds(about.start), seconds(about.horizon));
        let first = about.start.0 / SimTime::DAY_MS;
        let day = |n: i64| (first + n) * 86_400;
        let at = |n: i64, kind, subject, from, to| verdict(first + n, kind, subject, from, to);
        let verdicts = [
            at(1, TemplateRated, "sale", "UNKNOWN", "GREEN"),
            at(2, TemplateRated, "news", "UNKNOWN", "YELLOW"),
            at(3, TemplateRated, "sale", "GREEN", "RED"),
            at(3, TemplatePaused, "sale", "ACTIVE", "PAUSED"),
            at(4, TemplateResumed, "sale", "PAUSED", "ACTIVE"),
            at(6, TemplatePaused, "sale", "ACTIVE", "PAUSED"),
            at(7, TemplateDisabled, "sale", "PAUSED", "DISABLED"),
        ];
        let found = templates(&verdicts, &days(&about, &[("sale", 0, 90, 1)]), &about);
        assert_eq!(found["all"][0]["name"], "sale", "the most messages first");
        assert_eq!(found["all"][0]["colours"], json!([[start, "U"], [day(1), "G"], [day(3), "R"]]));
        assert_eq!(
            found["all"][0]["stopped"],
            json!([[day(3), day(4), "paused"], [day(6), day(7), "paused"], [day(7), end, "disabled"]])
        );
        assert_eq!(found["all"][1]["colours"], json!([[start, "U"], [day(2), "Y"]]));
    }

    /// Days of templates: name, day from the start, delivered, blocked.
    fn days(about: &About, rows: &[(&str, i64, u64, u64)]) -> TemplateDays {
        let mut out = TemplateDays::default();
        for (name, day, delivered, blocked) in rows {
            let of = Of { portfolio: "shop".into(), template: (*name).to_string() };
            let place = out.of.iter().position(|o| *o == of).unwrap_or_else(|| {
                out.of.push(of);
                out.of.len() - 1
            });
            out.rows.push(TemplateDay {
                day: SimTime(about.start.day_start().0 + day * SimTime::DAY_MS),
                of: place,
                counts: Counts { delivered: *delivered, blocked: *blocked, ..Counts::default() },
                score: None,
                rating: QualityRating::Unknown,
                status: TemplateStatus::Active,
            });
        }
        out
    }

    #[test]
    fn rates_are_of_seven_days_and_none_where_little_was_delivered() {
        let about = Picture::of(&sample(&Shape::default())).about;
        let rows = [("sale", 1, 19, 1), ("sale", 2, 81, 1), ("sale", 3, 0, 2), ("sale", 9, 10, 9)];
        let found = templates(&[], &days(&about, &rows), &about);
        let rates = found["all"][0]["negative"].as_array().unwrap();
        assert_eq!(rates[..4], [json!(null), json!(null), json!(0.02), json!(0.04)]);
        // The seventh day after the first: that day's messages are out.
        assert_eq!((&rates[7], &rates[8], &rates[9]), (&json!(0.04), &json!(0.037037), &json!(null)));
    }

    #[test]
    fn of_many_those_with_the_most_messages_are_shown_and_the_others_counted() {
        let about = Picture::of(&sample(&Shape::default())).about;
        let names: Vec<String> = (0..30).map(|i| format!("t{i:02}")).collect();
        let rows: Vec<_> = names.iter().zip(1..).map(|(n, i)| (n.as_str(), 0, i, 0)).collect();
        let found = templates(&[], &days(&about, &rows), &about);
        assert_eq!((found["all"].as_array().unwrap().len(), &found["left_out"]), (24, &json!(6)));
        assert_eq!((&found["all"][0]["name"], &found["all"][23]["name"]), (&json!("t29"), &json!("t06")));
    }
}
