//! Choices of the export dialog, as they are typed, and the options they come to.

use std::collections::BTreeMap;
use std::path::PathBuf;

use stepscope_core::export::split::{SplitAsked, SplitPart, problems_in};
use stepscope_core::export::{ExportFormat, ExportOptions, Manifest, Policy, Rule, format_by_name};
use stepscope_core::job::{JobContext, JobError};
use stepscope_core::labels::LabelSource;

/// Choices of the export dialog.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportDraft {
    /// Name of the format.
    pub format: &'static str,
    /// Whose labels; `None` for the default.
    pub labels: Option<LabelSource>,
    /// What becomes of labels that the format cannot hold.
    pub policy: Policy,
    /// What stands in fields and is no value yet, by the name of the option; `labels` among them.
    pub typed: BTreeMap<String, String>,
    /// Which traces.
    pub scope: ExportScope,
    /// The question, where traces are asked for.
    pub question: String,
    /// How problems are divided.
    pub parts: PartsDraft,
    /// Files with problems to be tested with.
    pub tests: Vec<PathBuf>,
    /// Annotators go by pseudonyms.
    pub pseudonyms: bool,
    /// The key they are made with; may be empty.
    pub key: String,
    /// Nothing is written where any trace is left out.
    pub strict: bool,
    /// Megabytes of rows in one file; empty for one file.
    pub shard_mb: String,
    /// A folder as the hub of Hugging Face has them, instead of a file.
    pub folder: bool,
    /// The end of files with rows.
    pub end: String,
    /// What is looked at in the dialog.
    pub look: ExportLook,
}

/// Which traces are exported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExportScope {
    /// All of the project.
    #[default]
    All,
    /// Those that the table lists.
    Listed,
    /// Those that are selected.
    Selected,
    /// Those that a question finds.
    Question,
}

/// How problems are divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartsDraft {
    /// They are divided.
    pub divided: bool,
    /// How much goes to each part, in the order of [`SplitPart::ALL`]; an empty one gets nothing.
    pub ratios: [String; 3],
    /// Another number gives another division.
    pub seed: String,
    /// Files with problems of a part.
    pub lists: Vec<(SplitPart, PathBuf)>,
    /// Problems that are nearly equal count as one.
    pub together: bool,
    /// From this share of common runs of three words on they do.
    pub near: String,
}

/// What is looked at in the dialog; the export is the same whatever it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportLook {
    /// The page of choices.
    pub page: ExportPage,
    /// The page of results.
    pub shows: ResultPage,
    /// What is looked for among the formats.
    pub search: String,
    /// The reasons whose traces are listed.
    pub open: Vec<Rule>,
    /// Rows are shown as they are written, not taken apart.
    pub raw: bool,
}

/// A page of choices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExportPage {
    /// For which trainer.
    #[default]
    Format,
    /// Whose labels, and what becomes of them.
    Options,
    /// Which traces, and which of them are for testing.
    Traces,
    /// What is written.
    Files,
}

/// A page of results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResultPage {
    /// The first rows.
    #[default]
    Rows,
    /// What is left out, and why.
    LeftOut,
    /// What is removed, as it is tested with elsewhere.
    Removed,
}

/// A field in which something may be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportField {
    /// How much goes to each part.
    Ratios,
    /// The seed of the division.
    Seed,
    /// From where on problems are nearly equal.
    Near,
    /// The size of a file.
    ShardMb,
}

impl ExportField {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Ratios, Self::Seed, Self::Near, Self::ShardMb];
}

/// Names `labels` among what is typed.
pub const LABELS: &str = "labels";

/// Ends of files that rows are written into.
pub const ENDS: [&str; 8] = ["jsonl", "json", "csv", "parquet", "jsonl.gz", "jsonl.zst", "json.gz", "csv.gz"];

/// Above this nothing is nearly equal.
const NEVER: f64 = 2.0;

impl Default for PartsDraft {
    fn default() -> Self {
        let SplitAsked { ratios, seed, near, .. } = SplitAsked::default();
        let share = |part| ratios.get(&part).map(ToString::to_string).unwrap_or_default();
        Self {
            divided: false,
            ratios: SplitPart::ALL.map(share),
            seed: seed.to_string(),
            lists: Vec::new(),
            together: true,
            near: near.to_string(),
        }
    }
}

impl PartsDraft {
    fn asked(&self) -> Result<BTreeMap<SplitPart, f64>, String> {
        let given = SplitPart::ALL.into_iter().zip(&self.ratios).filter(|(_, share)| !share.trim().is_empty());
        let text: Vec<String> = given.map(|(part, share)| format!("{}={}", part.name(), share.trim())).collect();
        if text.is_empty() && !self.lists.is_empty() {
            return Ok(BTreeMap::new());
        }
        SplitAsked::ratios(&text.join(",")).map_err(|_error| "Numbers from 0 that are not all 0".into())
    }

