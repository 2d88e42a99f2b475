//! `timing.json`: what may differ between two runs of the same scenario, and is worth knowing
//! nonetheless.
//!
//! Nothing here may reach another file of a result (`docs/determinism.md`).

use serde::Serialize;
use std::time::Instant;

/// How a run went on the machine.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Timing {
    /// When it started: UTC, to the second.
    pub started_at: String,
    /// How long it took, in seconds.
    pub wall_s: f64,
    /// Events per second of that.
    pub events_per_s: f64,
    /// The most memory that the process had, in bytes; `None` where the system doesn't tell.
    pub peak_memory_bytes: Option<u64>,
    /// Hardware threads of the machine; `None` where the system doesn't tell.
    pub host_cores: Option<u64>,
    /// The operating system and the processor.
    pub host: String,
    /// "debug" or "release".
    pub profile: &'static str,
    /// The compiler.
    pub toolchain: Option<&'static str>,
    /// What was typed.
    pub command_line: Vec<String>,
}

/// Measures how long a run takes.
#[derive(Debug)]
pub struct Stopwatch {
    since: Instant,
    started_at: String,
}

impl Stopwatch {
    /// Starts now.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        clippy::disallowed_types,
        reason = "it measures the program, not the simulation; goes to timing.json only"
    )]
    pub fn start() -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let started_at = utc(now.map_or(0, |since| since.as_secs()));
        Self { since: Instant::now(), started_at }
    }

    /// Seconds since the start.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.since.elapsed().as_secs_f64()
    }

    /// What is known when a run with so many events has ended.
    #[must_use]
    pub fn timing(&self, events: u64) -> Timing {
        let wall_s = self.seconds();
        let cores = std::thread::available_parallelism().ok();
        Timing {
            started_at: self.started_at.clone(),
            wall_s,
            // The least time that the clock can tell, so that no run is infinitely fast.
            events_per_s: events as f64 / wall_s.max(1e-9),
            peak_memory_bytes: peak_memory_bytes(),
            host_cores: cores.map(|cores| cores.get() as u64),
            host: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            profile: if cfg!(debug_assertions) { "debug" } else { "release" },
            toolchain: option_env!("CLIPPEE_SIM_TOOLCHAIN"),
            command_line: std::env::args_os().map(|arg| arg.to_string_lossy().into()).collect(),
        }
    }
}

/// From Linux's `/proc`: the high-water mark of resident memory.
fn peak_memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Seconds since 1970 as `2026-01-31T12:34:56Z` (Howard Hinnant's `civil_from_days`).
fn utc(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Months count from March, so that the leap day comes last.
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, wraps) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = 400 * era + year_of_era + wraps;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_right_around_leap_days() {
        assert_eq!(utc(0), "1970-01-01T00:00:00Z");
        assert_eq!(utc(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(utc(951_868_800), "2000-03-01T00:00:00Z");
        assert_eq!(utc(4_107_542_399), "2100-02-28T23:59:59Z");
        assert_eq!(utc(4_107_542_400), "2100-03-01T00:00:00Z");
    }

    #[test]
    fn a_timing_tells_what_the_machine_tells() {
        let timing = Stopwatch::start().timing(1000);
        assert!(timing.wall_s >= 0.0 && timing.events_per_s.is_finite());
        if cfg!(target_os = "linux") {
            assert!(timing.peak_memory_bytes.unwrap() > 100_000);
        }
    }
}
