//! Those who watch a run: what they see becomes the digest, the metrics and the verdicts.
//!
//! Observers get shared references to what happens ([`crate::node::Observer`]) and keep their own
//! books. None of them can change a run, and none takes part in it: with or without them a run
//! gives the same digest. They know the waist and nothing else, so they serve every protocol and
//! every driver.

mod causes;
pub mod consistency;
pub mod coverage;
pub mod delivery;
pub mod digest;
pub mod faults;
pub mod history;
pub mod metrics;
pub mod trace;

pub use causes::{Causes, Origin};
pub use digest::Digest;
pub use metrics::{Metrics, MetricsConfig, Results};

#[cfg(test)]
mod fake;
