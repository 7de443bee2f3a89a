//! The middle of the window: the problem and the steps of the chosen path as cards.

use std::ops::Range;

use stepscope_core::annotation::{LabelSchema, TraceAnnotation};
use stepscope_core::labels::{LabelSource, Voice};
use stepscope_core::model::{
    FirstError, ImportedLabel, ImportedValue, Label, LabelKind, Prompt, Step, StepHash, StepIndex, StepRating, Verdict,
};

use super::card::{StepCardModel, card, chip_text, imported_text};
use super::fold::{FoldModel, cut, lines_after};
use super::scores::{ScoreSeries, score_text};
use super::sources::{SourcesModel, SourcesRow};
use super::{Chip, Tone, labels};
use crate::state::OpenTrace;
use crate::state::reading::{FoundIn, ReadState};
use crate::state::sources::SideVoices;
use crate::state::splitting::SplitDraft;

/// The problem and the steps of the chosen path. Cards are built one by one, as they are looked at.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct ReaderModel<'a> {
    /// Heading of the trace: its name, generator and outcome.
    pub title: String,
    /// The outcome and what the annotator said of the whole trace.
    pub chips: Vec<Chip>,
    /// The messages of the prompt with their roles; a plain problem has one without a role.
    pub prompt: Vec<(&'a str, &'a str)>,
    /// The reference answer.
    pub answer: Option<&'a str>,
    /// What was noticed on import.
    pub warnings: &'a [String],
    /// The note on the whole trace.
    pub note: &'a str,
    /// Some step of the path has a score, so that the gutter is worth its room.
    pub has_scores: bool,
    /// Label sources side by side, or why they are not shown; `None` where nobody wants to see them.
    #[cfg_attr(feature = "testing", serde(skip_serializing_if = "Option::is_none"))]
    pub sources: Option<SourcesModel>,
    #[cfg_attr(feature = "testing", serde(skip))]
    facts: Facts<'a>,
}

/// What cards are built from.
#[derive(Clone, Debug)]
struct Facts<'a> {
    open: &'a OpenTrace,
    said: Option<&'a TraceAnnotation>,
    scores: &'a [ScoreSeries],
    show_imported: bool,
    show_evidence: bool,
    error_at: Option<StepIndex>,
    error_position: Option<usize>,
    schema: Option<&'a LabelSchema>,
    picked: Option<(usize, usize)>,
    caret: Option<(StepIndex, usize)>,
    proposed: Option<(StepIndex, Chip)>,
    undecided: Option<Range<usize>>,
    read: Option<&'a ReadState>,
    /// Which steps correspond to those beside, by position on the path.
    beside: Vec<Vec<Chip>>,
    /// How many steps at the start are the same beside.
    shared: usize,
    /// What label sources say, and who looks.
    sources: Option<(&'a SideVoices, &'a str)>,
}

/// The reader with all its cards, as tests look at it.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct WholeReader<'a> {
    /// All but the cards.
    #[cfg_attr(feature = "testing", serde(flatten))]
    pub model: &'a ReaderModel<'a>,
    /// The steps of the path.
    pub cards: Vec<StepCardModel<'a>>,
}

impl<'a> ReaderModel<'a> {
    /// Builds it from the open trace, what the annotator said, and the scores, chosen series first.
    pub fn new(
        open: &'a OpenTrace,
        said: Option<&'a TraceAnnotation>,
        scores: &'a [ScoreSeries],
        show_imported: bool,
    ) -> Self {
        let trace = &open.trace;
        let error_at = match said.and_then(|s| s.first_error.as_ref()) {
            Some(FirstError::At(hash)) => open.find_step(hash),
            _ => None,
        };
        let mut chips = trace_chips(open, said);
        chips.retain(|chip| show_imported || !chip.imported);
        Self {
            title: title(open),
            chips,
            prompt: prompt(&trace.problem.prompt),
            answer: trace.problem.answer.as_deref().filter(|answer| !answer.is_empty()),
            warnings: &trace.warnings,
            note: said.map_or("", |s| s.note.as_str()),
            has_scores: !scores.is_empty(),
            sources: None,
            facts: Facts {
                open,
                said,
                scores,
                show_imported,
                show_evidence: true,
                error_at,
                error_position: error_at.and_then(|step| open.position(step)),
                schema: None,
                picked: None,
                caret: None,
                proposed: None,
                undecided: None,
                read: None,
                beside: Vec::new(),
                shared: 0,
                sources: None,
            },
        }
    }

