//! The dialog of what annotators are asked for: a preset, changed as the project needs it, saved as a new revision.

use eframe::egui::{
    ComboBox, Context, DragValue, Grid, Id, Key, KeyboardShortcut, Label, Modal, Modifiers, Response, RichText, Role,
    ScrollArea, Sides, TextEdit, Ui, WidgetInfo,
};

use stepscope_core::annotation::{Dimension, ErrorKind, Gold, LabelSchema, Named, Scope};
use stepscope_core::model::{LabelKind, StepRating};

use crate::command::reference::keys_text;
use crate::command::{Action, CommandSink};
use crate::state::DialogState;
use crate::state::schema_draft::{SchemaDraft, SchemaPart};
use crate::ui_kit::Tokens;
use crate::view_model::schema::{ALWAYS, OFFERED, SchemaModel};

/// Paints the dialog.
pub fn schema_ui(ctx: &Context, draft: &SchemaDraft, model: &SchemaModel, sink: &mut CommandSink) {
    let mut changed = draft.clone();
    let mut close = false;
    let screen = ctx.content_rect();
    if model.can_save && ctx.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Enter)) {
        sink.push(Action::SaveSchema);
    }
    let response = Modal::new(Id::unique("schema")).show(ctx, |ui| {
        let tokens = Tokens::of(ui);
        ui.set_width((screen.width() - 120.0).clamp(600.0, 980.0));
        head_ui(ui, &mut changed, model, &tokens);
        ui.separator();
        let height = (screen.height() - 330.0).clamp(160.0, 620.0);
        ScrollArea::vertical()
            .id_salt(("part", changed.part as u8))
            .max_height(height)
            .min_scrolled_height(height)
            .auto_shrink([false, false])
            .show(ui, |ui| {
                let schema = &mut changed.schema;
                match changed.part {
                    SchemaPart::General => general_ui(ui, schema),
                    SchemaPart::Errors => errors_ui(ui, schema, &tokens),
                    SchemaPart::Scales => scales_ui(ui, schema, &tokens),
                    SchemaPart::Words => words_ui(ui, schema),
                    SchemaPart::Ways => ways_ui(ui, schema, &tokens),
                }
            });
        ui.separator();
        for problem in &model.problems {
            ui.add(Label::new(RichText::new(format!("⚠ {problem}")).color(tokens.bad)).wrap());
        }
        foot_ui(ui, &mut changed, model, &tokens, &mut close, sink);
    });
    if super::is_left(&response) {
        // Escape never throws work away.
        if draft.is_changed() {
            changed.leaving = true;
        } else {
            close = true;
        }
    }
    if changed.schema != draft.schema {
        changed.failure.clear();
        changed.leaving = false;
    }
    if close {
        sink.push(Action::SetDialog(None));
    } else if changed != *draft {
        sink.push(Action::SetDialog(Some(DialogState::Schema(Box::new(changed)))));
    }
}

fn head_ui(ui: &mut Ui, draft: &mut SchemaDraft, model: &SchemaModel, tokens: &Tokens) {
    ui.horizontal(|ui| {
        ui.heading("Labels of this project");
        ui.label(RichText::new(&model.revision).color(tokens.muted));
    });
    ui.horizontal(|ui| {
        ui.label("Begin with");
        let combo = ComboBox::from_id_salt("preset").width(260.0).selected_text(&draft.schema.name).show_ui(ui, |ui| {
            for (id, name) in &model.presets {
                if ui.selectable_label(draft.schema.name == *name, name).clicked() {
                    draft.take_preset(id);
                }
            }
        });
        named(&combo.response, Role::ComboBox, "Preset");
        let hint = "Takes away the preset and shows what was there before it";
        if draft.replaced.is_some() && ui.button("Put back").on_hover_text(hint).clicked() {
            draft.put_back();
        }
    });
    ui.add(Label::new(RichText::new(&model.summary).color(tokens.muted)).wrap());
    ui.horizontal(|ui| {
        for (part, title) in SchemaPart::ALL {
            ui.selectable_value(&mut draft.part, part, title);
        }
    });
}

