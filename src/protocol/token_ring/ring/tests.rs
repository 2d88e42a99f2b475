//! The order of one ring, token by token: members, packets that are lost or late, and a token that
//! always arrives.

use super::item::Item;
use super::order::{Order, Visit};
use super::queue::Queue;
use super::token::{Packet, RingId, Token};
use crate::node::{AttemptId, Key, NodeId, ObjectId, Operation, OperationId, Stream, Time};
use crate::protocol::machine::Command;
use crate::protocol::token_ring::config::{Config, Delivery};
use std::collections::BTreeSet;
use std::sync::Arc;

const RING: RingId = RingId { number: 1, maker: NodeId(1), incarnation: 1 };

fn item(sender: u32, count: u32, payload: u32) -> Item {
    Item::Command(Command {
        id: OperationId { client: NodeId(sender), count },
        operation: Operation::Update { object: ObjectId(0) },
        attempt: AttemptId { coordinator: NodeId(sender), incarnation: 1, count },
        asked: Time::ZERO,
        payload,
        entry: None,
    })
}

fn names(packet: &Packet) -> Vec<OperationId> {
    let name = |item: &Item| match item {
        Item::Command(command) => command.id,
        Item::State(_) => panic!("no states here"),
    };
    packet.items.iter().map(name).collect()
}

/// A ring whose token goes around by hand.
struct Bench {
    config: Config,
    members: Vec<(Order, Queue)>,
    token: Token,
    turn: usize,
    delivered: Vec<Vec<OperationId>>,
    loss: f64,
    dice: Stream,
    sent: u32,
    again: u32,
}

impl Bench {
    fn new(members: u32, config: Config, loss: f64, seed: u64) -> Self {
        let ids: Arc<[NodeId]> = (1..=members).map(NodeId).collect();
        let order = |&me: &NodeId| (Order::new(RING, ids.clone(), me, 0), Queue::default());
        Self {
            config,
            members: ids.iter().map(order).collect(),
            token: Token::new(RING, 1),
            turn: 0,
            delivered: vec![Vec::new(); members as usize],
            loss,
            dice: Key::from_word(seed).stream(1, 1),
            sent: 0,
            again: 0,
        }
    }

    fn say(&mut self, member: usize, count: u32, payload: u32) {
        self.members[member].1.push(item(member as u32 + 1, count, payload));
    }

    /// The member whose turn it is has the token.
    fn pass(&mut self) {
        let turn = self.turn;
        let (order, queue) = &mut self.members[turn];
        let Visit { again, new, token } = order.on_token(self.token.clone(), queue, &self.config);
        self.token = token;
        for packet in new {
            self.sent += 1;
            for to in (0..self.members.len()).filter(|&to| to != turn) {
                if !self.dice.chance(self.loss) {
                    self.members[to].0.put(packet.clone());
                }
            }
        }
        for (to, packet) in again {
            self.again += 1;
            if !self.dice.chance(self.loss) {
                self.members[to.index() - 1].0.put(packet);
            }
        }
        for (member, (order, _)) in self.members.iter_mut().enumerate() {
            while let Some(packet) = order.take(self.config.delivery) {
                self.delivered[member].extend(names(&packet));
            }
        }
        self.turn = (turn + 1) % self.members.len();
    }

    fn rotate(&mut self, times: usize) {
        (0..times * self.members.len()).for_each(|_| self.pass());
    }
}

#[test]
fn a_message_is_agreed_at_once_and_safe_after_one_rotation() {
    for (delivery, wait) in [(Delivery::Agreed, 0), (Delivery::Safe, 5)] {
        let config = Config { delivery, ..Config::default() };
        let mut bench = Bench::new(5, config, 0.0, 1);
        bench.rotate(3);
        bench.say(0, 7, 10);
        bench.pass();
        (0..wait).for_each(|_| bench.pass());
        assert_eq!(bench.delivered[0].len(), 1, "the sender, when it has the token again");
        if delivery == Delivery::Safe {
            assert!(bench.delivered[1..].iter().all(Vec::is_empty));
            bench.pass();
            assert_eq!(bench.delivered[1].len(), 1, "the next one, one hop later");
            (0..3).for_each(|_| bench.pass());
        }
        assert!(bench.delivered.iter().all(|one| one.len() == 1));
        assert_eq!((bench.sent, bench.again), (1, 0));
    }
}

