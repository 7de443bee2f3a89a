"""Counts ProcessBench from its rows alone: python3 processbench.py ../shared/data > processbench.txt"""

import collections
import json
import sys

for name in ["gsm8k", "math"]:
    rows = json.load(open(f"{sys.argv[1]}/processbench/{name}.json"))
    cells = collections.Counter((row["final_answer_correct"], row["label"] >= 0) for row in rows)
    for answer in [True, False]:
        for error in [True, False]:
            outcome, process = "correct" if answer else "incorrect", " >= 1" if error else ":none"
            print(f"{name}\toutcome:{outcome} first_error{process}\t{cells[answer, error]}")
    for step, count in sorted(collections.Counter(row["label"] + 1 for row in rows if row["label"] >= 0).items()):
        print(f"{name}\tfirst_error:{step}\t{count}")
