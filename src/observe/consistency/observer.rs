//! The observer: takes observations in, gives a [`ConsistencyReport`] out.

use super::acknowledged::{Acknowledged, Missed};
use super::agreement::Agreement;
use super::branches::Branches;
use super::census::Census;
use super::holdings::Holdings;
use super::outages::Outages;
use super::presence::{Presence, State};
use super::report::{ConsistencyReport, Detail, Staleness};
use super::sessions::{Seen, Sessions, Violations};
use super::window::Window;
use crate::node::{
    Answer, Happening, NodeId, ObjectId, Observation, Observer, Operation, OperationId, Outcome,
    Protocol, Role, Span, Step, Time,
};
use std::collections::BTreeMap;

/// A read or update that hasn't ended.
#[derive(Clone, Copy, Debug)]
struct Pending {
    asked: Time,
    object: ObjectId,
    /// What had been acknowledged when it was asked for.
    moment: u32,
    /// What its client had seen then.
    seen: Seen,
}

/// Sums over stale reads.
#[derive(Clone, Copy, Debug, Default)]
struct Stale {
    reads: u64,
    versions: u64,
    versions_max: u64,
    time: u128,
    time_max: Span,
}

/// Measures consistency from what nodes do and tell (CLIPPEE 8, M1 to M5, M7, M8, M11). Costs
/// nothing for messages and timers.
#[derive(Clone, Debug)]
pub struct Consistency {
    census: Census,
    window: Window,
    presence: Presence,
    holdings: Holdings,
    agreement: Agreement,
    acknowledged: Acknowledged,
    sessions: Sessions,
    outages: Outages,
    pending: BTreeMap<OperationId, Pending>,
    stale: Stale,
    violations: Violations,
    updates_ok: u64,
    reads_ok: u64,
    late_commits: u64,
}

impl Consistency {
    /// An observer for a run that hasn't begun.
    #[must_use]
    pub fn new(census: Census) -> Self {
        let objects = census.objects();
        Self {
            window: Window::new(&census),
            presence: Presence::new(&census),
            holdings: Holdings::new(census.peers, objects),
            agreement: Agreement::new(&census),
            acknowledged: Acknowledged::new(objects),
            sessions: Sessions::default(),
            outages: Outages::new(objects),
            pending: BTreeMap::new(),
            stale: Stale::default(),
            violations: Violations::default(),
            updates_ok: 0,
            reads_ok: 0,
            late_commits: 0,
            census,
        }
    }

    /// What was found, after the run's last event.
    #[must_use]
    pub fn finish(self) -> ConsistencyReport {
        let branches = Branches::of(&self.holdings, &self.acknowledged, &self.window);
        let (divergent_objects, divergence_seconds) = self.agreement.finish(self.census.end);
        ConsistencyReport {
            lost_updates: branches.lost.total(),
            stale_reads: self.stale.reads,
            divergent_objects,
            divergence_seconds,
            concurrent_commits: branches.concurrent_commits,
            late_commits: self.late_commits,
            detail: Detail {
                updates_ok: self.updates_ok,
                reads_ok: self.reads_ok,
                lost: branches.lost,
                vanished_updates: branches.vanished_updates,
                vanishings: self.holdings.vanishings(),
                vanished_objects: self.holdings.vanished(),
                staleness: self.stale.report(),
                sessions: self.violations,
                forks: branches.forks,
                outages: self.outages.finish(self.census.end),
                branched_operations: branches.branched_operations,
            },
        }
    }

    fn booted(&mut self, at: Time, node: NodeId) {
        if self.presence.booted(at, node) == State::Member {
            self.enters(at, node);
        }
    }

    fn joined(&mut self, at: Time, node: NodeId) {
        if self.presence.joined(node) {
            self.enters(at, node);
        }
    }

    fn enters(&mut self, at: Time, node: NodeId) {
        if self.census.is_peer(node) {
            let id = self.census.ids[node.index()];
            self.agreement.entered(at, id, node, &self.holdings);
        }
    }

    fn leaves_ring(&mut self, at: Time, node: NodeId) {
        if self.presence.state(node) == State::Member && self.census.is_peer(node) {
            let id = self.census.ids[node.index()];
            self.agreement.left(at, id, node, &self.holdings);
        }
    }

    fn stopped(&mut self, at: Time, node: NodeId, role: Role, crash: bool) {
        let abandoned = OperationId { client: node, count: 0 }..=last_of(node);
        while let Some((&id, _)) = self.pending.range(abandoned.clone()).next() {
            self.pending.remove(&id);
        }
        if role == Role::Peer {
            self.leaves_ring(at, node);
            self.holdings.stopped(node, crash);
        }
        self.presence.stopped(node);
    }

