//! What commands do to the state. One file per group; nothing else but `jobs` changes the project.

pub(crate) mod ahead;
pub(crate) mod annotate;
pub(crate) mod asking;
pub(crate) mod beside;
pub(crate) mod bulk;
pub(crate) mod canvas;
mod compare;
pub(crate) mod export;
pub(crate) mod file;
mod halving;
mod keys;
mod label;
mod look;
pub(crate) mod models;
mod navigate;
pub(crate) mod place;
pub(crate) mod proposals;
mod queue;
pub(crate) mod read;
pub(crate) mod schema;
mod score;
mod shape;
pub(crate) mod similar;
pub(crate) mod sources;
pub(crate) mod survey;
mod take;
mod view;
pub(crate) mod work;
mod write;

pub(crate) use navigate::{keep_open, listed};
pub(crate) use queue::order_stopped;

use eframe::egui::Context;

use super::{Action, Availability, Command, Group};
use crate::app::App;

/// Does what was asked for.
pub(crate) fn dispatch(app: &mut App, action: Action, ctx: &Context) {
    act(app, action, ctx);
    write::follow(app);
}

fn act(app: &mut App, action: Action, ctx: &Context) {
    match action {
        Action::Run(command) => run(app, command, ctx),
        Action::ShowTrace(position) => {
            app.view.survey.shown = false;
            navigate::show_position(app, position);
        }
        Action::ShowStep(step) => navigate::show_step(app, step),
        Action::SortBy(key) => navigate::sort_by(app, key),
        Action::FilterBy(text) => navigate::filter_by(app, text),
        Action::Open(paths) => file::open(app, paths),
        Action::EditNote(target, text) => annotate::edit_note(app, target, text),
        Action::EditText(text) => label::edit_text(app, text),
        Action::CommitNote => annotate::commit_note(app),
        Action::CommitText => annotate::commit_draft(app, true),
        Action::Choose(request) => label::choose(app, request),
        Action::SaveSchema => schema::save(app),
        Action::ShowScorer(name) => score::show_scorer(app, name),
        Action::UseModel(folder) => score::use_model(app, &folder),
        Action::Models(request) => models::run(app, request),
        Action::Write(request) => write::answer(app, request),
        Action::SaveRejects(path) => file::save_rejects(app, path),
        Action::Export(request) => export::answer(app, request),
        Action::WriteExport(path) => export::write(app, path),
        Action::AskExportPath => export::ask_path(app),
        Action::AskRejectsPath => file::ask_rejects_path(app),
        Action::ReadFiles => file::read_files(app),
        Action::SaveMapping => file::save_mapping(app),
        Action::SetQueue(queue) => queue::set(app, queue),
        Action::ProposeFrom(source) => proposals::choose(app, source),
        Action::SetDialog(dialog) => view::set_dialog(app, dialog),
        Action::Keys(request) => keys::run(app, request, ctx),
        Action::Select(request) => bulk::select(app, request),
        Action::LabelMany => bulk::label_many(app),
        Action::StopLabelling => bulk::stop_labelling(app),
        Action::ShowGesture(gesture) => {
            app.view.survey.shown = false;
            bulk::show_gesture(app, gesture);
        }
        Action::GoBackTo(gesture) => bulk::go_back_to(app, gesture),
        Action::DismissNotice(id) => app.notices.dismiss(id),
        Action::Read(request) => read::answer(app, request),
        Action::Canvas(request) => canvas::answer(app, request),
        Action::Beside(request) => beside::answer(app, request),
        Action::Similar(request) => similar::answer(app, request),
        Action::ListOnly(only) => survey::list_only(app, only),
        Action::Survey(request) => survey::answer(app, request),
        Action::Sources(request) => sources::answer(app, request),
        Action::Ask(request) => asking::answer(app, request),
        Action::KeepSize(panel, share) => look::keep_size(app, panel, share),
    }
    label::tidy(app);
}

fn run(app: &mut App, command: Command, ctx: &Context) {
    if let Availability::Blocked(reason) = command.availability(app.env()) {
        app.notices.info(app.keys.fill(reason), command.spec().title);
        return;
    }
    // A note belongs to what was shown while it was written.
    annotate::commit_note(app);
    let only_looks =
        matches!(command.spec().group, Group::View | Group::Read) || matches!(command, Command::Undo | Command::Redo);
    if !only_looks {
        app.view.choose = None;
    }
    if command.spec().group == Group::Navigate && command != Command::Filter {
        // Whoever goes to a trace wants to see it.
        app.view.survey.shown = false;
    }
    match command.spec().group {
        Group::File => file::run(app, command, ctx),
        Group::Navigate => navigate::run(app, command),
        Group::Annotate => annotate::run(app, command),
        Group::Write => write::run(app, command),
        Group::Work => work::run(app, command),
        Group::Score => score::run(app, command),
        Group::Read => read::run(app, command),
        Group::View => view::run(app, command, ctx),
    }
}
