//! Hand-written histories for tests: a script that shows an observer what it likes.

use super::Census;
use crate::node::{
    Answer, AttemptId, DropCause, FailureCause, FaultBegun, Happening, LockEnd, NodeId, ObjectId,
    Observation, Observer, Operation, OperationId, Outcome, Pending, Role, Span, Step, Time, Value,
    Version,
};
use crate::observe::fake::{Fake, Word};
use std::sync::Arc;

/// Five peers with ids 100 to 500 and three clients (6 to 8); object `n` has the key 100 * n + 101,
/// so that with two replicas object 0 belongs to peers 1 and 2. The window is from 1 s to 100 s,
/// the bound at 150 s, the end at 200 s.
pub(crate) fn census() -> Census {
    Census {
        servers: 0,
        max_clients: 10,
        service_time: Span::from_millis(10),
        peers: 5,
        nodes: 8,
        ids: Arc::new((0..=8).map(|node| node * 100).collect()),
        keys: Arc::new((0..4).map(|object| 100 * object + 101).collect()),
        groups: 0,
        replicas: 2,
        lock_quorum: 2,
        read_quorum: 2,
        write_acks: 1,
        lock_lease: Span::from_secs(5),
        lock_patience: Span::from_millis(2_500),
        cache_ttl: Span::from_secs(60),
        operation_timeout: Span::from_secs(15),
        dedupe: 4,
        object_bytes: 10,
        warmup: Time::ZERO + Span::from_secs(1),
        duration: Time::ZERO + Span::from_secs(100),
        settle: Some(Time::ZERO + Span::from_secs(150)),
        end: Time::ZERO + Span::from_secs(200),
    }
}

pub(crate) const OBJECT: ObjectId = ObjectId(0);

/// The operation `count` of client 6, 7, 8.
pub(crate) fn op(client: u32, count: u32) -> OperationId {
    OperationId { client: NodeId(client), count }
}

/// The attempt `count` of peer `coordinator` in its first incarnation.
pub(crate) fn attempt(coordinator: u32, count: u32) -> AttemptId {
    AttemptId { coordinator: NodeId(coordinator), incarnation: 1, count }
}

/// A version that peer 3 made.
pub(crate) fn version(counter: u32, count: u32) -> Version {
    Version { counter, attempt: attempt(3, count) }
}

/// Shows an observer a history. Times are in milliseconds.
pub(crate) struct Script<O> {
    pub observer: O,
    numbers: Vec<u32>,
    incarnations: Vec<u32>,
    values: Vec<(Version, Value)>,
    now: Time,
}

impl<O: Observer<Fake>> Script<O> {
    /// Nobody is up yet.
    pub fn new(observer: O) -> Self {
        let zeros = vec![0; 9];
        let values = vec![(Version::ZERO, census().initial(OBJECT))];
        Self { observer, numbers: zeros.clone(), incarnations: zeros, values, now: Time::ZERO }
    }

    /// All eight nodes are up from time 0.
    pub fn started(observer: O) -> Self {
        let mut script = Self::new(observer);
        (1..=8).for_each(|node| script.boot(node));
        script
    }

    /// What follows happens at `ms`.
    pub fn at(&mut self, ms: u64) -> &mut Self {
        self.now = Time::ZERO + Span::from_millis(ms);
        self
    }

    pub fn step(&mut self, node: u32, happening: Happening<'_, Fake>) {
        self.caused(node, None, happening);
    }

    /// The step told last arms the timer of this name.
    pub fn arm(&mut self, name: u32) {
        self.observer.set_off(Pending::Timer(name));
    }

    /// That timer fires at `node`.
    pub fn fire(&mut self, node: u32, name: u32) {
        self.caused(node, Some(Pending::Timer(name)), Happening::Timer(1));
    }

    fn caused(&mut self, node: u32, cause: Option<Pending>, happening: Happening<'_, Fake>) {
        let at = node as usize;
        let role = if node <= 5 { Role::Peer } else { Role::Client };
        let step = Step {
            at: self.now,
            node: NodeId(node),
            role,
            incarnation: self.incarnations[at],
            number: self.numbers[at],
            cause,
            happening,
        };
        self.numbers[at] += 1;
        self.observer.step(&step);
    }

    pub fn boot(&mut self, node: u32) {
        self.incarnations[node as usize] += 1;
        self.step(node, Happening::Boot);
    }

    pub fn stop(&mut self, node: u32) {
        self.step(node, Happening::Stop { crash: true });
    }

    /// A fault of `node` begins, until `ms`.
    pub fn fault(&mut self, node: u32, ms: u64, skew: Span, drift: f64) {
        let targets = [("targets", vec![NodeId(node)])];
        let (at, until) = (self.now, Time::ZERO + Span::from_millis(ms));
        let (number, kind, targets) = (1, "pause", &targets[..]);
        self.observer.fault(&FaultBegun { number, kind, at, until, targets, skew, drift });
    }

