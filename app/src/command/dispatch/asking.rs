//! Asking: the question as it is typed, its conditions, facets, columns, saved views, SQL.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use stepscope_core::job::{Job, JobContext, JobError, Outcome};
use stepscope_core::query::{self, Facet, Fields, Queue, QueueOrder, Table, Views};
use stepscope_core::store::Store;

use super::{navigate, queue, score};
use crate::app::App;
use crate::asking_jobs::Stamp;
use crate::command::Command;
use crate::dialog::files::Ask;
use crate::state::asking::{AskRequest, Cells, FieldSort, hidden_text, may_show, read_question};
use crate::state::saved_views::{self, SavedView, views_file};
use crate::state::scores::QueryAids;
use crate::state::work::Visible;
use crate::state::{ColumnsDraft, DialogState, Project, aside, table_file};
use crate::view_model::columns;
use crate::view_model::sql::SqlModel;

/// Values that a facet lists at most.
const VALUES: usize = 500;
/// Rows of an answer in SQL.
const ANSWER_ROWS: usize = 100_000;
/// Positions before and behind those shown of which values are fetched.
const AROUND: usize = 200;
/// So long a word waits that may be the beginning of a condition.
const PAUSE: Duration = Duration::from_millis(700);

pub(super) fn run(app: &mut App, command: Command) {
    app.view.dialog = match command {
        Command::SaveView => {
            refresh_views(app, String::new(), |_| {});
            Some(DialogState::SaveView(String::new()))
        }
        Command::Views => {
            refresh_views(app, String::new(), |_| {});
            Some(DialogState::Views(0))
        }
        Command::Columns => {
            learn(app);
            Some(DialogState::Columns(ColumnsDraft::default()))
        }
        Command::QueryHelp => Some(DialogState::QueryHelp),
        Command::Sql => {
            if !permitted(app).imported {
                let detail = "An answer could tell what you are not to see yet";
                return app.notices.info("No questions in SQL while something is hidden", detail);
            }
            // With the answer that may still be there stands the question that it answers.
            let first = || "SELECT generator, count(*) AS traces FROM traces GROUP BY generator".to_owned();
            Some(DialogState::Sql(app.view.asking.sql.clone().unwrap_or_else(first)))
        }
        _ => return,
    };
}

/// Does what was asked for.
pub(super) fn answer(app: &mut App, request: AskRequest) {
    match request {
        AskRequest::Type(text, cursor) => type_text(app, text, cursor),
        AskRequest::Move(cursor) => {
            learn(app);
            app.view.asking.cursor = cursor;
        }
        AskRequest::Pick(by) => {
            let asking = &mut app.view.asking;
            let last = asking.offers.len().saturating_sub(1);
            asking.picked = match (asking.picked, by) {
                (None, 0..) => Some(0),
                (None | Some(0), _) if by < 0 => None,
                (picked, by) => picked.map(|at| at.saturating_add_signed(by).min(last)),
            };
        }
        AskRequest::Take(at) => take_offer(app, at),
        AskRequest::CloseOffers => app.view.asking.close_offers(),
        AskRequest::TakeRemedy => take_remedy(app),
        AskRequest::Recall(by) => recall(app, by),
        AskRequest::Left => {
            let deferred = app.view.asking.deferred.take().map(|(text, _)| text);
            put_in_force(app, deferred);
            let text = app.view.query.text.clone();
            app.view.asking.remember(&text);
            app.view.asking.close_offers();
        }
        AskRequest::Toggle(clause) => toggle(app, &clause),
        AskRequest::Drop(places) => {
            let text = app.view.asking.without(&places);
            put_text(app, text);
        }
        AskRequest::DropAmong => {
            app.view.asking.among = None;
            app.start_query();
        }
        AskRequest::Showing(range) => app.view.asking.cells.shown = range,
        AskRequest::SortBy(field) => sort_by(app, field),
        AskRequest::Columns(columns) => app.view.asking.columns = columns,
        AskRequest::MoreValues(field) => {
            let open = &mut app.view.asking.facets.open;
            if !open.remove(&field) {
                open.insert(field);
            }
        }
        AskRequest::FindValue(field, text) => {
            app.view.asking.facets.search.insert(field, text);
        }
        AskRequest::SaveView(name) => save_view(app, &name),
        AskRequest::UseView(name) => use_view(app, &name),
        AskRequest::DeleteView(name) => {
            refresh_views(app, format!("View “{name}” deleted"), move |views| {
                views.retain(|view| view.name != name);
            });
        }
        AskRequest::AskShare(view) => {
            app.ask(Ask::ViewsFile, if view.is_some() { "view.toml" } else { "views.toml" });
            app.view.asking.shared = view;
        }
        AskRequest::AskRead => app.ask(Ask::ReadViews, ""),
        AskRequest::Share(path, view) => share(app, path, view.as_deref()),
        AskRequest::Read(path) => read_views(app, &path),
        AskRequest::RunSql => run_sql(app),
        AskRequest::PickAnswer(at) => app.view.asking.answer_at = at,
        AskRequest::OpenAnswer(at) => open_answer(app, at),
        AskRequest::ListAnswer => list_answer(app),
        AskRequest::AskSave => app.ask(Ask::AnswerFile, "answer.csv"),
        AskRequest::SaveAnswer(path) => save_answer(app, path),
    }
}

