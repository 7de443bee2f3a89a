//! The menu bar, made from the command registry.

use eframe::egui::{self, Button, Color32, MenuBar, RichText, Role, Ui, WidgetInfo};

use crate::command::{Availability, Command, CommandEnv, CommandSink, Group, KeyMap};
use crate::ui_kit::Tokens;

/// Paints the menu bar.
///
/// `is_on` says of commands that show and hide, or choose a way of working, whether it is so now.
pub fn menu_ui(
    ui: &mut Ui,
    env: CommandEnv,
    is_on: impl Fn(Command) -> Option<bool>,
    title: &str,
    sink: &mut CommandSink,
) {
    MenuBar::new().ui(ui, |ui| {
        for group in Group::ALL {
            ui.menu_button(group.title(), |ui| {
                for &command in Command::ALL.iter().filter(|c| c.spec().group == group) {
                    entry_ui(ui, command, env, is_on(command), sink);
                }
            });
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.add(egui::Label::new(egui::RichText::new(title).weak()).truncate().selectable(false));
        });
    });
}

fn entry_ui(ui: &mut Ui, command: Command, env: CommandEnv, is_on: Option<bool>, sink: &mut CommandSink) {
    let spec = command.spec();
    let keys = KeyMap::of(ui);
    let mark = match is_on {
        Some(true) => RichText::new("✔").color(Tokens::of(ui).accent),
        // As wide, so that titles stand below one another.
        Some(false) | None => RichText::new("✔").color(Color32::TRANSPARENT),
    };
    let button = Button::new((mark, spec.title)).shortcut_text(keys.first(command));
    let response = match command.availability(env) {
        Availability::Ready => ui.add(button).on_hover_text(spec.hint),
        Availability::Blocked(reason) => ui.add_enabled(false, button).on_disabled_hover_text(keys.fill(reason)),
    };
    let is_enabled = response.enabled();
    response.widget_info(|| match is_on {
        Some(on) => WidgetInfo::selected(Role::CheckBox, is_enabled, on, spec.title),
        None => WidgetInfo::labeled(Role::Button, is_enabled, spec.title),
    });
    if response.clicked() {
        sink.run(command);
        ui.close();
    }
}
