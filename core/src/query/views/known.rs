//! What is known of a project when a question about it is read: its names, and the values of its fields.

use std::collections::BTreeMap;

use super::Views;
use super::values::Values;
use crate::job::{JobContext, JobError};
use crate::query::language::{Field, Fields, Known, KnownValue, Of, Part, Said, What};

/// Fields with more values are not listed.
const MOST: usize = 5000;

/// Fields of which the values are counted.
const COUNTED: [What; 20] = [
    What::Generator,
    What::File,
    What::Format,
    What::Splitter,
    What::Outcome,
    What::State,
    What::Label,
    What::ErrorType,
    What::Severity,
    What::Tag,
    What::LabelSource,
    What::Annotator,
    What::Kind,
    What::Tool,
    What::Section,
    What::Author,
    What::Flag,
    What::StepLabel,
    What::StepErrorType,
    What::StepTag,
];

impl Views {
    /// What can be asked about these traces. Reads all metadata when first called.
    pub fn fields(&self, ctx: &JobContext) -> Result<Fields, JobError> {
        let meta = self.meta(ctx)?;
        let step_meta = self.step_meta(ctx)?;
        let mut values: BTreeMap<String, Vec<KnownValue>> = BTreeMap::new();
        let mut fields: Vec<Field> = COUNTED.map(Field::plain).into();
        for field in &mut fields {
            if field.what.takes_source() {
                field.of = Of::Source(Said::Anyone);
            }
        }
        let of_key = |what: What, key: &str| Field { what, of: Of::Key(key.into()), part: Part::Whole };
        fields.extend(meta.keys().filter(|(_, kept)| kept.is_some()).map(|(key, _)| of_key(What::Meta, key)));
        for field in fields {
            if let Some(counted) = self.counted(&field, ctx)? {
                values.insert(field.name(), counted);
            }
        }
        let imported = self.imported_labels()?;
        let own = self.own_labels(ctx)?;
        let mut sources: Vec<String> = imported.used(|row| Some(row.source));
        sources.sort_unstable();
        let mut scales = own.used(|row| (own.name(row.says) == Some("scale")).then_some(row.value));
        scales.sort_unstable();
        Ok(Fields {
            known: Some(Known {
                scorers: self.scorers(),
                sources,
                annotators: self.said.iter().map(|(name, _)| name.to_string()).collect(),
                meta: meta.keys().map(|(key, _)| key.to_owned()).collect(),
                step_meta: step_meta.keys().map(|(key, _)| key.to_owned()).collect(),
                scales,
                values,
            }),
        })
    }

    /// The values of a field, most frequent first; `None` where they are too many.
    fn counted(&self, field: &Field, ctx: &JobContext) -> Result<Option<Vec<KnownValue>>, JobError> {
        let values = self.values(field, ctx)?;
        let (names, codes): (_, Box<dyn Iterator<Item = u32>>) = match &values {
            Values::Names(names) if names.names.len() <= MOST => (&names.names, Box::new(names.codes.iter().flatten())),
            Values::Many(many) if many.names.len() <= MOST => (&many.names, Box::new(many.codes.iter().copied())),
            _ => return Ok(None),
        };
        let mut counts = vec![0_u64; names.len()];
        for code in codes {
            if let Some(count) = counts.get_mut(code as usize) {
                *count += 1;
            }
        }
        let mut values: Vec<KnownValue> =
            names.iter().cloned().zip(counts).map(|(value, count)| KnownValue { value, count }).collect();
        values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        Ok(Some(values))
    }
}
