//! What the shards' observers are told, kept until it can be told in order.

use crate::node::{
    DropCause, Happening, Incarnation, Key, NodeId, Observation, Observer, Operation, OperationId,
    Pending, Protocol, Role, Step, Time, WORLD,
};
use crate::sim::event::{Event, Kind};

/// What was told of one shard since the last replay, event by event.
pub struct Log<P: Protocol> {
    /// Whether messages and timers are told too.
    traffic: bool,
    /// The event under way.
    event: Event,
    /// Each event of which anything was told, and its first entry.
    events: Vec<(Event, usize)>,
    entries: Vec<Entry<P>>,
}

/// One call of an observer.
enum Entry<P: Protocol> {
    Step(Told, What<P>),
    Observation(Time, NodeId, Observation),
    Sent(Wire),
    SetOff(Pending),
    Copied(Pending, Pending),
    Duplicated(Wire),
    Dropped(Wire, DropCause),
}

/// A step, but for what happened.
struct Told {
    at: Time,
    node: NodeId,
    role: Role,
    incarnation: Incarnation,
    number: u32,
    cause: Option<Pending>,
}

/// What happened in a step.
enum What<P: Protocol> {
    Boot,
    Message { from: NodeId, message: P::Message },
    Timer(P::Timer),
    Operation { id: OperationId, operation: Operation },
    Leave,
    Stop { crash: bool },
}

#[derive(Clone, Copy)]
struct Wire {
    at: Time,
    from: NodeId,
    to: NodeId,
    kind: usize,
    bytes: u32,
}

impl<P: Protocol> Log<P> {
    /// Nothing told yet; of messages and timers only with `traffic`.
    pub const fn new(traffic: bool) -> Self {
        let event = at_window(Time::ZERO);
        Self { traffic, event, events: Vec::new(), entries: Vec::new() }
    }

    /// What is told from now on belongs to this event, which comes after those before.
    pub const fn begin(&mut self, event: Event) {
        self.event = event;
    }

    fn keep(&mut self, entry: Entry<P>) {
        let is_new = self.events.last().is_none_or(|(event, _)| *event != self.event);
        if is_new {
            self.events.push((self.event, self.entries.len()));
        }
        self.entries.push(entry);
    }

    fn tell(&self, place: usize, observer: &mut impl Observer<P>) {
        let first = self.events[place].1;
        let end = self.events.get(place + 1).map_or(self.entries.len(), |(_, next)| *next);
        self.entries[first..end].iter().for_each(|entry| entry.tell(observer));
    }
}

/// What is told between two windows, the second of which begins at `at`: before its first event.
pub const fn at_window(at: Time) -> Event {
    let kind = Kind::Arrive;
    Event { at, target: WORLD, origin: WORLD, seq: 0, kind, a: 0, b: 0 }
}

/// What is told of a node that boots before the first event.
pub const fn at_boot(node: NodeId) -> Event {
    Event { target: node, kind: Kind::Boot, ..at_window(Time::ZERO) }
}

/// Tells an observer, in the order of events, what the logs hold; leaves nothing in them. `key`
/// decides ties. O(entries + events x logs).
pub fn replay<P: Protocol>(logs: &mut [&mut Log<P>], key: Key, observer: &mut impl Observer<P>) {
    let mut places = vec![0; logs.len()];
    loop {
        let heads = logs.iter().zip(&places).enumerate();
        let heads = heads.filter_map(|(log, (it, &place))| Some((log, it.events.get(place)?.0)));
        let Some((log, _)) = heads.min_by(|(_, a), (_, b)| a.order(b, key)) else { break };
        logs[log].tell(places[log], observer);
        places[log] += 1;
    }
    for log in logs {
        log.events.clear();
        log.entries.clear();
    }
}

impl<P: Protocol> Entry<P> {
    fn tell(&self, observer: &mut impl Observer<P>) {
        match self {
            Self::Step(told, what) => {
                let &Told { at, node, role, incarnation, number, cause } = told;
                let happening = what.happening();
                observer.step(&Step { at, node, role, incarnation, number, cause, happening });
            }
            Self::Observation(at, node, told) => observer.observation(*at, *node, told),
            &Self::Sent(Wire { at, from, to, kind, bytes }) => {
                observer.sent(at, from, to, kind, bytes);
            }
            Self::SetOff(pending) => observer.set_off(*pending),
            Self::Copied(original, copy) => observer.copied(*original, *copy),
            &Self::Duplicated(Wire { at, from, to, kind, bytes }) => {
                observer.duplicated(at, from, to, kind, bytes);
            }
            &Self::Dropped(Wire { at, from, to, kind, bytes }, cause) => {
                observer.dropped(at, from, to, kind, bytes, cause);
            }
        }
    }
}

impl<P: Protocol> What<P> {
    fn new(happening: &Happening<'_, P>) -> Self {
        match *happening {
            Happening::Boot => Self::Boot,
            Happening::Message { from, message } => {
                Self::Message { from, message: message.clone() }
            }
            Happening::Timer(timer) => Self::Timer(timer),
            Happening::Operation { id, operation } => Self::Operation { id, operation: *operation },
            Happening::Leave => Self::Leave,
            Happening::Stop { crash } => Self::Stop { crash },
        }
    }

    const fn happening(&self) -> Happening<'_, P> {
        match self {
            Self::Boot => Happening::Boot,
            Self::Message { from, message } => Happening::Message { from: *from, message },
            Self::Timer(timer) => Happening::Timer(*timer),
            Self::Operation { id, operation } => Happening::Operation { id: *id, operation },
            Self::Leave => Happening::Leave,
            Self::Stop { crash } => Happening::Stop { crash: *crash },
        }
    }
}

impl<P: Protocol> Observer<P> for Log<P> {
    fn step(&mut self, step: &Step<'_, P>) {
        let is_traffic = matches!(step.happening, Happening::Message { .. } | Happening::Timer(_));
        if self.traffic || !is_traffic {
            let &Step { at, node, role, incarnation, number, cause, .. } = step;
            let told = Told { at, node, role, incarnation, number, cause };
            self.keep(Entry::Step(told, What::new(&step.happening)));
        }
    }

    fn observation(&mut self, at: Time, node: NodeId, observation: &Observation) {
        self.keep(Entry::Observation(at, node, *observation));
    }

    fn sent(&mut self, at: Time, from: NodeId, to: NodeId, kind: usize, bytes: u32) {
        if self.traffic {
            self.keep(Entry::Sent(Wire { at, from, to, kind, bytes }));
        }
    }

    fn set_off(&mut self, pending: Pending) {
        if self.traffic {
            self.keep(Entry::SetOff(pending));
        }
    }

    fn copied(&mut self, original: Pending, copy: Pending) {
        if self.traffic {
            self.keep(Entry::Copied(original, copy));
        }
    }

    fn duplicated(&mut self, at: Time, from: NodeId, to: NodeId, kind: usize, bytes: u32) {
        if self.traffic {
            self.keep(Entry::Duplicated(Wire { at, from, to, kind, bytes }));
        }
    }

    fn dropped(
        &mut self,
        at: Time,
        from: NodeId,
        to: NodeId,
        kind: usize,
        bytes: u32,
        cause: DropCause,
    ) {
        if self.traffic {
            self.keep(Entry::Dropped(Wire { at, from, to, kind, bytes }, cause));
        }
    }
}
