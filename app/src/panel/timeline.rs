//! Paints the run of an agent over time.
