//! H7: of the messages between two nodes, by kind, sent + duplicated = delivered + dropped + in
//! flight, in messages and in bytes, and what is in flight is never negative: nothing arrives that
//! wasn't sent.
//!
//! What is in flight at the end is not required to be nothing: heartbeats and upkeep go on until
//! the last moment.

use super::facts::Facts;
use super::rule::{Rule, Wire, WireEvent};
use super::verdict::{Tally, Witness};
use crate::node::NodeId;
use std::collections::BTreeMap;

/// Messages and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Load {
    messages: i64,
    bytes: i64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Balance {
    /// Only what is in flight: bounded by the messages under way.
    in_flight: BTreeMap<(NodeId, NodeId, &'static str), Load>,
    tally: Tally,
}

impl Rule for Balance {
    const ID: &'static str = "H7";
    const TITLE: &'static str = "sent + duplicated = delivered + dropped + in flight";

    fn wire(&mut self, wire: &Wire, _: &Facts) {
        let key = (wire.from, wire.to, wire.kind);
        let load = self.in_flight.entry(key).or_default();
        let sign = match wire.event {
            WireEvent::Sent | WireEvent::Duplicated => 1,
            WireEvent::Delivered | WireEvent::Dropped(_) => -1,
        };
        // A second copy of nothing is no message either.
        let copy_of_nothing = wire.event == WireEvent::Duplicated && load.messages < 1;
        load.messages += sign;
        load.bytes += sign * i64::from(wire.bytes);
        let now = *load;
        let empty = now.messages == 0;
        let balanced = now.messages >= 0 && now.bytes >= 0 && !(empty && now.bytes != 0);
        self.tally.judge(balanced && !copy_of_nothing, || {
            let seen = format!(
                "{:?} {} of {} bytes, which leaves {} messages and {} bytes in flight",
                wire.event, wire.kind, wire.bytes, now.messages, now.bytes
            );
            Witness::new(wire.at, wire.from, "no more to arrive than was sent", seen).and(wire.to)
        });
        if empty || !balanced {
            // A broken balance starts over, so that one fault is counted once.
            self.in_flight.remove(&key);
        }
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}

#[cfg(test)]
mod tests {
    use crate::check::checks::testing::{broken, judged, passes};
    use crate::node::DropCause;

    #[test]
    fn what_was_sent_arrives_or_is_dropped_or_is_under_way() {
        let run = judged("H7", |run| {
            run.at(10).sent(1, 2, 50);
            run.at(10).sent(1, 2, 70);
            run.at(10).duplicated(1, 2, 50);
            run.at(20).delivered(1, 2, 50);
            run.at(30).delivered(1, 2, 50);
            run.at(30).dropped(1, 2, 70, DropCause::Loss);
            run.at(40).sent(2, 2, 10);
        });
        assert!(passes(&run));
    }

    #[test]
    fn nothing_arrives_that_was_not_sent() {
        let run = judged("H7", |run| {
            run.at(10).sent(1, 2, 50);
            run.at(20).delivered(2, 1, 50);
        });
        assert!(broken(&run).contains("-1 messages"), "{run}");
        let run = judged("H7", |run| {
            run.at(10).sent(1, 2, 50);
            run.at(20).delivered(1, 2, 50);
            run.at(30).dropped(1, 2, 50, DropCause::Dead);
        });
        assert_eq!(run.violations, 1);
    }

    #[test]
    fn bytes_count_too() {
        for bytes in [49, 51] {
            let run = judged("H7", |run| {
                run.at(10).sent(1, 2, 50);
                run.at(20).delivered(1, 2, bytes);
            });
            broken(&run);
        }
    }

    #[test]
    fn only_what_is_under_way_can_be_duplicated() {
        broken(&judged("H7", |run| run.at(10).duplicated(1, 2, 50)));
    }
}
