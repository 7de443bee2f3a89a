//! Traces are grouped by any field of questions, and each group is asked for by its condition.

use std::collections::BTreeMap;

use serde_json::json;

use super::disk::{Disk, rows};
use super::source::{Project, Short};
use crate::evaluate::{Columns, Field, Request, collect};
use crate::job::JobContext;
use crate::model::Verdict::{Correct, Incorrect, Unknown};
use crate::query::{can_group, group_fields};

fn ctx() -> JobContext {
    JobContext::foreground(None)
}

/// By the labels of the data: two have labelled.
fn of_data() -> Request {
    Request { labels: Some("imported".parse().unwrap()), ..Request::default() }
}

/// Forty traces with labels, scores and metadata of all sorts.
fn project() -> Disk {
    let mut project = Project::default();
    for at in 0..40_u32 {
        let name = format!("p{}", at % 7);
        let score = f64::from(at * 17 % 40) / 40.0;
        project.add(&Short {
            problem: &name,
            generator: ["a", "B b", "3"][at as usize % 3],
            ratings: ["+-", "++", "+++", " ", "-"][at as usize % 5],
            scores: &[0.9, score, 0.5][..=(at as usize % 3)],
            verdict: [Correct, Incorrect, Unknown][at as usize % 3],
            texts: &[],
        });
        let metadata = &mut project.traces.last_mut().unwrap().metadata;
        metadata.insert("level".into(), (at % 3 + 1).into());
        metadata.insert("seconds".into(), at.into());
        if at % 4 > 0 {
            metadata.insert("deep".into(), json!({"cost": f64::from(at) * 0.37, "kind": {"of": "x y"}}));
        }
        metadata.insert("topics".into(), [json!(["a"]), json!(["a", "b"]), json!([])][at as usize % 3].clone());
        metadata.insert("cached".into(), (at % 2 == 0).into());
        metadata.insert("source".into(), ["x", "y"][at as usize % 2].into());
        metadata.insert("wide\u{3000}\"key\"".into(), (at % 2).into());
        metadata.insert("uuid".into(), format!("u{at}").into());
        if at % 5 == 0 {
            project.tag(0, "slip");
        }
    }
    Disk::new(&project.traces)
}

fn grouped(project: &Disk, columns: &mut Columns, name: &str) -> Field {
    let at = columns.group_by(name, &project.views(), |row| row, &ctx()).unwrap_or_else(|error| panic!("{error}"));
    columns.fields[at].clone()
}

/// The groups with how many traces they have; the empty ones left out.
fn counts(field: &Field) -> Vec<(&str, usize)> {
    let count = |code: usize| field.codes.iter().filter(|of| **of as usize == code).count();
    let all = field.values.iter().enumerate().map(|(code, name)| (name.as_str(), count(code)));
    all.filter(|(_, count)| *count > 0).collect()
}

#[test]
fn every_field_makes_groups_that_can_be_asked_for() {
    let project = project();
    let mut columns = collect(&project, &of_data(), &ctx()).unwrap();
    let views = project.views();
    let mut names = group_fields(&views, &ctx()).unwrap();
    assert_eq!(names[..3], ["generator", "file", "outcome"]);
    assert!(names.iter().all(|name| can_group(name)), "{names:?}");
    for name in ["meta.deep.cost", "meta.topics", "tag", "state", "label_source", "annotator", "score(\"prm\").min"] {
        assert!(names.iter().any(|known| known == name), "{name} is not in {names:?}");
    }
    names.extend(["first_error(imported)", "first_error.relative", "score(\"prm\").mean", "level"].map(String::from));
    let mut several = BTreeMap::new();
    for name in names {
        let field = grouped(&project, &mut columns, &name);
        let has_sets = field.values.iter().any(|value| value.contains(", "));
        for (code, clause) in field.clauses.iter().enumerate() {
            let members = field.codes.iter().zip(0_u32..).filter(|(of, _)| **of as usize == code).map(|(_, row)| row);
            let (members, asked): (Vec<u32>, _) = (members.collect(), rows(clause, &views));
            if has_sets {
                // Who has one name and another is asked for by either.
                assert!(members.iter().all(|row| asked.contains(row)), "{name} {clause}");
            } else {
                assert_eq!(members, asked, "{name} {clause}");
            }
        }
        several.insert(name, counts(&field).len());
    }
    let alone: Vec<&String> = several.iter().filter(|(_, groups)| **groups < 2).map(|(name, _)| name).collect();
    // All of one file, format and the like, and what nothing is said of.
    let expected = [
        "answer",
        "branching",
        "file",
        "format",
        "meta.deep.kind.of",
        "reward",
        "severity",
        "soft",
        "splitter",
        "warnings",
    ];
    assert!(alone.iter().all(|name| expected.contains(&name.as_str())), "{alone:?}");
}

#[test]
fn numbers_stand_in_spans_and_names_together() {
    let project = project();
    let mut columns = collect(&project, &of_data(), &ctx()).unwrap();
    let mut check = |name: &str, expected: &[(&str, usize)]| {
        let field = grouped(&project, &mut columns, name);
        assert_eq!(counts(&field), expected, "{name}");
        field
    };
    let whole = check(
        "meta.seconds",
        &[
            ("below 5", 5),
            ("5–9", 5),
            ("10–14", 5),
            ("15–19", 5),
            ("20–24", 5),
            ("25–29", 5),
            ("30–34", 5),
            ("35 and more", 5),
        ],
    );
    assert!(whole.is_ordered && whole.clauses[2] == "meta.seconds:5..9", "{whole:?}");
    let cost = check(
        "meta.deep.cost",
        &[
            ("", 10),
            ("below 1.5", 3),
            ("1.5–3", 3),
            ("3–5", 4),
            ("5–7", 4),
            ("7–9", 4),
            ("9–11", 4),
            ("11–12.5", 3),
            ("12.5 and more", 5),
        ],
    );
    assert!(cost.is_ordered, "{cost:?}");
    let level = check("level", &[("1", 14), ("2", 13), ("3", 13)]);
    assert!(level.is_ordered && level.name == "level", "few numbers stand each for itself: {level:?}");
    check("meta.topics", &[("", 13), ("a", 14), ("a, b", 13)]);
    // Another name of a field stands back behind a key that is called so.
    check("source", &[("x", 20), ("y", 20)]);
    check("meta.cached", &[("false", 20), ("true", 20)]);
    check("generator", &[("3", 13), ("a", 14), ("B b", 13)]);
    // Where there is no number, a word says why. Two traces that are right so far have a third step, unrated.
    let first = check("first_error(imported)", &[("", 10), ("1", 8), ("2", 8), ("none", 14)]);
    assert_eq!(
        first.clauses[first.values.iter().position(|value| value == "none").unwrap()],
        "first_error(imported):none"
    );
}

#[test]
fn what_makes_no_groups_is_refused() {
    let project = project();
    let mut columns = collect(&project, &of_data(), &ctx()).unwrap();
    for (name, expected) in [
        ("step.kind", "`step.kind` is a field of steps; traces are grouped by fields of traces"),
        ("meta.lewel", "did you mean `level`?"),
        ("generatr", "there is no field `generatr`; did you mean `generator`?"),
    ] {
        let error = columns.group_by(name, &project.views(), |row| row, &ctx()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(!can_group(name) || name.starts_with("meta."), "{name}");
    }
}
