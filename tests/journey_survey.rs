//! The survey: figures of what is listed, and how well a scorer does, in the real window.

use std::fmt::Write as _;
use std::fs;

use eframe::egui::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use stepscope::command::Action;
use stepscope::state::asking::AskRequest;
use stepscope::state::corpus::ProjectCorpus;
use stepscope::state::survey::{SurveyChoices, SurveyRequest, ToSave};
use stepscope::view_model::survey::SurveyModel;
use stepscope_core::evaluate::{Rater, Request, Settings, Threshold, evaluate};
use stepscope_core::job::JobContext;
use stepscope_core::model::StepHash;
use stepscope_core::scoring::ScorerInfo;

use crate::pictures::{dress, picture};
use crate::support::window::{Home, Window, ask, notices, open, press, project, settle};

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
    let mark = relative.figure.series[0].marks.iter().find(|mark| !mark.text.contains("\n0 ")).unwrap().number;
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
    let (columns, report) = evaluate(&corpus, &request, &settings, &ctx).unwrap();
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
