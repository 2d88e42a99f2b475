//! Plans of faults, drawn: each with its own choice of kinds, at any targets, several at once.

use super::draw::{Cast, from_to, ms, one_of};
use crate::node::Stream;
use crate::observe::coverage::FAULTS;
use serde_json::{Value as Json, json};

/// The largest number of faults in a plan.
const MOST: u64 = 8;
/// The longest fault, in milliseconds.
const LONGEST: u64 = 30_000;

/// A plan for such a cast; `messages` are the kinds of its protocol's messages.
pub(super) fn plan(draw: &mut Stream, cast: &Cast, messages: &[&str]) -> Vec<Json> {
    // Swarm: each kind exists with one half.
    let mut allowed: Vec<&str> = FAULTS.into_iter().filter(|_| draw.chance(0.5)).collect();
    if allowed.is_empty() {
        allowed.push(one_of(draw, &FAULTS));
    }
    let count = if cast.calm { 0 } else { from_to(draw, 1, MOST) };
    (0..count).map(|_| fault(draw, &allowed, cast, messages)).collect()
}

fn fault(draw: &mut Stream, allowed: &[&str], cast: &Cast, messages: &[&str]) -> Json {
    let kind = one_of(draw, allowed);
    let at = from_to(draw, 500, cast.duration - 1);
    let longest = LONGEST.min(cast.duration);
    // Short ones meet what takes milliseconds, long ones what takes timeouts.
    let longest = *draw.pick(&[300, 3_000, longest]).unwrap_or(&longest);
    let lasts = from_to(draw, 1, longest);
    let mut fault = json!({ "at": ms(at), "for": ms(lasts) });
    fault[kind] = what(draw, kind, cast, messages);
    fault
}

fn what(draw: &mut Stream, kind: &str, cast: &Cast, messages: &[&str]) -> Json {
    let whom = targets(draw, cast);
    let direction = one_of(draw, &["both", "both", "out", "in"]);
    match kind {
        "cut" => {
            let from = if draw.chance(0.5) { "rest".into() } else { targets(draw, cast) };
            json!({ "side": whom, "from": from, "direction": direction })
        }
        "split" => {
            let first = from_to(draw, 10, 70);
            json!({ "shares": [format!("{first}%"), format!("{}%", (100 - first) / 2)],
                    "of": one_of(draw, &["peers", "nodes"]) })
        }
        "crash" => json!({ "targets": whom, "disk": one_of(draw, &["kept", "kept", "lost"]) }),
        "swizzle" | "pause" => json!({ "targets": whom }),
        "clock" => {
            let size = ms(from_to(draw, 1, cast.delay));
            let share = format!("{}%", from_to(draw, 1, 50));
            let error = match draw.below(4) {
                0 => json!({ "ahead": size }),
                1 => json!({ "behind": size }),
                2 => json!({ "fast": share }),
                _ => json!({ "slow": share }),
            };
            json!({ "targets": whom, "error": error })
        }
        _ => of_messages(draw, kind, whom, direction, (cast, messages)),
    }
}

/// A fault of messages: of all, of some kinds, of all nodes, of some.
fn of_messages(
    draw: &mut Stream,
    kind: &str,
    whom: Json,
    direction: &str,
    (cast, messages): (&Cast, &[&str]),
) -> Json {
    let share = format!("{}%", from_to(draw, 1, 100));
    let delay = ms(from_to(draw, 1, cast.delay));
    let mut what = json!({ "share": share, "direction": direction });
    match kind {
        "clog" => what["delay"] = delay,
        "reorder" => what["within"] = delay,
        _ => {}
    }
    if draw.chance(0.6) {
        what["targets"] = whom;
    }
    if draw.chance(0.4) {
        let some: Vec<&str> = (0..from_to(draw, 1, 3)).map(|_| one_of(draw, messages)).collect();
        what["kinds"] = some.into();
    }
    what
}

fn targets(draw: &mut Stream, cast: &Cast) -> Json {
    let of = one_of(draw, &["peers", "peers", "clients", "nodes"]);
    let share = format!("{}%", from_to(draw, 10, 60));
    let (one, other) = (from_to(draw, 1, cast.peers), from_to(draw, 1, cast.peers));
    let object = draw.below(cast.objects.max(1));
    let busiest = from_to(draw, 1, cast.peers.min(2));
    let by_share = json!({ "share": share, "of": of });
    match draw.below(10) {
        0 => json!({ "peers": [one] }),
        1 if one != other => json!({ "peers": [one.min(other), one.max(other)] }),
        2 if cast.clients > 0 => json!({ "clients": [from_to(draw, 1, cast.clients)] }),
        3 if cast.places => json!({ "region": share, "of": of }),
        4 if cast.objects > 0 => json!({ "root": object }),
        5 if cast.objects > 0 => json!({ "replica": object }),
        6 if cast.objects > 0 => json!({ "replicas": object }),
        7 if cast.objects > 0 => json!({ "coordinator": object }),
        8 if cast.clients > 0 => json!({ "busiest": busiest }),
        _ => by_share,
    }
}
