//! Availability traces: who was online when.
//!
//! One node a line: its name, the number of its sessions, then begin and end of each in seconds
//! from the start of the observation, separated by blanks or commas. So both known forms are read
//! alike: AVT, the format of the Repository of Availability Traces (Godfrey; tabs and blanks), and
//! the CSV of the Skype data (`node,count,begin end begin end ...`). Lines that begin with `#` are
//! comments. A node without sessions was never online. A session that begins where the last one
//! ended is a restart. The observation ends where the last session of all ends.

use super::DataError;
use super::place::{Cell, Line, data_lines, nothing};
use crate::node::Span;
use crate::sim::churn::Trace;
use std::collections::BTreeMap;

/// Times above this can't be seconds: it is the year 2286 even for traces that count from 1970.
const LATEST_S: f64 = 1e10;
/// More sessions of one node than any trace has.
const MOST_SESSIONS: usize = 100_000_000;

/// Makes a trace of the text of a file.
///
/// # Errors
/// The first thing that is wrong, with its place: a number that is none, a session that is empty,
/// reversed or begins before the last one ended, a count that doesn't fit, a node listed twice, no
/// session at all.
pub fn trace(text: &str) -> Result<Trace, DataError> {
    const EXPECTED: &str = "a node a line: name, number of sessions, begin and end of each";
    let mut nodes = Vec::new();
    let mut seen = BTreeMap::new();
    for line in data_lines(text) {
        let mut cells = line.split(|c| c == ',' || c.is_whitespace());
        cells.retain(|cell| !cell.text.is_empty());
        let [name, count, times @ ..] = &cells[..] else {
            return Err(line.end().error("the number of sessions is missing", EXPECTED));
        };
        if let Some(first) = seen.insert(name.text, line.number) {
            let message = format!("node `{}` is already on line {first}", name.shown());
            return Err(name.error(message, "list all sessions of a node on one line"));
        }
        nodes.push(sessions(&line, count, times)?);
    }
    if nodes.is_empty() {
        return Err(nothing(text, EXPECTED));
    }
    let ends = nodes.iter().filter_map(|sessions| sessions.last()).map(|&(_, end)| end);
    match ends.max() {
        Some(end) => Ok(Trace { nodes, end }),
        None => Err(nothing(text, "at least one node with a session")),
    }
}

fn sessions(
    line: &Line<'_>,
    count: &Cell<'_>,
    times: &[Cell<'_>],
) -> Result<Vec<(Span, Span)>, DataError> {
    let count_of = count.whole("the number of sessions", MOST_SESSIONS)?;
    if times.len() != 2 * count_of {
        let place = times.get(2 * count_of).copied().unwrap_or_else(|| line.end());
        let message =
            format!("a count of {count_of} takes {} times, not {}", 2 * count_of, times.len());
        return Err(place.error(message, "the second cell is the number of sessions"));
    }
    let mut sessions: Vec<(Span, Span)> = Vec::with_capacity(count_of);
    for pair in times.chunks_exact(2) {
        let (begin, end) = (seconds(&pair[0])?, seconds(&pair[1])?);
        if begin >= end {
            let fault = if begin == end { "is empty: it ends where" } else { "ends before" };
            let message = format!("the session from {} {fault} it begins", pair[0].text);
            return Err(pair[1].error(message, "begin and end of a session, in seconds"));
        }
        if let Some(&(_, last)) = sessions.last().filter(|&&(_, last)| last > begin) {
            let message = format!("this session begins before the last one ended, at {last}");
            return Err(pair[0].error(message, "sessions are in order and don't overlap"));
        }
        sessions.push((begin, end));
    }
    Ok(sessions)
}

/// A time in seconds, decimals allowed; whole ones are exact.
fn seconds(cell: &Cell<'_>) -> Result<Span, DataError> {
    let number = cell.number("a time in seconds")?;
    if number > LATEST_S {
        return Err(cell.error(
            format!("{} seconds are more than 300 years", cell.text),
            "times are in seconds",
        ));
    }
    Ok(cell.text.parse().map_or_else(|_| Span::from_secs_f64(number), Span::from_secs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(s: u64) -> Span {
        Span::from_secs(s)
    }

    #[test]
    fn both_forms_are_read_alike() {
        let csv = "# comment\n0,3,0 1814 3629 9077 10892 12709\n1,0\n";
        let avt = "e0f4\t3\t 0 1814 3629 9077 10892 12709\n\nffff\t0\t\n";
        let nodes =
            vec![vec![(at(0), at(1814)), (at(3629), at(9077)), (at(10892), at(12709))], vec![]];
        let want = Trace { nodes, end: at(12709) };
        assert_eq!(trace(csv), Ok(want.clone()));
        assert_eq!(trace(avt), Ok(want));
    }

    #[test]
    fn decimals_and_restarts_are_allowed() {
        let got = trace("a 2 0.5 1 1 2").expect("a sound trace");
        assert_eq!(got.nodes[0], [(Span::from_millis(500), at(1)), (at(1), at(2))]);
    }

    #[test]
    fn everything_wrong_is_told_with_its_place() {
        for (text, line, column, part) in [
            ("", 1, 1, "no data"),
            ("# only\n# comments\n", 2, 1, "no data"),
            ("a,0\nb,0\n", 2, 1, "no data"),
            ("a\n", 1, 2, "number of sessions is missing"),
            ("a,x,1 2", 1, 3, "`x` isn't a whole number"),
            ("a,-1,1 2", 1, 3, "isn't a whole number"),
            ("a,999999999999,1 2", 1, 3, "too large"),
            ("a,2,1 2 3", 1, 10, "a count of 2 takes 4 times, not 3"),
            ("a,1,1 2 3 4", 1, 9, "a count of 1 takes 2 times, not 4"),
            ("a,1,1 NaN", 1, 7, "NaN"),
            ("a,1,1 inf", 1, 7, "finite"),
            ("a,1,-1 2", 1, 5, "negative"),
            ("a,1,1 2s", 1, 7, "`2s` isn't a number"),
            ("a,1,5 5", 1, 7, "is empty"),
            ("a,1,5 4", 1, 7, "ends before it begins"),
            ("a,2,1 5 4 9", 1, 9, "begins before the last one ended, at 5s"),
            ("a,1,1 2\n a,1,3 4", 2, 2, "already on line 1"),
            ("a,1,1 1e11", 1, 7, "300 years"),
        ] {
            let error = trace(text).expect_err(text);
            assert!(error.message.contains(part), "{text:?}: {error}");
            assert_eq!((error.line, error.column), (line, column), "{text:?}: {error}");
        }
    }

    proptest! {
        /// Whatever stands in a file: no panic, sound sessions, and an error lies in it.
        #[test]
        fn any_text_gives_a_trace_or_a_place(text in "([ab]?,?[0-2],?([ 0-9-]{1,4}){0,5}\n){0,4}") {
            match trace(&text) {
                Ok(trace) => for sessions in &trace.nodes {
                    prop_assert!(sessions.iter().all(|(begin, end)| begin < end));
                    prop_assert!(sessions.windows(2).all(|pair| pair[0].1 <= pair[1].0));
                    prop_assert!(sessions.iter().all(|&(_, end)| end <= trace.end));
                },
                Err(error) => {
                    let line = text.lines().nth(error.line - 1).unwrap_or("");
                    let columns = 1..=line.chars().count() + 1;
                    prop_assert!(columns.contains(&error.column), "{}", error);
                }
            }
        }
    }
}