/// What may be asked about all traces.
pub(crate) fn permitted(app: &App) -> Visible {
    app.rules().map_or(Visible::all(true), |rules| rules.of_all())
}

/// The text was typed: it is put in force where it can be read, and what could follow is offered.
fn type_text(app: &mut App, mut text: String, mut cursor: usize) {
    let colon = app.view.asking.colon.take();
    if let Some(at) = colon.filter(|at| cursor == at + 1 && text.get(at - 1..cursor) == Some("::")) {
        text.remove(at);
        cursor = at;
        app.view.asking.put_cursor = Some(at);
    }
    learn(app);
    let permitted = permitted(app);
    let question = app.view.asking.read(text, cursor, permitted);
    app.view.asking.offer(permitted);
    app.view.asking.deferred = None;
    match question {
        Some(text) if app.view.asking.may_become_field() && text != app.view.query.text => {
            app.view.asking.deferred = Some((text, Instant::now()));
        }
        question => put_in_force(app, question),
    }
}

/// A text is put into the field from elsewhere.
pub(super) fn put_text(app: &mut App, text: String) {
    let (permitted, cursor) = (permitted(app), text.len());
    let question = app.view.asking.read(text, cursor, permitted);
    app.view.asking.close_offers();
    app.view.asking.deferred = None;
    put_in_force(app, question);
}

fn put_in_force(app: &mut App, question: Option<String>) {
    if let Some(text) = question.filter(|text| *text != app.view.query.text) {
        app.view.asking.note_clauses(&text);
        app.view.query.text = text;
        app.start_query();
    }
}

fn take_offer(app: &mut App, at: usize) {
    let asking = &app.view.asking;
    let Some(offer) = asking.offers.get(at) else { return };
    let (Some(before), Some(after)) = (asking.text.get(..offer.span.start), asking.text.get(offer.span.end..)) else {
        return;
    };
    // Names are asked for behind a colon: it comes along, and the names are offered next.
    let then = if after.starts_with([':', '=', '!', '~']) { "" } else { offer.then };
    let cursor = offer.span.start + offer.insert.len() + then.len();
    let text = format!("{before}{}{then}{after}", offer.insert);
    type_text(app, text, cursor);
    if then.is_empty() {
        app.view.asking.close_offers();
    } else {
        app.view.asking.colon = Some(cursor);
    }
    app.view.asking.put_cursor = Some(cursor);
    app.view.focus_filter = true;
}

fn take_remedy(app: &mut App) {
    let remedy = app.view.asking.problem.as_ref().and_then(|problem| problem.remedy.clone());
    let Some((text, _)) = remedy else { return };
    app.view.asking.put_cursor = Some(text.len());
    app.view.focus_filter = true;
    put_text(app, text);
}

