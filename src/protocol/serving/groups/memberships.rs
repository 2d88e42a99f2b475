//! The groups that a client is a member of (CLIPPEE 7).
//!
//! A member takes what its access peer delivers, in the order of places; asks for what is lacking;
//! and when its access peer dies, tells the next one what it has and is let in again. What it
//! delivers to the application never goes back and never repeats (`received.rs`); what it missed it
//! tells as a gap.
//!
//! What it doesn't do: acknowledge. A lost last element is noticed by the places that come with the
//! answers to heartbeats.

use super::message::{Count, Deliver, Element, Had, Multicast, Said, Welcome};
use super::received::Received;
use super::stream::{Lack, Stream};
use crate::node::{
    Bug, Context, NodeId, ObjectId, Observation, OperationId, Order, Protocol, Span, Time, TimerId,
    planted,
};
use std::collections::BTreeMap;

/// A protocol whose clients are members of groups.
pub(in crate::protocol) trait Host:
    Protocol<Message: From<Said>, Timer: From<MembershipsDue>>
{
}
impl<H: Protocol<Message: From<Said>, Timer: From<MembershipsDue>>> Host for H {}

/// The timer of a client's [`Memberships`], by their tag: something is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::protocol) struct MembershipsDue(pub u32);

/// Waits between two attempts to be let in again grow up to this.
const ENTER_MOST: Span = Span::from_secs(8);

/// What was sent this long before the access peer's last sign of life may still have been on its way
/// through it.
const ON_ITS_WAY: Span = Span::from_secs(30);

/// How a client stands to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// An operation asks to be let in.
    Joining,
    /// The present access peer has let it in.
    Member,
    /// It is a member, and the present access peer has to learn that: asked so often, again then.
    Returning { tries: u32, due: Time },
}

#[derive(Debug)]
struct Membership {
    standing: Standing,
    /// The count of the operation by which it joined.
    turn: u32,
    /// When it was welcomed first, and last.
    since: Time,
    welcomed: Time,
    /// The last time at which an access peer is known to have served it.
    heard: Time,
    stream: Stream,
    received: Received,
}

impl Membership {
    /// What it has, for an access peer that doesn't know.
    fn had(&self, now: Time) -> Had {
        let (number, place) = (self.received.number(), self.stream.last());
        let lacks_since = self.since.max(self.heard - ON_ITS_WAY);
        Had { number, place, age: now.since(lacks_since) }
    }

    /// When something is due.
    fn due(&mut self, now: Time, patience: Span) -> Option<Time> {
        match self.standing {
            Standing::Returning { due, .. } => Some(due),
            _ => self.stream.due(now, patience),
        }
    }
}

/// Where a client stands now: what its memberships need to know of it.
#[derive(Clone, Copy, Debug)]
pub(in crate::protocol) struct Here {
    /// Its access peer, if it has one.
    pub peer: Option<NodeId>,
    /// How long an answer may take.
    pub patience: Span,
    /// Elements kept that came early, and messages known again.
    pub log: usize,
}

/// All groups of one client.
#[derive(Debug, Default)]
pub(in crate::protocol) struct Memberships {
    groups: BTreeMap<ObjectId, Membership>,
    /// The count of the last multicast in fifo order that was sent to each group.
    sent: BTreeMap<ObjectId, Count>,
    alarm: Option<(Time, TimerId)>,
    /// The count of the last operation that joined or left a group.
    turn: u32,
    /// When the access peer was asked for its last sign of life.
    asked: Time,
    /// What its timer says.
    tag: u32,
}

impl Memberships {
    /// None yet, for a client that has several of these: its timers say which by `tag`.
    pub fn tagged(tag: u32) -> Self {
        Self { tag, ..Self::default() }
    }

    /// Whether there is no group that it belongs to or wants to.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The access peer is asked for a sign of life.
    pub const fn asks(&mut self, now: Time) {
        self.asked = now;
    }

    /// The count of the next multicast in fifo order to `group`, which is operation `id`.
    pub fn next_count(&mut self, group: ObjectId, id: OperationId) -> Count {
        let last = self.sent.get(&group);
        let mut count = last.map_or_else(|| Count::begin(id), |last| last.next());
        if last.is_none() && planted(Bug::FifoCountsRestart) {
            count = Count { number: 1, first: 1 };
        }
        self.sent.insert(group, count);
        count
    }

