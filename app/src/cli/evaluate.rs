//! `stepscope evaluate`: judges a scorer, or a label source, by labels.

use std::fmt::{self, Display};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{ArgGroup, Args};
use serde::Serialize;
use stepscope_core::evaluate::chance::Interval;
use stepscope_core::evaluate::figures::{Contrast, Plot};
use stepscope_core::evaluate::{
    self, Columns, Failure as Mistake, FitOn, Rater, Report, Request, Settings, Threshold, Wrong, failures,
};
use stepscope_core::job::JobContext;
use stepscope_core::labels::{LabelSource, Selection};
use stepscope_core::query::{group_field, hidden_key};
use stepscope_core::scoring::ScoreBook;
use stepscope_core::store::{ProjectDir, Store};

use super::Failure;
use super::output::{Ending, Output, warn};
use super::query::{check_sources, rows_where, views};
use crate::startup::Startup;
use crate::state::aside;
use crate::state::corpus::ProjectCorpus;

/// Arguments of `evaluate`.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("judged").required(true))]
pub struct EvaluateArgs {
    /// The project folder.
    #[arg(long, value_name = "DIR")]
    project: PathBuf,
    /// The scorer to judge: the name of computed scores, else of imported ones.
    #[arg(long, value_name = "NAME", group = "judged")]
    scorer: Option<String>,
    /// The label source to judge instead: own:NAME, imported:NAME, scorer:NAME@THRESHOLD or consensus:RULE(SOURCE, SOURCE).
    #[arg(long, value_name = "SOURCE", group = "judged")]
    source: Option<LabelSource>,
    /// Whose labels are true: own, own:NAME, imported, imported:NAME, scorer:NAME@THRESHOLD, or what several agree on: consensus:RULE(SOURCE, SOURCE) with RULE all, majority, any-bad or first-error. Without it own ones, else imported ones.
    #[arg(long, value_name = "SOURCE")]
    labels: Option<LabelSource>,
    /// A step is flagged where its score is below: a number; `sweep` takes the best over all traces, `fit` the best over half of the problems and measures on the others. Without it 0.5 for probabilities and labels, 0 for other scores.
    #[arg(
        long,
        value_name = "T|sweep|fit",
        default_value = "usual",
        hide_default_value = true,
        allow_negative_numbers = true
    )]
    threshold: Threshold,
    /// Take the threshold that is best on the traces that this question finds, and measure on the others.
    #[arg(long, value_name = "EXPR", conflicts_with = "threshold", allow_hyphen_values = true)]
    fit_on: Option<String>,
    /// Measure only on traces that this question finds; `stepscope query --help` explains the language.
    #[arg(long = "where", value_name = "EXPR", allow_hyphen_values = true)]
    selection: Option<String>,
    /// Group by a field of traces, as `stepscope query --help` lists them: generator, state, tag, meta.level; or by a key of metadata. Many numbers are put into spans.
    #[arg(long, value_name = "FIELD")]
    by: Option<String>,
    /// Compare these two groups of --by instead: shares and means with their intervals of 95 %, and how far apart they are.
    #[arg(long, value_names = ["GROUP", "GROUP"], num_args = 2, requires = "by", conflicts_with = "failures")]
    compare: Option<Vec<String>>,
    /// A soft label of at least this says good.
    #[arg(long, value_name = "VALUE", default_value_t = 0.5)]
    soft_from: f64,
    /// Steps that labels pass over are good: for data that list every wrong step, such as PRMBench.
    #[arg(long)]
    unjudged_good: bool,
    /// How often problems are drawn for the intervals; 0 for none.
    #[arg(long, value_name = "N", default_value_t = Settings::default().rounds)]
    rounds: u32,
    /// The same seed gives the same split, intervals and votes.
    #[arg(long, value_name = "N", default_value_t = Settings::default().seed)]
    seed: u64,
    /// List the traces that are judged wrongly in this way instead of the figures, the surest mistakes first.
    #[arg(long, value_name = "SORT", value_parser = mistake)]
    failures: Option<Mistake>,
    /// Write figures and pictures to this file as well: one HTML page (.html) or Markdown (.md).
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Print one JSON object; with --failures one per line.
    #[arg(long)]
    pub json: bool,
}