    /// The open trace.
    pub const fn open(&self) -> &'a OpenTrace {
        self.facts.open
    }

    /// How many steps the path has.
    pub const fn len(&self) -> usize {
        self.facts.open.path.len()
    }

    /// True for a trace without steps.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every card, for tests: a trace may have a hundred thousand.
    pub fn cards(&self) -> Vec<StepCardModel<'a>> {
        (0..self.len()).filter_map(|position| self.card(position)).collect()
    }

    /// The reader with every card, for tests.
    pub fn whole(&'a self) -> WholeReader<'a> {
        WholeReader { model: self, cards: self.cards() }
    }

    /// Leaves out what the source says besides labels: the answer, what was noticed, what tests said.
    pub fn hide_answer(&mut self) {
        (self.answer, self.warnings, self.facts.show_evidence) = (None, &[], false);
    }

    /// Marks which steps correspond to those of what stands beside, by position on the path, and makes so many at the start
    /// paler that both have.
    pub fn mark_beside(&mut self, chips: Vec<Vec<Chip>>, shared: usize) {
        (self.facts.beside, self.facts.shared) = (chips, shared);
    }

    /// Shows under each step what label sources say of it; `own` is the annotator.
    pub fn add_sources(&mut self, side: &'a SideVoices, own: &'a str) {
        let open = self.facts.open;
        let number = |step: StepIndex| {
            let step = if open.is_reshaped() { open.find_step(&open.source().step(step)?.hash)? } else { step };
            Some(open.position(step)? + 1)
        };
        self.sources = Some(SourcesModel::new(side, number, own));
        self.facts.sources = Some((side, own));
    }

    /// Puts a caret into the step that is being cut.
    #[must_use]
    pub fn with_caret(mut self, open: &OpenTrace, split: &SplitDraft) -> Self {
        let step = open.find_step(&split.step).filter(|_| open.trace.id == split.trace);
        self.facts.caret = step.map(|step| (step, split.at));
        self
    }

    /// The position of the step that is being cut.
    pub fn caret(&self) -> Option<usize> {
        self.facts.open.position(self.facts.caret?.0)
    }

    /// How the trace is read: what is folded, what was found.
    pub const fn read_as(&mut self, read: &'a ReadState) {
        self.facts.read = Some(read);
    }

    /// Says of a step that it is proposed as the first error.
    pub(super) fn propose(&mut self, step: StepIndex, chip: Chip) {
        self.facts.proposed = Some((step, chip));
    }

    /// Makes all steps but those paler.
    pub(super) fn look_at(&mut self, undecided: Option<Range<usize>>) {
        self.facts.undecided = undecided;
    }

    /// Adds what the annotator said besides first error, rating, status and note. `picked` are words of the selected step.
    pub fn add_labels(
        &mut self,
        open: &'a OpenTrace,
        said: Option<&'a TraceAnnotation>,
        schema: &'a LabelSchema,
        picked: Option<(usize, usize)>,
    ) {
        if let Some(said) = said {
            let at = own(&self.chips);
            self.chips.splice(at..at, labels::chips(&said.labels, schema, open));
        }
        (self.facts.schema, self.facts.picked) = (Some(schema), picked);
    }

    /// The card at that position of the path.
    pub fn card(&self, position: usize) -> Option<StepCardModel<'a>> {
        let facts = &self.facts;
        let index = *facts.open.path.get(position)?;
        let step = facts.open.trace.step(index)?;
        let after_error = facts.error_position.is_some_and(|error| position > error);
        let is_error = facts.error_at == Some(index);
        let mut card = card(facts.open, index, position, step, facts.said, facts.scores, is_error, after_error);
        if !facts.show_imported {
            card.chips.retain(|chip| !chip.imported);
            card.critiques.clear();
        }
        if !facts.show_evidence {
            card.evidence.clear();
        }
        if let Some(schema) = facts.schema {
            facts.add_labels(&mut card, step, schema);
        }
        if let Some((_, chip)) = facts.proposed.as_ref().filter(|(proposed, _)| *proposed == index) {
            card.chips.insert(0, chip.clone());
        }
        card.dimmed = facts.undecided.as_ref().is_some_and(|undecided| !undecided.contains(&position));
        card.dimmed |= position < facts.shared;
        card.chips.extend(facts.beside.get(position).into_iter().flatten().cloned());
        facts.leave_out_spoken(&mut card, index);
        card.sources = facts
            .sources
            .and_then(|(side, own)| SourcesRow::new(side, facts.open.in_source(position)?, position + 1, own));
        card.caret = facts.caret.filter(|(step, _)| *step == index).map(|(_, at)| at);
        facts.add_found(&mut card, index);
        facts.fold(&mut card, step);
        Some(card)
    }
}

