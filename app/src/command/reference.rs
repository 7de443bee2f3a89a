//! The key table of the README and the help dialog, made from the registry.

use std::fmt::Write as _;

use eframe::egui::{Key, KeyboardShortcut};

use super::{Command, Group};

/// The keys of a command as text, such as `J or ↓`, with the modifier of this system.
pub fn keys_text(keys: &[KeyboardShortcut]) -> String {
    let texts: Vec<String> = keys.iter().map(|key| key_text(*key, system_command())).collect();
    texts.join(" or ")
}

/// What this system prints on the key that makes commands.
pub(super) const fn system_command() -> &'static str {
    if cfg!(target_os = "macos") { "Cmd" } else { "Ctrl" }
}

fn key_text(shortcut: KeyboardShortcut, command: &str) -> String {
    let modifiers = shortcut.modifiers;
    let held = [(modifiers.command, command), (modifiers.alt, "Alt"), (modifiers.shift, "Shift")];
    let mut parts: Vec<&str> = held.into_iter().filter(|(held, _)| *held).map(|(_, name)| name).collect();
    parts.push(match shortcut.logical_key {
        Key::ArrowUp => "↑",
        Key::ArrowDown => "↓",
        Key::ArrowLeft => "←",
        Key::ArrowRight => "→",
        Key::Slash => "/",
        Key::Questionmark => "?",
        Key::Period => ".",
        Key::Comma => ",",
        Key::Backslash => "\\",
        other => other.name(),
    });
    parts.join("+")
}

/// The README's key table as Markdown.
pub fn markdown() -> String {
    let mut text = String::from("| | Command | Keys | Does |\n|---|---|---|---|\n");
    for group in Group::ALL {
        for command in Command::ALL.iter().filter(|c| c.spec().group == group) {
            let spec = command.spec();
            let keys = spec.keys.iter().map(|k| format!("`{}`", key_text(*k, "Ctrl"))).collect::<Vec<_>>().join(" ");
            let keys = if keys.is_empty() { "palette".into() } else { keys };
            writeln!(text, "| {} | {} | {keys} | {} |", group.title(), spec.title, spec.hint).ok();
        }
    }
    text
}
