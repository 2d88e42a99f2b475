//! Small scenarios drawn from a seed: few nodes, few objects, much going on. Every other one is
//! quiet, without faults, churn and loss, so that the checks under conditions are judged too. Many
//! have a theme ([`Theme`]): they make often what else is rare.

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

/// What a scenario is about: what is drawn else makes it happen now and then only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Theme {
    /// Faults, churn and losses.
    Faults,
    /// Commits are lost all the time, and then nothing is any more: it is for repair to mend that.
    Losses,
    /// Nothing in particular, and nothing goes wrong.
    Quiet,
    /// Many wait for few locks, and their requests overtake each other.
    Queue,
    /// Updates are answered when few replicas have them, and others come late; reads ask several.
    Lag,
    /// Few access peers have several members of a group each, and only some of those leave; what is
    /// missed for long can't be had later.
    Company,
}

impl Theme {
    fn drawn(draw: &mut Stream, seed: u64) -> Self {
        let number = draw.below(16);
        if !seed.is_multiple_of(2) {
            return if number == 0 { Self::Losses } else { Self::Faults };
        }
        match number {
            0..3 => Self::Queue,
            3..7 => Self::Lag,
            7..10 => Self::Company,
            _ => Self::Quiet,
        }
    }
}

/// How many there are of everything.
struct Size {
    peers: u64,
    clients: u64,
    leaf_set: u64,
    replicas: u64,
    seconds: u64,
    groups: u64,
}

impl Size {
    fn drawn(draw: &mut Stream, theme: Theme) -> Self {
        let (peers, clients) = match theme {
            Theme::Faults | Theme::Quiet => (4 + draw.below(10), 4 + draw.below(10)),
            Theme::Losses => (6 + draw.below(8), 4 + draw.below(6)),
            Theme::Queue => (5 + draw.below(9), 8 + draw.below(6)),
            Theme::Lag => (4 + draw.below(5), 4 + draw.below(6)),
            Theme::Company => (2 + draw.below(4), 6 + draw.below(8)),
        };
        let leaf_set = [4, 8, 16][draw.below(3) as usize];
        let (leaf_set, replicas) = match theme {
            Theme::Faults | Theme::Quiet => {
                (leaf_set, 1 + draw.below(5.min(peers).min(leaf_set / 2)))
            }
            Theme::Queue => (16, 3 + draw.below(3)),
            Theme::Losses | Theme::Lag => (16, 3 + draw.below(2)),
            Theme::Company => (leaf_set, 1 + draw.below(2)),
        };
        let seconds = 20 + draw.below(20);
        let groups = match theme {
            Theme::Faults | Theme::Quiet => draw.below(3),
            Theme::Losses | Theme::Queue | Theme::Lag => 0,
            Theme::Company => 1 + draw.below(2),
        };
        Self { peers, clients, leaf_set, replicas, seconds, groups }
    }
}

/// The scenario of a seed.
pub(super) fn drawn(seed: u64) -> String {
    let mut draw = Key::from_word(seed).lane(0, 0, u32::from_be_bytes(*b"bugs"));
    let draw = &mut draw;
    let theme = Theme::drawn(draw, seed);
    let quiet = theme != Theme::Faults;
    let size = Size::drawn(draw, theme);
    let Size { peers, clients, seconds, .. } = size;
    let text = [
        format!("schema = 1\nname = \"drawn\"\nseed = {seed}\nduration = \"{seconds}s\"\n"),
        protocol(draw, theme, &size),
        format!("[peers]\ncount = {peers}\n{}", churn(draw, quiet)),
        format!("[clients]\ncount = {clients}\n{}", churn(draw, quiet || peers % 2 == 0)),
        network(draw, theme),
        workload(draw, theme, &size),
        match theme {
            Theme::Faults => faults(draw, (peers, clients)),
            Theme::Losses => losses(draw, seconds),
            _ => String::new(),
        },
    ];
    text.concat()
}

/// For how much locks, writes and reads ask.
fn quorums(draw: &mut Stream, theme: Theme, r: u64) -> (String, String, String) {
    if theme == Theme::Queue {
        let majority = || "\"majority\"".to_owned();
        return (majority(), majority(), quorum(draw, r));
    }
    if theme != Theme::Lag && draw.chance(0.5) {
        return (quorum(draw, r), quorum(draw, r), quorum(draw, r));
    }
    // Quorums that just overlap.
    let write = 1 + draw.below(if theme == Theme::Lag { r / 2 } else { r });
    let other = r + 1 - write;
    (other.max(r / 2 + 1).to_string(), write.to_string(), other.to_string())
}

