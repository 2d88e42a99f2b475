//! One log at one member, in one configuration: the library's state machine, the order that it
//! needs on the way, and the state that its decisions make.
//!
//! The library is `omnipaxos` (Ng, Haridi, Carbone, "Omni-Paxos: breaking the barriers of partial
//! connectivity", EuroSys 2023): leader election by heartbeats (`tick`), replication by Sequence
//! Paxos, and a stop-sign that ends a configuration. It has no clock, randomness or hash map.

use super::link::Link;
use super::message::{ConfigId, Envelope, place_of};
use super::shelf::Shelf;
use super::world::Member;
use crate::node::{NodeId, Time};
use crate::protocol::machine::{Command, State};
use omnipaxos::ballot_leader_election::Ballot;
use omnipaxos::messages::Message as Library;
use omnipaxos::messages::sequence_paxos::PaxosMsg;
use omnipaxos::util::LogEntry;
use omnipaxos::{ClusterConfig, CompactionErr, OmniPaxos, OmniPaxosConfig, ServerConfig};
use std::sync::Arc;

/// So many decided entries are kept at least before the log is trimmed.
const TRIM: usize = 256;

/// A leader's log at some moment.
#[derive(Clone, Copy, Debug)]
struct Mark {
    ballot: Ballot,
    accepted: usize,
    decided: usize,
}

/// Entries that were decided, or the configuration's end.
pub(super) enum Decided {
    /// An entry, and whether this member led when it was decided here.
    Entry(Command, bool),
    /// These are the members from here on.
    Stopped(Vec<Member>),
}

/// One log at one member.
pub(super) struct Replica {
    pub config: ConfigId,
    pub members: Arc<Vec<Member>>,
    /// Where this configuration started.
    pub base: Arc<State>,
    pub state: State,
    /// By place: when the member was last heard of; `None`: it is known to be gone.
    pub heard: Vec<Option<Time>>,
    paxos: OmniPaxos<Command, Shelf>,
    links: Vec<Link<Library<Command>>>,
    /// Entries of the log taken into the state.
    applied: usize,
    mark: Option<Mark>,
    /// Decided, and not taken yet.
    fresh: Vec<Decided>,
    inbox: Vec<Library<Command>>,
    outbox: Vec<Library<Command>>,
}

impl Replica {
    /// The log as it starts in a configuration, at the member in place `place`. The first member
    /// shall lead, and begins at once.
    pub fn start(
        config: ConfigId,
        members: Arc<Vec<Member>>,
        place: usize,
        base: Arc<State>,
        now: Time,
    ) -> Self {
        let count = members.len();
        let cluster_config = cluster(config.number, count);
        let server_config = ServerConfig {
            pid: pid(place),
            election_tick_timeout: 1,
            resend_message_tick_timeout: 1,
            flush_batch_tick_timeout: 1,
            // The order of messages in our outbox is ours: nothing waits for a batch to fill.
            batch_size: 1,
            buffer_size: 16,
            leader_priority: (count - place) as u32,
        };
        let library = OmniPaxosConfig { cluster_config, server_config };
        let mut paxos = library.build(Shelf::default()).expect("two members or more, all numbered");
        if place == 0 {
            paxos.try_become_leader();
        }
        Self {
            config,
            heard: vec![Some(now); count],
            links: std::iter::repeat_with(Link::default).take(count).collect(),
            members,
            state: (*base).clone(),
            base,
            paxos,
            applied: 0,
            mark: None,
            fresh: Vec::new(),
            inbox: Vec::new(),
            outbox: Vec::new(),
        }
    }

    /// Whether this member leads and can decide.
    pub fn leads(&self) -> bool {
        self.paxos.get_current_leader() == Some((self.paxos.get_pid(), true))
    }

    /// A message of another member.
    pub fn receive(&mut self, from: NodeId, envelope: Envelope, now: Time) {
        let Some(place) = place_of(&self.members, from) else { return };
        self.heard[place] = Some(now);
        if envelope.number == 0 {
            self.inbox.push(envelope.message);
            return self.take_in();
        }
        self.links[place].receive(envelope.number, envelope.message, now, &mut self.inbox);
        self.take_in();
    }

    fn take_in(&mut self) {
        for message in std::mem::take(&mut self.inbox) {
            // omnipaxos 0.2.4 merges new entries into what is still in its buffer for a follower, also
            // when that follower's promise has put a new start of the log (AcceptSync) behind it:
            // then a follower that missed the old start drops the merged entry, and takes the next
            // one in its place. So the buffer is emptied before a promise is handled.
            if is_promise(&message) {
                self.paxos.take_outgoing_messages(&mut self.outbox);
            }
            self.paxos.handle_incoming(message);
            // At once: the next message may trim what this one decided.
            self.gather();
        }
    }

    /// Whether a message is missed on the way from any member.
    pub fn is_missing(&self) -> bool {
        self.links.iter().any(Link::is_missing)
    }

    /// Gives up on messages that have been missed for too long.
    pub fn give_up(&mut self, now: Time) {
        for link in &mut self.links {
            link.give_up(now, &mut self.inbox);
        }
        self.take_in();
    }

