//! How large a peer's tables are, told to observers (CLIPPEE H11).

use crate::node::{Context, Observation, Protocol};

/// Tells observers when a table grows: each time it has doubled, and when it is above its bound.
#[derive(Debug)]
pub(in crate::protocol) struct Gauge {
    table: &'static str,
    bound: u32,
    next: usize,
}

impl Gauge {
    /// Tables smaller than this are nobody's concern.
    const FIRST: usize = 8;

    pub fn new(table: &'static str, bound: u32) -> Self {
        let mut gauge = Self { table, bound, next: 0 };
        gauge.next = gauge.at_latest(Self::FIRST);
        gauge
    }

    /// `entries`, or the first number above the bound if that is less.
    fn at_latest(&self, entries: usize) -> usize {
        usize::try_from(self.bound).map_or(entries, |bound| entries.min(bound.saturating_add(1)))
    }

    /// Something that depends on what is told next.
    pub const fn glance(&self) -> u32 {
        self.next as u32
    }

    /// The table has `entries` entries now.
    pub fn note<H: Protocol>(&mut self, entries: usize, cx: &mut Context<'_, H>) {
        if entries >= self.next {
            let within = entries <= self.bound as usize;
            self.next = if within { self.at_latest(entries * 2) } else { entries * 2 };
            let entries = u32::try_from(entries).unwrap_or(u32::MAX);
            cx.observe(Observation::Held { table: self.table, entries, bound: self.bound });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{Effect, Key, NodeId, Time, Timers};
    use crate::protocol::clippee::Clippee;

    fn told(bound: u32, sizes: impl IntoIterator<Item = usize>) -> Vec<u32> {
        let mut gauge = Gauge::new("table", bound);
        let (mut stream, mut timers) = (Key::from_word(1).stream(1, 1), Timers::default());
        let mut effects: Vec<Effect<Clippee>> = Vec::new();
        let mut cx = Context::new(NodeId(1), 1, Time::ZERO, &mut stream, &mut timers, &mut effects);
        sizes.into_iter().for_each(|entries| gauge.note(entries, &mut cx));
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
