//! A button that stands for a command: title, key, reason when it cannot run.

use eframe::egui::{Button, Event, Modifiers, Response, RichText, Ui};

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

/// True where a click means all others: with Shift or Alt. Whoever lets go of the key together with the button held it
/// when the button went.
pub fn clicked_for_others(ui: &Ui) -> bool {
    let held = |modifiers: &Modifiers| modifiers.shift || modifiers.alt;
    ui.input(|input| {
        let with_button = |event: &Event| matches!(event, Event::PointerButton { modifiers, .. } if held(modifiers));
        held(&input.modifiers) || input.events.iter().any(with_button)
    })
}
