//! What several journeys need: a renderer without a GPU, copies of the sample data, waiting with a deadline, the window.

pub(crate) mod fixture;
pub(crate) mod raster;
pub(crate) mod wait;
pub(crate) mod window;
