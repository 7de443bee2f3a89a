//! Plots over a small project: what is counted is what the rows give, and pictures and tables hold it.

use std::sync::Arc;

use super::source::{Project, Short, evaluate};
use crate::evaluate::figures::{Contrast, Figure, Mark, MarkSeries, Measure, Plot, Split};
use crate::evaluate::{Columns, Rater, Report, Request, Settings};
use crate::job::JobContext;
use crate::model::Verdict::{Correct, Incorrect, Unknown};

fn ctx() -> JobContext {
    JobContext::foreground(None)
}

/// Seven traces by two generators, with one error tag and one answer that is reached early.
pub(super) fn small() -> Project {
    let mut project = Project::default();
    let mut add = |problem, generator, ratings, scores, verdict| {
        project.add(&Short { problem, generator, ratings, scores, verdict, ..Short::default() });
    };
    add("p1", "a", "+-", &[0.9, 0.1], Incorrect);
    add("p1", "a", "++", &[0.9, 0.8], Correct);
    add("p2", "a", "+--", &[0.9, 0.2, 0.1], Correct);
    add("p2", "b", "-+ ", &[0.7, 0.9, 0.3], Incorrect);
    add("p3", "b", "+++", &[0.9, 0.4, 0.6], Correct);
    add("p3", "b", "", &[0.5], Unknown);
    project.tag(0, "unused");
    project.add(&Short {
        generator: "b",
        ratings: "++-",
        scores: &[0.9, 0.8, 0.2],
        texts: &["so x = 4", "let us check", "The answer is 4."],
        ..Short::default()
    });
    project.tag(2, "redundency");
    project
}

/// A scorer and, to compare it with, the labels of the data.
pub(super) fn two_raters() -> Request {
    Request {
        raters: vec![Rater::Scorer("prm".into()), Rater::Labels("imported".parse().unwrap())],
        ..Request::default()
    }
}

fn judged() -> (Arc<Columns>, Report) {
    let settings = Settings { rounds: 20, ..Settings::default() };
    evaluate(&small(), &two_raters(), &settings, &ctx()).unwrap()
}

pub(super) fn all(columns: &Columns) -> Vec<Plot> {
    let mut plots = Plot::standard(columns, 0, 0);
    plots.extend([
        Plot::Raters { a: 0, b: 1 },
        Plot::Disagreement { a: 0, b: 1, thresholds: [0.5; 2], field: 0 },
        Plot::ErrorTools,
        Plot::Groups { field: 0, a: 1, b: 2, rater: 0, threshold: 0.5 },
    ]);
    let splits = [Split::Curves, Split::Reliability, Split::Lowest, Split::LengthScore];
    plots.extend(splits.map(|of| Plot::Split { of, rater: 0, field: 0 }));
    plots
}

/// Per series its name and its counts.
fn counts(figure: &Figure) -> Vec<(&str, Vec<u64>)> {
    figure.series.iter().map(|s| (s.name.as_str(), s.marks.iter().map(|mark| mark.count).collect())).collect()
}

#[test]
fn rows_are_those_that_were_counted() {
    let (columns, _) = judged();
    let plots = all(&columns);
    assert_eq!(plots.len(), 21, "every sort of plot");
    for plot in &plots {
        let figure = plot.figure(&columns, &ctx()).unwrap();
        let mut any = false;
        for (s, series) in figure.series.iter().enumerate() {
            for (m, mark) in series.marks.iter().enumerate() {
                any |= mark.count > 0;
                // What makes up a share, and what it is a share of.
                let (listed, all) = (plot.rows(&columns, s, m), plot.rows_within(&columns, &[(s, m)]));
                assert!(listed.iter().all(|row| all.contains(row)), "{plot:?} {s} {m}");
                for (rows, counted) in [(listed, mark.hits.unwrap_or(mark.count)), (all, mark.count)] {
                    match figure.unit {
                        "traces" => assert_eq!(rows.len() as u64, counted, "{plot:?} {s} {m}"),
                        // Several steps of a trace may fall into one bin.
                        _ => assert!(rows.is_empty() == (counted == 0) && rows.len() as u64 <= counted, "{plot:?}"),
                    }
                }
            }
        }
        assert!(any, "{plot:?} is empty");
    }
}

