//! The menu bar, made from the command registry.

use eframe::egui::{self, Button, MenuBar, Ui};

use crate::command::{Availability, Command, CommandEnv, CommandSink, Group, KeyMap};

/// Paints the menu bar.
pub fn menu_ui(ui: &mut Ui, env: CommandEnv, title: &str, sink: &mut CommandSink) {
    MenuBar::new().ui(ui, |ui| {
        for group in Group::ALL {
            ui.menu_button(group.title(), |ui| {
                for &command in Command::ALL.iter().filter(|c| c.spec().group == group) {
                    entry_ui(ui, command, env, sink);
                }
            });
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.add(egui::Label::new(egui::RichText::new(title).weak()).truncate().selectable(false));
        });
    });
}

fn entry_ui(ui: &mut Ui, command: Command, env: CommandEnv, sink: &mut CommandSink) {
    let spec = command.spec();
    let keys = KeyMap::of(ui);
    let button = Button::new(spec.title).shortcut_text(keys.first(command));
    let response = match command.availability(env) {
        Availability::Ready => ui.add(button).on_hover_text(spec.hint),
        Availability::Blocked(reason) => ui.add_enabled(false, button).on_disabled_hover_text(keys.fill(reason)),
    };
    if response.clicked() {
        sink.run(command);
        ui.close();
    }
}
