//! What is known before the run: comings and goings, the script, and who boots first.

use super::Shard;
use crate::node::{NodeId, Observer, Protocol, Role, Span, Time, WORLD};
use crate::sim::event::Kind;
use crate::sim::plan::Action;
use std::sync::Arc;

impl<P: Protocol, O: Observer<P>> Shard<P, O> {
    /// Plans all but faults and script entries that name nobody, and boots those that are up at time
    /// 0; `booting` hears of each before it does.
    pub(in crate::sim) fn begin(&mut self, booting: impl FnMut(&mut O, NodeId)) {
        self.plan_phases();
        self.plan_script();
        self.plan_turns();
        self.boot_all(booting);
    }

    fn plan_phases(&mut self) {
        let plan = Arc::clone(&self.plan);
        for role in [Role::Peer, Role::Client] {
            for node in self.territory.followed(role) {
                if let Some(end) = plan.phase_end(role, node, 0, Time::ZERO) {
                    self.schedule(end.at, node, Kind::Phase, end.change as u32, 0);
                }
            }
        }
    }

    fn plan_script(&mut self) {
        let plan = Arc::clone(&self.plan);
        for (entry, scripted) in (0..).zip(&plan.script) {
            if let Some(node) = scripted.node {
                self.plan_entry(entry, node);
            }
        }
    }

    /// Plans a script entry at `node`, if that is a matter for this shard.
    pub(in crate::sim) fn plan_entry(&mut self, entry: u32, node: NodeId) {
        let scripted = self.plan.script[entry as usize];
        let comes_or_goes = matches!(scripted.action, Action::Crash);
        if self.territory.owns(node) || comes_or_goes && self.territory.follows(node) {
            self.schedule(scripted.at, node, Kind::Scripted, entry, 0);
        }
    }

    /// Plans the draws of script entries that name nobody.
    pub(in crate::sim) fn plan_draws(&mut self) {
        let plan = Arc::clone(&self.plan);
        for (entry, scripted) in (0..).zip(&plan.script) {
            if scripted.node.is_none() {
                self.schedule(scripted.at, WORLD, Kind::Draw, entry, 0);
            }
        }
    }

    /// Peers are all online before the first of them boots, so that everyone finds contacts;
    /// staggered, each finds those before it. Then clients boot, evenly over
    /// `boot_within`: all at one instant would be a crowd that no system ever sees.
    fn boot_all(&mut self, mut booting: impl FnMut(&mut O, NodeId)) {
        let plan = Arc::clone(&self.plan);
        let up = |role| {
            let churn = &plan.group(role).churn;
            plan.members(role).filter(|&node| churn.is_up_at_start(node))
        };
        let peers: Vec<NodeId> = up(Role::Peer).collect();
        let (mut clients, mut before, mut first) = (0, 0, None);
        for node in up(Role::Client) {
            if first.is_none() && self.territory.owns(node) {
                (before, first) = (clients, Some(node));
            }
            clients += 1;
        }
        let share = self.territory.partition.shards() as usize;
        let running = (peers.len() + clients as usize).div_ceil(share);
        // How many run at a time varies a little, and growing would double it.
        self.nodes.reserve(running + running / 32);
        if plan.stagger == Span::ZERO {
            for &node in &peers {
                self.start(Time::ZERO, node);
            }
            for &node in &peers {
                booting(&mut self.observer, node);
                self.boot(Time::ZERO, node);
            }
        } else {
            for (place, &node) in peers.iter().enumerate() {
                let at = Time::ZERO + plan.stagger.times(place as u64);
                self.schedule(at, node, Kind::Boot, 0, 0);
            }
        }
        if let Some(first) = first {
            let within = plan.clients.boot_within;
            let spacing = (within.nanos() / clients).max(1);
            let at = Time::ZERO + plan.stagger.times(peers.len() as u64);
            let at = at + Span::from_nanos(spacing).times(before);
            let (low, high) = (spacing as u32, (spacing >> 32) as u32);
            self.schedule(at, first, Kind::Boot, low, high);
        }
    }

    /// A node is online from now on.
    pub(super) fn start(&mut self, at: Time, node: NodeId) {
        if self.territory.owns(node) {
            self.nodes.start(node, at);
        } else {
            self.nodes.start_elsewhere(node, at);
        }
    }
}
