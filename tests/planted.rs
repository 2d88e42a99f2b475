//! Planted bugs cost nothing where they aren't asked for.

#![cfg(not(feature = "planted"))]

use clippee_sim::node::{Bug, planted};

/// Without the feature no bug is there: the compiler knows, and leaves its code out.
const NOTHING_IS_PLANTED: bool = {
    let mut place = 0;
    let mut any = false;
    while place < Bug::ALL.len() {
        any |= planted(Bug::ALL[place]);
        place += 1;
    }
    !any
};

#[test]
fn a_release_has_none_of_the_bugs() {
    const { assert!(NOTHING_IS_PLANTED) };
}
