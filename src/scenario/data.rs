//! Data files that a scenario names: read once each, their mistakes shown where they are.

use super::error::Problem;
use super::files::{self, DataError, FileError, MatrixFormat, Unit};
use super::reader::{Field, Session};
use super::source::Source;
use crate::sim::churn::Trace;
use crate::sim::network::Matrix;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A data file that a scenario uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileUsed {
    /// The path, as written in the scenario.
    pub path: String,
    /// SHA-256 of the file as stored, in hexadecimal.
    pub sha256: String,
}

/// What was read so far, sound or not, by path and way of reading: a sweep reads a scenario many
/// times.
#[derive(Default)]
pub(super) struct Files {
    texts: BTreeMap<PathBuf, Result<Text, FileError>>,
    matrices: BTreeMap<String, Result<Arc<Matrix>, DataError>>,
    traces: BTreeMap<PathBuf, Result<Arc<Trace>, DataError>>,
    used: Vec<FileUsed>,
}

#[derive(Clone)]
struct Text {
    /// Where it isn't UTF-8, with a stand-in for what can't be read.
    text: Arc<str>,
    flaw: Option<DataError>,
    sha256: String,
}

impl Files {
    /// The files used since this was last asked, in the order of their first use.
    pub fn take_used(&mut self) -> Vec<FileUsed> {
        std::mem::take(&mut self.used)
    }

    fn text(&mut self, written: &str, path: &Path) -> Result<Text, FileError> {
        let read = || {
            let content = files::read(path)?;
            let text = Arc::from(String::from_utf8_lossy(&content.bytes));
            Ok(Text { text, flaw: content.text().err(), sha256: content.sha256 })
        };
        let text = self.texts.entry(path.to_owned()).or_insert_with(read).clone()?;
        if self.used.iter().all(|used| used.path != written) {
            self.used.push(FileUsed { path: written.into(), sha256: text.sha256.clone() });
        }
        Ok(text)
    }
}

/// The matrix in the file that `file` names; `None` after a mistake.
pub(super) fn matrix(
    s: &mut Session<'_>,
    file: &Field<String>,
    format: &Field<Option<MatrixFormat>>,
    unit: &Field<Unit>,
) -> Option<Arc<Matrix>> {
    if !(format.mark.sound && unit.mark.sound) {
        return None;
    }
    let (path, text) = open(s, file)?;
    let key = format!("{:?} {:?} {}", format.value, unit.value, path.display());
    let read = || files::matrix(&text, format.value, unit.value).map(Arc::new);
    let matrix = s.files.matrices.entry(key).or_insert_with(read).clone();
    matrix.map_err(|error| tell(s, file, &path, &text, error)).ok()
}

/// The trace in the file that `file` names; `None` after a mistake.
pub(super) fn trace(s: &mut Session<'_>, file: &Field<String>) -> Option<Arc<Trace>> {
    let (path, text) = open(s, file)?;
    let read = || files::trace(&text).map(Arc::new);
    let trace = s.files.traces.entry(path.clone()).or_insert_with(read).clone();
    trace.map_err(|error| tell(s, file, &path, &text, error)).ok()
}

fn open(s: &mut Session<'_>, file: &Field<String>) -> Option<(PathBuf, Arc<str>)> {
    let place = file.mark.at.filter(|_| file.mark.sound)?;
    let path = s.sources.get(place.source)?.base.join(&file.value);
    match s.files.text(&file.value, &path) {
        Ok(Text { text, flaw: None, .. }) => Some((path, text)),
        Ok(Text { text, flaw: Some(error), .. }) => {
            tell(s, file, &path, &text, error);
            None
        }
        Err(error) => {
            s.tell_at(place, error.message, "expected a data file", Some(error.help));
            None
        }
    }
}

/// Shows the mistake in the data file, and where the scenario names that file.
fn tell(s: &mut Session<'_>, file: &Field<String>, path: &Path, text: &str, error: DataError) {
    let Some(place) = file.mark.at else { return };
    let name = path.display().to_string();
    let (source, span) = Source::excerpt(&name, text, error.line, error.column);
    let problem = Problem::new(error.message)
        .help(Some(error.help))
        .at(place, s.sources, "named here")
        .in_data(source, span, "here");
    s.tell(problem);
}