    /// The ratios as the command line takes them.
    pub fn ratios_text(&self) -> String {
        let given = SplitPart::ALL.into_iter().zip(&self.ratios).filter(|(_, share)| !share.trim().is_empty());
        given.map(|(part, share)| format!("{}={}", part.name(), share.trim())).collect::<Vec<_>>().join(",")
    }

    fn seed(&self) -> Result<u64, String> {
        self.seed.trim().parse().map_err(|_error| "A whole number from 0".into())
    }

    /// From where on problems are nearly equal.
    pub fn near(&self) -> Result<f64, String> {
        if !self.together {
            return Ok(NEVER);
        }
        let near = self.near.trim().parse().ok().filter(|near: &f64| near.is_finite() && *near >= 0.1);
        near.ok_or_else(|| "A number from 0.1".into())
    }
}

impl ExportDraft {
    /// The format with its own defaults.
    pub fn new(format: &'static dyn ExportFormat) -> Self {
        Self {
            format: format.name(),
            labels: None,
            policy: format.defaults(),
            typed: BTreeMap::new(),
            scope: ExportScope::default(),
            question: String::new(),
            parts: PartsDraft::default(),
            tests: Vec::new(),
            pseudonyms: false,
            key: String::new(),
            strict: false,
            shard_mb: String::new(),
            folder: false,
            end: "jsonl".into(),
            look: ExportLook::default(),
        }
    }

    /// The same choices for another format: only its own options begin anew.
    pub fn set_format(&mut self, format: &'static dyn ExportFormat) {
        (self.format, self.policy) = (format.name(), format.defaults());
        self.typed.retain(|name, _| name == LABELS);
    }

    /// The choices that made the export of a manifest.
    pub fn from_manifest(manifest: &Manifest) -> Result<Self, String> {
        let options = manifest.options(manifest.pseudonyms.filter(|note| note.keyed).map(|_| "")).map_err(text_of)?;
        let mut draft = Self::new(options.format);
        draft.labels.clone_from(&manifest.labels_asked);
        draft.policy = options.policy;
        if let Some(question) = options.selection {
            (draft.scope, draft.question) = (ExportScope::Question, question);
        }
        if let Some(asked) = &options.split {
            let share = |part| asked.ratios.get(&part).map(ToString::to_string).unwrap_or_default();
            draft.parts.ratios = SplitPart::ALL.map(share);
            (draft.parts.divided, draft.parts.seed) = (true, asked.seed.to_string());
        }
        let near = options.split.map_or(options.near, |asked| asked.near);
        draft.parts.together = near <= 1.0;
        if draft.parts.together {
            draft.parts.near = near.to_string();
        }
        draft.tests = options.decontaminate;
        draft.pseudonyms = options.pseudonyms.is_some();
        draft.shard_mb = options.shard_bytes.map(|bytes| (bytes / 1_000_000).to_string()).unwrap_or_default();
        draft.folder = options.hub.is_some();
        let end = options.hub.filter(|end| ENDS.contains(&end.as_str()));
        draft.end = end.unwrap_or_else(|| end_of(&manifest.file).unwrap_or("jsonl").to_owned());
        Ok(draft)
    }

    /// True where both give the same rows.
    pub fn gives_same(&self, other: &Self) -> bool {
        let plain = |draft: &Self| Self {
            look: ExportLook::default(),
            strict: false,
            shard_mb: String::new(),
            folder: false,
            end: String::new(),
            ..draft.clone()
        };
        plain(self) == plain(other)
    }

    /// Takes over what was typed for an option: a value, or what may become one.
    pub fn set_option(&mut self, name: &str, text: &str) {
        let value = text.replace("\\n", "\n");
        let value = if is_long(name) { text } else { &value };
        if self.policy.set(name, value).is_ok() && self.policy.get(name).is_ok_and(|known| known == value) {
            self.typed.remove(name);
        } else {
            self.typed.insert(name.to_owned(), text.to_owned());
        }
    }

    /// Takes over what was typed for the labels; empty for the default.
    pub fn set_labels(&mut self, text: &str) {
        let read = (!text.trim().is_empty()).then(|| text.trim().parse::<LabelSource>()).transpose();
        match read {
            Ok(labels) if labels.as_ref().is_none_or(|labels| labels.to_string() == text) => {
                (self.labels, _) = (labels, self.typed.remove(LABELS));
            }
            Ok(labels) => {
                self.labels = labels;
                self.typed.insert(LABELS.into(), text.into());
            }
            Err(_) => drop(self.typed.insert(LABELS.into(), text.into())),
        }
    }

