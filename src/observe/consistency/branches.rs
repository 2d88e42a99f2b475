//! What the finished tree of versions says: lost updates (CLIPPEE M1), concurrent commits (M5),
//! operations on several branches (M11).

use super::acknowledged::Acknowledged;
use super::holdings::Holdings;
use super::report::LostUpdates;
use super::versions::{Entry, Fate, VersionIndex, Versions};
use super::window::Window;
use crate::node::{ObjectId, OperationId};
use std::collections::BTreeSet;

/// What the tree says, of operations of the window.
#[derive(Clone, Debug, Default)]
pub(super) struct Branches {
    pub lost: LostUpdates,
    pub vanished_updates: u64,
    pub concurrent_commits: u64,
    pub forks: u64,
    pub branched_operations: u64,
}

impl Branches {
    /// Goes through all versions object by object: O(versions log versions).
    pub fn of(holdings: &Holdings, acknowledged: &Acknowledged, window: &Window) -> Self {
        let mut found = Self::default();
        for object in (0..holdings.objects() as u32).map(ObjectId) {
            let mut by_operation: Vec<(OperationId, VersionIndex)> = (holdings.versions.of(object))
                .filter(|(_, entry)| window.contains(entry.operation))
                .map(|(index, entry)| (entry.operation, index))
                .collect();
            by_operation.sort_unstable();
            found.count_lost(object, &by_operation, holdings, acknowledged, window);
            found.count_branched(&by_operation, &holdings.versions);
        }
        found.count_concurrent(holdings, window);
        found
    }

    fn count_lost(
        &mut self,
        object: ObjectId,
        by_operation: &[(OperationId, VersionIndex)],
        holdings: &Holdings,
        acknowledged: &Acknowledged,
        window: &Window,
    ) {
        let of_window = acknowledged.of(object).iter().filter(|ok| window.contains(ok.operation));
        let mut of_window = of_window.peekable();
        if of_window.peek().is_none() {
            return;
        }
        let last = holdings.newest(object);
        let kept: BTreeSet<VersionIndex> = last
            .into_iter()
            .flat_map(|newest| holdings.versions.lineage(newest).map(|(index, _)| index))
            .collect();
        for ok in of_window {
            let own = versions_of(by_operation, ok.operation);
            if own.iter().any(|(_, index)| kept.contains(index)) {
                continue;
            }
            let entries = own.iter().filter_map(|&(_, index)| holdings.versions.entry(index));
            // What happened to the last of its versions to go; one that lives still is the last of
            // all.
            let last_to_go = entries.max_by_key(|entry| match entry.fate() {
                Fate::Unreached => 0,
                Fate::Alive => u32::MAX,
                _ => entry.died(),
            });
            self.count_fate(last_to_go.map_or(Fate::Unreached, Entry::fate));
        }
    }

    fn count_fate(&mut self, fate: Fate) {
        let counter = match fate {
            Fate::Unreached => &mut self.lost.never_stored,
            Fate::Alive => &mut self.lost.outrun,
            Fate::Overwritten => &mut self.lost.overwritten_by_commit,
            Fate::Repaired => &mut self.lost.overwritten_by_repair,
            Fate::Dropped => &mut self.lost.dropped_after_hand_over,
            Fate::Left => &mut self.lost.holder_left,
            Fate::Crashed => &mut self.lost.holder_crashed,
            Fate::Vanished => &mut self.vanished_updates,
        };
        *counter += 1;
    }

    fn count_branched(
        &mut self,
        by_operation: &[(OperationId, VersionIndex)],
        versions: &Versions,
    ) {
        let of_one = by_operation.chunk_by(|(a, _), (b, _)| a == b);
        for own in of_one.filter(|own| own.len() > 1) {
            let committed = |index| versions.entry(index).is_some_and(Entry::is_committed);
            let own: Vec<_> =
                own.iter().map(|&(_, index)| index).filter(|&index| committed(index)).collect();
            let parted = own.iter().enumerate().any(|(at, &a)| {
                own[..at].iter().any(|&b| !descends(versions, a, b) && !descends(versions, b, a))
            });
            self.branched_operations += u64::from(parted);
        }
    }

