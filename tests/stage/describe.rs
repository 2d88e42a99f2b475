//! Words for what nodes say.

use super::script::Script;
use clippee_sim::node::*;
use clippee_sim::protocol::clippee::groups::{self, Element, Entry, RegisterVerdict};
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
            Operation::Join { group } => format!("join {}", self.object(*group)),
            Operation::Leave { group } => format!("quit {}", self.object(*group)),
            Operation::Multicast { group, order: Order::Total, .. } => {
                format!("say to {}", self.object(*group))
            }
            Operation::Multicast { group, .. } => format!("whisper to {}", self.object(*group)),
            Operation::Members { group, .. } => format!("list {}", self.object(*group)),
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
            Outcome::Ok(Answer::Joined { number, .. }) => format!("joined at number {number}"),
            Outcome::Ok(Answer::Members { view, access_peers, members }) => {
                format!("view {view}: {members} members on {access_peers} access peers")
            }
            Outcome::Ok(Answer::Done) => "done".into(),
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
                    LockVerdict::Granted { version, roll, .. } => {
                        format!("yes, it has {}{}", self.version(*version), self.roll(roll))
                    }
                    LockVerdict::Refused(refusal) => self.refusal(refusal),
                    LockVerdict::Queued => "wait for your turn".into(),
                    LockVerdict::Contested { .. } => "you have it, and an older one waits".into(),
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
                    "commit {} {}? {verdict}{}",
                    self.object(reply.object),
                    self.version(reply.version),
                    self.roll(&reply.roll)
                )
            }
            Message::Unlock(unlock) => {
                format!(
                    "unlock {} for {}",
                    self.object(unlock.object),
                    self.attempt(unlock.attempt)
                )
            }
            Message::Yield(yielded) => {
                let (object, attempt) = (self.object(yielded.object), yielded.attempt);
                format!("yield {object} for {}", self.attempt(attempt))
            }
            Message::Read(read) => format!("read {}", self.object(read.object)),
            Message::ReadReply(reply) => {
                let verdict = match &reply.verdict {
                    ReadVerdict::Value { version, .. } => self.version(*version),
                    ReadVerdict::Refused(refusal) => self.refusal(refusal),
                    ReadVerdict::Roll { view, entries } => {
                        format!("view {view}{}", self.roll(entries))
                    }
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
            Message::Refused { instead: None } => "refused".into(),
            Message::Refused { instead: Some(peer) } => {
                format!("refused, try {}", self.node(*peer))
            }
            Message::Heartbeat => "heartbeat".into(),
            Message::HeartbeatReply { fresh: Some(peer), .. } => {
                format!("heartbeat, and there is {}", self.node(*peer))
            }
            Message::HeartbeatReply { fresh: None, .. } => "heartbeat".into(),
            Message::Goodbye => "goodbye".into(),
            Message::Group(message) => return self.group_message(message),
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
                    LockEnd::Yielded => "is yielded",
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
            Observation::Numbered { id, group, number, access_peers, members, .. } => format!(
                "sends {} as number {number} to {}: {members} members on {access_peers} access peers",
                self.id(*id),
                self.object(*group)
            ),
            Observation::Delivered { group, id, number, .. } => {
                format!("gets {} of {}, number {number}", self.id(*id), self.object(*group))
            }
            Observation::Gap { group, missing: 0, .. } => {
                format!("may miss some of {}", self.object(*group))
            }
            Observation::Gap { group, missing, .. } => {
                format!("misses {missing} of {}", self.object(*group))
            }
            Observation::Registered { group, peer, members } => format!(
                "knows that {} has {members} members of {}",
                self.node(*peer),
                self.object(*group)
            ),
            Observation::Accepted { .. }
            | Observation::Joined
            | Observation::RoundBegan { .. }
            | Observation::Counted { .. }
            | Observation::Locked { .. }
            | Observation::Held { .. } => return None,
        })
    }
}

/// Of groups.
impl Names {
    /// What is known of access peers, if anything.
    fn roll(&self, entries: &[Entry]) -> String {
        let listed: Vec<String> = entries
            .iter()
            .map(|entry| format!("{} {}", self.node(entry.peer), entry.members))
            .collect();
        if listed.is_empty() { String::new() } else { format!("; members: {}", listed.join(", ")) }
    }

