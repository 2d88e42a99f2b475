//! An access peer's groups alone, at a desk where the test plays replicas, other access peers and
//! clock.

mod delivery;
mod joining;
mod network;
mod recalling;
mod relaying;

use super::super::{
    Back, Cast, Deliver, Element, Entry, Message, Multicast, Recalled, RegisterVerdict, Registered,
    Relay, Stamp, Supply, Welcome,
};
use super::*;
use crate::node::{Order, Span};
use crate::protocol::clippee;
use crate::protocol::clippee::fake::{Fake, ME, Store};
use std::cell::RefCell;
use std::rc::Rc;

const GROUP: ObjectId = ObjectId(0);
const SECOND: Span = Span::from_secs(1);

/// An access peer, its desk, and replicas 2, 3 and 4, of which those that are up answer at once.
struct Stage {
    access: Access,
    fake: Fake,
    store: Rc<RefCell<Store>>,
    set: Vec<u32>,
    up: Vec<u32>,
    /// What was sent, but for what a replica that is up has answered.
    out: Vec<(NodeId, Message)>,
    lookups: Vec<bool>,
}

fn three() -> Config {
    Config { replicas: 3, ..Config::default() }
}

fn client(number: u32) -> NodeId {
    NodeId(1_000 + number)
}

fn total(number: u32) -> Multicast {
    let id = OperationId { client: client(99), count: number };
    Multicast { id, order: Order::Total, number, first: 0, bytes: 10, check: 0 }
}

fn fifo(sender: u32, number: u32) -> Multicast {
    let id = OperationId { client: client(sender), count: number };
    Multicast { id, order: Order::Fifo, number, first: 1, bytes: 10, check: 0 }
}

fn entry(peer: u32) -> Entry {
    let stamp = Stamp { incarnation: 1, count: 1 };
    Entry { peer: NodeId(peer), stamp, members: 1 }
}

impl Stage {
    fn new(config: Config) -> Self {
        let store = Rc::new(RefCell::new(Store::new()));
        let mut fake = Fake::new();
        fake.group = Some(store.clone());
        Self {
            access: Access::new(Arc::new(config), 1),
            fake,
            store,
            set: vec![2, 3, 4],
            up: vec![2, 3, 4],
            out: Vec::new(),
            lookups: Vec::new(),
        }
    }

    /// Clients 1 to `members` are members.
    fn with_members(config: Config, members: u32) -> Self {
        let mut stage = Self::new(config);
        for number in 1..=members {
            stage.enter(number, None);
        }
        stage.out.clear();
        stage
    }

    fn enter(&mut self, number: u32, has: Option<u32>) {
        let back = has.map(|number| Back { number, age: Span::from_secs(1_000) });
        self.access.enter(client(number), (GROUP, 1), back, &mut self.fake);
        self.run();
    }

    fn exit(&mut self, number: u32) {
        self.access.exit(client(number), (GROUP, 2), &mut self.fake);
        self.run();
    }

    fn say(&mut self, from: u32, message: Message) {
        self.access.on_message(NodeId(from), message, &mut self.fake);
        self.run();
    }

    fn relay(&mut self, from: u32, multicast: Multicast, list: &[u32]) {
        let list = list.iter().map(|&peer| entry(peer)).collect();
        let relay = Relay { group: GROUP, multicast, origin: NodeId(from), list };
        self.say(from, Message::Relay(Box::new(relay)));
    }

    /// Sets and answers come, until nothing is asked any more.
    fn run(&mut self) {
        loop {
            let (wanted, sent) = (self.access.take_wanted(), self.fake.sent());
            if wanted.is_empty() && sent.is_empty() {
                return;
            }
            for (group, is_wrong) in wanted {
                self.lookups.push(is_wrong);
                let set = self.set.iter().map(|&replica| NodeId(replica)).collect();
                self.access.on_set(group, Some(set), &mut self.fake);
            }
            for (to, message) in sent {
                let clippee::Message::Group(message) = message else { panic!("{message:?}") };
                match self.answer(to, &message) {
                    Some(answer) => self.access.on_message(to, answer, &mut self.fake),
                    None => self.out.push((to, message)),
                }
            }
        }
    }

    fn answer(&self, to: NodeId, message: &Message) -> Option<Message> {
        if !self.up.contains(&to.0) {
            return None;
        }
        answer(&mut self.store.borrow_mut(), message)
    }

    /// Time passes; what is due on the way happens.
    fn pass(&mut self, span: Span) {
        let end = self.fake.now + span;
        while let Some(&(due, id, timer)) = self.fake.armed.iter().min_by_key(|armed| armed.0)
            && due <= end
        {
            self.fake.armed.retain(|&(_, other, _)| other != id);
            self.fake.now = due;
            go_off(&mut self.access, timer, &mut self.fake);
            self.run();
        }
        self.fake.now = end;
    }

    fn out(&mut self) -> Vec<(NodeId, Message)> {
        std::mem::take(&mut self.out)
    }

    /// To whom messages of this kind went.
    fn out_to(&mut self, kind: &str) -> Vec<u32> {
        use crate::node::MessageKind;
        let out = self.out();
        let named = out.iter().filter(|(_, message)| Message::KINDS[message.kind()] == kind);
        named.map(|(to, _)| to.0).collect()
    }

    fn welcomes(&mut self) -> Vec<(NodeId, Welcome)> {
        let out = self.out();
        let welcomes = out.into_iter().filter_map(|(to, message)| match message {
            Message::Welcome(welcome) => Some((to, *welcome)),
            _ => None,
        });
        welcomes.collect()
    }

    /// What was delivered to a client: places, and numbers (of lost ones: negative).
    fn delivered(&mut self, number: u32) -> Vec<(u32, i64)> {
        let out = self.out();
        let to_it = out.iter().filter(|(to, _)| *to == client(number));
        let delivered = to_it.filter_map(|(_, message)| match message {
            Message::Deliver(Deliver { place, element: Element::Message(m), .. }) => {
                Some((*place, i64::from(m.number)))
            }
            Message::Deliver(Deliver { place, element: Element::Lost { number }, .. }) => {
                Some((*place, -i64::from(*number)))
            }
            _ => None,
        });
        delivered.collect()
    }

    /// The group's next messages, which don't come down the tree.
    fn number(&mut self, numbers: impl IntoIterator<Item = u32>) {
        numbers.into_iter().for_each(|number| self.store.borrow_mut().push(total(number)));
    }
}

fn go_off(access: &mut Access, timer: Timer, fake: &mut Fake) {
    match timer {
        Timer::Group(group) => access.on_group_timer(group, fake),
        Timer::Relay(token) => access.on_relay_timer(token, fake),
        Timer::Names(token) => access.on_names_timer(token, fake),
        _ => panic!("not an access peer's: {timer:?}"),
    }
}

fn answer(store: &mut Store, message: &Message) -> Option<Message> {
    Some(match message {
        Message::Register(register) => Message::Registered(Box::new(store.register(*register))),
        Message::Poll(poll) => Message::PollReply(store.poll(*poll)),
        Message::Fill(fill) => Message::Filled(Box::new(store.fill(*fill))),
        _ => return None,
    })
}
