#!/usr/bin/env python3
"""Loads exported files with Hugging Face `datasets`, the way a training script does: features inferred, nothing cast.

    tests/consumers/load.py FOLDER

Every manifest below FOLDER names a file, or its parts. The features that `datasets` infers must be those that the
format promises (a column that is null by accident shows here), the rows as many as the manifest says, and their values
those that the file holds. Parts must load together and alone, as trainers that stream begin with any of them.
"""

import csv
import gzip
import json
import os
import sys
import tempfile
from pathlib import Path

# The files lie here: nothing is to be asked of a hub.
os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")

import datasets
from datasets import Features, List, Value

datasets.disable_progress_bars()
datasets.logging.set_verbosity_error()

TEXT, TRUTH, WHOLE, NUMBER = Value("string"), Value("bool"), Value("int64"), Value("float64")
TURNS = List({"role": TEXT, "content": TEXT})
META = {"rule": TEXT, "margin": NUMBER, "criterion": TEXT, "judged_by": TEXT, "chosen_by": TEXT, "rejected_by": TEXT,
        "on_policy": TEXT, "problem": TEXT, "chosen_trace": TEXT, "chosen_step": WHOLE, "rejected_trace": TEXT,
        "rejected_step": WHOLE}
PAIR = {"prompt": TEXT, "chosen": TEXT, "rejected": TEXT}
EDIT = {"step": WHOLE, "original": TEXT, "corrected": TEXT, "reason": TEXT}
VERDICT = {"first_error": WHOLE, "base": WHOLE, "labels": List(TRUTH)}
RATED = {"text": TEXT, "rating": WHOLE, "flagged": TRUTH}


def promised(manifest):
    """The features of a format, by name and the options that change them; `None` where a row may hold anything."""
    policy = manifest["policy"]
    match manifest["format"]:
        case "trl_stepwise":
            label = NUMBER if policy["soft"] == "float" else TRUTH
            return {"prompt": TEXT, "completions": List(TEXT), "labels": List(label)}
        case "trl_preference":
            return PAIR | {"meta": META}
        case "trl_preference_chat":
            return {"prompt": TURNS, "chosen": TURNS, "rejected": TURNS, "meta": META}
        case "trl_unpaired":
            return {"prompt": TEXT, "completion": TEXT, "label": TRUTH}
        case "trl_unpaired_chat":
            return {"prompt": TURNS, "completion": TURNS, "label": TRUTH}
        case "correction_sft":
            turns = List({"role": TEXT, "content": TEXT, "weight": WHOLE})
            return {"messages": turns, "loss_mask": List(WHOLE), "edits": List(EDIT), "meta": META}
        case "mc_tree":
            node = {"id": WHOLE, "parent": WHOLE, "kind": TEXT, "text": TEXT, "mc_value": NUMBER, "right": WHOLE,
                    "ends": WHOLE, "label": TEXT, "on_path": TRUTH}
            return {"id": TEXT, "question": TEXT, "final_answer": TEXT, "nodes": List(node)}
        case "best_of_n":
            texts = dict.fromkeys(("problem_id", "problem", "answer", "scorer"), TEXT)
            return texts | {"candidates": List(List(TEXT)), "is_correct": List(TRUTH), "scores": List(List(NUMBER)),
                            "rewards": List(NUMBER), "models": List(TEXT), "traces": List(TEXT)}
        case "house":
            return {"problem": TEXT, "steps": List(TEXT)}
        case "step_dpo":
            more = ("dataset", "initial_reason_steps", "full_chosen", "full_rejected", "answer")
            return PAIR | dict.fromkeys(more, TEXT) | {"meta": META}
        case "rstar_pairs" if policy["rstar_stage"] == "2":
            counts = {"neg_count": WHOLE, "pos_count": WHOLE}
            return {"prompt": TEXT, "neg": List(TEXT), "pos": List(TEXT), "meta": List(META)} | counts
        case "rstar_pairs":
            return {"prefix": TEXT, "question": TEXT, "chosen_step": TEXT, "chosen_steps": List(TEXT),
                    "rejected_step": TEXT, "rejected_steps": List(TEXT), "step_margin": NUMBER, "steps_margin": NUMBER,
                    "neg_count": WHOLE, "pos_count": WHOLE, "meta": META}
        case "weighted_pairs":
            return PAIR | {"weight": NUMBER, "criterion": TEXT, "meta": META}
        case "processbench":
            return {"id": TEXT, "generator": TEXT, "problem": TEXT, "steps": List(TEXT), "final_answer_correct": TRUTH,
                    "label": WHOLE}
        case "math_shepherd":
            return {"input": TEXT, "label": TEXT, "task": TEXT}
        case "rlhflow_chat":
            return {"conversations": {"conversations": TURNS}, "messages": {"messages": TURNS},
                    "sharegpt": {"conversations": List({"from": TEXT, "value": TEXT})}}[policy["chat_keys"]].copy()
        case "prm800k":
            question = {"problem": TEXT, "ground_truth_solution": TEXT, "ground_truth_answer": TEXT,
                        "pre_generated_steps": List(TEXT), "pre_generated_answer": TEXT,
                        "pre_generated_verifier_score": NUMBER}
            position = {"completions": List(RATED), "human_completion": RATED | {"source": TEXT},
                        "chosen_completion": WHOLE}
            label = {"steps": List(position), "total_time": WHOLE, "finish_reason": TEXT}
            return {"labeler": TEXT, "timestamp": TEXT, "generation": WHOLE, "is_quality_control_question": TRUTH,
                    "is_initial_screening_question": TRUTH, "question": question, "label": label}
        case "critique_sft":
            flat = {"prompt": TEXT, "critique": TEXT}
            words = flat if policy["critique_layout"] == "flat" else {"messages": TURNS}
            return words | {"verdict": VERDICT, "id": TEXT}
        case "steps":
            texts = dict.fromkeys(("trace", "problem", "generator", "outcome", "kind", "text", "label"), TEXT)
            return texts | {"step": WHOLE, "parent": WHOLE}
        case "native":
            return None
    raise ValueError(f"no schema is known of the format {manifest['format']}; add it here")