/// A way in which a scorer is wrong, by its name.
fn mistake(name: &str) -> Result<Mistake, String> {
    let names = || Mistake::ALL.map(Mistake::name).join(", ");
    Mistake::ALL.into_iter().find(|mistake| mistake.name() == name).ok_or_else(|| format!("it is one of {}", names()))
}

/// Evaluates.
pub fn run(args: &EvaluateArgs, startup: &Startup, out: &Output) -> Result<Ending, Failure> {
    let rater = match (&args.scorer, &args.source) {
        (Some(name), _) => Rater::Scorer(name.clone()),
        (None, Some(source)) => Rater::Labels(source.clone()),
        (None, None) => return Err("give --scorer NAME or --source SOURCE".into()),
    };
    let request = Request {
        raters: vec![rater],
        labels: args.labels.clone(),
        soft_from: args.soft_from,
        unjudged_good: args.unjudged_good,
    };
    if let Some(path) = &args.report {
        document(path)?;
    }
    let ctx = out.context();
    let sources: Vec<&LabelSource> = args.labels.iter().chain(&args.source).collect();
    let views = views(&args.project, None, None, startup)?;
    check_sources(sources, &views, &ctx)?;
    let found = |question: &Option<String>| {
        question.as_deref().map(|question| rows_where(question, &args.project, startup, &ctx)).transpose()
    };
    let (measured, fitted) = (found(&args.selection)?, found(&args.fit_on)?);
    let dir = ProjectDir::new(&args.project);
    let (scores, _) = ScoreBook::open(&dir.scores())?;
    let store = Store::open(&dir)?;
    let all = ProjectCorpus::new(store.clone(), None, scores)?;
    // What the threshold is fitted on is read as well, wherever it is measured.
    let (mut rows, _) = all.chosen(measured, None);
    rows.extend(fitted.iter().flatten());
    rows.sort_unstable();
    rows.dedup();
    let fit_on = args.fit_on.clone().zip(fitted).map(|(name, mut rows)| {
        rows.sort_unstable();
        FitOn { name, rows }
    });
    let settings = Settings {
        threshold: if fit_on.is_some() { Threshold::Fit } else { args.threshold },
        fit_on,
        // A field of scores that names no scorer means the one that is judged.
        by: args.by.as_deref().map(|by| group_field(by, args.scorer.as_deref())),
        rounds: args.rounds,
        seed: args.seed,
        ..Settings::default()
    };
    let corpus = Selection::new(&all, rows.clone());
    let mut columns = evaluate::collect(&corpus, &request, &ctx)?;
    columns.in_project(&rows);
    // Figures of a report are by generator where nothing else is asked for.
    columns.group_by(settings.by.as_deref().unwrap_or("generator"), &views, |row| row, &ctx)?;
    if let Some(by) = &settings.by
        && let Some(key) = hidden_key(&views, by, &ctx)?
    {
        warn(format!("`{by}` is a field of its own; the metadata that are called so are `{key}`"));
    }
    let (columns, report) = evaluate::report(&Arc::new(columns), &settings, &ctx)?;
    if let Some(path) = &args.report {
        write(path, &columns, &report, &ctx)?;
    }
    match (args.failures, args.compare.as_deref(), &settings.by) {
        (Some(mistake), ..) => list(&columns, &report, mistake, &store, out)?,
        (None, Some([a, b]), Some(by)) => out.report(&compare(&columns, &report, by, [a, b], &ctx)?)?,
        _ => out.report(&report)?,
    }
    Ok(Ending::Done)
}

