//! Whether members agree on which message has which number (total order).
//!
//! Where two messages were delivered under one number of a group, or one message under two numbers,
//! what most members got is taken for the order, and the other copies are out of it.

use super::message::Message;
use crate::node::{ObjectId, Order};
use std::collections::BTreeMap;

/// The copies of one message under one number.
#[derive(Clone, Copy, Debug)]
struct Claim {
    message: usize,
    number: u32,
    count: u64,
    moment: u64,
}

/// For each message the copies that are out of order: behind a higher number, or under a number
/// that most members don't know it by.
#[must_use]
pub fn out_of_order(messages: &[Message]) -> Vec<u64> {
    let mut by_number: BTreeMap<(ObjectId, u32), Vec<Claim>> = BTreeMap::new();
    for (at, message) in messages.iter().enumerate() {
        let Some(start) = message.start.filter(|start| start.numbering.order == Order::Total)
        else {
            continue;
        };
        for copies in &message.copies {
            let (number, count, moment) = (copies.number, copies.count, start.moment);
            let claim = Claim { message: at, number, count, moment };
            by_number.entry((start.numbering.group, number)).or_default().push(claim);
        }
    }
    let mut wrong = vec![Vec::new(); messages.len()];
    for claims in by_number.values().filter(|claims| claims.len() > 1) {
        let best = best(claims);
        let others = claims.iter().filter(|claim| Some(claim.message) != best);
        others.for_each(|claim| wrong[claim.message].push(claim.number));
    }
    let counted = messages.iter().zip(&wrong);
    counted.map(|(message, wrong)| of_message(message, wrong)).collect()
}

/// The message that most members know by the number; of equals the first.
fn best(claims: &[Claim]) -> Option<usize> {
    let best = claims.iter().max_by_key(|claim| (claim.count, std::cmp::Reverse(claim.moment)))?;
    Some(best.message)
}

fn of_message(message: &Message, wrong: &[u32]) -> u64 {
    let order = message.start.map(|start| start.numbering.order);
    let usual = match (order, message.copies.len()) {
        (Some(Order::Total), 2..) => {
            let first = message.copies.iter().rev().max_by_key(|copies| copies.count);
            first.map(|copies| copies.number)
        }
        _ => None,
    };
    let of_number = |copies: &super::message::Copies| {
        let unusual = usual.is_some_and(|usual| usual != copies.number);
        if unusual || wrong.contains(&copies.number) { copies.count } else { copies.disordered }
    };
    message.copies.iter().map(of_number).sum()
}
