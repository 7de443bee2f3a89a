"""Counts preference pairs in published search trees and pools, without Stepscope.

    python3 tests/consumers/pair_counts.py FOLDER_OF_THE_DATA_SETS

The numbers printed are those that `core/src/export/tests/published_pairs.rs` expects of Stepscope.
"""

import glob
import json
import os
import sys


def tree_pairs(nodes, better):
    """Nodes are (parent, text) in order; `better(i, j)` gives the margin of two siblings, or None."""
    below, paths, found = {}, [], set()
    for at, (parent, text) in enumerate(nodes):
        below.setdefault(parent, []).append(at)
        paths.append((paths[parent] if parent is not None else ()) + (text,))
    for parent, siblings in below.items():
        prefix = paths[parent] if parent is not None else ()
        margins = [(-better(i, j), i, j) for i in siblings for j in siblings if better(i, j) is not None]
        for _, i, j in sorted(margins):
            a, b = nodes[i][1].strip(), nodes[j][1].strip()
            # Both have text, they differ, and the opposite was not said before; the same twice counts once.
            if a and b and a != b and (prefix, b, a) not in found:
                found.add((prefix, a, b))
    return found


def by_value(values, least):
    def better(i, j):
        if values[i] is None or values[j] is None:
            return None
        margin = values[i] - values[j]
        return margin if margin > 0 and margin >= least else None
    return better


def distance(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a):
        last, row = row, [i + 1]
        for j, y in enumerate(b):
            row.append(min(last[j] + (x != y), last[j + 1] + 1, row[j] + 1))
    return row[-1]


def omegaprm(data):
    trees = []
    for line in open(f"{data}/omegaprm_math_aps/samples_math-aps-tree.jsonl"):
        root = json.loads(line)["reasoning_steps"]
        nodes, values = [], []
        def walk(node, parent):
            for child in node["children"]:
                at = len(nodes)
                nodes.append((parent, child["text"]))
                values.append(child["mc_value"])
                walk(child, at)
        walk(root, None)
        trees.append((nodes, values))
    return trees


def search_pairs(nodes, q, least, edits):
    """The rule of rStar-Math: two and two of each fork."""
    below, paths, found = {}, [], set()
    for at, (parent, text) in enumerate(nodes):
        below.setdefault(parent, []).append(at)
        paths.append((paths[parent] if parent is not None else ()) + (text,))
    def means(at, right, above=()):
        path = above + (q[at],)
        if at not in below:
            ends = q[at] >= 1 if right else q[at] <= 0
            return [sum(path) / len(path)] if ends else []
        return [mean for child in below[at] for mean in means(child, right, path)]
    for siblings in below.values():
        if len(siblings) < 2:
            continue
        right = sorted(((-q[at], at, max(means(at, True))) for at in siblings if means(at, True)))
        wrong = sorted(((q[at], at, min(means(at, False))) for at in siblings if means(at, False)))
        right, wrong = right[: 4 if len(wrong) == 1 else 2], wrong[: 4 if len(right) == 1 else 2]
        pairs = [(-(-a - b), n, m, i, j) for n, (a, i, x) in enumerate(right) for m, (b, j, y) in enumerate(wrong)
                 if -a - b > 0 and -a - b >= least and x > y]
        good, bad = set(), set()
        for *_, i, j in sorted(pairs):
            if i not in bad and j not in good:
                good.add(i)
                bad.add(j)
                # Nodes of equal texts stand beside one another; their pairs count once.
                if distance(nodes[i][1], nodes[j][1]) >= edits:
                    found.add((paths[i], paths[j]))
    return len(found)


def tree_of_thoughts(data):
    for game in json.load(open(f"{data}/tree_of_thought/game24/gpt-4_0.7_propose1_value3_greedy5_start900_end1000.json")):
        nodes, values, above = [], [], {}
        for layer in game["steps"]:
            here, kept = {}, list(layer["select_new_ys"])
            for text, value in zip(layer["new_ys"], layer["values"]):
                start = max((y for y in layer["ys"] if text.startswith(y)), key=len)
                at = len(nodes)
                nodes.append((above.get(start), text[len(start):]))
                values.append(value)
                # Of equal proposals the first that is kept goes on; else the first.
                chosen = text in kept
                if chosen:
                    kept.remove(text)
                if text not in here or chosen and not here[text][1]:
                    here[text] = (at, chosen)
            above = {text: at for text, (at, _) in here.items()}
        yield nodes, values


