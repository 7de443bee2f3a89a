//! Pseudonyms: nobody's name is left in what is written, and each is always the same.

use std::fs;

use serde_json::json;
use tempfile::TempDir;

use crate::export::{ExportOptions, FORMATS, Scope, manifest_path};
use crate::labels::{Corpus as _, LabelSource, Pseudonymous, RecordFile, RecordKind};
use crate::model::{Critique, Label, Trace};

use super::source::{Project, options};
use super::splits::{export, problems};

/// Labelled by people in every way that names them.
fn project() -> Project {
    let mut project = problems(4).label("+", Some(2));
    let hash = project.traces[0].steps[0].hash.clone();
    let words = |by: &str| {
        Label::Critique(Critique { by: by.into(), text: "so".into(), accepted: true, ..Critique::default() })
    };
    let of_step = project.says("ann").steps.entry(hash).or_default();
    of_step.labels = [words("human:zoe"), words("judge")].into_iter().collect();
    project.says("bo").note = "n".into();
    project.traces[0].metadata.insert("labeler".into(), json!("zoe"));
    let kind = RecordKind::Annotations;
    let log = |name: &str| RecordFile { kind, name: name.into(), sha256: "00".into(), bytes: 1 };
    project.provenance.records = vec![log("ann"), log("bo")];
    project
}

#[test]
fn no_name_is_left_in_rows_and_manifest() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("rows.jsonl");
    let project = project();
    for format in FORMATS {
        for labels in [LabelSource::Own(Some("ann".into())), LabelSource::Imported(Some("human:zoe".into()))] {
            let mut asked = ExportOptions { pseudonyms: Some(String::new()), ..options(format.name(), &[]) };
            asked.policy.unlabelled = crate::export::UnlabelledSteps::Mask;
            asked.labels = Some(labels.clone()).filter(|_| format.scope() != Scope::Trace);
            if asked.settled().is_err() {
                asked.policy.unlabelled = crate::export::UnlabelledSteps::Refuse;
            }
            // Not every source has what every format needs.
            let Ok(report) = export(&project, &asked, &out) else { continue };
            let manifest = fs::read_to_string(manifest_path(&out)).unwrap();
            let written = fs::read_to_string(&out).unwrap() + &manifest + &serde_json::to_string(&report).unwrap();
            for name in ["\"ann\"", "own:ann", "annotator:ann", "zoe", "\"bo\""] {
                assert!(!written.contains(name), "{} {labels}: {name} in {written}", format.name());
            }
            assert!(manifest.contains("annotator-"), "{}", format.name());
        }
    }
}

#[test]
fn a_pseudonym_depends_on_the_name_and_the_key_alone() {
    let (all, mut fewer) = (project(), project());
    fewer.said.retain(|annotator, _| annotator.as_str() == "ann");
    let names = |project: &Project, key: &str| {
        Pseudonymous::new(project, key)
            .unwrap()
            .annotators()
            .iter()
            .map(|name| name.as_str().to_owned())
            .collect::<Vec<_>>()
    };
    let (plain, keyed) = (names(&all, ""), names(&all, "key"));
    assert_eq!(plain.len(), 2);
    assert!(plain.iter().all(|name| !keyed.contains(name)));
    assert!(plain.contains(&names(&fewer, "")[0]), "others make no difference");
    let named = Pseudonymous::new(&all, "").unwrap();
    let own = |name: &str| LabelSource::Own(Some(name.into()));
    let LabelSource::Own(Some(ann)) = named.label_source(&own("ann")) else { panic!("not own") };
    assert_eq!(named.label_source(&own(&ann)), own(&ann), "a pseudonym stays one");
    let ann = crate::model::AnnotatorId::new(ann);
    let trace: Trace = named.trace(0).unwrap();
    let said = named.annotation(&ann, &trace.id).unwrap();
    let by: Vec<&str> = said
        .steps
        .values()
        .flat_map(|step| step.labels.iter())
        .filter_map(|label| match label {
            Label::Critique(critique) => Some(critique.by.as_str()),
            _ => None,
        })
        .collect();
    assert!(by.contains(&"judge") && by.iter().any(|by| by.starts_with("human:annotator-")), "{by:?}");
    assert!(named.has_labels(&ann) && named.annotation(&crate::model::AnnotatorId::new("ann"), &trace.id).is_none());
}
