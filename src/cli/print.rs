//! Numbers for people in a hurry.

/// A large number, shortened: `950`, `12.3 k`, `4.56 M`.
pub fn count(number: f64) -> String {
    let (scaled, suffix) = match number {
        n if n < 1e3 => return format!("{n:.0}"),
        n if n < 1e6 => (n / 1e3, "k"),
        n if n < 1e9 => (n / 1e6, "M"),
        n => (n / 1e9, "G"),
    };
    let digits = match scaled {
        s if s < 10.0 => 2,
        s if s < 100.0 => 1,
        _ => 0,
    };
    format!("{scaled:.digits$} {suffix}")
}

/// A length of time, with what matters of it: `0.52 s`, `12 s`, `3 min 20 s`, `2 h 05 min`, `7 d 12
/// h`.
pub fn seconds(seconds: f64) -> String {
    if seconds < 9.95 {
        let digits = if seconds < 0.995 { 2 } else { 1 };
        return format!("{seconds:.digits$} s");
    }
    let whole = (seconds + 0.5) as u64;
    match whole {
        s if s < 60 => format!("{s} s"),
        s if s < 3600 => format!("{} min {:02} s", s / 60, s % 60),
        s if s < 86_400 => format!("{} h {:02} min", s / 3600, s / 60 % 60),
        s => format!("{} d {:02} h", s / 86_400, s / 3600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_keep_three_digits() {
        assert_eq!(count(0.0), "0");
        assert_eq!(count(999.0), "999");
        assert_eq!(count(1234.0), "1.23 k");
        assert_eq!(count(45_600_000.0), "45.6 M");
        assert_eq!(count(123e9), "123 G");
    }

    #[test]
    fn lengths_of_time_keep_two_units() {
        assert_eq!(seconds(0.5211), "0.52 s");
        assert_eq!(seconds(9.96), "10 s");
        assert_eq!(seconds(200.4), "3 min 20 s");
        assert_eq!(seconds(7500.0), "2 h 05 min");
        assert_eq!(seconds(648_000.0), "7 d 12 h");
    }
}
