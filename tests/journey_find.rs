//! Finding traces: a question is typed, completed and put right; facets are clicked; views are saved; SQL is asked.

use std::fs;
use std::path::PathBuf;

use egui_kittest::kittest::{NodeT as _, Queryable as _};
use stepscope::command::{Action, Command};
use stepscope::state::DialogState;
use stepscope::state::asking::AskRequest;
use stepscope::view_model::facets::{FacetUse, FacetsModel};
use stepscope_core::model::{ImportedValue, ScoreKind, StepHash, Verdict};
use stepscope_core::query::{COLUMNS, Queue, QueueOrder};
use stepscope_core::scoring::{NumberFormat, ScorerInfo, StepScore};

use crate::journey_work::selected;
use crate::pictures::{dress, picture};
use crate::support::window::{Home, Window, ask, notices, open, press, press_one, project, said, settle, type_text};

const TRACES: usize = 66;

fn listed(window: &Window) -> usize {
    window.state().view().rows.len()
}

fn question(window: &Window) -> String {
    window.state().view().query.text.clone()
}

fn run(window: &mut Window, command: Command) {
    ask(window, Action::Run(command));
}

fn sees(window: &Window, text: &str) -> bool {
    let has = |found: Option<String>| found.is_some_and(|found| found.contains(text));
    window.query_all_by(|node| has(node.value()) || has(node.label())).next().is_some()
}

fn click(window: &mut Window, label: &str) {
    // The pointer comes to a button before it presses it.
    window.get_by_label(label).hover();
    settle(window);
    window.get_by_label(label).click();
    settle(window);
}

/// Clicks what has a name that begins so.
fn click_beginning(window: &mut Window, beginning: &str) {
    let label = names(window).into_iter().find(|name| name.starts_with(beginning));
    let label = label.unwrap_or_else(|| panic!("nothing begins with {beginning:?}: {:?}", names(window)));
    click(window, &label);
}

fn names(window: &Window) -> Vec<String> {
    window.query_all_by(|node| node.label().is_some()).filter_map(|node| node.accesskit_node().label()).collect()
}

/// All listed traces are so.
fn all(window: &Window, is: impl Fn(&stepscope_core::model::Trace) -> bool) -> bool {
    let store = project(window).store();
    window.state().view().rows.iter().all(|&row| is(&store.trace(row).unwrap()))
}

fn state_of(model: &FacetsModel, field: &str, value: &str) -> Option<(u64, FacetUse)> {
    let field = model.fields.iter().find(|facet| facet.field == field)?;
    field.values.iter().find(|line| line.value == value).map(|line| (line.count, line.state))
}

#[test]
fn a_question_with_conditions_is_answered_while_it_is_typed() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "/");
    type_text(&mut window, "outcome:correct steps > 3");
    let found = listed(&window);
    assert!(found > 0 && found < TRACES, "{found}");
    assert!(all(&window, |trace| trace.outcome.verdict == Verdict::Correct && trace.steps.len() > 3));
    // What cannot be read leaves the list as it is.
    type_text(&mut window, " (");
    assert_eq!((listed(&window), question(&window).trim()), (found, "outcome:correct steps > 3"));
    assert!(window.state().query_bar_model().message.is_some());
    press(&mut window, "Backspace Enter");
    assert_eq!(window.state().query_bar_model().message, None);
    assert_eq!(said(&window), "", "Enter says nothing of a trace");
    press(&mut window, "l a");
    assert_eq!(said(&window).lines().count(), 1, "keys are commands again");
    // Its conditions stand over the table, each to be taken away.
    click(&mut window, "Without steps > 3");
    assert_eq!(question(&window), "outcome:correct");
    click(&mut window, "Without outcome:correct");
    assert_eq!((listed(&window), question(&window).as_str()), (TRACES, ""));
}

