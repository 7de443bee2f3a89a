//! Parquet: what comes back is what was written, with the types that the rows show; lint reads tables as well.

use std::fs::{self, File};
use std::path::Path;

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::schema::printer::print_schema;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::export::columns::Kind;
use crate::export::table::Waiting;
use crate::export::{ExportError, ExportOptions, LintOptions, Manifest, lint, manifest_path, write};
use crate::import::each_row;
use crate::job::JobContext;
use crate::model::{Problem, Timestamp, Trace, TraceBuilder};

use super::lint::said;
use super::source::{Project, chain, import, options, tree};

fn foreground() -> JobContext {
    JobContext::foreground(None)
}

/// The rows of a table, as JSON.
fn rows_of(path: &Path) -> Vec<Value> {
    let mut rows = Vec::new();
    each_row::<ExportError>(path, &foreground(), &mut |line| {
        rows.push(serde_json::from_str(line.unwrap()).unwrap());
        Ok(())
    })
    .unwrap();
    rows
}

fn schema_of(path: &Path) -> String {
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let mut text = Vec::new();
    print_schema(&mut text, reader.metadata().file_metadata().schema());
    String::from_utf8(text).unwrap()
}

fn written(rows: &[Value]) -> (TempDir, std::path::PathBuf) {
    let folder = TempDir::new().unwrap();
    let (mut columns, mut waiting) = (None, Waiting::create(folder.path()).unwrap());
    for row in rows {
        waiting.row(&row.to_string(), &mut columns).unwrap();
    }
    let path = folder.path().join("rows.parquet");
    waiting.write(columns.as_ref(), File::create(&path).unwrap()).unwrap();
    (folder, path)
}

#[test]
fn columns_have_the_types_that_rows_show() {
    let rows = [
        json!({"text": "é", "yes": true, "whole": 1, "number": 1, "none": null, "empty": [], "list": [["a"], []], "chat": [{"role": "user"}]}),
        json!({"text": null, "yes": false, "whole": -2, "number": 0.5, "none": null, "empty": [], "list": null, "chat": [{"role": "tool", "name": "f"}, null]}),
    ];
    let (_folder, path) = written(&rows);
    let expected = "message schema {
  OPTIONAL BYTE_ARRAY text (STRING);
  OPTIONAL BOOLEAN yes;
  OPTIONAL INT64 whole;
  OPTIONAL DOUBLE number;
  OPTIONAL INT32 none (UNKNOWN);
  OPTIONAL group empty (LIST) {
    REPEATED group list {
      OPTIONAL INT32 element (UNKNOWN);
    }
  }
  OPTIONAL group list (LIST) {
    REPEATED group list {
      OPTIONAL group element (LIST) {
        REPEATED group list {
          OPTIONAL BYTE_ARRAY element (STRING);
        }
      }
    }
  }
  OPTIONAL group chat (LIST) {
    REPEATED group list {
      OPTIONAL group element {
        OPTIONAL BYTE_ARRAY role (STRING);
        OPTIONAL BYTE_ARRAY name (STRING);
      }
    }
  }
}
";
    assert_eq!(schema_of(&path), expected);
    let mut back = rows.to_vec();
    back[0]["chat"][0]["name"] = Value::Null;
    back[0]["number"] = json!(1.0);
    assert_eq!(rows_of(&path), back);
}

/// What a row looks like in a table: every field is there, whole numbers are numbers where others are not whole.
fn in_table(value: &Value, kind: &Kind) -> Value {
    match (value, kind) {
        (Value::Null, _) => Value::Null,
        (Value::Array(items), Kind::List(inner)) => {
            items.iter().map(|item| in_table(item, inner.as_deref().unwrap_or(&Kind::Null))).collect()
        }
        (Value::Object(map), Kind::Object(fields)) => {
            let field = |(name, kind): &(String, Kind)| {
                (name.clone(), in_table(&map.get(name).cloned().unwrap_or_default(), kind))
            };
            Value::Object(fields.iter().map(field).collect::<Map<_, _>>())
        }
        (value, Kind::Number) => json!(value.as_f64().unwrap()),
        (value, _) => value.clone(),
    }
}

