//! H2: a lock ends by its own attempt or by its lease, and outlives neither. Where no fault pauses a
//! replica or upsets its clock, the skew is 0: the lease ends a lock exactly when it is over, to the
//! nanosecond.

use super::facts::{Facts, Held};
use super::rule::Rule;
use super::verdict::{Tally, Witness};
use crate::node::{LockEnd, NodeId, ObjectId, Observation, Time};

#[derive(Clone, Debug, Default)]
pub(super) struct LockEnds {
    tally: Tally,
}

impl LockEnds {
    fn ended(
        &mut self,
        at: Time,
        node: NodeId,
        (object, held, how): (ObjectId, Held, LockEnd),
        facts: &Facts,
    ) {
        let over = held.since + facts.census.lock_lease;
        let skew = facts.skews.between(node, held.since, at.max(over));
        let late = at <= over + skew;
        let holds = if how == LockEnd::Expired { late && over <= at + skew } else { late };
        self.tally.judge(holds, || {
            let seen = format!("{how:?} at {at}, of {}", held.attempt);
            let expected = match how {
                LockEnd::Expired => format!("the lease to run out at {over}"),
                _ => format!("an end by {over}, when the lease is over"),
            };
            Witness::new(at, node, expected, seen).of(object)
        });
    }
}

impl Rule for LockEnds {
    const ID: &'static str = "H2";
    const TITLE: &'static str = "a lock ends by its attempt or by its lease";

    fn told(&mut self, at: Time, node: NodeId, observation: &Observation, facts: &Facts) {
        let Observation::LockEnded { object, attempt, how } = *observation else { return };
        match facts.locks.get(&(node, object)) {
            Some(&held) if held.attempt == attempt => {
                self.ended(at, node, (object, held, how), facts);
            }
            other => {
                let holder = other.map(|held| held.attempt.to_string());
                self.tally.judge(false, || {
                    let holder = holder.as_deref().unwrap_or("nobody");
                    let seen = format!("the end of {attempt}'s lock while {holder} held it");
                    Witness::new(at, node, "the end of a lock that is held", seen).of(object)
                });
            }
        }
    }

    fn end(&mut self, facts: &Facts) {
        let end = facts.census.end;
        for (&(node, object), held) in &facts.locks {
            let over = facts.skews.latest(node, held.since, facts.census.lock_lease, end);
            self.tally.judge(over >= end, || {
                let seen = format!("{}'s lock held at the end of the run", held.attempt);
                let expected = format!("an end by {over}, when the lease is over");
                Witness::new(end, node, expected, seen).of(object)
            });
        }
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}

#[cfg(test)]
mod tests {
    use crate::check::checks::testing::{broken, judged, passes};
    use crate::node::{LockEnd, Span};
    use crate::observe::consistency::script::attempt;

    #[test]
    fn attempts_and_leases_end_locks() {
        let run = judged("H2", |run| {
            run.at(10).locked(1, attempt(3, 1));
            run.at(20).unlocked(1, attempt(3, 1), LockEnd::Committed);
            run.at(30).locked(1, attempt(3, 2));
            run.at(5_030).unlocked(1, attempt(3, 2), LockEnd::Expired);
            run.at(6_000).locked(2, attempt(3, 2));
            run.at(7_000).stop(2);
            run.at(199_000).locked(1, attempt(3, 3));
        });
        assert!(passes(&run));
        assert_eq!(run.judged, 3);
    }

    #[test]
    fn who_yields_may_be_granted_it_again_and_a_yield_comes_within_the_lease() {
        let yielded = |ms| {
            judged("H2", |run| {
                run.at(10).locked(1, attempt(3, 1));
                run.at(ms).unlocked(1, attempt(3, 1), LockEnd::Yielded);
                run.at(ms + 10).locked(1, attempt(3, 1));
                run.at(ms + 20).unlocked(1, attempt(3, 1), LockEnd::Committed);
            })
        };
        assert!(passes(&yielded(5_010)));
        assert!(broken(&yielded(5_011)).contains("Yielded"));
    }

    #[test]
    fn a_lease_can_not_end_early_or_late() {
        for ms in [5_009, 5_011] {
            let run = judged("H2", |run| {
                run.at(10).locked(1, attempt(3, 1));
                run.at(ms).unlocked(1, attempt(3, 1), LockEnd::Expired);
            });
            assert!(broken(&run).contains("run out at 5.010000000s"), "{run}");
        }
    }

    #[test]
    fn a_pause_and_a_wrong_clock_explain_so_much_and_no_more() {
        let (none, second) = (Span::ZERO, Span::from_secs(1));
        let ended = |(node, skew, drift), ms| {
            judged("H2", |run| {
                run.at(10).locked(1, attempt(3, 1));
                run.at(4_500).fault(node, 5_500, skew, drift);
                run.at(ms).unlocked(1, attempt(3, 1), LockEnd::Expired);
            })
        };
        assert!(passes(&ended((1, second, 0.0), 6_010)));
        broken(&ended((1, second, 0.0), 6_011));
        broken(&ended((2, second, 0.0), 5_011));
        // A clock that is fast or slow by a tenth, by the end of the lease.
        assert!(passes(&ended((1, none, 0.1), 4_600)));
        broken(&ended((1, none, 0.1), 4_500));
        assert!(passes(&ended((1, none, 0.1), 5_490)));
        let run = judged("H2", |run| {
            run.at(10).fault(1, 1_000, second, 0.0);
            run.at(1_010).locked(1, attempt(3, 1));
            run.at(6_011).unlocked(1, attempt(3, 1), LockEnd::Expired);
        });
        assert!(broken(&run).contains("run out"), "what is over explains nothing: {run}");
    }

    #[test]
    fn no_lock_outlives_its_lease() {
        let run = judged("H2", |run| {
            run.at(10).locked(1, attempt(3, 1));
            run.at(5_011).unlocked(1, attempt(3, 1), LockEnd::Unlocked);
        });
        broken(&run);
        let run = judged("H2", |run| {
            run.at(10).locked(1, attempt(3, 1));
        });
        assert!(broken(&run).contains("held at the end of the run"), "{run}");
    }

    #[test]
    fn only_its_own_attempt_ends_it() {
        let run = judged("H2", |run| {
            run.at(10).locked(1, attempt(3, 1));
            run.at(20).unlocked(1, attempt(4, 1), LockEnd::Unlocked);
        });
        broken(&run);
    }
}
