//! For which keys a peer may say "absent means version 0" (CLIPPEE 6).
//!
//! The keys that a peer is responsible for form an arc around its id. When the arc grows on a side,
//! what was added isn't ready until each peer that shares any of it has listed all that it holds
//! there, or is found dead. Replica sets along the ring are windows of r neighbours that slide one
//! by one, so those who share the added keys are the sets at its two ends.
//!
//! What this doesn't do: fetch what was listed (an object that is known to be behind isn't ready on
//! its own account).

use super::alarm::{Alarm, patience};
use super::message::Message;
use super::neighbourhood::Neighbourhood;
use super::ring::{Direction, Place, Reach, Stretch};
use super::{ReplicaHost, Timer};
use crate::node::{Context, NodeId, Span, Time};
use crate::protocol::overlay::Key;
use std::collections::BTreeMap;

/// Waits between repeated requests grow up to this.
const ASK_MOST: Span = Span::from_secs(5);

/// What one neighbour still owes.
#[derive(Debug)]
struct Ask {
    /// Not listed yet; `None`: all is.
    rest: Option<Stretch>,
    due: Time,
    tries: u32,
}

/// The part of a side that is being asked about: from behind the ready distance up to `goal`.
#[derive(Debug)]
struct Wait {
    token: u64,
    goal: u64,
    asks: BTreeMap<NodeId, Ask>,
}

/// One side of the arc.
#[derive(Debug, Default)]
struct Side {
    /// Ready up to this distance, included.
    ready: Option<u64>,
    wait: Option<Wait>,
}

impl Side {
    /// The nearest distance that isn't ready. Distance 0 belongs to the side above.
    fn next(&self, direction: Direction) -> u64 {
        match (self.ready, direction) {
            (Some(ready), _) => ready.saturating_add(1),
            (None, Direction::Above) => 0,
            (None, Direction::Below) => 1,
        }
    }
}

/// The ready part of a peer's arc, and what it waits for elsewhere.
#[derive(Debug)]
pub(super) struct Readiness {
    place: Place,
    reach: Reach,
    sides: [Side; 2],
    last_token: u64,
    alarm: Alarm,
}

impl Readiness {
    /// Nothing is ready.
    pub fn new(place: Place, incarnation: u32) -> Self {
        Self {
            place,
            reach: Reach::default(),
            sides: [Side::default(), Side::default()],
            // An answer to an earlier incarnation must not pass for an answer to this one.
            last_token: u64::from(incarnation) << 32,
            alarm: Alarm::new(Timer::Ask),
        }
    }

    /// Everything within `reach` is ready: the start of a peer that was always there.
    pub fn converge(&mut self, reach: Reach) {
        self.reach = reach;
        for direction in Direction::BOTH {
            let ready = Some(reach.of(direction));
            self.sides[direction as usize] = Side { ready, wait: None };
        }
    }

    /// Whether all neighbours were heard about `key`.
    pub fn covers(&self, key: Key) -> bool {
        let within = |direction: Direction, distance: u64| {
            self.sides[direction as usize].ready.is_some_and(|ready| distance <= ready)
        };
        let (below, above) = (self.place.id.wrapping_sub(key), key.wrapping_sub(self.place.id));
        within(Direction::Above, above) || (below > 0 && within(Direction::Below, below))
    }

    /// The overlay's view changed: shrinks, or asks about what was added. O(r) messages.
    pub fn update<H: ReplicaHost>(
        &mut self,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) {
        if !overlay.is_joined() {
            self.sides = [Side::default(), Side::default()];
            return;
        }
        self.reach = Reach::new(overlay.arc(self.place.r));
        for direction in Direction::BOTH {
            let extent = self.reach.of(direction);
            let side = &mut self.sides[direction as usize];
            side.ready = side.ready.map(|ready| ready.min(extent));
            if let Some(wait) = &mut side.wait {
                wait.goal = wait.goal.min(extent);
                self.ask_sharers(direction, overlay, cx);
            }
            self.proceed(direction, overlay, cx);
        }
        self.set_alarm(cx);
    }