fn value() -> impl Strategy<Value = Value> {
    let texts = prop::collection::vec("[a-zé\n\"]{0,4}", 0..4);
    let message = ("[a-z]{1,3}", prop::option::of("[a-z]{0,3}"), prop::option::of(any::<i32>()));
    let messages = prop::collection::vec(message, 0..3);
    let nested =
        prop::collection::vec(prop::option::of(prop::collection::vec(prop::option::of(-1e3..1e3), 0..3)), 0..3);
    (texts, messages, nested, any::<bool>(), prop::option::of(any::<i64>()), prop::option::of("[a-z]{0,3}")).prop_map(
        |(texts, messages, nested, yes, whole, text)| {
            let messages: Vec<Value> = messages
                .into_iter()
                .map(|(role, name, weight)| match name {
                    Some(name) => json!({"role": role, "name": name, "weight": weight}),
                    None => json!({"role": role, "calls": [{"arguments": {"x": weight}}]}),
                })
                .collect();
            json!({"texts": texts, "messages": messages, "nested": nested, "yes": yes, "whole": whole, "text": text})
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_nested_comes_back(rows in prop::collection::vec(value(), 1..8)) {
        let columns = rows.iter().map(|row| Kind::of_row(row.as_object().unwrap())).reduce(|a, b| a.joined(b).0).unwrap();
        let (_folder, path) = written(&rows);
        let expected: Vec<Value> = rows.iter().map(|row| in_table(row, &columns)).collect();
        prop_assert_eq!(rows_of(&path), expected);
    }
}

/// Traces of several problems with labels, outcomes, values and two attempts each.
fn project() -> Project {
    let mut project = Project::default();
    for number in 0..6 {
        for attempt in ["x", "y"] {
            let texts = ["start", attempt, "end"];
            let builder = TraceBuilder::new(Problem::from_text(format!("{number} + 1?")))
                .source_id(format!("{number}{attempt}"))
                .verdict(crate::model::Verdict::from_bool(attempt == "x"));
            let mut builder = texts.iter().fold(builder, |builder, text| builder.thought(*text));
            for step in 0..3 {
                builder.score(Some(step), "q", crate::model::ScoreKind::Value, 0.25 * f64::from(step));
            }
            let mut trace = builder.build();
            import(&mut trace, "human", if attempt == "x" { "+++" } else { "+-" });
            trace.labels.last_mut().unwrap().rationale = Some("for a reason".into());
            project.traces.push(trace);
        }
    }
    project
}

fn export(project: &Project, options: &ExportOptions, out: &Path) -> Result<(), ExportError> {
    write(project, options, out, &foreground(), Timestamp(0), "0.1.0").map(|_report| ())
}

#[test]
fn every_format_with_columns_is_the_same_in_lines_and_in_parquet() {
    let folder = TempDir::new().unwrap();
    let project = project();
    for format in crate::export::FORMATS {
        let mut options = options(format.name(), &[]);
        // Nothing branches here, so no search can be compared.
        if format.name() == "rstar_pairs" {
            options = super::source::options("rstar_pairs", &[("pairs", "first_error"), ("min_edit_distance", "0")]);
        }
        if format.name() == "house" {
            options
                .policy
                .set("fields", "problem = 'problem.text'\nsteps = 'path | map(attribute=\"text\") | list'")
                .unwrap();
        }
        let (lines, table) = (folder.path().join("rows.jsonl"), folder.path().join("rows.parquet"));
        if !format.has_columns() {
            let said = export(&project, &options, &table).unwrap_err().to_string();
            assert!(said.starts_with("rows of native have no common columns"), "{said}");
            continue;
        }
        export(&project, &options, &lines).unwrap();
        export(&project, &options, &table).unwrap();
        let text = fs::read_to_string(&lines).unwrap();
        let expected: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let columns =
            expected.iter().map(|row| Kind::of_row(row.as_object().unwrap())).reduce(|a, b| a.joined(b).0).unwrap();
        let expected: Vec<Value> = expected.iter().map(|row| in_table(row, &columns)).collect();
        assert!(!expected.is_empty(), "{}", format.name());
        assert_eq!(rows_of(&table), expected, "{}", format.name());
        let asked = LintOptions { format: Some((options.format, options.policy.clone())), limit: 10 };
        let (of_lines, of_table) =
            (lint(&lines, &asked, &foreground()).unwrap(), lint(&table, &asked, &foreground()).unwrap());
        assert_eq!((of_table.rows, said(&of_table)), (of_lines.rows, said(&of_lines)), "{}", format.name());
    }
}

#[test]
fn parts_share_their_columns() {
    let folder = TempDir::new().unwrap();
    let mut project = Project::default();
    for (number, soft) in [None, Some(0.5), None].into_iter().enumerate() {
        let mut trace: Trace = chain(2);
        trace.id = crate::model::TraceId::new(format!("t{number}"));
        import(&mut trace, "human", "+");
        trace.labels.extend(soft.map(|soft| crate::model::ImportedLabel {
            step: Some(1),
            value: crate::model::ImportedValue::Soft(soft),
            ..trace.labels[0].clone()
        }));
        project.traces.push(trace);
    }
    let out = folder.path().join("steps.parquet");
    let options = ExportOptions { shard_bytes: Some(1), ..options("steps", &[]) };
    export(&project, &options, &out).unwrap();
    let manifest: Manifest = serde_json::from_str(&fs::read_to_string(manifest_path(&out)).unwrap()).unwrap();
    assert_eq!((manifest.files.len(), manifest.rows), (6, 6));
    let schemas: Vec<String> = manifest.files.iter().map(|file| schema_of(&folder.path().join(&file.file))).collect();
    assert!(schemas[0].contains("OPTIONAL DOUBLE soft;"), "{}", schemas[0]);
    assert!(schemas.iter().all(|schema| *schema == schemas[0]), "also where a part has no soft label");
    let first = fs::read(folder.path().join(&manifest.files[0].file)).unwrap();
    export(&project, &options, &out).unwrap();
    assert_eq!(fs::read(folder.path().join(&manifest.files[0].file)).unwrap(), first, "equal rows give equal bytes");
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left.len(), 7, "{left:?}");
}

#[test]
fn an_empty_project_gives_an_empty_table() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("rows.parquet");
    export(&Project::default(), &options("trl_stepwise", &[]), &out).unwrap();
    assert_eq!(rows_of(&out), Vec::<Value>::new());
}

