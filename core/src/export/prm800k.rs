//! PRM800K: at each position the candidates with their ratings, and which of them the solution went on with.
//!
//! A position is a step of the main path with its siblings; what a person wrote is its `human_completion`. Positions end
//! with the first error that nothing replaces. A solution that was there before (phase 2) is in `pre_generated_steps`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::{ContentHasher, Step, StepIndex, StepRating, StepTree};

use super::format::{ExportFormat, Made, Row, RowInput, Scope, from_json, to_json};
use super::left_out::{Objection, Rule};
use super::policy::{Policy, SoftLabels};
use crate::labels::LabelSource;

/// Rows in the shape of PRM800K's second phase.
pub(super) struct Prm800k;

const SOLUTION: &str = "solution";
const FOUND_ERROR: &str = "found_error";
const REASONS: [&str; 4] = [SOLUTION, FOUND_ERROR, "give_up", "bad_problem"];
const VERIFIER: &str = "pre_generated_verifier_score";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    labeler: String,
    timestamp: String,
    generation: Option<i64>,
    is_quality_control_question: bool,
    is_initial_screening_question: bool,
    question: Question,
    label: Judgement,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    problem: String,
    #[serde(default)]
    ground_truth_solution: Option<String>,
    #[serde(default)]
    ground_truth_answer: Option<String>,
    #[serde(default)]
    pre_generated_steps: Option<Vec<String>>,
    #[serde(default)]
    pre_generated_answer: Option<String>,
    #[serde(default)]
    pre_generated_verifier_score: Option<f64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Judgement {
    steps: Vec<Position>,
    total_time: u64,
    finish_reason: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Position {
    completions: Option<Vec<Completion>>,
    human_completion: Option<Human>,
    chosen_completion: Option<usize>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Completion {
    text: String,
    rating: Option<i8>,
    flagged: Option<bool>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Human {
    text: String,
    rating: Option<i8>,
    source: String,
    flagged: Option<bool>,
}

impl ExportFormat for Prm800k {
    fn name(&self) -> &'static str {
        "prm800k"
    }

    fn caption(&self) -> &'static str {
        "PRM800K: rated candidates for each step, three-valued"
    }

    fn scope(&self) -> Scope {
        Scope::Tree { labels_needed: true }
    }

    fn options(&self) -> &'static [&'static str] {
        &["soft", "soft_threshold", "only_finished"]
    }

    fn lacks(&self) -> &'static [(&'static str, &'static str)] {
        &[("soft", "float")]
    }

    fn counted(&self) -> &'static [&'static str] {
        &["good", "neutral", "bad", "unsure", "written"]
    }

    fn rows(&self, input: &RowInput<'_>, policy: &Policy) -> Vec<Made> {
        vec![row(input, policy)]
    }

    /// The shape of a row is fixed, and files of the first phase have null where others have the planned solution.
    fn has_columns(&self) -> bool {
        false
    }

    fn recognise(&self, row: &Map<String, Value>) -> Option<Policy> {
        let is_one = row.get("question")?.get("problem")?.is_string() && row.get("label")?.get("steps")?.is_array();
        is_one.then(|| self.defaults())
    }

    fn check(&self, line: &str, _policy: &Policy) -> Result<(), Objection> {
        check_line(&from_json(line)?)
    }
}

fn row(input: &RowInput<'_>, policy: &Policy) -> Made {
    let tree = input.trace.tree();
    let walk = Walk::along(input, &tree, policy)?;
    check_reached(input, &tree, &walk)?;
    let trace = input.trace;
    let is_imported = matches!(input.labels, Some(LabelSource::Imported(_)));
    let text = |map: Option<&Map<String, Value>>, key: &str| Some(map?.get(key)?.as_str()?.to_owned());
    let said = |key: &str| text(Some(&trace.metadata), key).filter(|_| is_imported);
    let question = trace.metadata.get("question").and_then(Value::as_object);
    let label = trace.metadata.get("label").and_then(Value::as_object).filter(|_| is_imported);
    let labeler = said("labeler").unwrap_or_else(|| {
        let by = input.labels.map(ToString::to_string).unwrap_or_default();
        ContentHasher::new("labeler").part(by).hex(16)
    });
    // Candidates were asked for step by step where the source says so and nothing is left of the solution.
    let unasked = trace.metadata.get("generation").is_some_and(Value::is_null);
    let is_unplanned = unasked && walk.taken >= input.path.len();
    let is_planned = !walk.leaves_plan && !is_unplanned;
    let generation = trace.metadata.get("generation").and_then(Value::as_i64).unwrap_or_default();
    let flag = |key: &str| trace.metadata.get(key).and_then(Value::as_bool).unwrap_or_default();
    let verifier = trace.scores.iter().find(|score| score.step.is_none() && score.name == VERIFIER);
    let finish_reason = text(label, "finish_reason").filter(|reason| REASONS.contains(&reason.as_str()));
    let line = Line {
        labeler,
        timestamp: said("timestamp").unwrap_or_default(),
        generation: is_planned.then_some(generation),
        is_quality_control_question: flag("is_quality_control_question"),
        is_initial_screening_question: flag("is_initial_screening_question"),
        question: Question {
            problem: trace.problem.text().into_owned(),
            ground_truth_solution: trace.problem.solution.clone(),
            ground_truth_answer: trace.problem.answer.clone(),
            pre_generated_steps: is_planned.then(|| input.steps().map(|(_, step)| step.text.clone()).collect()),
            pre_generated_answer: text(question, "pre_generated_answer").filter(|_| is_planned),
            pre_generated_verifier_score: verifier.map(|score| score.value).filter(|value| value.is_finite()),
        },
        label: Judgement {
            finish_reason: finish_reason.unwrap_or_else(|| walk.finish_reason(input).into()),
            total_time: label.and_then(|label| label.get("total_time")?.as_u64()).unwrap_or_default(),
            steps: walk.positions,
        },
    };
    check_line(&line)?;
    Ok(Row { counts: counts(&line), line: to_json(&line)? })
}

