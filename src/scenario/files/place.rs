//! Cells of a text with their places, and errors that name one.

/// What is wrong with a data file's content, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct DataError {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What was expected, or what to do about it.
    pub help: String,
}

/// A piece of a line, with its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell<'a> {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) text: &'a str,
}

impl Cell<'_> {
    pub(super) fn error(&self, message: impl Into<String>, help: impl Into<String>) -> DataError {
        let (line, column) = (self.line, self.column);
        DataError { line, column, message: message.into(), help: help.into() }
    }

    /// The cell as a finite number of at least 0; `what` names it in errors ("a latency").
    pub(super) fn number(&self, what: &str) -> Result<f64, DataError> {
        let expected = format!("{what} is a number of at least 0, such as 12.5");
        if self.text.is_empty() {
            return Err(self.error("this cell is empty", expected));
        }
        let Ok(number) = self.text.parse::<f64>() else {
            return Err(self.error(format!("`{}` isn't a number", self.shown()), expected));
        };
        if number.is_nan() {
            return Err(self.error("NaN isn't a value that can be simulated", expected));
        }
        if number.is_infinite() {
            return Err(self.error(format!("{what} must be finite"), expected));
        }
        if number < 0.0 {
            return Err(self.error(format!("{what} can't be negative: {}", self.text), expected));
        }
        Ok(number)
    }

    /// The cell as a whole number of at most `most`.
    pub(super) fn whole(&self, what: &str, most: usize) -> Result<usize, DataError> {
        match self.text.parse::<usize>() {
            Ok(number) if number <= most => Ok(number),
            Ok(_) => Err(self
                .error(format!("{} is too large", self.text), format!("{what} is at most {most}"))),
            Err(_) => {
                let message = format!("`{}` isn't a whole number", self.shown());
                Err(self.error(message, format!("expected {what}")))
            }
        }
    }

    /// The text, cut to what an error message can show.
    pub(super) fn shown(&self) -> String {
        const MOST: usize = 30;
        let mut shown: String = self.text.chars().take(MOST).collect();
        if self.text.chars().nth(MOST).is_some() {
            shown.push_str("...");
        }
        shown
    }
}

/// A line that holds data.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// From 1.
    pub(super) number: usize,
    pub(super) text: &'a str,
}

impl<'a> Line<'a> {
    /// The place of the line's first character.
    pub(super) fn start(&self) -> Cell<'a> {
        let blanks = self.text.chars().take_while(|c| c.is_whitespace()).count();
        Cell { line: self.number, column: blanks + 1, text: self.text.trim_start() }
    }

    /// The place after the line's last character.
    pub(super) fn end(&self) -> Cell<'a> {
        let column = self.text.chars().count() + 1;
        Cell { line: self.number, column, text: "" }
    }

    /// The cells of the line: between commas if there is one, else between blanks.
    pub(super) fn cells(&self) -> Vec<Cell<'a>> {
        if self.text.contains(',') { self.split(|c| c == ',') } else { self.words() }
    }

    /// The words of the line: what blanks separate.
    pub(super) fn words(&self) -> Vec<Cell<'a>> {
        let mut cells = self.split(char::is_whitespace);
        cells.retain(|cell| !cell.text.is_empty());
        cells
    }

    /// The pieces between separators, blanks around them removed.
    pub(super) fn split(&self, separates: impl Fn(char) -> bool) -> Vec<Cell<'a>> {
        let mut cells = Vec::new();
        let mut column = 1;
        for piece in self.text.split(separates) {
            let trimmed = piece.trim_start();
            let skipped = piece.chars().count() - trimmed.chars().count();
            cells.push(Cell {
                line: self.number,
                column: column + skipped,
                text: trimmed.trim_end(),
            });
            column += piece.chars().count() + 1;
        }
        cells
    }
}

/// The lines that hold data: not empty, and no comment (which begins with `#`). An initial byte
/// order mark is left out.
pub(super) fn data_lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    (text.lines().enumerate())
        .map(|(index, text)| Line { number: index + 1, text: text.trim_end() })
        .filter(|line| !line.text.trim_start().is_empty() && !line.text.starts_with('#'))
}

/// The error of a file without data.
pub(super) fn nothing(text: &str, expected: &str) -> DataError {
    let line = text.lines().count().max(1);
    let message = "the file holds no data".into();
    DataError { line, column: 1, message, help: format!("expected {expected}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places<'a>(cells: &[Cell<'a>]) -> Vec<(usize, &'a str)> {
        cells.iter().map(|cell| (cell.column, cell.text)).collect()
    }

    #[test]
    fn cells_know_their_columns() {
        let lines: Vec<Line<'_>> = data_lines("# no\n\n1, \u{e4}2 ,3\r\n 4\t 5 \n").collect();
        assert_eq!(lines.iter().map(|line| line.number).collect::<Vec<_>>(), [3, 4]);
        assert_eq!(places(&lines[0].cells()), [(1, "1"), (4, "\u{e4}2"), (8, "3")]);
        assert_eq!(places(&lines[1].cells()), [(2, "4"), (5, "5")]);
        assert_eq!(lines[1].end().column, 6);
    }

    #[test]
    fn numbers_that_are_none_are_told_precisely() {
        let told =
            |text| Cell { line: 1, column: 1, text }.number("a latency").map_err(|e| e.message);
        assert_eq!(told("12.5"), Ok(12.5));
        assert_eq!(told("1e3"), Ok(1000.0));
        for (text, part) in [
            ("", "empty"),
            ("x", "`x` isn't a number"),
            ("NaN", "NaN"),
            ("inf", "finite"),
            ("-1", "negative"),
        ] {
            let message = told(text).expect_err("no latency");
            assert!(message.contains(part), "{text}: {message}");
        }
    }
}
