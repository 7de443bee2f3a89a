#!/usr/bin/env python3
"""Write tiny random sentence encoders with the vectors that sentence-transformers computes, one folder per family.

    python make_encoder_fixtures.py core/tests-data/encoders

Each folder is laid out as sentence-transformers does (some as its version 6 saves it, some as older ones did) and
holds `expected.json`: texts, the prompt put before them, and a vector of length 1 for each. `plain` is a bare
transformers folder.

The texts of a folder go through in one batch, padded and masked, and one is longer than the model reads. No Rust code
is involved: whoever loads the same files must arrive at the same numbers (1e-5 absolute in f32 on the CPU). For what
may be left out unnoticed (padding offset of positions, relative bias, window, prompt, the order of pooling) the script
checks that the vectors move.

Python packages: torch, transformers >= 5, sentence-transformers >= 6, tokenizers, safetensors. CPU only, nothing is
downloaded, runs in seconds. Each family has its own seed.
"""
import json
import shutil
import sys
import zlib
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig, BertModel, DistilBertConfig, DistilBertModel, ModernBertConfig, ModernBertModel, MPNetConfig,
    MPNetModel, PreTrainedTokenizerFast, Qwen3Config, Qwen3Model, RobertaConfig, RobertaModel, XLMRobertaConfig,
    XLMRobertaModel,
)

LONG = "The sum of the first " + " and ".join(f"{i} times {i + 1}" for i in range(60)) + " is what we want."
TEXTS = [
    "So x = 5.",
    "By Pythagoras the hypotenuse is \\sqrt{9 + 16} = 5.",
    "The hypotenuse has a length of 5, as 9 + 16 = 25.",
    "Therefore the answer is 42.",
    "Wait, that is not right: 7 * 8 = 56, not 54. Let me check the second line again.",
    "Élan vital — 質問です? naïve façade",
    "ok",
    LONG,
]
SIZES = dict(hidden_size=32, intermediate_size=64, num_hidden_layers=3, num_attention_heads=4,
             attn_implementation="eager")


