#!/usr/bin/env bash
# Exports sample traces in every format and container, and checks that those who train on them can: load.py loads them
# with `datasets`, and train.py feeds them to TRL, where that is there.
#
#     tests/consumers/run.sh               the sample data
#     tests/consumers/run.sh FILES...      other labelled data; formats for which they say too little are passed over
#
# STEPSCOPE         the program; by default the one that the tests were built with
# STEPSCOPE_TRL=1   puts TRL and torch into the environment as well (gigabytes, where torch comes for graphics cards)
# STEPSCOPE_PYTHON  a Python that has the packages, in place of an environment made here
#
# The environment is kept in CARGO_TARGET_DIR. Where Python or the network is missing it says so and ends well.
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
here="$root/tests/consumers"
cache="${CARGO_TARGET_DIR:-$HOME/.cache/stepscope-ci}"

skip() {
    echo "SKIPPED, nothing was checked: $*"
    exit 0
}

# datasets and pandas of these versions ask for 3.11; Debian has `venv` without what it needs in a package of its own.
python_is_there() {
    command -v python3 >/dev/null &&
        python3 -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    if ! python_is_there && command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ]; then
        { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
            ca-certificates python3 python3-venv; } || echo "apt-get did not bring python3-venv" >&2
    fi
    python_is_there || skip "Python 3.11 or newer with venv is missing; on Debian it is python3-venv"
}

# A failure counts only where packages can be had at all.
pip_install() {
    "$python" -m pip install --quiet --disable-pip-version-check --only-binary :all: --timeout 20 --retries 2 "$@" &&
        return
    local probe
    probe="$(mktemp -d "$work/probe.XXXXXX")"
    if "$python" -m pip download --quiet --disable-pip-version-check --timeout 20 --retries 1 --no-deps \
        --dest "$probe" pip >/dev/null 2>&1; then
        echo "packages can be had, but not these: $*" >&2
        return 1
    fi
    skip "no network for Python's packages"
}

# Torch without support for cards is a tenth of the size, but not on PyPI.
install_trl() {
    local torch
    torch="$(grep '^torch==' "$here/requirements-trl.txt")"
    "$python" -m pip install --quiet --disable-pip-version-check --timeout 20 --retries 0 \
        --index-url https://download.pytorch.org/whl/cpu "$torch" >/dev/null 2>&1 ||
        echo "torch comes from PyPI, as its own index is not reached"
    pip_install -r "$here/requirements.txt" -r "$here/requirements-trl.txt"
}

prepare() {
    if [ -n "${STEPSCOPE_PYTHON:-}" ]; then
        python="$STEPSCOPE_PYTHON"
        return
    fi
    find_python
    # A new one for new versions; one that was begun but not finished has no mark.
    local wanted lists=("$here/requirements.txt")
    [ "${STEPSCOPE_TRL:-}" != 1 ] || lists+=("$here/requirements-trl.txt")
    wanted="$({ python3 --version; cat "${lists[@]}"; } | sha256sum | cut -c 1-16)"
    local environment="$cache/consumers/$wanted"
    python="$environment/bin/python"
    if [ -e "$environment/complete" ] && "$python" -c 'import datasets' 2>/dev/null; then
        return
    fi
    mkdir -p "$cache/consumers"
    rm -rf "$environment"
    python3 -m venv "$environment"
    if [ "${STEPSCOPE_TRL:-}" = 1 ]; then install_trl; else pip_install -r "$here/requirements.txt"; fi
    touch "$environment/complete"
}

# The tests of the workspace leave the program there; to build it alone would build its dependencies once more, with
# other features.
find_program() {
    program="${STEPSCOPE:-${CARGO_TARGET_DIR:-$root/target}/debug/stepscope}"
    if [ ! -x "$program" ]; then
        (cd "$root" && cargo build -q --locked --workspace)
    fi
    "$program" --version
}

stepscope() {
    STEPSCOPE_HOME="$work/home" "$program" "$@"
}

# Writes FILE of FORMAT with OPTIONS. Other data may hold no row of a format; the sample data hold all.
export_to() {
    local file="$1" format="$2"
    shift 2
    if stepscope export --project "$project" --format "$format" --out "$file" "$@" >/dev/null 2>"$work/said"; then
        return
    elif [ "$own" = false ] && grep -q 'no row to write' "$work/said"; then
        echo "     $(basename "$file"): $(tail -n 1 "$work/said")"
        return 2
    fi
    cat "$work/said" >&2
    echo "cannot write $(basename "$file")" >&2
    exit 1
}

