//! The order of each sender: what comes early waits for what came before it, and the access peer
//! where it entered the tree is asked for that (CLIPPEE 7).
//!
//! Only those messages count that were addressed to this peer. A sender's counts may jump here
//! (nobody here was a member in between), which only that access peer can tell from a loss. So too
//! where a sender has rebooted: whether it had sent more before, the access peer knows where its last
//! message had entered.

use super::sent::Asker;
use super::shared::{GAP_PATIENCE, Shared, patience};
use crate::node::{NodeId, ObjectId, Time};
use crate::protocol::clippee::coordinator::Desk;
use crate::protocol::clippee::groups::{Element, Message, Multicast, Supply};
use std::collections::{BTreeMap, BTreeSet};

/// So often is somebody asked for what lacks, before the member is left to find it lost.
const TRIES: u32 = 4;
/// The same for what a sender may have sent before it rebooted: mostly nothing.
const TRIES_BEFORE: u32 = 2;

/// The senders of one group.
#[derive(Default)]
pub(super) struct Fifo {
    senders: BTreeMap<NodeId, Sender>,
    /// When somebody is to be asked about whom.
    dues: BTreeSet<(Time, NodeId)>,
}

struct Sender {
    /// The count of the next message to deliver.
    next: u32,
    /// Whether no message before it can be on its way: one was delivered since members are here.
    sure: bool,
    /// Messages that came early, and where they entered the tree.
    early: BTreeMap<u32, (Multicast, NodeId)>,
    /// Where the last one delivered did.
    former: Option<NodeId>,
    asking: Option<Asking>,
}

struct Asking {
    due: Time,
    tries: u32,
    most: u32,
    /// Who hasn't told yet what it has.
    candidates: Vec<NodeId>,
}

impl Fifo {
    /// A message came. Messages whose turn has come go to `out`.
    pub fn take(
        &mut self,
        (multicast, origin): (Multicast, NodeId),
        most: usize,
        now: Time,
        out: &mut Vec<Element>,
    ) {
        let client = multicast.id.client;
        let sender = self.senders.entry(client).or_insert_with(Sender::new);
        if multicast.number < sender.next {
            return;
        }
        let old = sender.due();
        sender.early.entry(multicast.number).or_insert((multicast, origin));
        if sender.early.len() > most {
            sender.early.pop_last();
        }
        sender.drain(now, out);
        let due = sender.due();
        self.note(client, old, due);
    }

    fn note(&mut self, client: NodeId, old: Option<Time>, due: Option<Time>) {
        if old != due {
            old.map(|old| self.dues.remove(&(old, client)));
            self.dues.extend(due.map(|due| (due, client)));
        }
    }

    /// When somebody is to be asked.
    pub fn due(&self) -> Option<Time> {
        self.dues.first().map(|&(due, _)| due)
    }

    /// Asks for what has been lacking for too long, and gives up what has been asked for too often.
    /// `asker`: this peer, and what is its members'.
    pub fn on_due(
        &mut self,
        group: ObjectId,
        asker: Asker,
        shared: &Shared,
        desk: &mut impl Desk,
        out: &mut Vec<Element>,
    ) {
        let now = desk.now();
        while let Some(&(due, client)) = self.dues.first().filter(|due| due.0 <= now) {
            let Some(sender) = self.senders.get_mut(&client) else {
                self.dues.remove(&(due, client));
                continue;
            };
            let mut own = None;
            match sender.ask((group, client), asker, desk) {
                Asked::Nobody => {
                    if sender.may_lack_unseen() {
                        out.push(Element::Doubt { sender: Some(client) });
                    }
                    sender.skip(None, now, out);
                }
                Asked::Sent => {}
                Asked::Oneself { after, before } => {
                    let between = (after, before);
                    let messages = shared.sent.between((group, client), asker, between).into();
                    own = Some(Supply { group, sender: client, before, messages });
                }
            }
            let new = sender.due();
            self.note(client, Some(due), new);
            if let Some(supply) = own {
                self.on_supply(desk.id(), &supply, now, out);
            }
        }
    }

