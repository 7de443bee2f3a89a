#!/usr/bin/env python3
"""Add a tiny tokenizer, a chat template and expected scores of texts to the checkpoints of make_fixtures.py.

    python make_fixtures.py OUTPUT_DIR
    python make_text_fixtures.py OUTPUT_DIR

Into `qwen2_prm` and `qwen2_tokcls` go `tokenizer.json` (byte-level BPE with Qwen2's split rule, trained on the texts
below), `tokenizer_config.json`, `chat_template.jinja`, and `expected_text.json`: a list of cases, each with prompt,
steps, token ids, the position at which each step is read, and the scores.
`qwen2_prm` also gets `expected_window.json`: the ids of make_fixtures.py under a sliding window in the last layers.

Ids, positions and scores come from transformers and torch alone. Positions are counted: the number of tokens of the
text up to the end of a step's marker. Nothing is downloaded; runs in seconds.
"""
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from torch import nn
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForTokenClassification, Qwen2Model

MARKER = "<extra_0>"
SYSTEM = "Please reason step by step, and put your final answer within \\boxed{}."
SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
         r"|\s+(?!\S)|\s+")
TEMPLATE = """{%- for message in messages %}
    {%- if message.role == 'tool' and tools %}
        {{- message | tojson }}
    {%- else %}
        {{- '<|im_start|>' + message['role'] + '\\n' + message.content.strip() + '<|im_end|>' + '\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
"""
CASES = [
    ("plain", "A box holds 4 pens. How many pens do 3 boxes hold?",
     ["One box holds 4 pens.", "So 3 boxes hold 3 * 4 = 12 pens.\n\n", "The answer is \\boxed{12}."]),
    ("one_step", "What is 7 - 2?", ["7 - 2 = 5"]),
    ("empty_step", "What is 2 + 2?", ["2 + 2 = 4", "", "The answer is 4."]),
    ("marker_in_text", "What does <extra_0> mean?", ["The text <extra_0> is a marker.", "It ends a step<extra_0>"]),
    ("unicode", "Was ist 1 + 1? \u2713", ["Cafe\u0301 \U0001f600 zwei", "\u7b54\u6848\u662f 2"]),
    ("blanks", "  What is 6 / 3?\n", ["  6 / 3\n\n\n", "\t= 2 \n", "\n"]),
]

# Only there to give the tokenizer enough to merge.
MORE_TEXT = """We know that the train leaves at noon and travels at sixty miles per hour. Therefore it needs two hours.
Let x be the number of apples. Then twice x plus three equals eleven, hence x equals four. Check: 2 * 4 + 3 = 11.
The perimeter of the square is four times its side, and the area is the side squared. Since the side is five metres,
the area is twenty-five square metres. Next we subtract the smaller part from the whole. This gives the final result.
However, the question asks for the remaining money, not the amount that was spent; so we have made a mistake above."""


def train():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(SPLIT), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    words = [SYSTEM, "system user assistant", "because therefore first second third", ".\n\n", ".\n\n", "\n\n\n", MORE_TEXT]
    for _, prompt, steps in CASES:
        words += [prompt, *steps]
    trainer = trainers.BpeTrainer(vocab_size=498, min_frequency=1, show_progress=False,
                                  initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.train_from_iterator([w.replace(MARKER, "") for w in words], trainer)
    size = tokenizer.get_vocab_size()
    if size != 498:
        sys.exit(f"the vocabulary has {size} entries, not 498: give the trainer more text")
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False)
                                  for t in ("<|im_start|>", "<|im_end|>", MARKER)])
    return tokenizer


def save(folder, tokenizer):
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": None, "eos_token": "<|im_end|>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=1) + "\n")
    (folder / "chat_template.jinja").write_text(TEMPLATE)
    return PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), chat_template=TEMPLATE,
                                   eos_token="<|im_end|>", clean_up_tokenization_spaces=False)


def config(folder, **changes):
    fields = json.loads((folder / "config.json").read_text()) | changes
    return Qwen2Config(**{k: v for k, v in fields.items() if k != "transformers_version"},
                       attn_implementation="eager")


