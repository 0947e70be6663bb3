"""Decoders with Infini-attention in numpy and double precision, written from the paper's equations (arXiv 2404.07143).

usage: python3 export_infini.py TINYLLAMA GOLDENDATA

TINYLLAMA is the folder that ../llama/export_tiny.py writes. Writes infini.json: the logits of the tiny decoders after
every token and what their memories hold at the end; and infini-NAME.safetensors: the adapters used there, with random
gates, some with random low-rank weights. Unlike the product, a layer sees the whole sequence at once, keys are rotated
by their position in it, and a memory is the sum over its tokens one by one.
"""

import json
import pathlib
import struct
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "llama"))
from export_tiny import BASE, write_safetensors
from reference import rms_norm, rotary_frequencies

CASES = [
    {"name": "linear", "model": "llama", "rule": "linear", "segment": 6},
    {"name": "delta", "model": "llama", "rule": "delta", "segment": 6},
    {"name": "short", "model": "qwen3", "rule": "delta", "segment": 3},
    {"name": "scaled", "model": "granite", "rule": "linear", "segment": 7},
    {"name": "wide", "model": "yarn", "rule": "delta", "segment": 9},
    {"name": "lora", "model": "linear", "rule": "delta", "segment": 5, "rank": 3},
]


def read_weights(folder):
    weights = {}
    for path in sorted(folder.glob("*.safetensors")):
        data = path.read_bytes()
        (size,) = struct.unpack("<Q", data[:8])
        for name, entry in json.loads(data[8 : 8 + size]).items():
            if name == "__metadata__":
                continue
            begin, end = entry["data_offsets"]
            values = np.frombuffer(data[8 + size + begin : 8 + size + end], np.float32)
            name = name.removeprefix("model.").removesuffix(".weight")
            weights[name] = values.reshape(entry["shape"]).astype(np.float64)
    return weights


def sigma(x):
    return np.where(x > 0, x + 1, np.exp(x))


def rotate(x, frequencies, factor):
    """x [tokens, d]."""
    half = x.shape[-1] // 2
    turns = np.exp(1j * np.outer(np.arange(len(x)), frequencies)) * factor
    pairs = (x[:, :half] + 1j * x[:, half:]) * turns
    return np.concatenate([pairs.real, pairs.imag], axis=-1)


def local(q, k, v, scale):
    scores = np.where(np.tri(len(q), dtype=bool), q @ k.T * scale, -np.inf)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True) @ v


def attend(queries, k, v, betas, rule, segment, scale, frequencies, factor):
    """The query heads [heads, tokens, d] of one key/value head; also what its memory holds at the end."""
    d = k.shape[1]
    rotated_keys = rotate(k, frequencies, factor)
    output = np.zeros_like(queries)
    m, z = np.zeros((d, d)), np.zeros(d)
    for begin in range(0, len(k), segment):
        part = slice(begin, begin + segment)
        for head, q in enumerate(queries):
            a = local(rotate(q, frequencies, factor)[part], rotated_keys[part], v[part], scale)
            if begin > 0:
                gate = 1 / (1 + np.exp(-betas[head]))
                remembered = (sigma(q[part]) @ m) / (sigma(q[part]) @ z)[:, None]
                a = gate * remembered + (1 - gate) * a
            output[head, part] = a
        if begin + segment < len(k):  # a full segment is written when another token comes
            before_m, before_z = m.copy(), z.copy()
            for key, value in zip(sigma(k[part]), v[part]):
                if rule == "delta" and begin > 0:
                    value = value - key @ before_m / (key @ before_z)
                m += np.outer(key, value)
                z += key
    return output, m, z


