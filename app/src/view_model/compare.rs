//! The alternatives of a step, to be compared.

use stepscope_core::annotation::{LabelSchema, TraceAnnotation};
use stepscope_core::model::{ScoreKind, StepIndex, StepKind, StepRating};

use super::alternatives::{chips, strength_text};
use super::canvas::tip::advantage;
use super::card::{ScoreChip, rating_text, score_chip};
use super::scores::{RECOMPUTED, ScoreSeries, score_text};
use super::{Chip, Tone, written};
use crate::state::OpenTrace;
use crate::state::comparing::{CompareDraft, CompareMode};
use crate::state::merged::MONTE_CARLO;

/// The dialog.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct CompareModel {
    /// What is compared.
    pub title: String,
    /// In what respect; `None` where the project knows of no criteria.
    pub criterion: Option<String>,
    /// The alternatives.
    pub cards: Vec<CompareCard>,
    /// The ratings that the project asks for.
    pub ratings: Vec<StepRating>,
    /// What digits mean now.
    pub prompt: String,
    /// Digits do not rate now.
    pub asks: bool,
}

/// An alternative.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct CompareCard {
    /// Its number among the alternatives, from 1.
    pub number: usize,
    /// What was said of it.
    pub chips: Vec<Chip>,
    /// The text.
    pub text: String,
    /// The text that it is compared with; `None` for that one itself.
    pub against: Option<String>,
    /// Set in a fixed-width font.
    pub is_code: bool,
    /// The score of the chosen scorer.
    pub score: Option<ScoreChip>,
    /// What else is known of it as one of several: how much better than the others, other values, visits, how what
    /// follows ended.
    pub facts: Vec<CompareFact>,
    /// The rating given to it.
    pub rating: Option<StepRating>,
    /// Place in the order that is being given, from 1.
    pub place: Option<usize>,
    /// It is the highlighted one.
    pub selected: bool,
}

/// Something known of an alternative.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct CompareFact {
    /// The words.
    pub text: String,
    /// What it suggests; never the only sign.
    pub tone: Tone,
    /// More about it.
    pub hint: String,
}

/// More values than this of one alternative are not shown.
const MOST_FACTS: usize = 6;

fn facts(open: &OpenTrace, scores: &[ScoreSeries], index: StepIndex) -> Vec<CompareFact> {
    let mut facts = Vec::new();
    if let Some((series, gain)) = scores.first().and_then(|series| Some((series, advantage(open, series, index)?))) {
        let tone = match gain.chars().next() {
            Some('+') => Tone::Good,
            Some('−') => Tone::Bad,
            _ => Tone::Muted,
        };
        let hint = format!("{}: above or below the mean of all alternatives, itself among them", series.name);
        facts.push(CompareFact { text: format!("advantage {gain}"), tone, hint });
    }
    for series in scores.iter().skip(1) {
        let Some(value) = series.at(index) else { continue };
        let text = match series.kind {
            ScoreKind::Count => format!("{} {value}", series.name),
            _ => format!("{} {}", series.name, score_text(value)),
        };
        facts.push(CompareFact { text, tone: Tone::Muted, hint: series.kind.name().replace('_', " ") });
    }
    facts.truncate(MOST_FACTS);
    let below = scores.iter().find(|series| series.name == RECOMPUTED || series.name == MONTE_CARLO);
    let counted = below.and_then(|series| series.details.get(&index)).and_then(|detail| detail.note.clone());
    let text = counted.or_else(|| {
        let ended = below.filter(|_| open.tree.children(index).is_empty())?.at(index)?;
        Some(if ended > 0.5 { "✔ ends right" } else { "✖ ends wrong" }.to_owned())
    });
    facts.extend(text.map(|text| CompareFact {
        text,
        tone: Tone::Muted,
        hint: "How the attempts that go through it ended, with a 95% interval".into(),
    }));
    facts
}

impl CompareModel {
    /// Builds it. Scores and labels of the data are shown only where they may be seen.
    pub fn new(
        draft: &CompareDraft,
        open: &OpenTrace,
        said: Option<&TraceAnnotation>,
        scores: &[ScoreSeries],
        schema: &LabelSchema,
    ) -> Self {
        let text_of = |position: usize| {
            let index = open.find_step(draft.steps.get(position)?)?;
            let step = open.trace.step(index)?;
            let call = step.tool.as_ref().filter(|_| step.text.is_empty());
            Some(call.map_or_else(|| step.text.clone(), |tool| format!("{}({})", tool.name, tool.arguments)))
        };
        let against = text_of(draft.with);
        let card = |position: usize| {
            let index = open.find_step(draft.steps.get(position)?)?;
            let step = open.trace.step(index)?;
            let own = said.and_then(|said| said.steps.get(&step.hash));
            let rating = own.and_then(|own| own.rating);
            let mut all = Vec::new();
            all.extend(rating.map(|rating| {
                let (text, tone) = rating_text(rating);
                Chip { text: text.into(), tone, imported: false, hint: "Your rating".into() }
            }));
            all.extend(chips(open, own, index));
            all.extend(written::chips(open, said, step));
            if position == draft.with {
                let hint = "The others are compared with this one; A compares with the highlighted one".into();
                all.push(Chip { text: "compared with".into(), tone: Tone::Accent, imported: false, hint });
            }
            let order = match &draft.mode {
                CompareMode::Rank(order) => order.as_slice(),
                CompareMode::Rate | CompareMode::Prefer(_) => &[],
            };
            Some(CompareCard {
                number: position + 1,
                chips: all,
                text: text_of(position)?,
                against: against.clone().filter(|_| position != draft.with),
                is_code: matches!(step.kind, StepKind::Code | StepKind::ToolResult),
                score: scores.first().and_then(|series| Some(score_chip(series, index, series.at(index)?))),
                facts: facts(open, scores, index),
                rating,
                place: order.iter().position(|&named| named == position).map(|place| place + 1),
                selected: position == draft.at,
            })
        };
        let criterion = draft.criterion.checked_sub(1).and_then(|at| schema.criteria.get(at));
        let criterion = criterion.map_or_else(|| "All in all".to_owned(), |criterion| criterion.title.clone());
        Self {
            title: format!("{} alternatives for step {}", draft.steps.len(), open.at + 1),
            criterion: (!schema.criteria.is_empty()).then_some(criterion),
            cards: (0..draft.steps.len()).filter_map(card).collect(),
            ratings: schema.ratings.clone(),
            prompt: prompt(draft),
            asks: draft.mode != CompareMode::Rate,
        }
    }
}

fn prompt(draft: &CompareDraft) -> String {
    match &draft.mode {
        CompareMode::Rate => {
            "1 2 3 4 rate · B best · R order · ← or → which of two is better · A compare with this · U undo".into()
        }
        CompareMode::Rank(order) => {
            let named: Vec<String> = order.iter().map(|position| (position + 1).to_string()).collect();
            let named =
                if named.is_empty() { String::new() } else { format!(" Best first so far: {}.", named.join(", ")) };
            format!(
                "Which is the best of the rest? Digits name it, or Space the highlighted one.{named} Enter ends, Escape gives up"
            )
        }
        CompareMode::Prefer(better) => {
            let (winner, loser) = if *better { (draft.at, draft.with) } else { (draft.with, draft.at) };
            let choices: Vec<String> = (0..4).map(|n| format!("{n} {}", strength_text(n))).collect();
            format!("{} is better than {}. How clearly? {}", winner + 1, loser + 1, choices.join(", "))
        }
    }
}
