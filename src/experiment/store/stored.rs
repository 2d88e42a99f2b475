//! Reading a result back, and drawing its figures.

use super::error::StoreError;
use super::files;
use super::slot::aside;
use crate::report::plot::{self, Source, Texts};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A result on disk.
#[derive(Debug)]
pub struct Stored {
    place: PathBuf,
    source: Source,
}

impl Stored {
    /// Reads the result in `place`.
    ///
    /// # Errors
    /// If there is none, or one of its files is missing or broken.
    pub fn open(place: &Path) -> Result<Self, StoreError> {
        files::restore(place, &aside(place))?;
        let read = |name: &str| {
            fs::read_to_string(place.join(name)).map_err(|error| match error.kind() {
                ErrorKind::NotFound => {
                    let reason = if place.exists() {
                        format!("{name} is missing")
                    } else {
                        "no such directory".to_owned()
                    };
                    StoreError::Missing { place: place.to_owned(), reason }
                }
                _ => StoreError::system("read", &place.join(name))(error),
            })
        };
        let texts = Texts {
            manifest: &read("manifest.json")?,
            metrics: &read("metrics.json")?,
            series: &read("series.csv")?,
            distributions: &read("distributions.csv")?,
        };
        let unreadable = |source| StoreError::Unreadable { place: place.to_owned(), source };
        let source = Source::read(texts).map_err(unreadable)?;
        Ok(Self { place: place.to_owned(), source })
    }

    /// Draws all figures anew into `figures/`, in place of those that were there, and returns their
    /// paths.
    ///
    /// # Errors
    /// If they can't be written; then the old ones stay.
    pub fn draw(&self) -> Result<Vec<PathBuf>, StoreError> {
        let figures = self.place.join("figures");
        let aside = aside(&figures);
        files::restore(&figures, &aside)?;
        let folder = files::hidden_folder(&self.place, ".figures.tmp-")?;
        let failed = |source| StoreError::Figures { place: self.place.clone(), source };
        let names = plot::draw(&self.source, folder.path()).map_err(failed)?;
        files::sync_folder(folder.path())?;
        files::replace(folder, &figures, &aside)?;
        let paths = names
            .iter()
            .flat_map(|name| ["svg", "png"].map(|kind| figures.join(format!("{name}.{kind}"))));
        Ok(paths.collect())
    }
}
