//! A stage for a few nodes of Clippee: a driver as small as one can be, over the public API alone,
//! that does what a script says and writes down what the nodes say.

mod describe;
mod script;

use clippee_sim::node::*;
use clippee_sim::protocol::clippee::replica::Durable;
use clippee_sim::protocol::clippee::{Clippee, Config, Message, Timer, World};
use clippee_sim::protocol::overlay;
use describe::Names;
pub use script::Script;
use script::{Action, Trouble, What};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

enum Event {
    Script(usize),
    Arrive { from: NodeId, to: NodeId, message: Message },
    Fire { node: NodeId, incarnation: Incarnation, id: TimerId },
}

#[derive(Default)]
struct Actor {
    state: Option<Clippee>,
    incarnation: Incarnation,
    stream: Option<Stream>,
    operations: u32,
}

/// The nodes, what is on its way, and the transcript.
struct Stage {
    script: Script,
    config: Arc<Config>,
    world: Arc<World>,
    actors: BTreeMap<NodeId, Actor>,
    timers: Timers<Timer>,
    queue: BTreeMap<(Time, u64), Event>,
    events: u64,
    now: Time,
    names: Names,
    transcript: String,
}

/// Plays the script; the transcript has a line for each thing that the nodes say.
pub fn play(script: Script) -> String {
    let mut stage = Stage::new(script);
    stage.boot_all();
    while let Some(((at, _), event)) = stage.queue.pop_first() {
        if at > stage.script.end {
            break;
        }
        stage.now = at;
        stage.happen(event);
    }
    stage.transcript
}

impl Stage {
    fn new(script: Script) -> Self {
        // Peers stand evenly on the ring, in the order of their numbers; clients have no place
        // there.
        let peers = script.peers;
        let place = |peer: u32| u64::from(peer) * (u64::MAX / u64::from(peers));
        let nodes = 1 + peers + script.clients.len() as u32;
        let overlay = overlay::World {
            ids: (0..=peers).map(place).collect(),
            online: (1..=peers).map(|peer| (place(peer), NodeId(peer))).collect(),
            nearness: Box::new(|_, _| Span::from_millis(1)),
        };
        // A little above its peer: the next nearest is the peer above, then the one below.
        let keys = script.objects.iter().map(|object| place(object.root) + 1).collect();
        let world =
            World { overlay: Arc::new(overlay), keys, groups: script.groups, object_bytes: 100 };
        Self {
            config: Arc::new(script.config.clone()),
            world: Arc::new(world),
            actors: (1..nodes).map(|node| (NodeId(node), Actor::default())).collect(),
            timers: Timers::default(),
            queue: BTreeMap::new(),
            events: 0,
            now: Time::ZERO,
            names: Names::new(&script),
            transcript: String::new(),
            script,
        }
    }

    fn boot_all(&mut self) {
        for line in 0..self.script.actions.len() {
            let at = self.script.actions[line].at;
            self.schedule(at, Event::Script(line));
        }
        let nodes: Vec<NodeId> = self.actors.keys().copied().collect();
        for node in nodes {
            self.boot(node);
        }
    }

    fn schedule(&mut self, at: Time, event: Event) {
        self.queue.insert((at, self.events), event);
        self.events += 1;
    }

    fn write(&mut self, line: &str) {
        if self.now >= self.script.show {
            let time = describe::time(self.now);
            writeln!(self.transcript, "{time:>9}  {line}").expect("a string takes it");
        }
    }

    fn boot(&mut self, node: NodeId) {
        let is_peer = node.0 <= self.script.peers;
        let contacts = if is_peer {
            let others = (1..=self.script.peers).map(NodeId);
            others.filter(|&peer| peer != node && self.actors[&peer].state.is_some()).collect()
        } else {
            self.script.clients[(node.0 - self.script.peers - 1) as usize].contacts.clone()
        };
        let actor = self.actors.get_mut(&node).expect("the script named it");
        actor.incarnation += 1;
        actor.stream = Some(Key::from_word(1).stream(node.0, actor.incarnation));
        let (config, world) = (self.config.clone(), self.world.clone());
        let state = self.with(node, |_, cx| {
            let setup = Setup {
                role: if is_peer { Role::Peer } else { Role::Client },
                config: &config,
                durable: &Durable::default(),
                contacts: &contacts,
                world: &world,
            };
            Clippee::boot(setup, cx)
        });
        self.actors.get_mut(&node).expect("the script named it").state = Some(state);
    }

