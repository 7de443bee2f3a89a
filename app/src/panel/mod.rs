//! Painting: one file per panel, each a function that lays out a view-model and sends actions.

pub mod canvas;
pub mod card;
pub mod caret;
pub mod choose;
pub mod curve;
pub mod inspector;
pub mod menu;
pub mod notices;
pub mod reader;
pub mod status;
pub mod strip;
pub mod trace_table;
pub mod tree;
pub mod work_bar;
