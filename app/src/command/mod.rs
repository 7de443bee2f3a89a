//! What the user can do, how keys reach it, and how it is documented.

pub(crate) mod dispatch;
pub mod env;
pub mod input;
pub mod keymap;
pub mod reference;
pub mod registry;
mod sink;

pub use env::CommandEnv;
pub use keymap::{KeyMap, KeysRequest};
pub use registry::{Availability, Command, CommandSpec, Group};
pub use sink::{Action, CommandSink, SelectRequest};
