//! The page of files: a file or a folder, in what rows stand, under which names, and what must not be missing.

use eframe::egui::{ComboBox, Label, RadioButton, RichText, Role, Ui, WidgetInfo};

use super::{fault_ui, field_ui, section_ui};
use crate::state::ExportDraft;
use crate::state::export_draft::ENDS;
use crate::ui_kit::Tokens;
use crate::view_model::export::FilesModel;

pub(super) fn files_ui(ui: &mut Ui, next: &mut ExportDraft, model: &FilesModel) {
    section_ui(ui, "What is written");
    if ui.add(RadioButton::new(!next.folder, "A file, or one for each part")).clicked() {
        next.folder = false;
    }
    if ui.add(RadioButton::new(next.folder, "A folder with a card, as the Hugging Face hub has them")).clicked() {
        next.folder = true;
    }
    ui.add_space(4.0);
    ui.horizontal(|ui| {
        ui.label("Rows as");
        let combo =
            ComboBox::from_id_salt("end").width(110.0).selected_text(format!(".{}", next.end)).show_ui(ui, |ui| {
                for end in ENDS {
                    if ui.selectable_label(next.end == end, format!(".{end}")).clicked() {
                        end.clone_into(&mut next.end);
                    }
                }
            });
        combo.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Rows as"));
        ui.add_space(12.0);
        ui.label("Cut after");
        field_ui(ui, "Megabytes of a file", &mut next.shard_mb, model.shard_mb.fault.as_ref(), 52.0);
        ui.label("MB");
    });
    fault_ui(ui, model.end_fault.as_ref().or(model.shard_mb.fault.as_ref()));
    ui.label(
        RichText::new("The end of the name decides; with nothing before MB all rows stand in one file").small().weak(),
    );
    section_ui(ui, "People");
    ui.checkbox(&mut next.pseudonyms, "Give annotators other names, always the same ones");
    ui.add_enabled_ui(next.pseudonyms, |ui| {
        ui.horizontal(|ui| {
            ui.label("Key");
            field_ui(ui, "Key of the names", &mut next.key, None, 180.0);
        });
    });
    let text = if model.is_guessable {
        RichText::new("Without a key, who knows the names can work out who is who").small().color(Tokens::of(ui).unsure)
    } else {
        RichText::new("The key is kept nowhere: the same key gives the same names. Notes are not searched for names")
            .small()
            .weak()
    };
    ui.add(Label::new(text).wrap());
    section_ui(ui, "What must not be missing");
    ui.checkbox(&mut next.strict, "Strict: write nothing where any trace is left out");
    section_ui(ui, "What will be there");
    for name in &model.names {
        ui.add(Label::new(RichText::new(name).small().monospace()).truncate());
    }
}