/// The way along the positions.
#[derive(Default)]
struct Walk {
    positions: Vec<Position>,
    /// Every candidate of them.
    held: Vec<StepIndex>,
    /// How many steps of the main path are held or lie after the end.
    taken: usize,
    /// The main path was left for a step that a person wrote, or runs through one.
    leaves_plan: bool,
    /// The step of the main path at which it ended for being bad.
    error: Option<StepIndex>,
}

impl Walk {
    fn along(input: &RowInput<'_>, tree: &StepTree, policy: &Policy) -> Result<Self, Objection> {
        let mut walk = Self { leaves_plan: input.steps().any(|(_, step)| is_human(step)), ..Self::default() };
        let mut candidates = tree.roots();
        let mut on_main = true;
        loop {
            let main = input.path.get(walk.positions.len()).copied().filter(|_| on_main);
            let Some((position, next)) = walk.position(input, candidates, main, policy)? else { break };
            walk.positions.push(position);
            let Some(next) = next else { break };
            on_main &= Some(next) == main;
            walk.taken += usize::from(on_main);
            candidates = tree.children(next);
        }
        Ok(walk)
    }

    /// One position, and the step that the solution goes on with. Ends where nothing is judged any more.
    fn position(
        &mut self,
        input: &RowInput<'_>,
        candidates: &[StepIndex],
        main: Option<StepIndex>,
        policy: &Policy,
    ) -> Result<Option<(Position, Option<StepIndex>)>, Objection> {
        let step = |index: StepIndex| input.trace.step(index);
        let judged = |index: StepIndex| input.rating(index).is_some() || input.soft(index).is_some();
        let human = |index: &StepIndex| step(*index).is_some_and(is_human);
        if !candidates.iter().any(|index| judged(*index) || human(index)) {
            return Ok(None);
        }
        let mut written = candidates.iter().copied().filter(human);
        let human_step = written.next();
        if let Some(other) = written.next() {
            return Err(Objection::at(Rule::Lossy, other, "is a second written step at one position; there is one"));
        }
        let mut completions = Vec::new();
        let (mut chosen, mut is_bad) = (None, false);
        let others: Vec<StepIndex> = candidates.iter().copied().filter(|index| !human(index)).collect();
        for &index in &others {
            let Some(candidate) = step(index) else { continue };
            let rating = rating(input, index, policy)?;
            if Some(index) == main {
                is_bad = rating == Some(StepRating::Bad);
                let goes_on = candidate.on_path || others.len() == 1 || !input.trace.tree().children(index).is_empty();
                chosen = (goes_on && !is_bad).then_some(completions.len());
            }
            completions.push(Completion {
                text: candidate.text.clone(),
                rating: rating.and_then(number),
                flagged: Some(rating == Some(StepRating::Unsure)),
            });
        }
        self.held.extend(candidates);
        if is_bad && human_step.is_none() {
            self.error = main;
        }
        let human_completion = human_step.and_then(step).map(|written| Human {
            text: written.text.clone(),
            rating: None,
            source: "human".into(),
            flagged: Some(false),
        });
        let next = if chosen.is_some() { main } else { human_step };
        self.leaves_plan |= chosen.is_none() && human_step.is_some();
        Ok(Some((Position { completions: Some(completions), human_completion, chosen_completion: chosen }, next)))
    }

