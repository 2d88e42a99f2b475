//! C2: once faults, churn and workload have stopped for long enough, the live peers closest to an
//! object's key, by true ids, agree on it.
//!
//! Judged once, at `settle`, over every object that a peer holds explicitly. All that run and
//! aren't leaving count, joined or not: by then they must have joined. Where messages were lost
//! after `duration`, faults haven't stopped, and a disagreement decides nothing; nor does one on an
//! object of which a version was made so late that it may still be on its way (an access peer goes on
//! with what clients have given up, so the workload can outlast `duration`).

use super::facts::Facts;
use super::rule::{Rule, Stepped};
use super::verdict::{Tally, Verdict, Witness};
use crate::node::{NodeId, ObjectId, Observation, Time, Version};
use crate::observe::consistency::{Ring, agree};
use std::collections::BTreeSet;

#[derive(Clone, Debug, Default)]
pub(super) struct Convergence {
    done: bool,
    /// Objects of which a version may still be on its way at the bound.
    changing: BTreeSet<ObjectId>,
    /// How many of these had copies that differed.
    unsettled: u64,
    tally: Tally,
}

impl Rule for Convergence {
    const ID: &'static str = "C2";
    const TITLE: &'static str = "replicas agree once all is quiet";

    fn step(&mut self, step: &Stepped<'_>, facts: &Facts) {
        if !self.done && facts.census.settle.is_some_and(|settle| step.at >= settle) {
            self.judge(facts);
        }
    }

    fn told(&mut self, at: Time, _: NodeId, observation: &Observation, facts: &Facts) {
        let Some(settle) = facts.census.settle else { return };
        // A commit is sent for up to three lock timeouts, each below half a lease (CLIPPEE 5.4).
        if let Observation::Made { object, .. } = *observation
            && !self.done
            && at + facts.census.lock_lease.times(2) > settle
        {
            self.changing.insert(object);
        }
    }

    fn end(&mut self, facts: &Facts) {
        if !self.done && facts.census.settle.is_some() {
            self.judge(facts);
        }
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }

    fn verdict(&self, facts: &Facts) -> Verdict {
        if facts.census.settle.is_none() {
            return Verdict::Undecided("the drain is too short to reach the bound".to_owned());
        }
        if self.unsettled > 0 && self.tally.violations == 0 {
            return Verdict::Undecided(format!(
                "{} objects whose copies differ were changed less than two leases before the bound",
                self.unsettled
            ));
        }
        if self.tally.judged == 0 {
            return Verdict::Undecided("no peer held an object that was written".to_owned());
        }
        unless_lossy(self.tally.verdict(), facts)
    }
}

impl Convergence {
    fn judge(&mut self, facts: &Facts) {
        self.done = true;
        let census = &facts.census;
        let peers = facts.presence.staying().filter(|&node| census.is_peer(node));
        let ring = Ring::new(peers.map(|node| (census.ids[node.index()], node)).collect());
        for (object, &key) in (0..).map(ObjectId).zip(census.keys.iter()) {
            if facts.holdings.copies(object).is_empty() {
                continue;
            }
            let responsible = || ring.closest(key, census.replicas);
            let agrees = agree(&facts.holdings, object, responsible());
            if !agrees && self.changing.contains(&object) {
                self.unsettled += 1;
                continue;
            }
            self.tally.judge(agrees, || {
                let responsible: Vec<_> = responsible().collect();
                witness(facts, object, &responsible)
            });
        }
    }
}

fn witness(facts: &Facts, object: ObjectId, responsible: &[NodeId]) -> Witness {
    let held = |node| facts.holdings.held(node, object);
    let shown = responsible.iter().map(|&node| {
        let version = held(node).map(|index| facts.holdings.versions.version(index));
        format!("{node} {}", version.unwrap_or(Version::ZERO))
    });
    let seen = shown.collect::<Vec<_>>().join(", ");
    let at = facts.census.settle.unwrap_or(Time::ZERO);
    let expected = "the same version at all that are responsible".to_owned();
    Witness {
        at,
        nodes: responsible.to_vec(),
        object: Some(object),
        operation: None,
        expected,
        seen,
    }
}

