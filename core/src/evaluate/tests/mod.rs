//! Tests over whole projects in memory, and figures against those of scikit-learn.

mod collecting;
mod plots;
mod reports;
mod sklearn;
mod source;
