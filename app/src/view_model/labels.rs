//! Labels in words: what chips, inspector and history say of each.

use stepscope_core::annotation::{LabelSchema, Labels};
use stepscope_core::model::{Critique, ErrorLabel, Label, LabelKind, OutcomeLabel, Relation, StepHash};

use super::card::rating_text;
use super::{Chip, Tone, one_line};
use crate::state::OpenTrace;
use crate::state::beside::linked_step;

/// Longest text of a chip, in characters.
const MOST: usize = 40;

/// What a label says, in what tone, and more about it. `None` for what is shown in another way: steps that the annotator
/// wrote, cuts, joints and comparisons.
pub fn label_text(label: &Label, schema: &LabelSchema, open: &OpenTrace) -> Option<(String, Tone, String)> {
    let said = |text: &str, tone, hint: &str| Some((text.to_owned(), tone, hint.to_owned()));
    match label {
        Label::Outcome(OutcomeLabel::Right) => {
            said("✔ right answer", Tone::Good, "You say that the final answer is right")
        }
        Label::Outcome(OutcomeLabel::Wrong) => {
            said("✖ wrong answer", Tone::Bad, "You say that the final answer is wrong")
        }
        Label::Outcome(OutcomeLabel::Unsure) => {
            said("? answer unsure", Tone::Unsure, "You looked at the final answer and could not decide")
        }
        Label::Reason(reason) => Some((format!("because {}", one_line(reason, MOST)), Tone::Muted, reason.clone())),
        Label::Verified(verified) => {
            let text = if verified.agreed { "confirmed" } else { "corrected" };
            Some((text.into(), Tone::Accent, format!("A proposal by {}", verified.by)))
        }
        Label::Tag(tag) => {
            let named = schema.tags.iter().find(|named| named.id == *tag);
            let hint = named.map_or("A tag of your own", |named| named.hint.as_str());
            Some((format!("# {}", schema.tag_title(tag)), Tone::Accent, hint.to_owned()))
        }
        Label::Rated(rated) => {
            let scale = schema.dimension(&rated.dimension);
            let title = scale.map_or(rated.dimension.as_str(), |scale| scale.named.shown());
            let value = number(rated.value);
            let text = match scale.and_then(|scale| scale.level(rated.value)) {
                Some(level) if level != value => format!("{title} {value} {level}"),
                _ => format!("{title} {value}"),
            };
            let range =
                scale.map(|scale| format!("from {} to {}. {}", number(scale.from), number(scale.to), scale.named.hint));
            Some((text, Tone::Neutral, range.unwrap_or_else(|| "A scale that the schema no longer has".into())))
        }
        Label::Soft(value) => {
            let tone = if *value < 0.5 { Tone::Bad } else { Tone::Good };
            Some((format!("p {}", number(*value)), tone, format!("You say the step is right with probability {value}")))
        }
        Label::Redundant => said("redundant", Tone::Neutral, "Right, and adds nothing"),
        Label::Corrected(later) => {
            let place = later.as_ref().and_then(|later| step_number(open, later));
            let text = place.map_or("put right later".to_owned(), |number| format!("put right in {number}"));
            Some((text, Tone::Unsure, "Wrong, and put right further on".into()))
        }
        Label::Missing(text) => {
            let hint = if text.is_empty() { "You say that a step is missing before this one" } else { text };
            said("step missing before", Tone::Unsure, hint)
        }
        Label::Error(error) => Some((error_text(error, schema), Tone::Bad, error_hint(error, schema))),
        Label::Unsafe => said("⚠ unsafe", Tone::Bad, "Unsafe, apart from being right"),
        Label::Masked => said("masked", Tone::Muted, "Not to be learned from"),
        Label::Critique(critique) => Some((critique_text(critique), critique_tone(critique), critique.text.clone())),
        Label::Span(span) => {
            let words = open.step().and_then(|step| step.text.get(span.start..span.end)).unwrap_or_default();
            let says = span_says(&span.says, schema);
            let text = if says.is_empty() { "marked".to_owned() } else { says };
            Some((format!("{text}: “{}”", one_line(words, MOST)), Tone::Unsure, words.to_owned()))
        }
        Label::Link(link) => {
            let what = match link.relation {
                Relation::Premise => "rests on",
                Relation::Evidence => "shown by",
                Relation::Reference => {
                    let text = match linked_step(&link.to) {
                        Some(_) => "as in another trace".to_owned(),
                        None => format!("reference {}", link.to),
                    };
                    return Some((text, Tone::Neutral, String::new()));
                }
            };
            let number = step_number(open, &StepHash::new(link.to.as_str()));
            let place = number.map_or_else(|| "a step that has changed".to_owned(), |number| number.to_string());
            Some((format!("{what} {place}"), Tone::Neutral, String::new()))
        }
        Label::Inspected(true) => {
            said("✔ right up to here", Tone::Good, "You read it while halving: no error up to here")
        }
        Label::Inspected(false) => {
            said("✖ error by here", Tone::Bad, "You read it while halving: there is an error by here")
        }
        Label::Written(_) | Label::Best | Label::Rank(_) | Label::Preferred(_) | Label::Cut(_) | Label::Joined => None,
    }
}

