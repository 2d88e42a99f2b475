//! `[protocol.*]`: which protocols, and their parameters.

use super::baselines::{client_server, consensus, token_ring};
use super::population::People;
use crate::node::{OperationKind, Span};
use crate::protocol::clippee::{self, LockPolicy, Quorum};
use crate::protocol::overlay::{self, Start};
use crate::scenario::choice::{Alternative, Choice};
use crate::scenario::kind::{Among, Count32, Flag, Or, QuorumOf, Time, Word};
use crate::scenario::reader::{Field, Mark, Session, Table};
use crate::scenario::suggest::either;
use crate::scenario::types::ProtocolConfig;

/// More replicas than this need a leaf set beyond its bound.
pub(super) const MOST_REPLICAS: u32 = MOST_LEAVES / 2;
const MOST_LEAVES: u32 = 256;
const NAMES: [&str; 5] = ["clippee", "client_server", "consensus", "token_ring", "overlay"];

const START: Word<Start> = Word(&[("converged", Start::Converged), ("join", Start::Join)]);

const LOCK_POLICY: Choice<'static, LockPolicy> = Choice {
    noun: "a lock policy",
    words: &[("refuse", LockPolicy::Refuse), ("queue", LockPolicy::Queue)],
    alternatives: &[Alternative { keys: &["subset"], form: "{ subset = 3 }", read: subset }],
    default: "refuse",
    stand_in: LockPolicy::Refuse,
};

/// A protocol as read.
pub(super) struct Chosen {
    /// Its parameters.
    pub config: ProtocolConfig,
    /// Where its table is.
    pub mark: Mark,
    /// How many peers it needs, and what it calls them.
    pub crew: Option<(Field<u32>, &'static str)>,
    /// Whether clients have something to do in it.
    pub serves_clients: bool,
    /// The operations that it serves; those on groups, if it serves any.
    pub serves: &'static [OperationKind],
    /// The shares that make a usual mix.
    pub usual_mix: &'static [(OperationKind, f64)],
}

impl Chosen {
    /// The name of its table.
    pub const fn name(&self) -> &'static str {
        self.config.name()
    }
}

/// All protocol tables, in the order of the file.
pub(super) fn read(t: &mut Table<'_>, s: &mut Session<'_>) -> Vec<Chosen> {
    let top = t.place();
    let is_given = t.keys().any(|key| key == "protocol");
    t.section(s, "protocol", |t, s| {
        let mut order: Vec<&str> =
            t.keys().filter_map(|key| NAMES.into_iter().find(|name| *name == key)).collect();
        if s.is_survey() {
            order = NAMES.to_vec();
        }
        // A name that isn't known is told as such.
        if order.is_empty() && t.keys().next().is_none() {
            let help = Some("add a table `[protocol.clippee]`; it may be empty".to_owned());
            let (at, known) = (if is_given { t.place() } else { top }, either(NAMES, '`'));
            let label = format!("expected a table of {known}");
            s.tell_at(at, "no protocol is chosen", &label, help);
        }
        NAMES.iter().for_each(|name| t.know(name));
        order.into_iter().map(|name| one(t, s, name)).collect()
    })
}

fn one(t: &mut Table<'_>, s: &mut Session<'_>, name: &str) -> Chosen {
    type Read = fn(&mut Table<'_>, &mut Session<'_>) -> Chosen;
    let (name, read): (&'static str, Read) = match name {
        "client_server" => ("client_server", client_server),
        "consensus" => ("consensus", consensus),
        "token_ring" => ("token_ring", token_ring),
        "overlay" => ("overlay", thin),
        _ => ("clippee", clippee),
    };
    t.section(s, name, |t, s| {
        let mut chosen = read(t, s);
        chosen.mark.at = Some(t.place()).filter(|place| place.is_written());
        chosen
    })
}

fn clippee(t: &mut Table<'_>, s: &mut Session<'_>) -> Chosen {
    let mut config = clippee::Config::default();
    let replicas = locking(t, s, &mut config);
    serving(t, s, &mut config);
    let start = config.overlay.start;
    let (overlay, leaf_set) = t.section(s, "overlay", |t, s| routing(t, s, start));
    config.overlay = overlay;
    check_leaves(s, &replicas, &leaf_set);
    Chosen {
        config: ProtocolConfig::Clippee(config),
        mark: Mark { at: None, sound: true },
        crew: Some((replicas, "replicas")),
        serves_clients: true,
        serves: &[
            OperationKind::Read,
            OperationKind::Update,
            OperationKind::Join,
            OperationKind::Leave,
            OperationKind::Multicast,
            OperationKind::Members,
        ],
        usual_mix: &[(OperationKind::Read, 0.8), (OperationKind::Update, 0.2)],
    }
}

