//! H9: every operation ends exactly once, at its issuer, no later than `operation_timeout` after it
//! was asked for (to the nanosecond, unless a fault pauses the issuer or upsets its clock), unless its
//! issuer stops.

use super::facts::Facts;
use super::rule::{Happened, Rule, Stepped};
use super::verdict::{Tally, Verdict, Witness};
use crate::node::{NodeId, Observation, OperationId, Time};
use crate::observe::consistency::Census;

#[derive(Clone, Debug, Default)]
pub(super) struct Endings {
    /// Open at the end of a run that ended before their time was up.
    cut_off: u64,
    tally: Tally,
}

impl Rule for Endings {
    const ID: &'static str = "H9";
    const TITLE: &'static str = "every operation ends once, in time";

    fn step(&mut self, step: &Stepped<'_>, facts: &Facts) {
        let Happened::Operation { id, .. } = step.happened else { return };
        let fresh = !facts.open.contains_key(&id) && id.client == step.node;
        self.tally.judge(fresh, || {
            let expected = "a fresh operation of the node's own";
            Witness::new(step.at, step.node, expected, id.to_string()).in_operation(id)
        });
    }

    fn told(&mut self, at: Time, node: NodeId, observation: &Observation, facts: &Facts) {
        let Observation::Ended { id, outcome } = *observation else { return };
        let Some(open) = facts.open.get(&id) else {
            self.tally.judge(false, || {
                let expected = "the end of an operation that was asked for and hasn't ended";
                Witness::new(at, node, expected, format!("{outcome:?}")).in_operation(id)
            });
            return;
        };
        let due = due(facts, id, open.asked);
        self.tally.judge(at <= due && node == id.client, || {
            let expected = format!("the end of the operation by {due}, told by {}", id.client);
            Witness::new(at, node, expected, format!("{outcome:?}, told by {node}"))
                .in_operation(id)
        });
    }

    fn end(&mut self, facts: &Facts) {
        let end = facts.census.end;
        for (&id, open) in &facts.open {
            let due = due(facts, id, open.asked);
            if due > end {
                self.cut_off += 1;
                continue;
            }
            self.tally.judge(false, || {
                let expected = format!("the end of the operation by {due}");
                let seen = format!("none by the end of the run; asked for at {}", open.asked);
                Witness::new(end, id.client, expected, seen).in_operation(id)
            });
        }
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }

    fn verdict(&self, _: &Facts) -> Verdict {
        match (self.tally.verdict(), self.cut_off) {
            (Verdict::Pass, cut_off @ 1..) => Verdict::Undecided(format!(
                "the drain is too short: {cut_off} operations were open at the end of the run, \
                 and their time wasn't up"
            )),
            (verdict, _) => verdict,
        }
    }
}

/// By when the operation must have ended.
fn due(facts: &Facts, id: OperationId, asked: Time) -> Time {
    let Census { operation_timeout, end, .. } = facts.census;
    facts.skews.latest(id.client, asked, operation_timeout, end)
}

#[cfg(test)]
mod tests {
    use crate::check::Verdict;
    use crate::check::checks::testing::{broken, judged, passes};
    use crate::node::{Span, Version};
    use crate::observe::consistency::script::op;

    #[test]
    fn ends_in_time_and_abandoned_operations_pass() {
        let run = judged("H9", |run| {
            run.at(10).ask_read(op(6, 0));
            run.at(15_010).failed(op(6, 0), false);
            run.at(20_000).ask_read(op(7, 0));
            run.at(20_010).stop(7);
        });
        assert!(passes(&run));
    }

    #[test]
    fn a_paused_client_may_be_late_and_no_other() {
        let ended = |node, ms| {
            judged("H9", |run| {
                run.at(10).ask_read(op(6, 0));
                run.at(15_000).fault(node, 18_000, Span::from_secs(3), 0.0);
                run.at(ms).failed(op(6, 0), false);
            })
        };
        assert!(passes(&ended(6, 18_010)));
        broken(&ended(6, 18_011));
        broken(&ended(7, 15_011));
        // A clock that is slow by half counts 15 s in 30.
        let slow = |ms| {
            judged("H9", |run| {
                run.at(10).ask_read(op(6, 0));
                run.fault(6, 60_000, Span::ZERO, 0.5);
                run.at(ms).failed(op(6, 0), false);
            })
        };
        assert!(passes(&slow(30_010)));
        broken(&slow(30_011));
    }

    #[test]
    fn late_double_and_missing_ends_are_found() {
        broken(&judged("H9", |run| {
            run.at(10).ask_read(op(6, 0));
            run.at(15_011).failed(op(6, 0), false);
        }));
        broken(&judged("H9", |run| {
            run.at(10).ask_read(op(6, 0));
            run.at(20).read(op(6, 0), Version::ZERO);
            run.at(30).read(op(6, 0), Version::ZERO);
        }));
        let run = judged("H9", |run| run.at(10).ask_read(op(6, 0)));
        assert!(broken(&run).contains("none by the end of the run"), "{run}");
    }

    #[test]
    fn a_drain_that_is_too_short_decides_nothing() {
        let run = judged("H9", |run| run.at(190_000).ask_read(op(6, 0)));
        assert!(matches!(run.verdict, Verdict::Undecided(_)), "{run}");
    }
}
