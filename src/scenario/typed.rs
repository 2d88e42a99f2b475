//! Single values as they are typed on a command line, read as in a scenario.

use super::kind::{Kind, Refusal, Time};
use super::tree::Value;
use super::units::BYTES;
use crate::node::Span;

/// A length of time such as "50ms".
///
/// # Errors
/// What is wrong with it, and what is expected.
pub fn span(text: &str) -> Result<Span, String> {
    let kind = Time::from(Span::ZERO);
    kind.read(&Value::Text(text.into())).map_err(|refusal| {
        let help = refusal.help.map_or_else(String::new, |help| format!("; {help}"));
        format!("it {}; expected {}{help}", refusal.what, kind.describe())
    })
}

/// A size such as "2GiB", in bytes.
///
/// # Errors
/// What is wrong with it, and what is expected.
pub fn bytes(text: &str) -> Result<u64, String> {
    let refuse = |refusal: Refusal| {
        let help = refusal.help.map_or_else(String::new, |help| format!("; {help}"));
        format!("it {}; expected a size such as \"2GiB\"{help}", refusal.what)
    };
    let (number, unit) = BYTES.split(&Value::Text(text.into())).map_err(refuse)?;
    number.times(unit).map_err(|_| "it isn't a whole number of bytes".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_in_a_scenario() {
        assert_eq!(span("1.5s"), Ok(Span::from_millis(1_500)));
        assert!(span("1").unwrap_err().contains("expected a time from 0s"));
        assert!(span("soon").is_err());
    }

    #[test]
    fn sizes_are_read_as_in_a_scenario() {
        assert_eq!((bytes("2GiB"), bytes("1.5KiB"), bytes("0B")), (Ok(2 << 30), Ok(1536), Ok(0)));
        assert!(bytes("2").unwrap_err().contains("expected a size such as"));
        assert!(bytes("2 gigs").is_err() && bytes("0.3B").is_err());
    }
}
