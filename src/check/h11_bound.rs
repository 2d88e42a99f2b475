//! H11: a protocol's queues and tables stay within their declared bounds.

use super::facts::Facts;
use super::rule::Rule;
use super::verdict::{Tally, Witness};
use crate::node::{NodeId, Observation, Time};

#[derive(Clone, Debug, Default)]
pub(super) struct Bounds {
    tally: Tally,
}

impl Rule for Bounds {
    const ID: &'static str = "H11";
    const TITLE: &'static str = "queues and tables stay within their bounds";

    fn told(&mut self, at: Time, node: NodeId, observation: &Observation, _: &Facts) {
        let Observation::Held { table, entries, bound } = *observation else { return };
        self.tally.judge(entries <= bound, || {
            let expected = format!("at most {bound} entries in {table}");
            Witness::new(at, node, expected, entries.to_string())
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

    #[test]
    fn the_bound_itself_is_allowed() {
        let held = |entries| Observation::Held { table: "clients", entries, bound: 10 };
        assert!(passes(&judged("H11", |run| run.at(10).tell(1, held(10)))));
        let run = judged("H11", |run| run.at(10).tell(1, held(11)));
        assert!(broken(&run).contains("at most 10 entries in clients; saw 11"), "{run}");
    }
}
