//! What a daemon tells observers of what is ordered.

use super::TokenRing;
use super::states::Ordered;
use crate::node::{
    Answer, Context, NodeId, ObjectId, Observation, Operation, OperationId, Order, Outcome, Value,
    Version,
};
use crate::protocol::machine::{Effect, State, applied};
use crate::protocol::serving::groups::Multicast;

fn made(
    (id, object): (OperationId, ObjectId),
    (version, value, base): (Version, Value, Version),
    cx: &mut Context<'_, TokenRing>,
) {
    // Each daemon tells it, because none knows whether it is the first.
    cx.observe(Observation::Made { id, object, version, base, value });
    let previous = (base != Version::ZERO).then_some(base);
    cx.observe(applied(object, (version, value), previous, true));
}

/// Something that was ordered has come to something.
pub(super) fn ordered(ordered: &Ordered, state: &State, cx: &mut Context<'_, TokenRing>) {
    let id = ordered.command.id;
    match ordered.effect {
        Effect::Made { object, version, value, base } => {
            made((id, object), (version, value, base), cx);
        }
        Effect::Cast { group, multicast, made: of_group, .. } => {
            let Multicast { id, order, number, .. } = multicast;
            match of_group {
                Some(of_group) => made((id, group), of_group, cx),
                None => cx.observe(Observation::Accepted { id, group, number }),
            }
            let (_, access_peers, members) = view(group, state);
            let numbered =
                Observation::Numbered { id, group, order, number, access_peers, members };
            cx.observe(numbered);
        }
        Effect::Registered { group, news: Some(entry) } => {
            let (peer, members) = (entry.peer, entry.members);
            cx.observe(Observation::Registered { group, peer, members });
        }
        _ => {}
    }
}

/// A daemon isn't in the ring any more.
pub(super) fn gone((group, peer): (ObjectId, NodeId), cx: &mut Context<'_, TokenRing>) {
    cx.observe(Observation::Registered { group, peer, members: 0 });
}

fn view(group: ObjectId, state: &State) -> (u32, u32, u32) {
    state.group(group).map(|group| group.view()).unwrap_or_default()
}

/// What is answered to who asked for a command, and the version that this says to be held.
pub(super) fn outcome(ordered: &Ordered) -> Option<(Outcome, Option<(ObjectId, Version)>)> {
    let updated =
        |object, version| Some((Outcome::Ok(Answer::Updated { version }), Some((object, version))));
    match ordered.effect {
        Effect::Made { object, version, .. } | Effect::Known { object, version } => {
            updated(object, version)
        }
        Effect::Cast { group, multicast, made, .. } => match (multicast.order, made) {
            (Order::Total, Some((version, ..))) => updated(group, version),
            _ => Some((Outcome::Ok(Answer::Done), None)),
        },
        Effect::Sent => Some((Outcome::Ok(Answer::Done), None)),
        // Nobody waits for these: reads and questions for members aren't ordered.
        Effect::Late | Effect::Registered { .. } | Effect::Read { .. } | Effect::Members { .. } => {
            None
        }
    }
}

/// What a daemon answers by itself; `None`: it has to be ordered.
pub(super) fn at_once(
    operation: Operation,
    state: &State,
    initial: impl Fn(ObjectId) -> Value,
) -> Option<Answer> {
    match operation {
        Operation::Read { object } => {
            let held = state.held(object);
            let (version, value) = held.unwrap_or_else(|| (Version::ZERO, initial(object)));
            Some(Answer::Read { version, value })
        }
        Operation::Members { group, .. } => {
            let (view, access_peers, members) = view(group, state);
            Some(Answer::Members { view, access_peers, members })
        }
        _ => None,
    }
}
