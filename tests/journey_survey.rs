//! The survey: figures of what is listed, and how well a scorer does, in the real window.

use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;

use eframe::egui::{self, Role};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use stepscope::command::Action;
use stepscope::state::asking::AskRequest;
use stepscope::state::corpus::ProjectCorpus;
use stepscope::state::sources::SourcesRequest;
use stepscope::state::survey::{SurveyChoices, SurveyRequest, ToSave};
use stepscope::view_model::survey::{MarkModel, SurveyModel};
use stepscope_core::evaluate::{Rater, Request, Settings, Threshold, collect, report};
use stepscope_core::job::JobContext;
use stepscope_core::model::StepHash;
use stepscope_core::query::{ViewCache, Views};
use stepscope_core::scoring::ScorerInfo;

use crate::pictures::{dress, picture};
use crate::support::window::{Home, Window, ask, notices, open, press, project, settle, type_text};

fn survey(window: &Window) -> &SurveyModel {
    window.state().survey_model().unwrap()
}

fn rows(window: &Window) -> usize {
    window.state().view().rows.len()
}

fn question(window: &Window) -> &str {
    &window.state().view().query.text
}

fn only(window: &Window) -> &str {
    window.state().view().only.as_ref().map_or("", |only| only.name.as_str())
}

/// The sample data with labels and scores, the survey shown.
fn surveyed(home: &Home) -> Window {
    let mut window = home.open_sample();
    dress(&mut window);
    press(&mut window, "F12");
    window
}

/// Each figure in a line: its title, and of each series how many marks it has and what they count.
fn told(model: &SurveyModel) -> String {
    let mut text = format!("{}\n", model.intro);
    for named in &model.figures {
        let figure = &named.figure;
        writeln!(text, "{} [{}] {:?}: {} × {}", figure.title, named.name, figure.shape, figure.x.label, figure.y.label)
            .unwrap();
        for series in figure.series.iter().filter(|series| !series.faint && !series.marks.is_empty()) {
            let first = series.marks.first().map(|mark| mark.text.replace('\n', " | ")).unwrap_or_default();
            writeln!(text, "  {}: {} marks, first: {first}", series.name, series.marks.len()).unwrap();
        }
    }
    text
}

#[test]
fn a_cell_of_a_figure_lists_its_traces() {
    let home = Home::new();
    let mut window = surveyed(&home);
    insta::assert_snapshot!("survey_figures", told(survey(&window)));
    let all = rows(&window);
    let name = "Answer and steps: traces, steps some wrong, answer wrong";
    let text = {
        let node = window.get_by_label_contains(name);
        let text = node.accesskit_node().label().unwrap();
        node.click();
        text
    };
    settle(&mut window);
    let counted: usize = text.rsplit(", ").next().unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(counted > 0 && counted < all, "{text}");
    // It is asked for, so that it can be read, changed and saved.
    let clause = "(outcome:incorrect first_error(imported) >= 1)";
    assert_eq!((rows(&window), question(&window), only(&window)), (counted, clause, ""));
    assert!(window.state().view().survey.shown, "the figures stay");
    assert!(survey(&window).intro.starts_with(&format!("{counted} listed traces")), "{}", survey(&window).intro);
    // A second click takes it away; with Alt all others are asked for.
    window.get_by_label_contains(name).click();
    settle(&mut window);
    assert_eq!((rows(&window), question(&window)), (all, ""));
    let plot = survey(&window).figures.iter().find(|figure| figure.name == "process_outcome").unwrap().plot.unwrap();
    ask(&mut window, Action::Survey(SurveyRequest::ListOthers(plot, 0, 3)));
    assert_eq!((rows(&window), question(&window)), (all - counted, format!("-{clause}").as_str()));
    // Of what is left another cell; and the question before can be called back.
    ask(&mut window, Action::Survey(SurveyRequest::ListOthers(plot, 0, 0)));
    let both = format!("-{clause} -(outcome:correct first_error(imported):none)");
    assert!(rows(&window) < all - counted && question(&window) == both, "{}", question(&window));
    ask(&mut window, Action::Ask(AskRequest::Recall(1)));
    ask(&mut window, Action::Ask(AskRequest::Recall(1)));
    assert_eq!((rows(&window), question(&window)), (all - counted, format!("-{clause}").as_str()));
    press(&mut window, "Escape");
    assert!(!window.state().view().survey.shown && window.query_by_label_contains("Figure ").is_none());
}

