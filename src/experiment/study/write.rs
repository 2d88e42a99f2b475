//! The files of a study.

use super::runs::Runs;
use super::verdict::Verdicts;
use super::{Study, figure, judge, points, text};
use crate::experiment::store::{StoreError, files};
use crate::report::plot::comparison::{self, Comparison};
use crate::report::{self, json};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// What was concluded.
#[derive(Clone, Debug)]
pub struct Concluded {
    /// `points.csv`.
    pub points: String,
    /// The verdicts; `None`: nothing is claimed.
    pub verdicts: Option<Verdicts>,
    /// The figures, by name.
    pub figures: Vec<(String, Comparison)>,
    /// Figures that can't be drawn, and why.
    pub omitted: Vec<(String, String)>,
}

/// Why the files of a sweep or of its study can't be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A number isn't fit to be written.
    #[error(transparent)]
    Report(#[from] report::Error),
}

impl Concluded {
    /// Verdicts and omitted figures for the screen; empty if there are none.
    #[must_use]
    pub fn text(&self) -> String {
        let mut shown = self.verdicts.as_ref().map(text::table).unwrap_or_default();
        for (name, why) in &self.omitted {
            shown.push_str(&format!("no figure  {name}: {why}\n"));
        }
        shown
    }
}

/// What the runs say.
///
/// # Errors
/// If a number isn't fit to be written.
pub fn conclude(runs: &Runs, study: &Study<'_>) -> Result<Concluded, report::Error> {
    let (mut figures, mut omitted) = (Vec::new(), Vec::new());
    for figure in study.figures {
        match figure::comparison(runs, study, figure) {
            Ok(comparison) => figures.push((figure.name.clone(), comparison)),
            Err(why) => omitted.push((figure.name.clone(), why)),
        }
    }
    let verdicts = (!study.claims.is_empty()).then(|| judge::judge(runs, study));
    Ok(Concluded { points: points::csv(runs, study)?, verdicts, figures, omitted })
}

/// Writes `points.csv`, `verdict.json` and `figures/` into a folder that exists, each under a
/// temporary name first. What the scenario doesn't ask for any more is removed.
///
/// # Errors
/// As [`conclude`], and what the system says.
pub fn write(folder: &Path, runs: &Runs, study: &Study<'_>) -> Result<Concluded, Error> {
    let concluded = conclude(runs, study)?;
    files::put(&folder.join("points.csv"), &concluded.points)?;
    let verdict = folder.join("verdict.json");
    match &concluded.verdicts {
        Some(verdicts) => files::put(&verdict, &json::text(verdicts)?)?,
        None => match fs::remove_file(&verdict) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(StoreError::system("remove", &verdict)(error).into());
            }
            _ => {}
        },
    }
    draw(folder, &concluded.figures)?;
    Ok(concluded)
}

fn draw(folder: &Path, figures: &[(String, Comparison)]) -> Result<(), StoreError> {
    let (place, aside) = (folder.join("figures"), folder.join(".figures.old"));
    files::restore(&place, &aside)?;
    if figures.is_empty() {
        return match fs::remove_dir_all(&place) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(StoreError::system("remove", &place)(error))
            }
            _ => Ok(()),
        };
    }
    let hidden = files::hidden_folder(folder, ".figures.tmp-")?;
    for (name, figure) in figures {
        let failed = |source| StoreError::Figures { place: folder.to_owned(), source };
        comparison::draw(figure, hidden.path(), name).map_err(failed)?;
    }
    files::sync_folder(hidden.path())?;
    files::replace(hidden, &place, &aside)
}