    fn asked(&mut self, at: Time, id: OperationId, operation: &Operation) {
        self.window.asked(at, id);
        let (Operation::Read { object } | Operation::Update { object }) = *operation else {
            return;
        };
        let moment = self.acknowledged.moment(object);
        let seen = self.sessions.seen(id.client, object);
        self.pending.insert(id, Pending { asked: at, object, moment, seen });
    }

    fn ended(&mut self, at: Time, id: OperationId, outcome: Outcome) {
        let Some(pending) = self.pending.remove(&id) else { return };
        let counts = self.window.contains(id);
        let answer = match outcome {
            Outcome::Ok(answer) => answer,
            Outcome::Failed { .. } => {
                if counts {
                    self.outages.failed(pending.asked, pending.object);
                }
                return;
            }
        };
        self.outages.succeeded(at, pending.object);
        match answer {
            Answer::Read { version, .. } => {
                let version = self.holdings.versions.find_or_adopt(pending.object, version);
                let versions = &self.holdings.versions;
                self.sessions.read(id.client, pending.object, version, versions);
                if counts {
                    self.reads_ok += 1;
                    self.violations.judge_read(pending.seen, version, versions);
                    let missed =
                        self.acknowledged.missed(pending.object, pending.moment, version, versions);
                    missed.into_iter().for_each(|missed| self.stale.add(missed, pending.asked));
                }
            }
            Answer::Updated { version } => {
                let version = self.holdings.versions.find_or_adopt(pending.object, version);
                let versions = &self.holdings.versions;
                self.sessions.wrote(id.client, pending.object, version, versions);
                self.acknowledged.add(at, pending.object, id, version, versions);
                if counts {
                    self.updates_ok += 1;
                    self.violations.judge_update(pending.seen, version, versions);
                }
            }
            Answer::Found { .. }
            | Answer::Done
            | Answer::Joined { .. }
            | Answer::Members { .. } => {}
        }
    }
}

impl Stale {
    fn add(&mut self, missed: Missed, asked: Time) {
        let behind = asked.since(missed.since);
        self.reads += 1;
        self.versions += missed.versions;
        self.versions_max = self.versions_max.max(missed.versions);
        self.time += u128::from(behind.nanos());
        self.time_max = self.time_max.max(behind);
    }

    fn report(&self) -> Staleness {
        if self.reads == 0 {
            return Staleness::default();
        }
        let reads = self.reads as f64;
        Staleness {
            versions_behind_mean: Some(self.versions as f64 / reads),
            versions_behind_max: Some(self.versions_max),
            seconds_behind_mean: Some(self.time as f64 / 1e9 / reads),
            seconds_behind_max: Some(self.time_max.seconds()),
        }
    }
}

/// The largest id that an operation of `client` can have.
const fn last_of(client: NodeId) -> OperationId {
    OperationId { client, count: u32::MAX }
}

impl<P: Protocol> Observer<P> for Consistency {
    fn watches_traffic(&self) -> bool {
        false
    }

    fn step(&mut self, step: &Step<'_, P>) {
        match step.happening {
            Happening::Message { .. } | Happening::Timer(_) => {}
            Happening::Boot => self.booted(step.at, step.node),
            Happening::Operation { id, operation } => self.asked(step.at, id, operation),
            Happening::Leave => {
                self.leaves_ring(step.at, step.node);
                self.presence.leaves(step.node);
            }
            Happening::Stop { crash } => self.stopped(step.at, step.node, step.role, crash),
        }
    }

    fn observation(&mut self, at: Time, node: NodeId, observation: &Observation) {
        match *observation {
            Observation::Ended { id, outcome } => self.ended(at, id, outcome),
            Observation::Joined => self.joined(at, node),
            Observation::Made { id, object, version, base, value } => {
                self.holdings.made(object, version, base, id, value);
            }
            Observation::Applied { object, version, commit, late, .. } => {
                self.holdings.applied(node, object, version, commit.is_some());
                self.agreement.touched(at, object, &self.holdings);
                if late {
                    let index = self.holdings.versions.find_or_adopt(object, version);
                    let entry = self.holdings.versions.entry(index);
                    let counts = entry.is_some_and(|made| self.window.contains(made.operation));
                    self.late_commits += u64::from(counts);
                }
            }
            Observation::Forgot { object, .. } => {
                self.holdings.forgot(node, object);
                self.agreement.touched(at, object, &self.holdings);
            }
            _ => {}
        }
    }
}