#[test]
fn all_deliver_the_same_in_the_same_order_however_much_is_lost() {
    for seed in 0..50 {
        let delivery = if seed % 2 == 0 { Delivery::Safe } else { Delivery::Agreed };
        let config = Config { delivery, personal_window: 3, window: 6, ..Config::default() };
        let mut bench = Bench::new(2 + seed as u32 % 7, config, 0.3, seed);
        let members = bench.members.len();
        for count in 0..100 {
            let member = bench.dice.below(members as u64) as usize;
            bench.say(member, count, 2_000);
            bench.pass();
            // What is safe, everybody has: so nobody delivers anything else before it.
            let most = bench.delivered.iter().max_by_key(|one| one.len()).unwrap().clone();
            assert!(bench.delivered.iter().all(|one| most.starts_with(one)), "seed {seed}");
        }
        bench.rotate(60);
        let first = bench.delivered[0].clone();
        assert_eq!(first.len(), 100, "seed {seed}");
        assert!(bench.delivered.iter().all(|one| *one == first), "seed {seed}");
        assert!(bench.members.iter().all(|(order, _)| order.len() == 0), "all is forgotten");
        let distinct: BTreeSet<_> = first.iter().collect();
        assert_eq!(distinct.len(), 100);
        assert!(bench.again > 0);
    }
}

#[test]
fn what_is_delivered_as_safe_is_at_every_member() {
    let mut bench = Bench::new(6, Config::default(), 0.4, 3);
    for count in 0..200 {
        bench.say(count as usize % 6, count, 2_000);
        bench.pass();
        let most = bench.delivered.iter().map(Vec::len).max().unwrap() as u32;
        for (order, _) in &bench.members {
            assert!(order.info(None).aru >= most, "one member lacks what another has delivered");
        }
    }
}

#[test]
fn the_windows_bound_what_is_sent_in_a_rotation_and_shares_are_fair() {
    let config = Config { window: 20, personal_window: 8, packet: 100, ..Config::default() };
    let mut bench = Bench::new(10, config, 0.0, 1);
    for count in 0..100 {
        (0..10).for_each(|member| bench.say(member, count, 1_000));
    }
    bench.rotate(2);
    let before = bench.sent;
    bench.rotate(10);
    let per_rotation = (bench.sent - before) / 10;
    assert!((18..=22).contains(&per_rotation), "{per_rotation} in a rotation");
    bench.rotate(2);
    let of =
        |sender: u32| bench.delivered[0].iter().filter(|id| id.client == NodeId(sender)).count();
    assert!((1..=10).all(|sender| (20..=28).contains(&of(sender))), "{:?}", [of(1), of(5), of(10)]);
    // One that is alone in having something to say may use its own window.
    let config = Config { window: 20, personal_window: 8, packet: 100, ..Config::default() };
    let mut bench = Bench::new(10, config, 0.0, 1);
    (0..50).for_each(|count| bench.say(3, count, 1_000));
    bench.rotate(5);
    assert_eq!(bench.sent, 40);
}

#[test]
fn small_messages_share_packets() {
    let mut queue = Queue::default();
    (0..10).for_each(|count| queue.push(item(1, count, 460)));
    assert_eq!(queue.packets(1_400), 4);
    let sizes: Vec<usize> = std::iter::from_fn(|| {
        let items = queue.pack(1_400);
        (!items.is_empty()).then_some(items.len())
    })
    .collect();
    assert_eq!(sizes, [2, 2, 2, 2, 2]);
    queue.push(item(1, 0, 100_000));
    queue.push(item(1, 1, 0));
    assert_eq!((queue.pack(1_400).len(), queue.len()), (1, 1), "a large one has one to itself");
}

#[test]
fn behind_what_is_lost_for_good_nothing_is_delivered_and_own_things_are_put_in_again() {
    let mut order = Order::new(RING, Arc::new([NodeId(1), NodeId(2)]), NodeId(1), 0);
    for (seq, sender) in [(1, 2), (2, 1), (4, 2), (5, 1)] {
        let items = Arc::new([item(sender, seq, 0)]);
        order.put(Packet { ring: RING, seq, sender: NodeId(sender), items });
    }
    let info = order.info(None);
    assert_eq!((info.aru, info.beyond.as_slice(), info.last()), (2, [4, 5].as_slice(), 5));
    let (rest, again) = order.finish(1, &BTreeSet::from([2, 4, 5]));
    let seqs = |packets: &[Packet]| packets.iter().map(|packet| packet.seq).collect::<Vec<_>>();
    assert_eq!((seqs(&rest), seqs(&again)), (vec![1, 2], vec![5]));
}