#[test]
fn mistakes_are_listed_the_surest_first() {
    let home = Home::new();
    let mut window = home.open_sample();
    dress(&mut window);
    press(&mut window, "Shift+F12");
    let model = survey(&window);
    let scorer = model.scorer.as_ref().unwrap();
    insta::assert_yaml_snapshot!(
        "survey_scorer",
        (&scorer.intro, &scorer.threshold, &scorer.tiles, &scorer.wrong, &scorer.tables)
    );
    let wrong = scorer.wrong.iter().find(|wrong| wrong.traces > 0).unwrap();
    let (count, name) = (wrong.traces, format!("List {} {}", wrong.traces, wrong.title));
    window.get_by_label(&name).click();
    settle(&mut window);
    assert_eq!(rows(&window) as u64, count, "{}", only(&window));
    assert!(only(&window).ends_with("of example scores"), "{}", only(&window));
    // A row of the table shows the trace.
    ask(&mut window, Action::ShowTrace(0));
    assert!(!window.state().view().survey.shown);
    window.get_by_label("List all again").click();
    settle(&mut window);
    assert!(rows(&window) as u64 > count);
}

#[test]
fn another_threshold_gives_other_figures() {
    let home = Home::new();
    let mut window = home.open_sample();
    dress(&mut window);
    press(&mut window, "Shift+F12");
    let before = survey(&window).scorer.clone().unwrap();
    assert_eq!(before.threshold, "flagged below 0.5");
    ask(&mut window, Action::Survey(SurveyRequest::Threshold(Threshold::Given(0.9))));
    let after = survey(&window).scorer.clone().unwrap();
    assert_eq!(after.threshold, "flagged below 0.9");
    assert_ne!(before.wrong, after.wrong);
    ask(&mut window, Action::Survey(SurveyRequest::Threshold(Threshold::Sweep)));
    assert!(survey(&window).scorer.as_ref().unwrap().threshold.contains("chosen on"));
}

#[test]
fn what_a_fitted_threshold_gets_wrong_is_listed_as_it_is_counted() {
    let home = Home::new();
    let mut window = home.open_sample();
    dress(&mut window);
    press(&mut window, "Shift+F12");
    let all = rows(&window);
    ask(&mut window, Action::Survey(SurveyRequest::Threshold(Threshold::Fit)));
    let scorer = survey(&window).scorer.clone().unwrap();
    assert!(scorer.intro.contains("set aside for the threshold"), "{}", scorer.intro);
    let mut listed = 0;
    for wrong in scorer.wrong.iter().filter(|wrong| wrong.traces > 0) {
        ask(&mut window, Action::Survey(SurveyRequest::Wrong(wrong.failure)));
        assert_eq!(rows(&window) as u64, wrong.traces, "{}", wrong.title);
        listed += wrong.traces;
        ask(&mut window, Action::ListOnly(None));
        assert_eq!(rows(&window), all);
    }
    assert!(listed > 0);
}

#[test]
fn a_scorer_that_gave_no_score_closes_nothing() {
    let home = Home::new();
    let mut window = home.open_sample();
    dress(&mut window);
    let scores = project(&window).scores().clone();
    let info =
        |name: &str| ScorerInfo { name: name.into(), fingerprint: format!("of {name}"), ..ScorerInfo::default() };
    // One that has just begun, and one whose steps have gone.
    scores.adopt(&info("begun"));
    let gone = scores.adopt(&info("gone"));
    scores.append(&gone, &[(StepHash::new("no such step"), 0.5_f32.into())]).unwrap();
    press(&mut window, "F12");
    assert!(survey(&window).intro.ends_with("scores of example scores"), "{}", survey(&window).intro);
    window.get_by_role_and_label(Role::ComboBox, "Scores").click();
    settle(&mut window);
    let offered = ["example scores", "begun", "gone"].map(|name| window.query_all_by_label(name).count() > 0);
    assert_eq!(offered, [true, false, false]);
    window.get_by_role_and_label(Role::ComboBox, "Scores").click();
    settle(&mut window);
    press(&mut window, "Shift+F12");
    assert!(survey(&window).scorer.is_some(), "{:?}", survey(&window).problem);
    // Who asks for it by name is told.
    let rater = Some(Rater::Scorer("gone".into()));
    let choices = SurveyChoices { rater, ..window.state().view().survey.choices.clone() };
    ask(&mut window, Action::Survey(SurveyRequest::Choose(choices)));
    let problem = survey(&window).problem.clone().unwrap();
    assert!(problem.contains("no step scores named `gone`; there is example scores"), "{problem}");
    press(&mut window, "F12");
    assert!(survey(&window).figures.iter().any(|figure| figure.name == "process_outcome"));
}