# Every format in every container.
export_all() {
    local out="$1" formats containers=(jsonl jsonl.gz jsonl.zst json) format container
    # The program lists them when it is asked for one that is not there, so a new one cannot be forgotten.
    formats="$({ stepscope export --project "$project" --format '?' --out "$out/none" 2>&1 || true; } |
        sed -n 's/.*choose one of //p')"
    [ -n "$formats" ] || { echo "the formats cannot be listed" >&2; exit 1; }
    mkdir -p "$out"
    # Since when there is Parquet; without it the program names the containers that it knows.
    if stepscope export --project "$project" --format steps --out "$out/steps.parquet" >/dev/null 2>"$work/said"; then
        containers+=(parquet)
    elif ! grep -q 'rows are written as' "$work/said"; then
        cat "$work/said" >&2
        exit 1
    fi
    # What a house format holds is up to the user.
    printf '%s\n' "problem = 'problem.text'" "steps = 'path | map(attribute=\"text\") | list'" >"$work/house.toml"
    for format in ${formats//,/ }; do
        local more=()
        [ "$format" != house ] || more=(--fields "$work/house.toml")
        for container in "${containers[@]}"; do
            # These say no columns: native and prm800k.
            [[ "$container" != parquet || ! "$format" =~ ^(native|prm800k)$ ]] || continue
            export_to "$out/$format.$container" "$format" ${more[@]+"${more[@]}"} || break
        done
    done
    # The only table.
    for container in csv csv.gz csv.zst; do
        export_to "$out/steps.$container" steps || break
    done
}

# What options change in the columns of a format, or in what a trainer has to do with it.
export_variants() {
    local out="$1"
    mkdir -p "$out"
    export_to "$out/stepwise-mask.jsonl" trl_stepwise --after-error mask --unsure mask --neutral mask || true
    export_to "$out/stepwise-blank-line.jsonl" trl_stepwise --step-separator $'\n\n' || true
    export_to "$out/stepwise-soft.jsonl" trl_stepwise --soft float || true
    export_to "$out/preference-step.jsonl" trl_preference --completion step || true
    export_to "$out/preference-chat-step.jsonl" trl_preference_chat --completion step || true
    export_to "$out/unpaired-trace.jsonl" trl_unpaired --per trace || true
    export_to "$out/rstar-2.jsonl" rstar_pairs --rstar-stage 2 || true
    export_to "$out/rlhflow-messages.jsonl" rlhflow_chat --chat-keys messages || true
    export_to "$out/rlhflow-sharegpt.jsonl" rlhflow_chat --chat-keys sharegpt || true
    export_to "$out/critique-flat.jsonl" critique_sft --critique-layout flat || true
}

# The sample data over and over, so that there are parts. Scores come last: their column begins with nothing. That loads
# as CSV and Parquet; in lines of JSON a part that holds nothing but null has no type, so those are not cut here.
export_parts() {
    local out="$1"
    mkdir -p "$work/many" "$out"
    "$python" - "$root/sample-data/1-word-problems.json" "$work/many/rows.jsonl" <<'PYTHON'
import json, sys
source, target = sys.argv[1:]
rows = json.load(open(source, encoding="utf-8"))
with open(target, "w", encoding="utf-8") as file:
    for number in range(150):
        for row in rows:
            changed = {"id": f"{row['id']}-{number}", "problem": f"{row['problem']} (Variant {number}.)"}
            file.write(json.dumps(row | changed, ensure_ascii=False) + "\n")
PYTHON
    cp "$root/sample-data/6-search-trees.jsonl" "$work/many/trees.jsonl"
    stepscope import --project "$project" "$work/many/rows.jsonl" "$work/many/trees.jsonl" >/dev/null
    export_to "$out/stepwise.jsonl.gz" trl_stepwise --shard-mb 1
    export_to "$out/processbench.json" processbench --shard-mb 1
    export_to "$out/unpaired.jsonl.zst" trl_unpaired --shard-mb 1
    export_to "$out/steps.csv" steps --shard-mb 1
    if [ -e "$work/out/all/steps.parquet" ]; then
        export_to "$out/steps.parquet" steps --shard-mb 1
    fi
}

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
prepare
find_program

own=true
files=("$root/sample-data" "$here/critiques.jsonl")
if [ $# -gt 0 ]; then
    own=false
    files=("$@")
fi
project="$work/project"
stepscope import --project "$project" "${files[@]}" >/dev/null 2>"$work/said" || { cat "$work/said" >&2; exit 1; }
export_all "$work/out/all"
export_variants "$work/out/variants"
if [ "$own" = true ]; then
    project="$work/many-project"
    export_parts "$work/out/parts"
fi

status=0
"$python" "$here/load.py" "$work/out" || status=1
if "$python" -c 'import torch, trl' 2>/dev/null; then
    # Parts hold the same again.
    rm -rf "$work/out/parts"
    "$python" -W ignore::FutureWarning "$here/train.py" "$work/out" || status=1
else
    echo "TRL is not there, so nothing was trained; STEPSCOPE_TRL=1 installs it"
fi
exit "$status"