    /// Pairs without kinship are all pairs less those of an ancestor and a descendant: a version
    /// has as many of the latter as committed ancestors.
    fn count_concurrent(&mut self, holdings: &Holdings, window: &Window) {
        let versions = &holdings.versions;
        let counts = |entry: &Entry| entry.is_committed() && window.contains(entry.operation);
        let mut ancestors = vec![0_u32; versions.len()];
        let mut has_child = vec![false; versions.len()];
        let mut kin = 0_u64;
        for (index, entry) in versions.entries() {
            let above = versions
                .entry(entry.base)
                .map_or(0, |base| ancestors[entry.base.place()] + u32::from(counts(base)));
            ancestors[index.place()] = above;
            if !counts(entry) {
                continue;
            }
            kin += u64::from(above);
            if let Some(seen) = has_child.get_mut(entry.base.place()) {
                self.forks += u64::from(std::mem::replace(seen, true));
            }
        }
        let mut pairs = 0;
        for object in (0..holdings.objects() as u32).map(ObjectId) {
            let n = versions.of(object).filter(|(_, entry)| counts(entry)).count() as u64;
            // Children of version 0 part there.
            let first =
                |(_, entry): &(_, &Entry)| entry.base == VersionIndex::ZERO && counts(entry);
            self.forks += (versions.of(object).filter(first).count() as u64).saturating_sub(1);
            pairs += n * n.saturating_sub(1) / 2;
        }
        self.concurrent_commits = pairs - kin;
    }
}

fn versions_of(
    by_operation: &[(OperationId, VersionIndex)],
    operation: OperationId,
) -> &[(OperationId, VersionIndex)] {
    let start = by_operation.partition_point(|&(other, _)| other < operation);
    let end = by_operation.partition_point(|&(other, _)| other <= operation);
    &by_operation[start..end]
}

/// Whether `from` was made from `ancestor`, over any number of versions.
fn descends(versions: &Versions, from: VersionIndex, ancestor: VersionIndex) -> bool {
    let counter = versions.version(ancestor).counter;
    let mut newer =
        versions.lineage(from).take_while(|(_, entry)| entry.version.counter >= counter);
    newer.any(|(index, _)| index == ancestor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{NodeId, Time, Value, Version};
    use crate::observe::consistency::script::{census, op, version};
    use proptest::prelude::*;

    proptest! {
        /// Counting by ancestors gives what a comparison of all pairs gives.
        #[test]
        fn concurrent_pairs_and_forks_are_those_of_a_full_comparison(
            bases in prop::collection::vec(
                (any::<prop::sample::Index>(), any::<bool>(), 0..6_u32), 1..30
            )
        ) {
            let mut window = Window::new(&census());
            let mut holdings = Holdings::new(1, 1);
            let mut made = vec![Version::ZERO];
            let object = ObjectId(0);
            // Operations 0 to 2 came before the window.
            (0..3).for_each(|count| window.asked(Time::ZERO, op(6, count)));
            (3..6).for_each(|count| window.asked(census().warmup, op(6, count)));
            for (base, committed, count) in bases {
                let base = *base.get(&made);
                let next = version(base.counter + 1, made.len() as u32);
                holdings.made(object, next, base, op(6, count), Value::default());
                if committed {
                    holdings.applied(NodeId(1), object, next, true);
                }
                made.push(next);
            }
            let versions = &holdings.versions;
            let counted: Vec<(VersionIndex, &Entry)> = versions
                .of(object)
                .filter(|(_, entry)| entry.is_committed() && entry.operation.count >= 3)
                .collect();
            let (mut pairs, mut forks) = (0, 0);
            for (at, &(a, of_a)) in counted.iter().enumerate() {
                for &(b, _) in &counted[..at] {
                    let kin = descends(versions, a, b) || descends(versions, b, a);
                    pairs += u64::from(!kin);
                }
                forks += u64::from(counted[..at].iter().any(|(_, of_b)| of_b.base == of_a.base));
            }
            let found = Branches::of(&holdings, &Acknowledged::new(1), &window);
            prop_assert_eq!((found.concurrent_commits, found.forks), (pairs, forks));
        }
    }
}
