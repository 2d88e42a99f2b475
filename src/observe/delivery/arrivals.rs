//! How long copies took, from the sender's asking to the member.
//!
//! Who must get a message isn't known before [`STAY`](super::message::STAY) has passed. Until then
//! its copies' latencies wait, 8 bytes each; after that they are taken in at once.

use super::message::{Message, MessageIndex};
use super::size::{self, SIZES};
use crate::node::{Span, Time};
use crate::observe::metrics::Latencies;
use std::collections::{BTreeMap, VecDeque};

/// A copy that took longer didn't come by the straight way.
pub const STRAIGHT: Span = Span::from_secs(5);

/// No copy yet.
const NONE: u64 = u64::MAX;

/// A message that not all have.
#[derive(Clone, Debug, Default)]
struct Track {
    /// By member, in nanoseconds, while it isn't known who must get it.
    waiting: Vec<u64>,
    settled: bool,
    /// Of those who must get it.
    got: u64,
}

/// Latencies of the messages that count.
#[derive(Clone, Debug)]
pub struct Arrivals {
    tracks: BTreeMap<MessageIndex, Track>,
    /// Those that aren't settled, in order of time.
    queue: VecDeque<MessageIndex>,
    /// Of all copies.
    pub all: Latencies<u64>,
    /// Of the copy with which half of those had a message who must get it.
    pub to_median: Latencies<u64>,
    /// Of the copy with which all had it.
    pub to_last: Latencies<u64>,
    /// Of all copies, by size of the group.
    pub by_size: [Option<Box<Latencies<u64>>>; SIZES.len()],
    /// Copies that took longer than [`STRAIGHT`].
    pub recovered: u64,
}

impl Arrivals {
    /// Nothing was sent.
    #[must_use]
    pub fn new() -> Self {
        Self {
            tracks: BTreeMap::new(),
            queue: VecDeque::new(),
            all: Latencies::fine(),
            to_median: Latencies::fine(),
            to_last: Latencies::fine(),
            by_size: Default::default(),
            recovered: 0,
        }
    }

    /// A message that counts has got its number.
    pub fn numbered(&mut self, index: MessageIndex) {
        self.tracks.insert(index, Track::default());
        self.queue.push_back(index);
    }

    /// A member of the time at which the message was numbered has it.
    pub fn arrived(&mut self, index: MessageIndex, slot: u32, latency: Span, message: &Message) {
        let Some(track) = self.tracks.get_mut(&index) else { return };
        if !track.settled {
            let slot = slot as usize;
            if slot >= track.waiting.len() {
                track.waiting.resize(slot + 1, NONE);
            }
            track.waiting[slot] = latency.nanos();
        } else if message.expected.has(slot) {
            track.got += 1;
            let got = track.got;
            self.count(latency, message);
            self.progress(index, got, got, latency, message);
        }
    }

    /// Settles the messages whose time has come.
    pub fn advance(&mut self, at: Time, messages: &[Message]) {
        while let Some(&index) = self.queue.front() {
            if messages[index.place()].due() > at {
                break;
            }
            self.queue.pop_front();
            self.settle(index, &messages[index.place()]);
        }
    }

    /// Who must get the message is known now.
    fn settle(&mut self, index: MessageIndex, message: &Message) {
        let Some(track) = self.tracks.get_mut(&index) else { return };
        track.settled = true;
        let waiting = std::mem::take(&mut track.waiting);
        let of = |slot: u32| waiting.get(slot as usize).copied().filter(|&ns| ns != NONE);
        let mut latencies: Vec<u64> = message.expected.iter().filter_map(of).collect();
        latencies.sort_unstable();
        track.got = latencies.len() as u64;
        let got = track.got;
        for &ns in &latencies {
            self.count(Span::from_nanos(ns), message);
        }
        let half = message.expected.count().div_ceil(2);
        if let Some(&median) =
            usize::try_from(half).ok().and_then(|half| latencies.get(half.checked_sub(1)?))
        {
            self.to_median.record(Span::from_nanos(median));
        }
        if message.expected.count() == 0 {
            self.tracks.remove(&index);
        } else if let Some(&last) = latencies.last() {
            self.progress(index, got, 0, Span::from_nanos(last), message);
        }
    }

    /// `got` have the message; `fresh` is that number too if one of them has just got it.
    fn progress(
        &mut self,
        index: MessageIndex,
        got: u64,
        fresh: u64,
        latency: Span,
        message: &Message,
    ) {
        let expected = message.expected.count();
        if fresh == expected.div_ceil(2) {
            self.to_median.record(latency);
        }
        if got == expected {
            self.to_last.record(latency);
            self.tracks.remove(&index);
        }
    }

    fn count(&mut self, latency: Span, message: &Message) {
        self.all.record(latency);
        self.recovered += u64::from(latency > STRAIGHT);
        let members = message.start.map_or(0, |start| start.members);
        let of_size = &mut self.by_size[size::class(members)];
        of_size.get_or_insert_with(|| Box::new(Latencies::fine())).record(latency);
    }
}
