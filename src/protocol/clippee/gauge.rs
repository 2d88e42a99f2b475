//! How large a peer's tables are, told to observers (CLIPPEE H11).

use crate::node::{Context, Observation, Protocol};

/// Tells observers when a table grows, each time it has doubled (CLIPPEE H11).
#[derive(Debug)]
pub(super) struct Gauge {
    table: &'static str,
    bound: u32,
    next: usize,
}

impl Gauge {
    /// Tables smaller than this are nobody's concern.
    const FIRST: usize = 8;

    pub const fn new(table: &'static str, bound: u32) -> Self {
        Self { table, bound, next: Self::FIRST }
    }

    /// The table has `entries` entries now.
    pub fn note<H: Protocol>(&mut self, entries: usize, cx: &mut Context<'_, H>) {
        if entries >= self.next {
            self.next = entries * 2;
            let entries = u32::try_from(entries).unwrap_or(u32::MAX);
            cx.observe(Observation::Held { table: self.table, entries, bound: self.bound });
        }
    }
}
