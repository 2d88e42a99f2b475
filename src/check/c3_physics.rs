//! What no protocol can help: the reasons why probe updates (C3) may fail in a healthy network.
//!
//! Fewer live peers than an update needs; more clients than the peers take together; a peer that
//! had messages waiting for so long that whoever asked it took it for dead. The first two are known
//! at the bound, the last is watched from there on: with a fixed service time, a peer whose
//! messages follow each other at exactly that distance has had a queue all the while.

use super::facts::Facts;
use super::rule::{Happened, Stepped};
use crate::node::{NodeId, Span, Time};
use std::collections::BTreeMap;

/// So long a queue may last: the first retransmission timeout (CLIPPEE 2).
const PATIENCE: Span = Span::from_secs(1);

/// A stretch of messages handled without a pause.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    since: Time,
    last: Time,
}

/// The state at the bound, and the queues after it.
#[derive(Clone, Debug, Default)]
pub(super) struct Physics {
    /// Why probes can't succeed at all.
    hopeless: Option<String>,
    busy: BTreeMap<NodeId, Stretch>,
    /// The longest stretch so far, and whose.
    longest: Option<(Span, NodeId)>,
}

impl Physics {
    /// The probes are asked for now.
    pub fn begin(facts: &Facts) -> Self {
        Self { hopeless: hopeless(facts), ..Self::default() }
    }

    /// A step after the bound.
    pub fn step(&mut self, step: &Stepped<'_>, facts: &Facts) {
        let message = matches!(step.happened, Happened::Message);
        if !message || facts.census.service_time == Span::ZERO || !facts.census.is_peer(step.node) {
            return;
        }
        let fresh = Stretch { since: step.at, last: step.at };
        let stretch = self.busy.entry(step.node).or_insert(fresh);
        if step.at > stretch.last + facts.census.service_time {
            *stretch = fresh;
        }
        stretch.last = step.at;
        let length = stretch.last.since(stretch.since);
        if self.longest.is_none_or(|(longest, _)| length > longest) {
            self.longest = Some((length, step.node));
        }
    }

    /// Why failed probes decide nothing, if they don't.
    pub fn reason(&self) -> Option<String> {
        let saturated = self.longest.filter(|&(length, _)| length >= PATIENCE);
        let saturated = || {
            saturated.map(|(length, node)| {
                format!("{node} had messages waiting for {length} without a break")
            })
        };
        self.hopeless.clone().or_else(saturated)
    }
}

fn hopeless(facts: &Facts) -> Option<String> {
    let census = &facts.census;
    let staying = || facts.presence.staying();
    let peers = staying().filter(|&node| census.is_peer(node)).count() as u64;
    let clients = staying().filter(|&node| !census.is_peer(node)).count() as u64;
    let needed = u64::from(census.lock_quorum.max(census.write_acks));
    if peers < needed {
        return Some(format!("an update needs {needed} peers, and {peers} are up"));
    }
    let room = peers * u64::from(census.max_clients);
    (clients > room).then(|| format!("peers have room for {room} clients, and {clients} are up"))
}