#[test]
fn a_share_lists_what_makes_it_up() {
    let (columns, _) = judged();
    let rows = |plot: &Plot, series: usize, mark: usize| plot.rows(&columns, series, mark);
    // Of `a`, the second: two traces with a wrong step, of which one has a wrong answer.
    let rates = Plot::ErrorRates { field: 0 };
    assert_eq!((rows(&rates, 0, 1), rows(&rates, 1, 1)), (vec![0, 2], vec![0]));
    assert_eq!(rates.rows_within(&columns, &[(1, 1)]), [0, 1, 2], "all answers of `a` are known");
    let groups = Plot::Groups { field: 0, a: 1, b: 2, rater: 0, threshold: 0.5 };
    // Of `b`: one right answer, one trace of right steps, in which the scorer sees an error; one error found.
    assert_eq!([0, 1, 2, 3].map(|mark| rows(&groups, 1, mark)), [vec![4], vec![4], vec![6], vec![]]);
    // One step is called redundant.
    assert_eq!(rows(&Plot::Redundancy { field: 0 }, 0, 0), [6]);
    let bins = |bin: usize| rows(&Plot::Reliability { rater: 0 }, 0, bin);
    assert_eq!((bins(2), bins(4)), (vec![], vec![4]), "the good ones only");
}

#[test]
fn two_groups_are_compared_with_counts_and_intervals() {
    let (columns, _) = judged();
    let groups = Plot::Groups { field: 0, a: 1, b: 2, rater: 0, threshold: 0.5 };
    let Contrast { names, measures } = groups.contrast(&columns, &ctx()).unwrap().unwrap();
    assert_eq!(names, ["a", "b"]);
    let told = |measure: &Measure| {
        let [a, b] = measure.sides.map(|side| (side.hits, side.cases));
        (measure.name.clone(), a, b)
    };
    let name = |text: &str| text.to_owned();
    assert_eq!(
        measures.iter().map(told).collect::<Vec<_>>(),
        [
            (name("answer right"), (Some(2), 3), (Some(1), 2)),
            (name("steps right"), (Some(1), 3), (Some(1), 3)),
            (name("first error found"), (Some(2), 2), (Some(1), 2)),
            (name("no false alarm"), (Some(1), 1), (Some(0), 1)),
            (name("step of the first error"), (None, 2), (None, 2)),
            (name("lowest score"), (None, 3), (None, 4)),
            (name("steps"), (None, 3), (None, 4)),
            (name("words"), (None, 3), (None, 4)),
        ]
    );
    let near = |found: Option<f64>, expected: f64| assert!((found.unwrap() - expected).abs() < 1e-9, "{found:?}");
    // statsmodels 0.15: confint_proportions_2indep(2, 3, 1, 2, method="newcomb", compare="diff")
    near(measures[0].difference, 2.0 / 3.0 - 0.5);
    near(measures[0].interval.map(|interval| interval.low), -0.445_781_232_861_924_6);
    near(measures[0].interval.map(|interval| interval.high), 0.654_829_225_335_750_4);
    // First errors at the second step, both of `a`; at the first and the third of `b`.
    near(measures[4].difference, 0.0);
    // scipy 1.17: ttest_ind([.1, .8, .1], [.3, .4, .5, .2], equal_var=False).confidence_interval(0.95)
    near(measures[5].difference, 1.0 / 3.0 - 0.35);
    near(measures[5].interval.map(|interval| interval.low), -0.935_567_761_825_634_6);
    near(measures[5].interval.map(|interval| interval.high), 0.902_234_428_492_301_2);
    assert_eq!(Plot::ByDifficulty.contrast(&columns, &ctx()).unwrap(), None);
}