def forward(c, w, low_rank, tokens, betas, rule, segment):
    heads, groups, d = c["num_attention_heads"], c["num_key_value_heads"], c["head_dim"]
    frequencies, factor = rotary_frequencies(c)
    scale = c.get("attention_multiplier", d**-0.5)
    residual = c.get("residual_multiplier", 1)
    memories = []

    def linear(name, x):
        y = x @ w[name].T
        if name in low_rank:
            a, b = low_rank[name]
            y = y + x @ a.T @ b.T
        return y + w.get(name + ".bias", 0)

    h = w["embed_tokens"][tokens] * c.get("embedding_multiplier", 1)
    for layer in range(c["num_hidden_layers"]):
        p = f"layers.{layer}."
        x = rms_norm(h, w[p + "input_layernorm"], c["rms_norm_eps"])
        q = linear(p + "self_attn.q_proj", x).reshape(-1, heads, d)
        k = linear(p + "self_attn.k_proj", x).reshape(-1, groups, d)
        v = linear(p + "self_attn.v_proj", x).reshape(-1, groups, d)
        if p + "self_attn.q_norm" in w:
            q = rms_norm(q, w[p + "self_attn.q_norm"], c["rms_norm_eps"])
            k = rms_norm(k, w[p + "self_attn.k_norm"], c["rms_norm_eps"])
        attended = []
        for group in range(groups):
            mine = range(group * heads // groups, (group + 1) * heads // groups)
            queries = np.stack([q[:, head] for head in mine])
            output, m, z = attend(
                queries, k[:, group], v[:, group], betas[layer][list(mine)], rule, segment, scale, frequencies, factor
            )
            attended += list(output)
            memories.append({"matrix": m.ravel().tolist(), "normalizer": z.tolist()})
        h = h + residual * linear(p + "self_attn.o_proj", np.concatenate(attended, axis=1))
        x = rms_norm(h, w[p + "post_attention_layernorm"], c["rms_norm_eps"])
        gate = linear(p + "mlp.gate_proj", x)
        x = gate / (1 + np.exp(-gate)) * linear(p + "mlp.up_proj", x)
        h = h + residual * linear(p + "mlp.down_proj", x)
    h = rms_norm(h, w["norm"], c["rms_norm_eps"])
    output = w["embed_tokens"] if c.get("tie_word_embeddings") else w["lm_head"]
    return h @ output.T / c.get("logits_scaling", 1), memories


def write_adapter(path, case, tensors):
    write_safetensors(path, tensors)
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = {
        "__metadata__": {
            "format": "infini-attention 1",
            "model": "0123456789abcdef" * 4,
            "update_rule": case["rule"],
            "segment_tokens": str(case["segment"]),
        },
        **json.loads(data[8 : 8 + size]),
    }
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + size :])


def main(models, golden):
    golden, cases = pathlib.Path(golden), []
    for seed, case in enumerate(CASES):
        random = np.random.default_rng(100 + seed)
        folder = pathlib.Path(models) / case["model"]
        config = {**BASE, "head_dim": 4, **json.loads((folder / "config.json").read_text())}
        weights = read_weights(folder)
        heads, layers = config["num_attention_heads"], config["num_hidden_layers"]
        betas = random.normal(0, 1.5, (layers, heads)).astype(np.float32)
        tensors, low_rank = {"gates": betas}, {}
        for layer in range(layers if "rank" in case else 0):
            for name in "qkvo":
                full = f"layers.{layer}.self_attn.{name}_proj"
                outputs, inputs = weights[full].shape
                a = random.normal(0, 0.5, (case["rank"], inputs)).astype(np.float32)
                b = random.normal(0, 0.5, (outputs, case["rank"])).astype(np.float32)
                tensors[f"layers.{layer}.{name}.a"], tensors[f"layers.{layer}.{name}.b"] = a, b
                low_rank[full] = a.astype(np.float64), b.astype(np.float64)
        tokens = [int(t) for t in random.integers(0, config["vocab_size"], 20)]
        logits, memories = forward(
            config, weights, low_rank, tokens, betas.astype(np.float64), case["rule"], case["segment"]
        )
        write_adapter(golden / f"infini-{case['name']}.safetensors", case, tensors)
        cases.append(
            {
                "name": case["name"],
                "model": case["model"],
                "tokens": tokens,
                "logits": [float(f"{x:.8g}") for x in logits.ravel()],
                "memories": memories,
            }
        )
    (golden / "infini.json").write_text(json.dumps(cases) + "\n")


main(*sys.argv[1:])
