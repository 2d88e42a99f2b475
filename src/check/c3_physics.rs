//! What no protocol can help: the reasons why probe updates (C3) may fail in a healthy network.
//!
//! Fewer live peers than an update needs, or a server away; more clients than the peers take
//! together; a peer that has gone and may stand in cached sets of replicas, where an update needs
//! acknowledgements of more than those whose locks it needs: the first update with such a set waits
//! in vain, and only then is the set looked for again (CLIPPEE 5.4); a peer that has had messages
//! waiting for so long that whoever asks it takes it for dead. All are known at the bound, before
//! the first probe: what the probes bring about themselves excuses nothing. The last is told by the
//! fixed service time: a peer whose messages follow each other at exactly that distance has had a
//! queue all the while.

use super::facts::Facts;
use super::rule::{Happened, Stepped};
use crate::node::{NodeId, Span, Time};
use crate::observe::consistency::State;
use std::collections::BTreeMap;

/// So long a queue may last: the first retransmission timeout (CLIPPEE 2).
const PATIENCE: Span = Span::from_secs(1);

/// A stretch of messages handled without a pause.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    since: Time,
    last: Time,
}

/// The queues before the bound, and the state at it.
#[derive(Clone, Debug, Default)]
pub(super) struct Physics {
    busy: BTreeMap<NodeId, Stretch>,
    /// Peers that stopped, and when.
    stopped: BTreeMap<NodeId, Time>,
    reason: Option<String>,
}

impl Physics {
    /// A step before the bound.
    pub fn watch(&mut self, step: &Stepped<'_>, facts: &Facts) {
        if matches!(step.happened, Happened::Stop { .. }) && facts.census.is_peer(step.node) {
            self.stopped.insert(step.node, step.at);
        }
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
    }

    /// The bound is reached: the probes are asked for now.
    pub fn judge(&mut self, settle: Time, facts: &Facts) {
        self.reason = hopeless(facts)
            .or_else(|| Self::outdated(facts, &self.stopped))
            .or_else(|| self.saturated(settle, facts));
    }

    /// Overlays know by the bound who has gone: until then sets are found that have them still.
    fn outdated(facts: &Facts, stopped: &BTreeMap<NodeId, Time>) -> Option<String> {
        let census = &facts.census;
        let lasts = |at: Time| at + census.cache_ttl > census.duration;
        let is_gone = |&(&node, &at): &(&NodeId, &Time)| {
            facts.presence.state(node) == State::Down && lasts(at)
        };
        let waits = census.write_acks > census.lock_quorum;
        stopped.iter().filter(|_| waits).find(is_gone).map(|(node, at)| {
            format!(
                "{node} stopped at {at}, not cache_ttl before the workload did, and an update needs \
                 more acknowledgements ({}) than locks ({})",
                census.write_acks, census.lock_quorum
            )
        })
    }

    /// Why failed probes decide nothing, if they don't.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    fn saturated(&self, settle: Time, facts: &Facts) -> Option<String> {
        let going_on = |stretch: &&Stretch| stretch.last + facts.census.service_time >= settle;
        let longest = (self.busy.iter().filter(|(_, stretch)| going_on(stretch)))
            .map(|(&node, stretch)| (stretch.last.since(stretch.since), node))
            .max()
            .filter(|&(length, _)| length >= PATIENCE);
        longest.map(|(length, node)| {
            format!("{node} had had messages waiting for {length} without a break at the bound")
        })
    }
}

fn hopeless(facts: &Facts) -> Option<String> {
    let census = &facts.census;
    let staying = || facts.presence.staying();
    let peers = staying().filter(|&node| census.is_peer(node)).count() as u64;
    let clients = staying().filter(|&node| !census.is_peer(node)).count() as u64;
    let away = |&server: &NodeId| !staying().any(|node| node == server);
    if let Some(server) = (1..=census.servers).map(NodeId).find(away) {
        return Some(format!("updates need the server {server}, and it is away"));
    }
    let needed = u64::from(census.lock_quorum.max(census.write_acks));
    if peers < needed {
        return Some(format!("an update needs {needed} peers, and {peers} are up"));
    }
    let room = peers * u64::from(census.max_clients);
    (clients > room).then(|| format!("peers have room for {room} clients, and {clients} are up"))
}
