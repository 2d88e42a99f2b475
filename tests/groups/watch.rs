//! An observer of groups that is as simple as can be, and knows nothing of the one that measures:
//! what it finds is an oracle for both.

use clippee_sim::node::*;
use clippee_sim::protocol::clippee::groups::{Message as Group, Register};
use clippee_sim::protocol::clippee::{Clippee, Message};
use std::collections::{BTreeMap, BTreeSet};

/// One stay of a client in a group.
#[derive(Clone, Copy, Debug)]
pub struct Stay {
    pub from: Time,
    pub to: Option<Time>,
}

/// A multicast that has its number.
#[derive(Clone, Copy, Debug)]
pub struct Numbered {
    pub group: ObjectId,
    pub at: Time,
}

/// What reached a member.
#[derive(Clone, Copy, Debug)]
pub struct Delivery {
    pub id: OperationId,
    pub order: Order,
    pub number: u32,
}

/// Writes everything down.
#[derive(Default)]
pub struct Watch {
    asked: BTreeMap<OperationId, Operation>,
    asked_at: BTreeMap<OperationId, Time>,
    /// How long those took that succeeded.
    took: Vec<Span>,
    pub ended: BTreeMap<OperationId, Outcome>,
    pub stays: BTreeMap<(NodeId, ObjectId), Vec<Stay>>,
    /// When a message got its number.
    made: BTreeMap<OperationId, Time>,
    pub numbered: BTreeMap<OperationId, Numbered>,
    pub deliveries: BTreeMap<(NodeId, ObjectId), Vec<Delivery>>,
    /// Where, when and how many messages were told to be missing.
    pub gaps: Vec<(NodeId, Time, Order, u32)>,
    pub locks: u32,
    /// Registrations that a replica was asked for by an access peer.
    pub registers: BTreeMap<(NodeId, NodeId), u32>,
    /// Copies of a message that a peer sent to other peers.
    pub copies: BTreeMap<(NodeId, OperationId), u32>,
    pub attached: BTreeMap<NodeId, NodeId>,
}

impl Observer<Clippee> for Watch {
    fn step(&mut self, step: &Step<'_, Clippee>) {
        match step.happening {
            Happening::Operation { id, operation } => {
                self.asked.insert(id, *operation);
                self.asked_at.insert(id, step.at);
                if let Operation::Leave { group } = *operation {
                    self.left(id.client, group, step.at);
                }
            }
            Happening::Stop { .. } => {
                let mine: Vec<_> =
                    self.stays.keys().filter(|k| k.0 == step.node).copied().collect();
                mine.into_iter().for_each(|(client, group)| self.left(client, group, step.at));
            }
            Happening::Message { from, message: Message::Group(message) } => match message {
                Group::Register(Register { entry, .. }) => {
                    *self.registers.entry((step.node, entry.peer)).or_default() += 1;
                }
                Group::Relay(relay) => {
                    *self.copies.entry((from, relay.multicast.id)).or_default() += 1;
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn observation(&mut self, at: Time, node: NodeId, observation: &Observation) {
        match *observation {
            Observation::Attached { peer } => {
                self.attached.insert(node, peer);
            }
            Observation::Ended { id, outcome } => {
                self.ended.insert(id, outcome);
                if let (Outcome::Ok(_), Some(&asked)) = (outcome, self.asked_at.get(&id)) {
                    self.took.push(at.since(asked));
                }
                let joined = matches!(outcome, Outcome::Ok(Answer::Joined { .. }));
                if let (Operation::Join { group }, true) = (self.asked[&id], joined)
                    && !self.wants_to_leave(id, group)
                {
                    let stays = self.stays.entry((id.client, group)).or_default();
                    if stays.last().is_none_or(|stay| stay.to.is_some()) {
                        stays.push(Stay { from: at, to: None });
                    }
                }
            }
            Observation::Made { id, .. } | Observation::Accepted { id, .. } => {
                self.made.entry(id).or_insert(at);
            }
            Observation::Numbered { id, group, .. } => {
                let at = self.made.get(&id).copied().unwrap_or(at);
                self.numbered.entry(id).or_insert(Numbered { group, at });
            }
            Observation::Delivered { group, id, order, number } => {
                let delivery = Delivery { id, order, number };
                self.deliveries.entry((node, group)).or_default().push(delivery);
            }
            Observation::Gap { order, missing, .. } => self.gaps.push((node, at, order, missing)),
            Observation::Locked { .. } => self.locks += 1,
            _ => {}
        }
    }
}

impl Watch {
    /// Whether a leave was asked for after the join.
    fn wants_to_leave(&self, join: OperationId, group: ObjectId) -> bool {
        let later = join..=OperationId { count: u32::MAX, ..join };
        self.asked.range(later).any(|(_, &operation)| operation == Operation::Leave { group })
    }

    fn left(&mut self, client: NodeId, group: ObjectId, at: Time) {
        if let Some(stay) = self.stays.get_mut(&(client, group)).and_then(|s| s.last_mut()) {
            stay.to.get_or_insert(at);
        }
    }

    /// What only 1 % of the operations that succeeded exceeded.
    pub fn slowest_percent(&self) -> Span {
        let mut took = self.took.clone();
        took.sort_unstable();
        took[took.len() * 99 / 100]
    }

    /// Whether `client` was a member when the message was numbered, and stayed for 30 s.
    pub fn expects(&self, client: NodeId, message: &Numbered) -> bool {
        let stays = self.stays.get(&(client, message.group)).map_or(&[][..], Vec::as_slice);
        let until = message.at + Span::from_secs(30);
        stays.iter().any(|stay| stay.from < message.at && stay.to.is_none_or(|to| to >= until))
    }

    /// Expected copies, and those that are missing.
    pub fn missing(&self) -> (u64, Vec<(NodeId, OperationId)>) {
        let (mut expected, mut missing) = (0, Vec::new());
        for (&id, message) in &self.numbered {
            let members = self.stays.keys().filter(|(_, group)| *group == message.group);
            for &(client, group) in members {
                if self.expects(client, message) {
                    expected += 1;
                    let got = self.deliveries.get(&(client, group));
                    if !got.is_some_and(|got| got.iter().any(|delivery| delivery.id == id)) {
                        missing.push((client, id));
                    }
                }
            }
        }
        (expected, missing)
    }

    /// What must hold whatever happens: no message twice, and orders kept.
    pub fn assert_order(&self) {
        for (member, got) in &self.deliveries {
            let ids: BTreeSet<OperationId> = got.iter().map(|delivery| delivery.id).collect();
            assert_eq!(ids.len(), got.len(), "{member:?} got a message twice");
            let mut last: BTreeMap<Option<NodeId>, u32> = BTreeMap::new();
            for delivery in got {
                let line = (delivery.order == Order::Fifo).then_some(delivery.id.client);
                if let Some(last) = last.insert(line, delivery.number) {
                    assert!(last < delivery.number, "{member:?}: {got:?}");
                }
            }
        }
    }

    /// In total order a number is the same message everywhere.
    pub fn assert_agreement(&self) {
        let mut known: BTreeMap<(ObjectId, u32), OperationId> = BTreeMap::new();
        for (&(_, group), got) in &self.deliveries {
            for delivery in got.iter().filter(|delivery| delivery.order == Order::Total) {
                let id = *known.entry((group, delivery.number)).or_insert(delivery.id);
                assert_eq!(id, delivery.id, "number {} of {group:?}", delivery.number);
            }
        }
    }
}
