//! Classes of group sizes: powers of ten.

/// The names of the classes, by the number of members.
pub const SIZES: [&str; 7] =
    ["1-9", "10-99", "100-999", "1000-9999", "10000-99999", "100000-999999", "1000000-"];

/// The index in [`SIZES`] of a group of so many members; none count as few.
#[must_use]
pub fn class(members: u32) -> usize {
    (members.max(1).ilog10() as usize).min(SIZES.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_what_their_names_say() {
        let name = |members| SIZES[class(members)];
        assert_eq!([name(0), name(1), name(9), name(10)], ["1-9", "1-9", "1-9", "10-99"]);
        assert_eq!([name(99_999), name(100_000)], ["10000-99999", "100000-999999"]);
        assert_eq!([name(1_000_000), name(u32::MAX)], ["1000000-"; 2]);
    }
}