/// Replicas, and the lock rounds among them.
fn locking(t: &mut Table<'_>, s: &mut Session<'_>, c: &mut clippee::Config) -> Field<u32> {
    let quorum = QuorumOf { max: MOST_REPLICAS };
    let replicas = t.take(s, "replicas", Count32::of(1, MOST_REPLICAS), c.replicas);
    let lock_quorum = t.take(s, "lock_quorum", quorum, c.lock_quorum);
    let write_acks = t.take(s, "write_acks", quorum, c.write_acks);
    let read_quorum = t.take(s, "read_quorum", quorum, c.read_quorum);
    check_quorum(s, "lock_quorum", &lock_quorum, &replicas);
    check_quorum(s, "write_acks", &write_acks, &replicas);
    check_quorum(s, "read_quorum", &read_quorum, &replicas);
    let policy = t.choice(s, "lock_policy", &LOCK_POLICY);
    check_subset(s, &policy, &replicas);
    let lease = t.take(s, "lock_lease", Time::wait(), c.lock_lease);
    let timeout = t.take(s, "lock_timeout", Or("auto", Time::wait()), c.lock_timeout);
    check_lock(s, &lease, &timeout);
    c.attempts = t.take(s, "attempts", Count32::of(1, 1_000), c.attempts).value;
    let backoff = t.take(s, "backoff", Time::from(Span::ZERO), c.backoff);
    let backoff_max = t.take(s, "backoff_max", Time::from(Span::ZERO), c.backoff_max);
    check_backoff(s, &backoff, &backoff_max);
    (c.replicas, c.lock_quorum) = (replicas.value, lock_quorum.value);
    c.lock_policy = policy.value;
    (c.write_acks, c.read_quorum) = (write_acks.value, read_quorum.value);
    (c.lock_lease, c.lock_timeout) = (lease.value, timeout.value);
    (c.backoff, c.backoff_max) = (backoff.value, backoff_max.value);
    replicas
}

/// What peers do for clients and for each other apart from locks.
fn serving(t: &mut Table<'_>, s: &mut Session<'_>, c: &mut clippee::Config) {
    let interval = Time::interval();
    c.cache_ttl = t.take(s, "cache_ttl", interval, c.cache_ttl).value;
    c.repair_interval = t.take(s, "repair_interval", interval, c.repair_interval).value;
    c.heartbeat_interval = t.take(s, "heartbeat_interval", interval, c.heartbeat_interval).value;
    c.operation_timeout = operation_timeout(t, s, c.operation_timeout);
    c.dedupe = t.take(s, "dedupe", Count32::of(1, 1_024), c.dedupe).value;
    c.durable = t.take(s, "durable", Flag, c.durable).value;
    c.overlay.start = t.take(s, "start", START, c.overlay.start).value;
    c.max_clients = t.take(s, "max_clients", Count32::of(1, 10_000_000), c.max_clients).value;
    c.group_log = t.take(s, "group_log", Count32::of(1, 65_536), c.group_log).value;
    c.fanout = t.take(s, "fanout", Count32::of(2, 1_024), c.fanout).value;
}

fn thin(t: &mut Table<'_>, s: &mut Session<'_>) -> Chosen {
    let start = t.take(s, "start", START, overlay::Config::default().start).value;
    let operation_timeout = operation_timeout(t, s, Span::from_secs(15));
    let (overlay, _) = routing(t, s, start);
    Chosen {
        config: ProtocolConfig::Overlay { overlay, operation_timeout },
        mark: Mark { at: None, sound: true },
        crew: None,
        serves_clients: false,
        serves: &[OperationKind::Lookup],
        usual_mix: &[(OperationKind::Lookup, 1.0)],
    }
}

pub(super) fn operation_timeout(t: &mut Table<'_>, s: &mut Session<'_>, default: Span) -> Span {
    t.take(s, "operation_timeout", Time::wait(), default).value
}