    /// The application wants to be a member: what its access peer is told of earlier times.
    pub fn joins(&mut self, group: ObjectId, turn: u32, now: Time) -> Option<Had> {
        self.turn = turn;
        let membership = self.groups.entry(group).or_insert_with(|| {
            let (mut stream, received) = (Stream::default(), Received::default());
            stream.restart();
            let standing = Standing::Joining;
            let [since, welcomed, heard] = [Time::ZERO; 3];
            Membership { standing, turn, since, welcomed, heard, stream, received }
        });
        let is_new = membership.standing == Standing::Joining;
        (!is_new).then(|| membership.had(now))
    }

    /// An operation that wanted to be let in has failed.
    pub fn join_failed(&mut self, group: ObjectId) {
        if self.groups.get(&group).is_some_and(|one| one.standing == Standing::Joining) {
            self.groups.remove(&group);
        }
    }

    /// The application doesn't want to be a member any more: nothing is delivered from here on.
    pub fn leaves(&mut self, group: ObjectId, turn: u32) {
        self.turn = turn;
        if planted(Bug::FifoCountsRestart) {
            self.sent.remove(&group);
        }
        self.groups.remove(&group);
    }

    /// There is a new access peer: it is told of all memberships.
    pub fn moved<H: Host>(&mut self, here: Here, cx: &mut Context<'_, H>) {
        for (&group, membership) in &mut self.groups {
            membership.stream.restart();
            if membership.standing != Standing::Joining {
                membership.standing = Standing::Returning { tries: 0, due: cx.now() };
                enter(group, membership, here, cx);
            }
        }
        self.set_alarm(here, cx);
    }

    /// The access peer has let this client in. What is delivered at once comes with
    /// [`Memberships::drain`], so that the application learns first that it is a member.
    pub fn welcomed<H: Host>(&mut self, welcome: &Welcome, here: Here, cx: &mut Context<'_, H>) {
        let Some(membership) = self.groups.get_mut(&welcome.group) else { return };
        match membership.standing {
            // A repeat: what came since must not be passed over.
            Standing::Member => return,
            Standing::Joining => {
                membership.since = cx.now();
                membership.received.begin(welcome.number);
            }
            Standing::Returning { .. } => {
                for multicast in &welcome.missed {
                    take(welcome.group, membership, multicast, here, cx);
                }
                pass_over(welcome.group, membership, welcome.number, cx);
                if welcome.doubt {
                    doubt(welcome.group, cx);
                }
            }
        }
        (membership.standing, membership.welcomed) = (Standing::Member, cx.now());
        membership.heard = cx.now();
        membership.stream.begin(welcome.place);
    }

    /// Delivers what can be.
    pub fn drain<H: Host>(&mut self, group: ObjectId, here: Here, cx: &mut Context<'_, H>) {
        let Some(membership) = self.groups.get_mut(&group) else { return };
        while let Some(element) = membership.stream.take() {
            match element {
                Element::Message(multicast) => take(group, membership, &multicast, here, cx),
                Element::Lost { number } => pass_over(group, membership, number, cx),
                Element::Doubt { sender } => {
                    // Of a sender that it never heard of, nothing earlier is this member's.
                    if sender.is_none_or(|sender| membership.received.knows(sender)) {
                        doubt(group, cx);
                    }
                }
            }
        }
        self.set_alarm(here, cx);
    }

    /// An element comes.
    pub fn on_deliver<H: Host>(&mut self, deliver: Deliver, here: Here, cx: &mut Context<'_, H>) {
        let Deliver { group, place, element } = deliver;
        let Some(membership) = self.groups.get_mut(&group) else { return };
        membership.stream.put(place, element, here.log);
        self.drain(group, here, cx);
    }