    pub fn tell(&mut self, node: u32, observation: Observation) {
        self.observer.observation(self.now, NodeId(node), &observation);
    }

    pub fn sent(&mut self, from: u32, to: u32, bytes: u32) {
        self.observer.sent(self.now, NodeId(from), NodeId(to), 0, bytes);
    }

    pub fn duplicated(&mut self, from: u32, to: u32, bytes: u32) {
        self.observer.duplicated(self.now, NodeId(from), NodeId(to), 0, bytes);
    }

    pub fn dropped(&mut self, from: u32, to: u32, bytes: u32, cause: DropCause) {
        self.observer.dropped(self.now, NodeId(from), NodeId(to), 0, bytes, cause);
    }

    pub fn delivered(&mut self, from: u32, to: u32, bytes: u32) {
        let message = Word::Work(bytes);
        self.step(to, Happening::Message { from: NodeId(from), message: &message });
    }

    pub fn ask(&mut self, id: OperationId, operation: Operation) {
        self.step(id.client.0, Happening::Operation { id, operation: &operation });
    }

    pub fn ask_update(&mut self, id: OperationId) {
        self.ask(id, Operation::Update { object: OBJECT });
    }

    pub fn ask_read(&mut self, id: OperationId) {
        self.ask(id, Operation::Read { object: OBJECT });
    }

    /// The value of a version that was made, or of version 0.
    pub fn value(&self, version: Version) -> Value {
        let known = self.values.iter().find(|(other, _)| *other == version);
        known.map(|&(_, value)| value).unwrap_or_default()
    }

    /// The coordinator of `version` makes it.
    pub fn made(&mut self, id: OperationId, version: Version, base: Version) {
        let value = self.value(base).changed(id);
        self.values.push((version, value));
        let made = Observation::Made { id, object: OBJECT, version, base, value };
        self.tell(version.attempt.coordinator.0, made);
    }

    /// `node` takes a version by its commit.
    pub fn commit(&mut self, node: u32, version: Version, previous: Option<Version>) {
        self.applied(node, version, previous, Some(version.attempt));
    }

    /// `node` takes a version by repair.
    pub fn repair(&mut self, node: u32, version: Version, previous: Option<Version>) {
        self.applied(node, version, previous, None);
    }

    fn applied(
        &mut self,
        node: u32,
        version: Version,
        previous: Option<Version>,
        commit: Option<AttemptId>,
    ) {
        let value = self.value(version);
        self.tell(
            node,
            Observation::Applied {
                object: OBJECT,
                version,
                value,
                previous,
                commit,
                late: false,
                responsible: true,
            },
        );
    }

    pub fn forgot(&mut self, node: u32, version: Version) {
        self.tell(node, Observation::Forgot { object: OBJECT, version });
    }

    pub fn counted(&mut self, id: OperationId, version: Version, replica: u32) {
        let replica = NodeId(replica);
        let counted = Observation::Counted { id, object: OBJECT, version, replica };
        self.tell(version.attempt.coordinator.0, counted);
    }

    pub fn updated(&mut self, id: OperationId, version: Version) {
        self.end(id, Outcome::Ok(Answer::Updated { version }));
    }

    pub fn read(&mut self, id: OperationId, version: Version) {
        let value = self.value(version);
        self.end(id, Outcome::Ok(Answer::Read { version, value }));
    }

    pub fn failed(&mut self, id: OperationId, maybe_applied: bool) {
        let cause = FailureCause::Timeout;
        self.end(id, Outcome::Failed { cause, maybe_applied });
    }

    pub fn end(&mut self, id: OperationId, outcome: Outcome) {
        self.tell(id.client.0, Observation::Ended { id, outcome });
    }

    pub fn locked(&mut self, node: u32, attempt: AttemptId) {
        self.tell(node, Observation::Locked { object: OBJECT, attempt, responsible: true });
    }

    pub fn unlocked(&mut self, node: u32, attempt: AttemptId, how: LockEnd) {
        self.tell(node, Observation::LockEnded { object: OBJECT, attempt, how });
    }

    /// A whole update that takes 40 ms: asked, made, committed at peers 1 and 2, answered.
    pub fn whole_update(
        &mut self,
        ms: u64,
        id: OperationId,
        version: Version,
        previous: Option<Version>,
    ) {
        self.at(ms).ask_update(id);
        self.at(ms + 10).made(id, version, previous.unwrap_or_default());
        self.at(ms + 20).commit(1, version, previous);
        self.at(ms + 20).commit(2, version, previous);
        self.at(ms + 30).counted(id, version, 1);
        self.at(ms + 30).counted(id, version, 2);
        self.at(ms + 40).updated(id, version);
    }
}
