#!/usr/bin/env python3
"""Measures Stepscope beside Python's polars and datasets on the same data, in turn, and prints one table.

See README.md beside this file. Never part of the tests.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PEERS = {
    "polars": "import polars as pl; pl.scan_ndjson(path).sink_parquet(out)",
    "datasets": "import datasets; datasets.load_dataset('json', data_files=path, cache_dir=out)",
}
# The import of the library is not measured, its work is.
PEER = """
import os, resource, sys, time
path, out = sys.argv[1:3]
head, body = {code!r}.split("; ", 1)
exec(head)
started = time.perf_counter()
exec(body)
print("ms", (time.perf_counter() - started) * 1e3)
print("peak_mb", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def real_rows(folder):
    rows = []
    for path in sorted(folder.glob("**/processbench/**/*.json")):
        rows += json.loads(path.read_text(encoding="utf-8"))
    return rows


def synthetic_rows():
    """Rows of the same shape and about the same length."""
    source = random.Random(7)
    words = "the sum of both sides is so we have therefore equation add divide by hence angle remainder then".split()
    text = lambda low, high: " ".join(source.choice(words) for _ in range(source.randint(low, high)))
    rows = []
    for number in range(1400):
        steps = [text(15, 60) for _ in range(source.randint(3, 10))]
        label = source.randint(-1, len(steps) - 1)
        rows.append({"id": f"made-{number}", "generator": "model", "problem": text(30, 60), "steps": steps,
                     "final_answer_correct": label < 0, "label": label})
    return rows


def write_rows(path, rows, count):
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            row = dict(rows[number % len(rows)])
            row["id"] = f"{row['id']}-{number}"
            file.write(json.dumps(row) + "\n")


def python_with_peers(folder):
    python = folder / "venv" / "bin" / "python"
    if not python.exists():
        venv.create(folder / "venv", with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PEERS], check=True)
    return python


def numbers(command):
    done = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True)
    pairs = [line.split() for line in done.stdout.splitlines()]
    return {pair[0]: float(pair[1]) for pair in pairs if len(pair) == 2}


def remove(path):
    shutil.rmtree(path, ignore_errors=True)
    path.unlink(missing_ok=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for data and projects; about 10 GB")
    parser.add_argument("--data", type=Path, help="folder with the real ProcessBench files, if you have them")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--traces", type=int, default=1_000_000, help="size of the project that is opened")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-peers", action="store_true", help="measure Stepscope alone")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    os.environ["HF_HUB_OFFLINE"] = "1"

    subprocess.run(["cargo", "build", "--release", "--locked", "-p", "stepscope-core", "--example", "bench_store"],
                   cwd=ROOT, check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    program = target / "release" / "examples" / "bench_store"

    source = args.work / f"processbench-{args.rows}.jsonl"
    if not source.exists():
        rows = real_rows(args.data) if args.data else []
        print("rows made from", "the real ones" if rows else "synthetic ones")
        write_rows(source, rows or synthetic_rows(), args.rows)
    print(f"{source.stat().st_size / 1e6:.0f} MB, {args.rows} rows, {os.cpu_count()} cores\n")

    best = {}
    python = None if args.no_peers else python_with_peers(args.work)
    for _ in range(args.rounds):
        project = args.work / "import.stepscope"
        remove(project)
        runs = {"stepscope": numbers([program, "import", project, source])}
        runs["stepscope"]["ms"] = runs["stepscope"]["import_ms"]
        for name, code in PEERS.items() if python else ():
            out = args.work / f"out-{name}"
            remove(out)
            runs[name] = numbers([python, "-c", PEER.format(code=code), source, out])
            remove(out)
        for name, run in runs.items():
            if name not in best or run["ms"] < best[name]["ms"]:
                best[name] = run
    print(f"{'import, best of ' + str(args.rounds):<24}{'seconds':>9}{'ratio':>8}{'peak MB':>9}")
    for name, run in best.items():
        ratio = best["stepscope"]["ms"] / run["ms"]
        print(f"{name:<24}{run['ms'] / 1e3:>9.2f}{ratio:>8.2f}{run['peak_mb']:>9.0f}")
    print(f"{'first rows shown':<24}{best['stepscope']['first_rows_ms'] / 1e3:>9.2f}\n")

    project = args.work / f"made-{args.traces}.stepscope"
    if not project.exists():
        numbers([program, "make", project, args.traces])
    print(f"project of {args.traces} traces")
    for name, value in numbers([program, "measure", project]).items():
        print(f"{name:<32}{value:>12.2f}")


if __name__ == "__main__":
    sys.exit(main())
