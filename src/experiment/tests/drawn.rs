//! Small scenarios drawn from a seed: few nodes, few objects, much going on. Every other one is
//! quiet, without faults, churn and loss, so that the checks under conditions are judged too.

use crate::node::{Key, Stream};

fn pick<'a>(draw: &mut Stream, from: &[&'a str]) -> &'a str {
    from[draw.below(from.len() as u64) as usize]
}

/// A time of `least` to `most` milliseconds.
fn time(draw: &mut Stream, (least, most): (u64, u64)) -> String {
    format!("\"{}ms\"", least + draw.below(most - least + 1))
}

fn quorum(draw: &mut Stream, r: u64) -> String {
    match draw.below(5) {
        0 => "\"all\"".to_owned(),
        1 => format!("{}", 1 + draw.below(r)),
        _ => "\"majority\"".to_owned(),
    }
}

/// The scenario of a seed.
pub(super) fn drawn(seed: u64) -> String {
    let mut draw = Key::from_word(seed).lane(0, 0, u32::from_be_bytes(*b"bugs"));
    let draw = &mut draw;
    let quiet = seed.is_multiple_of(2);
    let (peers, clients) = (4 + draw.below(10), 4 + draw.below(10));
    let leaf_set = [4, 8, 16][draw.below(3) as usize];
    let replicas = 1 + draw.below(5.min(peers).min(leaf_set / 2));
    let seconds = 20 + draw.below(20);
    let groups = draw.below(3);
    let text = [
        format!("schema = 1\nname = \"drawn\"\nseed = {seed}\nduration = \"{seconds}s\"\n"),
        protocol(draw, replicas, leaf_set),
        format!("[peers]\ncount = {peers}\n{}", churn(draw, quiet)),
        format!("[clients]\ncount = {clients}\n{}", churn(draw, quiet || peers % 2 == 0)),
        network(draw, quiet),
        workload(draw, groups, clients),
        if quiet { String::new() } else { faults(draw, (peers, clients)) },
    ];
    text.concat()
}

fn protocol(draw: &mut Stream, r: u64, leaf_set: u64) -> String {
    let policy = match draw.below(8) {
        0..3 => "\"queue\"".to_owned(),
        3 => format!("{{ subset = {} }}", 1 + draw.below(r)),
        _ => "\"refuse\"".to_owned(),
    };
    let (lock, write, read) = match draw.chance(0.5) {
        true => (quorum(draw, r), quorum(draw, r), quorum(draw, r)),
        // Quorums that just overlap.
        false => {
            let write = 1 + draw.below(r);
            let other = r + 1 - write;
            (other.max(r / 2 + 1).to_string(), write.to_string(), other.to_string())
        }
    };
    format!(
        "[protocol.clippee]\nreplicas = {r}\nlock_quorum = {lock}\nwrite_acks = {write}\n\
         read_quorum = {read}\nlock_policy = {policy}\nlock_lease = {}\nattempts = {}\n\
         backoff = \"50ms\"\nbackoff_max = \"800ms\"\ncache_ttl = {}\nrepair_interval = {}\n\
         heartbeat_interval = {}\noperation_timeout = {}\ndurable = {}\nmax_clients = {}\n\
         fanout = {}\n[protocol.clippee.overlay]\nleaf_set = {leaf_set}\n\
         maintenance_interval = {}\n",
        time(draw, (1_000, 4_000)),
        2 + draw.below(7),
        pick(draw, &["\"5s\"", "\"60s\"", "\"never\""]),
        time(draw, (2_000, 6_000)),
        time(draw, (800, 2_500)),
        time(draw, (3_000, 8_000)),
        draw.chance(0.3),
        [4, 10_000][draw.below(2) as usize],
        2 + draw.below(3),
        time(draw, (2_000, 6_000)),
    )
}

fn churn(draw: &mut Stream, quiet: bool) -> String {
    if quiet || draw.chance(0.4) {
        return String::new();
    }
    let (session, gap) = (time(draw, (15_000, 60_000)), time(draw, (5_000, 20_000)));
    format!(
        "churn = {{ session = {{ exponential = {session} }}, gap = {{ exponential = {gap} }} }}\n"
    )
}

