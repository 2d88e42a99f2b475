//! Where the library keeps a log: in memory, gone with the incarnation.

use crate::protocol::machine::Command;
use omnipaxos::ballot_leader_election::Ballot;
use omnipaxos::storage::{self, NoSnapshot, StopSign, Storage, StorageOp, StorageResult};

// Snapshots would have to be made of entries alone, but an update is made from the version before
// it: the library trims, and states go from configuration to configuration whole.
impl storage::Entry for Command {
    type Snapshot = NoSnapshot;
}

/// One log's entries from `compacted` on, and what the member promised.
#[derive(Clone, Debug, Default)]
pub(super) struct Shelf {
    entries: Vec<Command>,
    compacted: usize,
    decided: usize,
    promise: Option<Ballot>,
    accepted: Option<Ballot>,
    stop: Option<StopSign>,
}

impl Storage<Command> for Shelf {
    fn write_atomically(&mut self, ops: Vec<StorageOp<Command>>) -> StorageResult<()> {
        for op in ops {
            match op {
                StorageOp::AppendEntry(entry) => self.append_entry(entry)?,
                StorageOp::AppendEntries(entries) => self.append_entries(entries)?,
                StorageOp::AppendOnPrefix(from, entries) => self.append_on_prefix(from, entries)?,
                StorageOp::SetPromise(ballot) => self.set_promise(ballot)?,
                StorageOp::SetDecidedIndex(index) => self.set_decided_idx(index)?,
                StorageOp::SetAcceptedRound(ballot) => self.set_accepted_round(ballot)?,
                StorageOp::SetCompactedIdx(index) => self.set_compacted_idx(index)?,
                StorageOp::Trim(index) => self.trim(index)?,
                StorageOp::SetStopsign(stop) => self.set_stopsign(stop)?,
                StorageOp::SetSnapshot(_) => {}
            }
        }
        Ok(())
    }

    fn append_entry(&mut self, entry: Command) -> StorageResult<()> {
        self.entries.push(entry);
        Ok(())
    }

    fn append_entries(&mut self, entries: Vec<Command>) -> StorageResult<()> {
        self.entries.extend(entries);
        Ok(())
    }

    fn append_on_prefix(&mut self, from: usize, entries: Vec<Command>) -> StorageResult<()> {
        assert!(from >= self.compacted, "entries from {from} on are gone");
        self.entries.truncate(from - self.compacted);
        self.entries.extend(entries);
        Ok(())
    }

    fn set_promise(&mut self, ballot: Ballot) -> StorageResult<()> {
        self.promise = Some(ballot);
        Ok(())
    }

    fn set_decided_idx(&mut self, index: usize) -> StorageResult<()> {
        self.decided = index;
        Ok(())
    }

    fn get_decided_idx(&self) -> StorageResult<usize> {
        Ok(self.decided)
    }

    fn set_accepted_round(&mut self, ballot: Ballot) -> StorageResult<()> {
        self.accepted = Some(ballot);
        Ok(())
    }

    fn get_accepted_round(&self) -> StorageResult<Option<Ballot>> {
        Ok(self.accepted)
    }

    fn get_entries(&self, from: usize, to: usize) -> StorageResult<Vec<Command>> {
        let place = |index: usize| index.checked_sub(self.compacted);
        let range = place(from).zip(place(to)).and_then(|(from, to)| self.entries.get(from..to));
        Ok(range.map(<[Command]>::to_vec).unwrap_or_default())
    }

    fn get_log_len(&self) -> StorageResult<usize> {
        Ok(self.entries.len())
    }

    fn get_suffix(&self, from: usize) -> StorageResult<Vec<Command>> {
        // The library would take an empty answer for a log that ends here.
        assert!(from >= self.compacted, "entries from {from} on are gone");
        let suffix = self.entries.get(from - self.compacted..);
        Ok(suffix.map(<[Command]>::to_vec).unwrap_or_default())
    }

    fn get_promise(&self) -> StorageResult<Option<Ballot>> {
        Ok(self.promise)
    }

    fn set_stopsign(&mut self, stop: Option<StopSign>) -> StorageResult<()> {
        self.stop = stop;
        Ok(())
    }

    fn get_stopsign(&self) -> StorageResult<Option<StopSign>> {
        Ok(self.stop.clone())
    }

    fn trim(&mut self, index: usize) -> StorageResult<()> {
        let gone = index.saturating_sub(self.compacted).min(self.entries.len());
        self.entries.drain(..gone);
        Ok(())
    }

    fn set_compacted_idx(&mut self, index: usize) -> StorageResult<()> {
        self.compacted = index;
        Ok(())
    }

    fn get_compacted_idx(&self) -> StorageResult<usize> {
        Ok(self.compacted)
    }

    fn set_snapshot(&mut self, _: Option<NoSnapshot>) -> StorageResult<()> {
        Ok(())
    }

    fn get_snapshot(&self) -> StorageResult<Option<NoSnapshot>> {
        Ok(None)
    }
}
