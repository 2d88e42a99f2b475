//! Chrome's trace events: a track for each node, flows for messages, spans for locks and operations.

use super::events::{Event, Events, us};
use super::read::{TraceError, Window, name, open, sends};
use crate::observe::trace::{Effect, Input, Line, Run, StepLine, Told};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

/// Groups of tracks.
const PEERS: u32 = 1;
const CLIENTS: u32 = 2;

/// A step takes no time; it is drawn this long, in nanoseconds, or up to the node's next step, so
/// that it can be seen and flows can end in it.
const SHOWN: u64 = 1_000;

/// What begins in one step and ends in another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Span {
    Lock { node: u32, object: u32, attempt: String },
    Operation { node: u32, id: String },
}

impl Span {
    const fn node(&self) -> u32 {
        match *self {
            Self::Lock { node, .. } | Self::Operation { node, .. } => node,
        }
    }

    const fn category(&self) -> &'static str {
        match self {
            Self::Lock { .. } => "lock",
            Self::Operation { .. } => "operation",
        }
    }
}

struct Chrome<W> {
    events: Events<W>,
    run: Run,
    window: Window,
    /// The last step of each node, which is drawn when its next one is known.
    last: BTreeMap<u32, StepLine>,
    /// Spans that are open, by number, with their names.
    open: BTreeMap<Span, (u64, String)>,
    /// Numbers of flows and spans.
    next: u64,
    steps: u64,
    end: u64,
}

/// Writes the part `window` of the trace in `source` as Chrome's trace events. Returns the number of
/// steps shown. Keeps one step a node and what is open.
///
/// # Errors
/// See [`TraceError`].
pub fn chrome(source: impl BufRead, window: Window, out: impl Write) -> Result<u64, TraceError> {
    let (run, lines) = open(source, window)?;
    let mut chrome = Chrome {
        events: Events::begin(out)?,
        run,
        window,
        last: BTreeMap::new(),
        open: BTreeMap::new(),
        next: 1,
        steps: 0,
        end: 0,
    };
    chrome.head()?;
    for line in lines {
        if let Line::Step(step) = line?
            && window.contains(step.at)
        {
            chrome.step(step)?;
        }
    }
    chrome.finish()
}

impl<W: Write> Chrome<W> {
    fn head(&mut self) -> io::Result<()> {
        let Run { name, seed, protocol, .. } = &self.run;
        let of = format!("{name}, {protocol}, seed {seed}");
        for (pid, role) in [(PEERS, "peers"), (CLIENTS, "clients")] {
            let args = json!({ "name": format!("{role} of {of}") });
            let name = "process_name";
            self.events.write(&Event { phase: "M", name, pid, args, ..Event::default() })?;
        }
        Ok(())
    }

    const fn pid(&self, node: u32) -> u32 {
        if node <= self.run.peers { PEERS } else { CLIENTS }
    }

    fn step(&mut self, step: StepLine) -> io::Result<()> {
        self.steps += 1;
        self.end = step.at;
        self.flow(&step)?;
        self.spans(&step)?;
        let (node, at) = (step.node, step.at);
        match self.last.insert(node, step) {
            Some(last) => self.slice(&last, at),
            None => self.track(node),
        }
    }

    /// A node is seen for the first time.
    fn track(&mut self, node: u32) -> io::Result<()> {
        let pid = self.pid(node);
        let role = if pid == PEERS { "peer" } else { "client" };
        let args = json!({ "name": format!("{role} n{node}") });
        let name = "thread_name";
        self.events.write(&Event { phase: "M", name, pid, tid: node, args, ..Event::default() })
    }

    /// Draws a step, whose node's next one is at `next`.
    fn slice(&mut self, step: &StepLine, next: u64) -> io::Result<()> {
        let category = match step.input {
            Input::Message { .. } => "message",
            Input::Timer { .. } => "timer",
            Input::Operation { .. } => "operation",
            Input::Boot | Input::Leave | Input::Stop { .. } => "churn",
        };
        self.events.write(&Event {
            phase: "X",
            name: &name(step),
            category,
            at_us: us(step.at),
            duration_us: Some(us(SHOWN.min(next - step.at))),
            pid: self.pid(step.node),
            tid: step.node,
            args: args(step),
            ..Event::default()
        })
    }