# Null in every row of some data sets, as in the published PRM800K: its shape is fixed, and nothing else says nothing.
# Everywhere else a null type is a fault.
NULL_BY_DESIGN = {
    # The sample data have no scores of attempts.
    "best_of_n": {"scores", "rewards"},
    "prm800k": {"generation", "question.ground_truth_solution", "question.ground_truth_answer",
                "question.pre_generated_steps", "question.pre_generated_answer",
                "question.pre_generated_verifier_score", "label.steps.human_completion",
                "label.steps.human_completion.rating", "label.steps.completions.flagged",
                "label.steps.human_completion.flagged", "label.steps.completions", "label.steps.chosen_completion",
                "label.steps.completions.rating"},
}


def clashes(wanted, found, place, may_be_null):
    """Where the inferred features differ from the promised ones, in words."""
    if isinstance(found, Value) and found.dtype == "null" or isinstance(found, List) and found.feature == Value("null"):
        if place not in may_be_null:
            yield f"`{place}` is null in every row"
    elif isinstance(wanted, dict) and isinstance(found, dict):
        for name in wanted.keys() | found.keys():
            inside = f"{place}.{name}" if place else name
            if name not in found:
                yield f"`{inside}` is missing"
            elif name not in wanted:
                yield f"`{inside}` is not promised"
            else:
                yield from clashes(wanted[name], found[name], inside, may_be_null)
    elif isinstance(wanted, List) and isinstance(found, List):
        yield from clashes(wanted.feature, found.feature, place, may_be_null)
    elif wanted != found and (wanted, found) != (TEXT, Value("large_string")):
        # pandas, which reads CSV, has texts of either width.
        yield f"`{place}` is {found}, not {wanted}"


def check_features(manifest, found):
    wanted = promised(manifest)
    if wanted is None:
        # Whatever else rows hold, these name the row.
        wanted = {"schema": TEXT, "id": TEXT}
        found = {name: found.get(name) for name in wanted}
    if manifest["format"] == "steps":
        # Columns of the project: its soft labels, words and scores.
        wanted |= {name: NUMBER for name in found if name == "soft" or name.startswith("score.")}
        wanted |= {name: TEXT for name in found if name in ("rationale", "note", "critique")}
    return sorted(clashes(wanted, dict(found), "", NULL_BY_DESIGN.get(manifest["format"], set())))


def opened(path):
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    if path.suffix == ".zst":
        import zstandard
        return zstandard.open(path, "rt", encoding="utf-8", newline="")
    return open(path, encoding="utf-8", newline="")


def layout(path):
    name = path.name.removesuffix(".gz").removesuffix(".zst")
    ends = {".json": "array", ".csv": "csv", ".parquet": "parquet"}
    return next((kind for end, kind in ends.items() if name.endswith(end)), "lines")


