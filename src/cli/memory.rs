//! How much memory runs will take, told before they start.

use super::exit::Failure;
use crate::experiment::Estimate;
use crate::scenario;

/// How much runs may take.
#[derive(Clone, Debug, clap::Args)]
pub struct Limit {
    /// Refuse to start what would take more memory than this, as `2GiB`: an estimate, but better
    /// than to be killed half-way
    #[arg(long, value_name = "SIZE", value_parser = scenario::bytes)]
    max_memory: Option<u64>,
}

impl Limit {
    /// Refuses what would take more.
    pub fn check(&self, estimate: Estimate) -> Result<(), Failure> {
        let needed = estimate.bytes;
        match self.max_memory {
            Some(allowed) if needed > allowed => Err(Failure::TooLarge { needed, allowed }),
            _ => Ok(()),
        }
    }
}

/// What will be taken, for people.
pub fn told(estimate: Estimate) -> String {
    format!("memory about {} MiB (an estimate)", estimate.bytes.div_ceil(1 << 20))
}
