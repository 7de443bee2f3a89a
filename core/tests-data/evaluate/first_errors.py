"""Writes first_errors.json: first errors of ReasonEval's mr-math as math-shepherd's scores name them, counted by hand.

    python3 core/tests-data/evaluate/first_errors.py ../shared/data/reasoneval

The definition is that of ProcessBench: the first step with a score below the threshold is named; F1 is the harmonic
mean of the share of erroneous solutions whose first error is named and the share of correct ones where none is.
Scores are given by lines; the score of a step is that of its last line.
"""

import json
import sys
from pathlib import Path

JUDGE = "math-shepherd_mistral-7b"
FITTED = "Abel13B-001"


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def solutions(folder):
    scores = lines(folder / f"eval_results/mr-math_invalid_errors/{JUDGE}_eval_results.json")
    scores = {row["id"]: row["scores"] for row in scores}
    for row in lines(folder / "dataset/mr-math_invalid_errors.json"):
        last, path = 0, []
        for step in row["model_output_step_format"]:
            last += len(step)
            path.append(scores[row["id"]][last - 1])
        error = row["model_output_solution_first_error_step"]
        yield row["generator"], None if error == "N/A" else int(error) - 1, path


def counted(rows, threshold):
    made = {"erroneous": 0, "error_hits": 0, "correct": 0, "correct_hits": 0}
    wrong = {"false_alarm": 0, "miss": 0, "early": 0, "late": 0}
    for _, error, path in rows:
        named = next((at for at, score in enumerate(path) if score < threshold), None)
        kind = "correct" if error is None else "erroneous"
        made[kind] += 1
        if named == error:
            made["correct_hits" if error is None else "error_hits"] += 1
        elif error is None:
            wrong["false_alarm"] += 1
        elif named is None:
            wrong["miss"] += 1
        else:
            wrong["early" if named < error else "late"] += 1
    a, b = made["error_hits"] / made["erroneous"], made["correct_hits"] / made["correct"]
    return {"threshold": threshold, "counts": made, "wrong": wrong, "f1": 2 * a * b / (a + b) if a + b else 0.0}


def best(rows):
    """The first of the best thresholds, each in the middle between two where a verdict turns right or wrong."""
    turns = {2.0}
    for _, error, path in rows:
        low, high = (0.0, min(path)) if error is None else (path[error], min(path[:error], default=2.0))
        turns |= {low, high} if low < high else set()
    turns = sorted(turns - {0.0})
    tried = [turns[0]] + [(low + high) / 2 for low, high in zip(turns, turns[1:])]
    return max((counted(rows, threshold) for threshold in tried), key=lambda made: made["f1"])


def main():
    rows = list(solutions(Path(sys.argv[1])))
    fitted = [row for row in rows if row[0] == FITTED]
    made = {
        "scorer": JUDGE,
        "at": [counted(rows, threshold) for threshold in (0.3, 0.5, 0.7, 0.9)],
        "best": best(rows)["f1"],
        "fit_on": {"generator": FITTED, "traces": len(fitted), "f1": best(fitted)["f1"]},
        "others": [counted([row for row in rows if row[0] != FITTED], best(fitted)["threshold"])],
    }
    Path(__file__).with_name("first_errors.json").write_text(json.dumps(made, indent=1) + "\n")


if __name__ == "__main__":
    main()
