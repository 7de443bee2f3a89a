//! The sample data keep what their README promises, whoever edits them.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::support::fixture::sample_data;

/// The rows of a file of the sample data: the elements of a JSON array, or lines.
fn rows(name: &str) -> Vec<Value> {
    let text = fs::read_to_string(sample_data().join(name)).unwrap();
    let rows: Vec<Value> = if text.starts_with('[') {
        serde_json::from_str(&text).unwrap()
    } else {
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    assert!(!rows.is_empty(), "{name}");
    rows
}

fn list<'a>(row: &'a Value, field: &str) -> &'a [Value] {
    row[field].as_array().unwrap_or_else(|| panic!("no list `{field}` in {row}"))
}

/// Calls `visit` with every node of a search tree, parents first.
fn each_node(node: &Value, visit: &mut impl FnMut(&Value)) {
    visit(node);
    for child in list(node, "children") {
        each_node(child, visit);
    }
}

#[test]
fn first_errors_name_a_step_that_exists() {
    for row in rows("1-word-problems.json") {
        let (label, steps) = (row["label"].as_i64().unwrap(), list(&row, "steps"));
        assert!(label >= -1 && label < i64::try_from(steps.len()).unwrap(), "{row}");
        // A right solution has the right answer; the reverse need not hold.
        assert!(label >= 0 || row["final_answer_correct"] == true, "{row}");
    }
}

#[test]
fn where_steps_are_labelled_all_are() {
    let mut labelled = 0;
    for (file, steps) in [("2-algebra.jsonl", "steps"), ("4-code.jsonl", "steps"), ("3-stepwise.jsonl", "completions")]
    {
        for row in rows(file) {
            let steps = list(&row, steps);
            assert!(steps.iter().all(|step| step.as_str().is_some_and(|text| !text.trim().is_empty())), "{row}");
            if row.get("labels").is_some() {
                assert_eq!(list(&row, "labels").len(), steps.len(), "{row}");
                labelled += 1;
            }
        }
    }
    assert_eq!(labelled, 10 + 2 + 6);
}

#[test]
fn every_tool_call_has_one_result() {
    for row in rows("5-agent.jsonl") {
        let messages = list(&row, "messages");
        let tools: BTreeSet<_> =
            list(&row, "tools").iter().map(|tool| tool["function"]["name"].clone().to_string()).collect();
        let (mut open, mut seen) = (BTreeSet::new(), 0);
        for message in messages {
            for call in message.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
                assert!(tools.contains(&call["function"]["name"].to_string()), "{call}");
                let arguments = call["function"]["arguments"].as_str().unwrap();
                assert!(serde_json::from_str::<Value>(arguments).unwrap().is_object(), "{call}");
                assert!(open.insert(call["id"].to_string()), "{call}");
                seen += 1;
            }
            if message["role"] == "tool" {
                assert!(open.remove(&message["tool_call_id"].to_string()), "{message}");
            }
        }
        assert!(open.is_empty() && seen > 0, "{row}");
        assert!((8..=16).contains(&messages.len()), "{row}");
    }
}

#[test]
fn values_of_search_trees_lie_between_those_of_their_children() {
    for row in rows("6-search-trees.jsonl") {
        assert_eq!(row["reasoning_steps"]["text"], row["question"]);
        let mut nodes = 0;
        each_node(&row["reasoning_steps"], &mut |node| {
            nodes += 1;
            let value = node["mc_value"].as_f64().unwrap();
            let children: Vec<_> =
                list(node, "children").iter().map(|child| child["mc_value"].as_f64().unwrap()).collect();
            assert!((0.0..=1.0).contains(&value), "{node}");
            assert!(children.is_empty() || children.iter().any(|child| *child <= value), "{node}");
            assert!(children.is_empty() || children.iter().any(|child| *child >= value), "{node}");
        });
        assert_eq!(nodes, 16);
    }
}

#[test]
fn the_chosen_candidate_exists() {
    for row in rows("7-prm800k.jsonl") {
        for step in list(&row["label"], "steps") {
            let candidates = list(step, "completions");
            assert!(candidates.iter().all(|one| (-1..=1).contains(&one["rating"].as_i64().unwrap())), "{step}");
            let chosen = step["chosen_completion"].as_u64();
            assert!(chosen.is_none_or(|index| index < candidates.len() as u64), "{step}");
        }
    }
}

#[test]
fn the_readme_names_every_file() {
    let readme = fs::read_to_string(sample_data().join("README.md")).unwrap();
    for entry in fs::read_dir(sample_data()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        // Made by opening the sample data in place, and ignored by git.
        let is_project = name.ends_with(".stepscope");
        assert!(is_project || name == "README.md" || readme.contains(&format!("`{name}")), "{name}");
    }
}