#[test]
fn answer_and_steps_make_four_lists() {
    let (columns, _) = judged();
    let plot = Plot::ProcessOutcome;
    // Right answers with right steps, with wrong ones; wrong answers with right steps, with wrong ones.
    assert_eq!([0, 1, 2, 3].map(|cell| plot.rows(&columns, 0, cell)), [vec![1, 4], vec![2], vec![], vec![0, 3]]);
}

#[test]
fn counts_are_those_by_hand() {
    let (columns, _) = judged();
    let figure = |plot: Plot| plot.figure(&columns, &ctx()).unwrap();
    let lowest = figure(Plot::Lowest { rater: 0 });
    let of = counts(&lowest);
    // At the end of the first two traces and of the third; in the middle of the fifth.
    assert_eq!((of[0].1[10], of[0].1[5], of[1].1[10]), (2, 1, 2));
    let first = figure(Plot::FirstErrors { field: 0, relative: false });
    assert_eq!(counts(&first), [("b", vec![1, 0, 1]), ("a", vec![0, 2, 0])]);
    let rates = figure(Plot::ErrorRates { field: 0 });
    let [steps, answers] = rates.series.as_slice() else { panic!("two series") };
    // `a`: two bad of six steps up to the first error; one wrong answer of three.
    assert_eq!((steps.marks[1].count, steps.marks[1].value), (6, Some(2.0 / 6.0)));
    assert_eq!((answers.marks[1].count, answers.marks[1].value), (3, Some(1.0 / 3.0)));
    let kinds = figure(Plot::ErrorKinds { field: 0 });
    assert_eq!((kinds.x.names[0].as_str(), kinds.x.names[1].as_str()), ("not named", "redundency"));
    assert_eq!(counts(&kinds), [("b", vec![1, 1]), ("a", vec![3, 0])]);
    let words = figure(Plot::Overthinking { field: 0 });
    assert_eq!((words.series[0].marks[0].value, words.series[1].marks[0].value), (Some(4.0), Some(7.0)));
    let scores = figure(Plot::Scores { rater: 0 });
    let totals: Vec<u64> = counts(&scores).iter().map(|(_, counts)| counts.iter().sum()).collect();
    assert_eq!(totals, [10, 5, 2]);
    let between = figure(Plot::Disagreement { a: 0, b: 1, thresholds: [0.5; 2], field: 0 });
    // The scorer names an error that the labels lack in the fifth trace, and a later one in the fourth.
    assert_eq!(counts(&between), [("b", vec![0, 1, 1, 1, 0]), ("a", vec![1, 2, 0, 0, 0])]);
}

#[test]
fn curves_end_at_the_first_error() {
    let (columns, _) = judged();
    let figure = Plot::Curves { rater: 0, sample: 2, seed: 1 }.figure(&columns, &ctx()).unwrap();
    let of = counts(&figure);
    assert_eq!((of[0].1.as_slice(), of[1].1.as_slice()), ([2, 2, 1].as_slice(), [4, 3, 1].as_slice()));
    assert_eq!(of.len(), 4, "two traces beside");
    let again = Plot::Curves { rater: 0, sample: 2, seed: 1 }.figure(&columns, &ctx()).unwrap();
    assert_eq!(again, figure);
}

#[test]
fn scores_are_split_by_group() {
    let (columns, _) = judged();
    let figure = |of| Plot::Split { of, rater: 0, field: 0 }.figure(&columns, &ctx()).unwrap();
    let value = |figure: &Figure, series: usize, mark: usize| figure.series[series].marks[mark].value.unwrap();
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
    // The trace of which nothing is known is left out; others end at their first error.
    let curves = figure(Split::Curves);
    assert_eq!(
        (curves.title.as_str(), counts(&curves)),
        ("Scores step by step, by generator", vec![("b", vec![3, 2, 2]), ("a", vec![3, 3, 0])],)
    );
    near(value(&curves, 0, 0), (0.7 + 0.9 + 0.9) / 3.0);
    near(value(&curves, 1, 1), (0.1 + 0.8 + 0.2) / 3.0);
    // All steps with 0.9 or more are good, of either; one is after the first error.
    let reliability = figure(Split::Reliability);
    assert_eq!(
        [0, 1].map(|group| (reliability.series[group].marks[9].hits, reliability.series[group].marks[9].count)),
        [(Some(2), 2), (Some(3), 3)]
    );
    let lowest = figure(Split::Lowest);
    assert_eq!(counts(&lowest)[1], ("a", vec![0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]));
    near(value(&lowest, 1, 10), 1.0);
    // All traces are short, but for one.
    near(value(&figure(Split::LengthScore), 1, 0), (0.1 + 0.8 + 0.1) / 3.0);
}