fn foot_ui(
    ui: &mut Ui,
    draft: &mut SchemaDraft,
    model: &SchemaModel,
    tokens: &Tokens,
    close: &mut bool,
    sink: &mut CommandSink,
) {
    let leaving = draft.leaving;
    Sides::new().show(
        ui,
        |ui| {
            let text = if leaving {
                RichText::new("Nothing of this is saved yet").color(tokens.unsure)
            } else {
                RichText::new("Each save is a revision of its own; labels remember theirs").color(tokens.muted)
            };
            ui.label(text);
        },
        |ui| {
            if leaving {
                *close |= ui.button("Throw changes away").clicked();
                if ui.button("Go on").clicked() {
                    draft.leaving = false;
                }
                return;
            }
            let save = ui.add_enabled(model.can_save, eframe::egui::Button::new("Save"));
            let why = model.problems.first().map_or("Nothing is changed", String::as_str);
            let key = keys_text(&[KeyboardShortcut::new(Modifiers::COMMAND, Key::Enter)]);
            if save.on_hover_text(key).on_disabled_hover_text(why).clicked() {
                sink.push(Action::SaveSchema);
            }
            if ui.button("Cancel").clicked() {
                if draft.is_changed() {
                    draft.leaving = true;
                } else {
                    *close = true;
                }
            }
        },
    );
}

/// Gives a field the name by which assistive technology and tests find it.
fn named(response: &Response, role: Role, name: &str) {
    response.widget_info(|| WidgetInfo::labeled(role, true, name));
}

fn text_ui(ui: &mut Ui, text: &mut String, name: &str, width: f32) {
    let edit = ui.add(TextEdit::singleline(text).id_salt(name).desired_width(width));
    named(&edit, Role::TextInput, name);
}

fn number_ui(ui: &mut Ui, value: &mut f64, name: &str) {
    let drag = ui.add(DragValue::new(value).speed(0.05).max_decimals(6));
    named(&drag, Role::SpinButton, name);
}

fn caption_ui(ui: &mut Ui, text: &str) {
    ui.add_space(4.0);
    ui.label(RichText::new(text).strong());
}

fn general_ui(ui: &mut Ui, schema: &mut LabelSchema) {
    Grid::new("general").num_columns(2).spacing([14.0, 6.0]).show(ui, |ui| {
        ui.label("Name");
        text_ui(ui, &mut schema.name, "Name", 320.0);
        ui.end_row();
        ui.label("Guideline version");
        text_ui(ui, &mut schema.guideline.version, "Guideline version", 320.0);
        ui.end_row();
    });
    caption_ui(ui, "Guideline");
    let edit = TextEdit::multiline(&mut schema.guideline.text).desired_rows(7).desired_width(f32::INFINITY);
    named(&ui.add(edit), Role::TextInput, "Guideline");
    caption_ui(ui, "Ratings of steps");
    ui.horizontal(|ui| {
        for rating in StepRating::ALL {
            let mut offered = schema.offers_rating(rating);
            if ui.checkbox(&mut offered, rating.name()).changed() {
                let wanted = |other: StepRating| if other == rating { offered } else { schema.offers_rating(other) };
                let ratings: Vec<_> = StepRating::ALL.into_iter().filter(|&other| wanted(other)).collect();
                // No rating at all would mean every rating.
                if !ratings.is_empty() {
                    schema.ratings = ratings;
                }
            }
        }
    });
    caption_ui(ui, "What can be said besides");
    ui.horizontal_wrapped(|ui| {
        for (kinds, title) in OFFERED {
            let offers = |schema: &LabelSchema, kinds: &[LabelKind]| kinds.iter().any(|&kind| schema.offers(kind));
            let mut offered = offers(schema, kinds);
            if ui.checkbox(&mut offered, title).changed() {
                let wanted = |other: &[LabelKind]| if other == kinds { offered } else { offers(schema, other) };
                let kept: Vec<_> = OFFERED.into_iter().filter(|(other, _)| wanted(other)).collect();
                schema.offers = match kept.len() {
                    // Every kind, also those of later versions.
                    all if all == OFFERED.len() => Vec::new(),
                    _ => kept.into_iter().flat_map(|(kinds, _)| kinds).chain(ALWAYS).copied().collect(),
                };
            }
        }
    });
}

