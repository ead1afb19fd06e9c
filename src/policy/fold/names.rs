//! Names of templates and campaigns, each kept once and known by its index from then on.
//!
//! Must not know what becomes of either.

use rustc_hash::FxHashMap;

/// A template or a campaign: its portfolio and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupName {
    /// Index of the portfolio with the judge.
    pub portfolio: usize,
    /// Its name.
    pub name: String,
    /// Its index with the judge; none for a campaign, and for a template that only rows have named on which no
    /// rating depends.
    pub judged: Option<usize>,
}

/// The template and the campaign that something belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tags {
    /// Index of the template.
    pub template: Option<u32>,
    /// Index of the campaign.
    pub campaign: Option<u32>,
}

impl Tags {
    /// These, and where they name nothing, the others.
    pub fn or(self, other: Tags) -> Tags {
        Tags { template: self.template.or(other.template), campaign: self.campaign.or(other.campaign) }
    }
}

/// Names of templates and of campaigns.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub templates: NameList,
    pub campaigns: NameList,
}

/// Names of one kind, in order of appearance.
#[derive(Clone, Debug, Default)]
pub(super) struct NameList {
    list: Vec<GroupName>,
    /// By portfolio.
    known: Vec<FxHashMap<Box<str>, u32>>,
    /// In byte order of (portfolio, name).
    order: Vec<u32>,
}

impl NameList {
    /// The index of a name, if it has been used.
    pub fn find(&self, portfolio: usize, name: &str) -> Option<u32> {
        self.known.get(portfolio)?.get(name).copied()
    }

    /// The index of a name, made if new. `portfolios` gives a portfolio's id, by which they are ordered.
    pub fn index<'a>(&mut self, portfolio: usize, name: &str, id: impl Fn(usize) -> &'a str) -> u32 {
        if let Some(i) = self.find(portfolio, name) {
            return i;
        }
        let index = u32::try_from(self.list.len()).expect("fewer than four thousand million names");
        if self.known.len() <= portfolio {
            self.known.resize_with(portfolio + 1, FxHashMap::default);
        }
        self.known[portfolio].insert(name.into(), index);
        let before = |other: &u32| {
            let other = &self.list[*other as usize];
            (id(other.portfolio), other.name.as_str()) < (id(portfolio), name)
        };
        let place = self.order.partition_point(before);
        self.order.insert(place, index);
        self.list.push(GroupName { portfolio, name: name.to_string(), judged: None });
        index
    }

    /// Where the judge keeps a name's state; asked for once.
    pub fn judged(&mut self, index: u32, ask: impl FnOnce(&GroupName) -> usize) -> usize {
        let name = &mut self.list[index as usize];
        match name.judged {
            Some(t) => t,
            None => *name.judged.insert(ask(name)),
        }
    }

    /// All, in order of appearance.
    pub fn list(&self) -> &[GroupName] {
        &self.list
    }

    /// In byte order of (portfolio, name).
    pub fn order(&self) -> &[u32] {
        &self.order
    }
}
