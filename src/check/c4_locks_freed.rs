//! C4: without faults and churn, and with no round trip above the lock timeout, messages free all
//! locks: none ends by its lease, none is left at the end. A lock round that timed out shows that a
//! round trip was too long.

use super::facts::Facts;
use super::rule::Rule;
use super::verdict::{Tally, Verdict, Witness};
use crate::node::{LockEnd, NodeId, Observation, Time};

#[derive(Clone, Debug, Default)]
pub(super) struct LocksFreed {
    tally: Tally,
}

impl Rule for LocksFreed {
    const ID: &'static str = "C4";
    const TITLE: &'static str = "without faults messages free all locks";

    fn told(&mut self, at: Time, node: NodeId, observation: &Observation, _: &Facts) {
        let Observation::LockEnded { object, attempt, how } = *observation else { return };
        self.tally.judge(how != LockEnd::Expired, || {
            let expected = format!("{attempt} to free its lock by message");
            Witness::new(at, node, expected, "its lease run out".to_owned()).of(object)
        });
    }

    fn end(&mut self, facts: &Facts) {
        for (&(node, object), held) in &facts.locks {
            self.tally.judge(false, || {
                let expected = "no lock at the end of the run";
                let seen = format!("{}'s, since {}", held.attempt, held.since);
                Witness::new(facts.census.end, node, expected, seen).of(object)
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
        let timed_out = facts.disturbances.timed_out_rounds;
        if timed_out > 0 {
            return Verdict::Undecided(format!(
                "it holds while no round trip is above the lock timeout, and {timed_out} lock \
                 rounds timed out"
            ));
        }
        if self.tally.judged == 0 {
            return Verdict::Undecided("no lock was granted".to_owned());
        }
        self.tally.verdict()
    }
}

#[cfg(test)]
mod tests {
    use crate::check::Verdict;
    use crate::check::checks::testing::{broken, judged, passes};
    use crate::node::{DropCause, LockEnd, Observation, RoundOutcome};
    use crate::observe::consistency::script::{OBJECT, attempt, op};

    #[test]
    fn locks_freed_by_message_pass() {
        let run = judged("C4", |run| {
            run.at(10).locked(1, attempt(3, 1));
            run.at(20).unlocked(1, attempt(3, 1), LockEnd::Committed);
        });
        assert!(passes(&run));
    }

    #[test]
    fn a_lease_that_runs_out_and_a_lock_that_stays_are_found() {
        broken(&judged("C4", |run| {
            run.at(10).locked(1, attempt(3, 1));
            run.at(5_010).unlocked(1, attempt(3, 1), LockEnd::Expired);
        }));
        broken(&judged("C4", |run| {
            run.at(199_000).locked(1, attempt(3, 1));
        }));
    }

    #[test]
    fn it_is_undecided_under_faults_and_slow_rounds() {
        let run = judged("C4", |run| {
            run.at(10).locked(1, attempt(3, 1));
            run.at(10).sent(3, 1, 50);
            run.at(10).dropped(3, 1, 50, DropCause::Loss);
            run.at(5_010).unlocked(1, attempt(3, 1), LockEnd::Expired);
        });
        assert!(matches!(run.verdict, Verdict::Undecided(_)), "{run}");
        let run = judged("C4", |run| {
            let (id, attempt, outcome) = (op(6, 0), attempt(3, 1), RoundOutcome::TimedOut);
            run.at(10).tell(3, Observation::RoundEnded { id, object: OBJECT, attempt, outcome });
        });
        assert!(matches!(run.verdict, Verdict::Undecided(_)), "{run}");
    }
}
