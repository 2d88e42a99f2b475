//! C3: once all is quiet (`settle`), updates succeed: the probes that the workload asks for then,
//! on drawn objects.

use super::c2_convergence::unless_lossy;
use super::facts::Facts;
use super::rule::{Happened, Rule, Stepped};
use super::verdict::{Tally, Verdict, Witness};
use crate::node::{NodeId, Observation, OperationId, Outcome, Time};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default)]
pub(super) struct Probes {
    /// Asked for and not ended, with the moment.
    open: BTreeMap<OperationId, Time>,
    tally: Tally,
}

impl Rule for Probes {
    const ID: &'static str = "C3";
    const TITLE: &'static str = "probe updates succeed once all is quiet";

    fn step(&mut self, step: &Stepped<'_>, facts: &Facts) {
        if let Happened::Operation { id, .. } = step.happened
            && facts.census.settle.is_some_and(|settle| step.at >= settle)
        {
            self.open.insert(id, step.at);
        }
    }

    fn told(&mut self, at: Time, node: NodeId, observation: &Observation, facts: &Facts) {
        let Observation::Ended { id, outcome } = *observation else { return };
        if self.open.remove(&id).is_none() {
            return;
        }
        self.tally.judge(matches!(outcome, Outcome::Ok(_)), || {
            let object = facts.open.get(&id).and_then(|open| open.operation.object());
            let expected = "the probe to succeed";
            let witness = Witness::new(at, node, expected, format!("{outcome:?}")).in_operation(id);
            Witness { object, ..witness }
        });
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
        if self.tally.judged == 0 {
            return Verdict::Undecided("no probe was asked for".to_owned());
        }
        unless_lossy(self.tally.verdict(), facts)
    }
}

#[cfg(test)]
mod tests {
    use crate::check::Verdict;
    use crate::check::checks::testing::{broken, judged, passes};
    use crate::observe::consistency::script::{op, version};

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
