//! Messages and bytes, by kind and by fate.
//!
//! A message counts at the instant at which it is sent, once: the network's copies of it
//! (`duplicate`) aren't counted. A loss counts at the instant at which the message came to nothing,
//! copies included.

use super::results::{Named, NetworkResults};
use super::series::{Grid, Series};
use super::window::{Window, add, ratio};
use crate::node::{DropCause, Time};

/// The kinds of a protocol's messages.
#[derive(Clone, Debug)]
pub struct Kinds {
    /// Their names.
    pub names: &'static [&'static str],
    /// Whether each is upkeep (CLIPPEE M9).
    pub background: Vec<bool>,
}

/// Counts of messages.
#[derive(Debug)]
pub struct Network {
    window: Window,
    grid: Grid,
    kinds: Kinds,
    sent: Vec<u64>,
    bytes: u64,
    dropped: [u64; DropCause::ALL.len()],
    /// Work and upkeep per bucket.
    buckets: Vec<[u64; 2]>,
}

impl Network {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(window: Window, grid: Grid, kinds: Kinds) -> Self {
        let sent = vec![0; kinds.names.len()];
        let (dropped, buckets) = ([0; DropCause::ALL.len()], vec![[0; 2]; grid.buckets()]);
        Self { window, grid, kinds, sent, bytes: 0, dropped, buckets }
    }

    /// A message was sent.
    pub fn sent(&mut self, at: Time, kind: usize, bytes: u32) {
        self.buckets[self.grid.bucket(at)][usize::from(self.kinds.background[kind])] += 1;
        if self.window.contains(at) {
            self.sent[kind] += 1;
            self.bytes += u64::from(bytes);
        }
    }

    /// A message or a copy came to nothing.
    pub fn dropped(&mut self, at: Time, cause: DropCause) {
        self.dropped[cause as usize] += u64::from(self.window.contains(at));
    }

    /// Takes in another part.
    pub fn merge(&mut self, other: &Self) {
        add(&mut self.sent, &other.sent);
        self.bytes += other.bytes;
        add(&mut self.dropped, &other.dropped);
        for (counts, others) in self.buckets.iter_mut().zip(&other.buckets) {
            add(counts, others);
        }
    }

    /// The totals over the window, in which `operations` were asked for.
    #[must_use]
    pub fn results(&self, operations: u64) -> NetworkResults {
        let upkeep = self.sent.iter().zip(&self.kinds.background).filter(|(_, upkeep)| **upkeep);
        let background = upkeep.map(|(count, _)| count).sum();
        let messages = self.sent.iter().sum::<u64>();
        let dropped = DropCause::ALL.into_iter().zip(self.dropped);
        let by_kind = self.kinds.names.iter().copied().zip(self.sent.iter().copied());
        NetworkResults {
            messages,
            bytes: self.bytes,
            messages_per_operation: ratio(messages - background, operations),
            background,
            dropped: Named(dropped.map(|(cause, count)| (cause.name(), count)).collect()),
            by_kind: Named(by_kind.collect()),
        }
    }

    /// Adds `messages_per_s` of work and upkeep.
    pub fn series(&self, end: Time, series: &mut Series) {
        for (which, label) in ["work", "background"].into_iter().enumerate() {
            for (index, counts) in self.buckets.iter().enumerate() {
                let length = self.grid.until(index, end);
                series.rate("messages_per_s", label, index, counts[which], length);
            }
        }
    }
}
