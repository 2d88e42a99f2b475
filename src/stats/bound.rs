//! What a true value is claimed to keep to.

/// A bound, or two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// The value is below this.
    Below(f64),
    /// The value is above this.
    Above(f64),
    /// The value is from the first to the second, both included.
    Within(f64, f64),
}

/// Where an interval lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Wholly where the bound wants it.
    Right,
    /// Wholly where the bound doesn't.
    Wrong,
    /// On both sides, or on the bound.
    Undecided,
}

impl Bound {
    /// Where an interval from `low` to `high` lies.
    #[must_use]
    pub fn side(self, low: f64, high: f64) -> Side {
        let (right, wrong) = match self {
            Self::Below(bound) => (high < bound, low > bound),
            Self::Above(bound) => (low > bound, high < bound),
            Self::Within(least, most) => (least <= low && high <= most, high < least || most < low),
        };
        match (right, wrong) {
            (true, _) => Side::Right,
            (_, true) => Side::Wrong,
            _ => Side::Undecided,
        }
    }

    /// The thresholds that an interval around `value` must keep off, and whether it may touch them:
    /// those that it would meet first on its way to the other side.
    pub(super) fn facing(self, value: f64) -> impl Iterator<Item = (f64, bool)> {
        let (first, second) = match self {
            Self::Below(bound) | Self::Above(bound) => ((bound, false), None),
            Self::Within(least, _) if value < least => ((least, false), None),
            Self::Within(_, most) if value > most => ((most, false), None),
            Self::Within(least, most) => ((least, true), Some((most, true))),
        };
        std::iter::once(first).chain(second)
    }

    /// How far inside the bound `value` is, in its own unit; negative if it is outside. Of two
    /// bounds, the nearer one counts.
    #[must_use]
    pub fn margin(self, value: f64) -> f64 {
        match self {
            Self::Below(bound) => bound - value,
            Self::Above(bound) => value - bound,
            Self::Within(least, most) => (value - least).min(most - value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_interval_decides() {
        let cases = [
            (Bound::Below(2.0), Side::Right, Side::Undecided, Side::Wrong),
            (Bound::Above(2.0), Side::Wrong, Side::Undecided, Side::Right),
            (Bound::Within(0.0, 2.0), Side::Right, Side::Undecided, Side::Wrong),
        ];
        for (bound, below, across, above) in cases {
            assert_eq!(bound.side(0.5, 1.0), below, "{bound:?}");
            assert_eq!(bound.side(1.5, 2.5), across, "{bound:?}");
            assert_eq!(bound.side(2.5, 3.0), above, "{bound:?}");
        }
        assert_eq!(Bound::Within(1.0, 2.0).side(-1.0, 0.5), Side::Wrong);
        assert_eq!(Bound::Within(0.0, 0.0).side(0.0, 0.0), Side::Right, "ends belong to it");
        assert_eq!(Bound::Below(0.0).side(0.0, 0.0), Side::Undecided, "the bound doesn't");
    }

    #[test]
    fn the_margin_says_by_how_much() {
        assert_eq!(Bound::Below(2.0).margin(0.5), 1.5);
        assert_eq!(Bound::Above(2.0).margin(0.5), -1.5);
        assert_eq!(Bound::Within(0.0, 2.0).margin(1.5), 0.5);
        assert_eq!(Bound::Within(0.0, 2.0).margin(3.0), -1.0);
    }
}
