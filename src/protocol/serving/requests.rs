//! The operations that a peer was asked for (CLIPPEE 1): each is carried out once, and its answer
//! kept for repeats.

use crate::node::{Operation, OperationId, Outcome, Span, Time};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// With this many operations under way, new ones are ignored: their clients repeat them.
pub(in crate::protocol) const PENDING_BOUND: usize = 65_536;
/// Beyond this many, the oldest answers are forgotten early; a repeat of theirs would be carried
/// out again, and an object's `recent` catches that.
pub(in crate::protocol) const ANSWERS_BOUND: usize = 65_536;

/// What is to be done about a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::protocol) enum Verdict {
    /// It is new: carry it out.
    New,
    /// It is under way, or there are too many: do nothing.
    Ignored,
    /// It was carried out: repeat the answer.
    Done(Outcome),
}

/// The operations under way, and the answers given not long ago.
#[derive(Debug)]
pub(in crate::protocol) struct Requests {
    timeout: Span,
    /// What is under way, and when it ends at the latest.
    pending: BTreeMap<OperationId, (Operation, Time)>,
    /// The same by deadline.
    deadlines: BTreeSet<(Time, OperationId)>,
    answers: BTreeMap<OperationId, Outcome>,
    /// When each answer is forgotten, in order.
    forgetting: VecDeque<(Time, OperationId)>,
}

impl Requests {
    /// None yet; each has `timeout` to end, and its answer is kept for so long again.
    pub const fn new(timeout: Span) -> Self {
        Self {
            timeout,
            pending: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            answers: BTreeMap::new(),
            forgetting: VecDeque::new(),
        }
    }

    /// A request arrives. O(log n).
    pub fn accept(&mut self, id: OperationId, operation: Operation, now: Time) -> Verdict {
        self.forget(now);
        if let Some(&outcome) = self.answers.get(&id) {
            return Verdict::Done(outcome);
        }
        if self.pending.contains_key(&id) || self.pending.len() >= PENDING_BOUND {
            return Verdict::Ignored;
        }
        let deadline = now + self.timeout;
        self.pending.insert(id, (operation, deadline));
        self.deadlines.insert((deadline, id));
        Verdict::New
    }

    /// An operation ended: whether it was under way. O(log n).
    pub fn end(&mut self, id: OperationId, outcome: Outcome, now: Time) -> bool {
        let Some((_, deadline)) = self.pending.remove(&id) else { return false };
        self.deadlines.remove(&(deadline, id));
        self.answers.insert(id, outcome);
        self.forgetting.push_back((now + self.timeout, id));
        if self.forgetting.len() > ANSWERS_BOUND {
            self.forget_oldest();
        }
        true
    }

    /// The oldest operation under way that has had its time, if there is one.
    pub fn overdue(&self, now: Time) -> Option<(OperationId, Operation)> {
        let &(deadline, id) = self.deadlines.first()?;
        let &(operation, _) = self.pending.get(&id)?;
        (deadline <= now).then_some((id, operation))
    }

    /// When the oldest operation under way has had its time.
    pub fn next_deadline(&self) -> Option<Time> {
        self.deadlines.first().map(|&(deadline, _)| deadline)
    }

    /// How many operations are under way, and how many answers are kept.
    pub fn len(&self) -> (usize, usize) {
        (self.pending.len(), self.answers.len())
    }

    fn forget(&mut self, now: Time) {
        while self.forgetting.front().is_some_and(|&(at, _)| at <= now) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, id)) = self.forgetting.pop_front() {
            self.answers.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{Answer, NodeId, ObjectId};

    const READ: Operation = Operation::Read { object: ObjectId(0) };
    const DONE: Outcome = Outcome::Ok(Answer::Done);

    fn id(count: u32) -> OperationId {
        OperationId { client: NodeId(9), count }
    }

    fn at(seconds: u64) -> Time {
        Time::ZERO + Span::from_secs(seconds)
    }

    #[test]
    fn a_repeat_is_ignored_while_pending_and_answered_afterwards() {
        let mut requests = Requests::new(Span::from_secs(15));
        assert_eq!(requests.accept(id(1), READ, at(0)), Verdict::New);
        assert_eq!(requests.accept(id(1), READ, at(1)), Verdict::Ignored);
        assert!(requests.end(id(1), DONE, at(2)));
        assert!(!requests.end(id(1), DONE, at(2)));
        assert_eq!(requests.accept(id(1), READ, at(16)), Verdict::Done(DONE));
        assert_eq!(requests.accept(id(1), READ, at(17)), Verdict::New);
        assert_eq!(requests.len(), (1, 0));
    }

    #[test]
    fn deadlines_come_in_order_and_ended_operations_have_none() {
        let mut requests = Requests::new(Span::from_secs(15));
        for count in 1..=3 {
            requests.accept(id(count), READ, at(u64::from(count)));
        }
        requests.end(id(2), DONE, at(4));
        assert_eq!(requests.next_deadline(), Some(at(16)));
        requests.end(id(1), DONE, at(5));
        assert_eq!(requests.next_deadline(), Some(at(18)));
        assert_eq!(requests.overdue(at(17)), None);
        assert_eq!(requests.overdue(at(18)), Some((id(3), READ)));
    }

    #[test]
    fn too_many_at_once_are_ignored() {
        let mut requests = Requests::new(Span::from_secs(15));
        for count in 0..PENDING_BOUND as u32 {
            assert_eq!(requests.accept(id(count), READ, at(0)), Verdict::New);
        }
        assert_eq!(requests.accept(id(u32::MAX), READ, at(0)), Verdict::Ignored);
    }
}
