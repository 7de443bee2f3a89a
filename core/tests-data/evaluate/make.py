"""Writes step_figures.json: pairs of a score and the truth with the figures that scikit-learn gives for them.

    python3 -m venv env && env/bin/pip install scikit-learn==1.9.1 numpy
    env/bin/python core/tests-data/evaluate/make.py

The expected calibration error is not part of scikit-learn: it is computed here from numpy alone, with the bins of
sklearn.calibration.calibration_curve (strategy "uniform").
"""

import json
from pathlib import Path

import numpy as np
from sklearn import metrics
from sklearn.calibration import calibration_curve


def calibration(truth, scores, bins):
    edges = np.linspace(0.0, 1.0, bins + 1)
    number = np.searchsorted(edges[1:-1], scores)
    true, stated = calibration_curve(truth, scores, n_bins=bins)
    error = 0.0
    for at in range(bins):
        inside = number == at
        if inside.any():
            error += inside.mean() * abs(truth[inside].mean() - scores[inside].mean())
    return error, list(true), list(stated)


def figures(name, truth, scores, threshold, bins=10):
    truth, scores = np.asarray(truth), np.asarray(scores, dtype=float)
    bad = 1 - truth
    passed = (scores >= threshold).astype(int)
    fpr, tpr, _ = metrics.roc_curve(truth, scores, drop_intermediate=False)
    precision, recall, _ = metrics.precision_recall_curve(bad, -scores)
    made = {
        "name": name,
        "scores": scores.tolist(),
        "good": truth.tolist(),
        "threshold": threshold,
        "bins": bins,
        "auc": metrics.roc_auc_score(truth, scores),
        "average_precision_good": metrics.average_precision_score(truth, scores),
        "average_precision_bad": metrics.average_precision_score(bad, -scores),
        "confusion": metrics.confusion_matrix(truth, passed, labels=[0, 1]).tolist(),
        "accuracy": metrics.accuracy_score(truth, passed),
        "f1_good": metrics.f1_score(truth, passed),
        "f1_bad": metrics.f1_score(bad, 1 - passed),
        "fpr": fpr.tolist(),
        "tpr": tpr.tolist(),
        # Without the last point, which stands for no recall; from the lowest score on.
        "precision_bad": precision[:-1][::-1].tolist(),
        "recall_bad": recall[:-1][::-1].tolist(),
    }
    if scores.min() >= 0 and scores.max() <= 1:
        error, true, stated = calibration(truth, scores, bins)
        made |= {"brier": metrics.brier_score_loss(truth, scores), "ece": error, "true": true, "stated": stated}
    return made


def main():
    draw = np.random.default_rng(11)

    def case(name, count, rounded, threshold, share=0.8, spread=1.0, shift=0.0):
        truth = (draw.random(count) < share).astype(int)
        truth[:2] = [0, 1]
        scores = 1 / (1 + np.exp(-(truth * 1.6 + draw.normal(0, 1.4, count))))
        scores = scores * spread + shift
        return figures(name, truth, scores if rounded is None else np.round(scores, rounded), threshold)

    cases = [
        case("probabilities", 120, None, 0.5),
        case("many ties", 150, 1, 0.5),
        case("few bad ones", 100, 2, 0.7, share=0.95),
        case("no probabilities", 90, 1, 0.0, spread=8.0, shift=-4.0),
        figures("all equal", [1, 0, 1, 1], [0.5, 0.5, 0.5, 0.5], 0.5),
        figures("perfect", [1, 1, 0, 0], [0.9, 0.8, 0.2, 0.1], 0.5),
        figures("upside down", [0, 0, 1, 1], [0.9, 0.8, 0.2, 0.1], 0.5),
        figures("ends of bins", [1, 0, 1, 0, 1, 1], [0.0, 0.1, 0.2, 0.3, 0.7, 1.0], 0.3),
    ]
    path = Path(__file__).with_name("step_figures.json")
    path.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


if __name__ == "__main__":
    main()
