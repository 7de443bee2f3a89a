//! Tests of the whole way from a project to lines, over a source held in memory.

mod chats;
mod formats;
mod house;
mod inconsistent;
mod labels;
mod lint;
mod names;
mod native;
mod pairs;
mod policies;
mod pools;
mod properties;
mod published_pairs;
mod reshaped;
mod round_trips;
mod source;
mod splits;
mod tables;
mod writing;