    /// Why what was typed for that option is no value.
    pub fn option_fault(&self, name: &str) -> Option<String> {
        let typed = self.typed.get(name)?;
        if name == LABELS {
            return typed.trim().parse::<LabelSource>().err().filter(|_| !typed.trim().is_empty()).map(text_of);
        }
        let value = typed.replace("\\n", "\n");
        self.policy.clone().set(name, if is_long(name) { typed } else { &value }).err().map(text_of)
    }

    /// What is wrong in that field.
    pub fn fault(&self, field: ExportField) -> Option<String> {
        let (divided, nears) = (self.parts.divided, self.parts.divided || !self.tests.is_empty());
        match field {
            ExportField::Ratios if divided => self.parts.asked().err(),
            ExportField::Seed if divided => self.parts.seed().err(),
            ExportField::Near if nears => self.parts.near().err(),
            ExportField::ShardMb => self.shard_bytes().err(),
            _ => None,
        }
    }

    /// The first thing that is wrong in any field.
    pub fn first_fault(&self) -> Option<String> {
        let fields = ExportField::ALL.into_iter().find_map(|field| self.fault(field));
        fields.or_else(|| self.typed.keys().find_map(|name| self.option_fault(name)))
    }

    fn shard_bytes(&self) -> Result<Option<u64>, String> {
        let text = self.shard_mb.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let megabytes = text.parse().ok().filter(|megabytes: &u64| *megabytes > 0);
        let megabytes = megabytes.ok_or("A whole number from 1, or nothing for one file")?;
        Ok(Some(megabytes.saturating_mul(1_000_000)))
    }

    /// Why rows of the format cannot be written into files of the chosen end.
    pub fn end_fault(&self) -> Option<&'static str> {
        let format = format_by_name(self.format).ok()?;
        let is_csv = self.end.starts_with("csv");
        match self.end.as_str() {
            "parquet" if !format.has_columns() => {
                Some("Rows of this format have no common columns, which Parquet needs")
            }
            end if self.folder && is_csv && end != "csv" => Some("Readers of such folders take no packed CSV"),
            _ => None,
        }
    }

    /// What to export, and how; which traces is settled elsewhere. Reads the lists of problems.
    pub fn options(&self, ctx: &JobContext) -> Result<ExportOptions, JobError> {
        if let Some(fault) = self.first_fault() {
            return Err(JobError::Failed(fault));
        }
        let mut options = ExportOptions::new(self.format)?;
        options.labels.clone_from(&self.labels);
        options.policy = self.policy.clone();
        options.decontaminate.clone_from(&self.tests);
        options.near = self.parts.near().map_err(JobError::Failed)?;
        options.shard_bytes = self.shard_bytes().map_err(JobError::Failed)?;
        options.pseudonyms = self.pseudonyms.then(|| self.key.clone());
        options.hub = self.folder.then(|| self.end.clone());
        options.strict = self.strict;
        if self.parts.divided {
            let mut lists: BTreeMap<SplitPart, Vec<String>> = BTreeMap::new();
            for (part, file) in &self.parts.lists {
                lists.entry(*part).or_default().extend(problems_in(file, ctx)?);
            }
            let ratios = self.parts.asked().map_err(JobError::Failed)?;
            let seed = self.parts.seed().map_err(JobError::Failed)?;
            options.split = Some(SplitAsked { ratios, seed, near: options.near, lists });
        }
        Ok(options)
    }

    /// The name that a file of it gets where the user says nothing else.
    pub fn file_name(&self) -> String {
        if self.folder { self.format.to_owned() } else { format!("{}.{}", self.format, self.end) }
    }
}

/// Whether an option holds a text of several lines.
pub fn is_long(name: &str) -> bool {
    matches!(name, "template" | "fields")
}

/// The longest known end that the name of a file has.
fn end_of(file: &str) -> Option<&'static str> {
    let has = |end: &&str| file.strip_suffix(*end).is_some_and(|stem| stem.ends_with('.'));
    ENDS.into_iter().filter(has).max_by_key(|end| end.len())
}

fn text_of(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_file_is_the_longest_known_one() {
        let check = |file, expected| assert_eq!(end_of(file), expected, "{file}");
        check("rows.jsonl", Some("jsonl"));
        check("rows.v2.parquet", Some("parquet"));
        check("a.b.jsonl.gz", Some("jsonl.gz"));
        check("rows.json.gz", Some("json.gz"));
        check("notjson", None);
    }
}