#[test]
fn keys_go_through_figures_and_marks() {
    let home = Home::new();
    let mut window = surveyed(&home);
    let all = rows(&window);
    press(&mut window, "ArrowRight ArrowDown ArrowLeft ArrowUp");
    assert_eq!(window.state().view().survey.at, 0, "round and back");
    // Labels are not given to what is not seen.
    press(&mut window, "e");
    assert!(notices(&window).contains("The survey is shown"), "{}", notices(&window));
    press(&mut window, "Enter");
    assert!(window.state().view().survey.enlarged);
    press(&mut window, "ArrowRight Enter");
    assert!(rows(&window) < all && !question(&window).is_empty(), "{}", question(&window));
    press(&mut window, "Escape");
    assert!(window.state().view().survey.shown && !window.state().view().survey.enlarged);
    ask(&mut window, Action::FilterBy(String::new()));
    press(&mut window, "F12");
    assert!(!window.state().view().survey.shown && rows(&window) == all);
}

#[test]
fn figures_follow_the_query_and_can_be_left_out() {
    let home = Home::new();
    let mut window = surveyed(&home);
    let before = survey(&window).intro.clone();
    ask(&mut window, Action::FilterBy("word".into()));
    assert_ne!(survey(&window).intro, before);
    let shown = |window: &Window| window.query_all_by_label_contains("Figure ").count();
    let count = shown(&window);
    ask(&mut window, Action::Survey(SurveyRequest::ShowFigure("process_outcome".into(), false)));
    assert!(window.query_by_label_contains("Figure Answer and steps").is_none());
    assert!(count > 4 && shown(&window) + 1 == count, "{count}");
    // It stays left out when the program is started again.
    drop(window);
    let mut window = home.open_sample();
    press(&mut window, "F12");
    assert!(window.query_by_label_contains("Figure Answer and steps").is_none());
}

#[test]
fn a_stretch_is_listed_and_two_groups_are_compared() {
    let home = Home::new();
    let mut window = surveyed(&home);
    let all = rows(&window);
    let scores = survey(&window).figures.iter().find(|figure| figure.name == "scores").unwrap().plot.unwrap();
    ask(&mut window, Action::Survey(SurveyRequest::ListSpan(scores, 0..10)));
    assert_eq!(question(&window), "any(on_path score(\"example scores\") < 0.25)");
    assert!(rows(&window) > 0 && rows(&window) < all, "{}", rows(&window));
    // What is listed of a listing is both.
    let name = "Answer and steps: traces, steps some wrong, answer wrong";
    window.get_by_label_contains(name).click();
    settle(&mut window);
    let both = "any(on_path score(\"example scores\") < 0.25) (outcome:incorrect first_error(imported) >= 1)";
    assert_eq!((question(&window), only(&window)), (both, ""));
    // What has no words is listed as it is.
    let relative = survey(&window).figures.iter().find(|figure| figure.name == "first_errors_relative").unwrap();
    let mark = relative.figure.series[0].marks.iter().find(|mark| !mark.text.contains(", 0 traces")).unwrap().number;
    let plot = relative.plot.unwrap();
    ask(&mut window, Action::Survey(SurveyRequest::List(plot, 0, mark)));
    assert!(question(&window) == both && only(&window).starts_with("First errors"), "{}", only(&window));
    let listed = rows(&window);
    ask(&mut window, Action::FilterBy(String::new()));
    press(&mut window, "Backspace");
    assert!(listed > 0 && rows(&window) == all);
    let pair = Some(("demo-small".to_owned(), "demo-large".to_owned()));
    let choices = SurveyChoices { pair, ..window.state().view().survey.choices.clone() };
    ask(&mut window, Action::Survey(SurveyRequest::Choose(choices)));
    let groups = survey(&window).figures.iter().find(|figure| figure.name == "groups").unwrap();
    let names: Vec<&str> = groups.figure.series.iter().map(|series| series.name.as_str()).collect();
    assert_eq!(names, ["demo-small", "demo-large"]);
    let first = &groups.figure.series[0].marks[0];
    assert!(first.interval.is_some() && first.text.contains(" to "), "{}", first.text);
    // The counts stand at the bar, and in a table below with more measures and the differences.
    let counts = first.words.clone();
    assert!(counts.contains(" of ") && first.text.contains(&counts), "{counts}: {}", first.text);
    let [table] = survey(&window).tables.as_slice() else { panic!("one table") };
    assert_eq!(table.heads[1..], ["demo-small", "demo-large", "the first less the second"]);
    let names: Vec<&str> = table.rows.iter().map(|row| row[0].as_str()).collect();
    assert!(names.starts_with(&["answer right"]) && names.ends_with(&["lowest score", "steps", "words"]), "{names:?}");
    assert!(table.rows[0][1].ends_with(&counts) && table.rows[0][3].contains(" to "), "{:?}", table.rows[0]);
    window.get_by_label("demo-small and demo-large, with intervals of 95 %");
}