#[test]
fn a_trace_opens_at_the_step_that_answers_the_question() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "/");
    type_text(&mut window, "any(number = 3)");
    press(&mut window, "Enter l");
    assert_eq!(selected(&window), 3);
    // Of first errors it is the step where they are.
    press(&mut window, "/ Ctrl+A");
    type_text(&mut window, "first_error(imported) >= 2");
    press(&mut window, "Enter l");
    let open = window.state().view().open.as_ref().unwrap();
    let error = open.trace.labels.iter().find(|label| label.value == ImportedValue::FirstError);
    assert_eq!(open.selected(), error.unwrap().step);
    // Where nothing is asked about steps, a trace opens at its first one.
    press(&mut window, "/ Ctrl+A");
    type_text(&mut window, "steps > 3");
    press(&mut window, "Enter l");
    assert_eq!(selected(&window), 1);
}

#[test]
fn no_other_key_quits() {
    let home = Home::new();
    let window = home.open_sample();
    assert!(window.ctx.options(|options| options.quit_shortcuts.is_empty()), "theirs takes Ctrl+Shift+Q for Ctrl+Q");
}

#[test]
fn what_could_be_written_is_offered() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "/");
    type_text(&mut window, "gener");
    assert!(sees(&window, "Write generator, the model that wrote the trace"), "{:?}", names(&window));
    press(&mut window, "Tab");
    assert_eq!(window.state().view().asking.text, "generator:", "its sign comes along");
    type_text(&mut window, ":");
    assert_eq!(window.state().view().asking.text, "generator:", "who types it as well has it once");
    assert!(sees(&window, "Write demo-large, "), "values with counts: {:?}", names(&window));
    press(&mut window, "ArrowDown ArrowDown Enter");
    let text = window.state().view().asking.text.clone();
    assert!(text.starts_with("generator:") && text.len() > "generator:".len(), "{text}");
    assert!(all(&window, |trace| trace.generator.as_deref().is_some_and(|name| text.contains(name))));
    assert!(window.state().query_bar_model().offers.is_empty(), "what was taken is offered no more");
    type_text(&mut window, " stat");
    assert!(!window.state().query_bar_model().offers.is_empty());
    press(&mut window, "Escape");
    assert!(window.state().query_bar_model().offers.is_empty());
    assert_eq!(window.state().view().asking.text, format!("{text} stat"), "the first Escape only closes the offers");
    press(&mut window, "Escape");
    assert_eq!((window.state().view().asking.text.as_str(), listed(&window)), ("", TRACES));
    // A click takes an offer as well, and typing goes on.
    press(&mut window, "/");
    type_text(&mut window, "outc");
    click_beginning(&mut window, "Write outcome");
    type_text(&mut window, "cor");
    click_beginning(&mut window, "Write correct");
    assert_eq!(question(&window), "outcome:correct");
}

#[test]
fn a_slip_is_pointed_out_and_put_right() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "/");
    type_text(&mut window, "outcom:correct");
    let model = window.state().query_bar_model();
    assert_eq!(model.marks.first().map(|(span, _)| span.clone()), Some(0..6));
    assert_eq!(model.remedy.as_deref(), Some("outcome"));
    press(&mut window, "Tab");
    assert_eq!(question(&window), "outcome:correct");
    assert!(listed(&window) < TRACES);
    // A value that no trace has is doubted, and looked for all the same.
    press(&mut window, "Escape /");
    type_text(&mut window, "generator:demo-larg");
    assert_eq!(listed(&window), 0);
    assert!(window.state().query_bar_model().message.unwrap().0.contains("did you mean"));
}

#[test]
fn earlier_questions_come_back() {
    let home = Home::new();
    let mut window = home.open_sample();
    for text in ["steps > 4", "outcome:incorrect"] {
        press(&mut window, "/");
        type_text(&mut window, text);
        press(&mut window, "Enter / Escape");
    }
    press(&mut window, "/ ArrowUp");
    assert_eq!(question(&window), "outcome:incorrect");
    press(&mut window, "ArrowUp");
    assert_eq!(question(&window), "steps > 4");
    press(&mut window, "ArrowDown Enter");
    assert_eq!(question(&window), "outcome:incorrect");
    drop(window);
    let mut window = home.open_sample();
    assert_eq!(question(&window), "outcome:incorrect", "it is there again");
    press(&mut window, "/ Escape / ArrowUp ArrowUp");
    assert_eq!(question(&window), "steps > 4", "and so are those before");
}

