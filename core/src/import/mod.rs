//! Turns published formats into the model: one file per family, one list of them, detection by content.

pub mod native;
