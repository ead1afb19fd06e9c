//! A fold put aside: state up to some row, so that the rows before it need not be read again.
//!
//! Only a cache. State is the fold of the log and nothing else; a snapshot taken under other rules, or by a fold that
//! meant something else, is refused, never used. Knows no files.

use crate::policy::fold::{FOLD_VERSION, Fold};

/// What a snapshot depends on beside the rows it has seen: the rules, and what the fold takes a row to mean.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SnapshotKey(String);

impl SnapshotKey {
    /// The key under a policy ([`crate::policy::Policy::hash`]) and the present [`FOLD_VERSION`].
    pub fn now(policy_hash: &str) -> SnapshotKey {
        SnapshotKey::of(policy_hash, FOLD_VERSION)
    }

    /// The key under a policy and a version of the fold: blake3 of both.
    pub fn of(policy_hash: &str, fold_version: u32) -> SnapshotKey {
        let text = format!("snapshot\nfold {fold_version}\npolicy {policy_hash}\n");
        SnapshotKey(blake3::hash(text.as_bytes()).to_hex().to_string())
    }

    /// In hexadecimal, for a file's name or header.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The snapshot was taken under other rules or by another fold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the snapshot was taken under key {}, the present rules and fold have {}", found.as_str(), wanted.as_str())]
pub struct Stale {
    /// The snapshot's key.
    pub found: SnapshotKey,
    /// The key it would need.
    pub wanted: SnapshotKey,
}

/// A fold put aside under its key.
#[derive(Clone, Debug)]
pub struct Snapshot {
    key: SnapshotKey,
    fold: Fold,
}

impl Snapshot {
    /// Puts a copy of a fold aside. `policy_hash` is that of the policy it folds under.
    pub fn take(policy_hash: &str, fold: &Fold) -> Snapshot {
        Snapshot { key: SnapshotKey::now(policy_hash), fold: fold.clone() }
    }

    /// What it depends on.
    pub fn key(&self) -> &SnapshotKey {
        &self.key
    }

    /// Signals it has taken, duplicates included: the next row is the one after them.
    pub fn position(&self) -> u64 {
        self.fold.position()
    }

    /// The fold to go on with, if these are still the rules and the fold it was taken under.
    pub fn resume(&self, wanted: &SnapshotKey) -> Result<Fold, Stale> {
        if self.key == *wanted {
            Ok(self.fold.clone())
        } else {
            Err(Stale { found: self.key.clone(), wanted: wanted.clone() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use crate::policy::fold::FoldOptions;

    #[test]
    fn a_changed_rule_or_fold_never_reads_an_old_snapshot() {
        let policy = Policy::pinned("2023-03").unwrap();
        let fold = Fold::new(policy.timeline(), FoldOptions::default());
        let snapshot = Snapshot::take(&policy.hash, &fold);
        assert!(snapshot.resume(&SnapshotKey::now(&policy.hash)).is_ok());

        let change = crate::text::parse("test", "rating.red_at = 0.03").unwrap().root;
        let other = policy.with_override(change.entries()).unwrap();
        let stale = snapshot.resume(&SnapshotKey::now(&other.hash)).unwrap_err();
        assert_eq!(stale.found, *snapshot.key());
        let newer = SnapshotKey::of(&policy.hash, FOLD_VERSION + 1);
        assert_eq!(snapshot.resume(&newer).unwrap_err().wanted, newer);
        assert!(stale.to_string().contains(snapshot.key().as_str()), "{stale}");
    }
}
