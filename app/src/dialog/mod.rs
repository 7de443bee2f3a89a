//! Windows that ask or show something and go away: palette, keys, rejected rows, export.

pub mod export;
pub mod files;
pub mod keys;
pub mod palette;
pub mod rejects;