/// Puts an earlier question into the field.
fn recall(app: &mut App, by: isize) {
    let asking = &app.view.asking;
    let next = match (asking.recalled, by) {
        (None, 1..) => Some(0),
        (Some(0) | None, _) if by < 0 => None,
        (at, by) => at.map(|at| at.saturating_add_signed(by).min(asking.history.len().saturating_sub(1))),
    };
    let text = next.and_then(|at| asking.history.get(at)).cloned().unwrap_or_default();
    app.view.asking.put_cursor = Some(text.len());
    put_text(app, text);
    app.view.asking.recalled = next.filter(|_| !app.view.asking.history.is_empty());
}

/// Adds a condition, or takes it away; the opposite one goes, and another value of the same facet.
fn toggle(app: &mut App, clause: &str) {
    let asking = &app.view.asking;
    let text = match asking.place_of(clause) {
        Some(at) => asking.without(&(at..at + 1)),
        None => asking.choosing(clause),
    };
    put_text(app, text);
}

/// Adds a condition that was found elsewhere, or takes it away. The question before it can be called back.
pub(super) fn ask_for(app: &mut App, clause: &str) {
    let text = app.view.query.text.clone();
    app.view.asking.remember(&text);
    toggle(app, clause);
    let text = app.view.query.text.clone();
    app.view.asking.remember(&text);
}

fn sort_by(app: &mut App, field: String) {
    if !may_show(permitted(app), &field) {
        let detail = app.keys.fill(&hidden_text(&field, permitted(app)));
        return app.notices.info("The table is not sorted by what is hidden", detail);
    }
    app.view.query.sort = query::Sort::default();
    let by = &mut app.view.asking.by;
    *by = match by.take().filter(|by| by.field == field) {
        None => Some(FieldSort { field, descending: false }),
        Some(by) if !by.descending => Some(FieldSort { descending: true, ..by }),
        Some(_) => None,
    };
    app.start_query();
}

fn save_view(app: &mut App, name: &str) {
    let name = name.trim().to_owned();
    if name.is_empty() {
        return;
    }
    app.view.dialog = None;
    let asking = &app.view.asking;
    let view = SavedView {
        name: name.clone(),
        query: app.view.query.text.clone(),
        by: asking.by.as_ref().map(FieldSort::text).unwrap_or_default(),
        columns: asking.columns.clone(),
        scorer: app.view.scorer.clone(),
        sort: app.view.query.sort,
        queue: Some(app.view.query.queue.clone()),
    };
    refresh_views(app, format!("View “{name}” saved"), move |views| saved_views::put(views, view));
}

fn use_view(app: &mut App, name: &str) {
    let Some(view) = app.view.asking.views.iter().find(|view| view.name == name).cloned() else { return };
    app.view.dialog = None;
    app.view.query.sort = view.sort;
    let permitted = permitted(app);
    let may_order = |queue: &Queue| !queue.order.tells() || queue::permits_telling(permitted);
    if let Some(queue) = view.queue.filter(may_order) {
        app.view.query.queue = queue;
    }
    if let Some(scorer) = view.scorer {
        let has = |project: &Project| project.scores.scorers().iter().any(|known| known.name == scorer);
        if app.project.as_ref().is_some_and(has) {
            score::show_scorer(app, scorer);
        } else {
            let detail = "Where the view names no scorer, it is by the scores that are shown";
            app.notices.info(format!("“{scorer}” has scored nothing in this project"), detail);
        }
    }
    app.view.asking.by = FieldSort::from_text(&view.by).filter(|by| may_show(permitted, &by.field));
    app.view.asking.columns = view.columns;
    app.view.asking.among = None;
    app.view.asking.remember(&view.query);
    put_text(app, view.query);
    // The question may be the same in another order.
    app.start_query();
}

/// Reads the saved views, changes them and writes them again, in the background.
fn refresh_views(app: &mut App, done: String, change: impl FnOnce(&mut Vec<SavedView>) + Send + 'static) {
    let Some(project) = &app.project else { return };
    let file = views_file(project.dir());
    let job = Job::spawn("saved views", Arc::clone(&app.wake), move |_| {
        let before = saved_views::load(&file).map_err(JobError::Failed)?;
        let mut views = before.clone();
        change(&mut views);
        if views != before {
            saved_views::save(&file, &views).map_err(JobError::Failed)?;
        }
        Ok(views)
    });
    app.jobs.asking.views = app.started(job).map(|job| (done, job));
}