#[test]
fn facets_count_and_filter() {
    let home = Home::new();
    let mut window = home.open_sample();
    assert!(!sees(&window, "Facet generator"));
    press(&mut window, "Shift+F9");
    let before = window.state().facets_model();
    let (correct, _) = state_of(&before, "outcome", "correct").unwrap();
    click(&mut window, &format!("outcome: correct, {correct} traces"));
    assert_eq!((question(&window).as_str(), listed(&window) as u64), ("outcome:correct", correct));
    let after = window.state().facets_model();
    assert_eq!(state_of(&after, "outcome", "correct"), Some((correct, FacetUse::Included)));
    let large = |model: &FacetsModel| state_of(model, "generator", "demo-large").map(|(count, _)| count);
    assert!(large(&after) < large(&before), "the counts follow the question");
    click(&mut window, &format!("outcome: correct, {correct} traces, asked for"));
    assert_eq!((question(&window).as_str(), listed(&window)), ("", TRACES), "again takes it back");
    // With Shift, or Alt, all others.
    let line = format!("outcome: correct, {correct} traces");
    for modifier in [eframe::egui::Modifiers::SHIFT, eframe::egui::Modifiers::ALT] {
        window.get_by_label(&line).click_modifiers(modifier);
        settle(&mut window);
        assert_eq!((question(&window).as_str(), listed(&window) as u64), ("-outcome:correct", TRACES as u64 - correct));
        click(&mut window, &format!("outcome: correct, {correct} traces, left out"));
        assert_eq!((question(&window).as_str(), listed(&window)), ("", TRACES));
    }
    // Another value is chosen instead, by one click.
    let (wrong, _) = state_of(&before, "outcome", "incorrect").unwrap();
    click(&mut window, &line);
    click(&mut window, &format!("outcome: incorrect, {wrong} traces"));
    assert_eq!((question(&window).as_str(), listed(&window) as u64), ("outcome:incorrect", wrong));
    click(&mut window, &format!("outcome: incorrect, {wrong} traces, asked for"));
    // They are there in the next run too.
    drop(window);
    let mut window = home.open_sample();
    assert!(sees(&window, "Facet generator"));
    // By keyboard: Tab goes there, Space presses.
    window.get_by_label(&line).focus();
    press(&mut window, "Space");
    assert_eq!(question(&window), "outcome:correct");
    assert_eq!(said(&window), "", "no trace was finished by it");
}

#[test]
fn a_view_is_saved_listed_and_handed_on() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "/");
    type_text(&mut window, "steps > 4");
    press(&mut window, "Enter");
    ask(&mut window, Action::Ask(AskRequest::Columns(["state", "problem", "file"].map(str::to_owned).into())));
    ask(&mut window, Action::Ask(AskRequest::SortBy("file".into())));
    let long = window.state().view().rows.clone();
    assert!(sees(&window, "Sort by file, ascending"));
    press(&mut window, "Ctrl+Shift+S");
    type_text(&mut window, "long");
    press(&mut window, "Enter");
    assert!(notices(&window).contains("View “long” saved"), "{}", notices(&window));
    let file = project(&window).dir().path().join("views.toml");
    assert!(fs::read_to_string(&file).unwrap().contains("query = \"steps > 4\""));
    press(&mut window, "/ Escape");
    ask(&mut window, Action::Ask(AskRequest::Columns(Vec::new())));
    press(&mut window, "Ctrl+Shift+V Enter");
    assert_eq!((question(&window).as_str(), &window.state().view().rows), ("steps > 4", &long));
    assert_eq!(window.state().view().asking.columns, ["state", "problem", "file"]);
    // To a file and into another project.
    let shared = home.path("shared.toml");
    ask(&mut window, Action::Ask(AskRequest::Share(shared.clone(), None)));
    press(&mut window, "Ctrl+Shift+V Delete Escape");
    assert!(window.state().view().asking.views.is_empty());
    assert!(!fs::read_to_string(&file).unwrap().contains("long"));
    ask(&mut window, Action::Ask(AskRequest::Read(shared)));
    assert_eq!(window.state().view().asking.views.len(), 1, "{}", notices(&window));
    ask(&mut window, Action::Ask(AskRequest::Read(home.path("traces/1-word-problems.json"))));
    assert!(notices(&window).contains("Views not read"), "{}", notices(&window));
}

