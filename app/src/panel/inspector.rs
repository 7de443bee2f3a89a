//! Paints the right side: label buttons, notes, scores by scorer, what the data says.

use eframe::egui::{self, CollapsingHeader, Grid, Key, Label, RichText, ScrollArea, Sense, TextEdit, Ui};

use stepscope_core::annotation::Target;
use stepscope_core::model::{StepRating, TraceStatus};

use crate::command::{Action, Command, CommandEnv, CommandSink, KeyMap};
use crate::state::choose::ChooseRequest;
use crate::state::{About, NoteDraft};
use crate::ui_kit::{Tokens, command_button, focus_ring};
use crate::view_model::both_ends;
use crate::view_model::inspector::{InspectorModel, SaidLine, ScoreLine};

/// Letters of a scorer's name that have room.
const NAME: usize = 13;

/// What the notes are about, and the one being written.
pub struct Notes<'a> {
    /// The selected step.
    pub step: Option<Target>,
    /// The open trace.
    pub trace: Target,
    /// The note being written.
    pub draft: Option<&'a NoteDraft>,
}

/// Paints the inspector.
pub fn inspector_ui(ui: &mut Ui, model: &InspectorModel, notes: &Notes<'_>, env: CommandEnv, sink: &mut CommandSink) {
    ScrollArea::vertical().id_salt("inspector").auto_shrink([false, false]).show(ui, |ui| {
        title_ui(ui, &model.step_title);
        step_buttons_ui(ui, model, env, sink);
        let more =
            [(Command::ErrorType, "Error kind…"), (Command::StepLabels, "More…"), (Command::Critique, "Critiques")];
        buttons_ui(ui, more, env, sink);
        if let Some(target) = &notes.step {
            said_ui(ui, &model.step_labels, target, env, sink);
        }
        if let Some(target) = &notes.step {
            note_ui(ui, "Note on step", target, &model.step_note, notes.draft, env, sink);
        }
        ui.add_space(8.0);
        title_ui(ui, "Trace");
        trace_buttons_ui(ui, model, env, sink);
        buttons_ui(ui, [(Command::TraceLabels, "More…"), (Command::GiveUp, "Give up…")], env, sink);
        said_ui(ui, &model.trace_labels, &notes.trace, env, sink);
        note_ui(ui, "Note on trace", &notes.trace, &model.trace_note, notes.draft, env, sink);
        scores_ui(ui, model, sink);
        facts_ui(ui, model);
    });
}

fn title_ui(ui: &mut Ui, title: &str) {
    ui.add(Label::new(RichText::new(title).strong()).selectable(false));
}

fn step_buttons_ui(ui: &mut Ui, model: &InspectorModel, env: CommandEnv, sink: &mut CommandSink) {
    full_width(ui, |ui| {
        command_button(ui, Command::MarkFirstError, "✖ First error here", model.is_first_error, env, sink);
    });
    let ratings = [
        (StepRating::Good, Command::RateGood, "✔ Good"),
        (StepRating::Neutral, Command::RateNeutral, "● Neutral"),
        (StepRating::Bad, Command::RateBad, "✖ Bad"),
        (StepRating::Unsure, Command::RateUnsure, "? Unsure"),
    ];
    let offered = ratings.into_iter().filter(|(rating, ..)| model.ratings.contains(rating));
    ui.columns(2, |columns| {
        for (position, (rating, command, title)) in offered.enumerate() {
            if let Some(ui) = columns.get_mut(position % 2) {
                full_width(ui, |ui| {
                    command_button(ui, command, title, model.rating == Some(rating), env, sink);
                });
            }
        }
    });
}

fn buttons_ui<const N: usize>(ui: &mut Ui, entries: [(Command, &str); N], env: CommandEnv, sink: &mut CommandSink) {
    ui.columns(2, |columns| {
        for (position, (command, title)) in entries.into_iter().enumerate() {
            if let Some(ui) = columns.get_mut(position % 2) {
                full_width(ui, |ui| {
                    command_button(ui, command, title, false, env, sink);
                });
            }
        }
    });
}

/// What else is said, each with a button that takes it away.
fn said_ui(ui: &mut Ui, lines: &[SaidLine], target: &Target, env: CommandEnv, sink: &mut CommandSink) {
    let tokens = Tokens::of(ui);
    for line in lines {
        ui.horizontal(|ui| {
            let button = ui.add_enabled(env.can_write, egui::Button::new("✖").small().frame(false));
            let name = format!("Take away {}", line.text);
            button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, env.can_write, &name));
            if button.on_hover_text("Take this away").clicked() {
                sink.push(Action::Choose(ChooseRequest::Take(target.clone(), line.key.clone())));
            }
            let text = Label::new(RichText::new(&line.text).color(tokens.tone(line.tone))).truncate();
            ui.add(text).on_hover_text(&line.hint);
        });
    }
}

