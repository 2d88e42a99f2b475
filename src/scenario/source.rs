//! The texts that a scenario is made of, and places in them.

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use std::path::PathBuf;

/// Stands for "not written anywhere": the source of default values.
pub(super) const DEFAULTS: usize = usize::MAX;

/// A stretch of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Which source: 0 is the scenario file, the others are `--set` and the like; [`DEFAULTS`] is
    /// none.
    pub source: usize,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Place {
    /// Whether somebody wrote it.
    pub const fn is_written(self) -> bool {
        self.source != DEFAULTS
    }
}

/// A text that errors point into.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// The name in errors: a path, or `--set`.
    pub name: String,
    /// The text, or the piece of it that errors show.
    pub text: String,
    /// The folder that relative paths in it start at.
    pub base: PathBuf,
    /// Where the piece shown is (line, column, from 0), if `text` is a piece.
    piece: Option<(usize, usize)>,
}

impl Source {
    /// A whole text.
    pub fn new(name: impl Into<String>, text: impl Into<String>, base: impl Into<PathBuf>) -> Self {
        let mut text = text.into();
        // A caret after the last character needs something to stand under.
        if !text.ends_with('\n') {
            text.push('\n');
        }
        Self { name: name.into(), text, base: base.into(), piece: None }
    }

    /// `place` as errors show it: at least one character, none in part.
    pub fn span(&self, place: Place) -> SourceSpan {
        let whole = |at: &usize| self.text.is_char_boundary(*at);
        let start = (0..=place.start.min(self.text.len())).rev().find(whole).unwrap_or(0);
        let end = place.end.max(start + 1)..=self.text.len();
        let end = end.into_iter().find(whole).unwrap_or(self.text.len());
        (start, end - start).into()
    }

    /// Whether two places of this source are on one line, or on lines that follow each other.
    pub fn are_near(&self, a: Place, b: Place) -> bool {
        let between = self.text.get(a.end.min(b.end)..a.start.max(b.start)).unwrap_or("");
        between.matches('\n').count() <= 1
    }

    /// The piece of a data file around a place in it (line and column from 1, the column in
    /// characters), and where in that piece the word at the place is. Lines of data files are
    /// thousands of characters long: a whole one would bury the message.
    pub fn excerpt(name: &str, text: &str, line: usize, column: usize) -> (Self, SourceSpan) {
        const BEFORE: usize = 24;
        const LENGTH: usize = 60;
        let whole: Vec<char> = text.lines().nth(line.max(1) - 1).unwrap_or("").chars().collect();
        let at = column.max(1).min(whole.len() + 1) - 1;
        let first = at.saturating_sub(BEFORE);
        let mut shown: String = whole[first..].iter().take(LENGTH).collect();
        shown.push('\n');
        let bytes = |chars: &[char]| chars.iter().map(|c| c.len_utf8()).sum::<usize>();
        let is_end = |c: &&char| matches!(c, ',' | ';') || c.is_whitespace();
        let word = whole[at..].iter().take(LENGTH - BEFORE).take_while(|c| !is_end(c)).count();
        let span = (bytes(&whole[first..at]), bytes(&whole[at..at + word]).max(1));
        let piece = Some((line.max(1) - 1, at));
        (Self { name: name.into(), text: shown, base: PathBuf::new(), piece }, span.into())
    }
}

impl SourceCode for Source {
    /// The whole lines that `span` touches; what is around them only distracts.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        _before: usize,
        _after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let text = self.text.as_str();
        let first = span.offset();
        let (Some(before), Some(_)) = (text.get(..first), text.get(..first + span.len())) else {
            return Err(MietteError::OutOfBounds);
        };
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let last = first + span.len();
        // The newline of the last line, even where that is all the span has of it.
        let tail = first.max(last.saturating_sub(1));
        let newline = text.as_bytes()[tail..].iter().position(|&byte| byte == b'\n');
        let end = newline.map_or(text.len(), |at| tail + at + 1);
        let (line, column) = self
            .piece
            .unwrap_or_else(|| (before.matches('\n').count(), before[start..].chars().count()));
        let shown = &text[start..end];
        let span = (start, shown.len()).into();
        let lines = shown.lines().count();
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            shown.as_bytes(),
            span,
            line,
            column,
            lines,
        )))
    }
}