    /// The way of the message that the step handles, if its sending is shown too.
    fn flow(&mut self, step: &StepLine) -> io::Result<()> {
        let (Input::Message { kind, .. }, Some(cause)) = (&step.input, step.cause) else {
            return Ok(());
        };
        if !self.window.contains(cause.at.nanos()) {
            return Ok(());
        }
        let id = self.number();
        let ends =
            [("s", cause.at.nanos(), cause.node.0, None), ("f", step.at, step.node, Some("e"))];
        for (phase, at, node, binding) in ends {
            self.events.write(&Event {
                phase,
                name: kind,
                category: "message",
                at_us: us(at),
                pid: self.pid(node),
                tid: node,
                id: Some(id),
                binding,
                ..Event::default()
            })?;
        }
        Ok(())
    }

    /// What begins and ends in a step.
    fn spans(&mut self, step: &StepLine) -> io::Result<()> {
        let (at, node) = (step.at, step.node);
        match &step.input {
            Input::Operation { id, kind, .. } => {
                self.begin(at, Span::Operation { node, id: id.clone() }, format!("{kind} {id}"))?;
            }
            Input::Stop { .. } => {
                let open = self.open.keys().filter(|span| span.node() == node).cloned();
                for span in open.collect::<Vec<_>>() {
                    self.finish_span(at, &span)?;
                }
            }
            _ => {}
        }
        for effect in &step.effects {
            let Effect::Tell(Told { what, object, operation, attempt, .. }) = effect else {
                continue;
            };
            match (what.as_ref(), object, attempt, operation) {
                ("locked", &Some(object), Some(attempt), _) => {
                    let title = format!("lock of object {object} for {attempt}");
                    let attempt = attempt.clone();
                    self.begin(at, Span::Lock { node, object, attempt }, title)?;
                }
                ("lock_ended", &Some(object), Some(attempt), _) => {
                    let attempt = attempt.clone();
                    self.finish_span(at, &Span::Lock { node, object, attempt })?;
                }
                ("ended", _, _, Some(id)) => {
                    self.finish_span(at, &Span::Operation { node, id: id.clone() })?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn begin(&mut self, at: u64, span: Span, title: String) -> io::Result<()> {
        self.finish_span(at, &span)?;
        let id = self.number();
        self.end_of_span("b", at, &span, &title, id)?;
        self.open.insert(span, (id, title));
        Ok(())
    }

    /// Ends a span, if it is open: it may have begun before the window.
    fn finish_span(&mut self, at: u64, span: &Span) -> io::Result<()> {
        let Some((id, title)) = self.open.remove(span) else { return Ok(()) };
        self.end_of_span("e", at, span, &title, id)
    }

    fn end_of_span(
        &mut self,
        phase: &'static str,
        at: u64,
        span: &Span,
        title: &str,
        id: u64,
    ) -> io::Result<()> {
        self.events.write(&Event {
            phase,
            name: title,
            category: span.category(),
            at_us: us(at),
            pid: self.pid(span.node()),
            tid: span.node(),
            id: Some(id),
            ..Event::default()
        })
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    fn finish(mut self) -> Result<u64, TraceError> {
        for step in std::mem::take(&mut self.last).into_values() {
            self.slice(&step, u64::MAX)?;
        }
        let end = self.end;
        for span in self.open.keys().cloned().collect::<Vec<_>>() {
            self.finish_span(end, &span)?;
        }
        self.events.end()?;
        Ok(self.steps)
    }
}

/// What is shown of a step that is clicked on.
fn args(step: &StepLine) -> Value {
    let mut args = json!({ "step": step.number, "incarnation": step.incarnation });
    let content = match &step.input {
        Input::Message { content, .. }
        | Input::Timer { content }
        | Input::Operation { content, .. } => Some(content),
        _ => None,
    };
    if let Some(content) = content {
        args["content"] = content.as_str().into();
    }
    if let Some(cause) = step.cause {
        args["caused_by"] = format!("{} step {} at {}", cause.node, cause.number, cause.at).into();
    }
    let told = step.effects.iter().filter_map(|effect| match effect {
        Effect::Tell(told) => Some(Value::from(told.content.as_str())),
        Effect::Send { .. } => None,
    });
    let told: Vec<Value> = told.collect();
    if !told.is_empty() {
        args["told"] = told.into();
    }
    if sends(step) {
        let sent = step.effects.iter().filter_map(|effect| match effect {
            Effect::Send { to, kind, .. } => Some(format!("{kind} to n{to}")),
            Effect::Tell(_) => None,
        });
        args["sent"] = sent.collect::<Vec<_>>().into();
    }
    args
}
