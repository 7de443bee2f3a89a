//! Steps that say nearly the same: by their rare words, or by what a sentence encoder makes of them; and how they were
//! labelled.

mod distinct;
mod index;
mod meaning;
#[cfg(test)]
mod meaning_tests;
mod nearest;
mod said;
#[cfg(test)]
mod tests;
mod vector_file;
mod vectors;
mod words;

pub(super) use distinct::hash_of;
pub use index::SimilarIndex;
pub use meaning::MeaningIndex;
pub use nearest::{Asked, Nearest, Similar, StepAt, nearest};
pub use said::{TextSaid, said_of};
