//! Painting: one file per panel, each a function that lays out a view-model and sends actions.

pub mod beside;
pub mod canvas;
pub mod card;
pub mod caret;
pub mod choose;
pub mod curve;
pub mod empty;
pub mod facets;
pub mod find;
pub mod heights;
pub mod inspector;
pub mod menu;
pub mod minimap;
pub mod notices;
pub mod query_bar;
pub mod reader;
pub mod sources;
pub mod status;
pub mod strip;
pub mod survey;
pub mod text;
pub mod timeline;
pub mod trace_table;
pub mod tree;
pub mod work_bar;