def encode(tokenizer, text):
    return tokenizer(text, add_special_tokens=False)["input_ids"]


def chat(tokenizer, prompt, steps):
    """The whole rendered text; a marker follows every step, and the steps are laid out one by one to count."""
    def rendered(answer):
        messages = [dict(role="system", content=SYSTEM), dict(role="user", content=prompt),
                    dict(role="assistant", content=answer)]
        return tokenizer.apply_chat_template(messages, tokenize=False)
    text = rendered("".join(s + MARKER for s in steps))
    tail = "<|im_end|>\n"
    assert text.endswith(MARKER + tail)
    answer_end = len(text) - len(tail)
    ends, end = [], answer_end
    for step in reversed(steps):
        ends.append(end)
        end -= len(step) + len(MARKER)
    # The template strips the answer; only a first step that begins with blanks is affected, behind all ends.
    marks = [len(encode(tokenizer, text[:end])) - 1 for end in reversed(ends)]
    return encode(tokenizer, text), marks


def pieces(tokenizer, prompt, steps):
    """As TRL's PRMTrainer tokenises: every piece alone, read at the last token of the separator."""
    separator = encode(tokenizer, "\n")
    ids, marks = list(encode(tokenizer, prompt)), []
    for step in steps:
        ids += encode(tokenizer, step) + separator
        marks.append(len(ids) - 1)
    return ids, marks


@torch.no_grad()
def main(out):
    out, tokenizer = Path(out), train()

    folder = out / "qwen2_prm"
    fast, cfg = save(folder, tokenizer), config(folder)
    prm = nn.Module()
    prm.model = Qwen2Model(cfg)
    prm.score = nn.Sequential(nn.Linear(cfg.hidden_size, cfg.hidden_size), nn.ReLU(), nn.Linear(cfg.hidden_size, 2))
    prm.load_state_dict(load_file(folder / "model.safetensors"))
    prm.eval()
    write(folder, fast, chat, lambda ids: prm.score(prm.model(ids).last_hidden_state)[0])
    write_window(folder, prm)

    folder = out / "qwen2_tokcls"
    fast = save(folder, tokenizer)
    tokcls = Qwen2ForTokenClassification(config(folder))
    tokcls.load_state_dict(load_file(folder / "model.safetensors"))
    tokcls.eval()
    write(folder, fast, pieces, lambda ids: tokcls(ids).logits[0])


def write(folder, tokenizer, layout, logits):
    cases = []
    for name, prompt, steps in CASES:
        ids, marks = layout(tokenizer, prompt, steps)
        scores = logits(torch.tensor([ids])).softmax(-1)[marks, 1].tolist()
        cases.append(dict(name=name, prompt=prompt, steps=steps, ids=ids, marks=marks, scores=scores))
        print(folder.name, name, len(ids), marks, [round(s, 6) for s in scores])
    (folder / "expected_text.json").write_text(json.dumps(cases) + "\n")


def write_window(folder, prm):
    """The same weights and ids under a window shorter than the input."""
    changes = dict(use_sliding_window=True, sliding_window=8, max_window_layers=1,
                   layer_types=["full_attention", "sliding_attention", "sliding_attention"])
    windowed = Qwen2Model(config(folder, **changes)).eval()
    windowed.load_state_dict(prm.model.state_dict())
    expected = json.loads((folder / "expected.json").read_text())
    ids, marks = torch.tensor([expected["ids"]]), expected["marks"]
    scores = prm.score(windowed(ids).last_hidden_state)[0].softmax(-1)[marks, 1].tolist()
    if max(abs(a - b) for a, b in zip(scores, expected["scores"])) < 1e-3:
        sys.exit("the window does not show in the scores: the fixture tests nothing")
    case = dict(config=changes, ids=expected["ids"], marks=marks, scores=scores)
    (folder / "expected_window.json").write_text(json.dumps(case) + "\n")
    print(folder.name, "window", [round(s, 6) for s in scores])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: make_text_fixtures.py OUTPUT_DIR")
    main(sys.argv[1])