    /// Lends a context to `act` and does what it asks for.
    fn with<T>(
        &mut self,
        node: NodeId,
        act: impl FnOnce(Option<&mut Clippee>, &mut Context<'_, Clippee>) -> T,
    ) -> T {
        let actor = self.actors.get_mut(&node).expect("the script named it");
        let (incarnation, mut effects) = (actor.incarnation, Vec::new());
        let stream = actor.stream.as_mut().expect("it has booted");
        let mut cx =
            Context::new(node, incarnation, self.now, stream, &mut self.timers, &mut effects);
        let result = act(actor.state.as_mut(), &mut cx);
        for effect in effects {
            self.apply(node, incarnation, effect);
        }
        result
    }

    fn apply(&mut self, node: NodeId, incarnation: Incarnation, effect: Effect<Clippee>) {
        match effect {
            Effect::Send { to, message } => self.send(node, to, message),
            Effect::Arm { after, .. } if after.is_never() => {}
            Effect::Arm { id, after } => {
                let at = self.now + after.max(Span::from_nanos(1));
                self.schedule(at, Event::Fire { node, incarnation, id });
            }
            Effect::Disarm(id) => {
                self.timers.remove(id);
            }
            Effect::Save(_) => {}
            Effect::Observe(observation) => {
                if let Some(what) = self.names.observation(&observation) {
                    let line = format!("{:<10}{what}", self.names.node(node));
                    self.write(&line);
                }
            }
        }
    }

    fn send(&mut self, from: NodeId, to: NodeId, message: Message) {
        let trouble = self.script.trouble(from, to, Message::KINDS[message.kind()], self.now);
        if let Some(what) = self.names.message(&message) {
            let remark = match trouble {
                Some(Trouble::Lost) => "   (lost)".to_string(),
                Some(Trouble::Slow(span)) => format!("   (takes {span})"),
                None => String::new(),
            };
            let way = format!("{} -> {}", self.names.node(from), self.names.node(to));
            self.write(&format!("{way:<10}{what}{remark}"));
        }
        let delay = match trouble {
            Some(Trouble::Lost) => return,
            Some(Trouble::Slow(span)) => span,
            None => self.script.delay,
        };
        let at = self.now + delay;
        self.schedule(at, Event::Arrive { from, to, message });
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Script(line) => self.perform(line),
            Event::Arrive { from, to, message } => {
                if self.actors[&to].state.is_some() {
                    self.step(to, Input::Message { from, message });
                }
            }
            Event::Fire { node, incarnation, id } => {
                let Some((_, timer)) = self.timers.remove(id) else { return };
                let actor = &self.actors[&node];
                if actor.state.is_some() && actor.incarnation == incarnation {
                    self.step(node, Input::Timer(timer));
                }
            }
        }
    }

    fn step(&mut self, node: NodeId, input: Input<Clippee>) {
        self.with(node, |state, cx| state.expect("it is up").step(input, cx));
    }

    fn perform(&mut self, line: usize) {
        let Action { node, what, .. } = self.script.actions[line];
        let name = self.names.node(node);
        match what {
            What::Ask(operation) => {
                let actor = self.actors.get_mut(&node).expect("the script named it");
                let id = OperationId { client: node, count: actor.operations };
                actor.operations += 1;
                let asked = self.names.operation(&operation);
                let id_name = self.names.id(id);
                self.write(&format!("{name:<10}is asked to {asked}: {id_name}"));
                self.step(node, Input::Operation { id, operation });
            }
            What::Leave => {
                self.write(&format!("{name:<10}leaves"));
                self.step(node, Input::Leave);
            }
            What::Crash => {
                self.write(&format!("{name:<10}crashes"));
                self.actors.get_mut(&node).expect("the script named it").state = None;
            }
            What::Boot => {
                self.write(&format!("{name:<10}boots again"));
                self.boot(node);
            }
        }
    }
}
