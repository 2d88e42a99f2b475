//! Randomness that moves nothing else: Philox4x32-10 (Salmon et al., "Parallel random numbers: as
//! easy as 1, 2, 3", SC 2011), a keyed bijection of a counter.
//!
//! A [`Stream`]'s counter is (node, incarnation, draw): one more draw at one node leaves every
//! other node's draws where they were, and a node's stream costs eight bytes of state. Keys come
//! from the seed, one per [`Purpose`].

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Infallible, Rng, SeedableRng, TryRng};

/// What draws are for. Each purpose has its own key, so that a change of the workload, say, leaves
/// churn as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Draws of protocol steps.
    Protocol = 0,
    /// Latency, jitter, loss, duplication.
    Network = 1,
    /// Sessions, gaps and the kind of their ends.
    Churn = 2,
    /// Operations and when they are issued.
    Workload = 3,
    /// Where nodes are, what their ids are, and whom they know first.
    Placement = 4,
    /// The order of events at one node and instant.
    Tie = 5,
    /// Whom faults strike, and which messages.
    Fault = 6,
}

/// A Philox key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key([u32; 2]);

impl Key {
    /// The key of `purpose` in runs of `seed`. ChaCha8 does the derivation: seeds that differ in
    /// one bit, and purposes of one seed, give unrelated keys.
    #[must_use]
    pub fn new(seed: u64, purpose: Purpose) -> Self {
        let mut chacha = ChaCha8Rng::seed_from_u64(seed);
        chacha.set_stream(purpose as u64);
        Self([chacha.next_u32(), chacha.next_u32()])
    }

    /// A key given as a number, for tests and tools.
    #[must_use]
    pub const fn from_word(word: u64) -> Self {
        Self([word as u32, (word >> 32) as u32])
    }

    /// The key as a number.
    #[must_use]
    pub const fn word(self) -> u64 {
        self.0[0] as u64 | (self.0[1] as u64) << 32
    }

    /// The block at `counter`: 128 random bits, a pure function of key and counter.
    #[must_use]
    pub const fn block(self, counter: [u32; 4]) -> [u32; 4] {
        philox(counter, self.0)
    }

    /// The stream of `node` in its `incarnation`, from its first draw.
    #[must_use]
    pub const fn stream(self, node: u32, incarnation: u32) -> Stream {
        Stream { key: self, node, incarnation, draw: 0, lane: 0 }
    }

    /// A second, unrelated stream family under this key: `lane` is the counter's fourth word, 0 in
    /// [`Key::stream`].
    #[must_use]
    pub const fn lane(self, node: u32, incarnation: u32, lane: u32) -> Stream {
        Stream { key: self, node, incarnation, draw: 0, lane }
    }
}

/// Ten rounds of Philox4x32; constants of the paper.
const fn philox(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let [mut a, mut b, mut c, mut d] = counter;
    let [mut k0, mut k1] = key;
    let mut round = 0;
    while round < 10 {
        let p = 0xd251_1f53_u64 * a as u64;
        let q = 0xcd9e_8d57_u64 * c as u64;
        (a, b, c, d) = ((q >> 32) as u32 ^ b ^ k0, q as u32, (p >> 32) as u32 ^ d ^ k1, p as u32);
        k0 = k0.wrapping_add(0x9e37_79b9);
        k1 = k1.wrapping_add(0xbb67_ae85);
        round += 1;
    }
    [a, b, c, d]
}

/// A stream of draws. One draw uses up one block, whatever is drawn.
#[derive(Clone, Debug)]
pub struct Stream {
    key: Key,
    node: u32,
    incarnation: u32,
    draw: u32,
    lane: u32,
}

impl Stream {
    /// How many draws were made: all of the state that must be kept to go on later (with
    /// [`Stream::resume`]).
    #[must_use]
    pub const fn draws(&self) -> u32 {
        self.draw
    }

    /// The same stream, after `draws` draws.
    #[must_use]
    pub const fn resume(mut self, draws: u32) -> Self {
        self.draw = draws;
        self
    }

