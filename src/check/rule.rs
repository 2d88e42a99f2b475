//! What a rule sees, whatever the protocol.

use super::facts::Facts;
use super::verdict::{Tally, Verdict};
use crate::node::{DropCause, Incarnation, NodeId, Observation, Operation, OperationId, Time};
use crate::observe::consistency::Census;

/// A step without its protocol.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stepped<'a> {
    pub at: Time,
    pub node: NodeId,
    pub incarnation: Incarnation,
    pub number: u32,
    pub happened: Happened<'a>,
}

/// What happened in it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Happened<'a> {
    Boot,
    Message,
    /// `armed`: by whom, if that is known.
    Timer {
        armed: Option<(NodeId, Incarnation)>,
    },
    Operation {
        id: OperationId,
        operation: &'a Operation,
    },
    Leave,
    Stop {
        crash: bool,
    },
}

/// Something happened to a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wire {
    pub at: Time,
    pub from: NodeId,
    pub to: NodeId,
    /// The name of the message's kind.
    pub kind: &'static str,
    pub bytes: u32,
    pub event: WireEvent,
}

/// What happened to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WireEvent {
    Sent,
    Duplicated,
    Delivered,
    Dropped(DropCause),
}

/// One check, made event by event. It sees each event before [`Facts`] has taken it in.
#[expect(unused_variables, reason = "default methods ignore what they are shown")]
pub(super) trait Rule {
    /// The id in CLIPPEE 8.
    const ID: &'static str;
    /// What is checked, in a few words.
    const TITLE: &'static str;
    /// The name by which a scenario can demand it, of a rule that protocols needn't keep.
    const GUARANTEE: Option<&'static str> = None;

    /// Whether there is anything in such a run that it could judge; if not, it isn't reported.
    fn applies(census: &Census) -> bool {
        true
    }

    /// A node is stepped.
    fn step(&mut self, step: &Stepped<'_>, facts: &Facts) {}

    /// A node tells something.
    fn told(&mut self, at: Time, node: NodeId, observation: &Observation, facts: &Facts) {}

    /// Something happened to a message.
    fn wire(&mut self, wire: &Wire, facts: &Facts) {}

    /// The run is over: judges what could not be judged before.
    fn end(&mut self, facts: &Facts) {}

    /// The judgements so far.
    fn tally(&self) -> &Tally;

    /// The conclusion, after [`Rule::end`].
    fn verdict(&self, facts: &Facts) -> Verdict {
        self.tally().verdict()
    }
}
