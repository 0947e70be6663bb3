"""Tiny random decoders of every family, as files, and their logits.

usage: python3 export_tiny.py GOLDENDATA

Writes tiny-llama/NAME/: config.json and safetensors (one of them sharded), a GGUF file of the same weights where the
format knows the architecture, and golden.json: tokens and the logits after each.
"""

import json
import pathlib
import shutil
import struct
import sys

import numpy as np

from reference import Decoder, rotary_frequencies

BASE = {
    "model_type": "llama",
    "hidden_act": "silu",
    "vocab_size": 40,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 4,
    "max_position_embeddings": 64,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "tie_word_embeddings": False,
}

MODELS = {
    "llama": {},
    "llama3": {
        "rope_theta": 500.0,
        "rope_scaling": {
            "rope_type": "llama3",
            "factor": 8.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 16,
        },
        "head_dim": 8,
    },
    "linear": {"rope_scaling": {"rope_type": "linear", "factor": 3.0}, "attention_bias": True},
    "yarn": {
        "rope_theta": 100.0,
        "rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 200},
        "head_dim": 12,
        "max_position_embeddings": 800,
    },
    "mistral": {"model_type": "mistral", "sliding_window": 7, "num_key_value_heads": 1},
    "qwen2": {"model_type": "qwen2", "rope_theta": 1000000.0, "tie_word_embeddings": True, "sliding_window": 3},
    "qwen3": {"model_type": "qwen3", "head_dim": 6, "tie_word_embeddings": True, "rms_norm_eps": 1e-6},
    "granite": {
        "model_type": "granite",
        "embedding_multiplier": 3.0,
        "attention_multiplier": 0.3,
        "residual_multiplier": 0.4,
        "logits_scaling": 2.5,
        "tie_word_embeddings": True,
    },
}

GGUF_ARCHITECTURES = {"llama": "llama", "llama3": "llama", "linear": "llama", "yarn": "llama", "granite": "granite"}
GGUF_ARCHITECTURES |= {"qwen2": "qwen2", "qwen3": "qwen3"}


def random_weights(c, random):
    hidden, d = c["hidden_size"], c["head_dim"]
    queries, keys = c["num_attention_heads"] * d, c["num_key_value_heads"] * d

    def matrix(rows, columns):
        return random.normal(0, columns**-0.5, (rows, columns)).astype(np.float32)

    def vector(size):
        return random.uniform(0.5, 1.5, size).astype(np.float32)

    w = {"embed_tokens": matrix(c["vocab_size"], hidden) * 4, "norm": vector(hidden)}
    if not c["tie_word_embeddings"]:
        w["lm_head"] = matrix(c["vocab_size"], hidden)
    for layer in range(c["num_hidden_layers"]):
        p = f"layers.{layer}."
        w[p + "input_layernorm"] = vector(hidden)
        w[p + "self_attn.q_proj"] = matrix(queries, hidden) * 2
        w[p + "self_attn.k_proj"] = matrix(keys, hidden) * 2
        w[p + "self_attn.v_proj"] = matrix(keys, hidden)
        w[p + "self_attn.o_proj"] = matrix(hidden, queries)
        if c["model_type"] == "qwen2" or c.get("attention_bias"):
            for name, size in (("q", queries), ("k", keys), ("v", keys)):
                w[f"{p}self_attn.{name}_proj.bias"] = random.normal(0, 0.5, size).astype(np.float32)
        if c.get("attention_bias"):
            w[p + "self_attn.o_proj.bias"] = random.normal(0, 0.5, hidden).astype(np.float32)
        if c["model_type"] == "qwen3":
            w[p + "self_attn.q_norm"] = vector(d)
            w[p + "self_attn.k_norm"] = vector(d)
        w[p + "post_attention_layernorm"] = vector(hidden)
        w[p + "mlp.gate_proj"] = matrix(c["intermediate_size"], hidden)
        w[p + "mlp.up_proj"] = matrix(c["intermediate_size"], hidden)
        w[p + "mlp.down_proj"] = matrix(hidden, c["intermediate_size"])
    return w


def transformers_name(name):
    name = name if name == "lm_head" else "model." + name
    return name if name.endswith(".bias") else name + ".weight"


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, values in tensors.items():
        raw = values.tobytes()
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


