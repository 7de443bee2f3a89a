"""Loads every export format in every container with Hugging Face datasets, and compares what types it infers.

    python3 tests/consumers/load.py PATH_OF_STEPSCOPE TRACES...

The traces are imported into a project of their own. Each format with columns must load from JSONL, a JSON array, packed
JSONL, Parquet and parts of both without a cast error, with the same rows, and with the same features from lines as from
Parquet. Needs the packages `datasets` and `pyarrow`.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

import datasets
import pyarrow.parquet

HOUSE = "problem = 'problem.text'\nsteps = 'path | map(attribute=\"text\") | list'\nfirst_error = 'first_error'\n"
CONTAINERS = ["rows.jsonl", "rows.json", "rows.jsonl.gz", "rows.jsonl.zst", "rows.parquet"]


def formats(program):
    said = subprocess.run([program, "export", "--help"], capture_output=True, text=True, check=True).stdout
    said = said[said.index("--format"):]
    listed = said[:said.index("\n      --", 1)]
    return re.findall(r"^\s*- ([a-z0-9-]+):", listed, re.M)


def exported(program, project, name, out, more):
    command = [program, "export", "--project", project, "--format", name, "--out", out, "--json", *more]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        return None, done.stderr.strip().splitlines()[-1]
    return json.loads(done.stdout), None


def loaded(files, cache):
    builder = "parquet" if files[0].endswith(".parquet") else "csv" if files[0].endswith(".csv") else "json"
    return datasets.load_dataset(builder, data_files=files, split="train", cache_dir=cache)


def plain(value):
    """A row without what is null, as one reader leaves fields out that another one fills."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items() if inner is not None}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def check(program, project, name, folder, more):
    """The features of a format, or why it has no rows."""
    seen, rows = {}, {}
    for container in CONTAINERS:
        for parts in ([], ["--shard-mb", "1"]):
            out = os.path.join(folder, f"{name}-{len(parts)}-{container}")
            report, reason = exported(program, project, name, out, more + parts)
            if report is None:
                return None, reason
            table = loaded(report["files"], os.path.join(folder, "cache"))
            assert table.num_rows == report["rows"] > 0, (name, container, table.num_rows, report["rows"])
            seen[container, bool(parts)] = str(table.features)
            rows[container, bool(parts)] = [plain(row) for row in table.select(range(min(20, len(table))))]
    first = seen["rows.jsonl", False]
    for key in seen:
        assert rows[key] == rows["rows.jsonl", False], (name, key)
        assert seen[key] == first, f"{name} {key}\n{seen[key]}\n{first}"
    return first, report["rows"]


def main():
    program, traces = sys.argv[1], sys.argv[2:]
    datasets.disable_progress_bars()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        project = os.path.join(folder, "project")
        subprocess.run([program, "import", *traces, "--project", project], check=False, capture_output=True)
        house = os.path.join(folder, "house.toml")
        with open(house, "w", encoding="utf-8") as file:
            file.write(HOUSE)
        for name in formats(program):
            if name == "native":
                continue
            more = ["--fields", house] if name == "house" else []
            try:
                features, rows = check(program, project, name, folder, more)
            except Exception as error:  # a report for each format is worth more than the first fault
                failed += 1
                print(f"{name}: FAILED {type(error).__name__}: {error}")
                continue
            print(f"{name}: {rows} rows {features}" if features else f"{name}: no rows: {rows}")
        out = os.path.join(folder, "steps.csv")
        report, _ = exported(program, project, "steps", out, [])
        assert loaded([out], os.path.join(folder, "cache")).num_rows == report["rows"]
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
