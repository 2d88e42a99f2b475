//! A client alone; the test plays its access peers and the clock.

mod groups;

use super::*;
use crate::node::{
    Digestible, Effect, FailureCause, Hasher, Key, Role, Stream, Time, TimerId, Timers, Value,
    Version,
};
use crate::protocol::clippee::World;
use crate::protocol::clippee::replica::Durable;
use crate::protocol::overlay;

const ME: NodeId = NodeId(9);
const UPDATE: Operation = Operation::Update { object: ObjectId(0) };
const READ: Operation = Operation::Read { object: ObjectId(0) };

struct Stage {
    client: Option<Client>,
    now: Time,
    stream: Stream,
    timers: Timers<Timer>,
    armed: Vec<(Time, TimerId)>,
    sent: Vec<(u32, Message)>,
    told: Vec<Observation>,
}

impl Stage {
    fn new(config: Config, contacts: &[u32]) -> Self {
        let overlay = overlay::World {
            ids: Vec::new(),
            online: Vec::new(),
            nearness: Box::new(|_, _| Span::ZERO),
        };
        let world =
            World { overlay: Arc::new(overlay), keys: vec![0], groups: 0, object_bytes: 100 };
        let contacts: Vec<NodeId> = contacts.iter().map(|&contact| NodeId(contact)).collect();
        let mut stage = Self {
            client: None,
            now: Time::ZERO,
            stream: Key::from_word(1).stream(9, 1),
            timers: Timers::default(),
            armed: Vec::new(),
            sent: Vec::new(),
            told: Vec::new(),
        };
        let (config, world) = (Arc::new(config), Arc::new(world));
        stage.with(|slot, cx| {
            let setup = Setup {
                role: Role::Client,
                config: &config,
                durable: &Durable::default(),
                contacts: &contacts,
                world: &world,
            };
            *slot = Some(Client::boot(&setup, cx));
        });
        stage
    }