/// A list of things with names and letters. `what` is one of them.
fn list_ui(ui: &mut Ui, list: &mut Vec<Named>, what: &str) {
    let mut gone = None;
    for (position, entry) in list.iter_mut().enumerate() {
        let row = ui.horizontal(|ui| named_ui(ui, entry, &format!("{what} {}", position + 1)));
        if row.inner {
            gone = Some(position);
        }
    }
    if let Some(position) = gone {
        list.remove(position);
    }
    if ui.button(format!("Add {}", what.to_lowercase())).clicked() {
        list.push(Named::default());
    }
}

/// Letter, title, identity and meaning; true where it is to go.
fn named_ui(ui: &mut Ui, entry: &mut Named, what: &str) -> bool {
    let mut key = entry.key.map(String::from).unwrap_or_default();
    let edit = ui.add(TextEdit::singleline(&mut key).id_salt(("key", what)).desired_width(22.0).hint_text("·"));
    named(&edit, Role::TextInput, &format!("Letter of {what}"));
    if edit.changed() {
        entry.key = key.trim().chars().last().map(|letter| letter.to_ascii_lowercase());
    }
    let edit = TextEdit::singleline(&mut entry.title).id_salt(("title", what)).desired_width(190.0).hint_text("Title");
    named(&ui.add(edit), Role::TextInput, &format!("Title of {what}"));
    let edit =
        TextEdit::singleline(&mut entry.id).id_salt(("id", what)).desired_width(140.0).hint_text("name in files");
    named(&ui.add(edit), Role::TextInput, &format!("Name in files of {what}"));
    let edit =
        TextEdit::singleline(&mut entry.hint).id_salt(("hint", what)).desired_width(400.0).hint_text("What it means");
    named(&ui.add(edit), Role::TextInput, &format!("Meaning of {what}"));
    let remove = ui.small_button("✖");
    named(&remove, Role::Button, &format!("Remove {what}"));
    remove.clicked()
}

fn errors_ui(ui: &mut Ui, schema: &mut LabelSchema, tokens: &Tokens) {
    ui.label(
        RichText::new("The letter chooses the kind after X, a second letter the kind within it").color(tokens.muted),
    );
    let mut gone = None;
    for (position, kind) in schema.errors.iter_mut().enumerate() {
        let what = format!("Kind {}", position + 1);
        ui.add_space(6.0);
        ui.horizontal(|ui| {
            if named_ui(ui, &mut kind.named, &what) {
                gone = Some(position);
            }
        });
        ui.indent(("subs", position), |ui| list_ui(ui, &mut kind.subs, &format!("{what} within")));
    }
    if let Some(position) = gone {
        schema.errors.remove(position);
    }
    ui.add_space(6.0);
    if ui.button("Add kind").clicked() {
        schema.errors.push(ErrorKind::default());
    }
    caption_ui(ui, "Severities, mildest first; chosen by 1 to 9");
    list_ui(ui, &mut schema.severities, "Severity");
}

fn scales_ui(ui: &mut Ui, schema: &mut LabelSchema, tokens: &Tokens) {
    let hint = "Distance 0 allows any value. Words for the values, lowest first, are separated by commas";
    ui.label(RichText::new(hint).color(tokens.muted));
    let mut gone = None;
    for (position, scale) in schema.dimensions.iter_mut().enumerate() {
        let what = format!("Scale {}", position + 1);
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            if named_ui(ui, &mut scale.named, &what) {
                gone = Some(position);
            }
        });
        ui.horizontal(|ui| {
            ui.add_space(26.0);
            range_ui(ui, scale, &what);
        });
    }
    if let Some(position) = gone {
        schema.dimensions.remove(position);
    }
    ui.add_space(6.0);
    if ui.button("Add scale").clicked() {
        let named = Named::default();
        schema.dimensions.push(Dimension { named, from: 1.0, to: 5.0, step: 1.0, ..Dimension::default() });
    }
}

