//! C3: once all is quiet (`settle`), updates succeed: the probes that the workload asks for then,
//! on drawn objects. Where physics alone explains a failure (`c3_physics.rs`, `c3_slow_rounds.rs`),
//! it decides nothing; nor where a client found no access peer because all that it knows have gone.

use super::c2_convergence::unless_lossy;
use super::c3_physics::Physics;
use super::c3_slow_rounds::SlowRounds;
use super::facts::Facts;
use super::rule::{Happened, Rule, Stepped, Wire, WireEvent};
use super::verdict::{Tally, Verdict, Witness};
use crate::node::{FailureCause, NodeId, Observation, OperationId, Outcome, Time};
use crate::observe::consistency::State;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, Default)]
pub(super) struct Probes {
    /// Asked for and not ended, with the moment.
    open: BTreeMap<OperationId, Time>,
    physics: Physics,
    /// The bound is reached.
    asking: bool,
    rounds: SlowRounds,
    /// Probes that failed by slow rounds alone.
    slow: u64,
    /// Clients that have turned to a peer that was up, since the bound.
    in_touch: BTreeSet<NodeId>,
    /// Probes that failed at clients that have nobody to turn to.
    stranded: u64,
    tally: Tally,
}

impl Rule for Probes {
    const ID: &'static str = "C3";
    const TITLE: &'static str = "probe updates succeed once all is quiet";

    fn step(&mut self, step: &Stepped<'_>, facts: &Facts) {
        let Some(settle) = facts.census.settle else { return };
        if step.at < settle {
            return self.physics.watch(step, facts);
        }
        if !self.asking {
            self.asking = true;
            self.physics.judge(settle, facts);
        }
        if let Happened::Operation { id, .. } = step.happened {
            self.open.insert(id, step.at);
        }
    }

    fn told(&mut self, at: Time, node: NodeId, observation: &Observation, facts: &Facts) {
        if self.asking {
            self.rounds.told(at, node, observation, facts);
        }
        let Observation::Ended { id, outcome } = *observation else { return };
        if self.open.remove(&id).is_none() {
            return;
        }
        let succeeded = matches!(outcome, Outcome::Ok(_));
        if !succeeded && self.rounds.explain(id) {
            self.slow += 1;
            return;
        }
        let lonely = matches!(outcome, Outcome::Failed { cause: FailureCause::NoAccessPeer, .. });
        if lonely && !self.in_touch.contains(&node) {
            self.stranded += 1;
            return;
        }
        self.tally.judge(succeeded, || {
            let object = facts.open.get(&id).and_then(|open| open.operation.object());
            let expected = "the probe to succeed";
            let witness = Witness::new(at, node, expected, format!("{outcome:?}")).in_operation(id);
            Witness { object, ..witness }
        });
    }

    fn wire(&mut self, wire: &Wire, facts: &Facts) {
        let is_call = self.asking && wire.event == WireEvent::Sent;
        if is_call && facts.presence.state(wire.to) != State::Down {
            self.in_touch.insert(wire.from);
        }
    }

    fn end(&mut self, facts: &Facts) {
        for (id, asked) in std::mem::take(&mut self.open) {
            self.tally.judge(false, || {
                let seen = format!("no end of it; asked for at {asked}");
                let end = facts.census.end;
                Witness::new(end, id.client, "the probe to succeed", seen).in_operation(id)
            });
        }
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }

