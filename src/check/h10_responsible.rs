//! H10: each grant and each commit was made by a peer that is responsible in its own view.

use super::facts::Facts;
use super::rule::Rule;
use super::verdict::{Tally, Witness};
use crate::node::{NodeId, Observation, Time};

#[derive(Clone, Debug, Default)]
pub(super) struct Responsible {
    tally: Tally,
}

impl Rule for Responsible {
    const ID: &'static str = "H10";
    const TITLE: &'static str = "grants and commits come from responsible peers";

    fn told(&mut self, at: Time, node: NodeId, observation: &Observation, _: &Facts) {
        let (object, attempt, responsible) = match *observation {
            Observation::Locked { object, attempt, responsible }
            | Observation::Applied { object, commit: Some(attempt), responsible, .. } => {
                (object, attempt, responsible)
            }
            _ => return,
        };
        self.tally.judge(responsible, || {
            let seen = format!("a grant or commit of {attempt} at one that isn't");
            Witness::new(at, node, "a peer responsible in its own view", seen).of(object)
        });
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}

#[cfg(test)]
mod tests {
    use crate::check::checks::testing::{broken, judged, passes};
    use crate::node::Observation;
    use crate::observe::consistency::script::{OBJECT, attempt, op, version};

    fn applied(by_commit: bool) -> crate::check::Report {
        judged("H10", |run| {
            run.made(op(6, 0), version(1, 1), crate::node::Version::ZERO);
            let value = run.value(version(1, 1));
            run.at(20).tell(
                5,
                Observation::Applied {
                    object: OBJECT,
                    version: version(1, 1),
                    value,
                    previous: None,
                    commit: by_commit.then_some(attempt(3, 1)),
                    late: false,
                    responsible: false,
                },
            );
        })
    }

    #[test]
    fn repair_may_reach_anyone_but_commits_and_grants_may_not() {
        assert_eq!(applied(false).violations, 0);
        broken(&applied(true));
        broken(&judged("H10", |run| {
            let attempt = attempt(3, 1);
            run.at(10).tell(5, Observation::Locked { object: OBJECT, attempt, responsible: false });
        }));
    }

    #[test]
    fn responsible_ones_pass() {
        let run = judged("H10", |run| {
            run.locked(1, attempt(3, 1));
            run.whole_update(10, op(6, 0), version(1, 1), None);
        });
        assert!(passes(&run));
        assert_eq!(run.judged, 3);
    }
}
