//! H1: at any time, a replica's lock of an object belongs to one attempt at most.

use super::facts::Facts;
use super::rule::Rule;
use super::verdict::{Tally, Witness};
use crate::node::{NodeId, Observation, Time};

#[derive(Clone, Debug, Default)]
pub(super) struct OneHolder {
    tally: Tally,
}

impl Rule for OneHolder {
    const ID: &'static str = "H1";
    const TITLE: &'static str = "one lock holder per replica and object";

    fn told(&mut self, at: Time, node: NodeId, observation: &Observation, facts: &Facts) {
        let Observation::Locked { object, attempt, .. } = *observation else { return };
        let holder = facts.locks.get(&(node, object)).map(|held| held.attempt);
        self.tally.judge(holder.is_none_or(|holder| holder == attempt), || {
            let seen = format!("a grant to {attempt} while {} held it", holder.unwrap_or_default());
            Witness::new(at, node, "a free lock before a grant", seen).of(object)
        });
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}

#[cfg(test)]
mod tests {
    use crate::check::checks::testing::{broken, judged, passes};
    use crate::node::LockEnd;
    use crate::observe::consistency::script::attempt;

    #[test]
    fn a_lock_is_granted_again_after_its_end() {
        let run = judged("H1", |run| {
            run.at(10).locked(1, attempt(3, 1));
            run.at(20).locked(2, attempt(4, 1));
            run.at(30).unlocked(1, attempt(3, 1), LockEnd::Unlocked);
            run.at(40).locked(1, attempt(4, 1));
            run.at(50).stop(1);
            run.at(60).boot(1);
            run.at(70).locked(1, attempt(3, 2));
        });
        assert!(passes(&run));
    }

    #[test]
    fn two_attempts_can_not_both_hold_it() {
        let run = judged("H1", |run| {
            run.at(10).locked(1, attempt(3, 1));
            run.at(20).locked(1, attempt(4, 1));
        });
        assert!(broken(&run).contains("n4.1.1"), "{run}");
    }
}
