//! Words for what nodes say.

use super::script::Script;
use clippee_sim::node::*;
use clippee_sim::protocol::clippee::groups;
use clippee_sim::protocol::clippee::{
    CommitVerdict, LockVerdict, Message, ReadVerdict, Refusal, Request,
};

/// The names that the script gave.
pub struct Names {
    peers: u32,
    clients: Vec<String>,
    objects: Vec<String>,
}

/// Seconds with as many digits as needed.
pub fn time(time: Time) -> String {
    let text = time.to_string();
    let digits = text.trim_end_matches('s').trim_end_matches('0');
    let whole = digits.trim_end_matches('.');
    match whole.split_once('.') {
        Some((_, fraction)) if fraction.len() >= 3 => whole.to_string(),
        Some((seconds, fraction)) => format!("{seconds}.{fraction:0<3}"),
        None => format!("{whole}.000"),
    }
}

impl Names {
    pub fn new(script: &Script) -> Self {
        Self {
            peers: script.peers,
            clients: script.clients.iter().map(|client| client.name.clone()).collect(),
            objects: script.objects.iter().map(|object| object.name.clone()).collect(),
        }
    }

    pub fn node(&self, node: NodeId) -> String {
        match node.0.checked_sub(self.peers + 1) {
            Some(place) => self.clients[place as usize].clone(),
            None => format!("p{}", node.0),
        }
    }

    pub fn id(&self, id: OperationId) -> String {
        format!("{}#{}", self.node(id.client), id.count)
    }

    fn object(&self, object: ObjectId) -> &str {
        &self.objects[object.0 as usize]
    }

    fn attempt(&self, attempt: AttemptId) -> String {
        let incarnation = match attempt.incarnation {
            1 => String::new(),
            incarnation => format!("'{incarnation}"),
        };
        format!("{}{incarnation}/{}", self.node(attempt.coordinator), attempt.count)
    }

    fn version(&self, version: Version) -> String {
        match version.counter {
            0 => "v0".into(),
            counter => format!("v{counter}({})", self.attempt(version.attempt)),
        }
    }

    pub fn operation(&self, operation: &Operation) -> String {
        match operation {
            Operation::Read { object } => format!("read {}", self.object(*object)),
            Operation::Update { object } => format!("update {}", self.object(*object)),
            other => format!("{other:?}"),
        }
    }

    fn refusal(&self, refusal: &Refusal) -> String {
        match refusal {
            Refusal::Busy => "no, it is taken".into(),
            Refusal::NotReady => "no, not ready".into(),
            Refusal::NotResponsible { closer } => format!("no, ask {}", self.list(closer)),
        }
    }

    fn list(&self, nodes: &[NodeId]) -> String {
        nodes.iter().map(|&node| self.node(node)).collect::<Vec<_>>().join(" ")
    }

    fn outcome(&self, outcome: &Outcome) -> String {
        match outcome {
            Outcome::Ok(Answer::Read { version, .. }) => format!("read {}", self.version(*version)),
            Outcome::Ok(Answer::Updated { version }) => {
                format!("updated to {}", self.version(*version))
            }
            Outcome::Ok(other) => format!("{other:?}"),
            Outcome::Failed { cause, maybe_applied } => {
                let maybe = if *maybe_applied { ", maybe applied" } else { "" };
                format!("failed: {}{maybe}", cause.name())
            }
        }
    }

