//! Real checkpoints against the scores of transformers.