pub(super) fn routing(
    t: &mut Table<'_>,
    s: &mut Session<'_>,
    start: Start,
) -> (overlay::Config, Field<u32>) {
    let d = overlay::Config::default();
    let digit_bits = t.take(s, "digit_bits", Among(&[1, 2, 4, 8]), d.digit_bits);
    let mut leaf_set = t.take(s, "leaf_set", Count32::of(2, MOST_LEAVES), d.leaf_set);
    if leaf_set.mark.sound && !leaf_set.value.is_multiple_of(2) {
        let n = leaf_set.value;
        let message = format!("`{}` is {n}, which is odd", t.path("leaf_set"));
        let help = format!("half of it stands on each side: write {} or {}", n - 1, n + 1);
        s.conflict(message, Some(help), &[(leaf_set.mark, "expected an even number")]);
        leaf_set.mark.sound = false;
    }
    let interval = t.take(s, "maintenance_interval", Time::interval(), d.maintenance_interval);
    let config = overlay::Config {
        digit_bits: digit_bits.value,
        leaf_set: leaf_set.value,
        maintenance_interval: interval.value,
        start,
    };
    (config, leaf_set)
}

fn subset(t: &mut Table<'_>, s: &mut Session<'_>) -> LockPolicy {
    LockPolicy::Subset(t.require(s, "subset", Count32::of(1, MOST_REPLICAS), 1).value)
}

fn check_subset(s: &mut Session<'_>, policy: &Field<LockPolicy>, replicas: &Field<u32>) {
    if let LockPolicy::Subset(size) = policy.value
        && size > replicas.value
    {
        s.conflict(
            format!(
                "`lock_policy.subset` is {size}, but there are only {} replicas",
                replicas.value
            ),
            Some(format!("write a number from 1 to {}", replicas.value)),
            &[
                (policy.mark, "expected at most `replicas`"),
                (replicas.mark, "the number of replicas"),
            ],
        );
    }
}

fn check_quorum(s: &mut Session<'_>, name: &str, quorum: &Field<Quorum>, replicas: &Field<u32>) {
    if let Quorum::Number(n) = quorum.value
        && n > replicas.value
    {
        s.conflict(
            format!("`{name}` is {n}, but there are only {} replicas", replicas.value),
            Some(format!("write a number from 1 to {}, \"majority\" or \"all\"", replicas.value)),
            &[
                (quorum.mark, "expected at most `replicas`"),
                (replicas.mark, "the number of replicas"),
            ],
        );
    }
}

pub(super) fn check_leaves(s: &mut Session<'_>, replicas: &Field<u32>, leaf_set: &Field<u32>) {
    let (r, l) = (replicas.value, leaf_set.value);
    if r > l / 2 {
        let least = 2 * r;
        let most = format!("expected at most {}, half the leaf set", l / 2);
        let marks = [(replicas.mark, &*most), (leaf_set.mark, "the leaf set")];
        s.conflict(
            format!("a leaf set of {l} doesn't show all {r} replicas"),
            Some(format!("set `overlay.leaf_set` to {least}, or `replicas` to {}", l / 2)),
            &marks,
        );
    }
}

fn check_lock(s: &mut Session<'_>, lease: &Field<Span>, timeout: &Field<Option<Span>>) {
    if let Some(wait) = timeout.value
        && wait >= lease.value
    {
        s.conflict(
            format!("`lock_timeout` ({wait}) isn't shorter than `lock_lease` ({})", lease.value),
            Some("a coordinator that waits so long holds nothing any more; write \"auto\"".into()),
            &[(timeout.mark, "expected less than the lease"), (lease.mark, "the lease")],
        );
    }
}

fn check_backoff(s: &mut Session<'_>, backoff: &Field<Span>, most: &Field<Span>) {
    if backoff.value > most.value {
        s.conflict(
            format!("`backoff` ({}) is above `backoff_max` ({})", backoff.value, most.value),
            None,
            &[(backoff.mark, "expected at most `backoff_max`"), (most.mark, "the upper end")],
        );
    }
}

/// What the protocol that will run asks of the populations.
pub(super) fn check_population(
    s: &mut Session<'_>,
    chosen: &Chosen,
    peers: &People,
    clients: &People,
) {
    if !chosen.serves_clients && clients.population.count > 0 {
        s.conflict(
            format!("{} has no place for clients: its peers issue the operations", chosen.name()),
            Some("set `clients.count` to 0, or leave it out".into()),
            &[(clients.count, "expected 0"), (chosen.mark, "the protocol")],
        );
    }
    if let Some((crew, what)) = &chosen.crew
        && crew.value > peers.population.count
    {
        s.conflict(
            format!(
                "{} {what} need as many peers, but there are {}",
                crew.value, peers.population.count
            ),
            Some(format!("raise `peers.count`, or lower `{what}`")),
            &[(crew.mark, what), (peers.count, "peers")],
        );
    }
}
