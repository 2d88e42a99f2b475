//! Clippee (CLIPPEE 1 and 3 to 6): clients on access peers, objects on replicas, updates under an optimistic lock.

mod config;
pub mod replica;
mod replication;
mod world;

pub use config::{Config, LockPolicy, Quorum};
pub use replication::{
    Commit, CommitReply, CommitVerdict, Lock, LockReply, LockVerdict, Read, ReadReply, ReadVerdict,
    Refusal, Unlock,
};
pub use world::World;
