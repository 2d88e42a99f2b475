//! The bare limit: a ring of buckets whose width fits the workload, sorted when reached, with 32-byte
//! events in it; pop, draw, push, and nothing else. No engine can do the same events faster by much.

use crate::Engine;
use clippee_sim::node::{Key, Stream};

/// An event as large as the engine's.
#[derive(Clone, Copy)]
struct Event {
    at: u64,
    node: u32,
    kind: u32,
    words: [u64; 2],
}

const BUCKETS: usize = 2048;

/// Events within one turn of the ring; its width must cover the longest delay.
struct Ring {
    width: u64,
    slot: u64,
    current: Vec<Event>,
    buckets: Vec<Vec<Event>>,
}

impl Ring {
    fn new(longest: u64) -> Self {
        let width = longest / (BUCKETS as u64 - 2) + 1;
        Self { width, slot: 0, current: Vec::new(), buckets: vec![Vec::new(); BUCKETS] }
    }

    fn push(&mut self, event: Event) {
        let slot = event.at / self.width;
        if slot <= self.slot {
            let place = self.current.partition_point(|e| e.at > event.at);
            self.current.insert(place, event);
        } else {
            self.buckets[slot as usize % BUCKETS].push(event);
        }
    }

    fn pop(&mut self) -> Event {
        while self.current.is_empty() {
            self.slot += 1;
            std::mem::swap(&mut self.current, &mut self.buckets[self.slot as usize % BUCKETS]);
            self.current.sort_unstable_by_key(|event| std::cmp::Reverse(event.at));
        }
        self.current.pop().expect("there is one")
    }
}

/// A workload on the bare ring.
pub struct Limit {
    ring: Ring,
    nodes: u32,
    stream: Stream,
    /// Per node, what a protocol would keep: touched by each event.
    states: Vec<u64>,
    places: Vec<(f32, f32)>,
    step: fn(&mut Limit, Event) -> u64,
}

const SECOND: u64 = 1_000_000_000;

fn exponential(stream: &mut Stream) -> u64 {
    (-libm::log(stream.unit_open()) * SECOND as f64) as u64
}

impl Limit {
    fn new(nodes: u32, longest: u64, step: fn(&mut Self, Event) -> u64) -> Self {
        let mut stream = Key::from_word(7).stream(1, 1);
        let places = (0..nodes).map(|_| (stream.unit() as f32, stream.unit() as f32)).collect();
        let states = vec![0; nodes as usize];
        Self { ring: Ring::new(longest), nodes, stream, states, places, step }
    }

    fn start(mut self, delay: fn(&mut Stream) -> u64) -> Self {
        for node in 0..self.nodes {
            let at = delay(&mut self.stream).min(20 * SECOND);
            self.ring.push(Event { at, node, kind: 0, words: [0; 2] });
        }
        self
    }

    fn delay(&self, a: u32, b: u32) -> u64 {
        let (a, b) = (self.places[a as usize], self.places[b as usize]);
        let (x, y) = (a.0 - b.0, a.1 - b.1);
        10_000_000 + (f64::from((x * x + y * y).sqrt()) * 205_000_000.0) as u64
    }
}

impl Engine for Limit {
    fn run(&mut self, operations: u64) -> u64 {
        let mut done = 0;
        while done < operations {
            let event = self.ring.pop();
            done += (self.step)(self, event);
        }
        done
    }
}

/// W1 on the ring.
pub fn phold(nodes: u32) -> Limit {
    fn step(limit: &mut Limit, event: Event) -> u64 {
        limit.states[event.node as usize] += 1;
        let node = limit.stream.below(u64::from(limit.nodes)) as u32;
        let at = event.at + (SECOND + exponential(&mut limit.stream)).min(21 * SECOND);
        limit.ring.push(Event { at, node, ..event });
        1
    }
    Limit::new(nodes, 22 * SECOND, step).start(exponential)
}

/// W2 on the ring: kinds 0 tick, 1 request, 2 reply. The timeout that a reply cancels is never
/// pushed: the bare limit knows that it won't fire.
pub fn rounds(nodes: u32) -> Limit {
    fn step(limit: &mut Limit, event: Event) -> u64 {
        limit.states[event.node as usize] += 1;
        let Event { at, node, kind, words } = event;
        match kind {
            0 => {
                let to = limit.stream.below(u64::from(limit.nodes)) as u32;
                let next = at + exponential(&mut limit.stream).min(21 * SECOND);
                limit.ring.push(Event { at: next, ..event });
                let arrives = at + limit.delay(node, to);
                let words = [u64::from(node), at];
                limit.ring.push(Event { at: arrives, node: to, kind: 1, words });
                1
            }
            1 => {
                let back = words[0] as u32;
                let arrives = at + limit.delay(node, back);
                limit.ring.push(Event { at: arrives, node: back, kind: 2, words });
                1
            }
            _ => 2,
        }
    }
    Limit::new(nodes, 22 * SECOND, step).start(exponential)
}