/// A failure decides nothing where messages were lost after `duration`, and where all members had
/// gone at once: a system that is dead can't be joined.
pub(super) fn unless_lossy(verdict: Verdict, facts: &Facts) -> Verdict {
    match (verdict, facts.disturbances.extinct) {
        (Verdict::Fail(first), Some(at)) => Verdict::Undecided(format!(
            "the last member had gone at {at}, and nobody was left to join; {first}"
        )),
        (verdict, _) => unless_late_loss(verdict, facts),
    }
}

fn unless_late_loss(verdict: Verdict, facts: &Facts) -> Verdict {
    match verdict {
        Verdict::Fail(first) if facts.disturbances.lost_late > 0 => Verdict::Undecided(format!(
            "it holds once faults have stopped, and {} messages were lost after that; {first}",
            facts.disturbances.lost_late
        )),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use crate::check::Verdict;
    use crate::check::checks::testing::{broken, judged, judged_with, passes};
    use crate::node::{DropCause, Happening, Version};
    use crate::observe::consistency::script::{census, op, version};
    use crate::observe::consistency::{Census, script::Script};

    fn half_done(run: &mut Script<crate::check::Checks>) {
        run.at(10).made(op(6, 0), version(1, 1), Version::ZERO);
        run.at(20).commit(1, version(1, 1), None);
    }

    #[test]
    fn agreement_at_the_bound_passes_whatever_comes_later() {
        let run = judged("C2", |run| {
            half_done(run);
            run.at(149_999).repair(2, version(1, 1), None);
            run.at(150_000).step(8, Happening::Timer(1));
            run.at(160_000).made(op(6, 1), version(2, 2), version(1, 1));
            run.at(160_010).commit(1, version(2, 2), Some(version(1, 1)));
        });
        assert!(passes(&run));
    }

    #[test]
    fn disagreement_at_the_bound_is_found_with_who_holds_what() {
        let run = judged("C2", |run| {
            half_done(run);
            run.at(150_000).step(8, Happening::Timer(1));
            run.at(150_001).repair(2, version(1, 1), None);
        });
        assert!(broken(&run).contains("n1 v1(n3.1.1), n2 v0(n0.0.0)"), "{run}");
    }

    #[test]
    fn what_is_changed_just_before_the_bound_decides_nothing_unless_it_agrees() {
        let run = |made: u64| {
            judged("C2", |run| {
                run.at(made).made(op(6, 0), version(1, 1), Version::ZERO);
                run.at(made + 10).commit(1, version(1, 1), None);
                run.at(150_000).step(8, Happening::Timer(1));
            })
        };
        broken(&run(140_000));
        let late = run(140_001);
        let Verdict::Undecided(reason) = &late.verdict else { panic!("{late}") };
        assert!(reason.starts_with("1 objects whose copies differ"), "{reason}");
    }

    #[test]
    fn one_who_never_joined_is_responsible_all_the_same() {
        let run = judged("C2", |run| {
            run.at(5).stop(2);
            half_done(run);
            run.at(30).repair(3, version(1, 1), None);
            run.at(40).boot(2);
        });
        broken(&run);
    }

    #[test]
    fn it_is_undecided_where_all_members_were_gone() {
        let gone = judged("C2", |run| {
            half_done(run);
            (1..=5).for_each(|peer| run.at(50).stop(peer));
            run.at(60).boot(1);
            run.at(60).boot(2);
            run.at(70).repair(1, version(1, 1), None);
        });
        let Verdict::Undecided(reason) = &gone.verdict else { panic!("{gone}") };
        assert!(reason.starts_with("the last member had gone at 0.05"), "{reason}");
        // One of them was there all the time, and the others could have joined.
        broken(&judged("C2", |run| {
            half_done(run);
            (2..=5).for_each(|peer| run.at(50).stop(peer));
            run.at(60).boot(2);
        }));
    }

    #[test]
    fn it_is_undecided_under_loss_and_without_a_bound() {
        let run = judged("C2", |run| {
            half_done(run);
            run.at(110_000).sent(1, 2, 50);
            run.at(110_000).dropped(1, 2, 50, DropCause::Loss);
        });
        assert!(matches!(run.verdict, Verdict::Undecided(_)), "{run}");
        let short = Census { settle: None, ..census() };
        let run = judged_with("C2", short, half_done);
        assert!(matches!(run.verdict, Verdict::Undecided(_)), "{run}");
        let run = judged("C2", |_| ());
        assert!(matches!(run.verdict, Verdict::Undecided(_)), "{run}");
    }
}