fn share(app: &mut App, path: std::path::PathBuf, view: Option<&str>) {
    let views = app.view.asking.views.clone();
    let written: Vec<SavedView> =
        views.iter().filter(|known| view.is_none_or(|name| known.name == name)).cloned().collect();
    let done = format!("{} written to {}", count_text(written.len()), path.display());
    let job = Job::spawn("write views", Arc::clone(&app.wake), move |_| {
        saved_views::save(&path, &written).map_err(JobError::Failed)?;
        Ok(views)
    });
    app.jobs.asking.views = app.started(job).map(|job| (done, job));
}

fn read_views(app: &mut App, path: &std::path::Path) {
    let read = saved_views::load(path);
    match read {
        Ok(read) => {
            let done = format!("{} taken over", count_text(read.len()));
            refresh_views(app, done, move |views| read.into_iter().for_each(|view| saved_views::put(views, view)));
        }
        Err(error) => app.notices.error("Views not read", error),
    }
}

fn count_text(views: usize) -> String {
    format!("{views} {}", if views == 1 { "view" } else { "views" })
}

fn run_sql(app: &mut App) {
    let Some(DialogState::Sql(text)) = &app.view.dialog else { return };
    let text = text.clone();
    app.view.asking.sql = Some(text.clone());
    app.view.asking.answer_at = 0;
    app.jobs.asking.asked_of = app.project.as_ref().map(|project| (project.store.generation(), project.store.len()));
    let job = with_views(app, "question in SQL", move |views, ctx| query::sql(&text, views, ANSWER_ROWS, ctx));
    app.jobs.asking.sql = job;
}

/// The answer in SQL and the project it is of. Files that were read again may have other traces in these rows: then the
/// question is asked again.
fn answered(app: &mut App) -> Option<(Arc<Table>, Store)> {
    let Some(Ok(table)) = &app.jobs.asking.answer else { return None };
    let store = app.project.as_ref()?.store.clone();
    if app.jobs.asking.asked_of != Some((store.generation(), store.len())) {
        run_sql(app);
        return None;
    }
    Some((Arc::clone(table), store))
}

/// Shows the trace that a row of the answer names, at the step that it names.
fn open_answer(app: &mut App, at: usize) {
    let Some((table, store)) = answered(app) else { return };
    let place = SqlModel::place(&table, at, |id| store.find(id)).filter(|(row, _)| (*row as usize) < store.len());
    let Some((row, step)) = place else {
        return app.notices.info("This row names no trace", "It needs a value in `row`, `trace` or `id`");
    };
    app.view.asking.answer_at = at;
    (app.view.dialog, app.view.survey.shown) = (None, false);
    navigate::show_row(app, row);
    let step = step.and_then(|step| store.step_hashes(row).into_iter().nth(step as usize));
    let step = step.and_then(|step| app.view.open.as_ref()?.find_step(&step));
    if let Some(step) = step {
        navigate::show_step(app, step);
    }
}

/// Lists the traces that the answer names.
fn list_answer(app: &mut App) {
    let Some((table, store)) = answered(app) else { return };
    let Some(among) = SqlModel::traces(&table, |id| store.find(id)) else { return };
    app.view.asking.among = Some(among);
    app.view.dialog = None;
    app.start_query();
}

fn save_answer(app: &mut App, path: std::path::PathBuf) {
    let Some(Ok(table)) = &app.jobs.asking.answer else { return };
    let table = Arc::clone(table);
    let job = Job::spawn("save the answer", Arc::clone(&app.wake), move |_| {
        let failed = |error| JobError::Failed(format!("could not write {}: {error}", path.display()));
        aside::write(&path, table_file::csv(&table).as_bytes()).map_err(failed)?;
        Ok(path)
    });
    app.jobs.asking.save = app.started(job);
}

