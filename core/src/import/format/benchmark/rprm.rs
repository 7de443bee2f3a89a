//! R-PRM's prefix rows: one row for each step, with the steps before it (NJUNLP/R-PRM).
//!
//! The label is the first error of the whole solution, counted from 0, or −1, and repeated on each of its rows. Rows
//! after the first error may be missing.

use serde_json::Value;

use crate::import::fields::{Fields, mark_first_error, raw_text, warn, whole_number};
use crate::import::{Imported, Importer, Recognition, RowError, Sample, Unit};
use crate::model::{Problem, Splitter, StepKind, TraceBuilder};

/// Reads R-PRM's prefix rows.
pub(super) struct RPrm;

impl Importer for RPrm {
    fn name(&self) -> &'static str {
        "rprm_prefix"
    }

    fn caption(&self) -> &'static str {
        "R-PRM: one row per step, with the steps before it"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["origin_id"], &["question"], &["previous_steps"], &["now_step"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        let found = sample.recognise("`origin_id`, `question`, `previous_steps` and `now_step`", |row| {
            row.get("origin_id").is_some()
                && ["question", "previous_steps", "now_step"].iter().all(|k| row[*k].is_string())
        })?;
        Some(Recognition { unit: Unit::Group, ..found })
    }

    fn continues(&self, group: &[Value], row: &Value) -> bool {
        // A second solution under the same name starts with its first step.
        group.first().is_some_and(|first| first["origin_id"] == row["origin_id"]) && step_number(row) != Some(1)
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut rows = match row {
            Value::Array(rows) => rows.into_iter(),
            row => vec![row].into_iter(),
        };
        let first = rows.next().ok_or_else(|| RowError::new("the group has no rows"))?;
        let number = step_number(&first).unwrap_or(1);
        let mut fields = Fields::new(first)?;
        let problem = Problem { prompt: fields.prompt(&["question"])?, ..Problem::default() };
        let mut builder = TraceBuilder::new(problem);
        builder.trace_mut().source_id = fields.text("origin_id");
        let label = fields.take("label");
        let mut complete = number == 1 || push_earlier(&mut builder, &mut fields, number);
        push_step(&mut builder, fields)?;
        let mut odd = 0_u32;
        for (later, row) in (1..).zip(rows) {
            let expected = number.saturating_add(later);
            let found = step_number(&row).unwrap_or(expected);
            if complete && found != expected {
                complete = false;
                warn(
                    &mut builder,
                    format!("step {found} stands where step {expected} should, so `label` is kept in the metadata"),
                );
            }
            let mut fields = Fields::new(row)?;
            odd += u32::from(fields.take("label") != label);
            fields.take("origin_id");
            fields.take("question");
            push_step(&mut builder, fields)?;
        }
        if odd > 0 {
            warn(&mut builder, format!("{odd} rows have another `label` than the first; that of the first was read"));
        }
        match label {
            Some(label) if complete => mark_first_error(&mut builder, "label", "human", label),
            Some(label) => drop(builder.trace_mut().metadata.insert("label".into(), label)),
            None => warn(&mut builder, "`label` is missing; the trace has no first-error label"),
        }
        Ok(vec![builder.into()])
    }
}

/// Adds the step of a row. The steps before it repeat the rows before it.
fn push_step(builder: &mut TraceBuilder, mut fields: Fields) -> Result<(), RowError> {
    let text = fields.text("now_step").ok_or_else(|| {
        RowError::new("`now_step` is missing in a row of the group; add the text of the step or remove the row")
    })?;
    fields.take("previous_steps");
    let step = builder.chain(StepKind::Thought, text);
    if let Some(step) = builder.trace_mut().steps.get_mut(step as usize) {
        step.metadata = fields.rest();
    }
    Ok(())
}

/// Adds the steps before the first row of a group that starts in the middle. False where they cannot be told apart.
fn push_earlier(builder: &mut TraceBuilder, fields: &mut Fields, number: i64) -> bool {
    let earlier = fields.take("previous_steps").unwrap_or_default();
    let text = raw_text(&earlier);
    let steps = Splitter::Heading.split(&text);
    if i64::try_from(steps.len()).is_ok_and(|count| count + 1 == number) {
        for step in steps {
            builder.chain(StepKind::Thought, step);
        }
        warn(
            builder,
            format!("the rows before step {number} are missing; those steps were read from `previous_steps`"),
        );
        return true;
    }
    warn(
        builder,
        format!(
            "the rows before step {number} are missing, so the label cannot be placed; `previous_steps` and `label` are \
             kept in the metadata"
        ),
    );
    builder.trace_mut().metadata.insert("previous_steps".into(), earlier);
    false
}

/// The number in `Step 3: …`.
fn step_number(row: &Value) -> Option<i64> {
    let (heading, _) = row["now_step"].as_str()?.split_once(':')?;
    whole_number(&Value::String(heading.to_owned()))
}
