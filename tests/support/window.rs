//! The real window without a screen: a place of its own for each test, keys as a keyboard sends them, and waiting.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use eframe::egui::{DroppedFile, Event, Key, Modifiers, ViewportCommand, ViewportEvent, ViewportId};
use egui_kittest::Harness;
use stepscope::app::App;
use stepscope::command::Action;
use stepscope::state::Project;
use stepscope::{Folders, HubAccess, Startup};
use stepscope_core::model::{AnnotatorId, FixedClock, Timestamp};
use stepscope_core::scoring::Launch;
use tempfile::TempDir;

use super::fixture::{copy_folder, sample_data};
use super::raster::Raster;
use super::wait::wait_until;

/// The whole window, run frame by frame.
pub(crate) type Window = Harness<'static, App>;

/// Long enough for the slowest computer that anybody tests on.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A user's computer: traces, settings and data, all in one temporary folder.
pub(crate) struct Home {
    folder: TempDir,
}

impl Home {
    /// One that holds a copy of the sample data as `traces/`.
    pub(crate) fn new() -> Self {
        let folder = TempDir::with_prefix("stepscope-home-").expect("a temporary folder");
        copy_folder(&sample_data(), &folder.path().join("traces"));
        Self { folder }
    }

    /// A path in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the program is started with when that file or folder is opened.
    pub(crate) fn startup(&self, opened: &str) -> Startup {
        let user = self.path("user");
        Startup {
            paths: vec![self.path(opened)],
            project: None,
            annotator: AnnotatorId::new("ada"),
            clock: Arc::new(FixedClock(Timestamp(1_790_000_000_000))),
            offset: |_| 0,
            // Most journeys score nothing; those that do put in a worker.
            worker: Launch { program: "no-such-worker".into(), args: Vec::new() },
            server_key: None,
            folders: Folders { config: user.join("config"), data: user.join("data"), cache: user.join("cache") },
            hub: HubAccess {
                cache: self.path("hf/hub"),
                // Nobody listens there.
                endpoint: "http://127.0.0.1:9".into(),
                token: None,
                token_file: self.path("hf/token"),
                offline: false,
                system_proxy: false,
            },
        }
    }

    /// The window with the sample data open.
    pub(crate) fn open_sample(&self) -> Window {
        open(self.startup("traces"))
    }
}

/// Opens the window and waits until it shows what `startup` names.
pub(crate) fn open(startup: Startup) -> Window {
    let mut window = start(startup);
    settle(&mut window);
    window
}

/// Opens the window and waits for nothing.
pub(crate) fn start(startup: Startup) -> Window {
    Harness::builder().with_size([1280.0, 800.0]).renderer(Raster::default()).build_eframe(|cc| App::new(cc, startup))
}

/// Runs frames until nothing happens in the background any more.
pub(crate) fn settle(window: &mut Window) {
    // What a panel asks for is done in the next frame, and its result is painted in the one after.
    frames(window, 3);
    wait_until(window, "nothing runs", PATIENCE, |window| window.state().is_idle());
    frames(window, 2);
}

/// Runs that many frames.
pub(crate) fn frames(window: &mut Window, count: usize) {
    for _ in 0..count {
        window.step();
    }
}

/// Presses keys one after another, such as `j e Space Ctrl+Z Shift+M`, and lets the window do what they ask for.
pub(crate) fn press(window: &mut Window, keys: &str) {
    for key in keys.split_whitespace() {
        press_one(window, key);
        settle(window);
    }
}

/// Presses one key as a keyboard does: the key and its character arrive in the same frame.
pub(crate) fn press_one(window: &mut Window, name: &str) {
    let (modifiers, key) = chord(name);
    if modifiers.command {
        window.key_press_modifiers(modifiers, key);
        return window.step();
    }
    let event = |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
    let character = if name.chars().count() == 1 { Some(name) } else { (name == "Space").then_some(" ") };
    let events = &mut window.input_mut().events;
    if modifiers.shift {
        events.push(Event::ModifiersChanged(modifiers));
    }
    events.push(event(true));
    events.extend(character.map(|text| Event::Text(text.to_owned())));
    window.step();
    window.input_mut().events.push(event(false));
    if modifiers.shift {
        window.input_mut().events.push(Event::ModifiersChanged(Modifiers::NONE));
    }
    window.step();
}

/// Types a text into whatever has the keyboard, letter by letter.
pub(crate) fn type_text(window: &mut Window, text: &str) {
    for letter in text.chars() {
        let name = letter.to_string();
        match (letter, Key::from_name(&name.to_uppercase())) {
            (' ', _) => press_one(window, "Space"),
            (_, Some(_)) => press_one(window, &name),
            (_, None) => {
                window.event(Event::Text(name));
                // Queued events come after those that a key press puts in.
                settle(window);
            }
        }
    }
    settle(window);
}