    fn multicasts(&self, multicasts: &[groups::Multicast]) -> String {
        let listed: Vec<String> = multicasts
            .iter()
            .map(|multicast| format!("{} {}", multicast.number, self.id(multicast.id)))
            .collect();
        if listed.is_empty() { "nothing".into() } else { listed.join(", ") }
    }

    fn group_message(&self, message: &groups::Message) -> Option<String> {
        use groups::Message::*;
        Some(match message {
            Enter { group, back: None, .. } => format!("let me into {}", self.object(*group)),
            Enter { group, back: Some(groups::Back { number, .. }), .. } => {
                format!("let me back into {}, I have number {number}", self.object(*group))
            }
            Welcome(welcome) => {
                let (group, number) = (self.object(welcome.group), welcome.number);
                let missed = match &*welcome.missed {
                    [] => String::new(),
                    missed => format!("; you missed {}", self.multicasts(missed)),
                };
                format!("welcome to {group} at place {}, number {number}{missed}", welcome.place)
            }
            Exit { group, .. } => format!("let me out of {}", self.object(*group)),
            Exited { group } => format!("you are out of {}", self.object(*group)),
            Deliver(deliver) => {
                let (group, place) = (self.object(deliver.group), deliver.place);
                match &deliver.element {
                    Element::Message(multicast) => format!(
                        "here is {} of {group}, number {}, place {place}",
                        self.id(multicast.id),
                        multicast.number
                    ),
                    Element::Lost { number } => {
                        format!("lost: {group} up to number {number}, place {place}")
                    }
                    Element::Doubt { .. } => {
                        format!("perhaps lost: whispers to {group}, place {place}")
                    }
                }
            }
            Missing { group, from, to } => {
                format!("I lack places {from} to {to} of {}", self.object(*group))
            }
            Register(register) => {
                let entry = register.entry;
                let (group, peer) = (self.object(register.group), self.node(entry.peer));
                format!("register {peer} in {group} with {} members", entry.members)
            }
            Registered(registered) => {
                let verdict = match &registered.verdict {
                    RegisterVerdict::Taken { number, .. } => {
                        format!("yes, it is at number {number}")
                    }
                    RegisterVerdict::Outdated { .. } => "no, I know better".into(),
                    RegisterVerdict::NotResponsible { closer } => {
                        format!("no, ask {}", self.list(closer))
                    }
                };
                format!("register in {}? {verdict}", self.object(registered.group))
            }
            Fill(fill) => {
                let upto = fill.upto.map_or(String::new(), |upto| format!(" up to {upto}"));
                format!(
                    "what came to {} after number {}{upto}",
                    self.object(fill.group),
                    fill.after
                )
            }
            Filled(filled) => format!(
                "after number {} of {} came {}; it is at number {}",
                filled.after,
                self.object(filled.group),
                self.multicasts(&filled.messages),
                filled.number
            ),
            Relay(relay) => {
                let list: Vec<NodeId> = relay.list.iter().map(|entry| entry.peer).collect();
                let on = match &*list {
                    [] => String::new(),
                    list => format!("; pass it on to {}", self.list(list)),
                };
                let (id, group) = (self.id(relay.multicast.id), self.object(relay.group));
                format!("here is {id} of {group}, number {}{on}", relay.multicast.number)
            }
            RelayAck { id, .. } => format!("I have {}", self.id(*id)),
            Lack { group, sender, after, before, .. } => format!(
                "what did {} whisper to {} after {after} and before {before}",
                self.node(*sender),
                self.object(*group)
            ),
            Supply(supply) => format!("it whispered {}", self.multicasts(&supply.messages)),
            Who { group, .. } => format!("who are your members of {}", self.object(*group)),
            Names { names, .. } => format!("they are {}", self.list(names)),
            Recall { group, age } => {
                let group = self.object(*group);
                format!("what was whispered to {group} in the last {age}")
            }
            Recalled(recalled) => {
                let messages: Vec<_> = recalled.messages.iter().map(|(one, _)| *one).collect();
                let doubt = if recalled.whole { "" } else { ", and perhaps more" };
                format!("there was {}{doubt}", self.multicasts(&messages))
            }
            // Upkeep.
            Poll(_) | PollReply(_) => return None,
        })
    }
}