    fn with(&mut self, act: impl FnOnce(&mut Option<Client>, &mut Context<'_, Clippee>)) {
        let mut effects = Vec::new();
        let (now, timers) = (self.now, &mut self.timers);
        let mut cx = Context::new(ME, 1, now, &mut self.stream, timers, &mut effects);
        act(&mut self.client, &mut cx);
        for effect in effects {
            match effect {
                Effect::Send { to, message } => self.sent.push((to.0, message)),
                Effect::Arm { id, after } => self.armed.push((self.now + after, id)),
                Effect::Disarm(id) => {
                    self.timers.remove(id);
                }
                Effect::Save(_) => panic!("a client has nothing to save"),
                Effect::Observe(observation) => self.told.push(observation),
            }
        }
    }

    fn step(&mut self, input: Input<Clippee>) {
        self.with(|client, cx| client.as_mut().expect("it has booted").step(input, cx));
    }

    fn hear(&mut self, from: u32, message: Message) {
        self.step(Input::Message { from: NodeId(from), message });
    }

    fn ask(&mut self, count: u32, operation: Operation) {
        self.step(Input::Operation { id: id(count), operation });
    }

    /// Lets time pass, and timers go off.
    fn pass(&mut self, span: Span) {
        let until = self.now + span;
        loop {
            self.armed.sort_by_key(|&(at, id)| (at, id.slot));
            match self.armed.first() {
                Some(&(at, id)) if at <= until => {
                    self.armed.remove(0);
                    self.now = at;
                    if let Some((_, timer)) = self.timers.remove(id) {
                        self.step(Input::Timer(timer));
                    }
                }
                _ => break,
            }
        }
        self.now = until;
    }

    /// Lets the next timer go off.
    fn next(&mut self) {
        let next = self.armed.iter().map(|&(at, _)| at).min().expect("a timer is armed");
        self.pass(next.since(self.now));
    }

    fn sent(&mut self) -> Vec<(u32, Message)> {
        std::mem::take(&mut self.sent)
    }

    fn requests(&mut self) -> Vec<(u32, u32)> {
        let sent = self.sent();
        let request = |(to, message): &(u32, Message)| match message {
            Message::Request(request) => Some((*to, request.id.count)),
            _ => None,
        };
        sent.iter().filter_map(request).collect()
    }

    fn ended(&self) -> Vec<(u32, Outcome)> {
        let ended = |told: &Observation| match told {
            Observation::Ended { id, outcome } => Some((id.count, *outcome)),
            _ => None,
        };
        self.told.iter().filter_map(ended).collect()
    }
}

fn id(count: u32) -> OperationId {
    OperationId { client: ME, count }
}

fn response(count: u32, outcome: Outcome) -> Message {
    Message::Response(Box::new(Response { id: id(count), outcome }))
}

fn read_ok() -> Outcome {
    Outcome::Ok(Answer::Read { version: Version::ZERO, value: Value::default() })
}

fn failed(cause: FailureCause, maybe_applied: bool) -> Outcome {
    Outcome::Failed { cause, maybe_applied }
}

/// No heartbeats, so that nothing else happens.
fn quiet() -> Config {
    Config { heartbeat_interval: Span::NEVER, ..Config::default() }
}

fn attached(config: Config, contacts: &[u32]) -> Stage {
    let mut stage = Stage::new(config, contacts);
    // The wait for this contact's answer is over: its timer would do nothing.
    stage.armed.clear();
    stage.hear(contacts[0], Message::Attached);
    stage.sent();
    stage
}

#[test]
fn an_idle_client_is_small() {
    assert!(size_of::<Client>() <= 128, "{} bytes", size_of::<Client>());
    assert!(size_of::<Clippee>() <= 128, "{} bytes", size_of::<Clippee>());
}

#[test]
fn it_attaches_at_boot_and_asks_the_next_if_refused_or_unanswered() {
    let mut stage = Stage::new(quiet(), &[1, 2, 3]);
    assert_eq!(stage.sent(), [(1, Message::Attach)]);
    stage.hear(1, Message::Refused { instead: None });
    assert_eq!(stage.sent(), [(2, Message::Attach)]);
    stage.pass(Span::from_secs(1));
    assert_eq!(stage.sent(), [(3, Message::Attach)]);
    stage.hear(2, Message::Attached);
    assert_eq!(stage.sent(), [(2, Message::Goodbye)], "too late");
    stage.hear(3, Message::Attached);
    assert_eq!(stage.told, [Observation::Attached { peer: NodeId(3) }]);
    stage.pass(Span::from_secs(60));
    assert!(stage.sent().is_empty());
}

#[test]
fn a_full_peer_names_the_next_to_ask() {
    let mut stage = Stage::new(quiet(), &[1, 2]);
    stage.sent();
    stage.hear(1, Message::Refused { instead: Some(NodeId(7)) });
    assert_eq!(stage.sent(), [(7, Message::Attach)]);
    stage.hear(7, Message::Refused { instead: None });
    assert_eq!(stage.sent(), [(2, Message::Attach)]);
}

#[test]
fn with_all_contacts_used_up_it_starts_over_after_five_seconds() {
    let mut stage = Stage::new(quiet(), &[1, 2]);
    stage.hear(1, Message::Refused { instead: None });
    stage.hear(2, Message::Refused { instead: None });
    stage.sent();
    stage.pass(Span::from_nanos(4_999_999_999));
    assert!(stage.sent().is_empty());
    stage.pass(Span::from_nanos(1));
    assert_eq!(stage.sent(), [(1, Message::Attach)]);
}

#[test]
fn two_unanswered_heartbeats_make_it_move_on_to_the_freshest_peer() {
    let mut stage = attached(Config::default(), &[1, 2]);
    stage.next();
    assert_eq!(stage.sent(), [(1, Message::Heartbeat)]);
    stage.hear(1, Message::HeartbeatReply { fresh: Some(NodeId(7)), places: Box::default() });
    let answered = stage.now;
    stage.next();
    assert_eq!(stage.sent(), [(1, Message::Heartbeat)]);
    stage.next();
    assert_eq!(stage.sent(), [(1, Message::Heartbeat)], "the second and last");
    stage.next();
    assert_eq!(stage.sent(), [(7, Message::Attach)]);
    assert_eq!(stage.now.since(answered), Span::from_secs(5 + 5 + 1));
}

#[test]
fn an_answered_heartbeat_forgives_the_one_before() {
    let mut stage = attached(Config::default(), &[1, 2]);
    for _ in 0..4 {
        stage.next();
        stage.next();
        stage.hear(1, Message::HeartbeatReply { fresh: None, places: Box::default() });
    }
    assert_eq!(stage.sent(), vec![(1, Message::Heartbeat); 8]);
}

#[test]
fn first_heartbeats_have_random_phases() {
    let mut phases = std::collections::BTreeSet::new();
    for seed in 0..20 {
        let mut stage = Stage::new(Config::default(), &[1]);
        stage.stream = Key::from_word(seed).stream(9, 1);
        stage.hear(1, Message::Attached);
        phases.insert(stage.armed.last().expect("a heartbeat is due").0);
    }
    assert!(phases.len() > 15 && phases.iter().all(|&at| at <= Time::ZERO + Span::from_secs(5)));
}

#[test]
fn a_request_is_repeated_at_its_timeout_doubling_until_the_operation_times_out() {
    let mut stage = attached(quiet(), &[1]);
    stage.ask(0, READ);
    let mut times = Vec::new();
    for _ in 0..160 {
        if !stage.requests().is_empty() {
            times.push(stage.now.nanos() / 100_000_000);
        }
        stage.pass(Span::from_millis(100));
    }
    assert_eq!(times, [0, 10, 30, 70], "at 0, 1, 3 and 7 s");
    assert_eq!(stage.ended(), [(0, failed(FailureCause::Timeout, false))]);
}

#[test]
fn a_clock_that_is_set_back_repeats_nothing_that_was_never_sent() {
    let mut stage = attached(quiet(), &[1]);
    let group = ObjectId(0);
    stage.ask(1, Operation::Join { group });
    stage.ask(2, Operation::Leave { group });
    stage.sent();
    // The leave waits for the join; its end comes while the clock shows less than that.
    let &(end, timer) = stage.armed.iter().max_by_key(|&&(at, _)| at).expect("timers are armed");
    stage.now = end - Span::from_secs(1);
    let (_, due) = stage.timers.remove(timer).expect("it is armed");
    stage.step(Input::Timer(due));
    assert_eq!(stage.sent(), []);
    assert_eq!(stage.ended(), []);
    assert!(stage.armed.iter().any(|&(at, _)| at == end), "it waits for the rest of its time");
}

#[test]
fn answers_to_requests_sent_once_shorten_the_timeout() {
    let mut stage = attached(quiet(), &[1]);
    stage.ask(0, READ);
    stage.pass(Span::from_millis(100));
    stage.hear(1, response(0, read_ok()));
    stage.requests();
    stage.ask(1, READ);
    stage.pass(Span::from_millis(299));
    assert_eq!(stage.requests(), [(1, 1)]);
    stage.pass(Span::from_millis(1));
    assert_eq!(stage.requests(), [(1, 1)]);
    // The answer to a request sent twice says nothing: it may be to the first or to the second.
    stage.pass(Span::from_millis(1));
    stage.hear(1, response(1, read_ok()));
    stage.ask(2, READ);
    stage.requests();
    stage.pass(Span::from_millis(300));
    assert_eq!(stage.requests(), [(1, 2)]);
    assert_eq!(stage.ended(), [(0, read_ok()), (1, read_ok())]);
}

#[test]
fn operations_wait_for_an_access_peer_and_say_so_if_there_is_none() {
    let mut stage = Stage::new(quiet(), &[]);
    stage.ask(0, UPDATE);
    stage.pass(Span::from_secs(15));
    assert_eq!(stage.ended(), [(0, failed(FailureCause::NoAccessPeer, false))]);
    let mut stage = Stage::new(quiet(), &[1]);
    stage.ask(0, READ);
    stage.pass(Span::from_millis(500));
    stage.hear(1, Message::Attached);
    assert_eq!(stage.requests(), [(1, 0)]);
}

#[test]
fn an_access_peer_found_in_the_last_nanosecond_comes_too_late() {
    let mut stage = Stage::new(quiet(), &[1]);
    // Its one contact is asked at 0, 6, 12 and 18 s, and waited for for a second each time.
    stage.pass(Span::from_millis(3_500));
    stage.ask(0, UPDATE);
    stage.pass(Span::from_nanos(14_999_999_999));
    stage.now += Span::from_nanos(1);
    stage.hear(1, Message::Attached);
    assert!(stage.requests().is_empty());
    stage.pass(Span::ZERO);
    assert_eq!(stage.ended(), [(0, failed(FailureCause::NoAccessPeer, false))]);
}

#[test]
fn pending_operations_move_on_under_the_same_ids() {
    let mut stage = attached(quiet(), &[1, 2]);
    stage.ask(0, UPDATE);
    stage.ask(1, READ);
    stage.pass(Span::from_millis(500));
    stage.sent();
    stage.hear(1, Message::Refused { instead: None });
    assert_eq!(stage.sent(), [(2, Message::Attach)]);
    stage.ask(2, UPDATE);
    stage.hear(2, Message::Attached);
    assert_eq!(stage.requests(), [(2, 0), (2, 1), (2, 2)]);
    // The former access peer's failures don't count: the new one is still at it. Its successes do.
    stage.hear(1, response(0, failed(FailureCause::Contention, false)));
    stage.hear(1, response(1, read_ok()));
    assert_eq!(stage.ended(), [(1, read_ok())]);
    // What the former one may have done, the new one can't know.
    stage.hear(2, response(0, failed(FailureCause::Contention, false)));
    stage.hear(2, response(2, failed(FailureCause::Contention, false)));
    let contention = |maybe| failed(FailureCause::Contention, maybe);
    assert_eq!(stage.ended()[1..], [(0, contention(true)), (2, contention(false))]);
    stage.hear(2, response(0, read_ok()));
    assert_eq!(stage.ended().len(), 3, "each ends once");
}

#[test]
fn a_timed_out_update_may_have_been_applied() {
    let mut stage = attached(quiet(), &[1]);
    stage.ask(0, UPDATE);
    stage.pass(Span::from_secs(15));
    assert_eq!(stage.ended(), [(0, failed(FailureCause::Timeout, true))]);
}

#[test]
fn it_leaves_with_a_goodbye_and_without_a_word_about_what_is_pending() {
    let mut stage = attached(Config::default(), &[1, 2]);
    stage.ask(0, UPDATE);
    stage.sent();
    stage.step(Input::Leave);
    assert_eq!(stage.sent(), [(1, Message::Goodbye)]);
    stage.hear(1, response(0, read_ok()));
    stage.pass(Span::from_secs(60));
    assert!(stage.sent().is_empty() && stage.ended().is_empty());
}

#[test]
fn an_update_carries_its_change_and_repeats_are_equal() {
    let mut stage = attached(quiet(), &[1]);
    stage.ask(0, UPDATE);
    stage.pass(Span::from_secs(1));
    let digest = |message: &Message| {
        let mut hasher = Hasher::new();
        message.digest(&mut hasher);
        hasher.finish()
    };
    let sent = stage.sent();
    let [(_, first), (_, second)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(digest(first), digest(second));
    let Message::Request(request) = first else { panic!("{first:?}") };
    assert_eq!(request.payload, 100);
}