fn chord(name: &str) -> (Modifiers, Key) {
    let (mut modifiers, mut rest) = (Modifiers::NONE, name);
    while let Some((modifier, key)) = rest.split_once('+').filter(|(modifier, _)| !modifier.is_empty()) {
        modifiers |= match modifier {
            "Ctrl" => Modifiers::COMMAND,
            "Shift" => Modifiers::SHIFT,
            "Alt" => Modifiers::ALT,
            other => panic!("no modifier `{other}` in `{name}`"),
        };
        rest = key;
    }
    let key = match rest {
        "?" => Key::Questionmark,
        other => {
            Key::from_name(&other.to_uppercase()).or(Key::from_name(other)).unwrap_or_else(|| panic!("no key `{name}`"))
        }
    };
    (modifiers, key)
}

/// Asks the window for something and lets it be done.
pub(crate) fn ask(window: &mut Window, action: Action) {
    window.state_mut().request(action);
    settle(window);
}

/// Drops a file on the window.
pub(crate) fn drop_file(window: &mut Window, path: &Path) {
    #[derive(Debug)]
    struct Dropped(PathBuf);
    impl DroppedFile for Dropped {
        fn path(&self) -> &Path {
            &self.0
        }

        fn bytes(&self) -> Result<Vec<u8>, String> {
            std::fs::read(&self.0).map_err(|error| error.to_string())
        }
    }
    window.input_mut().dropped_files.push(Arc::new(Dropped(path.to_owned())));
    window.step();
    settle(window);
}

/// The open project.
#[track_caller]
pub(crate) fn project(window: &Window) -> &Project {
    let notices = notices(window);
    window.state().project().unwrap_or_else(|| panic!("no project is open; notices: {notices}"))
}

/// The messages on screen, one line each.
pub(crate) fn notices(window: &Window) -> String {
    let lines = window.state().notices().shown().iter().map(|notice| format!("{}: {}", notice.title, notice.detail));
    lines.collect::<Vec<_>>().join("\n")
}

/// The name of the open trace: that of its source, else its identity.
#[track_caller]
pub(crate) fn shown(window: &Window) -> String {
    let open = window.state().view().open.as_ref().expect("a trace is shown");
    open.trace.source_id.clone().unwrap_or_else(|| open.trace.id.to_string())
}

/// What the annotator has said, trace by trace in the order of the store, in words.
pub(crate) fn said(window: &Window) -> String {
    use stepscope_core::model::FirstError;

    let project = project(window);
    let mut lines = Vec::new();
    for row in 0..u32::try_from(project.store().len()).unwrap() {
        let trace = project.store().trace(row).unwrap();
        let Some(said) = project.said(&trace.id) else { continue };
        let mut parts = Vec::new();
        match &said.first_error {
            Some(FirstError::At(hash)) => parts.push(format!("first error {}", trace.find_step(hash).unwrap() + 1)),
            Some(FirstError::NoneUpTo(hash)) => parts.push(match trace.find_step(hash) {
                Some(step) if trace.tree().children(step).is_empty() => "all correct".to_owned(),
                Some(step) => format!("correct up to step {}", step + 1),
                None => "correct, of another text".to_owned(),
            }),
            Some(FirstError::Unsure) => parts.push("unsure".to_owned()),
            None => {}
        }
        for (number, step) in (1..).zip(&trace.steps) {
            let Some(of_step) = said.steps.get(&step.hash) else { continue };
            parts.extend(of_step.rating.map(|rating| format!("step {number} {}", rating.name())));
            parts.extend((!of_step.note.is_empty()).then(|| format!("step {number} “{}”", of_step.note)));
        }
        if !said.note.is_empty() {
            parts.push(format!("“{}”", said.note));
        }
        parts.push(said.status.name().to_owned());
        lines.push(format!("row {row}: {}", parts.join(", ")));
    }
    lines.join("\n")
}

/// Asks the window to close; true where it stays.
pub(crate) fn close(window: &mut Window) -> bool {
    let viewport = window.input_mut().viewports.entry(ViewportId::ROOT).or_default();
    viewport.events.push(ViewportEvent::Close);
    window.step();
    let output = &window.output().viewport_output[&ViewportId::ROOT];
    let stays = output.commands.contains(&ViewportCommand::CancelClose);
    let viewport = window.input_mut().viewports.entry(ViewportId::ROOT).or_default();
    viewport.events.clear();
    stays
}
