"""Random blocks of every GGUF type that the product decodes, and their elements.

usage: python3 export_blocks.py GOLDENDATA [CODEBOOK]

Writes gguf-blocks.json: {type: {blocks: base64, values: base64 of little-endian fp32}}. The decoder here is written from
the format's layout as tables of bit positions: for each element, where its bits are; nothing is shared with the product.
The codebook of IQ2_XXS is read from the product's source, because it is a constant of the format and has no derivation.
"""

import base64
import json
import pathlib
import re
import sys

import numpy as np

BLOCKS = 3
STEPS = np.array([-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113], np.float32)


def bits(block, positions, width):
    """Unsigned integers of `width` bits that begin at the given bit positions of a block (bytes, low bit first)."""
    stream = np.unpackbits(block, bitorder="little").astype(np.int64)
    return sum(stream[np.asarray(positions) + i] << i for i in range(width))


def split(block, positions):
    """Integers whose bits lie apart: `positions` is [elements, width], low bit first."""
    stream = np.unpackbits(block, bitorder="little").astype(np.int64)
    positions = np.asarray(positions)
    return sum(stream[positions[:, i]] << i for i in range(positions.shape[1]))


def half(block, offset):
    return np.float32(block[offset : offset + 2].view(np.float16)[0])


def nibbles32(offset):
    """16 bytes: elements 0..15 are the low halves, 16..31 the high ones."""
    return [8 * offset + 8 * (i % 16) + 4 * (i // 16) for i in range(32)]


def q4_0(b):
    return half(b, 0) * (bits(b, nibbles32(2), 4) - 8).astype(np.float32)


def q4_1(b):
    return half(b, 0) * bits(b, nibbles32(4), 4).astype(np.float32) + half(b, 2)


def with_high_bit(low, high):
    return [[p, p + 1, p + 2, p + 3, h] for p, h in zip(low, high)]


def q5_0(b):
    q = split(b, with_high_bit(nibbles32(6), range(16, 48)))
    return half(b, 0) * (q - 16).astype(np.float32)


def q5_1(b):
    q = split(b, with_high_bit(nibbles32(8), range(32, 64)))
    return half(b, 0) * q.astype(np.float32) + half(b, 2)


def q8_0(b):
    return half(b, 0) * b[2:].view(np.int8).astype(np.float32)


def pairs(offset):
    """64 bytes of 2-bit numbers: element i of 128 is in byte i % 32 at bit 2 (i // 32)."""
    return [8 * (offset + 32 * (i // 128) + i % 32) + 2 * (i % 128 // 32) for i in range(256)]


def q2_k(b):
    scales, minima = b[:16] & 15, b[:16] >> 4
    q = bits(b, pairs(16), 2).astype(np.float32)
    scale = half(b, 80) * np.repeat(scales, 16).astype(np.float32)
    return scale * q - half(b, 82) * np.repeat(minima, 16).astype(np.float32)


def q3_k(b):
    scales = []
    for i in range(16):
        low = 8 * (96 + i % 8) + 4 * (i // 8)
        high = 8 * (104 + i % 4) + 2 * (i // 4)
        scales.append([low, low + 1, low + 2, low + 3, high, high + 1])
    scale = half(b, 108) * (split(b, scales) - 32).astype(np.float32)
    q = split(b, [[p, p + 1, 8 * (i % 32) + i // 32] for i, p in enumerate(pairs(32))])
    return np.repeat(scale, 16) * (q - 4).astype(np.float32)


def scales_and_minima(b):
    """6-bit numbers in the 12 bytes from 4 on."""
    scales, minima = [], []
    for i in range(8):
        if i < 4:
            scales.append([8 * (4 + i) + bit for bit in range(6)])
            minima.append([8 * (8 + i) + bit for bit in range(6)])
        else:
            low, s, m = 8 * (8 + i), 8 * i, 8 * (4 + i)
            scales.append([low, low + 1, low + 2, low + 3, s + 6, s + 7])
            minima.append([low + 4, low + 5, low + 6, low + 7, m + 6, m + 7])
    return split(b, scales).astype(np.float32), split(b, minima).astype(np.float32)


def nibbles256(offset):
    """Groups of 64: 32 bytes whose low halves are the first 32 elements."""
    return [8 * (offset + 32 * (i // 64) + i % 32) + 4 * (i % 64 // 32) for i in range(256)]


def q4_k(b):
    scales, minima = scales_and_minima(b)
    q = bits(b, nibbles256(16), 4).astype(np.float32)
    return np.repeat(half(b, 0) * scales, 32) * q - np.repeat(half(b, 2) * minima, 32)


def q5_k(b):
    scales, minima = scales_and_minima(b)
    high = [8 * (16 + i % 32) + i // 32 for i in range(256)]
    q = split(b, with_high_bit(nibbles256(48), high)).astype(np.float32)
    return np.repeat(half(b, 0) * scales, 32) * q - np.repeat(half(b, 2) * minima, 32)


def q6_k(b):
    positions = []
    for i in range(256):
        part, rest = divmod(i, 128)
        low = 8 * (64 * part + rest % 64) + 4 * (rest // 64)
        high = 8 * (128 + 32 * part + rest % 32) + 2 * (rest // 32)
        positions.append([low, low + 1, low + 2, low + 3, high, high + 1])
    scale = half(b, 208) * b[192:208].view(np.int8).astype(np.float32)
    return np.repeat(scale, 16) * (split(b, positions) - 32).astype(np.float32)


def iq4_nl(b):
    return half(b, 0) * STEPS[bits(b, nibbles32(2), 4)]


def iq4_xs(b):
    scales = []
    for i in range(8):
        low = 8 * 4 + 4 * i
        scales.append([low, low + 1, low + 2, low + 3, 8 * 2 + 2 * i, 8 * 2 + 2 * i + 1])
    scale = half(b, 0) * (split(b, scales) - 32).astype(np.float32)
    q = bits(b, [p for group in range(8) for p in nibbles32(8 + 16 * group)], 4)
    return np.repeat(scale, 32) * STEPS[q]


def iq2_xxs(b):
    points = POINTS[np.concatenate([b[2 + 8 * g : 6 + 8 * g] for g in range(8)])].reshape(-1)
    sevens = bits(b, [8 * (6 + 8 * (p // 4)) + 7 * (p % 4) for p in range(32)], 7)
    signs = []
    for s in sevens:
        seven = [int(s) >> i & 1 for i in range(7)]
        signs += seven + [sum(seven) % 2]
    scale = half(b, 0) * (bits(b, [8 * (6 + 8 * g) + 28 for g in range(8)], 4) + np.float32(0.5)).astype(np.float32)
    return np.repeat(scale * np.float32(0.25), 32) * (points * (1 - 2 * np.array(signs))).astype(np.float32)


def bf16(b):
    return (b.view(np.uint16).astype(np.uint32) << 16).view(np.float32)


# type: decoder, bytes of a block, elements, offsets of halves (random bits might be no finite number)
FORMATS = {
    "F32": (lambda b: b.view(np.float32), 4 * 32, 32, []),
    "F16": (lambda b: b.view(np.float16).astype(np.float32), 2 * 32, 32, []),
    "BF16": (bf16, 2 * 32, 32, []),
    "Q4_0": (q4_0, 18, 32, [0]),
    "Q4_1": (q4_1, 20, 32, [0, 2]),
    "Q5_0": (q5_0, 22, 32, [0]),
    "Q5_1": (q5_1, 24, 32, [0, 2]),
    "Q8_0": (q8_0, 34, 32, [0]),
    "Q2_K": (q2_k, 84, 256, [80, 82]),
    "Q3_K": (q3_k, 110, 256, [108]),
    "Q4_K": (q4_k, 144, 256, [0, 2]),
    "Q5_K": (q5_k, 176, 256, [0, 2]),
    "Q6_K": (q6_k, 210, 256, [208]),
    "IQ2_XXS": (iq2_xxs, 66, 256, [0]),
    "IQ4_NL": (iq4_nl, 18, 32, [0]),
    "IQ4_XS": (iq4_xs, 136, 256, [0]),
}

SOURCE = (
    pathlib.Path(__file__).resolve().parents[3]
    / "src/McpLongContext.Inference/Checkpoints/Gguf/Blocks/Iq2XxsCodebook.cs"
)
CODES = "".join(re.findall(r'"([0-9a-f]+)"', SOURCE.read_text()))
POINTS = np.array(
    [[(8, 25, 43)[int(CODES[i : i + 4], 16) >> (2 * c) & 3] for c in range(8)] for i in range(0, 1024, 4)], np.int64
)


def main(folder):
    random = np.random.default_rng(4)
    golden = {}
    for name, (decode, size, elements, halves) in FORMATS.items():
        blocks = random.integers(0, 256, (BLOCKS, size), dtype=np.uint8)
        if name in ("F32", "F16", "BF16"):
            kind = {"F32": np.float32, "F16": np.float16}.get(name)
            numbers = random.normal(size=(BLOCKS, elements)).astype(kind or np.float32)
            if kind is None:
                numbers = (numbers.view(np.uint32) >> 16).astype(np.uint16)
            blocks = numbers.view(np.uint8).reshape(BLOCKS, size)
        for offset in halves:
            scales = random.normal(0, 0.02, BLOCKS).astype(np.float16)
            blocks[:, offset : offset + 2] = scales.view(np.uint8).reshape(BLOCKS, 2)
        values = np.concatenate([decode(block) for block in blocks]).astype(np.float32)
        assert values.shape == (BLOCKS * elements,), name
        golden[name] = {
            "blocks": base64.b64encode(blocks.tobytes()).decode(),
            "values": base64.b64encode(values.tobytes()).decode(),
        }
    (pathlib.Path(folder) / "gguf-blocks.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
