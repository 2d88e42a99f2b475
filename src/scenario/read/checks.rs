//! `[check]`: what a run must keep beyond the rules of its protocol.

use crate::scenario::kind::Names;
use crate::scenario::reader::{Session, Table};

/// Guarantees that best effort doesn't give (`docs/checks.md`, G1 to G6).
const GUARANTEES: Names = Names {
    noun: "guarantees",
    all: &[
        "linearizable",
        "read_your_writes",
        "monotonic_reads",
        "monotonic_writes",
        "writes_follow_reads",
        "total_order",
    ],
};

/// The guarantees demanded. Without any, the resolved scenario has no such table.
pub(super) fn read(t: &mut Table<'_>, s: &mut Session<'_>) -> Vec<&'static str> {
    let none = "none".to_owned();
    let take = |t: &mut Table<'_>, s: &mut Session<'_>| {
        t.take_derived(s, "require", GUARANTEES, Vec::new(), none).value
    };
    let require = t.section(s, "check", take);
    if require.is_empty() {
        t.leave_out("check");
    }
    require
}