def toolbench(data):
    count = 0
    for name in glob.glob(f"{data}/toolbench_dfsdt/data_example/answer/*/*.json"):
        row = json.load(open(name))
        nodes, answers = [], []
        def add(parent, text):
            nodes.append((parent, text))
            return len(nodes) - 1
        def walk(node, parent, tool):
            for child in node["children"]:
                text = child["description"]
                if child["node_type"] == "Action":
                    # A tool whose arguments never came is a call without them.
                    walk(child, parent, text) if child["children"] else add(parent, f"{text}()")
                elif child["node_type"] == "Action Input":
                    at = add(parent, f"{tool}({text})")
                    if "observation" in child:
                        at = add(at, child["observation"])
                        if child.get("observation_code") == 3:
                            answers.append((at, text))
                    walk(child, at, None)
                else:
                    walk(child, add(parent, text), None)
        root = row["tree"]["tree"]
        assert root["description"] == ""
        walk(root, None, None)
        returned = row["answer_generation"]["final_answer"]
        leaf = next((at for at, text in answers if text == returned), answers[0][0] if answers else None)
        path = set()
        while leaf is not None:
            path.add(leaf)
            leaf = nodes[leaf][0]
        count += len(tree_pairs(nodes, lambda i, j: 1.0 if i in path and j not in path else None))
    return count


def rstar(data, least):
    """Paths of an rStar run, merged; the last value of a node counts."""
    count, sheets = 0, glob.glob(f"{data}/rstar_mcts/**/* - Final Solutions.json", recursive=True)
    groups = {}
    for final in sheets:
        name = final.removesuffix(" - Final Solutions.json")
        paths = []
        for kind in ("Final Solutions", "Rollout Solutions"):
            if os.path.exists(f"{name} - {kind}.json"):
                paths += json.load(open(f"{name} - {kind}.json"))
        answer = f"{name} - Answer.json"
        prompt = json.load(open(answer))["problem"] if os.path.exists(answer) else None
        if prompt is None:
            asked = [path["trace"]["0"]["user_question"] for path in paths]
            prompt = max(sorted(set(asked), key=asked.index), key=asked.count)
        known, nodes, values, seen = {}, [], [], set()
        for path in paths:
            at = None
            for _, part in sorted((int(key), part) for key, part in path["trace"].items()):
                steps = []
                for field in ("user_question", "subquestion", "subanswer"):
                    if field in part:
                        steps.append((field, part[field]))
                steps += [("ost_step", text) for _, text in sorted((int(k), v) for k, v in part.get("ost_step", {}).items())]
                if "direct_answer" in part:
                    steps.append(("direct_answer", part["direct_answer"]))
                for field, said in steps:
                    text, value = (said["text"], said.get("value")) if isinstance(said, dict) else (said, None)
                    if text is None or field == "user_question" and text == prompt:
                        continue
                    if (at, field, text) not in known:
                        known[at, field, text] = len(nodes)
                        nodes.append((at, text))
                        values.append(None)
                    at = known[at, field, text]
                    if value is not None and (at, value) not in seen:
                        seen.add((at, value))
                        values[at] = value
        groups.setdefault(prompt, []).append(tree_pairs(nodes, by_value(values, least)))
    for prompt, found in groups.items():
        kept = set()
        for pairs in found:
            kept |= {(prefix, a, b) for prefix, a, b in pairs if (prefix, b, a) not in kept}
        count += len(kept)
    return count


def pools(data):
    """Right against wrong solutions of one problem."""
    path = f"{data}/pure_math_cot_samples/eval/data/eval_rm_maj_example/math_cot_100.jsonl"
    count = 0
    for line in open(path):
        row = json.loads(line)
        right = {text.strip() for text, ok in zip(row["code"], row["score"]) if ok}
        wrong = {text.strip() for text, ok in zip(row["code"], row["score"]) if not ok}
        count += sum(a != b for a in right for b in wrong)
    return count


def prm800k(data):
    """Candidates by rating: good 1, neutral 0.5, bad 0; a step that a labeler wrote is good."""
    worth, count = {1: 1.0, 0: 0.5, -1: 0.0}, 0
    for line in open(f"{data}/prm800k/samples_prm800k.jsonl"):
        for step in json.loads(line)["label"]["steps"]:
            rated = [(c["text"].strip(), worth[c["rating"]]) for c in step["completions"] or [] if c["rating"] is not None]
            written = step["human_completion"]
            if written:
                rated.append(((written if isinstance(written, str) else written["text"]).strip(), 1.0))
            count += len({(a, b) for a, x in rated for b, y in rated if x > y and a != b})
    return count


if __name__ == "__main__":
    data = sys.argv[1]
    trees = omegaprm(data)
    for least in (0.1, 0.5):
        print(f"omegaprm monte_carlo min_margin={least}", sum(len(tree_pairs(n, by_value(v, least))) for n, v in trees))
    for least, edits in ((0.0, 0), (0.5, 0), (0.5, 20), (0.5, 400)):
        count = sum(search_pairs(n, v, least, edits) for n, v in trees)
        print(f"omegaprm search min_margin={least} min_edit_distance={edits}", count)
    for least in (1.0, 20.0):
        count = sum(len(tree_pairs(n, by_value(v, least))) for n, v in tree_of_thoughts(data))
        print(f"tree_of_thought score min_margin={least}", count)
    print("toolbench returned", toolbench(data))
    for least in (0.1, 0.5):
        print(f"rstar score min_margin={least}", rstar(data, least))
    print("pure_math outcome", pools(data))
    print("prm800k label", prm800k(data))
