//! Tests over whole projects in memory, and figures against those of scikit-learn.

mod collecting;
mod plots;
mod published;
mod reports;
mod sklearn;
mod source;
