//! Agreement on who is in the next ring (Totem's gather state): each says whom it knows and whom it
//! holds for failed, takes in what others say, and agrees with those who say the same.

use super::token::Join;
use crate::node::NodeId;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a join message changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The sets: all must be told.
    Sets,
    /// Nothing, or that its sender agrees.
    Nothing,
}

/// One daemon's view of the ring to be.
#[derive(Debug)]
pub(super) struct Gather {
    me: NodeId,
    known: BTreeSet<NodeId>,
    failed: BTreeSet<NodeId>,
    agreed: BTreeSet<NodeId>,
    /// Those who were in a ring before.
    rooted: BTreeSet<NodeId>,
}

impl Gather {
    /// A daemon that was in a ring before, if it is `rooted`, knows these others.
    pub fn new(me: NodeId, rooted: bool, known: impl IntoIterator<Item = NodeId>) -> Self {
        let mut known: BTreeSet<NodeId> = known.into_iter().collect();
        known.insert(me);
        let rooted = rooted.then_some(me).into_iter().collect();
        Self { me, known, failed: BTreeSet::new(), agreed: BTreeSet::from([me]), rooted }
    }

    /// Takes in what another one says. Of who has failed, those who were in a ring know more than those
    /// who have just booted: these were perhaps not heard because that ring was being made. So who has
    /// booted takes over what a member of a ring says, and never the other way round; else it would tear
    /// a member out of its ring.
    pub fn hear(&mut self, from: NodeId, join: &Join) -> Heard {
        let (leaves, is_rooted) = (join.failed.contains(&from), self.rooted.contains(&self.me));
        let (follows, leads) = (join.rooted && !is_rooted, is_rooted && !join.rooted);
        if self.failed.contains(&from) && !join.failed.contains(&self.me) && !follows {
            return Heard::Nothing;
        }
        let before = (self.known.len(), self.failed.clone());
        self.known.insert(from);
        if join.rooted {
            self.rooted.insert(from);
        }
        if join.failed.contains(&self.me) {
            // It goes on without this one.
            self.failed.insert(from);
        } else {
            self.known.extend(join.known.iter());
            if follows && !leaves {
                self.failed.clear();
            }
            if leaves {
                self.failed.insert(from);
            } else if !leads {
                self.failed.extend(join.failed.iter());
            }
        }
        let changed = before.0 != self.known.len() || before.1 != self.failed;
        if changed {
            self.agreed = BTreeSet::from([self.me]);
        }
        let equal = |a: &BTreeSet<NodeId>, b: &[NodeId]| a.iter().eq(b);
        if equal(&self.known, &join.known) && equal(&self.failed, &join.failed) {
            self.agreed.insert(from);
        }
        if changed { Heard::Sets } else { Heard::Nothing }
    }

    /// Who shall be in the ring.
    pub fn members(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.known.difference(&self.failed).copied()
    }

    /// Those who haven't agreed.
    pub fn silent(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.members().filter(|member| !self.agreed.contains(member))
    }

    /// Whether somebody among the members was in a ring before.
    pub fn is_rooted(&self) -> bool {
        self.members().any(|member| self.rooted.contains(&member))
    }

    /// All agree.
    pub fn is_complete(&self) -> bool {
        self.silent().next().is_none()
    }

    /// Whoever hasn't agreed has failed. Whether anybody has.
    pub fn fail_silent(&mut self) -> bool {
        let silent: Vec<NodeId> = self.silent().collect();
        self.failed.extend(&silent);
        if !silent.is_empty() {
            self.agreed = BTreeSet::from([self.me]);
        }
        !silent.is_empty()
    }

    /// Whether this daemon knows nobody else that it doesn't hold for failed.
    pub fn is_alone(&self) -> bool {
        self.members().eq([self.me])
    }

