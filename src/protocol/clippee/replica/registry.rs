//! What access peers ask of a group's replicas (CLIPPEE 7): to be taken down as one that has
//! members, whether anything is new, and messages.

use super::neighbourhood::Neighbourhood;
use super::{Replica, ReplicaHost, State};
use crate::node::{Context, Value};
use crate::protocol::clippee::groups::{
    Fill, Filled, Multicast, Poll, PollReply, Register, RegisterVerdict, Registered,
};

impl Replica {
    /// An access peer has members, or none any more, or was found dead. Taken in ready or not, like
    /// a commit.
    pub fn register<H: ReplicaHost>(
        &mut self,
        register: Register,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) -> Registered {
        let Register { group, entry } = register;
        if !self.is_responsible(group, overlay) {
            let closer = self.others(group, overlay).into();
            let verdict = RegisterVerdict::NotResponsible { closer };
            return Registered { group, entry, verdict };
        }
        self.rolls.take(group, entry, cx);
        let verdict = match self.rolls.entry(group, entry.peer) {
            Some(&known) if known != entry => RegisterVerdict::Outdated { known },
            _ => {
                let State { version, value, .. } = self.state(group);
                let others = self.rolls.others(group, entry.peer);
                RegisterVerdict::Taken { number: version.counter, value, others }
            }
        };
        Registered { group, entry, verdict }
    }

    /// An access peer asks whether anything is new.
    pub fn poll(&mut self, poll: Poll, overlay: &impl Neighbourhood) -> PollReply {
        let Poll { group, entry } = poll;
        let known = self.is_responsible(group, overlay)
            && self.rolls.entry(group, entry.peer) == Some(&entry);
        PollReply { group, number: self.copies.version(group).counter, known }
    }

    /// An access peer asks for messages: those of the lineage held here, which other replicas may
    /// lack, or have otherwise.
    pub fn fill(&mut self, fill: Fill, overlay: &impl Neighbourhood) -> Filled {
        let Fill { group, after, upto } = fill;
        if !self.is_responsible(group, overlay) {
            return Filled {
                group,
                after,
                number: 0,
                value: Value::default(),
                messages: Box::default(),
                responsible: false,
            };
        }
        let State { version, value, group: held, .. } = self.state(group);
        let upto = upto.unwrap_or(u32::MAX);
        let log = held.iter().flat_map(|held| held.log.iter().rev());
        let wanted = |message: &&Multicast| after < message.number && message.number <= upto;
        let messages = log.filter(wanted).copied().collect();
        Filled { group, after, number: version.counter, value, messages, responsible: true }
    }
}
