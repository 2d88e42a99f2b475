//! What the numbers of a latency matrix mean.

/// The unit of a matrix: the file doesn't say it, so the scenario must.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Round trips in milliseconds.
    RttMs,
    /// One-way latencies in milliseconds.
    OneWayMs,
    /// Round trips in microseconds.
    RttUs,
    /// One-way latencies in microseconds.
    OneWayUs,
    /// Round trips in seconds.
    RttS,
    /// One-way latencies in seconds.
    OneWayS,
}

impl Unit {
    /// All units.
    pub const ALL: [Self; 6] =
        [Self::RttMs, Self::OneWayMs, Self::RttUs, Self::OneWayUs, Self::RttS, Self::OneWayS];

    /// The name in scenarios.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RttMs => "rtt_ms",
            Self::OneWayMs => "one_way_ms",
            Self::RttUs => "rtt_us",
            Self::OneWayUs => "one_way_us",
            Self::RttS => "rtt_s",
            Self::OneWayS => "one_way_s",
        }
    }

    /// The unit of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.name() == name)
    }

    /// A number of this unit as milliseconds one way: half a round trip.
    #[must_use]
    pub fn one_way_ms(self, number: f64) -> f64 {
        match self {
            Self::RttMs => number / 2.0,
            Self::OneWayMs => number,
            Self::RttUs => number / 2_000.0,
            Self::OneWayUs => number / 1_000.0,
            Self::RttS => number * 500.0,
            Self::OneWayS => number * 1_000.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parsed_back() {
        assert!(Unit::ALL.iter().all(|unit| Unit::parse(unit.name()) == Some(*unit)));
        assert_eq!(Unit::parse("ms"), None);
    }

    #[test]
    fn a_second_of_round_trip_is_half_a_second_one_way() {
        let numbers = [1e3, 500.0, 1e6, 5e5, 1.0, 0.5];
        for (unit, number) in Unit::ALL.into_iter().zip(numbers) {
            assert_eq!(unit.one_way_ms(number).to_bits(), 500.0_f64.to_bits(), "{unit:?}");
        }
    }
}