/// Does something with the moment of the project that queries are asked of, on another thread.
fn with_views<T: Send + 'static>(
    app: &mut App,
    name: &str,
    work: impl FnOnce(&Views, &JobContext) -> Result<T, JobError> + Send + 'static,
) -> Option<Job<T>> {
    let project = app.project.as_ref()?;
    let (store, said, aids) = (project.store.clone(), project.log.snapshot(), app.query_aids(project));
    let job = Job::spawn(name, Arc::clone(&app.wake), move |ctx| work(&aids.views(&store, &said), ctx));
    app.started(job)
}

/// A state of what is asked about.
fn stamp(app: &App) -> Option<Stamp> {
    let project = app.project.as_ref()?;
    Some((app.view.listed, project.log.last_seq(), project.scores.revision()))
}

/// Learns what can be asked about, where that has changed.
pub(super) fn learn(app: &mut App) {
    let Some(project) = &app.project else { return };
    let now = (project.store.generation(), project.log.last_seq(), project.scores.revision());
    if app.jobs.asking.fields.is_some() || app.jobs.asking.fields_of == Some(now) {
        return;
    }
    app.jobs.asking.fields = with_views(app, "list fields", Views::fields);
    app.jobs.asking.fields_of = Some(now);
}

/// It is known what can be asked about.
pub(crate) fn known(app: &mut App, fields: Fields) {
    let permitted = permitted(app);
    let asking = &mut app.view.asking;
    asking.fields = Some(Arc::new(fields));
    asking.check(permitted);
    if !asking.offers.is_empty() {
        let picked = asking.picked;
        asking.offer(permitted);
        asking.picked = picked.filter(|at| *at < asking.offers.len());
    }
}

/// The facets were counted.
pub(crate) fn counted(app: &mut App, stamp: Stamp, took: Duration, outcome: Outcome<Vec<Facet>>) {
    let facets = &mut app.view.asking.facets;
    (facets.took, facets.ended) = (took, Some(Instant::now()));
    match outcome {
        Outcome::Done(shown) => {
            (facets.shown, facets.failure, facets.stamp) = (Some(Arc::new(shown)), None, Some(stamp));
        }
        Outcome::Cancelled => {}
        Outcome::Failed(error) => (facets.failure, facets.stamp) = (Some(error.to_string()), Some(stamp)),
    }
}

/// Values of columns are there.
pub(crate) fn filled(app: &mut App, outcome: Outcome<Cells>) {
    let cells = &mut app.view.asking.cells;
    match outcome {
        Outcome::Done(found) => *cells = Cells { shown: cells.shown.clone(), ..found },
        Outcome::Cancelled => {}
        Outcome::Failed(error) => {
            app.view.asking.columns.clear();
            app.notices.error("Columns not shown", error.to_string());
        }
    }
}

/// Called in each frame: what may be asked, facets and values of columns follow what is listed. Gives the time until it
/// should be called again.
pub(crate) fn follow(app: &mut App) -> Option<Duration> {
    let now = app.project.as_ref().map(|_| permitted(app));
    if now != app.view.asking.permitted {
        app.view.asking.permitted = now;
        rules_changed(app, now.unwrap_or(Visible::all(true)));
    }
    app.project.as_ref()?;
    let pause = follow_deferred(app);
    if app.jobs.query.is_some() {
        return pause;
    }
    follow_cells(app);
    let wait = follow_facets(app);
    pause.into_iter().chain(wait).min()
}

/// What was asked and is hidden now is asked no more.
fn rules_changed(app: &mut App, permitted: Visible) {
    let question = app.view.asking.check(permitted);
    let mut again = false;
    // What is being typed may be unfinished; that does not end what is in force.
    let in_force = &app.view.query.text;
    if !in_force.is_empty() && read_question(in_force, &app.view.asking.fields(), permitted).is_err() {
        app.view.query.text.clear();
        app.view.asking.note_clauses("");
        again = true;
    }
    let asking = &mut app.view.asking;
    again |= asking.by.take_if(|by| !may_show(permitted, &by.field)).is_some();
    // What an answer in SQL told cannot be said.
    again |= !permitted.imported && asking.among.take().is_some();
    // Neither can what an order, or a list of mistakes or disputes, tells.
    if !queue::permits_telling(permitted) {
        let order = &mut app.view.query.queue.order;
        again |= order.tells();
        *order = if order.tells() { QueueOrder::File } else { *order };
        again |= app.view.only.take_if(|only| only.ranked || !only.steps.is_empty()).is_some();
    }
    if question.as_ref().is_some_and(|text| *text != app.view.query.text) {
        put_in_force(app, question);
    } else if again {
        app.start_query();
    }
}

