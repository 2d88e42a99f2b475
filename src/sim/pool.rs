//! Slots for what events carry (message bodies), reused, so that a message costs no allocation of
//! its own.

/// A pool of reused slots; handles are dense and small.
#[derive(Debug)]
pub struct Pool<T> {
    slots: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self { slots: Vec::new(), free: Vec::new() }
    }
}

impl<T> Pool<T> {
    /// Makes room for so many more items, and no more: for the large numbers that are known in
    /// advance.
    pub fn reserve_exact(&mut self, items: usize) {
        self.slots.reserve_exact(items);
    }

    /// Stores an item and names it.
    ///
    /// # Panics
    /// With 2^32 items at once.
    pub fn insert(&mut self, item: T) -> u32 {
        if let Some(handle) = self.free.pop() {
            self.slots[handle as usize] = Some(item);
            return handle;
        }
        let handle = u32::try_from(self.slots.len()).expect("fewer than 2^32 items are pooled");
        self.slots.push(Some(item));
        handle
    }

    /// Takes an item out.
    ///
    /// # Panics
    /// If there is none of that name.
    pub fn take(&mut self, handle: u32) -> T {
        let item = self.withdraw(handle);
        self.free(handle);
        item
    }

    /// Takes an item out, and keeps its name from being given to another until [`Pool::free`].
    ///
    /// # Panics
    /// If there is none of that name.
    pub fn withdraw(&mut self, handle: u32) -> T {
        self.slots[handle as usize].take().expect("a handle is taken once")
    }

    /// Lets the name of a withdrawn item be given again.
    pub fn free(&mut self, handle: u32) {
        self.free.push(handle);
    }

    /// An item, in place. `None` if there is none of that name.
    #[must_use]
    pub fn item(&self, handle: u32) -> Option<&T> {
        self.slots.get(handle as usize)?.as_ref()
    }

    /// An item, in place. `None` if there is none of that name.
    pub fn item_mut(&mut self, handle: u32) -> Option<&mut T> {
        self.slots.get_mut(handle as usize)?.as_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_reused() {
        let mut pool = Pool::default();
        let (a, b) = (pool.insert('a'), pool.insert('b'));
        assert_eq!(pool.take(a), 'a');
        assert_eq!(pool.item(a), None);
        assert_eq!(pool.insert('c'), a);
        assert_eq!((pool.take(b), pool.take(a)), ('b', 'c'));
    }

    #[test]
    fn the_name_of_what_was_withdrawn_is_kept() {
        let mut pool = Pool::default();
        let a = pool.insert('a');
        assert_eq!((pool.withdraw(a), pool.item(a)), ('a', None));
        assert_ne!(pool.insert('b'), a);
        pool.free(a);
        assert_eq!(pool.insert('c'), a);
    }
}
