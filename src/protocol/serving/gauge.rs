//! How large a peer's tables are, told to observers (CLIPPEE H11).

use crate::node::{Context, Observation, Protocol};

/// A table whose size depends on what happens: its name, and how many entries it has at most.
type Table = (&'static str, u32);

/// Tells observers when a table grows: each time it has doubled, and when it is above its bound.
/// Four bytes, because each peer has many and looks at all of them after each step.
#[derive(Debug, Default)]
pub(in crate::protocol) struct Gauge {
    /// What is told next; 0 until it was first looked at.
    next: u32,
}

impl Gauge {
    /// Tables smaller than this are nobody's concern.
    const FIRST: u32 = 8;

    /// Something that depends on what is told next.
    pub const fn glance(&self) -> u32 {
        self.next
    }

    /// The table has `entries` entries now.
    pub fn note<H: Protocol>(&mut self, entries: usize, table: Table, cx: &mut Context<'_, H>) {
        if entries >= self.next as usize {
            self.tell(u32::try_from(entries).unwrap_or(u32::MAX), table, cx);
        }
    }

    #[cold]
    fn tell<H: Protocol>(&mut self, entries: u32, table: Table, cx: &mut Context<'_, H>) {
        let (name, bound) = table;
        // The first number above the bound, if that is less.
        let at_latest = |entries: u32| entries.min(bound.saturating_add(1));
        self.next = self.next.max(at_latest(Self::FIRST));
        if entries >= self.next {
            let double = entries.saturating_mul(2);
            self.next = if entries <= bound { at_latest(double) } else { double };
            cx.observe(Observation::Held { table: name, entries, bound });
        }
    }
}

/// The tables of a peer have so many entries now, each with a gauge of its own.
pub(in crate::protocol) fn note_all<const N: usize, H: Protocol>(
    gauges: &mut [Gauge; N],
    sizes: [(usize, Table); N],
    cx: &mut Context<'_, H>,
) {
    for (gauge, (entries, table)) in gauges.iter_mut().zip(sizes) {
        gauge.note(entries, table, cx);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{Effect, Key, NodeId, Time, Timers};
    use crate::protocol::clippee::Clippee;

    fn told(bound: u32, sizes: impl IntoIterator<Item = usize>) -> Vec<u32> {
        let (mut gauge, table) = (Gauge::default(), ("table", bound));
        let (mut stream, mut timers) = (Key::from_word(1).stream(1, 1), Timers::default());
        let mut effects: Vec<Effect<Clippee>> = Vec::new();
        let mut cx = Context::new(NodeId(1), 1, Time::ZERO, &mut stream, &mut timers, &mut effects);
        sizes.into_iter().for_each(|entries| gauge.note(entries, table, &mut cx));
        let held = effects.iter().map(|effect| match effect {
            Effect::Observe(Observation::Held { entries, .. }) => *entries,
            _ => panic!("a gauge only tells"),
        });
        held.collect()
    }

    #[test]
    fn a_table_is_told_each_time_it_has_doubled() {
        assert_eq!(told(1_000, [0, 7, 9, 3, 17, 18, 40]), [9, 18, 40]);
    }

    #[test]
    fn the_first_entry_above_the_bound_is_told_however_soon_it_comes() {
        assert_eq!(told(20, 1..=22), [8, 16, 21]);
        assert_eq!(told(2, 1..=6), [3, 6]);
        assert_eq!(told(u32::MAX, [8, 9]), [8]);
    }
}
