//! Owner and worker together, in memory and as processes.