    fn finish_reason(&self, input: &RowInput<'_>) -> &'static str {
        let ends = self
            .positions
            .last()
            .is_some_and(|last| last.chosen_completion.is_some() || last.human_completion.is_some());
        if self.error.is_some() {
            FOUND_ERROR
        } else if ends && (self.leaves_plan || self.taken >= input.path.len()) {
            SOLUTION
        } else {
            "give_up"
        }
    }
}

/// A judged step that no position holds. What comes after the error is cut off, as the format has it.
fn check_reached(input: &RowInput<'_>, tree: &StepTree, walk: &Walk) -> Result<(), Objection> {
    for (index, _) in (0..).zip(&input.trace.steps) {
        let judged = input.rating(index).is_some() || input.soft(index).is_some();
        if judged && !walk.held.contains(&index) {
            let path = tree.path_to(&input.trace.steps, index);
            if !walk.error.is_some_and(|error| path.contains(&error)) {
                return Err(Objection::at(Rule::Lossy, index, "is judged on a branch that the format cannot hold"));
            }
        }
    }
    Ok(())
}

fn is_human(step: &Step) -> bool {
    step.hash.is_written() || step.author.as_deref() == Some("human")
}

fn rating(input: &RowInput<'_>, step: StepIndex, policy: &Policy) -> Result<Option<StepRating>, Objection> {
    match (input.rating(step), input.soft(step)) {
        (Some(rating), _) => Ok(Some(rating)),
        (None, None) => Ok(None),
        (None, Some(value)) if policy.soft == SoftLabels::Threshold && value.is_finite() => {
            let good = value >= policy.soft_threshold.get();
            Ok(Some(if good { StepRating::Good } else { StepRating::Bad }))
        }
        (None, Some(value)) => {
            let reason = format!("has the soft label {value}, which is neither good (1) nor bad (0)");
            Err(Objection::at(Rule::SoftLabel, step, &reason))
        }
    }
}

const fn number(rating: StepRating) -> Option<i8> {
    match rating {
        StepRating::Good => Some(1),
        StepRating::Neutral => Some(0),
        StepRating::Bad => Some(-1),
        StepRating::Unsure => None,
    }
}

fn counts(line: &Line) -> Vec<(&'static str, u64)> {
    let steps = &line.label.steps;
    let all = || steps.iter().flat_map(|position| position.completions.iter().flatten());
    let rated = |rating| all().filter(|one| one.rating == Some(rating)).count() as u64;
    let unsure = all().filter(|one| one.flagged == Some(true)).count() as u64;
    let written = steps.iter().filter(|position| position.human_completion.is_some()).count() as u64;
    vec![("good", rated(1)), ("neutral", rated(0)), ("bad", rated(-1)), ("unsure", unsure), ("written", written)]
}

fn check_line(line: &Line) -> Result<(), Objection> {
    if line.question.problem.trim().is_empty() {
        return Err(Objection::new(Rule::EmptyPrompt, "the problem is empty"));
    }
    if line.generation.is_some() != line.question.pre_generated_steps.is_some() {
        let reason = "`generation` must be a number where there are `pre_generated_steps`, else null";
        return Err(Objection::new(Rule::Shape, reason));
    }
    let reason = line.label.finish_reason.as_str();
    if !REASONS.contains(&reason) {
        return Err(Objection::new(Rule::Shape, format!("finish_reason `{reason}` is none of {}", REASONS.join(", "))));
    }
    let Some(last) = line.label.steps.last() else {
        return Err(Objection::new(Rule::NoSteps, "there are no positions"));
    };
    let count = line.label.steps.len();
    for (at, position) in (0_u32..).zip(&line.label.steps) {
        check_position(at, position)?;
        let goes_on = position.chosen_completion.is_some() || position.human_completion.is_some();
        if !goes_on && at as usize + 1 < count {
            return Err(Objection::at(Rule::Order, at, "has neither a chosen nor a written step, yet others follow"));
        }
    }
    let any_bad = last.completions.iter().flatten().any(|one| one.rating == Some(-1));
    if reason == FOUND_ERROR && !any_bad {
        return Err(Objection::new(
            Rule::Contradiction,
            "finish_reason is found_error, but the last position has no -1",
        ));
    }
    if reason == SOLUTION && last.chosen_completion.is_none() && last.human_completion.is_none() {
        return Err(Objection::new(
            Rule::Contradiction,
            "finish_reason is solution, but the last position chose no step",
        ));
    }
    Ok(())
}

fn check_position(at: u32, position: &Position) -> Result<(), Objection> {
    let shape = |reason: &str| Err(Objection::at(Rule::Shape, at, reason));
    let completions = position.completions.as_deref().unwrap_or_default();
    if position.chosen_completion.is_some_and(|chosen| chosen >= completions.len()) {
        return shape("chose a completion that is not there");
    }
    if completions.iter().any(|one| one.text.trim().is_empty()) {
        return Err(Objection::at(Rule::EmptyStep, at, "has a completion without text"));
    }
    if completions.iter().any(|one| one.rating.is_some_and(|rating| !(-1..=1).contains(&rating))) {
        return shape("has a rating that is none of -1, 0, 1");
    }
    match &position.human_completion {
        Some(human) if human.rating.is_some() => shape("has a rating for what a person wrote"),
        Some(human) if human.text.trim().is_empty() => {
            Err(Objection::at(Rule::EmptyStep, at, "has a written step without text"))
        }
        _ => Ok(()),
    }
}
