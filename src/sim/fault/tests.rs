//! Faults: targets, weather, clocks.
