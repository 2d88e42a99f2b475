//! Members, registrations, and what those missed who come back.

use super::*;

fn members(stage: &Stage) -> Vec<u32> {
    stage.store.borrow().registered.iter().map(|entry| entry.members).collect()
}

#[test]
fn the_first_member_costs_a_registration_and_the_second_a_welcome() {
    let mut stage = Stage::new(three());
    stage.number(1..=3);
    stage.enter(1, None);
    assert_eq!(members(&stage), [1, 1, 1]);
    let value = stage.store.borrow().value;
    let missed = Box::default();
    let welcome = Welcome { group: GROUP, place: 0, number: 3, value, missed, doubt: false };
    assert_eq!(stage.welcomes(), [(client(1), welcome.clone())]);
    stage.enter(2, None);
    assert_eq!(stage.out(), [(client(2), Message::Welcome(Box::new(welcome.clone())))]);
    stage.enter(2, None);
    assert_eq!(stage.welcomes(), [(client(2), welcome)], "a repeat is answered again");
    assert_eq!(*stage.access.places(client(2)), [(GROUP, 0)]);
    assert!(stage.access.places(client(3)).is_empty());
}

#[test]
fn a_joiner_waits_for_the_write_acks() {
    let mut stage = Stage::new(three());
    stage.up = vec![4];
    stage.enter(1, None);
    assert!(stage.welcomes().is_empty());
    stage.enter(2, None);
    assert!(stage.access.places(client(1)).is_empty());
    stage.up.push(3);
    stage.pass(Span::from_millis(300));
    assert_eq!(stage.welcomes().len(), 2);
    assert_eq!(members(&stage), [1, 1], "the second costs nothing");
    assert!(stage.lookups == [false]);
}

#[test]
fn silent_replicas_are_told_again_and_then_looked_for() {
    let mut stage = Stage::new(three());
    stage.up.clear();
    stage.enter(1, None);
    assert_eq!(stage.out_to("register"), [2, 3, 4]);
    stage.pass(Span::from_millis(450));
    assert_eq!(stage.out_to("register"), [2, 3, 4]);
    stage.pass(Span::from_secs(7));
    assert!(stage.lookups.len() > 1 && stage.lookups[1]);
    stage.up = vec![2, 3];
    stage.pass(Span::from_secs(9));
    assert_eq!(stage.welcomes().len(), 1);
}

#[test]
fn a_set_that_proves_wrong_is_looked_for_and_told_the_same_entry() {
    let mut stage = Stage::new(three());
    stage.up.clear();
    stage.enter(1, None);
    let (_, Message::Register(register)) = stage.out.remove(0) else { panic!("{:?}", stage.out) };
    (stage.set, stage.up) = (vec![3, 4, 5], vec![3, 4, 5]);
    let verdict = RegisterVerdict::NotResponsible { closer: Box::default() };
    let Registered { group, entry, .. } = stage.store.borrow_mut().register(register);
    stage.say(2, Message::Registered(Box::new(Registered { group, entry, verdict })));
    assert_eq!(stage.lookups, [false, true]);
    assert_eq!(stage.store.borrow().roll[&ME], entry);
    assert_eq!(stage.welcomes().len(), 1);
}

#[test]
fn a_peer_that_was_taken_for_dead_registers_under_a_later_stamp() {
    let mut stage = Stage::with_members(three(), 1);
    let dead = Entry { members: 0, ..stage.store.borrow().roll[&ME] };
    stage.store.borrow_mut().roll.insert(ME, dead);
    stage.pass(Span::from_secs(31));
    let entry = stage.store.borrow().roll[&ME];
    assert_eq!((entry.stamp.count, entry.members), (dead.stamp.count + 1, 1));
    assert_eq!(stage.lookups, [false, true]);
}

#[test]
fn counts_are_told_at_ticks_when_they_have_changed_by_a_factor_of_two() {
    let mut stage = Stage::new(three());
    for number in 1..=50 {
        stage.enter(number, None);
        stage.pass(Span::from_millis(1_200));
    }
    stage.pass(Span::from_secs(60));
    let told = members(&stage);
    assert!(told.len() <= 3 * 3, "{told:?}");
    assert_eq!(told.last(), Some(&50));
    for number in 1..=24 {
        stage.exit(number);
    }
    stage.pass(Span::from_secs(31));
    assert_eq!(members(&stage).last(), Some(&50), "26 are more than half of 50");
    stage.exit(25);
    stage.pass(Span::from_secs(31));
    assert_eq!(members(&stage).last(), Some(&25));
}

