//! Brings together what several journals hold.

use super::grid::Grid;
use super::journal::Journal;
use crate::experiment::store::StoreError;

/// Copies the runs of a grid that one journal has and another hasn't.
///
/// # Errors
/// [`StoreError::Differs`] if both have a run, with different digests; else what the system says.
pub fn gather(grid: &Grid, from: &Journal, to: &Journal) -> Result<(), StoreError> {
    for run in &grid.runs {
        let Some(record) = from.read(&run.key) else { continue };
        match to.read(&run.key) {
            None => to.add(&record)?,
            Some(stored) if stored.digest == record.digest => {}
            Some(stored) => {
                return Err(StoreError::Differs {
                    place: to.path(&run.key),
                    stored: stored.digest,
                    from: from.path(&run.key),
                    other: record.digest,
                });
            }
        }
    }
    Ok(())
}
