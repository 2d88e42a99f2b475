//! How much a peer's tables hold, told to observers when it grows (CLIPPEE H11).

use crate::node::{Context, Observation, Protocol};

/// A bounded table whose size depends on what happens. (Leaf set, routing table and the lists in
/// messages are bounded by their making.)
#[derive(Clone, Copy, Debug)]
pub(super) enum Bounded {
    /// Hops that wait for their acknowledgement.
    Forwards,
    /// Probes that wait for their answer.
    Probes,
    /// Lookups of this peer.
    Lookups,
    /// Measured round trips.
    Trips,
    /// Peers that were dropped.
    Dropped,
    /// Joiners that wait until this peer has joined.
    Waiting,
}

const TABLES: usize = 6;

impl Bounded {
    const fn name(self) -> &'static str {
        match self {
            Self::Forwards => "overlay_forwards",
            Self::Probes => "overlay_probes",
            Self::Lookups => "overlay_lookups",
            Self::Trips => "overlay_round_trips",
            Self::Dropped => "overlay_dropped",
            Self::Waiting => "overlay_waiting_joiners",
        }
    }
}

/// What was told so far: per table, the power of two that its size must reach to be told again.
#[derive(Debug, Default)]
pub(super) struct Held {
    told: [u8; TABLES],
}

impl Held {
    /// Tells the size of a table, if it has reached the next power of two since the last time.
    pub fn note<P: Protocol>(
        &mut self,
        table: Bounded,
        entries: usize,
        bound: usize,
        cx: &mut Context<'_, P>,
    ) {
        let told = &mut self.told[table as usize];
        if entries >> *told != 0 {
            *told = (usize::BITS - entries.leading_zeros()) as u8;
            let (entries, bound) = (entries as u32, bound as u32);
            cx.observe(Observation::Held { table: table.name(), entries, bound });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{Effect, Key, NodeId, Time, Timers};
    use crate::protocol::overlay::Lookups;

    #[test]
    fn growth_is_told_in_doubling_steps() {
        let mut held = Held::default();
        let (mut rng, mut timers, mut effects) =
            (Key::from_word(1).stream(1, 1), Timers::default(), Vec::new());
        let mut cx: Context<'_, Lookups> =
            Context::new(NodeId(1), 1, Time::ZERO, &mut rng, &mut timers, &mut effects);
        for entries in [0, 1, 1, 2, 3, 2, 4, 7, 9, 1, 8, 16] {
            held.note(Bounded::Probes, entries, 256, &mut cx);
        }
        held.note(Bounded::Lookups, 1, 4096, &mut cx);
        let told: Vec<(&str, u32)> = effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Observe(Observation::Held { table, entries, .. }) => {
                    Some((*table, *entries))
                }
                _ => None,
            })
            .collect();
        let probes = [1, 2, 4, 9, 16].map(|entries| ("overlay_probes", entries));
        assert_eq!(told, [&probes[..], &[("overlay_lookups", 1)]].concat());
    }
}