#[test]
fn the_last_member_to_leave_ends_the_registration() {
    let mut stage = Stage::with_members(three(), 2);
    stage.access.gone(client(1), &mut stage.fake);
    stage.run();
    assert_eq!(members(&stage).last(), Some(&1));
    stage.up.pop();
    stage.exit(2);
    stage.exit(2);
    assert_eq!(stage.store.borrow().roll[&ME].members, 0);
    assert_eq!(stage.access.sizes().groups, 0);
    stage.pass(Span::from_secs(60));
    let out = stage.out();
    assert_eq!(out.iter().filter(|(_, m)| matches!(m, Message::Register(_))).count(), 3);
    assert_eq!(out.iter().filter(|(_, m)| matches!(m, Message::Exited { .. })).count(), 2);
    assert!(stage.fake.armed.is_empty());
}

#[test]
fn who_comes_again_goes_on_in_the_same_places() {
    let mut stage = Stage::with_members(three(), 1);
    stage.relay(5, fifo(7, 1), &[]);
    stage.exit(1);
    stage.enter(1, None);
    assert_eq!(stage.welcomes()[0].1.place, 1);
    assert_eq!(stage.store.borrow().roll[&ME].members, 1);
    stage.relay(5, fifo(7, 1), &[]);
    assert_eq!(stage.delivered(1), [], "it had that");
}

#[test]
fn an_own_replica_is_asked_without_a_message() {
    let mut stage = Stage::new(Config { replicas: 1, ..three() });
    stage.set = vec![ME.0];
    stage.number(1..=2);
    stage.enter(1, None);
    assert_eq!(stage.welcomes()[0].1.number, 2);
    stage.number(3..=4);
    stage.pass(Span::from_secs(32));
    assert_eq!(stage.delivered(1), [(1, 3), (2, 4)], "a poll found them");
    stage.exit(1);
    assert!(stage.fake.armed.is_empty());
}

#[test]
fn the_state_is_asked_of_those_that_answered_first() {
    let mut stage = Stage::new(three());
    stage.number(1..=2);
    stage.up = vec![2, 3];
    stage.enter(1, None);
    assert!(stage.out.iter().all(|(_, message)| !matches!(message, Message::Fill(_))));
    assert_eq!(stage.welcomes()[0].1.number, 2, "though 4 is the nearest");
}

#[test]
fn who_comes_back_gets_what_is_in_the_log() {
    let mut stage = Stage::with_members(three(), 1);
    stage.relay(5, total(1), &[]);
    stage.relay(5, fifo(7, 1), &[]);
    stage.relay(5, total(2), &[]);
    stage.out();
    stage.enter(2, Some(1));
    let (_, message) = &stage.out()[0];
    let Message::Welcome(welcome) = message else { panic!("no replica is asked") };
    assert_eq!(*welcome.missed, [fifo(7, 1), total(2)]);
    assert_eq!((welcome.place, welcome.number), (3, 2));
    stage.enter(3, Some(9));
    assert!(stage.welcomes()[0].1.missed.iter().all(|missed| missed.order == Order::Fifo));
}

#[test]
fn who_comes_back_to_a_new_access_peer_gets_what_replicas_have() {
    let mut stage = Stage::new(three());
    stage.number(1..=5);
    stage.store.borrow_mut().messages.remove(&3);
    stage.enter(1, Some(2));
    assert_eq!(*stage.welcomes()[0].1.missed, [total(4), total(5)]);
    stage.enter(2, Some(3));
    assert_eq!(*stage.welcomes()[0].1.missed, [total(4), total(5)], "from the backlog");
    stage.number(6..=6);
    stage.relay(5, total(6), &[]);
    stage.enter(3, Some(0));
    assert_eq!(*stage.welcomes()[0].1.missed, [1, 2, 4, 5, 6].map(total));
}

#[test]
fn a_leaving_peer_says_so_once_and_lets_nobody_in() {
    let mut stage = Stage::with_members(three(), 1);
    stage.up.clear();
    stage.access.leave(&mut stage.fake);
    stage.enter(2, None);
    assert_eq!(stage.out_to("register"), [2, 3, 4]);
    stage.pass(Span::from_secs(60));
    assert!(stage.out().is_empty());
}

#[test]
fn an_exit_that_a_later_join_overtook_is_not_heard() {
    let mut stage = Stage::with_members(three(), 1);
    stage.access.enter(client(1), (GROUP, 5), None, &mut stage.fake);
    stage.run();
    stage.out();
    stage.access.exit(client(1), (GROUP, 4), &mut stage.fake);
    stage.run();
    assert!(stage.out().is_empty(), "nor answered: that would end a later leave");
    assert_eq!(stage.access.places(client(1)).len(), 1);
    stage.access.exit(client(1), (GROUP, 6), &mut stage.fake);
    assert!(stage.access.places(client(1)).is_empty());
}
