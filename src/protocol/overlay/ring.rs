//! Arithmetic on the ring of 2^64 ids: how far, how near, which digits.

use super::Key;
use crate::node::{Bug, planted};
use std::cmp::Ordering;

/// How far `to` lies clockwise (towards larger ids) of `from`.
pub(super) const fn clockwise(from: Key, to: Key) -> u64 {
    to.wrapping_sub(from)
}

/// The shorter way between two ids, at most 2^63: "numerically close" in CLIPPEE 2.
pub(super) const fn distance(a: Key, b: Key) -> u64 {
    let up = a.wrapping_sub(b);
    let down = b.wrapping_sub(a);
    if up < down { up } else { down }
}

/// Orders ids by their distance to `key`. Two at the same distance are ordered by the ids
/// themselves, so that all peers agree on one root.
pub(super) fn nearer(key: Key, a: Key, b: Key) -> Ordering {
    if planted(Bug::NearerClockwise) {
        return clockwise(key, a).cmp(&clockwise(key, b));
    }
    distance(key, a).cmp(&distance(key, b)).then(a.cmp(&b))
}

/// How many leading digits of `bits` bits two ids share.
pub(super) const fn shared_digits(a: Key, b: Key, bits: u32) -> u32 {
    (a ^ b).leading_zeros() / bits
}

/// The digit of `bits` bits at position `row`, counted from the most significant; `row` is below 64
/// / `bits`.
pub(super) const fn digit(key: Key, row: u32, bits: u32) -> usize {
    let shift = 64 - bits * (row + 1);
    ((key >> shift) & ((1 << bits) - 1)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn digits_are_read_from_the_left() {
        let key = 0x1234_5678_9abc_def0;
        assert_eq!((digit(key, 0, 4), digit(key, 3, 4), digit(key, 15, 4)), (1, 4, 0));
        assert_eq!((digit(key, 0, 8), digit(key, 7, 8)), (0x12, 0xf0));
        assert_eq!(shared_digits(key, 0x1234_0000_0000_0000, 4), 4);
        assert_eq!(shared_digits(key, key, 4), 16);
    }

    #[test]
    fn the_ring_closes() {
        assert_eq!(distance(Key::MAX, 0), 1);
        assert_eq!(clockwise(Key::MAX, 3), 4);
        assert_eq!(nearer(0, Key::MAX, 2), Ordering::Less);
        assert_eq!(nearer(5, 4, 6), Ordering::Less, "equal distances: the smaller id");
    }

    proptest! {
        #[test]
        fn two_ids_with_the_same_digits_up_to_a_row_share_them(
            a: u64, b: u64, bits in prop::sample::select(vec![1_u32, 2, 4, 8])
        ) {
            let shared = shared_digits(a, b, bits);
            for row in 0..shared.min(64 / bits) {
                prop_assert_eq!(digit(a, row, bits), digit(b, row, bits));
            }
            if a != b {
                prop_assert_ne!(digit(a, shared, bits), digit(b, shared, bits));
            }
        }
    }
}
