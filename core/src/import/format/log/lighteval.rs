//! Details of lighteval (huggingface/lighteval): one row per question, in the present and the older layout.

use serde_json::Value;

use super::answers::{answered, verdict, weighed};
use super::turn::{Role, turns};
use crate::import::fields::{Fields, float, raw_text, scalar_text, warn};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{ChatMessage, Metadata, Problem, Prompt, ScoreKind, Step, StepKind, TraceBuilder, Verdict};

/// Reads lighteval details.
pub(super) struct LightEval;

/// Metrics that are 1 for a right answer and 0 for a wrong one; what comes after a colon or `@` does not matter.
const VERDICTS: &[&str] =
    &["extractive_match", "exact_match", "em", "qem", "pem", "acc", "loglikelihood_acc", "math_pass"];

impl Importer for LightEval {
    fn name(&self) -> &'static str {
        "lighteval"
    }

    fn caption(&self) -> &'static str {
        "lighteval details"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["doc", "full_prompt"], &["model_response", "predictions"], &["metric", "metrics"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`doc`, `metric` and `model_response`, or `full_prompt`, `predictions` and `metrics`", |row| {
            let present =
                row["doc"]["query"].is_string() && row["metric"].is_object() && row["model_response"].is_object();
            let older = !row["full_prompt"].is_null() && row.get("predictions").is_some() && row["metrics"].is_object();
            present || older
        })
    }

    fn read_row(&self, row: Value, sample: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let Row { problem, texts, thoughts, choices, metrics, id } = match fields.take("doc") {
            Some(doc) => present(doc, &mut fields)?,
            None => older(&mut fields),
        };
        let mut builders = Vec::new();
        if texts.is_empty() && !choices.is_empty() {
            builders.push(weighed(problem, &choices, "logprob"));
        } else {
            for (number, text) in texts.iter().enumerate() {
                let mut builder = answered(problem.clone(), text, sample);
                if let Some(thought) = thoughts.get(number).filter(|thought| !thought.is_empty()) {
                    builder = with_thought(builder, thought);
                }
                builders.push(builder);
            }
        }
        if builders.is_empty() {
            return Err(RowError::new("the row holds no answer of the model; expected texts or weighed choices"));
        }
        let several = builders.len() > 1;
        let rest = fields.rest();
        let finish = |(number, mut builder): (usize, TraceBuilder)| {
            let suffix = if several { format!("#{number}") } else { String::new() };
            builder.trace_mut().source_id = id.as_ref().map(|id| format!("{id}{suffix}"));
            builder.trace_mut().metadata.extend(rest.clone());
            note_metrics(&mut builder, &metrics, several);
            builder.into()
        };
        Ok(builders.into_iter().enumerate().map(finish).collect())
    }
}

struct Row {
    problem: Problem,
    texts: Vec<String>,
    /// Reasoning that the model gave apart, one for each text.
    thoughts: Vec<String>,
    choices: Vec<(String, Option<f64>)>,
    metrics: Metadata,
    id: Option<String>,
}

fn present(doc: Value, fields: &mut Fields) -> Result<Row, RowError> {
    let mut doc = Fields::new(doc)?;
    let mut response = Fields::new(fields.take("model_response").unwrap_or_default())?;
    let query = doc.text("query").unwrap_or_default();
    let input = response.take("input");
    // What was sent holds examples and instructions as well; the query is the question alone.
    let asked = match input {
        Some(input @ Value::Array(_)) => turns(&input, Role::User),
        _ => Vec::new(),
    };
    let messages = asked.iter().map(|turn| ChatMessage { role: turn.role_name.clone(), content: turn.words() });
    let prompt = if asked.is_empty() { Prompt::Text(query) } else { Prompt::Messages(messages.collect()) };
    let texts = strings(response.take("text"));
    let thoughts = strings(response.take("reasonings"));
    let options = strings(doc.get("choices").cloned());
    let weights = numbers(response.take("logprobs"));
    let id = doc.text("id");
    let gold = gold(&options, doc.get("gold_index"));
    let choices =
        options.into_iter().enumerate().map(|(at, text)| (text, weights.get(at).copied().flatten())).collect();
    let metadata: Metadata = doc.rest().into_iter().filter(|(_, value)| !value.is_null()).collect();
    let problem = Problem { prompt, answer: gold, metadata, ..Problem::default() };
    let metrics = match fields.take("metric") {
        Some(Value::Object(metrics)) => metrics,
        _ => Metadata::new(),
    };
    Ok(Row { problem, texts, thoughts, choices, metrics, id })
}

