//! Access peers wired together, with delays, loss and doubled messages; replicas that are perfect,
//! but for what happens to messages on the way.

use super::*;
use crate::node::{Key, Stream};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::BTreeMap;

const REPLICAS: [NodeId; 3] = [NodeId(90), NodeId(91), NodeId(92)];

struct Network {
    machines: Vec<(Access, Fake)>,
    store: Rc<RefCell<Store>>,
    flying: BTreeMap<(Time, u64), (NodeId, NodeId, Message)>,
    count: u64,
    stream: Stream,
    /// Of a hundred messages.
    lost: u64,
    doubled: u64,
    slowest: Span,
    /// What each client got, its welcome first.
    got: BTreeMap<NodeId, Vec<Message>>,
    counts: BTreeMap<NodeId, u32>,
    now: Time,
}

impl Network {
    fn new(seed: u64, peers: u32, fanout: u32, (lost, doubled, slowest): (u64, u64, Span)) -> Self {
        let config = Arc::new(Config { fanout, ..three() });
        let machine = |me| {
            let fake = Fake { me: NodeId(me), ..Fake::new() };
            (Access::new(config.clone(), 1), fake)
        };
        Self {
            machines: (1..=peers).map(machine).collect(),
            store: Rc::new(RefCell::new(Store::new())),
            flying: BTreeMap::new(),
            count: 0,
            stream: Key::from_word(seed).stream(1, 1),
            lost,
            doubled,
            slowest,
            got: BTreeMap::new(),
            counts: BTreeMap::new(),
            now: Fake::new().now,
        }
    }

    fn below(&mut self, n: u64) -> u64 {
        self.stream.below(n)
    }

    fn send(&mut self, from: NodeId, to: NodeId, message: &Message) {
        if to.0 >= 1_000 {
            return self.got.entry(to).or_default().push(message.clone());
        }
        let copies = if self.below(100) < self.lost { 0 } else { 1 };
        let copies = copies + u64::from(self.below(100) < self.doubled);
        for _ in 0..copies {
            let at = self.now + Span::from_nanos(1 + self.below(self.slowest.nanos()));
            self.count += 1;
            self.flying.insert((at, self.count), (from, to, message.clone()));
        }
    }

    /// A step of one machine, and what comes of it.
    fn step(&mut self, peer: usize, step: impl FnOnce(&mut Access, &mut Fake)) {
        let now = self.now;
        let (access, fake) = &mut self.machines[peer];
        fake.now = now;
        step(access, fake);
        while let Some((group, _)) = access.take_wanted().pop() {
            access.on_set(group, Some(REPLICAS.into()), fake);
        }
        let (me, sent) = (fake.me, fake.sent());
        for (to, message) in sent {
            let clippee::Message::Group(message) = message else { panic!("{message:?}") };
            self.send(me, to, &message);
        }
    }

    fn arrive(&mut self, from: NodeId, to: NodeId, message: Message) {
        if REPLICAS.contains(&to) {
            let answer = answer(&mut self.store.borrow_mut(), &message);
            return answer.iter().for_each(|answer| self.send(to, from, answer));
        }
        self.step(to.0 as usize - 1, |access, fake| access.on_message(from, message, fake));
    }

    fn run_until(&mut self, end: Time) {
        loop {
            let machines = self.machines.iter().enumerate();
            let armed = machines.filter_map(|(peer, (_, fake))| {
                let first = fake.armed.iter().min_by_key(|armed| armed.0)?;
                Some((first.0, peer, first.1, first.2))
            });
            let timer = armed.min_by_key(|armed| (armed.0, armed.1));
            let flying = self.flying.first_key_value().map(|(&key, _)| key);
            let next = timer.map(|timer| timer.0).into_iter().chain(flying.map(|key| key.0)).min();
            let Some(next) = next.filter(|&next| next <= end) else { break };
            self.now = next;
            if let Some(key) = flying.filter(|key| key.0 == next) {
                let (from, to, message) = self.flying.remove(&key).unwrap();
                self.arrive(from, to, message);
            } else if let Some((_, peer, id, timer)) = timer {
                self.machines[peer].1.armed.retain(|&(_, other, _)| other != id);
                self.step(peer, |access, fake| go_off(access, timer, fake));
            }
        }
        self.now = end;
    }

