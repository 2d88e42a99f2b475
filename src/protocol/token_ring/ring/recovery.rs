//! Who lacks what when a ring ends, and who sends it (Totem's recovery). A pure function of what all
//! members of the ring to be say that they have, so that all come to the same.

use super::token::{Commit, Info, RingId};
use crate::node::NodeId;
use std::collections::BTreeSet;

/// The members that come from one ring and go on together, with what they have.
fn from_ring(commit: &Commit, old: RingId) -> Vec<(NodeId, &Info)> {
    let all = commit.members.iter().copied().zip(commit.infos.iter());
    all.filter(|(_, info)| info.old == Some(old)).collect()
}

/// Up to where all of them have everything.
pub(super) fn floor(commit: &Commit, old: RingId) -> u32 {
    from_ring(commit, old).iter().map(|(_, info)| info.aru).min().unwrap_or(0)
}

/// The packets of the ring `old`, from the first that one of those who go on together lacks, that
/// at least one of them has.
pub(super) fn at_hand(commit: &Commit, old: RingId) -> BTreeSet<u32> {
    let infos = from_ring(commit, old);
    let first = floor(commit, old) + 1;
    let last = infos.iter().map(|(_, info)| info.last()).max().unwrap_or(0);
    (first..=last).filter(|&seq| infos.iter().any(|(_, info)| info.has(seq))).collect()
}

/// What one of the members from the ring `old` lacks and another one has.
pub(super) fn lacks(commit: &Commit, old: RingId, node: NodeId) -> BTreeSet<u32> {
    let infos = from_ring(commit, old);
    let Some(&(_, own)) = infos.iter().find(|(member, _)| *member == node) else {
        return BTreeSet::new();
    };
    at_hand(commit, old).into_iter().filter(|&seq| !own.has(seq)).collect()
}

/// What `node` sends to whom: of those who have a packet, the one with the lowest id sends it.
pub(super) fn sends(commit: &Commit, old: RingId, node: NodeId) -> Vec<(NodeId, u32)> {
    let infos = from_ring(commit, old);
    let mut sends = Vec::new();
    for seq in at_hand(commit, old) {
        let first = infos.iter().find(|(_, info)| info.has(seq)).map(|(member, _)| *member);
        if first == Some(node) {
            let lacking = infos.iter().filter(|(_, info)| !info.has(seq));
            sends.extend(lacking.map(|&(member, _)| (member, seq)));
        }
    }
    sends
}

/// Who sends `seq` of the ring `old`.
pub(super) fn sender(commit: &Commit, old: RingId, seq: u32) -> Option<NodeId> {
    let infos = from_ring(commit, old);
    infos.into_iter().find(|(_, info)| info.has(seq)).map(|(member, _)| member)
}

/// Whether nobody lacks anything.
pub(super) fn is_idle(commit: &Commit) -> bool {
    let rings: BTreeSet<RingId> = commit.infos.iter().filter_map(|info| info.old).collect();
    rings.into_iter().all(|old| {
        let all = at_hand(commit, old);
        from_ring(commit, old).iter().all(|(_, info)| all.iter().all(|&seq| info.has(seq)))
    })
}

#[cfg(test)]
mod tests {
    use super::super::token::Pass;
    use super::*;
    use std::sync::Arc;

    const OLD: RingId = RingId { number: 4, maker: NodeId(1), incarnation: 1 };
    const OTHER: RingId = RingId { number: 4, maker: NodeId(7), incarnation: 1 };

    fn commit(infos: &[(u32, Option<RingId>, u32, &[u32])]) -> Commit {
        let info = |&(_, old, aru, beyond): &(u32, Option<RingId>, u32, &[u32])| Info {
            old,
            lineage: old,
            aru,
            beyond: beyond.to_vec(),
        };
        Commit {
            ring: RingId { number: 5, maker: NodeId(1), incarnation: 1 },
            members: infos.iter().map(|&(node, ..)| NodeId(node)).collect(),
            visit: 0,
            pass: Pass::Share,
            infos: Arc::new(infos.iter().map(info).collect()),
        }
    }

    #[test]
    fn what_somebody_has_is_sent_once_to_all_that_lack_it() {
        // 12 is lost for good: nobody has it.
        let commit = commit(&[
            (1, Some(OLD), 10, &[13]),
            (2, Some(OLD), 9, &[11, 13]),
            (3, None, 0, &[]),
            (7, Some(OTHER), 2, &[]),
        ]);
        let set = |seqs: &[u32]| seqs.iter().copied().collect::<BTreeSet<u32>>();
        assert_eq!(at_hand(&commit, OLD), set(&[10, 11, 13]));
        assert_eq!(lacks(&commit, OLD, NodeId(1)), set(&[11]));
        assert_eq!(lacks(&commit, OLD, NodeId(2)), set(&[10]));
        assert_eq!(sends(&commit, OLD, NodeId(1)), [(NodeId(2), 10)]);
        assert_eq!(sends(&commit, OLD, NodeId(2)), [(NodeId(1), 11)]);
        assert_eq!(sender(&commit, OLD, 13), Some(NodeId(1)));
        assert!(sends(&commit, OTHER, NodeId(7)).is_empty() && !is_idle(&commit));
    }

    #[test]
    fn there_is_nothing_to_do_where_all_have_the_same() {
        let same = [(1, Some(OLD), 10, [12].as_slice()), (2, Some(OLD), 10, &[12])];
        assert!(is_idle(&commit(&same)));
        assert!(is_idle(&commit(&[(1, Some(OLD), 10, &[]), (7, Some(OTHER), 3, &[])])));
    }
}