fn trace_buttons_ui(ui: &mut Ui, model: &InspectorModel, env: CommandEnv, sink: &mut CommandSink) {
    let entries = [
        (Command::MarkAllCorrect, "✔ All correct", model.is_all_correct),
        (Command::Done, "Done, next", model.status == TraceStatus::Done),
        (Command::Skip, "Skip", model.status == TraceStatus::Skipped),
        (Command::FlagDefective, "⚑ Defective", model.status == TraceStatus::Defective),
    ];
    ui.columns(2, |columns| {
        for (position, (command, title, selected)) in entries.into_iter().enumerate() {
            if let Some(ui) = columns.get_mut(position % 2) {
                full_width(ui, |ui| {
                    command_button(ui, command, title, selected, env, sink);
                });
            }
        }
    });
}

fn full_width(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    ui.with_layout(egui::Layout::top_down_justified(egui::Align::Min), add);
}

fn note_ui(
    ui: &mut Ui,
    name: &str,
    target: &Target,
    saved: &str,
    draft: Option<&NoteDraft>,
    env: CommandEnv,
    sink: &mut CommandSink,
) {
    let draft = draft.filter(|draft| draft.about == About::Note && draft.target == *target);
    let mut text = draft.map_or(saved, |draft| draft.text.as_str()).to_owned();
    let edit = TextEdit::multiline(&mut text)
        .id_salt(name)
        .hint_text(name)
        .desired_rows(1)
        .desired_width(f32::INFINITY)
        .interactive(env.can_write);
    let response = ui.add(edit);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, env.can_write, name));
    if draft.is_some_and(|draft| draft.focus) {
        response.request_focus();
    }
    if response.changed() {
        sink.push(Action::EditNote(target.clone(), text));
    }
    let finished = ui.input(|input| input.modifiers.command && input.key_pressed(Key::Enter));
    if response.has_focus() && finished {
        response.surrender_focus();
    }
    if response.lost_focus() {
        sink.push(Action::CommitNote);
    }
}

fn scores_ui(ui: &mut Ui, model: &InspectorModel, sink: &mut CommandSink) {
    let scores = &model.scores;
    ui.add_space(8.0);
    title_ui(ui, "Scores");
    if !model.critique.is_empty() {
        ui.label(RichText::new("The judge writes…").small().weak());
        ui.label(RichText::new(&model.critique).small());
    }
    if model.hides_scores {
        ui.label(RichText::new("Hidden until you have judged").weak());
        return;
    }
    if scores.is_empty() {
        let text = "None for this trace. {score.trace} scores it; {score.choose_model} chooses the reward model";
        ui.label(RichText::new(KeyMap::of(ui).fill(text)).weak());
        return;
    }
    let tokens = Tokens::of(ui);
    Grid::new("scores").num_columns(4).spacing([10.0, 3.0]).show(ui, |ui| {
        let aggregate = model.aggregate.to_lowercase();
        for heading in ["", "step", &aggregate, "last"] {
            ui.label(RichText::new(heading).small().color(tokens.muted));
        }
        ui.end_row();
        for line in scores {
            let colour = if line.chosen { tokens.text } else { tokens.muted };
            let short = RichText::new(both_ends(&line.name, NAME)).color(colour);
            let name = Label::new(short).sense(Sense::click());
            ui.scope(|ui| {
                ui.set_width(104.0);
                let name = ui.add(name.selectable(false));
                let text = format!("Show scores of {}", line.name);
                name.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, line.chosen, &text));
                focus_ring(ui, &name, &tokens);
                if name.on_hover_text(hint(line)).clicked() {
                    sink.push(Action::ShowScorer(line.name.clone()));
                }
            });
            let (text, tone) = line.step.clone().unwrap_or_default();
            ui.label(RichText::new(text).color(tokens.tone(tone)));
            ui.label(RichText::new(line.path.as_deref().unwrap_or("")).color(tokens.muted));
            ui.label(RichText::new(line.last.as_deref().unwrap_or("")).color(tokens.muted));
            ui.end_row();
        }
    });
    // Under the table: they are sentences.
    for line in scores.iter().filter(|line| !line.note.is_empty()) {
        let text = RichText::new(format!("{} ({}): {}", line.name, line.kind, line.note)).color(tokens.muted);
        ui.add(Label::new(text).wrap());
    }
}

fn hint(line: &ScoreLine) -> String {
    format!("{} ({}). Click to show it in table and gutter", line.name, line.kind)
}

fn facts_ui(ui: &mut Ui, model: &InspectorModel) {
    let tokens = Tokens::of(ui);
    if !model.imported.is_empty() {
        ui.add_space(8.0);
        title_ui(ui, "Labels in the data");
        for (text, tone) in &model.imported {
            ui.label(RichText::new(text).color(tokens.tone(*tone)));
        }
    }
    ui.add_space(8.0);
    title_ui(ui, "About");
    Grid::new("facts").num_columns(2).spacing([10.0, 3.0]).show(ui, |ui| {
        for (name, value) in &model.facts {
            ui.label(RichText::new(*name).color(tokens.muted));
            ui.add(Label::new(value).wrap());
            ui.end_row();
        }
    });
    if !model.metadata.is_empty() {
        CollapsingHeader::new("Other fields").show(ui, |ui| {
            for (name, value) in &model.metadata {
                ui.add(Label::new(format!("{name}: {value}")).wrap());
            }
        });
    }
}
