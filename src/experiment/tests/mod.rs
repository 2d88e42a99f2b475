//! Tests of whole runs that must see inside the crate.

mod drawn;
mod planted;
