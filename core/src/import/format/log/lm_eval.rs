//! Sample logs of the Language Model Evaluation Harness (EleutherAI/lm-evaluation-harness, `--log_samples`).

use serde_json::Value;

use super::answers::{answered, verdict, weighed};
use crate::import::fields::{Fields, float, raw_text, scalar_text, warn};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{Problem, Prompt, ScoreKind, TraceBuilder, Verdict};

/// Reads sample logs of the harness.
pub(super) struct LmEval;

/// Metrics that are 1 for a right answer and 0 for a wrong one; the first that is there decides.
const VERDICTS: &[&str] = &["exact_match", "acc", "math_verify", "pass@1", "em", "is_correct"];

impl Importer for LmEval {
    fn name(&self) -> &'static str {
        "lm_eval"
    }

    fn caption(&self) -> &'static str {
        "lm-evaluation-harness sample logs"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["doc"], &["resps"], &["filtered_resps"], &["target"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`doc`, `resps` and `filtered_resps`", |row| {
            row.get("doc").is_some() && row["resps"].is_array() && row["filtered_resps"].is_array()
        })
    }

    fn read_row(&self, row: Value, sample: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let responses = fields.list(&["resps"])?;
        let requests = requests(fields.take("arguments"));
        let id = fields.text("doc_id").unwrap_or_default();
        let filter = fields.get("filter").and_then(Value::as_str).filter(|name| *name != "none").map(str::to_owned);
        let mut problem = problem(&mut fields, &requests);
        let name = |suffix: String| match &filter {
            Some(filter) => format!("{id}{suffix}:{filter}"),
            None => format!("{id}{suffix}"),
        };
        // One list of answers, or one entry per choice with its log-likelihood.
        let weights: Option<Vec<f64>> = responses.iter().map(weight).collect();
        let mut builders = Vec::new();
        if let Some(weights) = weights.filter(|weights| !weights.is_empty()) {
            let text = |at: usize| requests.get(at).and_then(|request| request.get(1)).and_then(scalar_text);
            let mut choices: Vec<(String, Option<f64>)> =
                weights.iter().enumerate().map(|(at, weight)| (text(at).unwrap_or_default(), Some(*weight))).collect();
            if let ([(text, _)], Some(whole)) = (choices.as_mut_slice(), context(&requests))
                && text.is_empty()
            {
                // A whole text was weighed; nothing was asked.
                *text = whole;
                problem.prompt = Prompt::default();
            }
            builders.push((name(String::new()), weighed(problem, &choices, "loglikelihood")));
        } else {
            let texts: Vec<&Value> = responses
                .iter()
                .flat_map(|given| given.as_array().map_or_else(|| vec![given], |l| l.iter().collect()))
                .collect();
            let several = texts.len() > 1;
            for (number, text) in texts.into_iter().enumerate() {
                let suffix = if several { format!("#{number}") } else { String::new() };
                builders.push((name(suffix), answered(problem.clone(), &raw_text(text), sample)));
            }
        }
        if builders.is_empty() {
            return Err(RowError::new("`resps` is empty; the model gave no answer"));
        }
        let several = builders.len() > 1;
        let finish = |(id, mut builder): (String, TraceBuilder)| {
            builder.trace_mut().source_id = Some(id);
            metrics(&mut builder, &fields, several);
            builder.into()
        };
        Ok(builders.into_iter().map(finish).collect())
    }
}

fn problem(fields: &mut Fields, requests: &[Vec<Value>]) -> Problem {
    let doc = fields.take("doc").unwrap_or_default();
    let question = || ["question", "problem", "query", "input"].iter().find_map(|key| doc[*key].as_str());
    let text = context(requests).or_else(|| question().map(str::to_owned)).unwrap_or_default();
    let mut problem = Problem::from_text(text);
    problem.answer = fields.take("target").filter(|target| !target.is_null()).map(|target| raw_text(&target));
    problem.metadata.insert("doc".into(), doc);
    problem
}

/// What came before the answer.
fn context(requests: &[Vec<Value>]) -> Option<String> {
    requests.first().and_then(|request| request.first()).and_then(scalar_text)
}

/// What the model was asked: lists of arguments, or objects keyed `gen_args_0`, `arg_0`.
fn requests(arguments: Option<Value>) -> Vec<Vec<Value>> {
    let items = |value: Value| match value {
        Value::Array(list) => list,
        Value::Object(map) => map.into_iter().map(|(_, value)| value).collect(),
        other => vec![other],
    };
    arguments.map(items).unwrap_or_default().into_iter().map(items).collect()
}

/// The log-likelihood of a choice: `[[-1.5, false]]`, also with its numbers as texts.
fn weight(response: &Value) -> Option<f64> {
    let one = response.as_array().filter(|list| list.len() == 1)?.first()?;
    let pair = one.as_array().filter(|pair| !pair.is_empty() && pair.len() <= 2)?;
    pair.first().and_then(float)
}

fn metrics(builder: &mut TraceBuilder, fields: &Fields, several: bool) {
    let mut rest = fields.clone().rest();
    let names: Vec<String> = match rest.get("metrics") {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        // Older logs do not list them: what is a number and names no text is one.
        _ => rest
            .iter()
            .filter(|(_, value)| value.is_number() || value.is_boolean())
            .map(|(key, _)| key.clone())
            .collect(),
    };
    if several {
        if !names.is_empty() {
            warn(builder, "the metrics are of several answers together; they were kept in the metadata");
        }
    } else {
        if let Some(right) = VERDICTS.iter().find_map(|name| verdict(rest.get(*name)?)) {
            builder.trace_mut().outcome.verdict = Verdict::from_bool(right);
        }
        for name in &names {
            if let Some(value) =
                rest.get(name).and_then(|value| float(value).or_else(|| Some(f64::from(u8::from(value.as_bool()?)))))
            {
                builder.score(None, name, ScoreKind::Other, value);
                rest.shift_remove(name);
            }
        }
    }
    builder.trace_mut().metadata.extend(rest);
}
