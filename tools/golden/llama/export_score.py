"""stories15M: how well it predicts a text, in overlapping windows.

usage: python3 export_score.py MODELS/stories15m GOLDENDATA

Writes stories15m-score.json: {text, window, overlap, windows: [{first, tokens, perplexity, entropy_bits}], perplexity}.
"""

import json
import pathlib
import struct
import sys

import numpy as np

from export_stories import load
from reference import Decoder

TEXT = """Once upon a time, there was a little girl named Lily. She loved to play outside in the park.
One day she found a big red ball under a tree. She asked her mom, "Can I keep the ball?"
The harbour master signed the certificate of insurance at noon.
Her mom smiled and said, "Yes, but you must share it with your friends."
Lily was happy. She ran to her friend Tom, and they played together until the sun went down.
"""
WINDOW, OVERLAP = 48, 0.5


def tokenize(path, text):
    """Byte pairs by score over characters, as in llama2.c; one space before the text."""
    raw, at, pieces, scores = path.read_bytes(), 4, [], []
    while at < len(raw):
        score, length = struct.unpack("<fi", raw[at : at + 8])
        pieces.append(raw[at + 8 : at + 8 + length])
        scores.append(score)
        at += 8 + length
    ids = {piece: i for i, piece in enumerate(pieces)}  # characters come behind the bytes that are the same
    tokens = []
    for c in " " + text:
        piece = c.encode()
        tokens += [ids[piece]] if piece in ids else [byte + 3 for byte in piece]
    while True:
        pairs = [
            (-scores[ids[merged]], i, ids[merged])
            for i in range(len(tokens) - 1)
            if (merged := pieces[tokens[i]] + pieces[tokens[i + 1]]) in ids
        ]
        if not pairs:
            return tokens
        _, i, merged = min(pairs)
        tokens[i : i + 2] = [merged]


def main(model, golden):
    model = pathlib.Path(model)
    config, weights = load(model / "stories15m.bin")
    tokens = tokenize(model / "tokenizer.bin", TEXT)
    capacity = WINDOW - 1  # the begin token stands before every window
    margin = int(capacity * OVERLAP / 2)
    stride = capacity - 2 * margin
    windows, total = [], []
    for first in range(0, max(1, len(tokens) - 2 * margin), stride):
        decoder = Decoder(config, weights)
        logits = decoder.step(1)
        core = first + (2 * margin if first else 0)
        nats, entropies = [], []
        for position in range(first, min(len(tokens), first + capacity)):
            log_p = logits - logits.max()
            log_p -= np.log(np.exp(log_p).sum())
            if position >= core:
                nats.append(-log_p[tokens[position]])
                entropies.append(-(np.exp(log_p) * log_p).sum() / np.log(2))
            logits = decoder.step(tokens[position])
        total += nats
        windows.append(
            {
                "first": core,
                "tokens": len(nats),
                "perplexity": float(np.exp(np.mean(nats))),
                "entropy_bits": float(np.mean(entropies)),
            }
        )
    result = {"text": TEXT, "window": WINDOW, "overlap": OVERLAP, "windows": windows}
    result["perplexity"] = float(np.exp(np.mean(total)))
    (pathlib.Path(golden) / "stories15m-score.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
