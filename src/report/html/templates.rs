//! The colours of templates over time, for the page: read out of the verdicts, since no table has scores of templates by
//! day in a run.
//!
//! Must not know how they are drawn.

use serde_json::{Value, json};

use super::curves::{colours, seconds};
use crate::messaging::{QualityRating, Scope, Verdict, VerdictKind};
use crate::report::picture::About;
use crate::report::words;
use crate::sim::SimTime;

/// Templates on a page.
const TEMPLATES_MAX: usize = 24;

/// A template's colours, and when it could not be sent.
struct Template<'v> {
    portfolio: &'v str,
    name: &'v str,
    colours: Vec<(SimTime, QualityRating)>,
    /// From, until, and `paused` or `disabled`.
    stopped: Vec<(SimTime, SimTime, &'static str)>,
}

/// Templates that the rules decided anything about, in the order in which they did; none where that is only one, whose
/// colours the page tells in words. Of many those that come first.
pub(super) fn templates(verdicts: &[Verdict], about: &About) -> Vec<Value> {
    let mut all: Vec<Template<'_>> = Vec::new();
    // A log without blocks and reports would call them all well.
    if about.not_derivable {
        return Vec::new();
    }
    for v in verdicts.iter().filter(|v| v.scope == Scope::Template) {
        let known = all.iter().position(|t| t.name == v.subject && t.portfolio == v.portfolio);
        let place = known.unwrap_or_else(|| {
            let (portfolio, name) = (v.portfolio.as_str(), v.subject.as_str());
            all.push(Template { portfolio, name, colours: Vec::new(), stopped: Vec::new() });
            all.len() - 1
        });
        take(&mut all[place], v, about);
    }
    all.retain(|t| !t.colours.is_empty() || !t.stopped.is_empty());
    if all.len() < 2 {
        return Vec::new();
    }
    let several = all.iter().any(|t| t.portfolio != all[0].portfolio);
    let one = |t: &Template<'_>| {
        let name = if several { format!("{} of {}", t.name, t.portfolio) } else { t.name.to_string() };
        let stopped =
            t.stopped.iter().map(|(from, until, how)| json!([seconds(*from), seconds(*until), how]));
        json!({
            "name": words::clean(&name),
            "colours": colours(&t.colours),
            "stopped": stopped.collect::<Vec<_>>(),
        })
    };
    all.iter().take(TEMPLATES_MAX).map(one).collect()
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
        let found = templates(&verdicts, &about);
        assert_eq!(
            found[0],
            json!({
                "name": "sale",
                "colours": [[start, "U"], [day(1), "G"], [day(3), "R"]],
                "stopped": [[day(3), day(4), "paused"], [day(6), day(7), "paused"], [day(7), end, "disabled"]],
            })
        );
        assert_eq!(found[1]["colours"], json!([[start, "U"], [day(2), "Y"]]));
        // Of one alone words are enough.
        let one: Vec<Verdict> = verdicts.into_iter().filter(|v| v.subject == "sale").collect();
        assert!(templates(&one, &about).is_empty());
    }
}
