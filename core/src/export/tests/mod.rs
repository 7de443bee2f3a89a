//! Tests of the whole way from a project to lines, over a source held in memory.

mod formats;
mod labels;
mod lint;
mod native;
mod pairs;
mod policies;
mod properties;
mod published_pairs;
mod reshaped;
mod round_trips;
mod source;
mod writing;
