//! What is kept of steps that are compared one by one.

use crate::node::{Incarnation, NodeId, Observer, Pending, Protocol, Step, Time};
use crate::observe::trace::{self, Input};
use crate::observe::{Causes, Origin, digest};

/// A step that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// When.
    pub at: Time,
    /// Where.
    pub node: NodeId,
    /// The node's incarnation.
    pub incarnation: Incarnation,
    /// The node's step count.
    pub number: u32,
    /// What happened.
    pub input: Input,
    /// The step that sent the message or armed the timer; `None`: the world caused it.
    pub cause: Option<Origin>,
    /// What it adds to the digest.
    pub digest: u128,
}

impl Seen {
    fn new<P: Protocol>(step: &Step<'_, P>, cause: Option<Origin>) -> Self {
        Self {
            at: step.at,
            node: step.node,
            incarnation: step.incarnation,
            number: step.number,
            input: trace::input(&step.happening),
            cause,
            digest: digest::hash(step),
        }
    }

    fn is(&self, origin: Origin) -> bool {
        (self.node, self.number) == (origin.node, origin.number)
    }
}

/// Which steps are kept.
#[derive(Clone, Copy, Debug)]
pub enum Keep {
    /// All but so many first ones.
    After(u64),
    /// One.
    Only(Origin),
}

/// Keeps steps of a run.
#[derive(Clone, Debug)]
pub struct Record {
    keep: Keep,
    causes: Causes,
    count: u64,
    kept: Vec<Seen>,
}

impl Record {
    /// A record of a run that hasn't begun.
    pub fn new(keep: Keep) -> Self {
        Self { keep, causes: Causes::default(), count: 0, kept: Vec::new() }
    }

    /// What was kept, in canonical order.
    pub fn steps(&self) -> &[Seen] {
        &self.kept
    }

    /// A step that was kept.
    pub fn find(&self, origin: Origin) -> Option<&Seen> {
        let at = self.kept.partition_point(|step| step.at < origin.at);
        self.kept[at..].iter().take_while(|step| step.at == origin.at).find(|step| step.is(origin))
    }
}

impl<P: Protocol> Observer<P> for Record {
    fn step(&mut self, step: &Step<'_, P>) {
        let cause = self.causes.step(step);
        self.count += 1;
        let wanted = match self.keep {
            Keep::After(before) => self.count > before,
            Keep::Only(origin) => (step.node, step.number) == (origin.node, origin.number),
        };
        if wanted {
            self.kept.push(Seen::new(step, cause));
        }
    }

    fn set_off(&mut self, pending: Pending) {
        self.causes.set_off(pending);
    }

    fn copied(&mut self, original: Pending, copy: Pending) {
        self.causes.copied(original, copy);
    }
}