#[test]
fn tables_and_pictures_hold_every_mark() {
    let (columns, report) = judged();
    let mut figures: Vec<Figure> = all(&columns).iter().map(|plot| plot.figure(&columns, &ctx()).unwrap()).collect();
    figures.extend(report.curves().into_iter().map(|(_, figure)| figure));
    for figure in &figures {
        let csv = figure.to_csv();
        let marks: usize = figure.series.iter().map(|series| series.marks.len()).sum();
        assert_eq!(csv.lines().count(), marks + 1);
        let svg = figure.to_svg();
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>") && !svg.contains("NaN"), "{svg}");
        assert_eq!(svg.matches('<').count(), svg.matches('>').count());
        assert_eq!(figure.to_svg(), svg);
    }
    let page = report.to_html(&figures);
    assert_eq!(page.matches("<svg").count(), figures.len());
    assert!(page.contains("prefers-color-scheme") && !page.contains("<script") && !page.contains("src="), "one file");
    assert!(page.contains("F1") && page.contains("prm (correctness) against the labels imported"));
    let markdown = report.to_markdown(&figures);
    assert!(markdown.contains("| up to the first error |") && markdown.contains("series,x,x_from"), "{markdown}");
}

/// Of every series of a figure its name and its points.
fn points(figure: &Figure) -> Vec<(&str, Vec<(f64, f64)>)> {
    let place = |mark: &Mark| mark.at.unwrap_or_else(|| figure.x.names[mark.x].parse().unwrap());
    let of = |series: &MarkSeries| series.marks.iter().map(|mark| (place(mark), mark.value.unwrap())).collect();
    figure.series.iter().map(|series| (series.name.as_str(), of(series))).collect()
}

#[test]
fn the_curves_of_a_report_are_figures() {
    let (_, report) = judged();
    let curves = report.curves();
    let names: Vec<&str> = curves.iter().map(|(name, _)| *name).collect();
    // No attempt at a problem with several has a final answer, so that there are no votes.
    let by = ["best_by_answer", "gain_by_answer", "best_by_steps", "gain_by_steps"];
    assert_eq!(names, [&["thresholds", "roc", "precision"][..], &by[..]].concat());
    let figure = |name: &str| &curves.iter().find(|(known, _)| *known == name).unwrap().1;
    let sweep = figure("thresholds");
    assert_eq!((sweep.line, sweep.unit), (Some(0.5), "traces"));
    // Just above 0.2 three of four errors are named, and no correct trace is flagged.
    let near = |curve: &[(f64, f64)]| curve.iter().find(|(at, _)| (0.2..0.35).contains(at)).unwrap().1;
    let of = points(sweep);
    assert_eq!((of[0].0, of[1].0, of[2].0), ("F1", "erroneous", "correct"));
    assert_eq!((near(&of[1].1), near(&of[2].1)), (0.75, 1.0));
    assert!((near(&of[0].1) - 1.5 / 1.75).abs() < 1e-12, "{:?}", of[0]);
    // Good steps have 0.9 five times, 0.8 twice, 0.6 and 0.4; bad ones 0.7, 0.2 twice and 0.1.
    let roc = [(0.0, 0), (0.0, 5), (0.0, 7), (0.25, 7), (0.25, 8), (0.25, 9), (0.75, 9), (1.0, 9)];
    assert_eq!(points(figure("roc"))[0].1, roc.map(|(x, good)| (x, f64::from(good) / 9.0)));
    assert_eq!((figure("roc").diagonal, figure("roc").series[0].marks[0].count), (true, 9));
    let precision = &points(figure("precision"))[0].1;
    assert_eq!(precision[..4], [(0.25, 1.0), (0.75, 1.0), (0.75, 0.75), (0.75, 0.6)]);
    // Of p1 the right attempt has the higher score. Of p2 none has right steps.
    let best = points(figure("best_by_steps"));
    assert_eq!(best[0], ("any (pass@N)", vec![(1.0, 0.25), (2.0, 0.5)]));
    assert_eq!(best[1], ("one, taken blindly", vec![(1.0, 0.25), (2.0, 0.25)]));
    assert_eq!(best[2], ("best by min", vec![(1.0, 0.25), (2.0, 0.5)]));
    assert_eq!(points(figure("gain_by_steps"))[0], ("best by min", vec![(1.0, 0.0), (2.0, 0.25)]));
    let csv = figure("roc").to_csv();
    assert_eq!(csv.lines().nth(3).unwrap(), format!("good against bad steps,0,,,,{},9,,,", 7.0 / 9.0));
    assert!(sweep.to_svg().contains("class=\"ink\"") && figure("roc").to_svg().contains("stroke-dasharray"));
}