    /// Neighbour `from` listed all that it holds in `listed`.
    pub fn heard<H: ReplicaHost>(
        &mut self,
        from: NodeId,
        token: u64,
        listed: Stretch,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) {
        for direction in Direction::BOTH {
            let Some(wait) = &mut self.sides[direction as usize].wait else { continue };
            let Some(ask) = wait.asks.get_mut(&from).filter(|_| wait.token == token) else {
                continue;
            };
            let Some(rest) = ask.rest.filter(|rest| rest.start == listed.start) else { continue };
            ask.tries = 0;
            ask.rest = rest.after(listed);
            send(from, ask, token, overlay, cx);
            self.proceed(direction, overlay, cx);
        }
        self.set_alarm(cx);
    }

    /// `peer` was found dead or has left: nothing is expected from it.
    pub fn gone<H: ReplicaHost>(
        &mut self,
        peer: NodeId,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) {
        for direction in Direction::BOTH {
            if let Some(wait) = &mut self.sides[direction as usize].wait {
                wait.asks.remove(&peer);
                self.proceed(direction, overlay, cx);
            }
        }
        self.set_alarm(cx);
    }

    /// The timer fired: repeats what wasn't answered.
    pub fn on_timer<H: ReplicaHost>(
        &mut self,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) {
        self.alarm.went_off();
        let now = cx.now();
        for wait in self.sides.iter_mut().filter_map(|side| side.wait.as_mut()) {
            for (&peer, ask) in wait.asks.iter_mut().filter(|(_, ask)| ask.due <= now) {
                send(peer, ask, wait.token, overlay, cx);
            }
        }
        self.set_alarm(cx);
    }

    /// Finishes a wait in which all were heard, and begins the next one if the arc has grown on.
    fn proceed<H: ReplicaHost>(
        &mut self,
        direction: Direction,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) {
        let extent = self.reach.of(direction);
        loop {
            let side = &mut self.sides[direction as usize];
            let next = side.next(direction);
            if let Some(wait) = &side.wait {
                if next <= wait.goal && wait.asks.values().any(|ask| ask.rest.is_some()) {
                    return;
                }
                side.ready = side.ready.max(Some(wait.goal));
                side.wait = None;
            } else if next <= extent {
                self.last_token += 1;
                let token = self.last_token;
                side.wait = Some(Wait { token, goal: extent, asks: BTreeMap::new() });
                self.ask_sharers(direction, overlay, cx);
            } else {
                // A peer that is responsible for its own id alone: the side below is empty, and
                // ready.
                side.ready = side.ready.or(Some(extent));
                return;
            }
        }
    }

    /// Sees to it that exactly those who share the awaited keys are asked.
    fn ask_sharers<H: ReplicaHost>(
        &mut self,
        direction: Direction,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) {
        let Place { node, id, r } = self.place;
        let side = &mut self.sides[direction as usize];
        let nearest = side.next(direction);
        let Some(wait) = side.wait.as_mut().filter(|wait| nearest <= wait.goal) else { return };
        let mut sharers = overlay.replicas(direction.at(id, nearest), r);
        sharers.extend(overlay.replicas(direction.at(id, wait.goal), r));
        sharers.retain(|&peer| peer != node);
        wait.asks.retain(|peer, _| sharers.contains(peer));
        for peer in sharers {
            wait.asks.entry(peer).or_insert_with(|| {
                let rest = Some(direction.stretch(id, nearest, wait.goal));
                let mut ask = Ask { rest, due: Time::NEVER, tries: 0 };
                send(peer, &mut ask, wait.token, overlay, cx);
                ask
            });
        }
    }

    fn set_alarm<H: ReplicaHost>(&mut self, cx: &mut Context<'_, H>) {
        let waits = self.sides.iter().filter_map(|side| side.wait.as_ref());
        let due = waits.flat_map(|wait| wait.asks.values()).map(|ask| ask.due).min();
        self.alarm.by(due, cx);
    }

    /// Whether it waits for anybody.
    #[cfg(test)]
    pub fn is_waiting(&self) -> bool {
        self.sides.iter().any(|side| side.wait.is_some())
    }
}

/// Asks for what is missing, and notes when to ask again.
fn send<H: ReplicaHost>(
    peer: NodeId,
    ask: &mut Ask,
    token: u64,
    overlay: &impl Neighbourhood,
    cx: &mut Context<'_, H>,
) {
    let Some(stretch) = ask.rest else {
        ask.due = Time::NEVER;
        return;
    };
    cx.send(peer, Message::Ask { token, stretch });
    ask.due = cx.now() + patience(overlay.timeout(peer), ask.tries, ASK_MOST);
    ask.tries += 1;
}
