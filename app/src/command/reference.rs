//! The key table of the README and the help dialog, made from the registry.

use std::fmt::Write as _;

use eframe::egui::{KeyboardShortcut, ModifierNames};

use super::{Command, Group};

/// The keys of a command as text, such as `J or ↓`.
pub fn keys_text(keys: &[KeyboardShortcut]) -> String {
    // `Ctrl/Cmd` on paper; the window shows the names of its own system.
    let names = ModifierNames { mac_cmd: "Cmd", ctrl: "Ctrl", shift: "Shift", ..ModifierNames::NAMES };
    let texts: Vec<String> = keys.iter().map(|key| key.format(&names, false)).collect();
    texts.join(" or ")
}

/// The README's key table as Markdown.
pub fn markdown() -> String {
    let mut text = String::from("| | Command | Keys | Does |\n|---|---|---|---|\n");
    for group in Group::ALL {
        for command in Command::ALL.iter().filter(|c| c.spec().group == group) {
            let spec = command.spec();
            let keys = spec.keys.iter().map(|k| format!("`{}`", keys_text(&[*k]))).collect::<Vec<_>>().join(" ");
            let keys = if keys.is_empty() { "palette".into() } else { keys };
            writeln!(text, "| {} | {} | {keys} | {} |", group.title(), spec.title, spec.hint).ok();
        }
    }
    text
}
