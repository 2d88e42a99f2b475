//! The library's messages as ours: what they are called, what they weigh, what is in them.

use crate::node::{Digestible, Hasher};
use crate::protocol::machine::Command;
use omnipaxos::ballot_leader_election::Ballot;
use omnipaxos::messages::Message as Library;
use omnipaxos::messages::ballot_leader_election::HeartbeatMsg;
use omnipaxos::messages::sequence_paxos::{Compaction, PaxosMsg};
use omnipaxos::storage::StopSign;
use omnipaxos::util::LogSync;

const BALLOT: u32 = 20;
const INDEX: u32 = 8;
const SEQUENCE: u32 = 16;
const NUMBER: u32 = 4;
const TAG: u32 = 1;
const MEMBER: u32 = 10;

/// The names of [`kind`]: the first four are work, the others upkeep.
pub(super) const KINDS: [&str; 11] = [
    "forward",
    "accept",
    "accepted",
    "decide",
    "prepare",
    "promise",
    "accept_sync",
    "stop_sign",
    "trim",
    "leader_heartbeat",
    "leader_heartbeat_reply",
];
/// How many of [`KINDS`] are work.
pub(super) const WORK: usize = 4;

/// The kind of a message, as an index into [`KINDS`].
pub(super) fn kind(message: &Library<Command>) -> usize {
    match message {
        Library::SequencePaxos(message) => match &message.msg {
            PaxosMsg::ProposalForward(_) => 0,
            PaxosMsg::AcceptDecide(_) => 1,
            PaxosMsg::Accepted(_) | PaxosMsg::NotAccepted(_) => 2,
            PaxosMsg::Decide(_) => 3,
            PaxosMsg::PrepareReq(_) | PaxosMsg::Prepare(_) => 4,
            PaxosMsg::Promise(_) => 5,
            PaxosMsg::AcceptSync(_) => 6,
            PaxosMsg::AcceptStopSign(_) | PaxosMsg::ForwardStopSign(_) => 7,
            PaxosMsg::Compaction(_) => 8,
        },
        Library::BLE(message) => match message.msg {
            HeartbeatMsg::Request(_) => 9,
            HeartbeatMsg::Reply(_) => 10,
        },
    }
}

fn entries_size(entries: &[Command]) -> u32 {
    NUMBER + entries.iter().map(Command::size).sum::<u32>()
}

fn stop_size(stop: &StopSign) -> u32 {
    NUMBER + stop.next_config.nodes.len() as u32 * MEMBER
}

fn sync_size(sync: &LogSync<Command>) -> u32 {
    INDEX + entries_size(&sync.suffix) + TAG + sync.stopsign.as_ref().map_or(0, stop_size)
}

/// Bytes of a message's fields.
pub(super) fn size(message: &Library<Command>) -> u32 {
    match message {
        Library::SequencePaxos(message) => match &message.msg {
            PaxosMsg::ProposalForward(entries) => entries_size(entries),
            PaxosMsg::AcceptDecide(accept) => {
                BALLOT + SEQUENCE + INDEX + entries_size(&accept.entries)
            }
            PaxosMsg::Accepted(_) => BALLOT + INDEX,
            PaxosMsg::NotAccepted(_) | PaxosMsg::PrepareReq(_) => BALLOT,
            PaxosMsg::Decide(_) => BALLOT + SEQUENCE + INDEX,
            PaxosMsg::Prepare(_) => 2 * BALLOT + 2 * INDEX,
            PaxosMsg::Promise(promise) => {
                2 * BALLOT + 2 * INDEX + TAG + promise.log_sync.as_ref().map_or(0, sync_size)
            }
            PaxosMsg::AcceptSync(accept) => BALLOT + SEQUENCE + INDEX + sync_size(&accept.log_sync),
            PaxosMsg::AcceptStopSign(accept) => BALLOT + SEQUENCE + stop_size(&accept.ss),
            PaxosMsg::ForwardStopSign(stop) => stop_size(stop),
            PaxosMsg::Compaction(_) => TAG + INDEX,
        },
        Library::BLE(message) => match message.msg {
            HeartbeatMsg::Request(_) => NUMBER,
            HeartbeatMsg::Reply(_) => NUMBER + 2 * BALLOT + TAG,
        },
    }
}

