//! Rows by the user's own template or map of fields.

use serde_json::{Value, json};

use crate::export::ExportOptions;
use crate::model::ScoreKind;

use super::source::{Project, chain, options};

fn project() -> Project {
    let mut trace = chain(3);
    let mut builder = crate::model::TraceBuilder::default();
    builder.score(Some(0), "q", ScoreKind::Value, 0.25);
    trace.scores.append(&mut builder.trace_mut().scores);
    trace.metadata.insert("subject".into(), json!({"name": "sums \"and\" <more>"}));
    Project::of(trace).label("+-", None)
}

fn with(option: &str, text: &str) -> Result<ExportOptions, String> {
    let mut options = options("house", &[]);
    options.policy.set(option, text).map_err(|error| error.to_string())?;
    Ok(options)
}

/// The rows, then why others are none.
fn made(option: &str, text: &str) -> Vec<Value> {
    let preview = project().preview(&with(option, text).unwrap());
    let rows = preview.sample.iter().map(|line| serde_json::from_str(line).unwrap());
    rows.chain(preview.left_out.iter().map(|one| json!(one.reason))).collect()
}

#[test]
fn a_template_writes_json() {
    let text = r#"
        {# Not part of the row. #}
        {"q": {{ problem.text }}, "steps": {{ path | map(attribute="text") | list }},
         "labels": [{% for step in path %}{{ step.label == "good" }}{% if not loop.last %},{% endif %}{% endfor %}],
         "first": {{ first_error }}, "by": {{ trace.generator }}, "outcome": {{ trace.outcome }},
         "subject": {{ trace.metadata.subject.name }}, "q0": {{ steps[0].scores.q }}, "none": {{ steps[2].label }},
         "names": {{ scores }}, "whose": {{ labels }}, "upper": {{ problem.text.upper() }}}
    "#;
    let expected = json!({
        "q": "1+1?", "steps": ["a", "b", "c"], "labels": [true, false, false], "first": 1, "by": "m",
        "outcome": "incorrect", "subject": "sums \"and\" <more>", "q0": 0.25, "none": null, "names": ["q"],
        "whose": "own:ann", "upper": "1+1?",
    });
    assert_eq!(made("template", text), [expected]);
    assert_eq!(project().preview(&with("template", text).unwrap()).sample[0].lines().count(), 1);
}

#[test]
fn a_map_names_fields_and_expressions() {
    let text = "question = 'problem.text'\nlast = 'path[-1].text'\nversion = 2\nlabels = 'path | map(attribute=\"label\") | list'\n\
                [meta]\nid = 'trace.name'\nscore = 'steps[0].scores.q * 4'\nnote = 'note or none'\n";
    let expected = json!({
        "question": "1+1?", "last": "c", "version": 2, "labels": ["good", "bad", null],
        "meta": {"id": "t", "score": 1.0, "note": null},
    });
    assert_eq!(made("fields", text), [expected]);
}

#[test]
fn faults_name_the_place() {
    let refused = |option: &str, text: &str, expected: &str| {
        let said = with(option, text).unwrap_err();
        assert!(said.starts_with("the house format cannot be read: ") && said.contains(expected), "{said}");
    };
    refused("template", "{\n  {% if %}\n}", "line 2 of the template: ");
    refused("fields", "a = 'b +'", "field `a`: ");
    refused("fields", "a = ", "TOML parse error at line 1");
    let check = |option: &str, text: &str, expected: &str| {
        let said = made(option, text);
        assert!(said.len() == 1 && said[0].as_str().is_some_and(|said| said.starts_with(expected)), "{said:?}");
    };
    check("template", "{\n\"a\": {{ problem.txt }}}", "line 2 of the template: ");
    check(
        "template",
        "{\"a\": {{ problem.text }}",
        "what the template gives is no JSON value: EOF while parsing an object",
    );
    check("template", "{{ 1 }} {{ 2 }}", "what the template gives is no JSON value: trailing characters");
    check("template", "{% if first_error is none %}1{% endif %}", "the template gives nothing for it");
    check("fields", "[a]\nb = 'problem.txt'", "field `a.b`: ");
    let nothing = project().preview(&options("house", &[]));
    assert!(nothing.left_out[0].reason.starts_with("neither a template nor a map of fields is given"));
}
