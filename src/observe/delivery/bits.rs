//! A set of small numbers.

/// A set of numbers from 0 up, in a bit each; it grows as needed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    pub(super) words: Vec<u64>,
}

const fn place(number: u32) -> (usize, u64) {
    ((number / 64) as usize, 1 << (number % 64))
}

impl Bits {
    /// Whether `number` is in it.
    #[must_use]
    pub fn has(&self, number: u32) -> bool {
        let (word, bit) = place(number);
        self.words.get(word).is_some_and(|word| word & bit != 0)
    }

    /// Puts `number` in; whether it wasn't there.
    pub fn insert(&mut self, number: u32) -> bool {
        let (word, bit) = place(number);
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        let fresh = self.words[word] & bit == 0;
        self.words[word] |= bit;
        fresh
    }

    /// Takes `number` out; whether it was there.
    pub fn remove(&mut self, number: u32) -> bool {
        let (word, bit) = place(number);
        let Some(word) = self.words.get_mut(word) else { return false };
        let had = *word & bit != 0;
        *word &= !bit;
        had
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// How many are in both.
    #[must_use]
    pub fn common(&self, other: &Self) -> u64 {
        let pairs = self.words.iter().zip(&other.words);
        pairs.map(|(a, b)| u64::from((a & b).count_ones())).sum()
    }

    /// All of them, rising.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().zip(0_u32..).flat_map(|(&word, at)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(64 * at + bit)
            })
        })
    }

    /// The least that `other` lacks.
    #[must_use]
    pub fn first_not_in(&self, other: &Self) -> Option<u32> {
        self.iter().find(|&number| !other.has(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn it_behaves_like_a_set(
            steps in prop::collection::vec((any::<bool>(), 0_u32..200), 0..100),
            others in prop::collection::btree_set(0_u32..200, 0..50),
        ) {
            let (mut bits, mut model) = (Bits::default(), BTreeSet::new());
            for (put, number) in steps {
                if put {
                    prop_assert_eq!(bits.insert(number), model.insert(number));
                } else {
                    prop_assert_eq!(bits.remove(number), model.remove(&number));
                }
                prop_assert_eq!(bits.has(number), model.contains(&number));
            }
            let mut other = Bits::default();
            others.iter().for_each(|&number| { other.insert(number); });
            prop_assert_eq!(bits.iter().collect::<Vec<_>>(), model.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(bits.count(), model.len() as u64);
            prop_assert_eq!(bits.common(&other), model.intersection(&others).count() as u64);
            prop_assert_eq!(bits.first_not_in(&other), model.difference(&others).next().copied());
        }
    }
}
