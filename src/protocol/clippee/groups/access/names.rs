//! The names of a group's members, which only their access peers know (CLIPPEE 7).

use super::shared::{Alarm, Shared};
use crate::node::{Answer, NodeId, ObjectId, OperationId, Outcome, Span};
use crate::protocol::clippee::Timer;
use crate::protocol::clippee::coordinator::{Census, Desk};
use crate::protocol::clippee::groups::Message;
use std::collections::{BTreeMap, BTreeSet};

/// So often is an access peer asked.
const ASKED: u32 = 2;

/// Questions under way.
pub(super) struct Names {
    questions: BTreeMap<u32, Question>,
    tokens: u32,
}

struct Question {
    census: Census,
    /// Who hasn't answered.
    silent: BTreeSet<NodeId>,
    answered: u32,
    names: BTreeSet<NodeId>,
    asked: u32,
    alarm: Alarm,
}

impl Names {
    /// `tokens`: where to number questions from.
    pub const fn new(tokens: u32) -> Self {
        Self { questions: BTreeMap::new(), tokens }
    }

    /// Asks all access peers of a view; `own` are the members here. The result, if there is nobody
    /// to ask.
    pub fn begin(
        &mut self,
        census: Census,
        own: Option<&BTreeSet<NodeId>>,
        desk: &mut impl Desk,
    ) -> Option<(OperationId, Outcome)> {
        self.tokens = self.tokens.wrapping_add(1);
        let token = self.tokens;
        let present = census.roll.iter().filter(|entry| entry.members > 0);
        let mut silent: BTreeSet<NodeId> = present.map(|entry| entry.peer).collect();
        silent.remove(&desk.id());
        let mut question = Question {
            census,
            silent,
            answered: own.is_some().into(),
            names: own.cloned().unwrap_or_default(),
            asked: 0,
            alarm: Alarm::new(Timer::Names(token)),
        };
        if question.silent.is_empty() {
            return Some(question.outcome());
        }
        question.ask(token, desk);
        self.questions.insert(token, question);
        None
    }

    /// An access peer answers. The result, if it was the last.
    pub fn on_names(
        &mut self,
        from: NodeId,
        (group, token): (ObjectId, u32),
        names: &[NodeId],
        desk: &mut impl Desk,
    ) -> Option<(OperationId, Outcome)> {
        let question = self.questions.get_mut(&token)?;
        if question.census.group == group && question.silent.remove(&from) {
            question.answered += 1;
            question.names.extend(names);
        }
        if question.silent.is_empty() { self.end(token, desk) } else { None }
    }

    /// Some are silent. The result, if they were asked often enough.
    pub fn on_timer(&mut self, token: u32, desk: &mut impl Desk) -> Option<(OperationId, Outcome)> {
        let question = self.questions.get_mut(&token)?;
        question.alarm.went_off();
        if question.asked >= ASKED {
            return self.end(token, desk);
        }
        question.ask(token, desk);
        None
    }

    fn end(&mut self, token: u32, desk: &mut impl Desk) -> Option<(OperationId, Outcome)> {
        let mut question = self.questions.remove(&token)?;
        question.alarm.set(None, desk);
        Some(question.outcome())
    }

    /// That operation has had its time: its timer, which finds nothing, is left to go off.
    pub fn abandon(&mut self, id: OperationId) {
        self.questions.retain(|_, question| question.census.id != id);
    }

    /// How many are under way.
    pub fn len(&self) -> usize {
        self.questions.len()
    }
}

impl Question {
    fn ask(&mut self, token: u32, desk: &mut impl Desk) {
        self.asked += 1;
        let mut wait = Span::ZERO;
        for &peer in &self.silent {
            wait = wait.max(desk.timeout(peer));
            desk.send(peer, Message::Who { group: self.census.group, token }.into());
        }
        self.alarm.set(Some(desk.now() + wait), desk);
    }

    fn outcome(&self) -> (OperationId, Outcome) {
        let members = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        let access_peers = self.answered;
        let answer = Answer::Members { view: self.census.view, access_peers, members };
        (self.census.id, Outcome::Ok(answer))
    }
}

/// Where an incarnation numbers its questions from, so that an answer to an earlier one's doesn't
/// pass for one to its own (see the coordinator's tokens).
pub(super) const fn first_token(shared: &Shared) -> u32 {
    shared.incarnation.wrapping_sub(1).wrapping_mul(0x9e37_79b1)
}