/// Of the published data it is known how often a right answer has a wrong step.
#[test]
fn published_counts_of_lucky_guesses() {
    let Some(folder) = crate::published::data() else { return };
    for (name, expected) in [("gsm8k", 7), ("math", 94)] {
        let file = folder.join(format!("processbench/{name}.json"));
        if !file.exists() {
            eprintln!("skipped: {} is not there", file.display());
            continue;
        }
        let home = Home::new();
        fs::copy(file, home.path("bench.json")).unwrap();
        let mut window = open(home.startup("bench.json"));
        press(&mut window, "F12");
        let cells = &survey(&window).figures.iter().find(|figure| figure.name == "process_outcome").unwrap().figure;
        let lucky = cells.series[0].marks.iter().find(|mark| mark.text.contains("some wrong, answer right")).unwrap();
        assert!(lucky.text.ends_with(&format!("\n{expected} traces")), "{name}: {}", lucky.text);
        window.get_by_label_contains("steps some wrong, answer right").click();
        settle(&mut window);
        assert_eq!(rows(&window), expected);
    }
}

#[test]
fn figures_tell_nothing_to_the_blind() {
    let home = Home::new();
    let mut window = surveyed(&home);
    press(&mut window, "Shift+I");
    assert!(!window.state().view().survey.shown);
    assert!(notices(&window).contains("The survey is closed"), "{}", notices(&window));
    press(&mut window, "F12");
    assert!(!window.state().view().survey.shown);
    assert!(notices(&window).contains("Figures would tell what is hidden"), "{}", notices(&window));
    press(&mut window, "Shift+I F12");
    assert!(window.state().view().survey.shown);
}

#[test]
fn figures_and_reports_are_saved() {
    let home = Home::new();
    let mut window = surveyed(&home);
    let save = |window: &mut Window, what: ToSave, name: &str| {
        ask(window, Action::Survey(SurveyRequest::Save(what, home.path(name))));
        fs::read_to_string(home.path(name)).unwrap_or_else(|error| panic!("{name}: {error}; {}", notices(window)))
    };
    let csv = save(&mut window, ToSave::Numbers(0), "cells.csv");
    assert!(csv.starts_with("series,x,") && csv.lines().count() == 5, "{csv}");
    assert!(save(&mut window, ToSave::Drawing(0), "cells.svg").starts_with("<svg"));
    press(&mut window, "Shift+F12");
    let page = save(&mut window, ToSave::Report, "report.html");
    // The same as the command line makes of the same choices.
    let (corpus, ctx) = (ProjectCorpus::later(project(&window))().unwrap(), JobContext::foreground(None));
    let request = Request { labels: Some("imported".parse().unwrap()), ..Request::of_scorer("example scores") };
    let settings = Settings { by: Some("generator".into()), ..Settings::default() };
    let mut columns = collect(&corpus, &request, &ctx).unwrap();
    let of = project(&window);
    let own = (of.log().annotator().clone(), of.log().snapshot());
    let views = Views::new(of.store().clone(), own, &[], of.scores().clone(), None, &ViewCache::default());
    columns.group_by("generator", &views, |row| row, &ctx).unwrap();
    let (columns, report) = report(&Arc::new(columns), &settings, &ctx).unwrap();
    let figures = report.figures(&columns, 0, &ctx).unwrap();
    assert!(page == report.to_html(&figures), "{page}");
    let titles: Vec<&str> = figures.iter().map(|figure| figure.title.as_str()).collect();
    let shown = &survey(&window).figures;
    assert!(shown.iter().all(|shown| titles.contains(&shown.figure.title.as_str())), "{titles:?}");
    // Curves are saved as other figures are.
    let roc = shown.iter().find(|figure| figure.name == "roc").unwrap().at;
    assert!(save(&mut window, ToSave::Drawing(roc), "roc.svg").contains("aria-label=\"ROC of steps\""));
    assert!(save(&mut window, ToSave::Numbers(roc), "roc.csv").contains("\ngood against bad steps,0,"));
    window.get_by_label("Menu of ROC of steps").click();
    settle(&mut window);
    assert!(window.query_by_label("Save data as CSV…").is_some());
    assert!(save(&mut window, ToSave::Report, "report.md").starts_with("# example scores"));
}