/// The place after the chips of the annotator's own.
fn own(chips: &[Chip]) -> usize {
    chips.iter().position(|chip| chip.imported).unwrap_or(chips.len())
}

impl Facts<'_> {
    fn add_labels(&self, card: &mut StepCardModel<'_>, step: &Step, schema: &LabelSchema) {
        card.picked = self.picked.filter(|_| card.selected);
        let Some(of_step) = self.said.and_then(|said| said.steps.get(&step.hash)) else { return };
        let at = own(&card.chips);
        card.chips.splice(at..at, labels::chips(&of_step.labels, schema, self.open));
        card.links = labels::links_text(&of_step.labels, self.open);
        for label in of_step.labels.iter() {
            match label {
                Label::Span(span) => {
                    card.spans.push((span.start, span.end, labels::span_says(&span.says, schema)));
                }
                Label::Critique(critique) => card.remarks.push(labels::critique_text(critique)),
                Label::Missing(text) if !text.is_empty() => card.remarks.push(format!("Missing before  {text}")),
                _ => {}
            }
        }
        // Whoever says this much of a step after the first error has judged it.
        card.unjudged &= !JUDGES.iter().any(|&kind| of_step.labels.has(kind));
        if card.tone.is_none() && of_step.labels.has(LabelKind::Error) {
            card.tone = Some(Tone::Bad);
        }
    }

    /// Takes away the chips of labels that stand in the columns of label sources.
    fn leave_out_spoken(&self, card: &mut StepCardModel<'_>, index: StepIndex) {
        let Some((side, _)) = self.sources else { return };
        let at = self.open.position(index).and_then(|position| self.open.in_source(position));
        let speaks = |voice: &Voice| {
            let at = at.map(|at| at as usize);
            let rating = at.and_then(|at| voice.said.ratings.get(at).copied().flatten());
            rating.is_some() || at.and_then(|at| voice.said.soft.get(at).copied().flatten()).is_some()
        };
        let has_column = |label: &&ImportedLabel| {
            use ImportedValue::{FirstError, Rating, Soft};
            matches!(label.value, FirstError | Rating(_) | Soft(_))
                && side.sources.iter().zip(&side.voices).any(|(source, voice)| match source {
                    LabelSource::Imported(name) => {
                        name.as_ref().is_none_or(|name| *name == label.source) && speaks(voice)
                    }
                    _ => false,
                })
        };
        let spoken: Vec<String> = self.open.labels_of(index).filter(has_column).map(chip_text).collect();
        card.chips.retain(|chip| !chip.imported || !spoken.contains(&chip.text));
    }

    fn add_found(&self, card: &mut StepCardModel<'_>, index: StepIndex) {
        let Some(read) = self.read else { return };
        let matches = read.matches(&self.open.trace);
        let current = read.find.current(&self.open.trace);
        let found = |place: FoundIn| {
            matches.of(place).iter().map(|found| (found.range.clone(), current == Some(found))).collect()
        };
        card.found = found(FoundIn::Step(index));
        card.found_in_arguments = found(FoundIn::Arguments(index));
    }

    /// Decides how much of a long step is shown. What is being cut or picked is shown whole.
    fn fold(&self, card: &mut StepCardModel<'_>, step: &Step) {
        let whole = card.shown;
        let arguments = card.arguments.unwrap_or_default();
        let cuts = (cut(card.body), cut(arguments));
        let by_text = self.open.is_reshaped() || step.hash.is_written();
        let as_written = self.read.is_some_and(|read| read.as_written);
        if cuts == (None, None) {
            return card.show(whole, as_written, by_text);
        }
        let folds = self.read.and_then(|read| read.folds.get(&self.open.trace.id));
        let is_needed = card.caret.is_some() || card.picked.is_some();
        let is_short = !is_needed && folds.is_none_or(|folds| folds.is_short(&step.hash));
        let short = (cuts.0.unwrap_or(whole.0), cuts.1.unwrap_or(whole.1));
        let mut lines = 0;
        for (text, shown, all) in [(card.body, short.0, whole.0), (arguments, short.1, whole.1)] {
            lines += if shown < all { lines_after(text, shown) } else { 0 };
        }
        let reasons = if is_short { reasons(card, short) } else { Vec::new() };
        card.fold = Some(FoldModel { is_short, lines, reasons });
        card.show(if is_short { short } else { whole }, as_written, by_text);
    }
}