fn range_ui(ui: &mut Ui, scale: &mut Dimension, what: &str) {
    for (scope, title) in [(Scope::Trace, "Traces"), (Scope::Step, "Steps")] {
        let response = ui.selectable_value(&mut scale.scope, scope, title);
        named(&response, Role::Button, &format!("{what} is of {}", title.to_lowercase()));
    }
    ui.label("from");
    number_ui(ui, &mut scale.from, &format!("Lowest of {what}"));
    ui.label("to");
    number_ui(ui, &mut scale.to, &format!("Highest of {what}"));
    ui.label("distance");
    number_ui(ui, &mut scale.step, &format!("Distance of {what}"));
    let mut words = scale.levels.join(", ");
    let edit =
        ui.add(TextEdit::singleline(&mut words).id_salt(("levels", what)).desired_width(340.0).hint_text("Words"));
    named(&edit, Role::TextInput, &format!("Words of {what}"));
    if edit.changed() {
        // Only the comma separates, so that spaces can be typed within a word and after it.
        let all = words.split(',').map(|word| word.trim_start().to_owned());
        scale.levels = if words.trim().is_empty() { Vec::new() } else { all.collect() };
    }
}

fn words_ui(ui: &mut Ui, schema: &mut LabelSchema) {
    caption_ui(ui, "Tags of traces and steps");
    list_ui(ui, &mut schema.tags, "Tag");
    caption_ui(ui, "Criteria by which alternatives are compared");
    list_ui(ui, &mut schema.criteria, "Criterion");
}

fn ways_ui(ui: &mut Ui, schema: &mut LabelSchema, tokens: &Tokens) {
    caption_ui(ui, "Judged blind: scores, outcomes and labels of others are hidden until you have judged");
    Grid::new("blind").num_columns(2).spacing([14.0, 6.0]).show(ui, |ui| {
        ui.label("Share of traces, from 0 to 1");
        number_ui(ui, &mut schema.blind.share, "Share judged blind");
        ui.end_row();
        ui.label("Annotators who always judge blind");
        let mut names = schema.blind.annotators.join(", ");
        let edit = ui.add(TextEdit::singleline(&mut names).desired_width(320.0));
        named(&edit, Role::TextInput, "Annotators who judge blind");
        if edit.changed() {
            let all = names.split(',').map(|name| name.trim_start().to_owned());
            schema.blind.annotators = if names.trim().is_empty() { Vec::new() } else { all.collect() };
        }
        ui.end_row();
    });
    caption_ui(ui, "Known answers");
    let mut wanted = schema.gold.is_some();
    if ui.checkbox(&mut wanted, "Mix in traces whose labels are known").changed() {
        schema.gold = wanted.then(Gold::default);
    }
    if let Some(gold) = &mut schema.gold {
        Grid::new("gold").num_columns(2).spacing([14.0, 6.0]).show(ui, |ui| {
            ui.label("Whose labels are known");
            text_ui(ui, &mut gold.source, "Whose labels are known", 200.0);
            ui.label(RichText::new("imported, imported:NAME or own:NAME").color(tokens.muted));
            ui.end_row();
            ui.label("Share of the queue, from 0 to 1");
            number_ui(ui, &mut gold.rate, "Share of known answers");
            ui.end_row();
        });
        ui.checkbox(&mut gold.tell_at_once, "Tell after each, not only at the end");
    }
    caption_ui(ui, "Readers");
    ui.horizontal(|ui| {
        ui.label("How many annotators are to see each trace");
        let drag = ui.add(DragValue::new(&mut schema.readers).range(1..=99));
        named(&drag, Role::SpinButton, "Readers of each trace");
    });
}
