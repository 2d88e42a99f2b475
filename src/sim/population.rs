//! Who takes part: peers and clients, their number, their speed and their churn, as plain data.

use super::churn::ChurnConfig;
use crate::node::Span;

/// One role's nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Population {
    /// Mean number online. Identities = count / availability, rounded up; with a trace, the number
    /// of identities drawn from it.
    pub count: u32,
    /// How long a node that leaves politely runs on.
    pub leave_grace: Span,
    /// CPU time that a message costs at the node, first come, first served.
    pub service_time: Span,
    /// Those that are up at time 0 boot one after the other, evenly over this long; zero: all at
    /// once, which is how peers do it.
    pub boot_within: Span,
    /// When they come and go.
    pub churn: ChurnConfig,
}