def randomise(model):
    """Random weights that keep activations sane and make every norm and bias matter; rounded to bf16 to be short.
    Words differ much, and attention prefers some, so that a text is told from others."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.ndim == 1 and "norm" in name.lower() and name.endswith("weight"):
                p.copy_(1 + 0.1 * torch.randn_like(p))
            elif p.ndim == 1:
                p.copy_(torch.randn_like(p) * 0.2)
            elif "embed" in name:
                p.copy_(torch.randn_like(p))
            else:
                sharp = 2.0 if any(part in name for part in ["query", "key", "q_", "k_", ".q.", ".k."]) else 1.0
                p.copy_(torch.randn_like(p) * p.shape[-1] ** -0.5 * sharp)
            p.copy_(p.bfloat16())
    return model.eval()


def trained(kind, special, template=None, normalizer=None):
    """A tokenizer of about 300 entries, trained on the texts."""
    if kind == "wordpiece":
        tokenizer = Tokenizer(models.WordPiece(unk_token=special["unk_token"]))
        tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        tokenizer.decoder = decoders.WordPiece()
        trainer = trainers.WordPieceTrainer
    elif kind == "unigram":
        tokenizer = Tokenizer(models.Unigram())
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        trainer = trainers.UnigramTrainer
    else:
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer
    options = dict(vocab_size=300, special_tokens=list(dict.fromkeys(special.values())), show_progress=False)
    if kind == "unigram":
        options["unk_token"] = special["unk_token"]
    if kind == "bpe":
        options["initial_alphabet"] = pre_tokenizers.ByteLevel.alphabet()
        options["vocab_size"] = 380
    tokenizer.train_from_iterator(TEXTS * 3, trainer(**options))
    if normalizer:
        tokenizer.normalizer = normalizer
    begin, end = template
    single = " ".join(filter(None, [begin, "$A", end]))
    ids = [(t, tokenizer.token_to_id(t)) for t in (begin, end) if t]
    tokenizer.post_processor = processors.TemplateProcessing(single=single, special_tokens=ids)
    return tokenizer


BERT = dict(pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]")
# As in fairseq: the padding token has the id 1, and positions are counted from 2.
ROBERTA = dict(bos_token="<s>", pad_token="<pad>", eos_token="</s>", unk_token="<unk>", mask_token="<mask>")
QWEN = dict(eos_token="<|im_end|>", pad_token="<|endoftext|>")


class Folder:
    def __init__(self, root, name):
        torch.manual_seed(zlib.crc32(name.encode()))
        self.path = root / name
        self.name = name
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir(parents=True)

    def write(self, name, value):
        (self.path / name).parent.mkdir(exist_ok=True)
        (self.path / name).write_text(json.dumps(value, indent=1) + "\n")

    def model(self, model, tokenizer, special, longest, **settings):
        if longest:
            settings["model_max_length"] = longest
        fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special, **settings)
        fast.save_pretrained(self.path)
        randomise(model).to(torch.bfloat16).save_pretrained(self.path)
        config = json.loads((self.path / "config.json").read_text())
        config["dtype"] = "float32"
        self.write("config.json", config)

    def modules(self, *names):
        """The list of modules as versions before 6 wrote it."""
        modules = [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}]
        for at, name in enumerate(names, 1):
            modules.append({"idx": at, "name": str(at), "path": f"{at}_{name}",
                            "type": f"sentence_transformers.models.{name}"})
        self.write("modules.json", modules)

    def pooling(self, *modes, **more):
        names = ["cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken"]
        self.write("1_Pooling/config.json", {"word_embedding_dimension": 32} | more | {
            f"pooling_mode_{name}": name in modes for name in names})

    def encode(self, texts=TEXTS, **options):
        model = SentenceTransformer(str(self.path), device="cpu", model_kwargs={
            "attn_implementation": "eager", "dtype": torch.float32})
        vectors = model.encode(texts, batch_size=len(texts), convert_to_tensor=True, **options)
        return torch.nn.functional.normalize(vectors.float(), dim=-1)

    def done(self, family, **options):
        vectors = self.encode(**options)
        alone = torch.cat([self.encode([text], **options) for text in TEXTS])
        assert (vectors - alone).abs().max() < 1e-5, "padding changes the vectors"
        cosines = vectors @ vectors.T
        assert cosines.fill_diagonal_(0).max() < 0.999, f"{self.name}: texts that cannot be told apart"
        self.write("expected.json", {"family": family, "prompt": options.get("prompt", ""), "texts": TEXTS,
                                     "vectors": [[round(v, 8) for v in row] for row in vectors.tolist()]})
        (self.path / "README.md").unlink(missing_ok=True)
        (self.path / "chat_template.jinja").unlink(missing_ok=True)
        print(f"{self.name:16} {tuple(vectors.shape)}  nearest cosine {cosines.max():.3f}")
        return vectors

    def must_move(self, what, vectors, change, **options):
        """Checks that the vectors move when a file says something else."""
        file, edit = change
        kept = (self.path / file).read_text()
        value = json.loads(kept)
        edit(value)
        self.write(file, value)
        shift = (self.encode(**options) - vectors).abs().max().item()
        (self.path / file).write_text(kept)
        if shift < 1e-3:
            sys.exit(f"{self.name}: {what} moves the vectors by only {shift:.1e}")
        print(f"check: {what} moves the vectors by up to {shift:.3f}")


# --- one function per folder ----------------------------------------------------------------------------------------

def bert(f):
    """As all-MiniLM: mean of all tokens, its own longest length, truncation and padding stored in the tokenizer."""
    tokenizer = trained("wordpiece", BERT, ("[CLS]", "[SEP]"))
    tokenizer.enable_truncation(16)
    tokenizer.enable_padding(length=24)
    f.model(BertModel(BertConfig(**SIZES, vocab_size=300, max_position_embeddings=64), add_pooling_layer=True),
            tokenizer, BERT, 64)
    f.modules("Pooling", "Normalize")
    f.pooling("mean_tokens")
    f.write("sentence_bert_config.json", {"max_seq_length": 40, "do_lower_case": False})
    vectors = f.done("BERT (all-MiniLM, gte)")
    f.must_move("the longest length", vectors, ("sentence_bert_config.json", lambda v: v.update(max_seq_length=64)))


def bert_cls(f):
    """As bge: the first token."""
    f.model(BertModel(BertConfig(**SIZES, vocab_size=300, max_position_embeddings=48, hidden_act="gelu_new")),
            trained("wordpiece", BERT, ("[CLS]", "[SEP]")), BERT, 512)
    f.modules("Pooling", "Normalize")
    f.pooling("cls_token")
    f.done("BERT (bge)")


def bert_e5(f):
    """As e5: a prompt for each use, of which the one for queries is taken; what it holds counts in the mean."""
    f.model(BertModel(BertConfig(**SIZES, vocab_size=300, max_position_embeddings=64)),
            trained("wordpiece", BERT, ("[CLS]", "[SEP]")), BERT, 64)
    f.modules("Pooling", "Normalize")
    f.pooling("mean_tokens", include_prompt=True)
    f.write("config_sentence_transformers.json", {"prompts": {"query": "query: ", "passage": "passage: "},
                                                  "default_prompt_name": None})
    vectors = f.done("BERT (e5)", prompt="query: ")
    shift = (f.encode() - vectors).abs().max().item()
    assert shift > 1e-3, "the prompt changes nothing"


def bert_dense(f):
    """Two ways of pooling side by side, then a dense layer."""
    f.model(BertModel(BertConfig(**SIZES, vocab_size=300, max_position_embeddings=64)),
            trained("wordpiece", BERT, ("[CLS]", "[SEP]")), BERT, 64)
    f.modules("Pooling", "Dense")
    f.pooling("cls_token", "max_tokens")
    f.write("2_Dense/config.json", {"in_features": 64, "out_features": 24, "bias": True,
                                    "activation_function": "torch.nn.modules.activation.Tanh"})
    from safetensors.torch import save_file
    layer = {"linear.weight": torch.randn(24, 64) * 0.125, "linear.bias": torch.randn(24) * 0.5}
    save_file({k: v.bfloat16().float() for k, v in layer.items()}, f.path / "2_Dense/model.safetensors")
    f.done("BERT with a dense layer (LaBSE, distiluse)")


def plain(f):
    """A folder that only transformers knows: the mean of all tokens, as sentence-transformers has it."""
    f.model(BertModel(BertConfig(**SIZES, vocab_size=300, max_position_embeddings=64)),
            trained("wordpiece", BERT, ("[CLS]", "[SEP]")), BERT, 64)
    f.done("A bare transformers folder")


def distilbert(f):
    config = DistilBertConfig(vocab_size=300, dim=32, hidden_dim=64, n_layers=3, n_heads=4, max_position_embeddings=64,
                              attn_implementation="eager")
    f.model(DistilBertModel(config), trained("wordpiece", BERT, ("[CLS]", "[SEP]")), BERT, 64)
    f.modules("Pooling", "Normalize")
    f.pooling("mean_sqrt_len_tokens")
    f.done("DistilBERT")


def roberta(f):
    """Positions begin after the id of the padding token, so that 66 of them are for 64 tokens."""
    config = RobertaConfig(**SIZES, vocab_size=380, max_position_embeddings=66, pad_token_id=1, type_vocab_size=1)
    f.model(RobertaModel(config), trained("bpe", ROBERTA, ("<s>", "</s>")), ROBERTA, 64)
    f.modules("Pooling", "Normalize")
    f.pooling("mean_tokens")
    f.done("RoBERTa")


def xlm_roberta(f):
    """As multilingual-e5 and bge-m3. The tokenizer does not say how long a text may be."""
    config = XLMRobertaConfig(**SIZES, vocab_size=300, max_position_embeddings=66, pad_token_id=1, type_vocab_size=1)
    tokenizer = trained("unigram", ROBERTA, ("<s>", "</s>"), normalizers.NFKC())
    f.model(XLMRobertaModel(config), tokenizer, ROBERTA, 64)
    f.modules("Pooling", "Normalize")
    f.pooling("cls_token")
    f.done("XLM-RoBERTa (multilingual-e5, bge-m3)")


def mpnet(f):
    """As all-mpnet: positions after the padding token, and a bias by distance. Weighted by position."""
    config = MPNetConfig(**SIZES, vocab_size=300, max_position_embeddings=66, pad_token_id=1)
    special = dict(ROBERTA, cls_token="<s>", sep_token="</s>")
    f.model(MPNetModel(config), trained("wordpiece", special, ("<s>", "</s>")), special, 64)
    f.modules("Pooling", "Normalize")
    f.pooling("weightedmean_tokens")
    f.done("MPNet (all-mpnet)")


def modernbert(f):
    """As version 6 saves it. A window of 8 tokens in two of three layers, two rotary bases."""
    config = ModernBertConfig(**SIZES, vocab_size=380, max_position_embeddings=128, local_attention=8,
                              global_attn_every_n_layers=2, global_rope_theta=160000.0, local_rope_theta=10000.0,
                              pad_token_id=0, bos_token_id=2, eos_token_id=3, cls_token_id=2, sep_token_id=3)
    f.model(ModernBertModel(config), trained("bpe", BERT, ("[CLS]", "[SEP]")), BERT, 96)
    from sentence_transformers.sentence_transformer.modules import Pooling
    from sentence_transformers.base.modules import Normalize, Transformer
    transformer = Transformer(str(f.path), model_kwargs={"attn_implementation": "eager", "dtype": torch.float32})
    model = SentenceTransformer(modules=[transformer, Pooling(32, "mean"), Normalize()], device="cpu")
    shutil.rmtree(f.path)
    model.save(str(f.path), create_model_card=False)
    f.done("ModernBERT (modernbert-embed, gte-modernbert)")


def qwen3(f):
    """As Qwen3-Embedding: a decoder, padded at the left, the last token of which the tokenizer adds; no prefix in
    the names of the weights. Its prompts are for questions only."""
    sizes = dict(SIZES, num_key_value_heads=2, head_dim=16)
    config = Qwen3Config(**sizes, vocab_size=380, max_position_embeddings=256)
    f.model(Qwen3Model(config), trained("bpe", QWEN, (None, "<|endoftext|>")), QWEN, 256, padding_side="left")
    f.modules("Pooling", "Normalize")
    f.pooling("lasttoken", include_prompt=True)
    f.write("config_sentence_transformers.json", {"prompts": {"query": "Instruct: find\nQuery:", "document": ""},
                                                  "default_prompt_name": None})
    f.done("Qwen3 (Qwen3-Embedding)")


def main():
    root = Path(sys.argv[1])
    for make in [bert, bert_cls, bert_e5, bert_dense, plain, distilbert, roberta, xlm_roberta, mpnet, modernbert,
                 qwen3]:
        make(Folder(root, make.__name__))


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    main()
