//! The run of an agent over time.
