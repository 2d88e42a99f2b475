//! Files that are made from a stored trace, beside it.

use super::error::StoreError;
use super::files;
use crate::report::trace::TraceError;
use std::fs::File;
use std::io::{BufReader, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Lets `write` make the file `name` from the trace of the result in `place`; it appears when it is
/// complete. Returns its path, and what `write` does.
///
/// # Errors
/// If there is no trace, it can't be shown, or the file can't be written; then an old one stays.
pub fn export<T>(
    place: &Path,
    name: &str,
    write: impl FnOnce(BufReader<File>, &mut BufWriter<&mut File>) -> Result<T, TraceError>,
) -> Result<(PathBuf, T), StoreError> {
    let trace = place.join("trace.jsonl");
    let source = File::open(&trace).map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            let reason = "trace.jsonl is missing; `run --trace` writes it".to_owned();
            StoreError::Missing { place: place.to_owned(), reason }
        }
        _ => StoreError::system("read", &trace)(error),
    })?;
    let path = place.join(name);
    let failed = StoreError::system("write", &path);
    let mut file = files::hidden_file(place, &format!(".{name}.tmp-"))?;
    let shown = {
        let mut out = BufWriter::new(file.as_file_mut());
        let shown = write(BufReader::new(source), &mut out)
            .map_err(|source| StoreError::Trace { place: trace, source })?;
        out.flush().map_err(failed)?;
        shown
    };
    file.as_file().sync_all().map_err(StoreError::system("write", &path))?;
    file.persist(&path).map_err(|error| StoreError::system("create", &path)(error.error))?;
    files::sync_entries(place);
    Ok((path, shown))
}
