//! The survey: what can be chosen, the figures of the listed traces, how well a scorer does.

mod agreement;
mod axis;
mod figure;
mod scorer;

use stepscope_core::evaluate::chance::Interval;
use stepscope_core::evaluate::figures::{Contrast, Measure, Plot, Side};
use stepscope_core::evaluate::{CONTRADICTION, Columns, Rater, Table, Threshold};
use stepscope_core::labels::LabelSource;
use stepscope_core::query::can_group;

pub use agreement::{AgreementCell, AgreementModel, measure_name};
use axis::percent_text;
pub use axis::{AxisModel, number_text};
pub use figure::{FigureModel, FigureShape, MarkModel, SeriesModel};
pub use scorer::{ScorerModel, TileModel, WrongModel};

use crate::state::survey::{Page, SurveyChoices, Surveyed};

/// Values of a field that can be compared.
const MOST_VALUES: usize = 200;

/// A figure with its name.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct NamedFigure {
    /// The name by which it is shown or left out.
    pub name: &'static str,
    /// Which of the counted figures it is; none for curves.
    pub plot: Option<usize>,
    /// Its place among all figures that were worked out, by which it is saved.
    pub at: usize,
    /// The figure.
    pub figure: FigureModel,
}

/// What came out, ready to be painted.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct SurveyModel {
    /// What it is about.
    pub intro: String,
    /// The figures.
    pub figures: Vec<NamedFigure>,
    /// What stands below them: how two groups compare.
    pub tables: Vec<Table>,
    /// How well the scorer does.
    pub scorer: Option<ScorerModel>,
    /// Why there is nothing to be seen.
    pub problem: Option<String>,
}

impl SurveyModel {
    /// Shows what was worked out.
    pub fn new(made: &Surveyed) -> Self {
        let figures = made.plots.iter().enumerate().map(|(at, plotted)| NamedFigure {
            name: plotted.name,
            plot: plotted.plot.is_some().then_some(at),
            at,
            figure: match &plotted.plot {
                Some(plot) => FigureModel::counted(&plotted.figure, is_ordered(plot, &made.columns)),
                None => FigureModel::curve(&plotted.figure),
            },
        });
        let figures: Vec<NamedFigure> = figures.collect();
        let traces = made.columns.traces.len();
        let traces = if traces == 1 { "1 listed trace".to_owned() } else { format!("{traces} listed traces") };
        let rater = made.rater_name();
        let scores = if rater.is_empty() { String::new() } else { format!(" · scores of {rater}") };
        let labels = labels_text(made);
        let torn = made.columns.left_out.iter().find(|left| left.reason == CONTRADICTION);
        let torn = torn.map(|left| format!(" · of {} labels contradict one another", left.traces)).unwrap_or_default();
        let intro = format!("{traces} · {labels}{torn}{scores}");
        if made.asked.page == Page::Figures {
            let nothing = "The listed traces have neither labels nor scores that a figure could show".to_owned();
            let problem = figures.is_empty().then_some(nothing);
            let tables = made.plots.iter().filter_map(|plotted| plotted.contrast.as_ref()).map(contrast_table);
            return Self { intro, figures, tables: tables.collect(), scorer: None, problem };
        }
        let scorer = match &made.report {
            Some(Ok(report)) => ScorerModel::new(report, &labels),
            Some(Err(why)) => return Self { intro, problem: Some(why.clone()), ..Self::default() },
            None => {
                let why = "Nothing has been scored; {score.all} scores what is listed".to_owned();
                return Self { intro, problem: Some(why), ..Self::default() };
            }
        };
        let intro = scorer.intro.clone();
        Self { intro, figures, tables: Vec::new(), scorer: Some(scorer), problem: None }
    }

    /// The figures that are not left out.
    pub fn shown<'a>(&'a self, hidden: &'a [String]) -> impl Iterator<Item = &'a NamedFigure> {
        self.figures.iter().filter(move |figure| !hidden.iter().any(|name| name == figure.name))
    }
}

/// The names along its axis have an order.
fn is_ordered(plot: &Plot, columns: &Columns) -> bool {
    match *plot {
        Plot::ErrorKinds { .. } | Plot::ErrorTools => false,
        Plot::ErrorRates { field } | Plot::Overthinking { field } | Plot::Redundancy { field } => {
            columns.fields.get(field).is_some_and(|field| field.is_ordered)
        }
        _ => true,
    }
}

/// Two groups with counts and intervals, a row for each measure.
fn contrast_table(contrast: &Contrast) -> Table {
    let [a, b] = &contrast.names;
    let row = |measure: &Measure| {
        let is_share = measure.sides.iter().any(|side| side.hits.is_some());
        let text = |value: f64| if is_share { percent_text(value) } else { number_text(value) };
        let within = |interval: Option<Interval>| {
            interval.map(|at| format!(" ({} to {})", text(at.low), text(at.high))).unwrap_or_default()
        };
        let side = |side: &Side| {
            let Some(value) = side.value else { return "–".to_owned() };
            let cases = match side.hits {
                Some(hits) => format!("{hits} of {}", side.cases),
                None if side.cases == 1 => "1 trace".to_owned(),
                None => format!("{} traces", side.cases),
            };
            format!("{}{}, {cases}", text(value), within(side.interval))
        };
        let difference = measure.difference.map_or_else(
            || "–".to_owned(),
            |value| format!("{}{}{}", if value > 0.0 { "+" } else { "" }, text(value), within(measure.interval)),
        );
        vec![measure.name.clone(), side(&measure.sides[0]), side(&measure.sides[1]), difference]
    };
    Table {
        title: format!("{} and {}, with intervals of 95 %", named(a), named(b)),
        heads: vec![String::new(), named(a), named(b), "the first less the second".to_owned()],
        rows: contrast.measures.iter().map(row).collect(),
    }
}

