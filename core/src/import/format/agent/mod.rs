//! Agent runs and conversations with tools.

mod chat;

use crate::import::Importer;
use crate::import::detect::Neighbour;

pub(super) const FORMATS: &[&dyn Importer] = &[&chat::Chat];

pub(super) const NEIGHBOURS: &[Neighbour] = &[];
