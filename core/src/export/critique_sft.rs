//! Critiques to train judges on: the problem with its numbered steps, a critique in words, and the verdict it comes to.
//!
//! Words are those of the label source: with own labels the critiques that the annotator wrote or stands by, with
//! imported ones their rationales. One critique is taken as it is; of several, each is headed by its step.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::annotation::TraceAnnotation;
use crate::model::{Label, LabelKind, StepIndex};

use super::format::{ExportFormat, Made, Row, RowInput, Scope, from_json, to_json};
use super::left_out::{Objection, Rule};
use super::policy::{CritiqueLayout, Headings, Policy, VerdictLine};
use super::text::{check_words, step_text};
use super::verdicts::{Verdicts, verdicts};
use crate::labels::LabelSource;

/// Rows to fine-tune judges with.
pub(super) struct CritiqueSft;

const BOXED: &str = "\\boxed{";
const ASKED: &str = "Is the solution correct?";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    first_error: i64,
    base: u32,
    labels: Vec<Option<bool>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    role: String,
    content: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Chat {
    messages: Vec<Message>,
    verdict: Said,
    id: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Flat {
    prompt: String,
    critique: String,
    verdict: Said,
    id: String,
}

impl ExportFormat for CritiqueSft {
    fn name(&self) -> &'static str {
        "critique_sft"
    }

    fn caption(&self) -> &'static str {
        "Critiques in words with their verdict, to fine-tune judges"
    }

    fn scope(&self) -> Scope {
        Scope::Path
    }

    fn options(&self) -> &'static [&'static str] {
        &[
            "critique_layout",
            "verdict_line",
            "neutral",
            "unsure",
            "unlabelled",
            "soft",
            "soft_threshold",
            "only_finished",
        ]
    }

    fn lacks(&self) -> &'static [(&'static str, &'static str)] {
        &[("soft", "float")]
    }

    fn defaults(&self) -> Policy {
        Policy { headings: Headings::Number, ..Policy::default() }
    }

    fn counted(&self) -> &'static [&'static str] {
        &["error", "no_error"]
    }

    fn rows(&self, input: &RowInput<'_>, policy: &Policy) -> Vec<Made> {
        vec![verdicts(input, policy).and_then(|said| row(input, &said, policy))]
    }

    fn recognise(&self, row: &Map<String, Value>) -> Option<Policy> {
        let verdict = row.get("verdict")?;
        let is_flat = row.contains_key("critique");
        let critique_layout = if is_flat { CritiqueLayout::Flat } else { CritiqueLayout::Messages };
        let words = match critique_layout {
            CritiqueLayout::Flat => row.get("critique")?.as_str()?,
            CritiqueLayout::Messages => row.get("messages")?.as_array()?.last()?.get("content")?.as_str()?,
        };
        let lines = [VerdictLine::Boxed, VerdictLine::YesNo];
        let ends =
            |line: &VerdictLine| verdict_in(words, &Policy { verdict_line: *line, ..Policy::default() }).is_some();
        let verdict_line = lines.into_iter().find(ends).unwrap_or(VerdictLine::None);
        verdict.is_object().then(|| Policy { critique_layout, verdict_line, ..self.defaults() })
    }

    fn check(&self, line: &str, policy: &Policy) -> Result<(), Objection> {
        match policy.critique_layout {
            CritiqueLayout::Messages => check_chat(&from_json(line)?, policy),
            CritiqueLayout::Flat => {
                let Flat { prompt, critique, verdict, .. } = from_json(line)?;
                check_row(&prompt, &critique, &verdict, policy)
            }
        }
    }
}

fn row(input: &RowInput<'_>, said: &Verdicts, policy: &Policy) -> Made {
    let mut prompt = input.trace.problem.text().into_owned();
    if prompt.trim().is_empty() {
        return Err(Objection::new(Rule::EmptyPrompt, "the problem is empty"));
    }
    prompt.push('\n');
    for (number, (index, step)) in (1..).zip(input.steps()) {
        let text = step_text(&step.text, number, policy);
        check_words(step, index, &text, policy)?;
        prompt.push('\n');
        prompt.push_str(&text);
    }
    let first_error = said.first_error.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1);
    let judged = said.steps.iter().map(|step| (!step.masked).then_some(step.good));
    let mut labels: Vec<Option<bool>> = judged.collect();
    // Steps after the error are shown, but nothing is said of them.
    labels.resize(input.path.len(), None);
    let verdict = Said { first_error, base: 0, labels };
    let mut critique = words(input).ok_or_else(|| Objection::new(Rule::NoWords, "nothing is said of it in words"))?;
    if let Some(line) = verdict_line(first_error, policy).filter(|_| verdict_in(&critique, policy).is_none()) {
        critique.push_str("\n\n");
        critique.push_str(&line);
    }
    check_row(&prompt, &critique, &verdict, policy)?;
    let id = input.id.to_owned();
    let counts = vec![(if first_error < 0 { "no_error" } else { "error" }, 1)];
    let line = match policy.critique_layout {
        CritiqueLayout::Messages => {
            let message = |role: &str, content| Message { role: role.into(), content };
            to_json(&Chat { messages: vec![message("user", prompt), message("assistant", critique)], verdict, id })?
        }
        CritiqueLayout::Flat => to_json(&Flat { prompt, critique, verdict, id })?,
    };
    Ok(Row { line, counts })
}

