//! Journeys live in `main.rs`; this empty library only gives the package a target that every cargo command accepts.
