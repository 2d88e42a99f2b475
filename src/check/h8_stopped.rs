//! H8: a stopped node does nothing until it boots again, each time in a new incarnation. What it
//! had sent before still arrives elsewhere; timers that it had armed don't fire.

use super::facts::Facts;
use super::rule::{Happened, Rule, Stepped, Wire, WireEvent};
use super::verdict::{Tally, Witness};
use crate::node::{NodeId, Observation, Time};
use crate::observe::consistency::State;

#[derive(Clone, Debug, Default)]
pub(super) struct Stopped {
    /// By node: the number and time of its last step.
    last: Vec<Option<(u32, Time)>>,
    tally: Tally,
}

impl Rule for Stopped {
    const ID: &'static str = "H8";
    const TITLE: &'static str = "a stopped node does nothing";

    fn step(&mut self, step: &Stepped<'_>, facts: &Facts) {
        let up = facts.presence.state(step.node) != State::Down;
        let incarnation = facts.incarnations[step.node.index()];
        let holds = match step.happened {
            Happened::Boot => !up && step.incarnation > incarnation,
            Happened::Timer { armed: Some(by) } if by != (step.node, incarnation) => false,
            _ => up && step.incarnation == incarnation,
        };
        self.tally.judge(holds, || {
            let expected = if up {
                format!("incarnation {incarnation} to go on")
            } else {
                format!("nothing but a boot after incarnation {incarnation}")
            };
            let seen = format!("{:?} in incarnation {}", step.happened, step.incarnation);
            Witness::new(step.at, step.node, expected, seen)
        });
        self.in_order(step, facts);
    }

    fn told(&mut self, at: Time, node: NodeId, observation: &Observation, facts: &Facts) {
        let up = facts.presence.state(node) != State::Down;
        self.tally.judge(up, || {
            Witness::new(at, node, "silence of a stopped node", format!("{observation:?}"))
        });
    }

    fn wire(&mut self, wire: &Wire, facts: &Facts) {
        if wire.event == WireEvent::Sent {
            let up = facts.presence.state(wire.from) != State::Down;
            self.tally.judge(up, || {
                let seen = format!("{} sent to {}", wire.kind, wire.to);
                Witness::new(wire.at, wire.from, "silence of a stopped node", seen)
            });
        }
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}

impl Stopped {
    /// Steps of a node are numbered one by one, and its time doesn't run back.
    fn in_order(&mut self, step: &Stepped<'_>, facts: &Facts) {
        if self.last.is_empty() {
            self.last = vec![None; facts.census.nodes as usize + 1];
        }
        let last = &mut self.last[step.node.index()];
        let holds = last.map_or(step.number == 0, |(number, at)| {
            step.number == number.wrapping_add(1) && step.at >= at
        });
        self.tally.judge(holds, || {
            let expected = format!("the step after {last:?}");
            let seen = format!("step {} at {}", step.number, step.at);
            Witness::new(step.at, step.node, expected, seen)
        });
        *last = Some((step.number, step.at));
    }
}

#[cfg(test)]
mod tests {
    use crate::check::Checks;
    use crate::check::checks::testing::{broken, judged, passes};
    use crate::node::{Happening, Observation};
    use crate::observe::consistency::script::Script;

    #[test]
    fn a_node_that_comes_back_may_act_again() {
        let run = judged("H8", |run| {
            run.at(10).sent(1, 2, 50);
            run.at(20).stop(1);
            run.at(30).delivered(1, 2, 50);
            run.at(40).boot(1);
            run.at(50).tell(1, Observation::Joined);
            run.at(60).step(1, Happening::Leave);
            run.at(70).sent(1, 2, 50);
            run.at(80).step(1, Happening::Stop { crash: false });
        });
        assert!(passes(&run));
    }

    #[test]
    fn a_stopped_node_is_silent() {
        broken(&judged("H8", |run| {
            run.at(20).stop(1);
            run.at(30).sent(1, 2, 50);
        }));
        broken(&judged("H8", |run| {
            run.at(20).stop(1);
            run.at(30).tell(1, Observation::Joined);
        }));
        broken(&judged("H8", |run| {
            run.at(20).stop(1);
            run.at(30).step(1, Happening::Timer(1));
        }));
    }

    #[test]
    fn a_timer_ends_with_the_incarnation_that_armed_it() {
        let timer = |run: &mut Script<Checks>, crashes: bool| {
            run.at(10).step(1, Happening::Timer(1));
            run.arm(7);
            if crashes {
                run.at(20).stop(1);
                run.at(30).boot(1);
            }
            run.at(40).fire(1, 7);
        };
        assert!(passes(&judged("H8", |run| timer(run, false))));
        broken(&judged("H8", |run| timer(run, true)));
        broken(&judged("H8", |run| {
            run.at(10).step(1, Happening::Timer(1));
            run.arm(7);
            run.at(40).fire(2, 7);
        }));
    }

    #[test]
    fn nobody_boots_twice_or_runs_back() {
        broken(&judged("H8", |run| run.at(20).boot(1)));
        broken(&judged("H8", |run| {
            run.at(20).step(1, Happening::Timer(1));
            run.at(10).step(1, Happening::Timer(1));
        }));
    }
}
