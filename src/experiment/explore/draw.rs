//! A scenario drawn from nothing but a seed (swarm testing: Groce, Zhang, Eide, Chen, Regehr,
//! "Swarm testing", ISSTA 2012): small, so that a run takes a tenth of a second, and each with
//! features of its own, since what is always on hides what happens only without it.

use crate::node::Stream;
use serde_json::{Value as Json, json};

/// Milliseconds as a scenario has them.
pub(super) fn ms(milliseconds: u64) -> Json {
    format!("{milliseconds}ms").into()
}

/// A whole number, both ends included.
pub(super) fn from_to(draw: &mut Stream, from: u64, to: u64) -> u64 {
    from + draw.below(to - from + 1)
}

/// One of some.
pub(super) fn one_of<'a>(draw: &mut Stream, items: &[&'a str]) -> &'a str {
    draw.pick(items).copied().unwrap_or_default()
}

/// Who there is, as far as faults must know it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cast {
    pub peers: u64,
    pub clients: u64,
    /// Groups included.
    pub objects: u64,
    /// Whether some nodes are nearer to each other than others.
    pub places: bool,
    /// In milliseconds.
    pub duration: u64,
    /// The longest that a message may be held back, in milliseconds.
    pub delay: u64,
    /// Nothing shall go wrong.
    pub calm: bool,
}

/// What a scenario is drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    /// Nothing goes wrong: what must hold then (C1, C4, C5) can be judged.
    Calm,
    /// All goes wrong, and heals: parameters with which that can be expected.
    Sound,
    /// All goes wrong under any parameters: nobody expects that it heals, and it isn't waited for.
    Wild,
}

/// A whole scenario of Clippee without faults, and whether it shall have any.
pub(super) fn scenario(seed: u64, draw: &mut Stream) -> (Json, Cast) {
    let mood = match draw.below(20) {
        0..3 => Mood::Calm,
        3..15 => Mood::Sound,
        _ => Mood::Wild,
    };
    let (calm, wild) = (mood == Mood::Calm, mood == Mood::Wild);
    let duration = from_to(draw, 20_000, 60_000);
    let replicas = *draw.pick(&[1, 2, 3, 3, 3, 4, 5]).unwrap_or(&3);
    let peers = from_to(draw, replicas.max(2), replicas + 6);
    let clients = from_to(draw, 1, 10);
    let (objects, groups) = (from_to(draw, 1, 4), draw.below(6).saturating_sub(3));
    let operation_timeout = from_to(draw, if wild { 600 } else { 6_000 }, 15_000);
    // What a client that leaves had asked for ends with it, which must not be late.
    let grace = if wild { 500 } else { 5_000 };
    let network = network(draw, mood);
    let places = ["euclid", "preset"].iter().any(|law| network["latency"].get(law).is_some());
    let scenario = json!({
        "schema": 1,
        "name": "explored",
        "seed": seed,
        "duration": ms(duration),
        "drain": if wild { "1s" } else { "auto" },
        "protocol": { "clippee": protocol(draw, replicas, operation_timeout, mood) },
        "peers": population(draw, peers, if calm { 0.0 } else { 0.35 }, 6_000),
        "clients": population(draw, clients, if calm { 0.0 } else { 0.2 }, grace),
        "network": network,
        "workload": workload(draw, objects, groups),
        "operation": bursts(draw, (duration, clients, objects)),
    });
    // What is held back for longer than an operation may take is taken for a new request.
    let delay = operation_timeout * 4 / 5;
    let objects = objects + groups;
    (scenario, Cast { peers, clients, objects, places, duration, delay, calm })
}

fn quorum(draw: &mut Stream, replicas: u64) -> Json {
    match draw.below(10) {
        0..6 => "majority".into(),
        6 => "all".into(),
        _ => from_to(draw, 1, replicas).into(),
    }
}

