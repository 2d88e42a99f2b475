//! What goes into a digest, and the hash that takes it in: ours, because `std::hash::Hash` feeds
//! machine-dependent bytes (native endianness, `usize` prefixes) and its default hasher may change
//! between releases.

use super::time::{Span, Time};

/// A bijective mix of 64 bits (the finaliser of splitmix64; Steele, Lea, Flood, OOPSLA 2014).
#[must_use]
pub const fn mix(word: u64) -> u64 {
    let z = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The high and low half of a 128-bit product folded together: the strongest mixing per cycle that
/// portable code has.
const fn fold(a: u64, b: u64) -> u64 {
    let product = (a as u128).wrapping_mul(b as u128);
    (product >> 64) as u64 ^ product as u64
}

/// Takes words in, gives 128 bits out. Not cryptographic: it guards against accidents, not
/// adversaries.
#[derive(Clone, Debug)]
pub struct Hasher {
    low: u64,
    high: u64,
}

// The fractional digits of pi, as in Blowfish: nothing up the sleeve; odd, so that products lose
// nothing.
const LOW_START: u64 = 0x243f_6a88_85a3_08d3;
const HIGH_START: u64 = 0x1319_8a2e_0370_7345;
const LOW_FACTOR: u64 = 0xa409_3822_299f_31d1;
const HIGH_FACTOR: u64 = 0x082e_fa98_ec4e_6c89;

impl Default for Hasher {
    fn default() -> Self {
        Self { low: LOW_START, high: HIGH_START }
    }
}

impl Hasher {
    /// A fresh hasher.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one word in. The order of words matters.
    pub fn word(&mut self, word: u64) {
        // The lanes see the word through different functions; each keeps its own state in the sum,
        // so that a product of zero can't swallow what came before.
        self.low = fold(self.low ^ word, LOW_FACTOR).wrapping_add(self.high);
        self.high = fold(self.high ^ word.rotate_left(32), HIGH_FACTOR) ^ self.low.rotate_left(17);
    }

    /// The hash of all that was taken in.
    #[must_use]
    pub fn finish(&self) -> u128 {
        let low = mix(self.low ^ self.high.rotate_left(29));
        let high = mix(self.high ^ low);
        u128::from(high) << 64 | u128::from(low)
    }
}

/// Content that can be taken into a digest: the same words on every machine. Enums take in the
/// variant's number, sequences their length, first.
pub trait Digestible {
    /// Takes all content that distinguishes `self` into `hasher`.
    fn digest(&self, hasher: &mut Hasher);
}

macro_rules! digestible_words {
    ($($type:ty),*) => {$(
        impl Digestible for $type {
            fn digest(&self, hasher: &mut Hasher) {
                hasher.word(u64::from(*self));
            }
        }
    )*};
}
digestible_words!(bool, u8, u16, u32, u64);

impl Digestible for () {
    fn digest(&self, _: &mut Hasher) {}
}

impl Digestible for Time {
    fn digest(&self, hasher: &mut Hasher) {
        hasher.word(self.nanos());
    }
}

impl Digestible for Span {
    fn digest(&self, hasher: &mut Hasher) {
        hasher.word(self.nanos());
    }
}

impl<T: Digestible + ?Sized> Digestible for &T {
    fn digest(&self, hasher: &mut Hasher) {
        (**self).digest(hasher);
    }
}

impl<T: Digestible + ?Sized> Digestible for Box<T> {
    fn digest(&self, hasher: &mut Hasher) {
        (**self).digest(hasher);
    }
}

impl<T: Digestible + ?Sized> Digestible for std::sync::Arc<T> {
    fn digest(&self, hasher: &mut Hasher) {
        (**self).digest(hasher);
    }
}

impl<T: Digestible> Digestible for Option<T> {
    fn digest(&self, hasher: &mut Hasher) {
        match self {
            None => hasher.word(0),
            Some(inner) => {
                hasher.word(1);
                inner.digest(hasher);
            }
        }
    }
}

impl<T: Digestible> Digestible for [T] {
    fn digest(&self, hasher: &mut Hasher) {
        hasher.word(self.len() as u64);
        for item in self {
            item.digest(hasher);
        }
    }
}

impl<T: Digestible> Digestible for Vec<T> {
    fn digest(&self, hasher: &mut Hasher) {
        self.as_slice().digest(hasher);
    }
}

impl<A: Digestible, B: Digestible> Digestible for (A, B) {
    fn digest(&self, hasher: &mut Hasher) {
        self.0.digest(hasher);
        self.1.digest(hasher);
    }
}

impl<A: Digestible, B: Digestible, C: Digestible> Digestible for (A, B, C) {
    fn digest(&self, hasher: &mut Hasher) {
        self.0.digest(hasher);
        self.1.digest(hasher);
        self.2.digest(hasher);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn hash(words: &[u64]) -> u128 {
        let mut hasher = Hasher::new();
        words.iter().for_each(|&word| hasher.word(word));
        hasher.finish()
    }

    #[test]
    fn order_and_length_matter() {
        assert_ne!(hash(&[1, 2]), hash(&[2, 1]));
        assert_ne!(hash(&[0]), hash(&[0, 0]));
        assert_ne!(hash(&[]), hash(&[0]));
    }

    #[test]
    fn single_bits_avalanche() {
        let mut flipped = 0;
        for bit in 0..64 {
            flipped += (hash(&[7, 1 << bit, 9]) ^ hash(&[7, 0, 9])).count_ones();
        }
        let mean = f64::from(flipped) / 64.0;
        assert!((58.0..70.0).contains(&mean), "a flipped bit changes {mean} of 128 on average");
    }

    #[test]
    fn small_inputs_do_not_collide_even_in_half_the_bits() {
        let mut seen = BTreeSet::new();
        for a in 0..300 {
            for b in 0..300 {
                assert!(seen.insert(hash(&[a, b]) as u64), "collision at {a}, {b}");
            }
        }
    }

    #[test]
    fn the_hash_is_pinned() {
        assert_eq!(hash(&[]), hash(&[]));
        assert_eq!(mix(0), 0xe220_a839_7b1d_cdaf, "splitmix64's published first output for seed 0");
    }
}
