//! Scripts: who is on the stage, what happens to them, and what becomes of their messages. One line
//! a thing:
//!
//! ```text
//! peers 5                        p1 to p5, evenly on the ring
//! client c1 p4 p5                and the peers that it knows
//! object x p2                    held by p2, p3, p1 (with three replicas)
//! group g p2                     likewise
//! crowd d 9 p4                   clients d1 to d9, who know p4
//! delay 50ms
//! replicas 3                     and other parameters
//! show 9s                        what is earlier isn't written down
//! end 20s
//! at 10s c1 update x             or: read x; leave; crash; boot; join g; quit g; say g; whisper g (in
//!                                fifo order); members g; names g
//! lose commit p4 p2 from 10s to 11s
//! slow lock_reply p1 p4 3s from 10s to 11s
//! ```

use clippee_sim::node::*;
use clippee_sim::protocol::clippee::{Config, LockPolicy, Quorum};

/// A client, and whom it knows.
pub struct ClientLine {
    pub name: String,
    pub contacts: Vec<NodeId>,
}

/// An object or a group, and the peer that its key is next to.
pub struct ObjectLine {
    pub name: String,
    pub root: u32,
}

/// What happens, where and when.
#[derive(Clone, Copy)]
pub struct Action {
    pub at: Time,
    pub node: NodeId,
    pub what: What,
}

/// What happens.
#[derive(Clone, Copy)]
pub enum What {
    Ask(Operation),
    Leave,
    Crash,
    Boot,
}

/// What becomes of messages of some kind on some way for some time.
#[derive(Clone, Copy)]
pub enum Trouble {
    Lost,
    Slow(Span),
}

struct Obstacle {
    trouble: Trouble,
    kind: String,
    from: NodeId,
    to: NodeId,
    between: (Time, Time),
}

/// A whole script.
pub struct Script {
    pub peers: u32,
    pub clients: Vec<ClientLine>,
    /// Groups come last.
    pub objects: Vec<ObjectLine>,
    pub groups: u32,
    pub delay: Span,
    pub show: Time,
    pub end: Time,
    pub actions: Vec<Action>,
    pub config: Config,
    obstacles: Vec<Obstacle>,
}

