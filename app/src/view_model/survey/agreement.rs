//! How far label sources agree: a matrix of each with each.

use stepscope_core::labels::{Figures, LabelSource, PairFigures};

use super::axis::percent_text;
use super::scorer::TileModel;
use crate::state::survey::{Agreed, Measure};
use crate::view_model::sources::short_name;

/// The page on agreement.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct AgreementModel {
    /// What is compared.
    pub intro: String,
    /// All sources together.
    pub tiles: Vec<TileModel>,
    /// What the cells show, and what it means.
    pub caption: &'static str,
    /// The sources: a word, and as they are written.
    pub names: Vec<(String, String)>,
    /// Row by row; none on the diagonal.
    pub cells: Vec<Vec<Option<AgreementCell>>>,
    /// Why there is nothing to be seen.
    pub problem: Option<String>,
}

/// How far two sources agree.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct AgreementCell {
    /// The figure.
    pub value: String,
    /// Its interval.
    pub interval: String,
    /// Of how many steps or traces.
    pub count: String,
    /// Where it lies, 0 for chance or nothing in common, 1 for everything.
    pub share: Option<f64>,
    /// All figures of the two.
    pub hint: String,
    /// In words.
    pub name: String,
    /// The two.
    #[cfg_attr(feature = "testing", serde(skip))]
    pub pair: [LabelSource; 2],
}

impl AgreementModel {
    /// Shows what was compared. `own` is the annotator who looks.
    pub fn new(agreed: &Agreed, measure: Measure, own: &str) -> Self {
        let report = match &agreed.report {
            Ok(report) => report,
            Err(why) => return Self { problem: Some(why.clone()), ..Self::default() },
        };
        let names: Vec<(String, String)> =
            report.sources.iter().map(|source| (short_name(source, own), source.to_string())).collect();
        let of = |a: &LabelSource, b: &LabelSource| {
            let is_pair = |pair: &&PairFigures| pair.a == *a && pair.b == *b || pair.a == *b && pair.b == *a;
            report.pairs.iter().find(is_pair).map(|pair| &pair.figures)
        };
        let cell = |a: &LabelSource, b: &LabelSource| {
            let figures = of(a, b).filter(|_| a != b)?;
            Some(AgreementCell::new(figures, measure, [a.clone(), b.clone()], own))
        };
        let row = |a: &LabelSource| report.sources.iter().map(|b| cell(a, b)).collect();
        let (sources, traces) = (report.sources.len(), report.traces);
        Self {
            intro: format!("{sources} label sources on {}", counted(traces, "listed trace")),
            tiles: tiles(&report.overall, report.sources.len()),
            caption: caption(measure),
            cells: report.sources.iter().map(row).collect(),
            names,
            problem: None,
        }
    }
}

impl AgreementCell {
    fn new(of: &Figures, measure: Measure, pair: [LabelSource; 2], own: &str) -> Self {
        let first = &of.first_error;
        let (value, interval, count) = match measure {
            Measure::Alpha => (digits(of.alpha), range(of.alpha_interval), counted(of.n, "step")),
            Measure::Kappa => (digits(of.kappa), range(of.kappa_interval), counted(of.n, "step")),
            Measure::FirstError => (
                share_text(first.first_error_exact),
                percents(first.first_error_exact_interval),
                counted(first.first_error_n, "trace"),
            ),
        };
        let share = match measure {
            Measure::Alpha => of.alpha,
            Measure::Kappa => of.kappa,
            Measure::FirstError => first.first_error_exact,
        };
        let [a, b] = [&pair[0], &pair[1]].map(|source| short_name(source, own));
        let name = format!("{a} and {b}: {} {value}, {count}", measure_name(measure));
        let share = share.map(|share| share.clamp(0.0, 1.0));
        Self { value, interval, count, share, hint: hint(of, &pair), name, pair }
    }
}

/// The word for a measure.
pub const fn measure_name(measure: Measure) -> &'static str {
    match measure {
        Measure::Alpha => "Alpha",
        Measure::Kappa => "Kappa",
        Measure::FirstError => "First error",
    }
}

const fn caption(measure: Measure) -> &'static str {
    match measure {
        Measure::Alpha => {
            "Krippendorff's alpha of step ratings with its 95 % interval; 1 is perfect, 0 is chance. A cell lists what the \
             two dispute"
        }
        Measure::Kappa => {
            "Cohen's kappa of step ratings with its 95 % interval; 1 is perfect, 0 is chance. A cell lists what the two \
             dispute"
        }
        Measure::FirstError => {
            "Traces with exactly the same first error, or none in both, with its 95 % interval. A cell lists what the two \
             dispute"
        }
    }
}

fn tiles(of: &Figures, sources: usize) -> Vec<TileModel> {
    let first = &of.first_error;
    let who = if sources > 2 { "all together" } else { "the two" };
    vec![
        TileModel {
            title: "Alpha of steps",
            value: digits(of.alpha),
            detail: format!("{}  {}", range(of.alpha_interval), counted(of.n, "step")),
            hint: "Krippendorff's alpha of ratings as names, of steps that two sources or more rate",
        },
        TileModel {
            title: "Same rating",
            value: share_text(of.percent),
            detail: who.into(),
            hint: "share of pairs of ratings of the same step that are the same; chance is not taken off",
        },
        TileModel {
            title: "Kappa of steps",
            value: digits(of.kappa),
            detail: if sources > 2 { "mean of the pairs".into() } else { range(of.kappa_interval) },
            hint: "Cohen's kappa; of more than two sources the mean over pairs",
        },
        TileModel {
            title: "Same first error",
            value: share_text(first.first_error_exact),
            detail: format!(
                "{}, within one step {}",
                counted(first.first_error_n, "trace"),
                share_text(first.first_error_within_one)
            ),
            hint: "share with exactly the same first error, or none in both",
        },
        TileModel {
            title: "Any error at all",
            value: share_text(of.verdict.percent),
            detail: format!("alpha {}  {}", digits(of.verdict.alpha), counted(of.verdict.n, "trace")),
            hint: "share with the same answer to whether there is an error",
        },
    ]
}