#[test]
fn a_report_shows_whom_it_judges_by_the_groups_it_has() {
    let request = Request { raters: two_raters().raters.into_iter().rev().collect(), ..two_raters() };
    let settings = Settings { rater: 1, by: Some("outcome".into()), rounds: 0, ..Settings::default() };
    let (columns, report) = evaluate(&small(), &request, &settings, &ctx()).unwrap();
    let figures = report.figures(&columns, 1, &ctx()).unwrap();
    let titles: Vec<&str> = figures.iter().map(|figure| figure.title.as_str()).collect();
    let expected = [
        "First error over thresholds",
        "ROC of steps",
        "Precision over recall",
        "Best of N, by final answer",
        "Gain of the best of N over one, by final answer",
        "Best of N, by steps",
        "Gain of the best of N over one, by steps",
        "Scores against labels",
        "Scores by label",
        "Where the lowest score falls",
        "Scores step by step",
        "Length and score",
        "Answer and steps",
        "First errors",
        "First errors, as a share of the trace",
        "Wrong steps and wrong answers",
        "Wrong steps and wrong answers by difficulty",
        "Kinds of errors",
        "Words after the answer",
        "Redundant steps",
    ];
    assert_eq!(titles, expected);
    let first = figures.iter().find(|figure| figure.title == "First errors").unwrap();
    let groups: Vec<&str> = first.series.iter().map(|series| series.name.as_str()).collect();
    assert!(groups.contains(&"incorrect") && groups.contains(&"correct"), "{groups:?}");
    let scores = figures.iter().find(|figure| figure.title == "Scores by label").unwrap();
    assert_eq!(scores.x.label, "score of prm");
    let text = report.to_string();
    for title in ["First error by outcome", "Mistakes", "Steps by place", "Bad steps by kind of error"] {
        assert!(text.contains(&format!("\n{title}\n")), "{title} in {text}");
        assert!(report.to_html(&figures).contains(&format!("<h2>{title}</h2>")), "{title}");
    }
    let rank = report.tables().into_iter().find(|table| table.title.starts_with("Rank@1")).unwrap();
    assert_eq!((rank.heads[1].as_str(), rank.rows[0].join(" ")), ("by final answer", "min 50.0 % 50.0 %".to_owned()));
}

#[test]
fn names_in_pictures_do_no_harm() {
    let mut project = Project::default();
    let name = "<script>\"&\u{1}";
    project.add(&Short { generator: name, ratings: "+-", scores: &[0.9, 0.1], ..Short::default() });
    let settings = Settings { by: Some("generator".into()), rounds: 0, ..Settings::default() };
    let (columns, report) = evaluate(&project, &Request::of_scorer("prm"), &settings, &ctx()).unwrap();
    let figure = Plot::ErrorRates { field: 0 }.figure(&columns, &ctx()).unwrap();
    let page = report.to_html(&[figure]);
    assert!(!page.contains("<script>") && page.contains("&lt;script&gt;"), "{page}");
}
