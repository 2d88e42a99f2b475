//! C7: without faults and churn the replicas of a group know at the end of the run which access
//! peers have no members any more: views don't keep who has left.
//!
//! Judged where the run goes on for 30 s after `duration`, when nobody joins or leaves any more, by
//! what the replicas told that they took in last.

use super::facts::Facts;
use super::rule::Rule;
use super::verdict::{Tally, Verdict, Witness};
use crate::node::{NodeId, ObjectId, Observation, Span, Time};
use crate::observe::consistency::Census;
use std::collections::{BTreeMap, BTreeSet};

/// So long after the last leave all must know of it.
const PATIENCE: Span = Span::from_secs(30);

#[derive(Clone, Debug, Default)]
pub(super) struct Rolls {
    /// The access peer of each client.
    access: BTreeMap<NodeId, NodeId>,
    /// Who believes that a peer has members of a group.
    believed: BTreeSet<(ObjectId, NodeId, NodeId)>,
    tally: Tally,
}

impl Rule for Rolls {
    const ID: &'static str = "C7";
    const TITLE: &'static str = "without faults no view keeps an access peer without members";

    fn applies(census: &Census) -> bool {
        census.groups > 0
    }

    fn told(&mut self, _: Time, node: NodeId, observation: &Observation, _: &Facts) {
        match *observation {
            Observation::Attached { peer } => {
                self.access.insert(node, peer);
            }
            Observation::Registered { group, peer, members: 0 } => {
                self.believed.remove(&(group, peer, node));
            }
            Observation::Registered { group, peer, .. } => {
                self.believed.insert((group, peer, node));
            }
            _ => {}
        }
    }

    fn end(&mut self, facts: &Facts) {
        let clients = self.access.iter();
        let serving: BTreeSet<(ObjectId, NodeId)> = clients
            .flat_map(|(&client, &peer)| {
                facts.ledger.groups_of(client).map(move |group| (group, peer))
            })
            .collect();
        for &(group, peer, replica) in &self.believed {
            self.tally.judge(serving.contains(&(group, peer)), || {
                let expected = format!("{peer} off the roll, since it has no members");
                let seen = "it on the roll".to_owned();
                Witness::new(facts.census.end, replica, expected, seen).and(peer).of(group)
            });
        }
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }

    fn verdict(&self, facts: &Facts) -> Verdict {
        if let Some(reason) = facts.disturbances.reason() {
            return Verdict::Undecided(reason);
        }
        if facts.census.end.since(facts.census.duration) < PATIENCE {
            let reason = "the run ends less than 30 s after the last members left";
            return Verdict::Undecided(reason.to_owned());
        }
        if self.tally.judged == 0 {
            return Verdict::Undecided("no group had members at the end".to_owned());
        }
        self.tally.verdict()
    }
}

#[cfg(test)]
mod tests {
    use crate::check::Verdict;
    use crate::check::checks::testing::{broken, judged, judged_with, passes};
    use crate::check::{Checks, Report};
    use crate::node::{Span, Time};
    use crate::observe::consistency::Census;
    use crate::observe::consistency::script::{Script, census, op};

    /// Clients 6 and 7 are members at peers 3 and 4, as replica 1 knows; then 7 leaves.
    fn members(run: &mut Script<Checks>) {
        for (client, peer) in [(6, 3), (7, 4)] {
            run.at(10).attached(client, peer);
            run.at(20).registered(1, peer, 1);
            run.at(30).join(op(client, 0), 0);
        }
        run.at(40).leave(op(7, 1));
    }

    #[test]
    fn a_roll_without_those_who_left_passes() {
        let run = judged("C7", |run| {
            members(run);
            run.at(50).registered(1, 4, 0);
        });
        assert!(passes(&run));
        assert_eq!(run.judged, 1);
    }

    #[test]
    fn a_peer_without_members_on_the_roll_is_found() {
        let run = judged("C7", members);
        assert!(broken(&run).contains("n4 off the roll"), "{run}");
        // Its last member went elsewhere.
        broken(&judged("C7", |run| {
            members(run);
            run.at(50).registered(1, 4, 0);
            run.at(60).attached(6, 4);
        }));
    }

    #[test]
    fn it_is_undecided_under_churn_and_where_there_is_no_time() {
        let undecided = |run: &Report| matches!(run.verdict, Verdict::Undecided(_));
        assert!(undecided(&judged("C7", |_| ())));
        let churn = judged("C7", |run| {
            members(run);
            run.at(50).stop(8);
        });
        assert!(undecided(&churn), "{churn}");
        let end = Time::ZERO + Span::from_secs(110);
        let short = judged_with("C7", Census { groups: 1, end, ..census() }, members);
        assert!(undecided(&short), "{short}");
    }
}
