//! Several replicas on a fake ring and a fake network, and an observer that checks what must never
//! happen.

mod bench;
mod chaos;
mod commits;
mod groups;
mod growth;
mod handover;
mod lab;
mod locking;
mod queueing;
mod repairs;
mod rolls;
mod view;

use super::*;
use crate::node::{OperationId, Span, Version};
use crate::protocol::clippee::{CommitVerdict, LockVerdict};
use lab::Lab;
use view::at;

const MS: Span = Span::from_millis(1);
const SECOND: Span = Span::from_secs(1);
const LEASE: Span = Span::from_secs(5);
const OBJECT: ObjectId = ObjectId(0);

fn attempt(count: u32) -> AttemptId {
    AttemptId { coordinator: NodeId(99), incarnation: 1, count }
}

fn operation(count: u32) -> OperationId {
    OperationId { client: NodeId(1_000), count }
}

/// The version that attempt `count` makes from `base`.
fn version(base: Version, count: u32) -> Version {
    Version { counter: base.counter + 1, attempt: attempt(count) }
}

/// The commit of attempt `count`, with an operation of the same number.
fn commit(base: Version, count: u32, holder: u32) -> Commit {
    Commit {
        object: OBJECT,
        version: version(base, count),
        base,
        operation: operation(count),
        value: crate::node::Value { bytes: 100, fingerprint: u64::from(count) },
        holder: NodeId(holder),
        multicast: None,
    }
}
