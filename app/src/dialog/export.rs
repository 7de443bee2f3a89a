//! The export dialog: format, whose labels, policy, live counts and the rows as they will be written.

use eframe::egui::{
    ComboBox, Context, Grid, Id, Label, Modal, RichText, Role, ScrollArea, Sides, TextEdit, Ui, WidgetInfo,
};

use stepscope_core::export::{ExportFormat, FORMATS, Policy, PolicyOption, Preview};
use stepscope_core::labels::LabelSource;

use crate::command::{Action, CommandSink};
use crate::state::{DialogState, ExportDraft};
use crate::ui_kit::Tokens;
use crate::view_model::one_line;

/// Paints the dialog.
pub fn export_ui(
    ctx: &Context,
    draft: &ExportDraft,
    preview: Option<&Result<Preview, String>>,
    sources: &[LabelSource],
    sink: &mut CommandSink,
) {
    let mut changed = draft.clone();
    let mut ended = false;
    let response = Modal::new(Id::unique("export")).show(ctx, |ui| {
        ui.set_width(760.0);
        ui.heading("Export");
        let format = format_ui(ui, &mut changed);
        options_ui(ui, &mut changed, format, sources);
        ui.separator();
        preview_ui(ui, preview);
        ui.add_space(6.0);
        Sides::new().show(
            ui,
            |ui| {
                ui.label(RichText::new("A manifest with counts, policy and sources is written beside the file").weak())
            },
            |ui| {
                let ready = matches!(preview, Some(Ok(preview)) if preview.rows > 0);
                if ui.add_enabled(ready, eframe::egui::Button::new("Write file…")).clicked() {
                    sink.push(Action::AskExportPath);
                }
                if ui.button("Close").clicked() {
                    ended = true;
                }
            },
        );
    });
    if ended || super::is_left(&response) {
        sink.push(Action::SetDialog(None));
    } else if changed != *draft {
        sink.push(Action::SetDialog(Some(DialogState::Export(Box::new(changed)))));
    }
}

fn format_ui(ui: &mut Ui, draft: &mut ExportDraft) -> Option<&'static dyn ExportFormat> {
    ui.horizontal_wrapped(|ui| {
        for &format in FORMATS {
            let clicked = ui.selectable_label(draft.format == format.name(), format.name()).clicked();
            if clicked && draft.format != format.name() {
                *draft = ExportDraft { labels: draft.labels.clone(), ..ExportDraft::new(format) };
            }
        }
    });
    let format = FORMATS.iter().copied().find(|format| format.name() == draft.format);
    if let Some(format) = format {
        ui.label(RichText::new(format.caption()).weak());
    }
    format
}

fn options_ui(
    ui: &mut Ui,
    draft: &mut ExportDraft,
    format: Option<&'static dyn ExportFormat>,
    sources: &[LabelSource],
) {
    let known = format.map_or::<&[&str], _>(&[], |format| format.options());
    let lacks = format.map_or::<&[(&str, &str)], _>(&[], |format| format.lacks());
    // The rows must still find a place below.
    let height = (ui.ctx().content_rect().height() - 420.0).clamp(120.0, 360.0);
    ScrollArea::vertical().id_salt("options").max_height(height).auto_shrink([false, true]).show(ui, |ui| {
        Grid::new("export options").num_columns(3).spacing([14.0, 5.0]).show(ui, |ui| {
            // A format that takes every label as it is has no options.
            if !known.is_empty() {
                ui.label("Labels");
                let shown = draft.labels.as_ref().map_or("default".to_owned(), ToString::to_string);
                let combo = ComboBox::from_id_salt("labels").width(190.0).selected_text(shown).show_ui(ui, |ui| {
                    ui.selectable_value(&mut draft.labels, None, "default");
                    for source in sources {
                        ui.selectable_value(&mut draft.labels, Some(source.clone()), source.to_string());
                    }
                });
                combo.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Labels"));
                ui.label(RichText::new("Your labels; those in the data if nobody has labelled anything").weak());
                ui.end_row();
            }
            let options = Policy::OPTIONS.iter().chain(Policy::PAIR_OPTIONS);
            for option in options.filter(|option| known.contains(&option.name)) {
                option_ui(ui, &mut draft.policy, option, lacks);
            }
        });
    });
}