fn ballot(ballot: &Ballot, hasher: &mut Hasher) {
    (ballot.config_id, ballot.n, ballot.priority).digest(hasher);
    hasher.word(ballot.pid);
}

fn entries(entries: &[Command], hasher: &mut Hasher) {
    hasher.word(entries.len() as u64);
    entries.iter().for_each(|entry| entry.digest(hasher));
}

fn stop(stop: &StopSign, hasher: &mut Hasher) {
    hasher.word(u64::from(stop.next_config.configuration_id));
    let metadata = stop.metadata.as_deref().unwrap_or_default();
    hasher.word(metadata.len() as u64);
    metadata.iter().for_each(|&byte| hasher.word(u64::from(byte)));
}

fn sync(sync: &LogSync<Command>, hasher: &mut Hasher) {
    hasher.word(sync.sync_idx as u64);
    entries(&sync.suffix, hasher);
    hasher.word(u64::from(sync.stopsign.is_some()));
    if let Some(sign) = &sync.stopsign {
        stop(sign, hasher);
    }
}

/// Takes all content of a message into a digest. Who sends and who receives is the envelope's.
pub(super) fn digest(message: &Library<Command>, hasher: &mut Hasher) {
    hasher.word(kind(message) as u64);
    match message {
        Library::SequencePaxos(message) => paxos(&message.msg, hasher),
        Library::BLE(message) => match &message.msg {
            HeartbeatMsg::Request(request) => hasher.word(u64::from(request.round)),
            HeartbeatMsg::Reply(reply) => {
                (reply.round, reply.happy).digest(hasher);
                ballot(&reply.ballot, hasher);
                ballot(&reply.leader, hasher);
            }
        },
    }
}

fn paxos(message: &PaxosMsg<Command>, hasher: &mut Hasher) {
    match message {
        PaxosMsg::ProposalForward(forwarded) => entries(forwarded, hasher),
        PaxosMsg::AcceptDecide(accept) => {
            ballot(&accept.n, hasher);
            (accept.seq_num.session, accept.seq_num.counter).digest(hasher);
            hasher.word(accept.decided_idx as u64);
            entries(&accept.entries, hasher);
        }
        PaxosMsg::Accepted(accepted) => {
            ballot(&accepted.n, hasher);
            hasher.word(accepted.accepted_idx as u64);
        }
        PaxosMsg::NotAccepted(refused) => {
            hasher.word(u64::MAX);
            ballot(&refused.n, hasher);
        }
        PaxosMsg::Decide(decide) => {
            ballot(&decide.n, hasher);
            (decide.seq_num.session, decide.seq_num.counter).digest(hasher);
            hasher.word(decide.decided_idx as u64);
        }
        PaxosMsg::PrepareReq(request) => ballot(&request.n, hasher),
        PaxosMsg::Prepare(prepare) => {
            ballot(&prepare.n, hasher);
            ballot(&prepare.n_accepted, hasher);
            hasher.word(prepare.decided_idx as u64);
            hasher.word(prepare.accepted_idx as u64);
        }
        PaxosMsg::Promise(promise) => {
            ballot(&promise.n, hasher);
            ballot(&promise.n_accepted, hasher);
            hasher.word(promise.decided_idx as u64);
            hasher.word(promise.accepted_idx as u64);
            hasher.word(u64::from(promise.log_sync.is_some()));
            if let Some(missing) = &promise.log_sync {
                sync(missing, hasher);
            }
        }
        PaxosMsg::AcceptSync(accept) => {
            ballot(&accept.n, hasher);
            (accept.seq_num.session, accept.seq_num.counter).digest(hasher);
            hasher.word(accept.decided_idx as u64);
            sync(&accept.log_sync, hasher);
        }
        PaxosMsg::AcceptStopSign(accept) => {
            ballot(&accept.n, hasher);
            (accept.seq_num.session, accept.seq_num.counter).digest(hasher);
            stop(&accept.ss, hasher);
        }
        PaxosMsg::ForwardStopSign(sign) => {
            hasher.word(u64::MAX);
            stop(sign, hasher);
        }
        PaxosMsg::Compaction(Compaction::Trim(index)) => hasher.word(*index as u64),
        PaxosMsg::Compaction(Compaction::Snapshot(index)) => {
            hasher.word(u64::MAX);
            hasher.word(index.map_or(u64::MAX, |index| index as u64));
        }
    }
}
