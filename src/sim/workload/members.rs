//! Which places in groups hold at the moment: the only part of the workload that a run changes.

use super::Workload;

/// The state of each place: one byte.
#[derive(Clone, Debug, Default)]
pub struct Members {
    places: Vec<u8>,
}

const TAKEN: u8 = 1;
const JOINED: u8 = 2;
const OVER: u8 = 4;

impl Members {
    /// As at time 0, before any client has booted.
    #[must_use]
    pub fn new(workload: &Workload, clients: impl Iterator<Item = crate::node::NodeId>) -> Self {
        let Some(groups) = workload.groups() else { return Self::default() };
        let mut places = vec![0; groups.places() as usize];
        for node in clients {
            for place in groups.of(node).filter(|&place| groups.is_taken_at_start(node, place)) {
                places[place as usize] = TAKEN;
            }
        }
        Self { places }
    }

    /// Whether the client belongs there now, online or not.
    #[must_use]
    pub fn is_taken(&self, place: u32) -> bool {
        self.places[place as usize] & TAKEN != 0
    }

    /// Whether the client's running application has asked to join and not to leave since.
    #[must_use]
    pub fn has_joined(&self, place: u32) -> bool {
        self.places[place as usize] & JOINED != 0
    }

    /// Whether the place was given up for good.
    #[must_use]
    pub fn is_over(&self, place: u32) -> bool {
        self.places[place as usize] & OVER != 0
    }

    /// The client belongs there from now on, or not any more.
    pub fn take(&mut self, place: u32, taken: bool) {
        self.set(place, TAKEN, taken);
    }

    /// The application has asked to join, or to leave, or has lost its memory.
    pub fn join(&mut self, place: u32, joined: bool) {
        self.set(place, JOINED, joined);
    }

    /// The place is given up for good.
    pub fn end(&mut self, place: u32) {
        self.set(place, TAKEN, false);
        self.set(place, OVER, true);
    }

    fn set(&mut self, place: u32, bit: u8, to: bool) {
        let state = &mut self.places[place as usize];
        *state = if to { *state | bit } else { *state & !bit };
    }
}
