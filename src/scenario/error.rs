//! What is wrong with a scenario: every mistake at once, each with its place, what was expected,
//! and a suggestion.

use super::source::{Place, Source};
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, Severity, SourceCode,
    SourceSpan,
};
use std::fmt::{self, Display};
use std::sync::Arc;

/// A scenario that can't be used, with all its mistakes in the order of the file.
#[derive(Debug)]
pub struct Invalid {
    name: String,
    problems: Vec<Problem>,
}

impl Invalid {
    /// Mistakes of the scenario called `name`.
    pub(super) fn new(name: &str, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| problem.order);
        Self { name: name.into(), problems }
    }

    /// The mistakes, in the order of the file, then of the command line.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// All mistakes as text for people, `width` columns wide, and a last line that counts them.
    /// With `colours` it has ANSI escapes: only for terminals.
    #[must_use]
    pub fn render(&self, width: usize, colours: bool) -> String {
        let mut theme =
            if colours { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        theme.characters.underline = '^';
        theme.characters.underbar = '^';
        theme.characters.error = "error:".into();
        theme.characters.advice = "note:".into();
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(width)
            .with_links(false)
            .with_context_lines(0);
        let mut text = String::new();
        for problem in &self.problems {
            for part in std::iter::once(problem).chain(&problem.notes) {
                let lone = Lone(part);
                // Writing to a String can't fail, and a place outside its source is shown as such.
                let _ = handler.render_report(&mut text, &lone);
            }
            text.push('\n');
        }
        text.push_str(&format!("{self}\n"));
        text
    }
}

impl Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.len() {
            1 => write!(f, "1 mistake in {}", self.name),
            n => write!(f, "{n} mistakes in {}", self.name),
        }
    }
}

impl std::error::Error for Invalid {}

impl Diagnostic for Invalid {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.problems.iter().map(|problem| problem as &dyn Diagnostic)))
    }
}

/// One mistake.
#[derive(Debug)]
pub struct Problem {
    message: String,
    help: Option<String>,
    source: Option<Arc<Source>>,
    labels: Vec<LabeledSpan>,
    notes: Vec<Problem>,
    note: bool,
    order: (usize, usize),
    place: Option<Place>,
}

impl Problem {
    /// A mistake without a place, as yet.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
            source: None,
            labels: Vec::new(),
            notes: Vec::new(),
            note: false,
            order: (0, 0),
            place: None,
        }
    }

    /// With a suggestion.
    pub(super) fn help(mut self, help: impl Into<Option<String>>) -> Self {
        self.help = help.into();
        self
    }

    /// Points at `place`. The first place is the mistake's; further ones become notes unless they
    /// stand beside it.
    pub(super) fn at(mut self, place: Place, sources: &[Arc<Source>], label: &str) -> Self {
        let Some(source) = sources.get(place.source) else { return self };
        let span = source.span(place);
        match self.place {
            None => {
                self.place = Some(place);
                self.order = (place.source, place.start);
                self.source = Some(Arc::clone(source));
                self.labels.push(LabeledSpan::new_primary_with_span(Some(label.into()), span));
            }
            Some(first) if first.source == place.source && source.are_near(first, place) => {
                self.labels.push(LabeledSpan::new_with_span(Some(label.into()), span));
            }
            Some(_) => {
                let mut note = Self::new(label).at(place, sources, "here");
                note.note = true;
                self.notes.push(note);
            }
        }
        self
    }

    /// Points into a data file first; the place in the scenario that names it becomes a note.
    pub(super) fn in_data(mut self, source: Source, span: SourceSpan, label: &str) -> Self {
        let mut note = Self::new("this file is named by the scenario");
        note.note = true;
        note.source = self.source.take();
        note.labels = std::mem::take(&mut self.labels);
        self.notes.push(note);
        self.source = Some(Arc::new(source));
        self.labels.push(LabeledSpan::new_primary_with_span(Some(label.into()), span));
        self
    }

    /// With something that is worth knowing beside it.
    pub(super) fn note(mut self, message: impl Into<String>) -> Self {
        let mut note = Self::new(message);
        note.note = true;
        self.notes.push(note);
        self
    }

    /// Where it is, if it has a place in the scenario.
    pub(super) const fn place(&self) -> Option<Place> {
        self.place
    }
}

impl Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn severity(&self) -> Option<Severity> {
        Some(if self.note { Severity::Advice } else { Severity::Error })
    }
    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn Display>)
    }
    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_deref().map(|source| source as &dyn SourceCode)
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        if self.notes.is_empty() {
            return None;
        }
        Some(Box::new(self.notes.iter().map(|note| note as &dyn Diagnostic)))
    }
}

/// A mistake without its notes: they are rendered after it, in their own right.
#[derive(Debug)]
struct Lone<'a>(&'a Problem);

impl Display for Lone<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Lone<'_> {}

impl Diagnostic for Lone<'_> {
    fn severity(&self) -> Option<Severity> {
        self.0.severity()
    }
    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        self.0.help()
    }
    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.0.source_code()
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.0.labels()
    }
}
