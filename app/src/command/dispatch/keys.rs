//! Keys of the user's own.

use std::sync::Arc;

use eframe::egui::Context;

use crate::app::App;
use crate::command::keymap::{chord_from_text, chord_to_text};
use crate::command::{Command, KeyMap, KeysRequest};

/// Changes keys, and remembers them.
pub(super) fn run(app: &mut App, request: KeysRequest, ctx: &Context) {
    match request {
        KeysRequest::Change(command, chord) => give(app, command, vec![chord]),
        KeysRequest::Add(command, chord) => {
            let mut chords = texts(&app.keys, command);
            if !chords.contains(&chord) {
                chords.push(chord);
            }
            give(app, command, chords);
        }
        KeysRequest::Clear(command) => give(app, command, Vec::new()),
        KeysRequest::Reset(command) => reset(app, command),
        KeysRequest::ResetAll => app.settings.keys.retain(|id, _| Command::ALL.iter().all(|c| c.spec().id != id)),
    }
    let (keys, _) = KeyMap::new(&app.settings.keys);
    app.keys = Arc::new(keys);
    app.keys.install(ctx);
    app.save_settings();
}

/// Gives a command these chords and no others; whoever had one of them loses it.
fn give(app: &mut App, command: Command, chords: Vec<String>) {
    for other in Command::ALL.iter().copied().filter(|other| *other != command) {
        let has = texts(&app.keys, other);
        let left: Vec<String> = has.iter().filter(|chord| !chords.contains(chord)).cloned().collect();
        // Declared keys give way by themselves; what the settings say must not contradict.
        if left.len() != has.len() && app.settings.keys.contains_key(other.spec().id) {
            app.settings.keys.insert(other.spec().id.to_owned(), left);
        }
    }
    set(app, command, chords);
}

/// Gives a command the keys it came with. Where the user gave one of them to another command, that one keeps it.
fn reset(app: &mut App, command: Command) {
    app.settings.keys.remove(command.spec().id);
}

fn set(app: &mut App, command: Command, chords: Vec<String>) {
    let spec = command.spec();
    if chords == spec.key_texts() {
        app.settings.keys.remove(spec.id);
    } else {
        app.settings.keys.insert(spec.id.to_owned(), chords);
    }
}

fn texts(keys: &KeyMap, command: Command) -> Vec<String> {
    keys.keys(command).iter().map(|key| chord_to_text(*key)).filter(|text| chord_from_text(text).is_some()).collect()
}
