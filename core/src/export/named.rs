//! The source of an export under the names that the export gives to people.

use super::ExportError;
use super::rows::ExportOptions;
use crate::labels::{Corpus, Pseudonymous};

/// A source and the options for it, under pseudonyms where these are wanted.
pub(super) enum Named<'a> {
    AsIs(&'a dyn Corpus, &'a ExportOptions),
    Under(Pseudonymous<'a>, &'a ExportOptions),
}

impl<'a> Named<'a> {
    pub(super) fn new(source: &'a dyn Corpus, options: &'a ExportOptions) -> Result<Self, ExportError> {
        Ok(match &options.pseudonyms {
            None => Self::AsIs(source, options),
            Some(key) => Self::Under(Pseudonymous::new(source, key).map_err(ExportError::Names)?, options),
        })
    }

    pub(super) fn get(&self) -> (&dyn Corpus, ExportOptions) {
        match self {
            Self::AsIs(source, options) => (*source, (*options).clone()),
            Self::Under(source, options) => {
                let labels = options.labels.as_ref().map(|labels| source.label_source(labels));
                (source, ExportOptions { labels, ..(*options).clone() })
            }
        }
    }
}
