#!/usr/bin/env python3
"""Feeds exported files to TRL: its own tokenisation of every row, and two training steps of a tiny random model.

    tests/consumers/train.py FOLDER

Files of TRL's types below FOLDER are found by their manifests, one container of each. Nothing is fetched: the tokenizer
is trained on the texts themselves, cut into words as Qwen2.5 does it, because what a tokenizer makes of the end of a
prompt and the beginning of an answer depends on that. Without torch and TRL it says so and ends well.
"""

import copy
import json
import logging
import math
import os
import sys
import tempfile
from pathlib import Path

# Before the imports: nothing is to be asked of a hub, and no card is needed.
os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", CUDA_VISIBLE_DEVICES="",
                  TRL_EXPERIMENTAL_SILENCE="1", TOKENIZERS_PARALLELISM="false")

try:
    import datasets
    import torch
    import transformers
    import trl
    from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer
except ImportError as missing:
    print(f"skipped: TRL is not there ({missing})")
    sys.exit(0)
try:
    # TRL took it out after 1.13, where it was an experiment.
    from trl.experimental.prm import PRMConfig, PRMTrainer
except ImportError:
    PRMTrainer = None

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

BATCH, STEPS = 4, 2
# Qwen2.5's rule for words; that of Llama 3 and GPT-4 differs in digits only. Line breaks join the mark before them.
WORDS = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
         r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
END, TURN, TURN_END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
CHAT = ("{% for message in messages %}"
        "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}")


def texts_of(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inside in value.values():
            yield from texts_of(inside)
    elif isinstance(value, list):
        # Together, as trainers join them.
        yield "\n".join(text for inside in value for text in texts_of(inside))


def tokenizer_of(rows):
    """A byte-level tokenizer, so that every text comes back as it was."""
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(WORDS), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    inner.decoder = decoders.ByteLevel()
    answer = next(name for name in ("chosen", "completion", "completions") if name in rows.features)
    joined = ("".join(texts_of([row["prompt"], row[answer]])) for row in rows)
    # As in published tokenizers, marks with a line break after them are tokens, however rare they are here.
    common = [mark + end for mark in (".", "?", ":", ",", ")", "!", "$", "]", "}") for end in ("\n", "\n\n")]
    inner.train_from_iterator(
        [*joined, *common * 2000],
        trainers.BpeTrainer(vocab_size=3000, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False,
                            special_tokens=[END, TURN, TURN_END]))
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=inner, eos_token=END, pad_token=END, clean_up_tokenization_spaces=False)
    tokenizer.chat_template = CHAT
    return tokenizer


def tiny(kind, tokenizer, **more):
    torch.manual_seed(1)
    return kind(transformers.Qwen2Config(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=8192, tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id, eos_token_id=tokenizer.eos_token_id, bos_token_id=None, **more))


def options(folder, **more):
    # No length: TRL's default of 1024 tokens would cut labels off, and drop rows whose prompt alone is longer.
    return dict(output_dir=folder, max_steps=STEPS, per_device_train_batch_size=BATCH, learning_rate=1e-3,
                max_length=None, logging_steps=1, save_strategy="no", report_to="none", use_cpu=True, bf16=False,
                disable_tqdm=True, gradient_checkpointing=False, **more)


def decoded(tokenizer, ids):
    return tokenizer.decode(ids, skip_special_tokens=False)


def train(trainer):
    trainer.remove_callback(transformers.PrinterCallback)
    before = [weight.detach().clone() for weight in trainer.model.parameters()]
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert len(losses) == STEPS and all(map(math.isfinite, losses)), f"losses {losses}"
    moved = sum(not torch.equal(old, new) for old, new in zip(before, trainer.model.parameters()))
    assert moved, "two steps changed no weight"
    assert all(weight.isfinite().all() for weight in trainer.model.parameters()), "a weight is no number any more"
    return losses


def prm(rows, tokenizer, folder, policy):
    separator = policy["step_separator"]
    # Where steps are masked the file has a row for each step that is learned from, and only its last label counts.
    last_only = "mask" in (policy["neutral"], policy["unsure"], policy["unlabelled"], policy["after_error"])
    trainer = PRMTrainer(
        model=tiny(transformers.Qwen2ForTokenClassification, tokenizer, num_labels=2), processing_class=tokenizer,
        args=PRMConfig(**options(folder, step_separator=separator, train_on_last_step_only=last_only)),
        train_dataset=rows)
    judged = 0
    for row, made in zip(rows, trainer.train_dataset, strict=True):
        labels = [label for label in made["labels"] if label != -100]
        wanted = [int(label) for label in row["labels"]]
        assert labels == (wanted[-1:] if last_only else wanted), f"labels {labels}, in the file {wanted}"
        text = row["prompt"] + "".join(step + separator for step in row["completions"])
        assert decoded(tokenizer, made["input_ids"]) == text, f"the text changed: {text:.80}"
        # Each label stands on the separator that ends its step.
        if not last_only:
            ends = [at + 1 for at, label in enumerate(made["labels"]) if label != -100]
            whole = row["prompt"]
            for end, step in zip(ends, row["completions"], strict=True):
                whole += step + separator
                assert decoded(tokenizer, made["input_ids"][:end]) == whole, "a label stands inside a step"
        judged += len(labels)
    return trainer, f"{judged} steps judged", lambda: None


def dpo(rows, tokenizer, folder, _policy):
    model = tiny(transformers.Qwen2ForCausalLM, tokenizer)
    trainer = DPOTrainer(
        model=model, ref_model=copy.deepcopy(model), processing_class=tokenizer, args=DPOConfig(**options(folder)),
        train_dataset=rows)
    answers = Answers(tokenizer)
    for row, made in zip(rows, trainer.train_dataset, strict=True):
        for side in ("chosen", "rejected"):
            answers.check(row["prompt"], row[side], made["prompt_ids"], made[f"{side}_ids"])
        assert made["chosen_ids"] != made["rejected_ids"], "both sides are the same tokens"
    return trainer, f"{answers.count} answers", answers.end


