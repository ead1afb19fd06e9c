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
    /// Names looked up lately, by a few of their bytes: logs have few names and many rows.
    lately: [u32; LATELY],
}

/// Names at hand: enough that those in use at a time seldom meet.
const LATELY: usize = 32;

/// A place for a name among those at hand; which names meet is of no consequence but speed.
#[inline]
fn place_of(name: &str) -> usize {
    let b = name.as_bytes();
    let (first, last) = (b.first().copied().unwrap_or(0), b.last().copied().unwrap_or(0));
    let before = b.get(b.len().wrapping_sub(2)).copied().unwrap_or(0);
    let word = u32::from_le_bytes([first, last, before, b.len() as u8]);
    (word.wrapping_mul(0x9e37_79b1) >> 27) as usize % LATELY
}

impl NameList {
    /// The index of a name, if it has been used.
    pub fn find(&self, portfolio: usize, name: &str) -> Option<u32> {
        self.known.get(portfolio)?.get(name).copied()
    }

    /// The index of a name, made if new. `portfolios` gives a portfolio's id, by which they are ordered.
    #[inline]
    pub fn index<'a>(&mut self, portfolio: usize, name: &str, id: impl Fn(usize) -> &'a str) -> u32 {
        let place = place_of(name);
        let lately = self.lately[place];
        if let Some(known) = self.list.get(lately as usize)
            && known.portfolio == portfolio
            && known.name == name
        {
            return lately;
        }
        let index = match self.find(portfolio, name) {
            Some(i) => i,
            None => self.add(portfolio, name, id),
        };
        self.lately[place] = index;
        index
    }

    fn add<'a>(&mut self, portfolio: usize, name: &str, id: impl Fn(usize) -> &'a str) -> u32 {
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