fn hint(of: &Figures, [a, b]: &[LabelSource; 2]) -> String {
    let first = &of.first_error;
    let within = |interval: String| if interval.is_empty() { interval } else { format!(" ({interval})") };
    format!(
        "{a}\n{b}\n{}: same {}, alpha {}{}, kappa {}{}\n{}: same first error {}{}, within one step {}\n\
         Click: what they dispute, most at stake first",
        counted(of.n, "step"),
        share_text(of.percent),
        digits(of.alpha),
        within(range(of.alpha_interval)),
        digits(of.kappa),
        within(range(of.kappa_interval)),
        counted(first.first_error_n, "trace"),
        share_text(first.first_error_exact),
        within(percents(first.first_error_exact_interval)),
        share_text(first.first_error_within_one),
    )
}

fn counted(count: u64, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

fn digits(value: Option<f64>) -> String {
    // Nobody is told of a negative nothing.
    let rounded = |value: f64| (value * 100.0).round() / 100.0 + 0.0;
    value.map_or_else(|| "–".into(), |value| format!("{:.2}", rounded(value)))
}

fn share_text(share: Option<f64>) -> String {
    share.map_or_else(|| "–".into(), percent_text)
}

fn range(interval: Option<[f64; 2]>) -> String {
    interval.map_or_else(String::new, |[low, high]| format!("{low:.2} to {high:.2}"))
}

fn percents(interval: Option<[f64; 2]>) -> String {
    interval.map_or_else(String::new, |[low, high]| format!("{:.0} to {:.0} %", low * 100.0, high * 100.0))
}

#[cfg(test)]
mod tests {
    use stepscope_core::labels::{AgreementReport, FirstErrors};

    use super::*;
    use crate::state::survey::{AskedAgreement, Stamp};

    fn agreed(report: Result<AgreementReport, String>) -> Agreed {
        let asked = AskedAgreement { stamp: Stamp::default(), listed: 1, sources: Vec::new() };
        Agreed { asked, report }
    }

    #[test]
    fn the_matrix_has_each_pair_twice_and_no_diagonal() {
        let sources: Vec<LabelSource> =
            ["own:ann", "imported:human", "scorer:prm@0.5"].map(|source| source.parse().unwrap()).to_vec();
        let figures = |alpha: f64, n: u64| Figures {
            n,
            alpha: Some(alpha),
            alpha_interval: Some([alpha - 0.1, alpha + 0.1]),
            first_error: FirstErrors {
                first_error_n: 4,
                first_error_exact: Some(0.5),
                first_error_exact_interval: Some([0.15, 0.85]),
                ..FirstErrors::default()
            },
            ..Figures::default()
        };
        let pair = |a: usize, b: usize, alpha| PairFigures {
            a: sources[a].clone(),
            b: sources[b].clone(),
            figures: figures(alpha, 12),
        };
        let report = AgreementReport {
            schema: "stepscope.agree/1",
            sources: sources.clone(),
            traces: 7,
            overall: figures(0.4, 20),
            pairs: vec![pair(0, 1, 0.8), pair(0, 2, -0.25), pair(1, 2, 0.3)],
        };
        let model = AgreementModel::new(&agreed(Ok(report.clone())), Measure::Alpha, "ann");
        let value = |cell: &Option<AgreementCell>| cell.as_ref().map_or("·".into(), |cell| cell.value.clone());
        let rows: Vec<String> =
            model.cells.iter().map(|row| row.iter().map(value).collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(rows, ["· 0.80 -0.25", "0.80 · 0.30", "-0.25 0.30 ·"]);
        let cell = model.cells[0][2].as_ref().unwrap();
        assert_eq!(
            (cell.interval.as_str(), cell.count.as_str(), cell.share),
            ("-0.35 to -0.15", "12 steps", Some(0.0))
        );
        assert_eq!(cell.name, "you and prm ≥ 0.5: Alpha -0.25, 12 steps");
        assert_eq!(model.intro, "3 label sources on 7 listed traces");
        assert_eq!(
            (digits(Some(-0.001)), digits(Some(-0.006)), digits(None)),
            ("0.00".into(), "-0.01".into(), "–".into())
        );
        let model = AgreementModel::new(&agreed(Ok(report)), Measure::FirstError, "bob");
        let cell = model.cells[1][0].as_ref().unwrap();
        assert_eq!((cell.value.as_str(), cell.interval.as_str()), ("50.0 %", "15 to 85 %"));
        assert_eq!(cell.name, "human and ann: First error 50.0 %, 4 traces");
        assert_eq!(cell.pair, [sources[1].clone(), sources[0].clone()], "the row's source first");
        let none = AgreementModel::new(&agreed(Err("why".into())), Measure::Kappa, "ann");
        assert_eq!((none.problem.as_deref(), none.cells.len()), (Some("why"), 0));
    }
}