def kto(rows, tokenizer, folder, _policy):
    model = tiny(transformers.Qwen2ForCausalLM, tokenizer)
    trainer = KTOTrainer(
        model=model, ref_model=copy.deepcopy(model), processing_class=tokenizer, args=KTOConfig(**options(folder)),
        train_dataset=rows)
    answers = Answers(tokenizer)
    for row, made in zip(rows, trainer.train_dataset, strict=True):
        answers.check(row["prompt"], row["completion"], made["prompt_ids"], made["completion_ids"])
        assert made["label"] is row["label"], "a label changed"
    wanted = sum(rows["label"])
    return trainer, f"{wanted} wanted, {len(rows) - wanted} not", answers.end


class Answers:
    """Holds what TRL trains on against the text of the row.

    TRL tokenises the prompt alone, then prompt and answer together, and takes from there as many tokens as the prompt
    had. Where the end of the prompt and the beginning of the answer make one token, such as `?` and a line break, the
    prompt's end is other tokens than those cut off, and what trains is not the text.
    """

    def __init__(self, tokenizer):
        self.tokenizer, self.count, self.changed = tokenizer, 0, []

    def check(self, prompt, answer, prompt_ids, answer_ids):
        if isinstance(prompt, list):
            whole = self.tokenizer.apply_chat_template(prompt + answer, tokenize=False)
        else:
            whole = prompt + answer + END
        assert answer_ids, "nothing is left to learn from"
        self.count += 1
        if decoded(self.tokenizer, prompt_ids + answer_ids) != whole:
            end, start = (side if isinstance(side, str) else side[-1]["content"] for side in (prompt, answer))
            self.changed.append(f"{end[-20:]!r} and {start[:20]!r}")

    def end(self):
        assert not self.changed, (
            f"{len(self.changed)} of {self.count} answers train with another text than the row's, as prompt and answer "
            f"share a token; the first: {self.changed[0]}")


def interleaved(rows):
    """Of wanted and unwanted rows in turn, as two short batches would else hold one kind alone; a user shuffles."""
    kinds = [[at for at, label in enumerate(rows["label"]) if label is kind] for kind in (True, False)]
    assert all(kinds), "all labels are the same: nothing to compare"
    pairs = [at for both in zip(*kinds) for at in both]
    return rows.select(pairs + sorted(set(range(len(rows))) - set(pairs)))


TRAINERS = {
    "trl_stepwise": ("PRMTrainer", prm),
    "trl_preference": ("DPOTrainer", dpo),
    "trl_preference_chat": ("DPOTrainer", dpo),
    "weighted_pairs": ("DPOTrainer", dpo),
    "trl_unpaired": ("KTOTrainer", kto),
}


def exports(folder):
    """One container of each export: the first by name of those that have the same format and options."""
    found = {}
    for file in sorted(Path(folder).rglob("*.manifest.json")):
        manifest = json.loads(file.read_text(encoding="utf-8"))
        # Soft labels are numbers, which PRMTrainer would cut to 0 and 1; they are for other trainers.
        if manifest["format"] in TRAINERS and manifest["policy"].get("soft") != "float":
            found.setdefault((manifest["format"], str(manifest["policy"])), (file, manifest))
    return list(found.values())


def run(file, manifest, cache):
    name, make = TRAINERS[manifest["format"]]
    parts = [str(file.parent / part["file"]) for part in manifest["files"]]
    kind = "parquet" if parts[0].endswith(".parquet") else "json"
    rows = datasets.load_dataset(kind, data_files=parts, split="train", cache_dir=cache)
    if make is kto:
        rows = interleaved(rows)
    tokenizer = tokenizer_of(rows)
    with tempfile.TemporaryDirectory() as folder:
        trainer, about, check_texts = make(rows, tokenizer, folder, manifest["policy"])
        assert len(trainer.train_dataset) == manifest["rows"], f"TRL keeps {len(trainer.train_dataset)} of the rows"
        losses = train(trainer)
    print(f"{manifest['format']:20} {manifest['file']:30} {name}: {manifest['rows']} rows, {about}, loss "
          + ", ".join(f"{loss:.4f}" for loss in losses), flush=True)
    # Last, so that the losses are seen also where texts changed.
    check_texts()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    datasets.disable_progress_bars()
    # TRL warns once for each answer whose text changes; here they are counted.
    logging.disable(logging.WARNING)
    print(f"trl {trl.__version__}, torch {torch.__version__}, transformers {transformers.__version__}, "
          f"datasets {datasets.__version__}")
    found = exports(sys.argv[1])
    if not found:
        sys.exit(f"nothing below {sys.argv[1]} is for TRL")
    missing = TRAINERS.keys() - {manifest["format"] for _, manifest in found}
    if missing:
        print(f"not exported: {', '.join(sorted(missing))}")
    wrong = 0
    with tempfile.TemporaryDirectory() as cache:
        for file, manifest in found:
            if TRAINERS[manifest["format"]][1] is prm and PRMTrainer is None:
                print(f"skip {manifest['format']}: TRL {trl.__version__} has no PRMTrainer; 1.13 had it")
                continue
            try:
                run(file, manifest, cache)
            except Exception as error:  # noqa: BLE001 - whatever a trainer raises is a file that does not train.
                wrong += 1
                print(f"FAIL {manifest['format']} {manifest['file']}: {type(error).__name__}: {error}")
    print(f"{len(found)} exports, {wrong} of them do not train as they should")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
