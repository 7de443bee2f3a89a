//! The choices of the dialog as a command, to be put into a script.

use std::path::Path;

use stepscope_core::export::format_by_name;

use crate::state::ExportDraft;
use crate::state::export_draft::{ExportScope, PartsDraft, is_long};

/// The command that writes the same. `question` is what finds the traces; `None` where none does.
pub fn command_line(draft: &ExportDraft, project: &Path, question: Option<&str>) -> String {
    let mut words = vec!["stepscope".to_owned(), "export".to_owned()];
    // What begins with a dash would be read as the next flag.
    let mut put = |name: &str, value: &str| {
        if value.starts_with('-') {
            words.push(format!("--{name}={}", quoted(value)));
        } else {
            words.extend([format!("--{name}"), quoted(value)]);
        }
    };
    put("project", &project.display().to_string());
    put("format", &draft.format.replace('_', "-"));
    if let Some(labels) = &draft.labels {
        put("labels", &labels.to_string());
    }
    for (name, value) in changed_options(draft) {
        let flag = name.replace('_', "-");
        if is_long(name) {
            // What stands in the field is to be saved there first.
            put(&flag, if name == "template" { "template.jinja" } else { "fields.toml" });
        } else {
            put(&flag, &value.replace('\n', "\\n"));
        }
    }
    match (question, draft.scope) {
        (Some(question), _) if !question.trim().is_empty() => put("where", question),
        (None, ExportScope::Listed | ExportScope::Selected) => put("traces", "traces.txt"),
        _ => {}
    }
    let parts = &draft.parts;
    if parts.divided {
        let ratios = parts.ratios_text();
        if !ratios.is_empty() {
            put("split", &ratios);
        }
        put("split-seed", &parts.seed);
        for (part, file) in &parts.lists {
            put("split-list", &format!("{}={}", part.name(), file.display()));
        }
    }
    let usual = PartsDraft::default().near().unwrap_or_default();
    if let Some(near) = parts.near().ok().filter(|near| near.to_string() != usual.to_string()) {
        put("near", &near.to_string());
    }
    for file in &draft.tests {
        put("decontaminate", &file.display().to_string());
    }
    if draft.pseudonyms {
        put("pseudonyms", &draft.key);
    }
    if !draft.shard_mb.trim().is_empty() {
        put("shard-mb", draft.shard_mb.trim());
    }
    if draft.folder {
        put("layout", "hf");
        put("rows-in", &draft.end);
    }
    put("out", &draft.file_name());
    if draft.strict {
        words.push("--strict".into());
    }
    words.join(" ")
}

/// The options of the format that differ from its defaults.
fn changed_options(draft: &ExportDraft) -> Vec<(&'static str, String)> {
    let Ok(format) = format_by_name(draft.format) else { return Vec::new() };
    let usual = format.defaults();
    let changed = |name: &&'static str| {
        let value = draft.policy.get(name).ok()?;
        (usual.get(name).ok()? != value).then_some((*name, value))
    };
    format.options().iter().filter_map(changed).collect()
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:@+%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_choices_need_no_words() {
        let draft = ExportDraft::new(format_by_name("trl-stepwise").unwrap());
        assert_eq!(
            command_line(&draft, Path::new("p.stepscope"), Some("")),
            "stepscope export --project p.stepscope --format trl-stepwise --out trl_stepwise.jsonl"
        );
    }

    #[test]
    fn every_choice_has_its_word() {
        let mut draft = ExportDraft::new(format_by_name("trl-preference").unwrap());
        draft.set_option("min_margin", "0.75");
        draft.set_option("pairs", "label,outcome");
        draft.set_labels("own:it's me");
        draft.scope = ExportScope::Question;
        draft.parts.divided = true;
        draft.parts.together = false;
        draft.tests = vec!["a file.txt".into()];
        (draft.pseudonyms, draft.strict, draft.folder) = (true, true, true);
        draft.shard_mb = "5".into();
        draft.end = "parquet".into();
        assert_eq!(
            command_line(&draft, Path::new("p"), Some("steps > 3")),
            "stepscope export --project p --format trl-preference --labels 'own:it'\\''s me' --pairs label,outcome \
             --min-margin 0.75 --where 'steps > 3' --split train=0.9,validation=0.05,test=0.05 --split-seed 0 --near 2 \
             --decontaminate 'a file.txt' --pseudonyms '' --shard-mb 5 --layout hf --rows-in parquet \
             --out trl_preference --strict"
        );
        let refused = command_line(&draft, Path::new("p"), Some("-outcome:correct"));
        assert!(refused.contains(" --where=-outcome:correct "), "a dash begins no flag: {refused}");
        (draft.scope, draft.tests) = (ExportScope::Selected, Vec::new());
        assert!(command_line(&draft, Path::new("p"), None).contains("--traces traces.txt"));
    }
}
