//! Templates of a scenario held against the categories the platform had: what a reader has to know beside the results.
//!
//! Nothing is refused for it. What a category costs or exempts from is decided elsewhere, by the rules of the day.

use crate::experiment::plan::Plan;
use crate::messaging::Category;
use crate::policy::Policy;
use crate::policy::rules::{CategoryNames, CategoryRules};

/// What did not exist yet at the run's dates, in finished sentences: one for each template that campaigns send whose
/// category was not to be had, and one where the names of today are of later.
pub fn remarks(plan: &Plan, policy: &Policy) -> Vec<String> {
    let s = &plan.scenario;
    let mut versions = vec![policy.at(s.start)];
    versions.extend(policy.switches(s.start, s.horizon).into_iter().map(|(at, _)| policy.at(at)));
    let known = |c: &'_ CategoryRules, category: Category| c.allowed.iter().any(|a| a == category.name());
    // Texts of the Business app are none of the platform's templates.
    let of_api = s.campaigns.iter().filter(|c| s.numbers[c.number].app.is_none());
    let mut sent: Vec<usize> = of_api.flat_map(|c| c.sendable()).collect();
    sent.sort_unstable();
    sent.dedup();
    let mut out = Vec::new();
    for t in sent.iter().map(|t| &s.templates[*t]) {
        let lacks = |c: &&CategoryRules| !known(c, t.category);
        let first = versions.iter().find(|v| v.rules.categories.as_ref().filter(lacks).is_some());
        if let Some(version) = first {
            out.push(format!(
                "Template {} is {}, which the rules of {} do not allow: the platform would have approved none. It is sent all \
                 the same.",
                t.name,
                t.category.name(),
                version.name,
            ));
        }
    }
    let named = sent.iter().any(|t| s.templates[*t].category != Category::Service);
    let older = |c: &&CategoryRules| c.names == CategoryNames::Older;
    if let Some(version) =
        versions.iter().find(|v| named && v.rules.categories.as_ref().filter(older).is_some())
    {
        out.push(format!(
            "Marketing, utility and authentication are categories of 2023; under the rules of {} templates went by others, \
             and those of the scenario stand for what they were about.",
            version.name,
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(start: &str, policy: &str, category: &str) -> Vec<String> {
        let text = format!(
            "question = \"Which categories?\"\nstart = {start}\ndays = 5\npolicy = \"{policy}\"\n\
             [segments.all]\nsize = 10\n[numbers.n]\n[templates.t]\ncategory = \"{category}\"\n\
             [templates.unused]\ncategory = \"marketing\"\n\
             [campaigns.c]\ntemplate = \"t\"\nweekdays = [\"mon\"]\n"
        );
        let loader = crate::scenario::audience::no_files;
        let (scenario, policy) = crate::scenario::load("c.toml", &text, &[], &loader).unwrap();
        remarks(&Plan::new(scenario, policy.timeline()).unwrap(), &policy)
    }

    #[test]
    fn a_category_before_its_day_is_told_and_one_in_its_time_is_not() {
        let early = said("2021-09-06", "auto", "marketing");
        assert_eq!(early.len(), 2, "{early:?}");
        assert!(early[0].starts_with("Template t is marketing, which the rules of 2020-07 do not allow"));
        assert!(early[1].contains("under the rules of 2020-07 templates went by others"), "{}", early[1]);
        // Names alone: promotion is allowed by then.
        assert_eq!(said("2021-09-15", "auto", "marketing").len(), 1);
        assert_eq!(said("2023-04-24", "auto", "utility").len(), 1);
        assert_eq!(said("2023-05-01", "auto", "utility"), Vec::<String>::new());
        assert_eq!(said("2021-09-06", "auto", "service"), Vec::<String>::new());
        assert_eq!(said("2021-09-06", "2025-12", "marketing"), Vec::<String>::new(), "pinned");
    }
}
