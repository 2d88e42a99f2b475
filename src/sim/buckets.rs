//! Unsorted lists of events, in one store of small chunks: a list costs eight bytes while it is
//! empty, grows without copying, and gives its chunks back to whichever list grows next.

use super::event::{Event, Kind};
use crate::node::{Time, WORLD};

/// Events a chunk: two cache lines. More would waste room in lists of one event, fewer would make
/// long lists slow to read.
pub const CHUNK: usize = 4;
/// Events a block, which is what is asked of the allocator at once.
const BLOCK: usize = 1024;

/// What stands where no event is.
pub const NOTHING: Event =
    Event { at: Time::ZERO, target: WORLD, origin: WORLD, seq: 0, kind: Kind::Timer, a: 0, b: 0 };

/// A list: its chunk that isn't full (or was filled last), and its length.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bucket {
    first: u32,
    len: u32,
}

/// The events of many buckets.
#[derive(Debug, Default)]
pub struct Store {
    blocks: Vec<Box<[Event]>>,
    /// The chunk behind each chunk, of its bucket or among the free ones.
    next: Vec<u32>,
    /// The first free chunk plus one; 0: there is none.
    free: u32,
}

impl Store {
    /// Adds an event to a bucket. O(1).
    ///
    /// # Panics
    /// With 2^34 events at once.
    pub fn push(&mut self, bucket: &mut Bucket, event: Event) {
        let place = bucket.len as usize % CHUNK;
        if place == 0 {
            let chunk = self.claim();
            self.next[chunk as usize] = bucket.first;
            bucket.first = chunk;
        }
        bucket.len += 1;
        let at = bucket.first as usize * CHUNK + place;
        self.blocks[at / BLOCK][at % BLOCK] = event;
    }

    /// Takes a few events out of a bucket, in no particular order, into `events`; says how many: none
    /// only if the bucket is empty. O(1).
    pub fn take(&mut self, bucket: &mut Bucket, events: &mut [Event; CHUNK]) -> usize {
        if bucket.len == 0 {
            return 0;
        }
        let (chunk, count) = (bucket.first as usize, (bucket.len as usize - 1) % CHUNK + 1);
        let at = chunk * CHUNK;
        events.copy_from_slice(&self.blocks[at / BLOCK][at % BLOCK..][..CHUNK]);
        bucket.len -= count as u32;
        bucket.first = std::mem::replace(&mut self.next[chunk], self.free);
        self.free = chunk as u32 + 1;
        count
    }

    fn claim(&mut self) -> u32 {
        if self.free == 0 {
            self.blocks.push(vec![NOTHING; BLOCK].into_boxed_slice());
            let first = u32::try_from(self.next.len()).expect("fewer than 2^32 chunks are used");
            let chunks = (BLOCK / CHUNK) as u32;
            // Each names the one behind it, plus one; the last none.
            self.next.extend((2..=chunks).map(|behind| first + behind).chain([0]));
            self.free = first + 1;
        }
        let chunk = self.free - 1;
        self.free = self.next[chunk as usize];
        chunk
    }
}

/// A logarithm of [`BUCKETS`].
pub const DIGIT_BITS: u32 = 10;
/// Buckets of a ring.
pub const BUCKETS: usize = 1 << DIGIT_BITS;

/// A row of buckets that knows which of them have events.
#[derive(Debug)]
pub struct Ring {
    buckets: Box<[Bucket]>,
    /// A bit for each bucket that isn't empty.
    occupied: [u64; BUCKETS / 64],
}

impl Ring {
    /// Nothing in it.
    #[must_use]
    pub fn new() -> Self {
        let buckets = vec![Bucket::default(); BUCKETS].into_boxed_slice();
        Self { buckets, occupied: [0; BUCKETS / 64] }
    }

    /// Adds an event to a bucket. O(1).
    pub fn push(&mut self, bucket: usize, event: Event, store: &mut Store) {
        store.push(&mut self.buckets[bucket], event);
        self.occupied[bucket / 64] |= 1 << (bucket % 64);
    }

    /// All buckets.
    pub fn into_buckets(self) -> impl Iterator<Item = Bucket> {
        self.buckets.into_iter()
    }

    /// Takes a bucket's events, leaving none.
    pub fn take(&mut self, bucket: usize) -> Bucket {
        self.occupied[bucket / 64] &= !(1 << (bucket % 64));
        std::mem::take(&mut self.buckets[bucket])
    }

    /// The first bucket with events behind `bucket`.
    #[must_use]
    pub fn after(&self, bucket: usize) -> Option<usize> {
        let next = bucket + 1;
        if next == BUCKETS {
            return None;
        }
        let mut word = next / 64;
        let mut bits = self.occupied[word] & (u64::MAX << (next % 64));
        while bits == 0 {
            word += 1;
            bits = *self.occupied.get(word)?;
        }
        Some(word * 64 + bits.trailing_zeros() as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drained(store: &mut Store, bucket: &mut Bucket) -> Vec<u32> {
        let (mut seqs, mut events) = (Vec::new(), [NOTHING; CHUNK]);
        loop {
            match store.take(bucket, &mut events) {
                0 => break,
                count => seqs.extend(events[..count].iter().map(|event| event.seq)),
            }
        }
        seqs.sort_unstable();
        seqs
    }

    #[test]
    fn buckets_keep_their_events_apart_and_reuse_chunks() {
        let mut store = Store::default();
        for round in 0..3 {
            let mut buckets = [Bucket::default(); 7];
            for seq in 0..5_000 {
                store.push(&mut buckets[seq as usize % 7], Event { seq, ..NOTHING });
            }
            for (rest, bucket) in (0..7).zip(&mut buckets) {
                let all: Vec<u32> = (0..5_000).filter(|seq| seq % 7 == rest).collect();
                assert_eq!(drained(&mut store, bucket), all, "round {round}");
                assert!(drained(&mut store, bucket).is_empty());
            }
            assert_eq!(store.blocks.len(), 5, "round {round}");
        }
    }
}
