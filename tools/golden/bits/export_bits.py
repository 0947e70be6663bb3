"""Writes random bit models and their logits, computed in float64 from the papers' equations.

Usage: export_bits.py GOLDENDATA. Writes bits/NAME.safetensors and bits/golden.json.
"""

import json
import struct
import sys
from pathlib import Path

import numpy as np

MODELS = {
    "plain": {},
    "parity": {"parity": True, "places": True},
    "bare": {"places": False},
    "chunked": {"chunk_size": 24, "overlap": 10},
    "no-overlap": {"chunk_size": 16, "overlap": 0},
    "reversible": {"reversible": True, "chunk_size": 24, "overlap": 10},
    "act": {"use_act": True, "act_threshold": 0.6},
    "act-reversible": {"use_act": True, "act_threshold": 0.5, "reversible": True, "chunk_size": 24, "overlap": 10},
    "history": {"history": 1},
    "history-parity": {"history": 3, "parity": True, "chunk_size": 24, "overlap": 10},
}
DEFAULTS = {
    "d_model": 24,
    "nhead": 2,
    "num_layers": 3,
    "dim_feedforward": 40,
    "max_seq_len": 96,
    "chunk_size": 0,
    "overlap": 0,
    "reversible": False,
    "use_act": False,
    "act_threshold": 0.9,
    "parity": False,
    "places": True,
    "history": 0,
}
PLACE = 3


def erf(x):
    """The Maclaurin series, exact to 1e-9 for |x| < 4 (Abramowitz and Stegun 7.1.5)."""
    term = x.copy()
    total = x.copy()
    for n in range(1, 160):
        term *= -x * x / n
        total += term / (2 * n + 1)
    return 2 / np.sqrt(np.pi) * total


def gelu(x):
    return x * (1 + erf(x / np.sqrt(2))) / 2


def norm(x, weights, name):
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-5) * weights[name + ".weight"] + weights[name + ".bias"]


def linear(x, weights, name):
    return x @ weights[name + ".weight"].T + weights[name + ".bias"]