/// What is worth a look in the part of a step that is not shown, and what was said of the step.
fn reasons(card: &StepCardModel<'_>, short: (usize, usize)) -> Vec<String> {
    let hidden = |found: &[(Range<usize>, bool)], shown: usize| found.iter().filter(|(at, _)| at.end > shown).count();
    let matches = hidden(&card.found, short.0) + hidden(&card.found_in_arguments, short.1);
    let marks = card.spans.iter().filter(|(_, end, _)| *end > short.0).count();
    let own = card.chips.iter().filter(|chip| !chip.imported).map(|chip| chip.text.clone());
    let low = card.score.as_ref().filter(|score| score.tone == Tone::Bad);
    let mut reasons: Vec<String> = Vec::new();
    reasons.extend(counted(matches, "match", "matches"));
    reasons.extend(counted(marks, "mark", "marks"));
    reasons.extend(own);
    reasons.extend(counted(card.critiques.len() + card.remarks.len(), "critique", "critiques"));
    reasons.extend(low.map(|score| format!("low score {}", score.text)));
    reasons
}

fn counted(count: usize, one: &str, more: &str) -> Option<String> {
    (count > 0).then(|| format!("{count} {}", if count == 1 { one } else { more }))
}

/// Labels that judge a step.
const JUDGES: [LabelKind; 6] = [
    LabelKind::Error,
    LabelKind::Soft,
    LabelKind::Redundant,
    LabelKind::Corrected,
    LabelKind::Unsafe,
    LabelKind::Rated,
];

fn title(open: &OpenTrace) -> String {
    let trace = &open.trace;
    let name = trace.source_id.as_deref().unwrap_or(trace.id.as_str());
    match &trace.generator {
        Some(generator) => format!("{name} · {generator}"),
        None => name.into(),
    }
}

