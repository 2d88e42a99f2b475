//! When a run measures, stops, settles and ends.

use crate::node::{Span, Time};
use crate::protocol::{clippee, consensus};
use crate::scenario::{ProtocolConfig, Scenario};

/// The instants that divide a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// Statistics begin.
    pub warmup: Time,
    /// Workload, churn and faults stop; statistics end.
    pub duration: Time,
    /// All replicas must agree (CLIPPEE C2) and probes are issued (C3). `None` if the drain is too
    /// short for both, or if repair or maintenance is off, so that there is no bound.
    pub settle: Option<Time>,
    /// The run ends.
    pub end: Time,
}

impl Timeline {
    /// The timeline of `scenario` under `protocol`.
    #[must_use]
    pub fn new(scenario: &Scenario, protocol: &ProtocolConfig) -> Self {
        let duration = Time::ZERO + scenario.duration;
        let (settle, timeout, auto) = match protocol {
            ProtocolConfig::Clippee(config) => {
                let bound = settling_bound(config);
                // Without a bound the drain only has to see every operation and lock to its end.
                let known = if bound.is_never() { Span::ZERO } else { bound };
                let timeout = config.operation_timeout;
                (bound, timeout, known + timeout + config.lock_lease)
            }
            // By then every operation of the workload has ended; a server has nothing to repair.
            ProtocolConfig::ClientServer(config) => {
                let timeout = config.operation_timeout;
                (timeout, timeout, timeout.times(2))
            }
            ProtocolConfig::Consensus(config) => {
                let bound = consensus_bound(config);
                let known = if bound.is_never() { Span::ZERO } else { bound };
                (bound, config.operation_timeout, known + config.operation_timeout)
            }
            ProtocolConfig::TokenRing(config) => {
                let daemons = config.daemons.unwrap_or(scenario.peers.count);
                let bound = config.settling_bound(daemons as usize);
                (bound, config.operation_timeout, bound + config.operation_timeout)
            }
            ProtocolConfig::Overlay { operation_timeout, .. } => {
                (Span::NEVER, *operation_timeout, *operation_timeout)
            }
        };
        let end = duration + scenario.drain.unwrap_or(auto);
        let probed = duration + settle + timeout;
        Self {
            warmup: Time::ZERO + scenario.warmup,
            duration,
            settle: (probed <= end && probed < Time::NEVER).then_some(duration + settle),
            end,
        }
    }
}

/// CLIPPEE C2: 4 maintenance + 2 repair intervals + lease + `backoff_max`.
fn settling_bound(config: &clippee::Config) -> Span {
    config.overlay.maintenance_interval.times(4)
        + config.repair_interval.times(2)
        + config.lock_lease
        + config.backoff_max
}

/// When the members of all logs are those that they should be and know what was decided: the overlay
/// has found who is closest (4 maintenance intervals, as in C2), the leaders have waited to be sure
/// and recruited, twice if somebody refused, and a leader was elected in between.
fn consensus_bound(config: &consensus::Config) -> Span {
    config.overlay.maintenance_interval.times(4)
        + config.replace_after.times(4)
        + config.election_timeout.times(20)
}