fn named(group: &str) -> String {
    if group.is_empty() { "(none)".to_owned() } else { group.to_owned() }
}

/// What can be chosen above the figures, and what is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ControlsModel {
    /// Scorers and label sources, with their words.
    pub raters: Vec<(Rater, String)>,
    /// Label sources, with their words; those made of others last.
    pub labels: Vec<(LabelSource, String)>,
    /// Fields to group by.
    pub fields: Vec<String>,
    /// The values of the field in use, the most frequent first.
    pub values: Vec<String>,
    /// Who is judged, in words.
    pub rater: String,
    /// With whom it is compared.
    pub other: String,
    /// Whose labels count.
    pub label: String,
}

impl ControlsModel {
    /// What was found to choose from.
    pub fn new(made: &Surveyed) -> Self {
        let offered = &made.kept.offered;
        let choices = &made.asked.choices;
        let values = made.columns.field(&choices.by).and_then(|at| made.columns.fields.get(at));
        let values = values.map_or_else(Vec::new, |field| {
            let mut counts = vec![0_u64; field.values.len()];
            for code in &field.codes {
                if let Some(count) = counts.get_mut(*code as usize) {
                    *count += 1;
                }
            }
            let mut counted: Vec<(u64, &String)> = counts.into_iter().zip(field.values.iter()).collect();
            counted.retain(|(count, value)| *count > 0 && !value.is_empty());
            counted.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
            counted.into_iter().map(|(_, value)| value.clone()).take(MOST_VALUES).collect()
        });
        Self {
            raters: offered
                .raters
                .iter()
                .filter(|rater| !made.kept.is_silent(rater))
                .map(|rater| (rater.clone(), rater_text(rater)))
                .collect(),
            labels: offered.labels.iter().chain(&offered.made).map(with_text).collect(),
            fields: offered.fields.clone(),
            values,
            rater: choices.rater.as_ref().map_or_else(|| made.rater_name().to_owned(), rater_text),
            other: made.other().and_then(|at| made.columns.raters.get(at)).map_or_else(String::new, |other| {
                let known = offered.raters.iter().find(|rater| rater.name() == other.name);
                known.map_or_else(|| other.name.clone(), rater_text)
            }),
            label: labels_text(made),
        }
    }
}

impl ControlsModel {
    /// The label sources, and those that were chosen to be compared, with their words.
    pub fn labels_and(&self, compared: &[LabelSource]) -> Vec<(LabelSource, String)> {
        let mut labels = self.labels.clone();
        for source in compared {
            if !labels.iter().any(|(known, _)| known == source) {
                labels.push(with_text(source));
            }
        }
        labels
    }

    /// The fields to group by that hold what was typed, those that begin with it first; and what was typed, where that is
    /// another field.
    pub fn fields_like(&self, typed: &str) -> Vec<String> {
        let typed = typed.trim();
        let wanted = typed.to_lowercase();
        let mut found: Vec<String> =
            self.fields.iter().filter(|field| field.to_lowercase().contains(&wanted)).cloned().collect();
        found.sort_by_key(|field| !field.to_lowercase().starts_with(&wanted));
        if !typed.is_empty() && !found.iter().any(|field| field == typed) && can_group(typed) {
            found.push(typed.to_owned());
        }
        found
    }
}

fn with_text(source: &LabelSource) -> (LabelSource, String) {
    (source.clone(), source_text(source))
}

/// Whose labels count, in words.
fn labels_text(made: &Surveyed) -> String {
    let source = made.asked.choices.labels.as_ref().or(made.kept.offered.labels.first());
    source.map_or_else(|| "no labels".to_owned(), source_text)
}

/// The threshold in words.
pub fn threshold_text(threshold: Threshold) -> String {
    match threshold {
        Threshold::Usual => "usual".into(),
        Threshold::Given(at) => number_text(at),
        Threshold::Sweep => "best of all".into(),
        Threshold::Fit => "fitted on half".into(),
    }
}

fn rater_text(rater: &Rater) -> String {
    match rater {
        Rater::Scorer(name) => name.clone(),
        Rater::Labels(source) => source_text(source),
    }
}

fn source_text(source: &LabelSource) -> String {
    match source {
        LabelSource::Own(None) => "your labels".into(),
        LabelSource::Own(Some(name)) => format!("labels of {name}"),
        LabelSource::Imported(None) => "labels in the data".into(),
        LabelSource::Imported(Some(name)) => format!("labels in the data: {name}"),
        other => other.to_string(),
    }
}

/// What the choices become where that is another field: values of the field before are no values of this one.
#[must_use]
pub fn grouped_by(choices: &SurveyChoices, field: &str) -> SurveyChoices {
    SurveyChoices { by: field.to_owned(), pair: None, ..choices.clone() }
}
