//! Results for people: figures. (Tables and files of numbers stand beside it.)

pub mod plot;