/// What the label source says in words of the path.
fn words(input: &RowInput<'_>) -> Option<String> {
    let mut said: Vec<(Option<StepIndex>, &str)> = Vec::new();
    match input.labels {
        Some(LabelSource::Imported(source)) => {
            let labels = input.trace.labels.iter().filter(|l| source.as_ref().is_none_or(|source| l.source == *source));
            for label in labels.filter(|label| label.step.is_none_or(|step| input.path.contains(&step))) {
                said.extend(label.rationale.as_deref().map(|words| (label.step, words)));
            }
        }
        _ => said.extend(input.own().into_iter().flat_map(|own| own_words(input, own))),
    }
    said.retain(|(_, words)| !words.trim().is_empty());
    said.sort_by_key(|(step, _)| step.map_or(usize::MAX, |step| step as usize));
    said.dedup_by(|b, a| a.1 == b.1);
    let number = |step: StepIndex| input.path.iter().position(|&on| on == step).map_or(0, |at| at + 1);
    match said.as_slice() {
        [] => None,
        [(_, only)] => Some((*only).to_owned()),
        several => {
            let headed = several.iter().map(|(step, words)| match step {
                Some(step) => format!("Step {}: {words}", number(*step)),
                None => (*words).to_owned(),
            });
            Some(headed.collect::<Vec<_>>().join("\n\n"))
        }
    }
}

fn own_words<'a>(input: &RowInput<'_>, own: &'a TraceAnnotation) -> Vec<(Option<StepIndex>, &'a str)> {
    let mut said = Vec::new();
    for (index, step) in input.steps() {
        let labels = own.steps.get(&step.hash).into_iter().flat_map(|said| said.labels.of_kind(LabelKind::Critique));
        for label in labels {
            if let Label::Critique(critique) = label
                && (critique.by.is_empty() || critique.accepted)
            {
                said.push((Some(index), critique.text.as_str()));
            }
        }
    }
    said
}

/// The line that ends a critique.
fn verdict_line(first_error: i64, policy: &Policy) -> Option<String> {
    match policy.verdict_line {
        VerdictLine::Boxed => Some(format!("{BOXED}{first_error}}}")),
        VerdictLine::YesNo => Some(format!("{ASKED} {}", if first_error < 0 { "Yes" } else { "No" })),
        VerdictLine::None => None,
    }
}

/// The last verdict in the words, as far as the policy knows such.
fn verdict_in<'a>(critique: &'a str, policy: &Policy) -> Option<&'a str> {
    let after = |mark: &str| critique.rfind(mark).and_then(|at| critique.get(at + mark.len()..));
    match policy.verdict_line {
        VerdictLine::Boxed => after(BOXED)?.split_once('}').map(|(inside, _)| inside.trim()),
        VerdictLine::YesNo => after(ASKED)?.split_whitespace().next(),
        VerdictLine::None => None,
    }
}

fn check_chat(row: &Chat, policy: &Policy) -> Result<(), Objection> {
    let Some((last, before)) = row.messages.split_last() else {
        return Err(Objection::new(Rule::NoSteps, "there are no messages"));
    };
    let Some(asked) = before.last().filter(|asked| asked.role == "user" && last.role == "assistant") else {
        return Err(Objection::new(Rule::Order, "a question of `user` and its answer by `assistant` must end the row"));
    };
    check_row(&asked.content, &last.content, &row.verdict, policy)
}

fn check_row(prompt: &str, critique: &str, verdict: &Said, policy: &Policy) -> Result<(), Objection> {
    if prompt.trim().is_empty() {
        return Err(Objection::new(Rule::EmptyPrompt, "the problem is empty"));
    }
    if critique.trim().is_empty() {
        return Err(Objection::new(Rule::NoWords, "the critique is empty"));
    }
    if verdict.base != 0 {
        return Err(Objection::new(Rule::Shape, format!("steps are counted from {}; expected 0", verdict.base)));
    }
    let steps = i64::try_from(verdict.labels.len()).unwrap_or(i64::MAX);
    if verdict.first_error < -1 || verdict.first_error >= steps {
        let reason = format!("first_error {} is outside -1..{steps}", verdict.first_error);
        return Err(Objection::new(Rule::Shape, reason));
    }
    let first = verdict.labels.iter().position(|label| *label == Some(false));
    if first.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1) != verdict.first_error {
        let reason = format!("first_error is {}, which is not the first false label", verdict.first_error);
        return Err(Objection::new(Rule::Contradiction, reason));
    }
    let last_step = format!("\nStep {steps}:");
    if steps == 0 || !prompt.contains(&last_step) || prompt.contains(&format!("\nStep {}:", steps + 1)) {
        return Err(Objection::new(
            Rule::Shape,
            format!("the question does not end with `Step {steps}:`, the last step judged"),
        ));
    }
    let said = verdict_in(critique, policy);
    match verdict_line(verdict.first_error, policy) {
        Some(line) if said != verdict_in(&line, policy) => {
            let reason = match said {
                Some(said) => format!("the words come to `{said}`, the verdict to `{line}`"),
                None => format!("the words come to no verdict; expected `{line}`"),
            };
            Err(Objection::new(Rule::Contradiction, reason))
        }
        _ => Ok(()),
    }
}
