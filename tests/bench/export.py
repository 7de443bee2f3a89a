#!/usr/bin/env python3
"""Measures an export of many traces to TRL rows beside Python's polars writing the same rows, in one run.

Polars is given the rows in memory, so its time is that of writing them alone; Stepscope's is that of reading every trace
from the project, judging, checking and hashing as well. See README.md beside this file. Never part of the tests.
"""

import argparse
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PEER = """
import os, resource, sys, time
import polars as pl
rows = pl.read_ndjson(sys.argv[1])
started = time.perf_counter()
with open(sys.argv[2], "wb") as file:
    rows.write_ndjson(file)
    file.flush()
    os.fsync(file.fileno())
print("polars_write_ms", (time.perf_counter() - started) * 1e3)
started = time.perf_counter()
pl.scan_ndjson(sys.argv[1]).sink_ndjson(sys.argv[2])
print("polars_read_and_write_ms", (time.perf_counter() - started) * 1e3)
print("polars_peak_mb", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def run(*command):
    text = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout
    return {name: float(value) for name, value in (line.split() for line in text.splitlines())}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for data and the virtual environment")
    parser.add_argument("--traces", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-peers", action="store_true", help="Stepscope alone")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cargo", "build", "--release", "--locked", "-p", "stepscope-core", "--example", "bench_export"],
                   cwd=ROOT, check=True)
    program = ROOT / "target/release/examples/bench_export"
    project, out = args.work / f"export-{args.traces}.stepscope", args.work / "rows.jsonl"
    if not project.exists():
        run(program, "make", project, args.traces)
    python = args.work / "venv/bin/python"
    if not args.no_peers and not python.exists():
        venv.create(args.work / "venv", with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "polars"], check=True)
    best = {}
    for _ in range(args.rounds):
        measured = run(program, "write", project, out)
        if not args.no_peers:
            measured |= run(python, "-c", PEER, out, args.work / "peer.jsonl")
        for name, value in measured.items():
            best[name] = min(value, best.get(name, value))
    for name, value in best.items():
        print(f"{name:26} {value:10.1f}")
    if not args.no_peers:
        print(f"{'ratio to polars_write':26} {best['export_ms'] / best['polars_write_ms']:10.2f}  (goal: at most 2)")
        print(f"{'ratio to read_and_write':26} {best['export_ms'] / best['polars_read_and_write_ms']:10.2f}")


if __name__ == "__main__":
    sys.exit(main())