#[test]
fn a_view_keeps_the_order_of_traces_and_the_scorer() {
    let home = Home::new();
    let mut window = home.open_sample();
    let book = project(&window).scores().clone();
    let score = StepScore { value: 0.5, spread: None, note: None };
    for name in ["first", "second"] {
        let info = ScorerInfo {
            name: name.into(),
            fingerprint: name.into(),
            kind: ScoreKind::Correctness,
            recipe: "made".into(),
            model: name.into(),
            format: NumberFormat::default(),
            drift: None,
        };
        let name = book.adopt(&info);
        book.append(&name, &[(StepHash::new("s"), score.clone())]).unwrap();
    }
    let rows = |window: &Window| window.state().view().rows.clone();
    let usual = rows(&window);
    ask(&mut window, Action::SetQueue(Queue { order: QueueOrder::Random, seed: 5, ..Queue::default() }));
    let drawn = rows(&window);
    assert_ne!(drawn, usual);
    for name in ["drawn", "other"] {
        ask(&mut window, Action::Ask(AskRequest::SaveView(name.into())));
    }
    ask(&mut window, Action::SetQueue(Queue::default()));
    assert_eq!(rows(&window), usual);
    ask(&mut window, Action::Ask(AskRequest::UseView("drawn".into())));
    assert_eq!(rows(&window), drawn);
    // One of them is handed on, and comes back by a scorer of this project.
    let shared = home.path("shared.toml");
    ask(&mut window, Action::Ask(AskRequest::Share(shared.clone(), Some("drawn".into()))));
    assert!(notices(&window).contains("1 view written"), "{}", notices(&window));
    assert_eq!(window.state().view().asking.views.len(), 2, "the other one stays");
    let text = fs::read_to_string(&shared).unwrap();
    assert!(text.contains("drawn") && !text.contains("other"), "{text}");
    for (scorer, is_known) in [("second", true), ("nobody", false)] {
        let view = format!("[[view]]\nname = \"by\"\nquery = \"\"\nscorer = \"{scorer}\"\n");
        fs::write(&shared, view).unwrap();
        ask(&mut window, Action::Ask(AskRequest::Read(shared.clone())));
        ask(&mut window, Action::Ask(AskRequest::UseView("by".into())));
        assert_eq!(window.state().view().scorer.as_deref(), Some("second"), "{scorer}: {}", notices(&window));
        assert_eq!(notices(&window).contains("“nobody” has scored nothing"), !is_known, "{}", notices(&window));
        assert_eq!(rows(&window), drawn, "the order stays where the view names none");
    }
}

#[test]
fn columns_are_chosen() {
    let home = Home::new();
    let mut window = home.open_sample();
    run(&mut window, Command::Columns);
    type_text(&mut window, "format it was");
    press(&mut window, "Enter Escape");
    assert_eq!(window.state().view().asking.columns.last().map(String::as_str), Some("format"));
    assert!(sees(&window, "Sort by format") && sees(&window, "Sort by Problem"));
    let cells = &window.state().view().asking.cells;
    let row = window.state().view().rows[0];
    let format = project(&window).store().trace(row).unwrap().source.format;
    assert_eq!(cells.values.get(&row), Some(&vec![format]));
    click(&mut window, "Sort by format");
    assert!(sees(&window, "Sort by format, ascending"));
    let formats: Vec<String> = {
        let store = project(&window).store();
        window.state().view().rows.iter().map(|&row| store.trace(row).unwrap().source.format).collect()
    };
    assert!(formats.is_sorted());
    run(&mut window, Command::Columns);
    click(&mut window, "The usual columns");
    assert!(!sees(&window, "Sort by format"));
}

