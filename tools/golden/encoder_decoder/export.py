"""Tiny random encoder-decoders of every family: encoder states, logits, and what greedy decoding and beam search write.

usage: python3 export.py GOLDENDATA

Writes encoder-decoder.json. The weights are made by the tests from the names of the tensors, so that none are kept.
"""

import base64
import json
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "llama"))
from export_families import uniform  # noqa: E402
from model import Model, search  # noqa: E402

T5 = {
    "model_type": "t5", "is_encoder_decoder": True, "vocab_size": 48, "d_model": 24, "d_kv": 8, "d_ff": 40, "num_layers": 2,
    "num_decoder_layers": 3, "num_heads": 4, "relative_attention_num_buckets": 8, "relative_attention_max_distance": 20,
    "layer_norm_epsilon": 1e-6, "feed_forward_proj": "relu", "n_positions": 64, "tie_word_embeddings": True,
    "pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0, "dropout_rate": 0.1,
}
BART = {
    "model_type": "bart", "is_encoder_decoder": True, "vocab_size": 48, "d_model": 32, "encoder_layers": 2,
    "decoder_layers": 2, "encoder_attention_heads": 4, "decoder_attention_heads": 2, "encoder_ffn_dim": 40,
    "decoder_ffn_dim": 48, "activation_function": "gelu", "max_position_embeddings": 64, "scale_embedding": False,
    "bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2,
}
MODELS = {
    "t5": T5 | {"eos_token_id": 25},
    "t5-v1.1": T5 | {"eos_token_id": 44, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False},
    "mt5": T5 | {"model_type": "mt5", "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False, "num_heads": 3},
    "bart": BART | {"eos_token_id": 40, "decoder_start_token_id": 40},
    "bart-scaled-relu": BART | {"scale_embedding": True, "activation_function": "relu"},
}
SEARCHES = [
    {"beams": 1, "penalty": 1.0, "ngram": 0, "least": 0, "most": 24, "early": False},
    {"beams": 1, "penalty": 1.0, "ngram": 2, "least": 6, "most": 24, "early": False},
    {"beams": 4, "penalty": 1.0, "ngram": 3, "least": 0, "most": 24, "early": False},
    {"beams": 4, "penalty": 2.0, "ngram": 3, "least": 8, "most": 20, "early": True},
    {"beams": 3, "penalty": -1.0, "ngram": 2, "least": 4, "most": 30, "early": False},
    {"beams": 5, "penalty": 0.6, "ngram": 2, "least": 0, "most": 16, "early": False, "forced_begin": 5, "forced_end": 7},
]


def t5(c):
    """Names, shapes and scales of the tensors."""
    d, inner, wide = c["d_model"], c["num_heads"] * c["d_kv"], c["d_ff"]
    yield "shared.weight", (c["vocab_size"], d), 1.0
    if not c["tie_word_embeddings"]:
        yield "lm_head.weight", (c["vocab_size"], d), 0.6
    for stack, layers in (("encoder", c["num_layers"]), ("decoder", c["num_decoder_layers"])):
        yield f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight", (
            c["relative_attention_num_buckets"], c["num_heads"]), 2.0
        yield f"{stack}.final_layer_norm.weight", (d,), None
        for layer in range(layers):
            kinds = ["SelfAttention"] + (["EncDecAttention"] if stack == "decoder" else [])
            for i, kind in enumerate(kinds):
                start = f"{stack}.block.{layer}.layer.{i}."
                yield start + "layer_norm.weight", (d,), None
                for n in "qkv":
                    yield f"{start}{kind}.{n}.weight", (inner, d), 0.3
                yield f"{start}{kind}.o.weight", (d, inner), 0.3
            start = f"{stack}.block.{layer}.layer.{len(kinds)}."
            yield start + "layer_norm.weight", (d,), None
            for n in ("wi",) if c["feed_forward_proj"] == "relu" else ("wi_0", "wi_1"):
                yield f"{start}DenseReluDense.{n}.weight", (wide, d), 0.4
            yield start + "DenseReluDense.wo.weight", (d, wide), 0.4


def bart(c):
    """Names, shapes and scales of the tensors."""
    d = c["d_model"]
    yield "model.shared.weight", (c["vocab_size"], d), 0.7
    yield "final_logits_bias", (1, c["vocab_size"]), 6.0
    for stack in ("encoder", "decoder"):
        start = f"model.{stack}."
        yield start + "embed_positions.weight", (c["max_position_embeddings"] + 2, d), 0.7
        for part, size in (("weight", None), ("bias", 0.5)):
            yield f"{start}layernorm_embedding.{part}", (d,), size
        for layer in range(c[f"{stack}_layers"]):
            start = f"model.{stack}.layers.{layer}."
            wide = c[f"{stack}_ffn_dim"]
            shapes = [(f"self_attn.{n}_proj", d, d) for n in ("q", "k", "v", "out")]
            if stack == "decoder":
                shapes += [(f"encoder_attn.{n}_proj", d, d) for n in ("q", "k", "v", "out")]
            for name, rows, columns in shapes + [("fc1", wide, d), ("fc2", d, wide)]:
                yield f"{start}{name}.weight", (rows, columns), 0.3
                yield f"{start}{name}.bias", (rows,), 0.5
            for name in ["self_attn_layer_norm", "final_layer_norm"] + ["encoder_attn_layer_norm"] * (stack == "decoder"):
                yield f"{start}{name}.weight", (d,), None
                yield f"{start}{name}.bias", (d,), 0.5


def tensors(c):
    return list((bart if c["model_type"] == "bart" else t5)(c))


def values(name, shape, scale):
    """A norm's scales are in [0.5, 1.5); all are numbers of fp32."""
    made = uniform(name, shape) * 0.5 + 1 if scale is None else uniform(name, shape) * scale
    return made.astype(np.float32).astype(np.float64)


def floats(array):
    return base64.b64encode(np.ascontiguousarray(array, dtype="<f4").tobytes()).decode()


def main(folder):
    out = []
    for name, c in MODELS.items():
        shapes = tensors(c)
        model = Model(c, {n: values(n, shape, scale) for n, shape, scale in shapes})
        numbers = np.random.default_rng(16)
        source = numbers.integers(3, c["vocab_size"], 29)
        target = np.concatenate([[c["decoder_start_token_id"]], numbers.integers(3, c["vocab_size"], 17)])
        states = model.encode(source)
        found = []
        for settings in SEARCHES:
            tokens, score = search(model, states, c["decoder_start_token_id"], c["eos_token_id"], **settings)
            found.append(settings | {"tokens": [int(t) for t in tokens], "score": score})
        out.append({
            "name": name, "config": c,
            "tensors": [{"name": n, "shape": list(shape), "scale": scale} for n, shape, scale in shapes],
            "source": source.tolist(), "target": target.tolist(),
            "states": floats(states), "logits": floats(model.logits(states, target)), "searches": found,
        })
        print(name, [(len(one["tokens"]), one["tokens"][-1]) for one in found])
    path = pathlib.Path(folder) / "encoder-decoder.json"
    path.write_text(json.dumps(out, separators=(",", ":")) + "\n")
    print(path.stat().st_size)


if __name__ == "__main__":
    main(sys.argv[1])
