//! Churn: when each node is online, and how its sessions end.
//!
//! A node's life is a sequence of phases, sessions and gaps in turn; phase 0 is the one that runs
//! at time 0. Its ends are pure functions of (seed, node, index of the phase, when it began): the
//! driver asks for the next end when a phase begins, and nothing is stored but that index.
//!
//! Renewal churn starts in equilibrium: a node is up with probability S / (S + G), where S and G
//! are the mean session and gap, and what is left of its first phase is a uniform share of a
//! length-biased session (or gap). Without it the first hours of a run show a storm of joins that
//! no real system shows (Cox, "Renewal theory", 1962, chapter 5).
//!
//! What isn't here: the grace of a polite leave, and what survives a crash.

mod config;
mod law;
mod playback;
mod presets;
mod renewal;

pub use config::{ChurnConfig, Law, Trace};
pub use presets::{PRESETS, preset};

use crate::node::{Key, NodeId, Purpose, Span, Time};
use playback::Playback;
use renewal::Renewal;

/// The lanes of [`Purpose::Churn`] that this folder draws from: names no other part uses.
mod lane {
    /// Counter (draw, lane, node, phase).
    pub const PHASE: u32 = u32::from_be_bytes(*b"life");
    /// Counter (draw, lane, node, phase).
    pub const CRASH: u32 = u32::from_be_bytes(*b"fall");
    /// Counter (draw, lane, first node, 0).
    pub const IDENTITIES: u32 = u32::from_be_bytes(*b"cast");
}

/// What happens at the end of a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A gap ends: the node starts.
    Boot,
    /// A session ends politely.
    Leave,
    /// A session ends without a word.
    Crash,
}

/// The end of a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhaseEnd {
    /// When.
    pub at: Time,
    /// What happens then.
    pub change: Change,
}

/// When the nodes of one population come and go. Immutable; all draws are functions of node and
/// phase.
#[derive(Clone, Debug)]
pub struct Churn {
    key: Key,
    /// Share of sessions that end in a crash.
    crash: f64,
    model: Model,
}

#[derive(Clone, Debug)]
enum Model {
    AlwaysUp,
    Renewal(Renewal),
    Playback(Playback),
}

impl Churn {
    /// The churn of nodes `first` to `first + count - 1`, where `count` is the number of identities
    /// ([`Churn::identities`]). Memory: a trace takes 4 bytes a node, the others nothing.
    #[must_use]
    pub fn new(config: &ChurnConfig, first: NodeId, count: u32, seed: u64) -> Self {
        let key = Key::new(seed, Purpose::Churn);
        let (model, crash) = match config {
            ChurnConfig::None => (Model::AlwaysUp, 0.0),
            ChurnConfig::Renewal { session, gap, crash } => {
                (Model::Renewal(Renewal::new(session.clone(), gap.clone())), *crash)
            }
            ChurnConfig::Trace { trace, start, crash } => {
                (Model::Playback(Playback::new(trace.clone(), *start, first, count, key)), *crash)
            }
        };
        Self { key, crash, model }
    }

    /// How many nodes it takes for a mean of `count` online: `count` / availability, rounded up.
    /// With a trace, how many of its nodes take part: `count`, or all if it has fewer. Without
    /// churn, `count`.
    #[must_use]
    pub fn identities(config: &ChurnConfig, count: u32) -> u32 {
        match config {
            ChurnConfig::None => count,
            ChurnConfig::Renewal { session, gap, .. } => {
                let availability = Renewal::new(session.clone(), gap.clone()).availability();
                // Rounding up must not turn 200 / 0.5000000000000001 into 401 or 400.0000000000001
                // into 401.
                let identities = f64::from(count) / availability;
                libm::ceil(identities - identities * 1e-12) as u32
            }
            ChurnConfig::Trace { trace, .. } => {
                count.min(u32::try_from(trace.nodes.len()).unwrap_or(u32::MAX))
            }
        }
    }

    /// Whether `node` is online at time 0.
    #[must_use]
    pub fn is_up_at_start(&self, node: NodeId) -> bool {
        match &self.model {
            Model::AlwaysUp => true,
            Model::Renewal(renewal) => renewal.is_up_at_start(self.key, node),
            Model::Playback(playback) => playback.is_up_at_start(node),
        }
    }

    /// The end of phase `index` of `node` (0: the one running at time 0; then gaps and sessions in
    /// turn), which began at `began` (for phase 0: [`Time::ZERO`]). `None`: it never ends. Every
    /// phase lasts at least 1 ns.
    #[must_use]
    pub fn phase_end(&self, node: NodeId, index: u32, began: Time) -> Option<PhaseEnd> {
        let at = match &self.model {
            Model::AlwaysUp => return None,
            Model::Renewal(renewal) => began + renewal.length(self.key, node, index),
            Model::Playback(playback) => playback.end(node, index)?,
        };
        let at = at.max(began + Span::from_nanos(1));
        let is_session = self.is_up_at_start(node) == index.is_multiple_of(2);
        let change = match is_session {
            false => Change::Boot,
            true if self.crashes(node, index) => Change::Crash,
            true => Change::Leave,
        };
        (at != Time::NEVER).then_some(PhaseEnd { at, change })
    }

    fn crashes(&self, node: NodeId, index: u32) -> bool {
        self.key.lane(node.0, index, lane::CRASH).chance(self.crash)
    }
}

#[cfg(test)]
mod tests;