#[test]
fn a_question_in_sql_is_answered() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "Ctrl+Shift+Q");
    let ask_sql = |window: &mut Window, text: &str| {
        ask(window, Action::SetDialog(Some(DialogState::Sql(text.into()))));
        press(window, "Ctrl+Enter");
    };
    ask_sql(&mut window, "SELECT nothing FROM traces");
    assert!(sees(&window, "here is no column `nothing`"), "{:?}", names(&window));
    ask_sql(&mut window, "SELECT trace, count(*) AS thoughts FROM steps GROUP BY trace HAVING count(*) > 5");
    assert!(!sees(&window, "here is no column"));
    assert!(sees(&window, "thoughts"), "{:?}", names(&window));
    let file = home.path("answer.csv");
    ask(&mut window, Action::Ask(AskRequest::SaveAnswer(file.clone())));
    let lines = fs::read_to_string(&file).unwrap().lines().count();
    click(&mut window, "List these traces");
    assert_eq!(listed(&window), lines - 1);
    assert!(listed(&window) < TRACES && all(&window, |trace| trace.steps.len() > 5));
    click(&mut window, &format!("Without {} traces of the answer in SQL", lines - 1));
    assert_eq!(listed(&window), TRACES);
    // A row of an answer is opened, at the step that it names: by a click, and by keys alone.
    let at = |window: &Window| {
        let open = window.state().view().open.as_ref().unwrap();
        (open.row, open.selected().unwrap())
    };
    press(&mut window, "Ctrl+Shift+Q");
    ask_sql(&mut window, "SELECT trace, \"index\" FROM steps WHERE \"index\" = 3 ORDER BY trace DESC");
    click(&mut window, "Open row 2 of the answer");
    let (second, step) = at(&window);
    assert!(window.state().view().dialog.is_none() && step == 2, "the dialog makes room for the trace");
    press(&mut window, "Ctrl+Shift+Q Tab Tab Tab Tab Down Down Up Up Up Enter");
    let (first, step) = at(&window);
    assert!(window.state().view().dialog.is_none() && first > second && step == 2, "{first} {second} {step}");
}

#[test]
fn what_was_found_is_labelled_and_queued() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "/");
    type_text(&mut window, "outcome:correct generator:demo-large");
    press(&mut window, "Enter");
    let found: std::collections::BTreeSet<u32> = window.state().view().rows.iter().copied().collect();
    assert!(!found.is_empty() && found.len() < TRACES);
    let queue = Queue { order: QueueOrder::Random, seed: 3, ..Default::default() };
    ask(&mut window, Action::SetQueue(queue));
    let queued: std::collections::BTreeSet<u32> = window.state().view().rows.iter().copied().collect();
    assert_eq!(queued, found, "only what is listed comes, in the order of the queue");
    press(&mut window, "Ctrl+B");
    settle(&mut window);
    press(&mut window, "Enter");
    settle(&mut window);
    assert_eq!(said(&window).lines().count(), found.len(), "{}", said(&window));
}

