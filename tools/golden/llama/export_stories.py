"""stories15M: logits and a greedy continuation.

usage: python3 export_stories.py stories15M.bin GOLDENDATA

Writes stories15m.json: {prompt, tokens: 200 greedy ones, positions: [{position, top: ids, ids, logits}]}.
"""

import json
import pathlib
import struct
import sys

import numpy as np

from reference import Decoder

PROMPT = [1, 9038, 2501, 263, 931]  # <s> Once upon a time
COUNT = 200


def load(path):
    """The first format of llama2.c: neighbours are rotated, so rows are brought in the order of Transformers."""
    raw = pathlib.Path(path).read_bytes()
    hidden, feed_forward, layers, heads, groups, vocabulary, window = struct.unpack("<7i", raw[:28])
    data, at = np.frombuffer(raw, np.float32, offset=28), 0
    d = hidden // heads

    def take(*shape):
        nonlocal at
        size = int(np.prod(shape))
        at += size
        return data[at - size : at].reshape(shape)

    def halves(matrix):
        return matrix.reshape(-1, d // 2, 2, hidden).swapaxes(1, 2).reshape(-1, hidden)

    w = {"embed_tokens": take(vocabulary, hidden)}
    kinds = {}
    for name, shape in (
        ("input_layernorm", (hidden,)),
        ("self_attn.q_proj", (hidden, hidden)),
        ("self_attn.k_proj", (groups * d, hidden)),
        ("self_attn.v_proj", (groups * d, hidden)),
        ("self_attn.o_proj", (hidden, hidden)),
        ("post_attention_layernorm", (hidden,)),
        ("mlp.gate_proj", (feed_forward, hidden)),
        ("mlp.down_proj", (hidden, feed_forward)),
        ("mlp.up_proj", (feed_forward, hidden)),
    ):
        kinds[name] = take(layers, *shape)
    w["norm"] = take(hidden)
    for name, matrices in kinds.items():
        for layer in range(layers):
            matrix = matrices[layer]
            w[f"layers.{layer}.{name}"] = halves(matrix) if name.endswith(("q_proj", "k_proj")) else matrix
    config = {
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": groups,
        "head_dim": d,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "tie_word_embeddings": True,
    }
    return config, w


def main(model, golden):
    decoder = Decoder(*load(model))
    random = np.random.default_rng(15)
    tokens, positions = [], []
    for position in range(len(PROMPT) + COUNT - 1):
        logits = decoder.step((PROMPT + tokens)[position])
        if position >= len(PROMPT) - 1:
            tokens.append(int(logits.argmax()))
        if position % 20 == 4:
            top = [int(i) for i in np.argsort(-logits)[:8]]
            ids = sorted({*top, *(int(i) for i in random.integers(0, len(logits), 56))})
            values = [float(f"{logits[i]:.8g}") for i in ids]
            positions.append({"position": position, "ids": ids, "logits": values})
    result = {"prompt": PROMPT, "tokens": tokens, "positions": positions}
    (pathlib.Path(golden) / "stories15m.json").write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