impl Script {
    /// Reads a script; anything odd panics with its line.
    pub fn parse(text: &str) -> Self {
        let (heartbeat_interval, repair_interval) = (Span::NEVER, Span::NEVER);
        let mut config = Config { heartbeat_interval, repair_interval, ..Config::default() };
        config.overlay.maintenance_interval = Span::NEVER;
        let mut script = Self {
            peers: 5,
            clients: Vec::new(),
            objects: Vec::new(),
            groups: 0,
            delay: Span::from_millis(50),
            show: Time::ZERO,
            end: Time::ZERO + Span::from_secs(60),
            actions: Vec::new(),
            config,
            obstacles: Vec::new(),
        };
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if !words.is_empty() && words[0] != "#" {
                script.line(&words).unwrap_or_else(|| panic!("not understood: {line}"));
            }
        }
        script
    }

    fn line(&mut self, words: &[&str]) -> Option<()> {
        match *words {
            ["peers", count] => self.peers = count.parse().ok()?,
            ["client", name, ref contacts @ ..] => {
                let contacts =
                    contacts.iter().map(|name| self.node(name)).collect::<Option<_>>()?;
                self.clients.push(ClientLine { name: name.into(), contacts });
            }
            ["object", name, root] => {
                let root = self.node(root)?.0;
                self.objects.push(ObjectLine { name: name.into(), root });
            }
            ["crowd", name, count, ref contacts @ ..] => {
                let contacts: Vec<NodeId> =
                    contacts.iter().map(|name| self.node(name)).collect::<Option<_>>()?;
                for number in 1..=count.parse::<u32>().ok()? {
                    let (name, contacts) = (format!("{name}{number}"), contacts.clone());
                    self.clients.push(ClientLine { name, contacts });
                }
            }
            ["group", name, root] => {
                let root = self.node(root)?.0;
                self.objects.push(ObjectLine { name: name.into(), root });
                self.groups += 1;
            }
            ["delay", text] => self.delay = span(text)?,
            ["show", text] => self.show = time(text)?,
            ["end", text] => self.end = time(text)?,
            ["at", at, node, ref what @ ..] => {
                let (at, node, what) = (time(at)?, self.node(node)?, self.what(what)?);
                self.actions.push(Action { at, node, what });
            }
            ["lose", kind, from, to, "from", start, "to", end] => {
                self.obstruct(Trouble::Lost, kind, (from, to), (start, end))?;
            }
            ["slow", kind, from, to, by, "from", start, "to", end] => {
                self.obstruct(Trouble::Slow(span(by)?), kind, (from, to), (start, end))?;
            }
            [parameter, value] => self.parameter(parameter, value)?,
            _ => return None,
        }
        Some(())
    }

    fn parameter(&mut self, name: &str, value: &str) -> Option<()> {
        let config = &mut self.config;
        match name {
            "replicas" => config.replicas = value.parse().ok()?,
            "lock_quorum" => config.lock_quorum = quorum(value)?,
            "write_acks" => config.write_acks = quorum(value)?,
            "read_quorum" => config.read_quorum = quorum(value)?,
            "lock_policy" => config.lock_policy = policy(value)?,
            "attempts" => config.attempts = value.parse().ok()?,
            "lock_timeout" => config.lock_timeout = Some(span(value)?),
            "lock_lease" => config.lock_lease = span(value)?,
            "heartbeat_interval" => config.heartbeat_interval = span(value)?,
            "repair_interval" => config.repair_interval = span(value)?,
            "maintenance_interval" => config.overlay.maintenance_interval = span(value)?,
            "fanout" => config.fanout = value.parse().ok()?,
            "group_log" => config.group_log = value.parse().ok()?,
            _ => return None,
        }
        Some(())
    }

    fn obstruct(
        &mut self,
        trouble: Trouble,
        kind: &str,
        (from, to): (&str, &str),
        (start, end): (&str, &str),
    ) -> Option<()> {
        let (from, to) = (self.node(from)?, self.node(to)?);
        let between = (time(start)?, time(end)?);
        self.obstacles.push(Obstacle { trouble, kind: kind.into(), from, to, between });
        Some(())
    }

    fn what(&self, words: &[&str]) -> Option<What> {
        Some(match *words {
            ["update", object] => What::Ask(Operation::Update { object: self.object(object)? }),
            ["read", object] => What::Ask(Operation::Read { object: self.object(object)? }),
            ["join", group] => What::Ask(Operation::Join { group: self.object(group)? }),
            ["quit", group] => What::Ask(Operation::Leave { group: self.object(group)? }),
            ["say", group] => self.multicast(group, Order::Total)?,
            ["whisper", group] => self.multicast(group, Order::Fifo)?,
            ["members", group] => self.members(group, false)?,
            ["names", group] => self.members(group, true)?,
            ["leave"] => What::Leave,
            ["crash"] => What::Crash,
            ["boot"] => What::Boot,
            _ => return None,
        })
    }

    fn multicast(&self, group: &str, order: Order) -> Option<What> {
        let group = self.object(group)?;
        Some(What::Ask(Operation::Multicast { group, order, bytes: 100 }))
    }

    fn members(&self, group: &str, names: bool) -> Option<What> {
        Some(What::Ask(Operation::Members { group: self.object(group)?, names }))
    }

    fn object(&self, name: &str) -> Option<ObjectId> {
        let place = self.objects.iter().position(|object| object.name == name)?;
        Some(ObjectId(place as u32))
    }

    fn node(&self, name: &str) -> Option<NodeId> {
        if let Some(number) = name.strip_prefix('p') {
            return number.parse().ok().map(NodeId);
        }
        let place = self.clients.iter().position(|client| client.name == name)?;
        Some(NodeId(self.peers + 1 + place as u32))
    }

    /// What becomes of a message sent now.
    pub fn trouble(&self, from: NodeId, to: NodeId, kind: &str, now: Time) -> Option<Trouble> {
        let hits = |obstacle: &&Obstacle| {
            (obstacle.from, obstacle.to) == (from, to)
                && (obstacle.kind == kind || obstacle.kind == "any")
                && (obstacle.between.0..obstacle.between.1).contains(&now)
        };
        self.obstacles.iter().find(hits).map(|obstacle| obstacle.trouble)
    }
}

fn span(text: &str) -> Option<Span> {
    if let Some(number) = text.strip_suffix("ms") {
        return number.parse().ok().map(Span::from_millis_f64);
    }
    text.strip_suffix('s')?.parse().ok().map(Span::from_secs_f64)
}

fn time(text: &str) -> Option<Time> {
    span(text).map(|span| Time::ZERO + span)
}

fn quorum(text: &str) -> Option<Quorum> {
    match text {
        "all" => Some(Quorum::All),
        "majority" => Some(Quorum::Majority),
        number => number.parse().ok().map(Quorum::Number),
    }
}

fn policy(text: &str) -> Option<LockPolicy> {
    match text {
        "refuse" => Some(LockPolicy::Refuse),
        "queue" => Some(LockPolicy::Queue),
        number => number.parse().ok().map(LockPolicy::Subset),
    }
}
