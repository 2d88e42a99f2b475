//! Which access peers have members of the groups that this peer is responsible for (CLIPPEE 7).

use super::neighbourhood::Neighbourhood;
use super::{Replica, ReplicaHost, State};
use crate::node::Context;
use crate::protocol::clippee::groups::{
    Fill, Filled, Poll, PollReply, Register, RegisterVerdict, Registered,
};

impl Replica {
    /// An access peer has members, or none any more, or was found dead.
    pub fn register<H: ReplicaHost>(
        &mut self,
        register: Register,
        _overlay: &impl Neighbourhood,
        _cx: &mut Context<'_, H>,
    ) -> Registered {
        let Register { group, entry } = register;
        let State { version, value, .. } = self.state(group);
        let verdict = RegisterVerdict::Taken { number: version.counter, value };
        Registered { group, entry, verdict }
    }

    /// An access peer asks whether anything is new.
    pub fn poll(&mut self, poll: Poll, _overlay: &impl Neighbourhood) -> PollReply {
        let Poll { group, .. } = poll;
        PollReply { group, number: self.state(group).version.counter, known: true }
    }

    /// An access peer asks for messages.
    pub fn fill(&mut self, fill: Fill, _overlay: &impl Neighbourhood) -> Filled {
        let Fill { group, after, .. } = fill;
        let State { version, value, .. } = self.state(group);
        let messages = Box::default();
        Filled { group, after, number: version.counter, value, messages, responsible: true }
    }
}
