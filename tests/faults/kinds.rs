//! What each kind does to a run.