    /// An access peer tells what it has of a sender's.
    pub fn on_supply(&mut self, from: NodeId, supply: &Supply, now: Time, out: &mut Vec<Element>) {
        let Some(sender) = self.senders.get_mut(&supply.sender) else { return };
        let old = sender.due();
        for multicast in &supply.messages {
            let is_asked_for = multicast.number >= sender.next && multicast.number < supply.before;
            if is_asked_for && multicast.id.client == supply.sender {
                sender.early.entry(multicast.number).or_insert((*multicast, from));
            }
        }
        // (An answer to an earlier question says nothing about what lacks now.)
        let first = sender.early.keys().next().copied();
        if let Some(asking) = &mut sender.asking
            && first.is_none_or(|first| first <= supply.before)
            && supply.before > sender.next
        {
            asking.candidates.retain(|&candidate| candidate != from);
            if asking.candidates.is_empty() {
                sender.skip(Some(supply.before), now, out);
            }
        }
        sender.drain(now, out);
        let due = sender.due();
        self.note(supply.sender, old, due);
    }

    /// Where the last message of a sender that was delivered had entered the tree.
    pub fn origin(&self, sender: NodeId) -> Option<NodeId> {
        self.senders.get(&sender)?.former
    }

    /// The last member has left: what has been delivered stays known, lest it be delivered again to
    /// members to come.
    pub fn pause(&mut self) {
        self.dues.clear();
        for sender in self.senders.values_mut() {
            (sender.sure, sender.asking) = (false, None);
            sender.early.clear();
        }
    }
}

enum Asked {
    Nobody,
    Sent,
    Oneself { after: u32, before: u32 },
}

impl Sender {
    const fn new() -> Self {
        Self { next: 1, sure: false, early: BTreeMap::new(), former: None, asking: None }
    }

    /// Whether what may lack before the first that came shows in no jump of the counts: the sender
    /// has rebooted, and what it had sent before isn't known.
    fn may_lack_unseen(&self) -> bool {
        let first = self.early.first_key_value();
        first.is_some_and(|(&number, (multicast, _))| multicast.first == number)
    }

    fn due(&self) -> Option<Time> {
        self.asking.as_ref().map(|asking| asking.due)
    }

    /// Delivers what can be; then somebody is to be asked for what lacks, if anything does: at once
    /// if this peer can't know where the sender's messages to it begin.
    fn drain(&mut self, now: Time, out: &mut Vec<Element>) {
        while let Some((multicast, origin)) = self.early.remove(&self.next) {
            out.push(Element::Message(multicast));
            self.next += 1;
            (self.sure, self.former, self.asking) = (true, Some(origin), None);
        }
        let Some((&number, &(multicast, origin))) = self.early.first_key_value() else {
            self.asking = None;
            return;
        };
        let begins = multicast.first == number;
        if begins && self.former.is_none() {
            // Nothing of this sender's was ever due here.
            return self.skip(Some(number), now, out);
        }
        if self.asking.is_none() {
            let due = if self.sure { now + GAP_PATIENCE } else { now };
            let origin = (!begins).then_some(origin);
            let former = self.former.filter(|&former| Some(former) != origin);
            let candidates = origin.into_iter().chain(former).collect();
            let most = if begins { TRIES_BEFORE } else { TRIES };
            self.asking = Some(Asking { due, tries: 0, most, candidates });
        }
    }

    /// Goes on without what lacks: before the count `to`, or else before the first that came.
    fn skip(&mut self, to: Option<u32>, now: Time, out: &mut Vec<Element>) {
        self.asking = None;
        let Some(to) = to.or_else(|| self.early.keys().next().copied()) else { return };
        let later = self.early.split_off(&to);
        for (_, (multicast, origin)) in std::mem::replace(&mut self.early, later) {
            out.push(Element::Message(multicast));
            self.former = Some(origin);
        }
        (self.next, self.sure) = (self.next.max(to), true);
        self.drain(now, out);
    }

    fn ask(
        &mut self,
        (group, sender): (ObjectId, NodeId),
        asker: Asker,
        desk: &mut impl Desk,
    ) -> Asked {
        let Some(&before) = self.early.keys().next() else { return Asked::Nobody };
        let Some(asking) = self.asking.as_mut().filter(|asking| asking.tries < asking.most) else {
            return Asked::Nobody;
        };
        let Some(number) = (asking.tries as usize).checked_rem(asking.candidates.len()) else {
            return Asked::Nobody;
        };
        let (peer, after) = (asking.candidates[number], self.next - 1);
        asking.due = desk.now() + patience(desk.timeout(peer), asking.tries);
        asking.tries += 1;
        if peer == desk.id() {
            return Asked::Oneself { after, before };
        }
        let (since, age) = (asker.since, desk.now().since(asker.from));
        desk.send(peer, Message::Lack { group, sender, after, before, since, age }.into());
        Asked::Sent
    }
}