def rows_of(path):
    """The rows as they stand in the file, read without `datasets`; lists of Parquet are not read a second way."""
    match layout(path):
        case "parquet":
            return None
        case "csv":
            with opened(path) as file:
                return list(csv.DictReader(file))
        case "array":
            with opened(path) as file:
                return json.load(file)
        case _:
            with opened(path) as file:
                # Not splitlines: texts may hold other line ends.
                return [json.loads(line) for line in file.read().split("\n") if line]


def plain(value):
    """Without what is null, which files leave out and tables fill in."""
    if isinstance(value, dict):
        return {key: plain(inside) for key, inside in value.items() if inside is not None}
    return [plain(inside) for inside in value] if isinstance(value, list) else value


def alike(found, wanted):
    """Equal but for digits after the tenth, which `datasets` drops when it turns one array into lines."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return wanted.keys() == found.keys() and all(alike(found[name], wanted[name]) for name in wanted)
    if isinstance(wanted, list) and isinstance(found, list):
        return len(wanted) == len(found) and all(map(alike, found, wanted))
    if isinstance(wanted, float) and isinstance(found, float):
        return abs(wanted - found) <= 1e-9
    return wanted == found


def as_cells(row):
    """A row as CSV says it: everything is text, and an empty text is no different from nothing."""
    cell = lambda value: "" if value is None else value if isinstance(value, str) else json.dumps(value)
    return {name: cell(value) for name, value in row.items()}


def load(paths, cache):
    kind = {"csv": "csv", "parquet": "parquet"}.get(layout(paths[0]), "json")
    return datasets.load_dataset(kind, data_files=[str(path) for path in paths], split="train", cache_dir=cache)


def first_difference(table, paths, manifest):
    """The first row that differs from the file, in words."""
    read = [rows_of(path) for path in paths]
    if promised(manifest) is None or None in read:
        return None
    same = as_cells if layout(paths[0]) == "csv" else plain
    number_cells = {name for name, kind in table.features.items() if kind == NUMBER}
    for at, (found, wanted) in enumerate(zip(table, (row for rows in read for row in rows), strict=True)):
        found, wanted = same(found), same(wanted)
        if layout(paths[0]) == "csv":
            for name in number_cells:
                found[name], wanted[name] = (float(row[name]) if row[name] else None for row in (found, wanted))
        for name in wanted.keys() | found.keys():
            if not alike(found.get(name), wanted.get(name)):
                return f"row {at}: `{name}` is {found.get(name)!r:.80}, in the file {wanted.get(name)!r:.80}"
    return None


def check(manifest_file, cache):
    """What is wrong with an export, as a list of words, and a line that describes it."""
    manifest = json.loads(manifest_file.read_text(encoding="utf-8"))
    parts = [manifest_file.parent / part["file"] for part in manifest["files"]]
    about = f"{manifest['format']:20} {manifest['file']:34} {manifest['rows']:6} rows" + (
        f" in {len(parts)} parts" if len(parts) > 1 else "")
    faults = []
    try:
        table = load(parts, cache)
        faults += check_features(manifest, table.features)
        if table.num_rows != manifest["rows"]:
            faults.append(f"{table.num_rows} rows, the manifest says {manifest['rows']}")
        difference = first_difference(table, parts, manifest)
        faults += [difference] if difference else []
    except Exception as error:  # noqa: BLE001 - whatever a reader raises is a file that does not load.
        faults.append(f"does not load: {said(error)}")
    for part, listed in zip(parts, manifest["files"]) if len(parts) > 1 else ():
        try:
            alone = load([part], cache)
            faults += [f"{part.name} alone: {fault}" for fault in check_features(manifest, alone.features)]
            if alone.num_rows != listed["rows"]:
                faults.append(f"{part.name}: {alone.num_rows} rows, the manifest says {listed['rows']}")
        except Exception as error:  # noqa: BLE001
            faults.append(f"{part.name} alone does not load: {said(error)}")
    return about, faults


def said(error):
    """The last cause of an error: the outer ones only say that loading failed."""
    while error.__cause__ is not None:
        error = error.__cause__
    return f"{type(error).__name__}: {' '.join(str(error).split()):.300}"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    manifests = sorted(Path(sys.argv[1]).rglob("*.manifest.json"))
    if not manifests:
        sys.exit(f"no manifest below {sys.argv[1]}: nothing was exported")
    wrong = 0
    print(f"datasets {datasets.__version__}")
    with tempfile.TemporaryDirectory() as cache:
        for manifest in manifests:
            about, faults = check(manifest, cache)
            print(f"{'FAIL' if faults else 'ok':4} {about}")
            for fault in faults:
                print(f"     {fault}")
            wrong += bool(faults)
    print(f"{len(manifests)} exports, {wrong} of them do not load as promised")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