    /// `None`: upkeep, which isn't written down.
    pub fn message(&self, message: &Message) -> Option<String> {
        Some(match message {
            Message::Lock(lock) => {
                format!("lock {} for {}", self.object(lock.object), self.attempt(lock.attempt))
            }
            Message::LockReply(reply) => {
                let verdict = match &reply.verdict {
                    LockVerdict::Granted { version, .. } => {
                        format!("yes, it has {}", self.version(*version))
                    }
                    LockVerdict::Refused(refusal) => self.refusal(refusal),
                };
                format!(
                    "lock {} for {}? {verdict}",
                    self.object(reply.object),
                    self.attempt(reply.attempt)
                )
            }
            Message::Commit(commit) => format!(
                "commit {} {} on {} by {}",
                self.object(commit.object),
                self.version(commit.version),
                self.version(commit.base),
                self.id(commit.operation)
            ),
            Message::CommitReply(reply) => {
                let verdict = match &reply.verdict {
                    CommitVerdict::Applied => "applied".into(),
                    CommitVerdict::Have => "have it".into(),
                    CommitVerdict::Superseded => "superseded".into(),
                    CommitVerdict::NotResponsible { closer } => {
                        format!("ask {}", self.list(closer))
                    }
                };
                format!(
                    "commit {} {}? {verdict}",
                    self.object(reply.object),
                    self.version(reply.version)
                )
            }
            Message::Unlock(unlock) => {
                format!(
                    "unlock {} for {}",
                    self.object(unlock.object),
                    self.attempt(unlock.attempt)
                )
            }
            Message::Read(read) => format!("read {}", self.object(read.object)),
            Message::ReadReply(reply) => {
                let verdict = match &reply.verdict {
                    ReadVerdict::Value { version, .. } => self.version(*version),
                    ReadVerdict::Refused(refusal) => self.refusal(refusal),
                    ReadVerdict::Roll { .. } => "who has members".into(),
                };
                format!("read {}? {verdict}", self.object(reply.object))
            }
            Message::Request(Request { id, operation, .. }) => {
                format!("please {}: {}", self.operation(operation), self.id(*id))
            }
            Message::Response(response) => {
                format!("{} {}", self.id(response.id), self.outcome(&response.outcome))
            }
            Message::Attach => "attach".into(),
            Message::Attached => "attached".into(),
            Message::Refused => "refused".into(),
            Message::Heartbeat => "heartbeat".into(),
            Message::HeartbeatReply { fresh: Some(peer), .. } => {
                format!("heartbeat, and there is {}", self.node(*peer))
            }
            Message::HeartbeatReply { fresh: None, .. } => "heartbeat".into(),
            Message::Goodbye => "goodbye".into(),
            Message::Group(message) => {
                <groups::Message as MessageKind>::KINDS[message.kind()].into()
            }
            Message::Overlay(_) => match Message::KINDS[message.kind()] {
                kind @ ("lookup" | "lookup_found") => kind.replace('_', " "),
                _ => return None,
            },
            Message::Replica(_) => match Message::KINDS[message.kind()] {
                kind @ ("fetch" | "transfer") => kind.into(),
                _ => return None,
            },
        })
    }

    /// `None`: what messages and other observations say anyway.
    pub fn observation(&self, observation: &Observation) -> Option<String> {
        Some(match observation {
            Observation::Ended { id, outcome } => {
                format!("{} ends: {}", self.id(*id), self.outcome(outcome))
            }
            Observation::RoundEnded { attempt, outcome, .. } => {
                let how = match outcome {
                    RoundOutcome::Granted => "is granted",
                    RoundOutcome::Refused => "is refused",
                    RoundOutcome::TimedOut => "has timed out",
                };
                format!("{} {how}", self.attempt(*attempt))
            }
            Observation::Retried { id } => format!("{} will be tried again", self.id(*id)),
            Observation::Made { object, version, base, .. } => {
                let (version, base) = (self.version(*version), self.version(*base));
                format!("makes {} {version} from {base}", self.object(*object))
            }
            Observation::LockEnded { object, attempt, how } => {
                let how = match how {
                    LockEnd::Committed => return None,
                    LockEnd::Unlocked => "is unlocked",
                    LockEnd::Expired => "has run out",
                };
                format!("lock of {} for {} {how}", self.object(*object), self.attempt(*attempt))
            }
            Observation::Applied { object, version, previous, late, .. } => {
                if *previous == Some(*version) {
                    return None;
                }
                let late = if *late { ", without a lock" } else { "" };
                format!("has {} {} now{late}", self.object(*object), self.version(*version))
            }
            Observation::Forgot { object, .. } => format!("forgets {}", self.object(*object)),
            Observation::Attached { peer } => format!("is attached to {}", self.node(*peer)),
            Observation::Numbered { .. }
            | Observation::Delivered { .. }
            | Observation::Gap { .. }
            | Observation::Registered { .. }
            | Observation::Joined
            | Observation::RoundBegan { .. }
            | Observation::Counted { .. }
            | Observation::Locked { .. }
            | Observation::Held { .. } => return None,
        })
    }
}