fn option_ui(ui: &mut Ui, policy: &mut Policy, option: &PolicyOption, lacks: &[(&str, &str)]) {
    let title = title_of(option.name);
    let mut value = policy.get(option.name).unwrap_or_default();
    let before = value.clone();
    ui.label(&title);
    if option.values.is_empty() {
        // Line breaks are typed and shown as \n. What is being typed stays, also where it is no value yet, as "1.".
        let id = Id::unique(("export option", option.name));
        let typed = ui.memory(|memory| memory.has_focus(id)).then(|| ui.data(|data| data.get_temp::<String>(id)));
        let mut text = typed.flatten().unwrap_or_else(|| value.replace('\n', "\\n"));
        let edit = ui.add(TextEdit::singleline(&mut text).id(id).desired_width(190.0));
        ui.data_mut(|data| data.insert_temp(id, text.clone()));
        edit.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, &title));
        value = text.replace("\\n", "\n");
    } else {
        let combo = ComboBox::from_id_salt(option.name).width(190.0).selected_text(&value).show_ui(ui, |ui| {
            for (name, does) in option.values.iter().filter(|(name, _)| !lacks.contains(&(option.name, *name))) {
                ui.selectable_value(&mut value, (*name).to_owned(), *name).on_hover_text(*does);
            }
        });
        combo.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, &title));
    }
    let does = option.values.iter().find(|(name, _)| *name == value).map_or(option.reason, |(_, does)| does);
    ui.add(Label::new(RichText::new(does).weak()).wrap()).on_hover_text(option.reason);
    ui.end_row();
    if value != before {
        // The value comes from the option's own list, or is being typed: until it is one, the last one holds.
        policy.set(option.name, &value).ok();
    }
}

fn title_of(name: &str) -> String {
    let mut title = name.replace('_', " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    title
}

fn preview_ui(ui: &mut Ui, preview: Option<&Result<Preview, String>>) {
    let tokens = Tokens::of(ui);
    let preview = match preview {
        None => {
            ui.spinner();
            return;
        }
        Some(Err(error)) => {
            ui.label(RichText::new(error).color(tokens.bad));
            return;
        }
        Some(Ok(preview)) => preview,
    };
    let counts: Vec<String> = preview.counts.0.iter().map(|(name, count)| format!("{count} {name}")).collect();
    let labels = preview.labels.as_ref().map(|labels| format!(" · labels: {labels}")).unwrap_or_default();
    let rows = if preview.rows == 1 { "1 row".to_owned() } else { format!("{} rows", preview.rows) };
    ui.label(RichText::new(format!("{rows} · {}{labels}", counts.join(", "))).strong());
    if preview.left_out_total > 0 {
        ui.label(RichText::new(format!("{} left out", preview.left_out_total)).color(tokens.unsure));
        for (rule, count) in &preview.left_out_by_rule {
            ui.label(RichText::new(format!("    {count} {}", rule.caption())).small().color(tokens.muted));
        }
    }
    let height = (ui.ctx().content_rect().height() - 400.0).clamp(60.0, 190.0);
    ScrollArea::vertical().id_salt("rows").max_height(height).auto_shrink([false, true]).show(ui, |ui| {
        for line in &preview.sample {
            ui.add(Label::new(RichText::new(one_line(line, 400)).small().monospace()).truncate());
        }
        for left in &preview.left_out {
            let text = one_line(
                &format!("left out {}: {}", left.source_id.as_deref().unwrap_or(left.trace.as_str()), left.reason),
                300,
            );
            ui.add(Label::new(RichText::new(text).small().color(tokens.unsure)).truncate());
        }
    });
}
