//! What is entered in the dialog of labels: a schema that is not yet the project's.

use stepscope_core::annotation::{LabelSchema, Named, preset};

/// The schema being edited.
#[derive(Clone, Debug, PartialEq)]
pub struct SchemaDraft {
    /// As it was when the dialog was opened.
    pub before: LabelSchema,
    /// As it is to be.
    pub schema: LabelSchema,
    /// What a preset took the place of.
    pub replaced: Option<LabelSchema>,
    /// The part that is shown.
    pub part: SchemaPart,
    /// Why it could not be saved.
    pub failure: String,
    /// Closing was asked for although something was changed.
    pub leaving: bool,
}

/// A part of the dialog.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SchemaPart {
    /// Name, guideline, ratings, sorts of labels.
    #[default]
    General,
    /// Kinds of errors and severities.
    Errors,
    /// Scales.
    Scales,
    /// Tags and criteria.
    Words,
    /// Blind, gold, readers.
    Ways,
}

impl SchemaPart {
    /// Every part, with its title.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::General, "General"),
        (Self::Errors, "Kinds of errors"),
        (Self::Scales, "Scales"),
        (Self::Words, "Tags and criteria"),
        (Self::Ways, "Ways"),
    ];
}

impl SchemaDraft {
    /// Begins with the schema of the project.
    pub fn new(schema: LabelSchema) -> Self {
        let part = SchemaPart::default();
        Self { before: schema.clone(), schema, replaced: None, part, failure: String::new(), leaving: false }
    }

    /// True where something would be lost by closing.
    pub fn is_changed(&self) -> bool {
        self.schema != self.before
    }

    /// The schema as it would be saved: what was given a title only is identified by it.
    pub fn ready(&self) -> LabelSchema {
        let mut schema = self.schema.clone();
        let errors = schema.errors.iter_mut().flat_map(|kind| std::iter::once(&mut kind.named).chain(&mut kind.subs));
        let scales = schema.dimensions.iter_mut().map(|scale| &mut scale.named);
        let words = schema.severities.iter_mut().chain(&mut schema.tags).chain(&mut schema.criteria);
        errors.chain(scales).chain(words).for_each(identify);
        schema
    }

    /// Takes a preset in place of what is asked for. The ways of working are not part of a preset and stay.
    pub fn take_preset(&mut self, id: &str) {
        let Some(preset) = preset(id) else { return };
        let LabelSchema { revision, blind, gold, readers, .. } = self.schema.clone();
        self.replaced = Some(self.schema.clone());
        self.schema = LabelSchema { revision, blind, gold, readers, ..preset };
    }

    /// Puts back what a preset took the place of.
    pub fn put_back(&mut self) {
        if let Some(schema) = self.replaced.take() {
            self.schema = schema;
        }
    }
}

fn identify(named: &mut Named) {
    if named.id.trim().is_empty() {
        let plain =
            |letter: char| if letter.is_alphanumeric() { letter.to_lowercase().next().unwrap_or(letter) } else { '_' };
        named.id = named.title.trim().chars().map(plain).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_identify_what_has_no_identity() {
        let mut draft = SchemaDraft::new(LabelSchema::default());
        assert!(!draft.is_changed());
        draft.schema.tags = vec![
            Named { title: " Too Long! ".into(), ..Named::default() },
            Named { id: "kept".into(), title: "Other".into(), ..Named::default() },
        ];
        let ids: Vec<_> = draft.ready().tags.into_iter().map(|named| named.id).collect();
        assert_eq!(ids, ["too_long_", "kept"]);
        assert!(draft.is_changed());
    }

    #[test]
    fn a_preset_leaves_the_ways_of_working() {
        let mut draft = SchemaDraft::new(LabelSchema { readers: 3, revision: 4, ..LabelSchema::usual() });
        draft.take_preset("rubric");
        assert_eq!((draft.schema.readers, draft.schema.revision), (3, 4));
        assert_eq!(draft.schema.name, "Rubric");
        draft.put_back();
        assert!(!draft.is_changed(), "what was there before is not lost");
    }
}