fn protocol(draw: &mut Stream, replicas: u64, operation_timeout: u64, mood: Mood) -> Json {
    let wild = mood == Mood::Wild;
    let lease = from_to(draw, if wild { 100 } else { 2_000 }, 8_000);
    let timeout = from_to(draw, if wild { 20 } else { lease / 2 }, lease - 1);
    // One attempt in vain leaves time for others.
    let timeout = if wild { timeout } else { timeout.min(operation_timeout / 4) };
    let subset = from_to(draw, 1, replicas);
    // With less than a round trip an attempt meets the locks of the one before it.
    let backoff = from_to(draw, if wild { 5 } else { 100 }, 500);
    let leaves = (2 * replicas).max(*draw.pick(&[4, 8, 16]).unwrap_or(&16));
    json!({
        "replicas": replicas,
        "lock_quorum": quorum(draw, replicas),
        "write_acks": quorum(draw, replicas),
        "read_quorum": quorum(draw, replicas),
        "lock_policy": match draw.below(6) {
            0..3 => json!("refuse"),
            3..5 => json!("queue"),
            _ => json!({ "subset": subset }),
        },
        "lock_lease": ms(lease),
        "lock_timeout": if draw.chance(0.7) { "auto".into() } else { ms(timeout) },
        "attempts": from_to(draw, if wild { 1 } else { 5 }, 10),
        "backoff": ms(backoff),
        "backoff_max": ms(backoff * from_to(draw, 1, 16)),
        "cache_ttl": ms(from_to(draw, 500, 60_000)),
        "repair_interval": ms(from_to(draw, 1_000, 6_000)),
        "heartbeat_interval": ms(from_to(draw, 500, 4_000)),
        "operation_timeout": ms(operation_timeout),
        "dedupe": if draw.chance(0.8) { 32 } else { from_to(draw, 1, 8) },
        "durable": draw.chance(0.4),
        "start": if draw.chance(0.85) { "converged" } else { "join" },
        "max_clients": if draw.chance(0.9) { 10_000 } else { from_to(draw, 2, 6) },
        "group_log": if draw.chance(0.7) { 64 } else { from_to(draw, 1, 8) },
        "fanout": from_to(draw, 2, 4),
        "overlay": {
            "digit_bits": draw.pick(&[1, 2, 4]).copied().unwrap_or(4),
            "leaf_set": leaves,
            "maintenance_interval": ms(from_to(draw, 1_000, 5_000)),
        },
    })
}

fn population(draw: &mut Stream, count: u64, churning: f64, grace: u64) -> Json {
    let session = from_to(draw, 10_000, 120_000);
    let gap = from_to(draw, 1_000, 20_000);
    let crash = format!("{}%", 25 * draw.below(5));
    let churn = json!({
        "session": { "exponential": ms(session) },
        "gap": { "exponential": ms(gap) },
        "crash": crash,
    });
    let churns = draw.chance(churning);
    let grace = ms(draw.below(grace));
    json!({ "count": count, "leave_grace": grace, "churn": if churns { churn } else { "none".into() } })
}

fn network(draw: &mut Stream, mood: Mood) -> Json {
    let least = from_to(draw, 1, 60);
    let most = least + from_to(draw, 1, 150);
    // Its tail is long: where something is to heal, round trips must fit into timeouts.
    let mean = if mood == Mood::Wild { most } else { from_to(draw, 1, 40) };
    let latency = match draw.below(5) {
        0 => json!({ "constant": ms(least) }),
        1 => json!({ "uniform": { "min": ms(least), "max": ms(most) } }),
        2 => json!({ "exponential": ms(mean), "least": ms(least) }),
        3 => json!({ "euclid": { "min": ms(least), "max": ms(most) } }),
        _ => json!({ "preset": "planetlab" }),
    };
    let mut rarely = |share: u64| {
        let some = 1 + draw.below(share);
        if draw.chance(0.15) && mood != Mood::Calm { format!("{some}%") } else { "0%".to_owned() }
    };
    json!({
        "latency": latency,
        "jitter": rarely(50),
        "loss": rarely(3),
        "duplicate": rarely(5),
    })
}

fn workload(draw: &mut Stream, objects: u64, groups: u64) -> Json {
    let most = *draw.pick(&[200, 1_000, 3_000]).unwrap_or(&200);
    let rate = from_to(draw, 20, most);
    let updates = from_to(draw, 10, 90);
    let multicasts = if groups > 0 { from_to(draw, 5, 80) * updates / 100 } else { 0 };
    let stay = from_to(draw, 5_000, 60_000);
    let mut workload = json!({
        "rate": format!("{}/s", rate as f64 / 1_000.0),
        "mix": {
            "read": format!("{}%", 100 - updates),
            "update": format!("{}%", updates - multicasts),
        },
        "objects": { "count": objects, "popularity": "uniform" },
    });
    if groups > 0 {
        workload["mix"]["multicast"] = format!("{multicasts}%").into();
        workload["groups"] = json!({
            "count": groups,
            "sizes": { "rank": draw.below(2) },
            "total": format!("{}%", 25 * draw.below(5)),
            "stay": if draw.chance(0.5) { ms(stay) } else { "never".into() },
            "ramp": ms(from_to(draw, 0, 5_000)),
            "burst": from_to(draw, 1, 4),
        });
    }
    workload
}

/// Moments at which several clients want the same object.
fn bursts(draw: &mut Stream, (duration, clients, objects): (u64, u64, u64)) -> Json {
    let mut operations = Vec::new();
    for _ in 0..draw.below(6) {
        let (at, object) = (from_to(draw, 1_000, duration - 2_000), draw.below(objects));
        let within = from_to(draw, 1, 1_500);
        for _ in 0..from_to(draw, 2, 6) {
            let at = ms(at + draw.below(within));
            let client = from_to(draw, 1, clients);
            operations.push(json!({ "at": at, "client": client, "update": object }));
        }
    }
    operations.into()
}
