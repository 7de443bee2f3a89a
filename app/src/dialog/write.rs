//! Writing a step: in place of another, with the differences shown as they are typed, or after another.

use eframe::egui::{
    self, Button, Context, Frame, Id, Key, KeyboardShortcut, Label, Margin, Modal, Modifiers, RichText, ScrollArea,
    Sides, TextEdit, Ui, WidgetInfo,
};

use stepscope_core::model::StepKind;

use crate::command::reference::keys_text;
use crate::command::{Action, CommandSink};
use crate::state::writing::{DraftRequest, StepDraft, WriteRequest};
use crate::ui_kit::{Tokens, diff_summary_ui, diff_ui, word_diff};

/// The name of the field.
pub const FIELD: &str = "Text of the step";

/// Paints the dialog.
pub fn write_ui(ctx: &Context, draft: &StepDraft, sink: &mut CommandSink) {
    let mut ask = |request| sink.push(Action::Write(WriteRequest::Draft(request)));
    // Taken before the field sees them, which would begin a new line.
    let (save, go_on) = ctx.input_mut(|input| {
        let go_on = input.consume_key(Modifiers::COMMAND | Modifiers::SHIFT, Key::Enter);
        (input.consume_key(Modifiers::COMMAND, Key::Enter), go_on)
    });
    let screen = ctx.content_rect();
    let is_code = draft.kind == StepKind::Code;
    let mut text = draft.text.clone();
    let response = Modal::new(Id::unique("write step")).show(ctx, |ui| {
        ui.set_width((screen.width() - 120.0).clamp(420.0, 900.0));
        let height = screen.height() - 260.0;
        ui.heading(&draft.title);
        before_ui(ui, draft);
        let field = ScrollArea::vertical().id_salt("text").max_height((height * 0.5).max(90.0)).show(ui, |ui| {
            let edit = TextEdit::multiline(&mut text).id_salt(FIELD).desired_rows(5).desired_width(f32::INFINITY);
            ui.add(if is_code { edit.code_editor() } else { edit.hint_text("What the step should say") })
        });
        let field = field.inner;
        field.widget_info(|| WidgetInfo::labeled(egui::Role::TextInput, true, FIELD));
        // Tab leaves the field; nothing else does.
        if !ui.memory(|memory| memory.focused().is_some_and(|focused| focused != field.id)) {
            field.request_focus();
        }
        if field.changed() {
            ask(DraftRequest::Type(text.clone()));
        }
        if draft.can_be_answer() {
            let mut is_answer = draft.kind == StepKind::Answer;
            if ui.checkbox(&mut is_answer, "It is the final answer").changed() {
                ask(DraftRequest::IsAnswer(is_answer));
            }
        }
        if let Some(original) = &draft.original {
            differences_ui(ui, original, &text, is_code, (height * 0.5).max(90.0));
        }
        footer_ui(ui, draft, &mut ask);
    });
    if go_on {
        ask(DraftRequest::Save(true));
    } else if save {
        ask(DraftRequest::Save(false));
    } else if super::is_left(&response) {
        ask(DraftRequest::Leave);
    }
}

/// What stands before the step, to be read while writing.
fn before_ui(ui: &mut Ui, draft: &StepDraft) {
    let tokens = Tokens::of(ui);
    if draft.before.is_empty() {
        ui.add_space(4.0);
        return;
    }
    ui.label(RichText::new("After").small().color(tokens.muted));
    ScrollArea::vertical().id_salt("before").max_height(110.0).auto_shrink([false, true]).show(ui, |ui| {
        ui.add(Label::new(RichText::new(&draft.before).color(tokens.muted)).wrap());
    });
    ui.add_space(6.0);
}

fn differences_ui(ui: &mut Ui, original: &str, text: &str, is_code: bool, height: f32) {
    let tokens = Tokens::of(ui);
    let diff = word_diff(ui, original, text);
    ui.add_space(6.0);
    diff_summary_ui(ui, &diff);
    let frame = Frame::new().fill(tokens.background).inner_margin(Margin::symmetric(8, 6)).corner_radius(4);
    frame.show(ui, |ui| {
        ScrollArea::vertical().id_salt("differences").max_height(height).auto_shrink([false, true]).show(ui, |ui| {
            diff_ui(ui, &diff.abridged(), is_code);
        });
    });
}

fn footer_ui(ui: &mut Ui, draft: &StepDraft, ask: &mut impl FnMut(DraftRequest)) {
    ui.add_space(8.0);
    let refusal = draft.refusal();
    let tokens = Tokens::of(ui);
    let (mut wish, mut discard) = (None, false);
    Sides::new().shrink_left().show(
        ui,
        |ui| {
            let text = match refusal {
                Some(reason) => reason,
                None if draft.is_changed() => "Not saved yet; Escape keeps it as a draft",
                None => "",
            };
            ui.add(Label::new(RichText::new(text).small().color(tokens.muted)).truncate());
        },
        |ui| {
            let key = |held| RichText::new(keys_text(&[KeyboardShortcut::new(held, Key::Enter)])).small().weak();
            let save = Button::new("Save").right_text(key(Modifiers::COMMAND));
            if ui.add_enabled(refusal.is_none(), save).clicked() {
                wish = Some(false);
            }
            let next = Button::new("Save and write the next").right_text(key(Modifiers::COMMAND | Modifiers::SHIFT));
            if ui.add_enabled(refusal.is_none(), next).clicked() {
                wish = Some(true);
            }
            discard = draft.is_changed() && ui.button("Discard").clicked();
        },
    );
    if let Some(go_on) = wish {
        ask(DraftRequest::Save(go_on));
    } else if discard {
        ask(DraftRequest::Discard);
    }
}
