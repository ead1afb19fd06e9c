//! What people agreed to, and what it does to their patience: where the agreement came from, what it named, how old
//! it is, and whether a message keeps to it.
//!
//! Factors on negative reactions, all assumptions of the scenario. May not know the platform's rules on opt-ins: a
//! person minds a message or not, whatever those ask for.

use crate::behaviour::recipient::Delay;
use crate::behaviour::sender::Template;
use crate::sim::SimDuration;

/// How and for what a segment's people agreed to be written to.
#[derive(Clone, Debug, PartialEq)]
pub struct Consent {
    /// Where the agreement came from.
    pub source: ConsentSource,
    /// What the opt-in named.
    pub named: Named,
    /// Topics agreed to; empty means any topic.
    pub topics: Vec<String>,
    /// Factor on negative reactions without any consent.
    pub missing_factor: f64,
    /// Factor on negative reactions when none of a template's topics was agreed to.
    pub mismatch_factor: f64,
    /// Factor when the opt-in did not name the business.
    pub unnamed_business_factor: f64,
    /// Factor when it did not name the channel.
    pub unnamed_channel_factor: f64,
    /// Factor when it named no kinds of messages.
    pub unnamed_topics_factor: f64,
    /// Factors by source, where they are not 1.
    pub source_factors: Vec<(ConsentSource, f64)>,
    /// How old an agreement is at the start.
    pub age: Delay,
    /// After so long half of what an agreement is worth is gone; none: it keeps.
    pub half_life: Option<SimDuration>,
}

/// Where an agreement came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentSource {
    /// A form on the business's site.
    Site,
    /// A voice menu.
    VoiceMenu,
    /// A message thread.
    Thread,
    /// Paper.
    Paper,
    /// A list bought or copied, no consent to this business.
    Imported,
}

impl ConsentSource {
    /// Whether the person agreed to anything at all.
    pub fn is_consent(self) -> bool {
        self != ConsentSource::Imported
    }
}

/// What an opt-in named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// The business that writes.
    pub business: bool,
    /// The channel it writes over.
    pub channel: bool,
    /// The kinds of messages.
    pub topics: bool,
}

/// One person's agreement.
#[derive(Clone, Copy, Debug)]
pub struct Agreement<'a> {
    /// Where it came from; none: there is none.
    pub source: Option<ConsentSource>,
    /// The topics agreed to, and whether they stand beside this person rather than the segment.
    pub topics: &'a [String],
    /// See `topics`.
    pub own_topics: bool,
}

impl Consent {
    /// The agreement of a segment's people of whom nothing else is known.
    pub fn agreement(&self) -> Agreement<'_> {
        Agreement {
            source: Some(self.source).filter(|s| s.is_consent()),
            topics: &self.topics,
            own_topics: false,
        }
    }

    /// The factor of a fresh agreement: 1 where nothing is missing.
    pub fn fresh(&self, a: &Agreement<'_>) -> f64 {
        let Some(source) = a.source else { return self.missing_factor };
        let mut factor = 1.0;
        for (named, unnamed) in [
            (self.named.business, self.unnamed_business_factor),
            (self.named.channel, self.unnamed_channel_factor),
            (self.named.topics || a.own_topics, self.unnamed_topics_factor),
        ] {
            if !named {
                factor *= unnamed;
            }
        }
        factor * self.source_factors.iter().find(|(s, _)| *s == source).map_or(1.0, |(_, f)| *f)
    }

    /// The factor of an agreement so many milliseconds old: from the fresh one towards that of none at all, half of
    /// the way every half-life. It never gets better with age.
    pub fn aged(&self, a: &Agreement<'_>, age_ms: f64) -> f64 {
        let fresh = self.fresh(a);
        let Some(half_life) = self.half_life else { return fresh };
        let left = libm::exp2(-age_ms / half_life.0 as f64);
        fresh + (self.missing_factor.max(fresh) - fresh) * (1.0 - left)
    }

    /// The factor of a template's topics beside those agreed to.
    pub fn fit(&self, a: &Agreement<'_>, template: &Template) -> f64 {
        let agreed = |t: &String| a.topics.contains(t);
        if template.topics.is_empty() || a.topics.is_empty() || template.topics.iter().any(agreed) {
            1.0
        } else {
            self.mismatch_factor
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behaviour::sender::OptOut;
    use crate::messaging::Category;

    fn consent() -> Consent {
        Consent {
            source: ConsentSource::Site,
            named: Named { business: true, channel: true, topics: true },
            topics: vec!["orders".to_string()],
            missing_factor: 10.0,
            mismatch_factor: 2.0,
            unnamed_business_factor: 3.0,
            unnamed_channel_factor: 1.5,
            unnamed_topics_factor: 1.2,
            source_factors: vec![(ConsentSource::Paper, 1.1)],
            age: Delay::Fixed(SimDuration::ZERO),
            half_life: Some(SimDuration::days(100)),
        }
    }

    #[test]
    fn what_an_opt_in_left_out_multiplies() {
        let mut c = consent();
        assert_eq!(c.fresh(&c.agreement()), 1.0);
        c.named.channel = false;
        assert_eq!(c.fresh(&c.agreement()), 1.5);
        c.named.business = false;
        assert_eq!(c.fresh(&c.agreement()), 4.5);
        c.named.topics = false;
        let own = Agreement { own_topics: true, ..c.agreement() };
        assert_eq!((c.fresh(&c.agreement()), c.fresh(&own)), (4.5 * 1.2, 4.5));
        c.source = ConsentSource::Paper;
        assert_eq!(c.fresh(&c.agreement()), 4.5 * 1.2 * 1.1);
        c.source = ConsentSource::Imported;
        assert_eq!(c.fresh(&c.agreement()), 10.0, "what was never given can leave nothing out");
    }

    #[test]
    fn consent_ages_towards_none_and_never_improves() {
        let mut c = consent();
        let day = SimDuration::days(1).0 as f64;
        assert_eq!(c.aged(&c.agreement(), 0.0), 1.0);
        assert_eq!(c.aged(&c.agreement(), 100.0 * day), 5.5);
        assert_eq!(c.aged(&c.agreement(), 200.0 * day), 7.75);
        c.unnamed_business_factor = 40.0;
        c.named.business = false;
        assert_eq!(c.aged(&c.agreement(), 300.0 * day), 40.0, "worse than none already");
        c.half_life = None;
        c.named.business = true;
        assert_eq!(c.aged(&c.agreement(), 300.0 * day), 1.0);
    }

    #[test]
    fn one_topic_agreed_to_is_enough() {
        let c = consent();
        let template = |topics: &[&str]| Template {
            name: "t".into(),
            category: Category::Marketing,
            topics: topics.iter().map(|t| t.to_string()).collect(),
            relevance: 1.0,
            opt_out: OptOut::Easy,
            time_to_live: None,
            review: None,
            cost: None,
        };
        let fit = |topics: &[&str]| c.fit(&c.agreement(), &template(topics));
        assert_eq!((fit(&[]), fit(&["orders"]), fit(&["offers"])), (1.0, 1.0, 2.0));
        assert_eq!((fit(&["offers", "orders"]), fit(&["offers", "news"])), (1.0, 2.0));
    }
}