GGUF_NAMES = {
    "embed_tokens": "token_embd",
    "norm": "output_norm",
    "lm_head": "output",
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def gguf_name(name):
    suffix = ".bias" if name.endswith(".bias") else ".weight"
    name = name.removesuffix(".bias")
    if not name.startswith("layers."):
        return GGUF_NAMES[name] + suffix
    _, layer, rest = name.split(".", 2)
    return f"blk.{layer}.{GGUF_NAMES[rest]}{suffix}"


def neighbours(values, d):
    """Rows in the order of pairs (i, i + d/2) to that of neighbours."""
    shape = values.shape
    heads = values.reshape(-1, 2, d // 2, *shape[1:])
    return heads.swapaxes(1, 2).reshape(shape)


def write_gguf(path, architecture, c, weights):
    def text(s):
        return struct.pack("<Q", len(s.encode())) + s.encode()

    def integer(key, value):
        pairs.append(text(f"{architecture}.{key}") + struct.pack("<II", 4, value))

    def number(key, value):
        pairs.append(text(f"{architecture}.{key}") + struct.pack("<If", 6, value))

    pairs = [text("general.architecture") + struct.pack("<I", 8) + text(architecture)]
    integer("vocab_size", c["vocab_size"])
    integer("embedding_length", c["hidden_size"])
    integer("block_count", c["num_hidden_layers"])
    integer("feed_forward_length", c["intermediate_size"])
    integer("attention.head_count", c["num_attention_heads"])
    integer("attention.head_count_kv", c["num_key_value_heads"])
    integer("attention.key_length", c["head_dim"])
    integer("attention.value_length", c["head_dim"])
    integer("context_length", c["max_position_embeddings"])
    number("attention.layer_norm_rms_epsilon", c["rms_norm_eps"])
    number("rope.freq_base", c["rope_theta"])
    for key, name in (
        ("embedding_scale", "embedding_multiplier"),
        ("attention.scale", "attention_multiplier"),
        ("residual_scale", "residual_multiplier"),
        ("logit_scale", "logits_scaling"),
    ):
        if name in c:
            number(key, c[name])
    tensors = {}
    for name, values in weights.items():
        if architecture in ("llama", "granite") and (".q_proj" in name or ".k_proj" in name):
            values = neighbours(values, c["head_dim"])
        tensors[gguf_name(name)] = values
    scaling = c.get("rope_scaling", {})
    if scaling.get("rope_type") in ("linear", "yarn"):
        kind = scaling["rope_type"]
        pairs.append(text(f"{architecture}.rope.scaling.type") + struct.pack("<I", 8) + text(kind))
        number("rope.scaling.factor", scaling["factor"])
        if kind == "yarn":
            integer("rope.scaling.original_context_length", scaling["original_max_position_embeddings"])
    if scaling.get("rope_type") == "llama3":
        plain, _ = rotary_frequencies({**c, "rope_scaling": None})
        tensors["rope_freqs.weight"] = (plain / rotary_frequencies(c)[0]).astype(np.float32)

    directory, data = b"", b""
    for name, values in tensors.items():
        shape = values.shape[::-1]
        directory += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, len(data))
        data += values.tobytes()
        data += bytes(-len(data) % 32)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(pairs)) + b"".join(pairs) + directory
    path.write_bytes(head + bytes(-len(head) % 32) + data)


def main(golden):
    root = pathlib.Path(golden) / "tiny-llama"
    shutil.rmtree(root, ignore_errors=True)
    for seed, (name, changes) in enumerate(MODELS.items()):
        random = np.random.default_rng(seed)
        config = {**BASE, **changes}
        weights = random_weights(config, random)
        folder = root / name
        folder.mkdir(parents=True)
        # head_dim is left out where it follows from the others, as older configurations do.
        written = dict(config)
        if config["head_dim"] * config["num_attention_heads"] == config["hidden_size"]:
            del written["head_dim"]
        (folder / "config.json").write_text(json.dumps(written, indent=2) + "\n")

        tensors = {transformers_name(n): w for n, w in weights.items()}
        if name == "qwen3":
            names = list(tensors)
            shards = {f"model-0000{i + 1}-of-00002.safetensors": names[i::2] for i in range(2)}
            for shard, part in shards.items():
                write_safetensors(folder / shard, {n: tensors[n] for n in part})
            index = {"metadata": {}, "weight_map": {n: shard for shard, part in shards.items() for n in part}}
            (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=1) + "\n")
        else:
            write_safetensors(folder / "model.safetensors", tensors)
        if name in GGUF_ARCHITECTURES:
            write_gguf(folder / f"{name}.gguf", GGUF_ARCHITECTURES[name], config, weights)

        reference = dict(config)
        if name == "qwen2":
            del reference["sliding_window"]  # named, but not used
        decoder = Decoder(reference, weights)
        tokens = [int(t) for t in random.integers(0, config["vocab_size"], 20)]
        logits = [[float(f"{x:.7g}") for x in decoder.step(t)] for t in tokens]
        (folder / "golden.json").write_text(json.dumps({"tokens": tokens, "logits": logits}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
