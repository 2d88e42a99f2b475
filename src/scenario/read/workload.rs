//! `[workload]`: which operations are issued, how often, and on what.

use super::groups::{self, AllGroups};
use super::population::People;
use super::protocol::Chosen;
use crate::node::OperationKind;
use crate::scenario::choice::{Alternative, Choice};
use crate::scenario::kind::{Bytes, Count32, Flag, Kind, Number, Rate, Share};
use crate::scenario::reader::{Mark, Session, Table};
use crate::scenario::suggest::either;
use crate::sim::workload::{Popularity, WorkloadConfig};

/// YCSB's default exponent (Cooper et al., "Benchmarking cloud serving systems with YCSB", SoCC
/// 2010).
const ZIPF: f64 = 0.99;

const POPULARITY: Choice<'static, Popularity> = Choice {
    noun: "a kind of popularity",
    words: &[("uniform", Popularity::Uniform)],
    alternatives: &[Alternative { keys: &["zipf"], form: "{ zipf = 0.99 }", read: zipf }],
    default: "{ zipf = 0.99 }",
    stand_in: Popularity::Zipf(ZIPF),
};

/// `[workload]`, as `protocol` can serve it, and what must be known of its groups.
pub(super) fn read(
    t: &mut Table<'_>,
    s: &mut Session<'_>,
    protocol: Option<&Chosen>,
    clients: &People,
) -> (WorkloadConfig, AllGroups) {
    let rate = t.take(s, "rate", Rate, 0.02).value;
    let shares = mix(t, s, protocol);
    let mut config = t.section(s, "objects", |t, s| WorkloadConfig {
        rate,
        mix: Vec::new(),
        objects: t.take(s, "count", Count32::of(1, 10_000_000), 1_000).value,
        popularity: t.choice(s, "popularity", &POPULARITY).value,
        object_bytes: t.take(s, "size", Bytes, 1_024).value,
        groups: None,
        changes: Vec::new(),
    });
    let mut groups = t.section(s, "groups", |t, s| groups::read(t, s, protocol, clients));
    groups.drawn = drawn(t, s);
    for (kind, share, mark) in &shares {
        check_groups(s, *kind, *share, *mark, groups.count);
    }
    let is_asked = |(kind, x, _): (OperationKind, f64, Mark)| (x > 0.0).then_some((kind, x));
    config.mix = shares.into_iter().filter_map(is_asked).collect();
    config.groups = groups.config.clone();
    (config, groups)
}

/// Whether the workload draws any operations. Where it does, the resolved scenario has no such key.
fn drawn(t: &mut Table<'_>, s: &mut Session<'_>) -> bool {
    let drawn = t.take(s, "drawn", Flag, true).value;
    if drawn {
        t.leave_out("drawn");
    }
    drawn
}

/// Members need groups; and nobody joins or leaves by a share of operations.
fn check_groups(
    s: &mut Session<'_>,
    kind: OperationKind,
    share: f64,
    mark: Mark,
    groups: (u32, Mark),
) {
    let name = kind.name();
    match kind {
        OperationKind::Join | OperationKind::Leave if share > 0.0 && mark.sound => s.conflict(
            format!("`{name}` has no share: members come and go by their groups"),
            Some(
                "leave it out; `workload.groups` has `stay` and `away`, `[[event]]` a crowd".into(),
            ),
            &[(mark, "expected 0%, or nothing")],
        ),
        OperationKind::Multicast | OperationKind::Members if share > 0.0 && groups.0 == 0 => s
            .conflict(
                format!("`{name}` needs groups, and there are none"),
                Some("add `groups = { count = 100 }` to `[workload]`, or leave it out".into()),
                &[(mark, "expected 0%, or nothing"), (groups.1, "the number of groups")],
            ),
        _ => {}
    }
}

fn zipf(t: &mut Table<'_>, s: &mut Session<'_>) -> Popularity {
    let exponent = Number { min: 0.0, open: false, max: 10.0, below: None };
    Popularity::Zipf(t.require(s, "zipf", exponent, ZIPF).value)
}

/// The shares of operations: what isn't listed isn't issued; without a mix, what suits the
/// protocol.
fn mix(
    t: &mut Table<'_>,
    s: &mut Session<'_>,
    protocol: Option<&Chosen>,
) -> Vec<(OperationKind, f64, Mark)> {
    let usual = protocol.map_or([].as_slice(), |protocol| protocol.usual_mix);
    let is_given = t.keys().any(|key| key == "mix");
    t.section(s, "mix", |t, s| {
        let mut shares = Vec::new();
        for kind in OperationKind::ALL {
            let usually = usual.iter().find(|(usual, _)| *usual == kind).map_or(0.0, |(_, x)| *x);
            let shown = default_shown(kind);
            if t.keys().any(|key| key == kind.name()) || s.is_survey() {
                let share = t.take_derived(s, kind.name(), Share, 0.0, shown);
                shares.push((kind, share.value, share.mark));
            } else {
                t.know(kind.name());
                if !is_given && usually > 0.0 {
                    t.put(kind.name(), Share.write(&usually));
                    shares.push((kind, usually, Mark { at: None, sound: true }));
                }
            }
        }
        check(t, s, &mut shares, protocol);
        shares
    })
}

fn default_shown(kind: OperationKind) -> String {
    match kind {
        OperationKind::Read => "0%; without a mix, 80% with `[protocol.clippee]`",
        OperationKind::Update => "0%; without a mix, 20% with `[protocol.clippee]`",
        OperationKind::Lookup => "0%; without a mix, 100% with `[protocol.overlay]`",
        _ => "0%",
    }
    .into()
}

fn check(
    t: &Table<'_>,
    s: &mut Session<'_>,
    shares: &mut [(OperationKind, f64, Mark)],
    protocol: Option<&Chosen>,
) {
    let Some(protocol) = protocol else { return };
    let is_sound = shares.iter().all(|(_, _, mark)| mark.sound);
    for (kind, share, mark) in &mut *shares {
        if *share > 0.0 && !protocol.serves.contains(kind) {
            let has_share =
                |kind: &&OperationKind| !matches!(kind, OperationKind::Join | OperationKind::Leave);
            let names = protocol.serves.iter().filter(has_share).map(|kind| kind.name());
            let served = either(names, '`');
            s.conflict(
                format!("`{}` is an operation that {} doesn't serve", kind.name(), protocol.name()),
                Some(format!("it serves {served}")),
                &[(*mark, "expected 0%, or nothing"), (protocol.mark, "the protocol")],
            );
            mark.sound = false;
        }
    }
    let sum: f64 = shares.iter().map(|(_, share, _)| share).sum();
    // Decimal percentages aren't exact in binary: 10 % + 20 % + 70 % is 1 less a ulp.
    if (sum - 1.0).abs() > 1e-9 && is_sound {
        let percent = format!("{:.6}", sum * 100.0);
        let percent = percent.trim_end_matches('0').trim_end_matches('.');
        let message =
            format!("the shares of `{}` sum to {percent}%", t.path("").trim_end_matches('.'));
        s.tell_at(t.place(), message, "expected 100%", None);
    }
}