/// The chips of the labels of a step or trace. Links, critiques and marked words are shown in other places.
pub fn chips(labels: &Labels, schema: &LabelSchema, open: &OpenTrace) -> Vec<Chip> {
    let elsewhere = [LabelKind::Link, LabelKind::Critique, LabelKind::Span];
    let shown = labels.iter().filter(|label| !elsewhere.contains(&label.kind()));
    shown
        .filter_map(|label| label_text(label, schema, open))
        .map(|(text, tone, hint)| Chip { text, tone, imported: false, hint })
        .collect()
}

/// What a step rests on, in one line: `rests on 2, 3 · reference 1`; empty where nothing was said.
pub fn links_text(labels: &Labels, open: &OpenTrace) -> String {
    let mut parts = Vec::new();
    let relations = [
        (Relation::Premise, "rests on"),
        (Relation::Evidence, "shown by"),
        (Relation::Reference, "as in reference step"),
    ];
    for (relation, words) in relations {
        let links = labels.of_kind(LabelKind::Link).filter_map(|label| match label {
            Label::Link(link) if link.relation == relation => Some(&link.to),
            _ => None,
        });
        // Parts of a line of the reference are named `1.2`, steps of other traces have no number here.
        let number = |to: &String| match relation {
            Relation::Reference => Some((to.parse::<f64>().ok()?, to.clone())),
            _ => step_number(open, &StepHash::new(to.as_str())).map(|number| (number as f64, number.to_string())),
        };
        let (mut numbers, mut others) = (Vec::new(), 0);
        for to in links {
            numbers.extend(number(to));
            others += usize::from(linked_step(to).is_some());
        }
        numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
        let numbers: Vec<String> = numbers.into_iter().map(|(_, number)| number).collect();
        if others > 0 {
            let steps = if others == 1 { "a step".to_owned() } else { format!("{others} steps") };
            parts.push(format!("as in {steps} of another trace"));
        }
        if !numbers.is_empty() {
            parts.push(format!("{words} {}", numbers.join(", ")));
        }
    }
    parts.join(" · ")
}

/// The number of a step on the path shown, else on its own path.
pub fn step_number(open: &OpenTrace, step: &StepHash) -> Option<usize> {
    let index = open.find_step(step)?;
    let on_path = open.position(index).map(|at| at + 1);
    on_path.or_else(|| Some(open.tree.path_to(&open.trace.steps, index).len()))
}

/// `calculation › arithmetic, minor`.
pub fn error_text(error: &ErrorLabel, schema: &LabelSchema) -> String {
    let kind = schema.error(&error.kind);
    let mut text = kind.map_or(error.kind.as_str(), |kind| kind.named.shown()).to_owned();
    if let Some(sub) = &error.sub {
        let named = kind.and_then(|kind| kind.subs.iter().find(|named| named.id == *sub));
        text = format!("{text} › {}", named.map_or(sub.as_str(), |named| named.shown()));
    }
    if let Some(severity) = &error.severity {
        let named = schema.severities.iter().find(|named| named.id == *severity);
        text = format!("{text}, {}", named.map_or(severity.as_str(), |named| named.shown()).to_lowercase());
    }
    text
}

fn error_hint(error: &ErrorLabel, schema: &LabelSchema) -> String {
    let Some(kind) = schema.error(&error.kind) else { return "A kind of your own".into() };
    let sub = error.sub.as_ref().and_then(|sub| kind.subs.iter().find(|named| named.id == *sub));
    sub.map_or(kind.named.hint.clone(), |named| named.hint.clone())
}

/// What is said of marked words: the title of an error kind or tag, else the words themselves.
pub fn span_says(says: &str, schema: &LabelSchema) -> String {
    schema.error(says).map_or_else(|| schema.tag_title(says).to_owned(), |kind| kind.named.shown().to_owned())
}

/// A critique as a line under its step: who, what was made of it, the words.
pub fn critique_text(critique: &Critique) -> String {
    let who =
        if critique.by.is_empty() { "Critique".to_owned() } else { format!("Critique of {}", author(&critique.by)) };
    let rating = critique.rating.map(|rating| format!("rated {}", rating.name()));
    let accepted = critique.accepted.then(|| "accepted".to_owned());
    let made: Vec<String> = [rating, accepted].into_iter().flatten().collect();
    let made = if made.is_empty() { String::new() } else { format!(" ({})", made.join(", ")) };
    format!("{who}{made}  {}", critique.text)
}

fn critique_tone(critique: &Critique) -> Tone {
    critique.rating.map_or(Tone::Accent, |rating| rating_text(rating).1)
}

/// `scorer:NAME` and `imported:NAME` without what comes before the name.
pub fn author(by: &str) -> &str {
    by.split_once(':').map_or(by, |(_, name)| name)
}

/// A number with as many digits as it needs.
pub fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text.parse::<f64>().is_ok_and(|read| (read - value).abs() < f64::EPSILON) {
        text.to_owned()
    } else {
        value.to_string()
    }
}