/// Puts a question in force that has waited long enough.
fn follow_deferred(app: &mut App) -> Option<Duration> {
    let (_, since) = app.view.asking.deferred.as_ref()?;
    let left = PAUSE.saturating_sub(since.elapsed());
    if !left.is_zero() {
        return Some(left);
    }
    let deferred = app.view.asking.deferred.take().map(|(text, _)| text);
    put_in_force(app, deferred);
    None
}

fn follow_cells(app: &mut App) {
    let Some(stamp) = stamp(app) else { return };
    let asking = &app.view.asking;
    let wanted = columns::fields(&asking.columns, permitted(app));
    let cells = &asking.cells;
    let is_covered = cells.covered.start <= cells.shown.start && cells.shown.end <= cells.covered.end;
    let is_there = cells.columns == wanted && cells.stamp == stamp && is_covered;
    if wanted.is_empty() || cells.shown.is_empty() || is_there || app.jobs.asking.cells.is_some() {
        return;
    }
    let covered: Range<usize> =
        cells.shown.start.saturating_sub(AROUND)..cells.shown.end.saturating_add(AROUND).min(app.view.rows.len());
    let rows: Vec<u32> = app.view.rows.get(covered.clone()).unwrap_or_default().to_vec();
    app.jobs.asking.cells = with_views(app, "fill columns", move |views, ctx| {
        let table = query::select(views, &rows, &wanted, ctx)?;
        let text = |cells: Vec<query::Cell>| cells.iter().map(columns::cell_text).collect::<Vec<_>>();
        let values: HashMap<u32, Vec<String>> = rows.iter().copied().zip(table.rows.into_iter().map(text)).collect();
        Ok(Cells { columns: wanted, stamp, covered, shown: 0..0, values: Arc::new(values) })
    });
}

fn follow_facets(app: &mut App) -> Option<Duration> {
    let now = stamp(app)?;
    let facets = &app.view.asking.facets;
    if !app.settings.show_facets || facets.stamp == Some(now) || app.jobs.asking.facets.is_some() {
        return None;
    }
    // Another list is counted at once; a label more can wait where counting takes long.
    if facets.stamp.is_some_and(|(listing, ..)| listing == now.0)
        && let Some(ended) = facets.ended
    {
        let left = (facets.took * 10).saturating_sub(ended.elapsed());
        if !left.is_zero() {
            return Some(left);
        }
    }
    let rows = app.view.rows.clone();
    let project = app.project.as_ref()?;
    let (store, said, only) = (project.store.clone(), project.log.snapshot(), app.view.only.clone());
    // The order means nothing here.
    let aids = QueryAids { by: None, ..app.query_aids(project) };
    let asked = query::Query { text: app.view.query.text.clone(), state: app.view.query.state, ..Default::default() };
    let job = with_views(app, "count facets", move |views, ctx| {
        let list = |text: &str, ctx: &JobContext| {
            let question = query::Query { text: text.to_owned(), ..asked.clone() };
            let found = aids.run(&question, &store, &said, ctx)?.rows;
            Ok(match &only {
                Some(only) => only.keep(&question, &found),
                None => found,
            })
        };
        query::facets_of(views, &rows, &query::Question { text: &asked.text, list: &list }, VALUES, ctx)
    });
    app.jobs.asking.facets = job.map(|job| (now, job));
    None
}

impl App {
    /// What was asked is listed, and the facets are those of the list, or are not shown.
    pub(crate) fn is_answered(&self) -> bool {
        self.view.asking.deferred.is_none()
            && (!self.settings.show_facets || self.project.is_none() || self.view.asking.facets.stamp == stamp(self))
    }
}
