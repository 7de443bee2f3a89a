//! Colours, sizes and small widgets that every panel shares.

pub mod button;
pub mod chip;
pub mod colours;
pub mod diff;
pub mod focus;
pub mod fonts;
pub mod rich;
pub mod tokens;

pub use button::{clicked_for_others, command_button};
pub use chip::chip_ui;
pub use diff::{diff_summary_ui, diff_ui, word_diff};
pub use focus::focus_ring;
pub use rich::{Mark, MarkKind, Rich, RichResponse, RichSize, rich_ui};
pub use tokens::Tokens;
