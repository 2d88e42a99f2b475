//! Armed timers of many nodes in one slab of reused slots.

use super::ids::Incarnation;

/// Names one armed timer, until it fires or is disarmed; afterwards the name is dead and harmless.
/// Opaque on purpose: slots are handed out per shard, so nothing that reaches a result may depend
/// on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerId {
    pub(crate) slot: u32,
    pub(crate) generation: u32,
}

#[derive(Debug)]
struct Slot<T> {
    generation: u32,
    incarnation: Incarnation,
    timer: Option<T>,
}

/// The slab. All operations take constant time.
#[derive(Debug)]
pub struct Timers<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Self { slots: Vec::new(), free: Vec::new() }
    }
}

impl<T> Timers<T> {
    /// Takes in a timer of a node that is in its `incarnation`.
    ///
    /// # Panics
    /// With 2^32 timers armed at once.
    pub fn insert(&mut self, incarnation: Incarnation, timer: T) -> TimerId {
        if let Some(slot) = self.free.pop() {
            let entry = &mut self.slots[slot as usize];
            entry.incarnation = incarnation;
            entry.timer = Some(timer);
            return TimerId { slot, generation: entry.generation };
        }
        let slot = u32::try_from(self.slots.len()).expect("fewer than 2^32 timers are armed");
        self.slots.push(Slot { generation: 0, incarnation, timer: Some(timer) });
        TimerId { slot, generation: 0 }
    }

    /// Takes a timer out, with the incarnation that armed it; `None` if it has fired or was
    /// disarmed.
    pub fn remove(&mut self, id: TimerId) -> Option<(Incarnation, T)> {
        let entry = self.slots.get_mut(id.slot as usize)?;
        if entry.generation != id.generation {
            return None;
        }
        let timer = entry.timer.take()?;
        entry.generation = entry.generation.wrapping_add(1);
        self.free.push(id.slot);
        Some((entry.incarnation, timer))
    }

    /// Whether the timer has neither fired nor been disarmed.
    #[must_use]
    pub fn is_armed(&self, id: TimerId) -> bool {
        let entry = self.slots.get(id.slot as usize);
        entry.is_some_and(|entry| entry.generation == id.generation && entry.timer.is_some())
    }

    /// How many timers are armed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether none is armed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_name_stays_dead_when_its_slot_is_reused() {
        let mut timers = Timers::default();
        let first = timers.insert(1, 'a');
        assert_eq!(timers.remove(first), Some((1, 'a')));
        let second = timers.insert(2, 'b');
        assert_eq!(timers.remove(first), None);
        assert_eq!(timers.len(), 1);
        assert_eq!(timers.remove(second), Some((2, 'b')));
        assert!(timers.is_empty());
    }
}