    fn pass(&mut self, most: Span) {
        let span = Span::from_nanos(self.below(most.nanos()));
        self.run_until(self.now + span);
    }

    /// Somebody sends something from somewhere.
    fn cast(&mut self) {
        let peer = self.below(self.machines.len() as u64) as usize;
        let multicast = if self.below(2) == 0 {
            let multicast = total(self.store.borrow().number + 1);
            self.store.borrow_mut().push(multicast);
            multicast
        } else {
            // Its client stays where it is.
            let count = self.counts.entry(client(500 + peer as u32)).or_default();
            *count += 1;
            fifo(500 + peer as u32, *count)
        };
        let roll = self.store.borrow().roll.values().copied().collect();
        self.step(peer, |access, fake| access.cast(Cast { group: GROUP, multicast, roll }, fake));
    }
}

/// Checks what one client got; returns its last number, and its last count of each sender.
fn check(got: &[Message], complete: bool) -> Result<(u32, BTreeMap<NodeId, u32>), TestCaseError> {
    let Some(Message::Welcome(welcome)) = got.first() else { panic!("never let in: {got:?}") };
    let (mut place, mut number, mut counts) = (welcome.place, welcome.number, BTreeMap::new());
    for message in &got[1..] {
        let Message::Deliver(deliver) = message else { continue };
        place += 1;
        prop_assert_eq!(deliver.place, place);
        let multicast = match deliver.element {
            Element::Message(multicast) => multicast,
            // Of a peer that was taken for dead, and couldn't find out what it missed.
            Element::Doubt { .. } if !complete => continue,
            element => panic!("lost: {element:?}"),
        };
        match multicast.order {
            Order::Total => {
                number += 1;
                prop_assert_eq!(multicast.number, number);
            }
            Order::Fifo => {
                let last = counts.insert(multicast.id.client, multicast.number);
                let next = last.unwrap_or(multicast.number - 1) + 1;
                prop_assert!(multicast.number >= next, "{} after {:?}", multicast.number, last);
                prop_assert!(!complete || multicast.number == next, "jumps to {:?}", multicast);
            }
        }
    }
    Ok((number, counts))
}

fn story(
    seed: u64,
    peers: u32,
    fanout: u32,
    faults: (u64, u64, Span),
) -> Result<(), TestCaseError> {
    let mut network = Network::new(seed, peers, fanout, faults);
    for number in 0..2 * peers {
        let peer = network.below(u64::from(peers)) as usize;
        network.step(peer, |access, fake| access.enter(client(number), (GROUP, 1), None, fake));
        network.pass(SECOND);
        network.cast();
    }
    network.run_until(network.now + Span::from_secs(30));
    for _ in 0..30 {
        network.cast();
        network.pass(Span::from_millis(400));
    }
    network.run_until(network.now + Span::from_secs(200));
    let last = network.store.borrow().number;
    for client_ in (0..2 * peers).map(client) {
        let (number, counts) = check(&network.got[&client_], faults.0 == 0)?;
        prop_assert_eq!(number, last);
        if faults.0 == 0 {
            let mut sent = network.counts.clone();
            // Who sent nothing since this client was let in may be unknown to it.
            sent.retain(|sender, _| counts.contains_key(sender));
            prop_assert_eq!(&counts, &sent);
        }
    }
    for (access, _) in &network.machines {
        prop_assert_eq!(access.sizes().relays, 0);
    }
    Ok(())
}

proptest! {
    // The same cases each time: whether a tick's polls all get lost is chance.
    #![proptest_config(ProptestConfig {
        cases: 48,
        rng_seed: RngSeed::Fixed(7),
        ..ProptestConfig::default()
    })]

    #[test]
    fn all_that_stay_get_all_in_order(seed: u64, peers in 1_u32..9, fanout in 1_u32..5) {
        story(seed, peers, fanout, (0, 0, Span::from_millis(45)))?;
    }

    #[test]
    fn loss_and_doubles_cost_time_only(
        seed: u64,
        peers in 1_u32..9,
        fanout in 1_u32..5,
        lost in 1_u64..30,
        doubled in 0_u64..30,
        slowest in 10_u64..400,
    ) {
        story(seed, peers, fanout, (lost, doubled, Span::from_millis(slowest)))?;
    }
}