#[test]
fn what_is_judged_blind_cannot_be_found_out() {
    let home = Home::new();
    let mut window = home.open_sample();
    press(&mut window, "Shift+F9 /");
    type_text(&mut window, "outcome:correct");
    press(&mut window, "Enter");
    assert!(listed(&window) < TRACES);
    press(&mut window, "Shift+I");
    assert_eq!((listed(&window), question(&window).as_str()), (TRACES, ""), "its answer is listed no more");
    assert!(window.state().query_bar_model().message.unwrap().0.contains("judge blind"));
    let model = window.state().facets_model();
    let fields: Vec<_> = model.fields.iter().map(|facet| facet.field.as_str()).collect();
    assert!(fields.contains(&"generator"), "{fields:?}");
    for hidden in ["outcome", "first_error", "label", "error_type", "label_source"] {
        assert!(!fields.contains(&hidden), "{hidden}");
    }
    assert!(!fields.iter().any(|field| field.starts_with("meta.") || field.starts_with("score")), "{fields:?}");
    press(&mut window, "/ Escape /");
    type_text(&mut window, "outcome:");
    assert_eq!(window.state().query_bar_model().offers, []);
    press(&mut window, "Escape");
    ask(&mut window, Action::Ask(AskRequest::Columns(["problem", "reward", "file"].map(str::to_owned).into())));
    assert!(sees(&window, "Sort by file") && !sees(&window, "Sort by reward"));
    press(&mut window, "Ctrl+Shift+Q");
    assert!(notices(&window).contains("No questions in SQL"), "{}", notices(&window));
    ask(&mut window, Action::Ask(AskRequest::SortBy("reward".into())));
    assert_eq!(window.state().view().asking.by, None);
}

#[test]
fn the_language_is_explained() {
    let home = Home::new();
    let mut window = home.open_sample();
    click(&mut window, "Language of the filter");
    assert!(sees(&window, "Asking for traces") && sees(&window, "Grammar"));
    // Set as a text is read, and gone through by keys.
    press(&mut window, "PageDown PageDown");
    assert!(!sees(&window, "Asking for traces"));
    let (table, column, _) = COLUMNS.last().unwrap();
    let last = format!("{table}.{column}");
    assert!(!sees(&window, &last));
    press(&mut window, "End End");
    assert!(sees(&window, &last));
    press(&mut window, "Home ArrowDown");
    assert!(sees(&window, "Grammar"));
    press(&mut window, "Escape");
    assert!(!sees(&window, "Grammar"));
}

#[test]
fn finding_in_both_themes() {
    let home = Home::new();
    let mut window = home.open_sample();
    dress(&mut window);
    press(&mut window, "Shift+F9 /");
    type_text(&mut window, "steps > 2 -generator:demo-small");
    let text = "steps > 2 -generator:demo-small outcome:";
    ask(&mut window, Action::Ask(AskRequest::Type(text.into(), text.len())));
    picture(&mut window, "find-dark");
    let text = "steps > 2 -generator:demo-small outcome:corect";
    ask(&mut window, Action::Ask(AskRequest::Type(text.into(), text.len())));
    press(&mut window, "Ctrl+T");
    picture(&mut window, "find-light");
    press(&mut window, "Tab Enter");
    picture(&mut window, "find-chips-light");
    ask(
        &mut window,
        Action::SetDialog(Some(DialogState::Sql(
            "SELECT generator, outcome, count(*) AS traces, avg(steps) AS steps FROM traces GROUP BY generator, outcome ORDER BY generator".into(),
        ))),
    );
    press(&mut window, "Ctrl+Enter");
    picture(&mut window, "find-sql");
    press_one(&mut window, "Escape");
    settle(&mut window);
    run(&mut window, Command::Columns);
    picture(&mut window, "find-columns");
    run(&mut window, Command::QueryHelp);
    press(&mut window, "PageDown");
    picture(&mut window, "find-language");
}

/// Published data: facets and questions where there are many values.
#[test]
fn published_traces_are_found() {
    let Some(folder) = crate::published::data() else { return };
    let file: PathBuf = folder.join("processbench/math.json");
    if !file.exists() {
        return eprintln!("skipped: {} is not there", file.display());
    }
    let home = Home::new();
    fs::copy(file, home.path("math.json")).unwrap();
    let mut window = open(home.startup("math.json"));
    press(&mut window, "Shift+F9 /");
    type_text(&mut window, "first_error >= 3 outcome:correct");
    assert!(listed(&window) > 0 && listed(&window) < project(&window).store().len());
    press(&mut window, "Enter");
    picture(&mut window, "find-published");
}