    /// What this daemon says.
    pub fn join(&self, number: u32, asks: bool) -> Join {
        let known: Arc<[NodeId]> = self.known.iter().copied().collect();
        let failed: Arc<[NodeId]> = self.failed.iter().copied().collect();
        let rooted = self.rooted.contains(&self.me);
        Join { number, known, failed, rooted, asks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(ids: &[u32]) -> Vec<NodeId> {
        ids.iter().copied().map(NodeId).collect()
    }

    fn join(known: &[u32], failed: &[u32]) -> Join {
        let (known, failed) = (nodes(known).into(), nodes(failed).into());
        Join { number: 1, known, failed, rooted: true, asks: false }
    }

    #[test]
    fn it_is_complete_when_all_say_the_same() {
        let mut gather = Gather::new(NodeId(1), true, nodes(&[1, 2, 3]));
        assert_eq!(gather.hear(NodeId(2), &join(&[1, 2, 3], &[])), Heard::Nothing);
        assert!(!gather.is_complete());
        // A newcomer: all must agree anew.
        assert_eq!(gather.hear(NodeId(3), &join(&[1, 2, 3, 4], &[])), Heard::Sets);
        assert_eq!(gather.silent().collect::<Vec<_>>(), nodes(&[2, 4]));
        gather.hear(NodeId(2), &join(&[1, 2, 3, 4], &[]));
        gather.hear(NodeId(4), &join(&[1, 2, 3, 4], &[]));
        assert!(gather.is_complete());
    }

    #[test]
    fn the_silent_are_left_out_once_all_say_so() {
        let mut gather = Gather::new(NodeId(1), true, nodes(&[2, 3]));
        gather.hear(NodeId(2), &join(&[1, 2, 3], &[]));
        assert!(gather.fail_silent());
        assert!(!gather.is_complete());
        gather.hear(NodeId(2), &join(&[1, 2, 3], &[3]));
        assert!(gather.is_complete());
        assert_eq!(gather.members().collect::<Vec<_>>(), nodes(&[1, 2]));
        // What it still says doesn't count.
        assert_eq!(gather.hear(NodeId(3), &join(&[1, 2, 3, 9], &[])), Heard::Nothing);
        assert!(gather.is_complete());
    }

    #[test]
    fn who_holds_this_one_for_failed_goes_its_own_way() {
        let mut gather = Gather::new(NodeId(1), true, nodes(&[2, 3]));
        assert_eq!(gather.hear(NodeId(2), &join(&[1, 2, 3], &[1])), Heard::Sets);
        assert_eq!(gather.members().collect::<Vec<_>>(), nodes(&[1, 3]));
    }

    #[test]
    fn those_who_have_just_booted_know_that_they_are_among_themselves() {
        let mut gather = Gather::new(NodeId(1), false, nodes(&[2]));
        gather.hear(NodeId(2), &Join { rooted: false, ..join(&[1, 2], &[]) });
        assert!(gather.is_complete() && !gather.is_rooted());
        gather.hear(NodeId(3), &join(&[1, 2, 3], &[]));
        assert!(gather.is_rooted());
    }

    #[test]
    fn whoever_has_just_booted_tears_nobody_out_of_a_ring() {
        let mut member = Gather::new(NodeId(1), true, nodes(&[2, 3]));
        let newcomer = Join { rooted: false, ..join(&[1, 2, 3, 4], &[2, 3]) };
        assert_eq!(member.hear(NodeId(4), &newcomer), Heard::Sets);
        assert_eq!(member.members().collect::<Vec<_>>(), nodes(&[1, 2, 3, 4]));
        assert_eq!(member.silent().collect::<Vec<_>>(), nodes(&[2, 3, 4]), "it doesn't agree");
        let mut booted = Gather::new(NodeId(4), false, nodes(&[1, 2, 3]));
        assert!(booted.fail_silent() && booted.is_alone());
        assert_eq!(booted.hear(NodeId(1), &member.join(1, true)), Heard::Sets);
        assert_eq!(booted.members().collect::<Vec<_>>(), nodes(&[1, 2, 3, 4]));
        member.hear(NodeId(4), &booted.join(1, false));
        assert_eq!(member.silent().collect::<Vec<_>>(), nodes(&[2, 3]));
    }

    #[test]
    fn who_leaves_is_left_out_at_once() {
        let mut gather = Gather::new(NodeId(1), true, nodes(&[2, 3]));
        assert_eq!(gather.hear(NodeId(3), &join(&[1, 2, 3], &[3])), Heard::Sets);
        gather.hear(NodeId(2), &join(&[1, 2, 3], &[3]));
        assert!(gather.is_complete());
    }
}