fn older(fields: &mut Fields) -> Row {
    let prompt = match fields.take("full_prompt").unwrap_or_default() {
        Value::String(text) => Prompt::Text(text),
        other => {
            let asked = turns(&other, Role::User);
            let one = |turn: &super::turn::Turn| ChatMessage { role: turn.role_name.clone(), content: turn.words() };
            Prompt::Messages(asked.iter().map(one).collect())
        }
    };
    let options = strings(fields.get("choices").cloned());
    let gold = fields.take("gold").map(|gold| strings(Some(gold)).join("\n")).filter(|gold| !gold.is_empty());
    let gold = gold.or_else(|| self::gold(&options, fields.get("gold_index")));
    let predictions = fields.take("predictions");
    // Choices are weighed by numbers, one for each.
    let weights = numbers(predictions.clone());
    let weighed = !options.is_empty() && weights.len() == options.len() && weights.iter().all(Option::is_some);
    let texts = if weighed { Vec::new() } else { strings(predictions) };
    let choices = if weighed { options.into_iter().zip(weights).collect() } else { Vec::new() };
    let metrics = match fields.take("metrics") {
        Some(Value::Object(metrics)) => metrics,
        _ => Metadata::new(),
    };
    let example = fields.take("example").filter(|example| !example.is_null());
    let metadata = example.map(|example| Metadata::from_iter([("example".to_owned(), example)])).unwrap_or_default();
    let problem = Problem { prompt, answer: gold, metadata, ..Problem::default() };
    let id = fields.get("hash").and_then(|hash| hash.get("hash_full_prompt").or(Some(hash))).and_then(scalar_text);
    Row { problem, texts, thoughts: Vec::new(), choices, metrics, id }
}

/// A list of texts; also one text, and lists in lists one deep.
fn strings(value: Option<Value>) -> Vec<String> {
    match value {
        Some(Value::Array(list)) => {
            let flat = list.into_iter().flat_map(|item| match item {
                Value::Array(inner) => inner,
                other => vec![other],
            });
            flat.filter(|item| !item.is_null()).map(|item| raw_text(&item)).collect()
        }
        Some(Value::String(text)) => vec![text],
        _ => Vec::new(),
    }
}

fn numbers(value: Option<Value>) -> Vec<Option<f64>> {
    match value {
        Some(Value::Array(list)) => {
            let one = |item: &Value| float(item).or_else(|| item.get(0).and_then(float));
            list.iter().map(one).collect()
        }
        _ => Vec::new(),
    }
}

/// The right choices by their number, from 0.
fn gold(options: &[String], index: Option<&Value>) -> Option<String> {
    let list = match index? {
        Value::Array(list) => list.clone(),
        other => vec![other.clone()],
    };
    let at = |index: &Value| options.get(usize::try_from(index.as_u64()?).ok()?).cloned();
    let texts: Vec<String> = list.iter().filter_map(at).collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

/// Puts the reasoning before the answer.
fn with_thought(builder: TraceBuilder, thought: &str) -> TraceBuilder {
    let mut answer = builder.build();
    let problem = std::mem::take(&mut answer.problem);
    let mut builder = TraceBuilder::new(problem);
    let section = Some("thinking".to_owned());
    builder.push(Step { kind: StepKind::Thought, text: thought.into(), section, on_path: true, ..Step::default() });
    for step in answer.steps {
        let parent = builder.last_step();
        builder.push(Step { parent, section: Some("response".into()), ..step });
    }
    let trace = builder.trace_mut();
    (trace.splitter, trace.warnings) = (answer.splitter, answer.warnings);
    builder
}

fn note_metrics(builder: &mut TraceBuilder, metrics: &Metadata, several: bool) {
    if several && !metrics.is_empty() {
        warn(builder, "the metrics are of several answers together; they were kept in the metadata");
        builder.trace_mut().metadata.insert("metric".into(), metrics.clone().into());
        return;
    }
    let known = |name: &str| {
        let name = name.split([':', '@']).next().unwrap_or(name);
        VERDICTS.contains(&name)
    };
    if let Some(right) = metrics.iter().find(|(name, _)| known(name)).and_then(|(_, value)| verdict(value)) {
        builder.trace_mut().outcome.verdict = Verdict::from_bool(right);
    }
    for (name, value) in metrics {
        match float(value) {
            Some(number) => builder.score(None, name, ScoreKind::Other, number),
            None => drop(builder.trace_mut().metadata.insert(name.clone(), value.clone())),
        }
    }
}