/// Sets two groups of a field side by side.
fn compare(
    columns: &Columns,
    report: &Report,
    by: &str,
    groups: [&String; 2],
    ctx: &JobContext,
) -> Result<Compared, Failure> {
    let at = columns.field(by).ok_or("the field is lacking")?;
    let values = columns.fields.get(at).map(|field| &*field.values).unwrap_or_default();
    let code = |name: &String| {
        let code = values.iter().position(|value| value == name).and_then(|code| u32::try_from(code).ok());
        let known = || values.iter().filter(|value| !value.is_empty()).take(12).cloned().collect::<Vec<_>>().join(", ");
        code.ok_or_else(|| format!("`{by}` makes no group `{name}`; there are {}", known()))
    };
    let plot =
        Plot::Groups { field: at, a: code(groups[0])?, b: code(groups[1])?, rater: 0, threshold: report.threshold };
    let contrast = plot.contrast(columns, ctx)?.ok_or("one of the groups has no trace that could be compared")?;
    Ok(Compared { schema: "stepscope.contrast/1", by: by.to_owned(), contrast })
}

/// Two groups side by side.
#[derive(Serialize)]
struct Compared {
    schema: &'static str,
    by: String,
    #[serde(flatten)]
    contrast: Contrast,
}

impl Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b] = &self.contrast.names;
        writeln!(f, "{a} and {b}, by {}; intervals of 95 %", self.by)?;
        for measure in &self.contrast.measures {
            let is_share = measure.sides.iter().any(|side| side.hits.is_some());
            let text = |value: f64| if is_share { format!("{:.1} %", value * 100.0) } else { format!("{value:.3}") };
            let within = |at: Option<Interval>| {
                at.map(|at| format!(" ({} to {})", text(at.low), text(at.high))).unwrap_or_default()
            };
            writeln!(f, "{}", measure.name)?;
            for (name, side) in self.contrast.names.iter().zip(&measure.sides) {
                let value = side.value.map_or_else(|| "–".to_owned(), text);
                let cases =
                    side.hits.map_or_else(|| side.cases.to_string(), |hits| format!("{hits} of {}", side.cases));
                writeln!(f, "  {name}: {value}{}, {cases} traces", within(side.interval))?;
            }
            let apart = measure.difference.map_or_else(|| "–".to_owned(), text);
            writeln!(f, "  difference: {apart}{}", within(measure.interval))?;
        }
        Ok(())
    }
}

/// What a report is written as.
enum Document {
    Html,
    Markdown,
}

fn document(path: &Path) -> Result<Document, Failure> {
    let is = |ending: &str| path.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending));
    match (is("html"), is("md")) {
        (true, _) => Ok(Document::Html),
        (_, true) => Ok(Document::Markdown),
        _ => Err(format!("the report ends in .html or .md, not as {}", path.display()).into()),
    }
}

/// Writes the report with its pictures, or leaves the file as it was.
fn write(path: &Path, columns: &Columns, report: &Report, ctx: &JobContext) -> Result<(), Failure> {
    let figures = report.figures(columns, 0, ctx)?;
    let text = match document(path)? {
        Document::Html => report.to_html(&figures),
        Document::Markdown => report.to_markdown(&figures),
    };
    aside::write(path, text.as_bytes())
        .map_err(|error| format!("cannot write the report: {error}: {}", path.display()))?;
    Ok(())
}

/// Lists the traces behind a number.
fn list(columns: &Columns, report: &Report, mistake: Mistake, store: &Store, out: &Output) -> Result<(), Failure> {
    for wrong in failures(columns, 0, report.threshold, mistake) {
        let summary = store.summary(wrong.row);
        let id = summary.as_ref().map(|summary| summary.id.to_string()).unwrap_or_default();
        let source_id = summary.and_then(|summary| summary.source_id);
        out.report(&Listed { id, source_id, wrong })?;
    }
    Ok(())
}

/// A trace that is judged wrongly.
#[derive(Serialize)]
struct Listed {
    id: String,
    source_id: Option<String>,
    #[serde(flatten)]
    wrong: Wrong,
}

impl Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let step = |at: Option<u32>| at.map_or_else(|| "none".to_owned(), |at| format!("step {}", u64::from(at) + 1));
        let name = self.source_id.as_deref().unwrap_or_default();
        let Wrong { error, predicted, lowest, .. } = self.wrong;
        write!(f, "{} {name}: first error {}, named {}, lowest score {lowest}", self.id, step(error), step(predicted))
    }
}
