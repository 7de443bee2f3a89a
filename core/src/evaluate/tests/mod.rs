//! Tests over whole projects in memory, and figures against those of scikit-learn.

mod asked;
mod clauses;
mod collecting;
mod disk;
mod grouping;
mod plots;
mod published;
mod reports;
mod sklearn;
mod source;