    /// An election timeout is over.
    pub fn tick(&mut self) {
        self.paxos.tick();
        self.gather();
        self.trim();
    }

    /// Trims what all members know to be decided.
    ///
    /// The library would trim what all have accepted. That isn't safe: a member that missed the
    /// decision, and the round after it, is brought up to date from what it knows to be decided, and
    /// those entries would be gone. But a member that has accepted an entry of this ballot has taken
    /// in, in order, what was sent with it: the decided index of that moment, or a later one.
    fn trim(&mut self) {
        let ballot = self.paxos.get_promise();
        if !self.leads() || self.mark.is_some_and(|mark| mark.ballot != ballot) {
            self.mark = None;
        }
        if !self.leads() {
            return;
        }
        let (accepted, decided) = (self.paxos.get_accepted_idx(), self.paxos.get_decided_idx());
        let Some(mark) = self.mark else {
            let enough = decided >= self.paxos.get_compacted_idx() + TRIM;
            self.mark = enough.then_some(Mark { ballot, accepted, decided });
            return;
        };
        // Asked for more than there is, it says what all have accepted.
        let Err(CompactionErr::NotAllDecided(all)) = self.paxos.trim(Some(usize::MAX)) else {
            return;
        };
        if all > mark.accepted {
            let trimmed = self.paxos.trim(Some(mark.decided));
            debug_assert!(trimmed.is_ok(), "{trimmed:?}");
            self.mark = None;
        }
    }

    /// Puts a command into the log, or on its way to the leader; false if the configuration ends.
    pub fn append(&mut self, command: Command) -> bool {
        self.paxos.append(command).is_ok()
    }

    /// Ends the configuration with a stop-sign that names the next one's members.
    pub fn reconfigure(&mut self, members: &[Member]) {
        let next = cluster(self.config.number + 1, members.len());
        // An error says that an end was proposed before.
        let _ = self.paxos.reconfigure(next, Some(encode(members)));
    }

    /// Whether this configuration's end stands in the log here, decided or not.
    pub fn is_stopping(&self) -> bool {
        let last = self.paxos.get_accepted_idx();
        last > 0 && matches!(self.paxos.read(last - 1), Some(LogEntry::StopSign(..)))
    }

    /// The next decided entries, in order.
    pub fn decided(&mut self) -> Vec<Decided> {
        self.gather();
        std::mem::take(&mut self.fresh)
    }

    fn gather(&mut self) {
        let Some(entries) = self.paxos.read_decided_suffix(self.applied) else { return };
        self.applied = self.paxos.get_decided_idx();
        // The next message may depose this member.
        let leads = self.leads();
        let decided = entries.into_iter().filter_map(|entry| match entry {
            LogEntry::Decided(command) => Some(Decided::Entry(command, leads)),
            LogEntry::StopSign(stop, true) => {
                Some(Decided::Stopped(decode(&stop.metadata.unwrap_or_default())))
            }
            _ => None,
        });
        self.fresh.extend(decided);
    }

    /// All that is to be sent, with who it is for.
    pub fn take_outgoing(&mut self, mut send: impl FnMut(NodeId, Envelope)) {
        self.paxos.take_outgoing_messages(&mut self.outbox);
        for message in self.outbox.drain(..) {
            let place = (message.get_receiver() - 1) as usize;
            let ordered = matches!(message, Library::SequencePaxos(_));
            let number = if ordered { self.links[place].number() } else { 0 };
            let envelope = Envelope { config: self.config, number, message };
            send(self.members[place].node, envelope);
        }
    }
}

fn is_promise(message: &Library<Command>) -> bool {
    matches!(message, Library::SequencePaxos(paxos) if matches!(paxos.msg, PaxosMsg::Promise(_)))
}

/// The library counts members from 1, and keeps tables as long as the largest number.
const fn pid(place: usize) -> u64 {
    place as u64 + 1
}

fn cluster(number: u32, count: usize) -> ClusterConfig {
    let nodes = (0..count).map(pid).collect();
    ClusterConfig { configuration_id: number, nodes, flexible_quorum: None }
}

fn encode(members: &[Member]) -> Vec<u8> {
    let words = members.iter().flat_map(|member| [member.node.0, member.incarnation]);
    words.flat_map(u32::to_le_bytes).collect()
}

fn decode(bytes: &[u8]) -> Vec<Member> {
    let word = |bytes: &[u8]| bytes.iter().rev().fold(0, |word, &byte| word << 8 | u32::from(byte));
    let members = bytes.chunks_exact(8).map(|chunk| {
        let (node, incarnation) = chunk.split_at(4);
        Member { node: NodeId(word(node)), incarnation: word(incarnation) }
    });
    members.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_travel_in_the_stop_sign() {
        let members = [
            Member { node: NodeId(7), incarnation: 1 },
            Member { node: NodeId(70_000), incarnation: 300 },
        ];
        assert_eq!(decode(&encode(&members)), members);
    }
}