def attention(x, weights, prefix, config):
    count, width = x.shape
    heads = config["nhead"]
    dim = width // heads
    qkv = x @ weights[prefix + "in_proj_weight"].T + weights[prefix + "in_proj_bias"]
    q, k, v = (part.reshape(count, heads, dim) for part in np.split(qkv, 3, axis=1))
    result = np.zeros((count, width))
    for t in range(count):
        chunk = config["chunk_size"]
        first = 0 if chunk == 0 else max(0, t // chunk * chunk - config["overlap"])
        for head in range(heads):
            scores = k[first : t + 1, head] @ q[t, head] / np.sqrt(dim)
            share = np.exp(scores - scores.max())
            share /= share.sum()
            result[t, head * dim : (head + 1) * dim] = share @ v[first : t + 1, head]
    return linear(result, weights, prefix + "out_proj")


def positions(count, width):
    table = np.zeros((count, width))
    for p in range(count):
        for i in range(width // 2):
            angle = p / 10000 ** (2 * i / width)
            table[p, 2 * i], table[p, 2 * i + 1] = np.sin(angle), np.cos(angle)
    return table


def history(bits, place, config):
    """Rows of the table after each bit: the byte so far, then the whole bytes before, nearest first; 0 for unknown."""
    period = 9 if config["parity"] else 8
    starts = [t for t in range(len(bits)) if (place + t) % period == 0]
    rows = np.zeros((len(bits), 1 + config["history"]), dtype=int)
    for t in range(len(bits)):
        values = [[int(bit) for bit in bits[start : min(start + 8, t + 1)]] for start in starts if start <= t]
        if values:
            rows[t, 0] = 1 if len(values[-1]) == 8 else int("1" + "".join(map(str, values[-1])), 2)
        whole = [int("".join(map(str, value)), 2) for value in values if len(value) == 8]
        for back, value in enumerate(whole[: -config["history"] - 1 : -1]):
            rows[t, 1 + back] = 256 * (1 + back) + value
    return rows


def forward(bits, place, weights, config):
    count = len(bits)
    x = weights["embedding.weight"][bits] + positions(count, config["d_model"])
    if config["places"]:
        period = 9 if config["parity"] else 8
        x = x + weights["places.weight"][(place + np.arange(count)) % period]
    if config["history"]:
        x = x + weights["history.weight"][history(bits, place, config)].sum(1)
    first, second = x, x
    halted = np.zeros((count, 1))
    result = np.zeros_like(x)
    for layer in range(config["num_layers"]):
        prefix = f"layers.{layer}."
        before = (first, second)
        attended = attention(norm(second, weights, prefix + "norm1"), weights, prefix + "self_attn.", config)
        first = first + attended
        hidden = gelu(linear(norm(first, weights, prefix + "norm2"), weights, prefix + "linear1"))
        fed = linear(hidden, weights, prefix + "linear2")
        if config["reversible"]:
            second = second + fed
        else:
            first = first + fed
            second = first
        if config["use_act"]:
            active = halted < config["act_threshold"]
            state = (first + second) / 2
            share = (1 - halted) / (1 + np.exp(-linear(state, weights, prefix + "halt")))
            now = halted + share
            ends = (now >= config["act_threshold"]) | (layer + 1 == config["num_layers"])
            result += np.where(active, np.where(ends, 1 - halted, share), 0) * state
            halted = np.where(active, now, halted)
            first = np.where(active, first, before[0])
            second = np.where(active, second, before[1])
    if not config["use_act"]:
        result = (first + second) / 2
    return linear(norm(result, weights, "norm"), weights, "out_head")


def shapes(config):
    width, inner = config["d_model"], config["dim_feedforward"]
    yield "embedding.weight", (2, width)
    if config["places"]:
        yield "places.weight", (9 if config["parity"] else 8, width)
    if config["history"]:
        yield "history.weight", (256 * (1 + config["history"]), width)
    for layer in range(config["num_layers"]):
        prefix = f"layers.{layer}."
        yield prefix + "norm1.weight", (width,)
        yield prefix + "norm1.bias", (width,)
        yield prefix + "self_attn.in_proj_weight", (3 * width, width)
        yield prefix + "self_attn.in_proj_bias", (3 * width,)
        yield prefix + "self_attn.out_proj.weight", (width, width)
        yield prefix + "self_attn.out_proj.bias", (width,)
        yield prefix + "norm2.weight", (width,)
        yield prefix + "norm2.bias", (width,)
        yield prefix + "linear1.weight", (inner, width)
        yield prefix + "linear1.bias", (inner,)
        yield prefix + "linear2.weight", (width, inner)
        yield prefix + "linear2.bias", (width,)
        if config["use_act"]:
            yield prefix + "halt.weight", (1, width)
            yield prefix + "halt.bias", (1,)
    yield "norm.weight", (width,)
    yield "norm.bias", (width,)
    yield "out_head.weight", (2, width)
    yield "out_head.bias", (2,)


def write(path, weights, config):
    metadata = {"format": "bit-transformer", "version": "2" if config["history"] else "1"}
    for name, value in config.items():
        if name != "history" or value:
            metadata[name] = str(value).lower()
    header, offset = {"__metadata__": metadata}, 0
    for name, value in weights.items():
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [offset, offset + 4 * value.size]}
        offset += 4 * value.size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for value in weights.values():
            file.write(value.astype("<f4").tobytes())


def main():
    folder = Path(sys.argv[1]) / "bits"
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(17)
    golden = []
    for name, changes in MODELS.items():
        config = {**DEFAULTS, **changes}
        weights = {}
        for tensor, shape in shapes(config):
            value = random.normal(0, 0.3, shape) + (1 if "norm" in tensor and tensor.endswith("weight") else 0)
            weights[tensor] = value.astype(np.float32).astype(np.float64)
        bits = random.integers(0, 2, config["max_seq_len"])
        logits = forward(bits, PLACE, weights, config)
        write(folder / f"{name}.safetensors", weights, config)
        golden.append(
            {
                "name": name,
                "place": PLACE,
                "bits": "".join(map(str, bits)),
                "logits": [round(float(value), 7) for value in logits.ravel()],
            }
        )
    (folder / "golden.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


main()