#[test]
fn rows_without_common_columns_are_told() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("rows.parquet");
    let check = |fields: &str, expected: &str| {
        let mut options = options("house", &[]);
        options.policy.set("template", fields).unwrap();
        let mut project = Project::of(chain(1));
        project.traces.push(tree(&[(None, "a"), (Some(0), "b")]));
        let said = export(&project, &options, &out).unwrap_err().to_string();
        assert!(said.contains(expected), "{said}");
        assert!(!out.exists());
    };
    check(
        "{\"x\": {% if steps|length > 1 %}1{% else %}\"a\"{% endif %}}",
        "`x` is a number, not a text; choose .jsonl",
    );
    check("{\"x\": {}}", "`x` holds an object without fields in every row, for which Parquet has no place");
}

#[test]
fn lint_reads_cells() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("steps.csv");
    let mut project = project();
    // A name and a text that look like numbers.
    project.traces[0].generator = Some("7".into());
    project.traces[0].steps[1].text = "1.50".into();
    export(&project, &options("steps", &[]), &out).unwrap();
    let report = lint(&out, &LintOptions { format: None, limit: 10 }, &foreground()).unwrap();
    assert_eq!((report.format.as_str(), report.rows, said(&report)), ("steps", 36, String::new()));
    let text = fs::read_to_string(&out).unwrap();
    fs::write(&out, text.replacen(",thought,", ",thinking,", 1)).unwrap();
    let report = lint(&out, &LintOptions { format: None, limit: 10 }, &foreground()).unwrap();
    assert_eq!(said(&report), "1: `thinking` is no kind");
    let out = folder.path().join("kto.csv");
    export(&project, &options("trl_unpaired", &[]), &out).unwrap();
    let report = lint(&out, &LintOptions { format: None, limit: 10 }, &foreground()).unwrap();
    assert_eq!((report.format.as_str(), said(&report).contains("invalid type")), ("trl_unpaired", false));
}
