//! Hands what replicas and other access peers say to the part that it is for.

use super::branches::Passed;
use super::group::Group;
use super::sent::Asker;
use super::{Access, Desk};
use crate::node::{NodeId, ObjectId};
use crate::protocol::clippee::groups::{Entry, Message, Recalled, Registered, Relay, Supply};

impl Access {
    /// What replicas and other access peers say.
    pub fn on_message(&mut self, from: NodeId, message: Message, desk: &mut impl Desk) {
        match message {
            Message::Relay(relay) => self.on_relay(from, &relay, desk),
            Message::RelayAck { group, id } => self.tree.on_ack(from, (group, id), desk),
            Message::Registered(reply) => self.on_registered(from, &reply, desk),
            Message::PollReply(reply) => self.at(reply.group, desk, |here, shared, desk| {
                here.registration.on_poll_reply(from, reply, shared, desk);
                here.settle(shared, desk);
            }),
            Message::Filled(filled) => self.at(filled.group, desk, |here, shared, desk| {
                here.on_filled(from, &filled, shared, desk);
            }),
            Message::Lack { group, sender, after, before, since, age } => {
                let to = Asker { peer: from, since, from: desk.now() - age };
                let messages =
                    self.shared.sent.between((group, sender), to, (after, before)).into();
                let supply = Supply { group, sender, before, messages };
                desk.send(from, Message::Supply(Box::new(supply)).into());
            }
            Message::Supply(supply) => self.at(supply.group, desk, |here, _, desk| {
                here.on_supply(from, &supply, desk);
            }),
            Message::Who { group, token } => {
                let names = self.who(group);
                desk.send(from, Message::Names { group, token, names }.into());
            }
            Message::Names { group, token, names } => {
                self.ended.extend(self.names.on_names(from, (group, token), &names, desk));
            }
            Message::Recall { group, age } => {
                let known = self.groups.get(&group).map(|here| here.recall(desk.now() - age));
                let (messages, whole) = known.unwrap_or_default();
                let recalled = Recalled { group, age, messages, whole };
                desk.send(from, Message::Recalled(Box::new(recalled)).into());
            }
            Message::Recalled(recalled) => self.at(recalled.group, desk, |here, shared, desk| {
                here.on_recalled(from, &recalled, shared, desk);
            }),
            // Of clients, or to a client, or to the replica part.
            Message::Enter { .. }
            | Message::Welcome(_)
            | Message::Exit { .. }
            | Message::Exited { .. }
            | Message::Deliver(_)
            | Message::Missing { .. }
            | Message::Register(_)
            | Message::Poll(_)
            | Message::Fill(_) => {}
        }
    }

    fn on_registered(&mut self, from: NodeId, reply: &Registered, desk: &mut impl Desk) {
        self.notices.on_registered(from, reply);
        self.at(reply.group, desk, |here, shared, desk| {
            here.registration.on_registered(from, reply, shared, desk);
            here.settle(shared, desk);
        });
        self.rearm(reply.group, desk);
    }

    /// First the acknowledgement, then the others, then the members here, who may be many: the tree
    /// is not to wait for them.
    fn on_relay(&mut self, from: NodeId, relay: &Relay, desk: &mut impl Desk) {
        let &Relay { group, multicast, origin, ref list } = relay;
        desk.send(from, Message::RelayAck { group, id: multicast.id }.into());
        let me = desk.id();
        let list: Vec<Entry> = list.iter().filter(|entry| entry.peer != me).copied().collect();
        self.tree.send(Passed { group, multicast, origin }, &list, desk);
        self.deliver(group, multicast, origin, desk);
    }

    fn who(&self, group: ObjectId) -> Box<[NodeId]> {
        let here = self.groups.get(&group);
        here.into_iter().flat_map(Group::members).copied().collect()
    }
}