    /// The access peer tells the last places of the groups that it knows this client to be in.
    /// Where it has forgotten one, or remembers one too many (messages were lost, or overtook each
    /// other), it is told so.
    pub fn on_places<H: Host>(
        &mut self,
        places: &[(ObjectId, u32)],
        is_open: impl Fn(ObjectId) -> bool,
        here: Here,
        cx: &mut Context<'_, H>,
    ) {
        for &(group, place) in places {
            match self.groups.get_mut(&group) {
                Some(one) if one.standing == Standing::Member => {
                    one.stream.there_is(place);
                    one.heard = one.heard.max(self.asked);
                }
                Some(_) => {}
                None if is_open(group) => {}
                None => {
                    if let Some(peer) = here.peer {
                        cx.send(peer, Said::Exit { group, turn: self.turn });
                    }
                }
            }
        }
        for (&group, membership) in &mut self.groups {
            let is_known = places.iter().any(|&(known, _)| known == group);
            // One that let this client in after it was asked couldn't know yet.
            let should_know = membership.welcomed <= self.asked;
            if membership.standing == Standing::Member && should_know && !is_known {
                membership.stream.restart();
                membership.standing = Standing::Returning { tries: 0, due: cx.now() };
                enter(group, membership, here, cx);
            }
        }
        self.set_alarm(here, cx);
    }

    /// Something is due.
    pub fn on_timer<H: Host>(&mut self, here: Here, cx: &mut Context<'_, H>) {
        self.alarm = None;
        let mut passed = Vec::new();
        for (&group, membership) in &mut self.groups {
            match membership.standing {
                Standing::Joining => {}
                Standing::Returning { due, .. } if due <= cx.now() => {
                    enter(group, membership, here, cx);
                }
                Standing::Returning { .. } => {}
                Standing::Member => match membership.stream.on_due(cx.now(), here.patience) {
                    Some(Lack::Ask(from, to)) => {
                        if let Some(peer) = here.peer {
                            cx.send(peer, Said::Missing { group, from, to });
                        }
                    }
                    Some(Lack::PassOver) => passed.push(group),
                    None => {}
                },
            }
        }
        passed.into_iter().for_each(|group| self.drain(group, here, cx));
        self.set_alarm(here, cx);
    }

    /// One timer for all groups, armed for the first that something is due for. Without an access
    /// peer nothing is.
    fn set_alarm<H: Host>(&mut self, here: Here, cx: &mut Context<'_, H>) {
        if here.peer.is_none() {
            return;
        }
        let now = cx.now();
        let due = self.groups.values_mut().filter_map(|one| one.due(now, here.patience)).min();
        let Some(due) = due else { return };
        if let Some((at, id)) = self.alarm {
            if at <= due {
                return;
            }
            cx.disarm(id);
        }
        self.alarm = Some((due, cx.arm(MembershipsDue(self.tag), due.since(now))));
    }
}

/// Tells the access peer what this member has.
fn enter<H: Host>(
    group: ObjectId,
    membership: &mut Membership,
    here: Here,
    cx: &mut Context<'_, H>,
) {
    let had = membership.had(cx.now());
    let (Standing::Returning { tries, due }, Some(peer)) = (&mut membership.standing, here.peer)
    else {
        return;
    };
    let (turn, had) = (membership.turn, Some(had));
    cx.send(peer, Said::Enter { group, turn, had });
    *due = cx.now() + here.patience.times(1 << (*tries).min(8)).min(ENTER_MOST);
    *tries += 1;
}

fn take<H: Host>(
    group: ObjectId,
    membership: &mut Membership,
    multicast: &Multicast,
    here: Here,
    cx: &mut Context<'_, H>,
) {
    let Multicast { id, order, number, .. } = *multicast;
    let verdict = membership.received.take(multicast, here.log);
    if verdict.missing > 0 {
        cx.observe(Observation::Gap { group, order, missing: verdict.missing });
    }
    if verdict.delivered {
        cx.observe(Observation::Delivered { group, id, order, number });
    }
}

fn pass_over<H: Host>(
    group: ObjectId,
    membership: &mut Membership,
    number: u32,
    cx: &mut Context<'_, H>,
) {
    let missing = membership.received.pass_over(number);
    if missing > 0 {
        cx.observe(Observation::Gap { group, order: Order::Total, missing });
    }
}

/// Messages in fifo order may be missing, nobody knows how many.
fn doubt<H: Host>(group: ObjectId, cx: &mut Context<'_, H>) {
    cx.observe(Observation::Gap { group, order: Order::Fifo, missing: 0 });
}