    /// 64 random bits.
    pub const fn word(&mut self) -> u64 {
        let [a, b, _, _] = self.key.block([self.draw, self.lane, self.node, self.incarnation]);
        self.draw = self.draw.wrapping_add(1);
        a as u64 | (b as u64) << 32
    }

    /// A whole number below `bound` (at least 1), without bias (Lemire, "Fast random integer
    /// generation in an interval", 2019).
    ///
    /// # Panics
    /// If `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "a number below 0 was asked for");
        let mut product = u128::from(self.word()) * u128::from(bound);
        if (product as u64) < bound {
            let threshold = bound.wrapping_neg() % bound;
            while (product as u64) < threshold {
                product = u128::from(self.word()) * u128::from(bound);
            }
        }
        (product >> 64) as u64
    }

    /// A number in [0, 1), a multiple of 2^-53.
    pub fn unit(&mut self) -> f64 {
        (self.word() >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// A number in (0, 1], for inverse distribution functions that take a logarithm.
    pub fn unit_open(&mut self) -> f64 {
        1.0 - self.unit()
    }

    /// True with probability `p`. Draws even when `p` is 0 or 1, so that parameters don't shift
    /// later draws.
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// A uniformly drawn item, or `None` (without a draw) from nothing.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        if items.is_empty() {
            return None;
        }
        items.get(self.below(items.len() as u64) as usize)
    }

    /// Puts `items` into a uniformly drawn order (Fisher-Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}

impl TryRng for Stream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.word() as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.word())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.word().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers that the authors publish with Random123 (`kat_vectors`, philox4x32 10).
    #[test]
    fn philox_gives_the_published_answers() {
        let ones = u32::MAX;
        assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(
            philox([ones; 4], [ones; 2]),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
        assert_eq!(
            philox(
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0]
            ),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn one_more_draw_moves_nothing_elsewhere() {
        let key = Key::new(1, Purpose::Protocol);
        let mut busy = key.stream(7, 1);
        for _ in 0..10 {
            busy.word();
        }
        assert_ne!(key.stream(7, 1).word(), key.stream(7, 2).word());
        assert_ne!(key.stream(7, 1).word(), key.stream(8, 1).word());
        assert_eq!(key.stream(7, 1).resume(10).word(), busy.word());
    }

    #[test]
    fn purposes_and_seeds_have_their_own_keys() {
        let keys = [
            Key::new(1, Purpose::Protocol),
            Key::new(1, Purpose::Network),
            Key::new(2, Purpose::Protocol),
        ];
        assert!(keys[0] != keys[1] && keys[0] != keys[2] && keys[1] != keys[2]);
    }

    #[test]
    fn draws_are_pinned() {
        let mut stream = Key::from_word(0).stream(0, 0);
        assert_eq!(stream.word(), 0xe169_c58d_6627_e8d5);
        let mut stream = Key::from_word(42).stream(3, 1);
        let drawn: Vec<u64> = (0..6).map(|_| stream.below(100)).collect();
        assert_eq!(drawn, [87, 28, 10, 56, 68, 43]);
    }

    #[test]
    fn below_is_uniform() {
        let mut stream = Key::from_word(9).stream(1, 1);
        let mut counts = [0_u32; 7];
        for _ in 0..70_000 {
            counts[stream.below(7) as usize] += 1;
        }
        // Chi-square with 6 degrees of freedom: 22.5 is the 99.9 % quantile.
        let square = |x: f64| x * x;
        let chi: f64 = counts.iter().map(|&n| square(f64::from(n) - 1e4) / 1e4).sum();
        assert!(chi < 22.5, "{counts:?}");
    }

    #[test]
    fn shuffle_keeps_every_item() {
        let mut items: Vec<u32> = (0..50).collect();
        Key::from_word(3).stream(1, 1).shuffle(&mut items);
        assert_ne!(items, (0..50).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..50).collect::<Vec<_>>());
    }
}
