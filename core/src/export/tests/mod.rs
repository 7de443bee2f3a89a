//! Tests of the whole way from a project to lines, over a source held in memory.

mod formats;
mod labels;
mod lint;
mod native;
mod policies;
mod properties;
mod reshaped;
mod round_trips;
mod source;
mod writing;
