//! Writes a trace while a run goes on.

use super::describe;
use super::line::{Dropped, Effect, Line, Run, Sending, StepLine, Word};
use crate::node::{DropCause, MessageKind, NodeId, Observation, Observer, Pending, Protocol};
use crate::node::{Step, Time};
use crate::observe::causes::Causes;
use crate::observe::digest;
use std::io::{self, Write};

/// Writes every step as a line, as soon as the next one begins. Keeps what is under way (16 bytes
/// each) and one step.
#[derive(Debug)]
pub struct Tracer<W> {
    out: W,
    causes: Causes,
    step: Option<StepLine>,
    /// What became of messages since: lines of their own, after the step.
    after: Vec<Line>,
    error: Option<io::Error>,
}

impl<W: Write> Tracer<W> {
    /// A trace of a run that hasn't begun.
    pub fn new(out: W, run: Run) -> Self {
        let (causes, after) = (Causes::default(), vec![Line::Run(run)]);
        Self { out, causes, step: None, after, error: None }
    }

    /// Whether writing has failed; nothing more is written then.
    #[must_use]
    pub const fn has_failed(&self) -> bool {
        self.error.is_some()
    }

    /// Writes what is left, after the run's last event.
    ///
    /// # Errors
    /// The first of all that occurred.
    pub fn finish(mut self) -> io::Result<W> {
        self.write();
        if let Some(error) = self.error {
            return Err(error);
        }
        self.out.flush()?;
        Ok(self.out)
    }

    /// Writes the last step and what came after it.
    fn write(&mut self) {
        let step = self.step.take().map(Line::Step);
        for line in step.into_iter().chain(self.after.drain(..)) {
            if self.error.is_none() {
                let written = serde_json::to_writer(&mut self.out, &line).map_err(io::Error::from);
                self.error = written.and_then(|()| self.out.write_all(b"\n")).err();
            }
        }
    }

    fn effect(&mut self, effect: Effect) {
        if let Some(step) = &mut self.step {
            step.effects.push(effect);
        }
    }
}

fn kind<P: Protocol>(kind: usize) -> Word {
    P::Message::KINDS.get(kind).copied().unwrap_or("unknown").into()
}

impl<P: Protocol, W: Write> Observer<P> for Tracer<W> {
    fn step(&mut self, step: &Step<'_, P>) {
        self.write();
        self.step = Some(StepLine {
            at: step.at.nanos(),
            node: step.node.0,
            incarnation: step.incarnation,
            number: step.number,
            input: describe::input(&step.happening),
            cause: self.causes.step(step),
            digest: format!("{:032x}", digest::hash(step)),
            effects: Vec::new(),
        });
    }

    fn observation(&mut self, _: Time, _: NodeId, observation: &Observation) {
        self.effect(Effect::Tell(describe::told(observation)));
    }

    fn sent(&mut self, _: Time, _: NodeId, to: NodeId, message: usize, bytes: u32) {
        self.effect(Effect::Send { to: to.0, kind: kind::<P>(message), bytes });
    }

    fn set_off(&mut self, pending: Pending) {
        self.causes.set_off(pending);
    }

    fn copied(&mut self, original: Pending, copy: Pending) {
        self.causes.copied(original, copy);
    }

    fn duplicated(&mut self, at: Time, from: NodeId, to: NodeId, message: usize, bytes: u32) {
        let kind = kind::<P>(message);
        let copy = Sending { at: at.nanos(), from: from.0, to: to.0, kind, bytes };
        self.after.push(Line::Copy(copy));
    }

    fn dropped(
        &mut self,
        at: Time,
        from: NodeId,
        to: NodeId,
        message: usize,
        bytes: u32,
        cause: DropCause,
    ) {
        let kind = kind::<P>(message);
        let message = Sending { at: at.nanos(), from: from.0, to: to.0, kind, bytes };
        self.after.push(Line::Drop(Dropped { message, why: cause.name().into() }));
    }
}