fn trace_chips(open: &OpenTrace, said: Option<&TraceAnnotation>) -> Vec<Chip> {
    let mut chips = Vec::new();
    let mut add = |text: &str, tone, imported, hint: &str| {
        chips.push(Chip { text: text.into(), tone, imported, hint: hint.into() });
    };
    match said.and_then(|s| s.first_error.as_ref()) {
        Some(FirstError::NoneUpTo(hash)) => {
            let (text, tone, hint) = no_error_text(open, hash);
            add(&text, tone, false, hint);
        }
        Some(FirstError::Unsure) => add("? unsure", Tone::Unsure, false, "You looked and could not decide"),
        Some(FirstError::At(hash)) if open.find_step(hash).is_none() => {
            add(
                "first error lost",
                Tone::Unsure,
                false,
                "The step you marked as the first error has changed: look again",
            );
        }
        Some(FirstError::At(_)) | None => {}
    }
    if said.is_some_and(|said| said.is_of_other_text(|step| open.has(step))) {
        add(
            "text changed",
            Tone::Unsure,
            false,
            "Labels of yours are about an older text; {view.old_text} shows it as you labelled it",
        );
    }
    if let Some(hint) = said.and_then(|said| contradiction(open, said)) {
        add("⚠ contradiction", Tone::Unsure, false, hint);
    }
    match said.map(|s| s.status).unwrap_or_default() {
        stepscope_core::model::TraceStatus::Done => add("done", Tone::Accent, false, "You finished this trace"),
        stepscope_core::model::TraceStatus::Skipped => add("skipped", Tone::Muted, false, "You left this trace"),
        stepscope_core::model::TraceStatus::Defective => {
            add("⚑ defective problem", Tone::Bad, false, "You flagged the problem itself");
        }
        stepscope_core::model::TraceStatus::GivenUp => add("given up", Tone::Muted, false, "You gave this trace up"),
        stepscope_core::model::TraceStatus::Open => {}
    }
    match open.trace.outcome.verdict {
        Verdict::Correct => add("answer right", Tone::Good, true, "According to the data"),
        Verdict::Incorrect => add("answer wrong", Tone::Bad, true, "According to the data"),
        Verdict::Unknown => {}
    }
    if let Some(reward) = open.trace.outcome.reward {
        add(&format!("reward {}", score_text(reward)), Tone::Muted, true, "According to the data");
    }
    for label in open.trace.labels.iter().filter(|label| label.step.is_none()) {
        let (text, tone) = imported_text(label);
        add(&format!("{}: {text}", label.source), tone, true, &format!("{} = {}", label.field, label.raw));
    }
    chips
}

/// Labels that cannot both hold. They are kept as they were said, but no training file takes them.
fn contradiction(open: &OpenTrace, said: &TraceAnnotation) -> Option<&'static str> {
    let rating = |step: &StepIndex| said.steps.get(&open.trace.step(*step)?.hash)?.rating;
    let judged = |last: &StepHash| {
        let last = open.find_step(last)?;
        Some((open.tree.path_to(&open.trace.steps, last), last))
    };
    match said.first_error.as_ref()? {
        FirstError::NoneUpTo(hash) => {
            let (path, _) = judged(hash)?;
            let bad = path.iter().any(|step| rating(step) == Some(StepRating::Bad));
            bad.then_some("All steps are marked as correct, but one is rated bad; exports leave the trace out")
        }
        FirstError::At(hash) => {
            let (path, last) = judged(hash)?;
            if matches!(rating(&last), Some(StepRating::Good | StepRating::Neutral)) {
                return Some("The first error is rated as no error; exports leave the trace out");
            }
            let earlier = path.iter().any(|step| *step != last && rating(step) == Some(StepRating::Bad));
            earlier.then_some("A step before the first error is rated bad; exports leave the trace out")
        }
        FirstError::Unsure => None,
    }
}

/// What has become of "all correct": it holds for the text that was read, which may have changed or grown since.
fn no_error_text(open: &OpenTrace, last: &StepHash) -> (String, Tone, &'static str) {
    let Some(step) = open.find_step(last) else {
        let hint = "You marked every step as correct, but the text has changed since: look again";
        return ("lost".into(), Tone::Unsure, hint);
    };
    // What the annotator wrote is no text that has come since.
    let goes_on = |next: &StepIndex| open.trace.step(*next).is_some_and(|next| !next.hash.is_written());
    if open.tree.children(step).iter().any(goes_on) {
        let number = open.tree.path_to(&open.trace.steps, step).len();
        let hint = "You marked every step as correct, but more have come since: look again";
        return (format!("✔ correct up to step {number}"), Tone::Unsure, hint);
    }
    if open.position(step).is_some() {
        ("✔ all correct".into(), Tone::Good, "You marked every step as correct")
    } else {
        ("✔ another path correct".into(), Tone::Good, "You marked every step of another path as correct")
    }
}

fn prompt(prompt: &Prompt) -> Vec<(&str, &str)> {
    match prompt {
        Prompt::Text(text) => vec![("", text)],
        Prompt::Messages(messages) => messages.iter().map(|m| (m.role.as_str(), m.content.as_str())).collect(),
    }
}
