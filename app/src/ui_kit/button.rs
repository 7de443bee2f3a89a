//! A button that stands for a command: title, key, reason when it cannot run.

use eframe::egui::{Button, Response, RichText, Ui};

use crate::command::{Availability, Command, CommandEnv, CommandSink, KeyMap};

/// Paints a button for a command and sends it when clicked.
pub fn command_button(
    ui: &mut Ui,
    command: Command,
    title: &str,
    selected: bool,
    env: CommandEnv,
    sink: &mut CommandSink,
) -> Response {
    let spec = command.spec();
    let keys = KeyMap::of(ui);
    let button = Button::new(title).selected(selected).right_text(RichText::new(keys.first(command)).small().weak());
    let response = match command.availability(env) {
        Availability::Ready => ui.add(button).on_hover_text(spec.hint),
        Availability::Blocked(reason) => ui.add_enabled(false, button).on_disabled_hover_text(keys.fill(reason)),
    };
    if response.clicked() {
        sink.run(command);
    }
    response
}