/// The picture that is put into the clipboard next.
fn copied(window: &mut Window) -> egui::ColorImage {
    for _ in 0..3000 {
        window.step();
        let commands = window.output().platform_output.commands.clone();
        for command in commands {
            if let egui::OutputCommand::CopyImage(image) = command {
                return image;
            }
        }
        assert!(!notices(window).contains("Figure copied"), "it is said before it is done");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    panic!("no picture was copied: {}", notices(window));
}

#[test]
fn a_figure_is_copied_whole_wherever_it_is_scrolled() {
    let home = Home::new();
    let mut window = surveyed(&home);
    // A part of the first figure only is in the window.
    window.set_size([1000.0, 330.0].into());
    settle(&mut window);
    window.get_by_label("Menu of Answer and steps").click();
    settle(&mut window);
    window.get_by_label("Copy as image").click();
    let image = copied(&mut window);
    settle(&mut window);
    assert!(notices(&window).contains("Figure copied"), "{}", notices(&window));
    assert_eq!(image.size, [1280, 640], "the whole of it, twice as fine");
    // On white paper, with cells, and with letters that are dark.
    assert_eq!(image.pixels[0], egui::Color32::WHITE);
    let count = |is: &dyn Fn(&egui::Color32) -> bool| image.pixels.iter().filter(|pixel| is(pixel)).count();
    assert!(count(&|pixel| pixel.r() < 90 && pixel.g() < 90 && pixel.b() < 90) > 1500, "no letters");
    assert!(count(&|pixel| pixel.b() > pixel.r().saturating_add(60)) > 100_000, "no cells");
}

#[test]
fn pictures_of_the_survey() {
    let home = Home::new();
    let mut window = surveyed(&home);
    picture(&mut window, "survey-dark");
    press(&mut window, "Enter");
    picture(&mut window, "survey-figure-dark");
    press(&mut window, "Escape Shift+F12");
    picture(&mut window, "scorer-dark");
    press(&mut window, "F12 Ctrl+T");
    picture(&mut window, "survey-light");
    window.set_size([2560.0, 1440.0].into());
    settle(&mut window);
    picture(&mut window, "survey-large");
    press(&mut window, "Shift+F12");
    picture(&mut window, "scorer-large");
}

/// A mark of a figure as it is found: the place of the figure, and the name of the mark.
fn mark_of(window: &Window, figure: &str, series: usize) -> (usize, String, MarkModel) {
    let at = survey(window).figures.iter().position(|of| of.name == figure).unwrap();
    let of = &survey(window).figures[at].figure;
    let mark = of.series[series].marks.iter().find(|mark| !mark.words.is_empty() && !mark.words.starts_with("0 "));
    let mark = mark.unwrap().clone();
    (at, format!("{}: {}", of.title, mark.text.replace('\n', ", ")), mark)
}

/// Gives the question that a click on a mark writes, and how many traces it lists.
fn clicked(window: &mut Window, figure: usize, mark: &str) -> (String, usize) {
    ask(window, Action::Survey(SurveyRequest::Enlarge(figure)));
    window.get_by_label_contains(mark).click();
    settle(window);
    let found = (question(window).to_owned(), rows(window));
    ask(window, Action::FilterBy(String::new()));
    ask(window, Action::Survey(SurveyRequest::Back));
    found
}

#[test]
fn a_bar_of_a_share_lists_what_makes_it_up() {
    let home = Home::new();
    let mut window = surveyed(&home);
    let (at, name, mark) = mark_of(&window, "error_rates", 0);
    let (hits, cases) = mark.words.split_once(" of ").unwrap();
    let (hits, cases): (usize, usize) = (hits.parse().unwrap(), cases.parse().unwrap());
    assert!(1 < hits && hits < cases, "{}", mark.words);
    assert_eq!(mark.hint, format!("A click lists the traces with these {hits} steps, with Alt all others"));
    let (asked, listed) = clicked(&mut window, at, &name);
    assert!(asked.contains(":bad) generator:demo-small"), "{asked}");
    // Each has one first error.
    assert_eq!(listed, hits, "{asked}");
    let (at, name, mark) = mark_of(&window, "error_rates", 1);
    let (asked, listed) = clicked(&mut window, at, &name);
    assert!(asked.contains("outcome:incorrect") && mark.words.starts_with(&format!("{listed} of ")), "{asked}");
}

#[test]
fn labels_can_be_what_others_agree_on() {
    let home = Home::new();
    let mut window = surveyed(&home);
    let text = "scorer:example scores@0.5";
    window.get_by_role_and_label(Role::ComboBox, "Labels").click();
    settle(&mut window);
    window.get_by_label(text).click_accesskit();
    settle(&mut window);
    assert!(survey(&window).intro.contains(text), "{}", survey(&window).intro);
    // One that was chosen to be compared is offered as well, and counts.
    let typed = "consensus:any-bad(imported, scorer:example scores@0.5)";
    press(&mut window, "Ctrl+F11");
    ask(&mut window, Action::Sources(SourcesRequest::Add(typed.into())));
    press(&mut window, "Escape");
    let before = told(survey(&window));
    window.get_by_role_and_label(Role::ComboBox, "Labels").click();
    settle(&mut window);
    window.get_by_label(typed).click_accesskit();
    settle(&mut window);
    assert!(survey(&window).intro.contains(typed), "{}: {}", survey(&window).intro, notices(&window));
    assert_ne!(told(survey(&window)).split_once('\n').unwrap().1, before.split_once('\n').unwrap().1);
    let columns = window.state().view().survey.choices.labels.clone().unwrap();
    assert_eq!(columns.to_string(), typed);
}

#[test]
fn figures_are_grouped_by_any_field() {
    let home = Home::new();
    let mut window = surveyed(&home);
    let by = |window: &Window| window.state().view().survey.choices.by.clone();
    // Found by typing.
    window.get_by_role_and_label(Role::ComboBox, "By").click();
    settle(&mut window);
    type_text(&mut window, "steps");
    press(&mut window, "Enter");
    assert_eq!(by(&window), "steps");
    let figure = |window: &Window, name: &str| {
        let figures = &survey(window).figures;
        figures.iter().find(|figure| figure.name == name).unwrap_or_else(|| panic!("no {name}")).figure.clone()
    };
    let names = |window: &Window| {
        let rates = figure(window, "error_rates");
        rates.y.ticks.into_iter().map(|(_, text)| text).collect::<Vec<_>>()
    };
    let spans = names(&window);
    assert!(spans.len() > 2 && spans.iter().any(|span| span.contains('–')), "{spans:?}");
    // What lies in a span is a question.
    let (at, name, mark) = mark_of(&window, "error_rates", 0);
    let (asked, listed) = clicked(&mut window, at, &name);
    assert!(asked.contains("steps:") && mark.words.starts_with(&format!("{listed} of ")), "{asked}: {listed}");
    // Scores stand for each group by themselves.
    let curves = figure(&window, "curves_by_group");
    assert!(curves.series.len() > 1 && curves.title == "Scores step by step, by steps", "{}", curves.title);
    // What is not in the list can be typed whole.
    window.get_by_role_and_label(Role::ComboBox, "By").click();
    settle(&mut window);
    type_text(&mut window, "first_error.relative");
    press(&mut window, "Enter");
    assert_eq!(by(&window), "first_error.relative");
    assert!(survey(&window).problem.is_none() && !names(&window).is_empty());
}

/// Drags from one place of the figure with that name to another; places are shares of its size.
fn drag(window: &mut Window, figure: &str, from: [f32; 2], to: [f32; 2]) {
    let rect = window.get_by_label_contains(figure).rect();
    let place = |[x, y]: [f32; 2]| rect.lerp_inside(egui::vec2(x, y));
    let button = |pos, pressed| egui::Event::PointerButton {
        pos,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: egui::Modifiers::NONE,
    };
    let (from, to) = (place(from), place(to));
    let middle = from.lerp(to, 0.5);
    for event in [
        egui::Event::PointerMoved(from),
        button(from, true),
        egui::Event::PointerMoved(middle),
        egui::Event::PointerMoved(to),
        button(to, false),
    ] {
        window.event(event);
        window.step();
    }
    settle(window);
}

#[test]
fn a_box_of_cells_and_a_stretch_of_bars_are_listed() {
    let home = Home::new();
    let mut window = surveyed(&home);
    let all = rows(&window);
    let at = |window: &Window, name: &str| survey(window).figures.iter().position(|of| of.name == name).unwrap();
    // The right half of two raters: all scores from 0.5 up.
    let cells = at(&window, "raters");
    ask(&mut window, Action::Survey(SurveyRequest::Enlarge(cells)));
    drag(&mut window, "Figure Scores against scores", [0.55, 0.1], [0.97, 0.85]);
    assert!(question(&window).contains("score(\"example scores\") >= 0."), "{}: {}", question(&window), only(&window));
    assert!(rows(&window) > 0 && rows(&window) < all, "{}", rows(&window));
    ask(&mut window, Action::FilterBy(String::new()));
    // The upper half of the bars, by generator: what their names stand for is listed by itself.
    let bars = at(&window, "error_rates");
    ask(&mut window, Action::Survey(SurveyRequest::Enlarge(bars)));
    let figure = survey(&window).figures[bars].figure.clone();
    drag(&mut window, "Figure Wrong steps and wrong answers", [0.6, 0.15], [0.7, 0.4]);
    assert!(only(&window).starts_with(&figure.title) && only(&window).ends_with("in a box"), "{}", only(&window));
    assert!(rows(&window) > 0 && rows(&window) < all, "{}", rows(&window));
}

#[test]
fn one_list_of_mistakes_after_the_other() {
    let home = Home::new();
    let mut window = surveyed(&home);
    press(&mut window, "Shift+F12");
    let all = rows(&window);
    let told = |window: &Window| survey(window).scorer.clone().unwrap();
    let before = told(&window);
    let lists: Vec<(String, usize)> = before
        .wrong
        .iter()
        .filter(|wrong| wrong.traces > 0)
        .map(|wrong| (format!("List {} {}", wrong.traces, wrong.title), usize::try_from(wrong.traces).unwrap()))
        .collect();
    assert!(lists.len() > 1, "{:?}", before.wrong);
    for (name, traces) in &lists {
        window.get_by_role_and_label(Role::Button, name).click();
        settle(&mut window);
        assert_eq!((rows(&window), &told(&window)), (*traces, &before), "{name}");
    }
    press(&mut window, "Backspace");
    assert_eq!((rows(&window), &told(&window)), (all, &before));
}

#[test]
fn escape_leaves_the_field_before_the_survey() {
    let home = Home::new();
    let mut window = surveyed(&home);
    let all = rows(&window);
    let shown = |window: &Window| window.state().view().survey.shown;
    press(&mut window, "/");
    type_text(&mut window, "outcome:correct steps > 3 ");
    press(&mut window, "Enter");
    assert!(rows(&window) < all && shown(&window));
    // What was asked last is taken back.
    press(&mut window, "Backspace");
    assert_eq!((question(&window), shown(&window)), ("outcome:correct", true));
    press(&mut window, "Backspace");
    assert_eq!((question(&window), rows(&window)), ("", all));
    press(&mut window, "/ Escape");
    assert!(shown(&window), "the field alone is left");
    press(&mut window, "Escape");
    assert!(!shown(&window));
}
