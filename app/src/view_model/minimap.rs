//! The map of the whole trace.
