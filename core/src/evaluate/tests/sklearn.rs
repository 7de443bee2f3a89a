//! Every figure of pairs equals the one of scikit-learn; `core/tests-data/evaluate/make.py` wrote those down.

use serde::Deserialize;

use crate::evaluate::binary::{Cuts, Pair, calibration_error};

#[derive(Deserialize)]
struct Case {
    name: String,
    scores: Vec<f64>,
    good: Vec<u8>,
    threshold: f64,
    bins: usize,
    auc: f64,
    average_precision_good: f64,
    average_precision_bad: f64,
    /// By truth, then by verdict, bad before good.
    confusion: [[u64; 2]; 2],
    accuracy: f64,
    f1_good: f64,
    f1_bad: f64,
    fpr: Vec<f64>,
    tpr: Vec<f64>,
    precision_bad: Vec<f64>,
    recall_bad: Vec<f64>,
    #[serde(default)]
    brier: Option<f64>,
    #[serde(default)]
    ece: Option<f64>,
    #[serde(default, rename = "true")]
    shares: Vec<f64>,
    #[serde(default)]
    stated: Vec<f64>,
}

#[track_caller]
fn near(case: &str, what: &str, found: Option<f64>, expected: Option<f64>) {
    match (found, expected) {
        (Some(found), Some(expected)) => assert!((found - expected).abs() < 1e-9, "{case}, {what}: {found} {expected}"),
        _ => assert_eq!(found, expected, "{case}, {what}"),
    }
}

#[track_caller]
fn near_all(case: &str, what: &str, found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{case}, {what}");
    for (found, expected) in found.iter().zip(expected) {
        near(case, what, Some(*found), Some(*expected));
    }
}

#[test]
fn figures_equal_those_of_scikit_learn() {
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("../../../tests-data/evaluate/step_figures.json")).unwrap();
    assert_eq!(cases.len(), 8);
    for case in &cases {
        let name = case.name.as_str();
        let pairs = case.scores.iter().zip(&case.good).map(|(&score, &good)| Pair { score, good: good == 1 });
        let cuts = Cuts::new(pairs.collect());
        near(name, "auc", cuts.auc(), Some(case.auc));
        near(name, "average precision, good", cuts.average_precision_good(), Some(case.average_precision_good));
        near(name, "average precision, bad", cuts.average_precision_bad(), Some(case.average_precision_bad));
        let confusion = cuts.confusion(case.threshold);
        let found = [[confusion.bad_flagged, confusion.bad_passed], [confusion.good_flagged, confusion.good_passed]];
        assert_eq!(found, case.confusion, "{name}");
        near(name, "accuracy", confusion.accuracy(), Some(case.accuracy));
        near(name, "f1, good", confusion.f1_good(), Some(case.f1_good));
        near(name, "f1, bad", confusion.f1_bad(), Some(case.f1_bad));
        near(name, "prm score", confusion.prm_score(), Some(f64::midpoint(case.f1_good, case.f1_bad)));
        let (roc, curve) = (cuts.roc(), cuts.precision_recall_bad());
        near_all(name, "fpr", &roc.iter().map(|p| p.x).collect::<Vec<_>>(), &case.fpr);
        near_all(name, "tpr", &roc.iter().map(|p| p.y).collect::<Vec<_>>(), &case.tpr);
        near_all(name, "recall", &curve.iter().map(|p| p.x).collect::<Vec<_>>(), &case.recall_bad);
        near_all(name, "precision", &curve.iter().map(|p| p.y).collect::<Vec<_>>(), &case.precision_bad);
        near(name, "brier", cuts.brier(), case.brier);
        let bins = cuts.reliability(case.bins);
        near(name, "ece", calibration_error(&bins), case.ece);
        near_all(name, "shares", &bins.iter().map(|b| b.share_good).collect::<Vec<_>>(), &case.shares);
        near_all(name, "stated", &bins.iter().map(|b| b.mean_score).collect::<Vec<_>>(), &case.stated);
    }
}

#[test]
fn of_one_sort_only_there_is_no_curve() {
    let cuts = Cuts::new(vec![Pair { score: 0.2, good: true }, Pair { score: 0.2, good: true }]);
    assert_eq!((cuts.auc(), cuts.average_precision_bad(), cuts.roc().len()), (None, None, 0));
    assert_eq!(cuts.average_precision_good(), Some(1.0));
    let none = Cuts::new(Vec::new());
    assert_eq!((none.brier(), none.reliability(10).len(), none.confusion(0.5).accuracy()), (None, 0, None));
}