fn network(draw: &mut Stream, quiet: bool) -> String {
    let latency = match draw.below(5) {
        0 => "{ constant = \"20ms\" }".to_owned(),
        1 => format!("{{ uniform = {{ min = \"1ms\", max = {} }} }}", time(draw, (20, 120))),
        // Some messages take much longer than others.
        2 => "{ lognormal = { median = \"15ms\", sigma = 1.2, max = \"600ms\" } }".to_owned(),
        3 => format!("{{ exponential = {} }}", time(draw, (5, 50))),
        _ => "{ preset = \"planetlab\" }".to_owned(),
    };
    let (jitter, duplicate) = (draw.below(101), if quiet { 0 } else { draw.below(6) });
    let loss = if quiet || draw.chance(0.3) { 0 } else { draw.below(6) };
    format!(
        "[network]\nlatency = {latency}\njitter = \"{jitter}%\"\nloss = \"{loss}%\"\n\
         duplicate = \"{duplicate}%\"\n"
    )
}

fn workload(draw: &mut Stream, groups: u64, clients: u64) -> String {
    let (multicast, read) = (if groups > 0 { 40 } else { 0 }, 10 * (1 + draw.below(5)));
    let update = 100 - multicast - read;
    let (tenths, objects) = (1 + draw.below(15), 1 + draw.below(6));
    let mut text = format!(
        "[workload]\nrate = \"{}.{}/s\"\nmix = {{ read = \"{read}%\", update = \"{update}%\", \
         multicast = \"{multicast}%\" }}\nobjects = {{ count = {objects}, popularity = \
         \"uniform\" }}\n",
        tenths / 10,
        tenths % 10,
    );
    if groups > 0 {
        let (size, total) = (2 + draw.below(clients / 2 - 1), 50 * draw.below(3));
        let turns = match draw.below(3) {
            0 => "\"never\"".to_owned(),
            _ => time(draw, (5_000, 15_000)),
        };
        text += &format!(
            "[workload.groups]\ncount = {groups}\nsizes = {{ fixed = {size} }}\ntotal = \
             \"{total}%\"\nstay = {turns}\nramp = \"2s\"\n"
        );
    }
    text
}

fn faults(draw: &mut Stream, (peers, clients): (u64, u64)) -> String {
    let faults = (0..draw.below(4)).map(|_| {
        let (at, lasts) = (time(draw, (1_000, 18_000)), time(draw, (500, 15_000)));
        let (peer, client) = (1 + draw.below(peers), 1 + draw.below(clients));
        let whom = match draw.below(5) {
            0 => format!("{{ clients = [{client}] }}"),
            1 => "{ root = 0 }".to_owned(),
            2 => "{ coordinator = 0 }".to_owned(),
            3 => "{ busiest = 1 }".to_owned(),
            _ => format!("{{ peers = [{peer}] }}"),
        };
        let share = 10 + draw.below(60);
        let disk = pick(draw, &["kept", "lost"]);
        let kind = pick(draw, &["\"commit\"", "\"commit_reply\"", "\"lock\"", "\"unlock\""]);
        let what = match draw.below(7) {
            0 => format!("cut = {{ side = {whom}, from = \"rest\" }}"),
            1 => format!("crash = {{ targets = {whom}, disk = \"{disk}\" }}"),
            2 => format!("pause = {{ targets = {whom} }}"),
            3 => format!("loss = {{ share = \"{share}%\", kinds = [{kind}] }}"),
            4 => format!("duplicate = {{ share = \"{share}%\" }}"),
            5 => format!("reorder = {{ within = \"{}ms\" }}", 10 * share),
            _ => format!("clog = {{ delay = \"{}ms\", kinds = [{kind}] }}", 20 * share),
        };
        format!("[[fault]]\nat = {at}\nfor = {lasts}\n{what}\n")
    });
    faults.collect()
}
