//! Texts that were labelled and have changed since: kept for the record, as their labels hang on them.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write as _};

use serde::{Deserialize, Serialize};

use super::overlay::written;
use super::{Annotations, TraceAnnotation};
use crate::import::native::NativeTrace;
use crate::model::{StepHash, Timestamp, TraceId};
use crate::store::{ProjectDir, Store, StoreError};

/// A trace as it was when it was labelled. One line of `superseded.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Superseded {
    /// When it was found to have changed.
    pub at: Timestamp,
    /// The trace, without labels of annotators: those are in their logs.
    #[serde(flatten)]
    pub trace: NativeTrace,
}

impl TraceAnnotation {
    /// The steps of the source of which something was said, also of a part of them, or which a written step continues.
    pub fn judged_steps(&self) -> impl Iterator<Item = StepHash> {
        let continued = written(self).filter_map(|step| step.parent.as_ref());
        let named = self.named_steps().into_iter().chain(continued);
        named.filter(|step| !step.is_written()).map(|step| step.whole().0)
    }

    /// True where something was said of a step that the trace does not have. `has` knows the steps of the source.
    pub fn is_of_other_text(&self, has: impl Fn(&StepHash) -> bool) -> bool {
        self.judged_steps().any(|judged| !has(&judged))
    }
}

/// Keeps the text of every labelled trace that `new` no longer has as it was in `old`. Gives their names.
///
/// A text that is kept already is not kept twice.
pub fn keep_superseded(
    dir: &ProjectDir,
    old: &Store,
    new: &Store,
    said: &[Annotations],
    now: Timestamp,
) -> Result<Vec<TraceId>, StoreError> {
    let mut changed: Vec<TraceId> = Vec::new();
    for (id, said) in said.iter().flat_map(Annotations::traces) {
        let Some(row) = old.row_of(id) else { continue };
        // What was lost before is kept already, if it ever was here.
        let was = old.step_hashes(row);
        let is = new.row_of(id).map(|row| new.step_hashes(row)).unwrap_or_default();
        let was_there: Vec<StepHash> = said.judged_steps().filter(|step| was.contains(step)).collect();
        if was_there.iter().any(|step| !is.contains(step)) {
            changed.push(id.clone());
        }
    }
    changed.sort();
    changed.dedup();
    if changed.is_empty() {
        return Ok(changed);
    }
    let key = |trace: &NativeTrace| {
        let steps = trace.steps.iter().map(|step| step.hash.as_str().to_owned());
        (trace.id.clone(), steps.collect::<Vec<_>>())
    };
    let known: HashSet<_> = read_superseded(dir)?.iter().map(|kept| key(&kept.trace)).collect();
    let mut lines = String::new();
    for id in &changed {
        let Some(row) = old.row_of(id) else { continue };
        let trace = NativeTrace::from(old.trace(row)?);
        if !known.contains(&key(&trace)) {
            let line = serde_json::to_string(&Superseded { at: now, trace });
            lines.push_str(&line.map_err(|error| failed(dir)(io::Error::from(error)))?);
            lines.push('\n');
        }
    }
    append(dir, &lines).map_err(failed(dir))?;
    Ok(changed)
}

/// The texts that were kept, oldest first. A line that cannot be read is passed over: it may have been cut off.
pub fn read_superseded(dir: &ProjectDir) -> Result<Vec<Superseded>, StoreError> {
    match fs::read_to_string(dir.superseded()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(failed(dir)(error)),
        Ok(text) => Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()),
    }
}

fn failed(dir: &ProjectDir) -> impl FnOnce(io::Error) -> StoreError {
    let path = dir.superseded();
    move |error| StoreError::io("keep texts that have changed since they were labelled", &path)(error)
}

fn append(dir: &ProjectDir, lines: &str) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let path = dir.superseded();
    let mut file = File::options().create(true).append(true).open(&path)?;
    // After a line that was cut off, a new one begins.
    let cut = fs::read(&path)?.last().is_some_and(|last| *last != b'\n');
    let text = if cut { format!("\n{lines}") } else { lines.to_owned() };
    file.write_all(text.as_bytes())?;
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use super::super::StepAnnotation;
    use super::*;
    use crate::model::{FirstError, Label, Problem, StepKind, Trace, TraceBuilder, WrittenStep};
    use crate::store::StoreWriter;

    fn chain(texts: &[&str]) -> Trace {
        let builder = TraceBuilder::new(Problem::from_text("1+1?")).source_id("t");
        texts.iter().fold(builder, |builder, text| builder.thought(*text)).build()
    }

    fn store(folder: &std::path::Path, name: &str, trace: &Trace) -> Store {
        let mut writer = StoreWriter::create(&ProjectDir::new(folder.join(name))).unwrap();
        writer.push(trace).unwrap();
        writer.finish(Vec::new()).unwrap()
    }

    fn writing(parent: StepHash) -> TraceAnnotation {
        let (id, kind) = (StepHash::written(1), StepKind::Thought);
        let step = WrittenStep { id, parent: Some(parent), text: "w".into(), kind, replaces: None, taken_from: None };
        TraceAnnotation { labels: [Label::Written(step)].into_iter().collect(), ..TraceAnnotation::default() }
    }

    fn about(step: StepHash) -> TraceAnnotation {
        let mut said = TraceAnnotation::default();
        said.steps.insert(step, StepAnnotation { note: "n".into(), ..StepAnnotation::default() });
        said
    }

    #[test]
    fn what_was_said_of_a_part_or_a_written_step_is_of_the_text_it_stands_in() {
        let folder = tempfile::tempdir().unwrap();
        let (was, same, is) = (chain(&["a", "bcd"]), chain(&["a", "bcd", "e"]), chain(&["a", "other"]));
        let stores =
            [("was", &was), ("same", &same), ("is", &is)].map(|(name, trace)| store(folder.path(), name, trace));
        let step = was.steps[1].hash.clone();
        let mut marked = about(was.steps[0].hash.clone());
        marked.first_error = Some(FirstError::At(step.part(1)));
        let mut of_written = writing(step.clone());
        of_written.first_error = Some(FirstError::At(StepHash::written(1)));
        of_written.steps.extend(about(StepHash::written(1)).steps);
        for (number, said) in [about(step.clone()), about(step.part(1)), marked, of_written, writing(step.part(2))]
            .into_iter()
            .enumerate()
        {
            let other = |trace: &Trace| said.is_of_other_text(|step| trace.find_step(step).is_some());
            assert_eq!([other(&was), other(&same), other(&is)], [false, false, true], "{number}");
            let said = Annotations::from(std::collections::HashMap::from([(was.id.clone(), said)]));
            let kept = |new: usize| {
                let dir = ProjectDir::new(folder.path().join(format!("kept-{number}-{new}")));
                fs::create_dir_all(dir.path()).unwrap();
                keep_superseded(&dir, &stores[0], &stores[new], std::slice::from_ref(&said), Timestamp(1))
                    .unwrap()
                    .len()
            };
            assert_eq!([kept(1), kept(2)], [0, 1], "{number}");
        }
        assert!(!writing(step).is_of_other_text(|_| true));
    }
}
