//! Checkers of histories: what strong systems guarantee and best effort doesn't.
//!
//! These are measured (CLIPPEE 8): a run that breaks them has failed only if its scenario demands
//! them. Of linearizability, `register` is the algorithm and `shrink` makes its witnesses readable.

mod agreement;
mod linearizable;
mod register;
mod sessions;
mod shrink;

pub(super) use agreement::OneOrder;
pub(super) use linearizable::Linearizable;
pub(super) use sessions::{
    MonotonicReads, MonotonicWrites, ReadYourWrites, Session, WritesFollowReads,
};