fn protocol(draw: &mut Stream, theme: Theme, size: &Size) -> String {
    let &Size { replicas: r, leaf_set, .. } = size;
    let policy = match draw.below(8) {
        _ if theme == Theme::Queue => "\"queue\"".to_owned(),
        0..3 => "\"queue\"".to_owned(),
        3 if theme != Theme::Lag => format!("{{ subset = {} }}", 1 + draw.below(r)),
        _ => "\"refuse\"".to_owned(),
    };
    let (lock, write, read) = quorums(draw, theme, r);
    // Who asks all replicas, some of which are slow, needs time and more than a few attempts.
    let (lease, attempts, timeout) = match theme {
        Theme::Faults | Theme::Losses | Theme::Quiet => ((1_000, 4_000), 2, (3_000, 8_000)),
        Theme::Queue => ((4_000, 8_000), 2, (3_000, 8_000)),
        Theme::Lag => ((2_000, 5_000), 10, (8_000, 12_000)),
        Theme::Company => ((1_000, 4_000), 6, (3_000, 8_000)),
    };
    let (heartbeat, room, log) = match theme {
        // What comes between two heartbeats is more than the log has.
        Theme::Company => ((2_000, 5_000), [10_000; 2], 8 + draw.below(6)),
        _ => ((800, 2_500), [4, 10_000], 64),
    };
    format!(
        "[protocol.clippee]\nreplicas = {r}\nlock_quorum = {lock}\nwrite_acks = {write}\n\
         read_quorum = {read}\nlock_policy = {policy}\nlock_lease = {}\nattempts = {}\n\
         backoff = \"50ms\"\nbackoff_max = \"800ms\"\ncache_ttl = {}\nrepair_interval = {}\n\
         heartbeat_interval = {}\noperation_timeout = {}\ndurable = {}\nmax_clients = {}\n\
         group_log = {log}\nfanout = {}\n[protocol.clippee.overlay]\nleaf_set = {leaf_set}\n\
         maintenance_interval = {}\n",
        time(draw, lease),
        attempts + draw.below(7),
        pick(draw, &["\"5s\"", "\"60s\"", "\"never\""]),
        time(draw, (2_000, 6_000)),
        time(draw, heartbeat),
        time(draw, timeout),
        draw.chance(0.3),
        room[draw.below(2) as usize],
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

fn network(draw: &mut Stream, theme: Theme) -> String {
    let quiet = theme != Theme::Faults;
    let latency = match draw.below(5) {
        _ if matches!(theme, Theme::Queue | Theme::Lag) => {
            let median = time(draw, (10, 25));
            format!("{{ lognormal = {{ median = {median}, sigma = 1.5, max = \"900ms\" }} }}")
        }
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

fn workload(draw: &mut Stream, theme: Theme, size: &Size) -> String {
    let &Size { clients, groups, .. } = size;
    let (multicast, read) = match theme {
        Theme::Queue => (0, 10),
        Theme::Company => (90, 5),
        _ => (if groups > 0 { 40 } else { 0 }, 10 * (1 + draw.below(5))),
    };
    let update = 100 - multicast - read;
    let (tenths, objects) = match theme {
        Theme::Faults | Theme::Quiet => (1 + draw.below(15), 1 + draw.below(6)),
        Theme::Losses => (1 + draw.below(6), 3 + draw.below(4)),
        Theme::Queue => (4 + draw.below(8), 1 + draw.below(2)),
        Theme::Lag => (2 + draw.below(10), 3 + draw.below(3)),
        Theme::Company => (5 + draw.below(15), 1),
    };
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
            _ if theme == Theme::Company => time(draw, (10_000, 30_000)),
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

fn losses(draw: &mut Stream, seconds: u64) -> String {
    let (share, lasts) = (60 + draw.below(40), seconds - 1);
    format!(
        "[[fault]]\nat = \"1s\"\nfor = \"{lasts}s\"\n\
         loss = {{ share = \"{share}%\", kinds = [\"commit\"] }}\n"
    )
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
