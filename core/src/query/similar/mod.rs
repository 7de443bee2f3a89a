//! Steps that say nearly the same: an index of rare words, the nearest steps by the words of the whole texts, and how
//! they were labelled.

mod index;
mod nearest;
mod said;
#[cfg(test)]
mod tests;
mod words;

pub use index::SimilarIndex;
pub(super) use index::hash_of;
pub use nearest::{Asked, Nearest, Similar, StepAt, nearest};
pub use said::{TextSaid, said_of};
