//! The digest: one number that stands for everything that happened in a run.
//!
//! It is the wrapping 128-bit sum of one hash per step. A sum doesn't care in which order steps of
//! different nodes are taken in, so that shards can each keep a part and add them up; the order at
//! one node is in the hashes, because each takes in the node's step count. Two runs with equal
//! digests took the same steps, up to an accident of 2^-128 that nobody will see; it doesn't guard
//! against an adversary (Bellare and Micciancio, "A new paradigm for collision-free hashing",
//! EUROCRYPT 1997, say what would). What steps cause isn't hashed: it shows in later steps.

use crate::node::{Digestible, Happening, Hasher, Mergeable, Observer, Protocol, Step};
use serde::{Serialize, Serializer};
use std::fmt;

/// The digest of the steps taken in so far; 0 before the first. Constant space, constant time a
/// step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    sum: u128,
}

impl Digest {
    /// The digest of no steps.
    #[must_use]
    pub const fn new() -> Self {
        Self { sum: 0 }
    }

    /// The number itself.
    #[must_use]
    pub const fn value(self) -> u128 {
        self.sum
    }
}

/// The hash of one step: node, step count, time, incarnation, and what happened.
#[inline(always)]
pub(crate) fn hash<P: Protocol>(step: &Step<'_, P>) -> u128 {
    let mut hasher = Hasher::new();
    hasher.word(u64::from(step.node.0) << 32 | u64::from(step.number));
    hasher.word(step.at.nanos());
    let incarnation = u64::from(step.incarnation) << 8;
    match &step.happening {
        Happening::Boot => hasher.word(incarnation),
        Happening::Message { from, message } => {
            hasher.word(incarnation | 1);
            from.digest(&mut hasher);
            message.digest(&mut hasher);
        }
        Happening::Timer(timer) => {
            hasher.word(incarnation | 2);
            timer.digest(&mut hasher);
        }
        Happening::Operation { id, operation } => {
            hasher.word(incarnation | 3);
            id.digest(&mut hasher);
            operation.digest(&mut hasher);
        }
        Happening::Leave => hasher.word(incarnation | 4),
        Happening::Stop { crash } => {
            hasher.word(incarnation | 5);
            crash.digest(&mut hasher);
        }
    }
    hasher.finish()
}

impl<P: Protocol> Observer<P> for Digest {
    #[inline(always)]
    fn step(&mut self, step: &Step<'_, P>) {
        self.sum = self.sum.wrapping_add(hash(step));
    }
}

impl Mergeable for Digest {
    fn merge(&mut self, other: Self) {
        self.sum = self.sum.wrapping_add(other.sum);
    }
}

impl fmt::Display for Digest {
    /// 32 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.sum)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{NodeId, ObjectId, Operation, OperationId, Role, Time};
    use crate::observe::fake::{Fake, Word};

    fn step<'a>(node: u32, number: u32, at: u64, happening: Happening<'a, Fake>) -> Step<'a, Fake> {
        let at = Time::from_nanos(at);
        Step {
            at,
            node: NodeId(node),
            role: Role::Peer,
            incarnation: 1,
            number,
            cause: None,
            happening,
        }
    }

    fn digest(steps: &[Step<'_, Fake>]) -> Digest {
        let mut digest = Digest::new();
        steps.iter().for_each(|step| digest.step(step));
        digest
    }

    fn message(word: &Word) -> Happening<'_, Fake> {
        Happening::Message { from: NodeId(9), message: word }
    }

    #[test]
    fn the_order_of_nodes_does_not_matter() {
        let one_two = digest(&[
            step(1, 0, 5, Happening::Boot),
            step(2, 0, 5, Happening::Boot),
            step(1, 1, 7, message(&Word::Work(3))),
        ]);
        let two_one = digest(&[
            step(2, 0, 5, Happening::Boot),
            step(1, 0, 5, Happening::Boot),
            step(1, 1, 7, message(&Word::Work(3))),
        ]);
        assert_eq!(one_two, two_one);
        let mut merged = digest(&[step(2, 0, 5, Happening::Boot)]);
        merged.merge(digest(&[
            step(1, 0, 5, Happening::Boot),
            step(1, 1, 7, message(&Word::Work(3))),
        ]));
        assert_eq!(merged, one_two);
    }

    #[test]
    fn the_order_at_one_node_matters() {
        let first = digest(&[
            step(1, 0, 5, message(&Word::Work(3))),
            step(1, 1, 5, message(&Word::Work(4))),
        ]);
        let second = digest(&[
            step(1, 0, 5, message(&Word::Work(4))),
            step(1, 1, 5, message(&Word::Work(3))),
        ]);
        assert_ne!(first, second);
    }

    #[test]
    fn everything_about_a_step_matters() {
        let id = OperationId { client: NodeId(1), count: 0 };
        let other = OperationId { client: NodeId(1), count: 1 };
        let read = Operation::Read { object: ObjectId(1) };
        let update = Operation::Update { object: ObjectId(1) };
        let mut later = step(1, 0, 5, Happening::Boot);
        later.incarnation = 2;
        let from_another = Happening::Message { from: NodeId(8), message: &Word::Work(3) };
        let steps = [
            step(1, 0, 5, Happening::Boot),
            later,
            step(2, 0, 5, Happening::Boot),
            step(1, 1, 5, Happening::Boot),
            step(1, 0, 6, Happening::Boot),
            step(1, 0, 5, message(&Word::Work(3))),
            step(1, 0, 5, message(&Word::Work(4))),
            step(1, 0, 5, message(&Word::Upkeep)),
            step(1, 0, 5, from_another),
            step(1, 0, 5, Happening::Timer(3)),
            step(1, 0, 5, Happening::Timer(4)),
            step(1, 0, 5, Happening::Operation { id, operation: &read }),
            step(1, 0, 5, Happening::Operation { id: other, operation: &read }),
            step(1, 0, 5, Happening::Operation { id, operation: &update }),
            step(1, 0, 5, Happening::Leave),
            step(1, 0, 5, Happening::Stop { crash: false }),
            step(1, 0, 5, Happening::Stop { crash: true }),
        ];
        let mut seen: Vec<u128> = steps.iter().map(hash).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), steps.len());
    }

    #[test]
    fn it_prints_all_its_digits() {
        assert_eq!(Digest { sum: 0xabc }.to_string(), format!("{}abc", "0".repeat(29)));
        let json = serde_json::to_string(&Digest { sum: 1 }).unwrap();
        assert_eq!(json, format!("\"{}1\"", "0".repeat(31)));
    }

    #[test]
    fn the_digest_of_a_step_is_pinned() {
        let word = Word::Work(3);
        let pinned = digest(&[step(1, 0, 5, message(&word))]).to_string();
        assert_eq!(pinned, "a1b80e5e426c9573127881fe22855549");
    }
}