    fn verdict(&self, facts: &Facts) -> Verdict {
        if facts.census.settle.is_none() {
            return Verdict::Undecided("the drain is too short to reach the bound".to_owned());
        }
        if self.tally.judged == 0 && self.slow == 0 && self.stranded == 0 {
            return Verdict::Undecided("no probe was asked for".to_owned());
        }
        match (self.tally.verdict(), self.physics.reason()) {
            (Verdict::Fail(first), Some(reason)) => {
                Verdict::Undecided(format!("{reason}; {first}"))
            }
            (Verdict::Pass, _) if self.stranded > 0 => Verdict::Undecided(format!(
                "{} probes failed at clients that know no peer that is up",
                self.stranded
            )),
            (Verdict::Pass, _) if self.slow > 0 => Verdict::Undecided(format!(
                "{} probes failed because round trips to their replicas were above the longest \
                 lock timeout, {}",
                self.slow, facts.census.lock_patience
            )),
            (verdict, _) => unless_lossy(verdict, facts),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::checks::testing::{broken, judged, judged_with, passes};
    use crate::check::{Report, Verdict};
    use crate::node::{FailureCause, LockEnd, Observation, Outcome, RoundOutcome};
    use crate::observe::consistency::script::{OBJECT, attempt, census, op, version};
    use crate::observe::consistency::{Census, script::Script};

    #[test]
    fn only_operations_from_the_bound_on_are_probes() {
        let run = judged("C3", |run| {
            run.at(149_999).ask_update(op(6, 0));
            run.at(150_000).failed(op(6, 0), false);
            run.whole_update(150_000, op(7, 0), version(1, 1), None);
        });
        assert!(passes(&run));
        assert_eq!(run.judged, 1);
        let run = judged("C3", |run| run.at(100).ask_update(op(6, 0)));
        assert!(matches!(run.verdict, Verdict::Undecided(_)), "{run}");
    }

    fn failed_probe(run: &mut Script<crate::check::Checks>) {
        run.at(150_000).ask_update(op(6, 0));
        run.at(155_000).failed(op(6, 0), false);
    }

    fn undecided(run: &Report) -> &str {
        let Verdict::Undecided(reason) = &run.verdict else { panic!("{run}") };
        reason
    }

    #[test]
    fn too_few_peers_or_too_many_clients_explain_a_failure() {
        let quorum = Census { write_acks: 5, ..census() };
        let run = judged_with("C3", quorum.clone(), |run| {
            run.at(10).stop(1);
            failed_probe(run);
        });
        assert!(undecided(&run).starts_with("an update needs 5 peers, and 4 are up"), "{run}");
        broken(&judged_with("C3", quorum, failed_probe));
        let full = Census { max_clients: 1, ..census() };
        broken(&judged_with("C3", full.clone(), failed_probe));
        let run = judged_with("C3", full, |run| {
            [1, 2, 3].into_iter().for_each(|peer| run.at(10).stop(peer));
            failed_probe(run);
        });
        assert!(undecided(&run).contains("room for 2 clients, and 3 are up"), "{run}");
    }

    #[test]
    fn a_long_queue_at_the_bound_explains_a_failure_and_nothing_else_does() {
        // Peer 2 handles 150 messages, one every service time, the last one at `end`.
        let busy = |end: u64, pause: u64| {
            judged("C3", |run| {
                let queue = |run: &mut Script<_>| {
                    for n in (0..150).rev() {
                        let pauses = if n >= 75 { pause } else { 0 };
                        run.at(end - 10 * n - pauses);
                        run.delivered(6, 2, 50);
                    }
                };
                if end < 150_000 {
                    queue(run);
                }
                run.at(150_000).ask_update(op(6, 0));
                if end >= 150_000 {
                    queue(run);
                }
                run.at(155_000).failed(op(6, 0), false);
            })
        };
        let run = busy(149_995, 0);
        assert!(undecided(&run).starts_with("n2 had had messages waiting for 1490ms"), "{run}");
        broken(&busy(149_995, 1));
        broken(&busy(149_000, 0));
        // What the probes bring about themselves is no excuse.
        broken(&busy(153_000, 0));
    }

    /// A probe that fails after one lock round, granted by peers 1 to `grants`, of `wait` ms.
    fn round_in_vain(grants: u32, wait: u64, outcome: RoundOutcome, retries: u32) -> Report {
        judged("C3", |run| {
            let (id, object, attempt) = (op(6, 0), OBJECT, attempt(3, 1));
            run.at(150_000).ask_update(id);
            run.at(150_050).tell(3, Observation::RoundBegan { id, object, attempt });
            run.at(150_100);
            (1..=grants).for_each(|peer| run.locked(peer, attempt));
            let ended = Observation::RoundEnded { id, object, attempt, outcome };
            run.at(150_050 + wait).tell(3, ended);
            (0..retries).for_each(|_| run.tell(3, Observation::Retried { id }));
            run.at(160_000).failed(id, false);
        })
    }

    #[test]
    fn grants_that_come_too_late_explain_a_failure_and_other_failed_rounds_do_not() {
        let run = round_in_vain(2, 2_500, RoundOutcome::TimedOut, 1);
        assert!(undecided(&run).contains("above the longest lock timeout, 2500ms"), "{run}");
        broken(&round_in_vain(1, 2_500, RoundOutcome::TimedOut, 1));
        broken(&round_in_vain(2, 2_499, RoundOutcome::TimedOut, 1));
        broken(&round_in_vain(2, 2_500, RoundOutcome::Refused, 1));
        broken(&round_in_vain(2, 2_500, RoundOutcome::TimedOut, 2));
    }

    #[test]
    fn a_grant_that_was_yielded_explains_nothing() {
        broken(&judged("C3", |run| {
            let (id, object, attempt) = (op(6, 0), OBJECT, attempt(3, 1));
            run.at(150_000).ask_update(id);
            run.at(150_050).tell(3, Observation::RoundBegan { id, object, attempt });
            run.at(150_100);
            [1, 2].into_iter().for_each(|peer| run.locked(peer, attempt));
            run.at(150_200).unlocked(1, attempt, LockEnd::Yielded);
            let outcome = RoundOutcome::TimedOut;
            run.at(152_550).tell(3, Observation::RoundEnded { id, object, attempt, outcome });
            run.at(160_000).failed(id, false);
        }));
    }

    #[test]
    fn a_client_that_knows_only_peers_that_have_gone_finds_none() {
        let asks = |peer: u32| {
            judged("C3", |run| {
                run.at(10).stop(1);
                run.at(150_000).ask_update(op(6, 0));
                run.at(151_000).sent(6, peer, 50);
                let cause = FailureCause::NoAccessPeer;
                let outcome = Outcome::Failed { cause, maybe_applied: false };
                run.at(165_000).end(op(6, 0), outcome);
            })
        };
        assert!(undecided(&asks(1)).contains("know no peer that is up"));
        broken(&asks(2));
    }

    #[test]
    fn a_peer_gone_lately_explains_a_failure_where_all_must_acknowledge() {
        let run = |lock_quorum: u32, at: u64| {
            let census = Census { write_acks: 2, lock_quorum, ..census() };
            judged_with("C3", census, |run| {
                run.at(at).stop(1);
                failed_probe(run);
            })
        };
        assert!(undecided(&run(1, 40_001)).starts_with("n1 stopped at 40.001"));
        broken(&run(1, 40_000));
        broken(&run(2, 40_001));
    }

    #[test]
    fn a_probe_that_fails_or_never_ends_is_found() {
        broken(&judged("C3", |run| {
            run.at(150_000).ask_update(op(6, 0));
            run.at(151_000).failed(op(6, 0), false);
        }));
        let run = judged("C3", |run| run.at(150_000).ask_update(op(6, 0)));
        assert!(broken(&run).contains("no end of it"), "{run}");
    }
}
