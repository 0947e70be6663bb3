"""Greedy continuations held against a forward pass of PyTorch in fp32 on the weights as a GGUF file has them.

usage: python3 greedy.py MODEL.gguf RECORD.json CODEBOOK

RECORD.json is what `bench agreement --record RECORD.json MODEL.gguf` writes: of each prompt its tokens, and the continuation
that each program chose. A token is right where it is the likeliest after the tokens before it. Printed is for each program
how many continuations are right in full, and where the others leave the reference, by how much the token that the program
chose is less likely (difference of the two logits). Beside that, how far the program's logits are from the reference at all
of its tokens: the error of the difference between its two likeliest logits, root of the mean square and largest. Partings
by less than that error are chance.

The blocks are decoded here from the format's layout, and the model is written from the papers' equations; nothing is shared
with the product but the codebook of IQ2_XXS, a constant of the format that has no derivation (CODEBOOK: Iq2XxsCodebook.cs).
A layer is in memory at a time. Needs numpy and torch; Llama-2 models (no biases, no scaling), types F32, Q2_K, Q4_K, Q5_K,
Q6_K and IQ2_XXS.
"""

import json
import pathlib
import re
import struct
import sys

import numpy as np
import torch


class Gguf:
    """The metadata and the tensors of a file."""

    FORMATS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}

    def __init__(self, path, codebook):
        self.data = np.memmap(path, np.uint8, "r")
        self.at = 8
        tensors, pairs = self.read("QQ")
        self.metadata = {}
        for _ in range(pairs):
            key = self.text()
            self.metadata[key] = self.value(self.read("I")[0])
        self.tensors = {}
        for _ in range(tensors):
            name = self.text()
            shape = self.read("Q" * self.read("I")[0])
            self.tensors[name] = (shape, *self.read("IQ"))
        alignment = self.metadata.get("general.alignment", 32)
        self.start = (self.at + alignment - 1) // alignment * alignment
        self.points = points(codebook)

    def read(self, form):
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def text(self):
        (length,) = self.read("Q")
        self.at += length
        return bytes(self.data[self.at - length : self.at]).decode("utf-8", "replace")

    def value(self, kind):
        if kind == 8:
            return self.text()
        if kind == 9:
            kind, count = self.read("IQ")
            return [self.value(kind) for _ in range(count)]
        return self.read(self.FORMATS[kind])[0]

    def __call__(self, name):
        """A tensor in fp32, rows first."""
        shape, kind, offset = self.tensors[name]
        size, bytes_, decode = TYPES[kind]
        count = int(np.prod(shape)) // size
        blocks = self.data[self.start + offset :][: count * bytes_].reshape(count, bytes_)
        values = decode(blocks, self.points) if kind == 16 else decode(blocks)
        return torch.from_numpy(values.reshape([int(n) for n in reversed(shape)]).astype(np.float32))


def points(codebook):
    """[256, 8]: two bits a coordinate, four hexadecimal digits a point."""
    source = pathlib.Path(codebook).read_text()
    digits = "".join(re.findall(r'"([0-9a-f]{8,})"', source))
    codes = np.array([int(digits[i : i + 4], 16) for i in range(0, len(digits), 4)])
    return np.array([8, 25, 43, 0], np.float32)[codes[:, None] >> (2 * np.arange(8)) & 3]


def half(blocks, at):
    return np.ascontiguousarray(blocks[:, at : at + 2]).view(np.float16).astype(np.float32)


def f32(blocks):
    return np.ascontiguousarray(blocks).view(np.float32)


def q2_k(b):
    """16 groups of 16: a scale and a minimum of 4 bits; codes of 2 bits, four groups of 32 in a byte's quarters."""
    scale, minimum = half(b, 80) * (b[:, :16] & 15), half(b, 82) * (b[:, :16] >> 4)
    codes = b[:, 16:80].reshape(-1, 2, 1, 32) >> np.array([0, 2, 4, 6], np.uint8)[:, None] & 3
    return codes.reshape(-1, 16, 16) * scale[..., None] - minimum[..., None]


def scales_k(b, at):
    """8 scales and 8 minima of 6 bits in 12 bytes."""
    low, mid, high = b[:, at : at + 4], b[:, at + 4 : at + 8], b[:, at + 8 : at + 12]
    scales = np.concatenate([low & 63, high & 15 | low >> 6 << 4], axis=1)
    minima = np.concatenate([mid & 63, high >> 4 | mid >> 6 << 4], axis=1)
    return half(b, 0) * scales, half(b, 2) * minima


def nibbles_k(b, at):
    """8 groups of 32: of each 32 bytes first the low halves, then the high ones."""
    return (b[:, at : at + 128].reshape(-1, 4, 1, 32) >> np.array([0, 4], np.uint8)[:, None] & 15).reshape(-1, 8, 32)


def q4_k(b):
    scales, minima = scales_k(b, 4)
    return nibbles_k(b, 16) * scales[..., None] - minima[..., None]


def q5_k(b):
    scales, minima = scales_k(b, 4)
    fifth = b[:, None, 16:48] >> np.arange(8, dtype=np.uint8)[:, None] & 1
    return (nibbles_k(b, 48) + 16 * fifth) * scales[..., None] - minima[..., None]


def q6_k(b):
    low = b[:, :128].reshape(-1, 2, 1, 64) >> np.array([0, 4], np.uint8)[:, None] & 15
    high = b[:, 128:192].reshape(-1, 2, 1, 32) >> np.array([0, 2, 4, 6], np.uint8)[:, None] & 3
    codes = low.reshape(-1, 16, 16).astype(np.int32) + 16 * high.reshape(-1, 16, 16).astype(np.int32) - 32
    scales = half(b, 208) * np.ascontiguousarray(b[:, 192:208]).view(np.int8)
    return codes * scales[..., None]


def iq2_xxs(b, grid):
    """8 groups of 32: four points of 8, whose signs are 7 bits and their parity; a scale of 4 bits."""
    words = np.ascontiguousarray(b[:, 2:]).reshape(-1, 8, 8)
    signs = np.ascontiguousarray(words[..., 4:]).view(np.uint32)
    seven = signs >> np.array([0, 7, 14, 21], np.uint32) & 127
    parity = np.unpackbits(seven.astype(np.uint8)[..., None], axis=-1).sum(-1) & 1
    flips = (seven | parity.astype(np.uint32) << 7)[..., None] >> np.arange(8, dtype=np.uint32) & 1
    scales = half(b, 0) * (0.5 + (signs[..., 0] >> 28)) * 0.25
    return grid[words[..., :4]] * (1.0 - 2.0 * flips) * scales[..., None, None]


TYPES = {
    0: (1, 4, f32),
    10: (256, 84, q2_k),
    12: (256, 144, q4_k),
    13: (256, 176, q5_k),
    14: (256, 210, q6_k),
    16: (256, 66, iq2_xxs),
}


def logits(model, sequences):
    """Of each sequence the logits after every token."""
    get = lambda name: model.metadata["llama." + name]
    heads, groups, width = get("attention.head_count"), get("attention.head_count_kv"), get("rope.dimension_count")
    epsilon, base = get("attention.layer_norm_rms_epsilon"), model.metadata.get("llama.rope.freq_base", 10000.0)
    frequencies = torch.tensor([base ** (-2 * i / width) for i in range(width // 2)], dtype=torch.float64)
    lengths = [len(tokens) for tokens in sequences]
    h = model("token_embd.weight")[torch.tensor(sum(sequences, []))]

    def norm(x, name):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon) * model(name)

    def rotate(x):
        """[tokens, heads, width], neighbours (2i, 2i + 1) are a pair."""
        angles = torch.arange(len(x), dtype=torch.float64)[:, None] * frequencies
        sine, cosine = angles.sin().float()[:, None], angles.cos().float()[:, None]
        even, odd = x[..., 0::2], x[..., 1::2]
        return torch.stack([even * cosine - odd * sine, even * sine + odd * cosine], -1).flatten(-2)

    for layer in range(get("block_count")):
        print(f"layer {layer + 1}", file=sys.stderr)
        part = lambda name: f"blk.{layer}.{name}.weight"
        x = norm(h, part("attn_norm"))
        query, key, value = (x @ model(part(name)).T for name in ("attn_q", "attn_k", "attn_v"))
        attended = []
        for q, k, v in zip(*(x.split(lengths) for x in (query, key, value))):
            q = rotate(q.view(len(q), heads, width)).transpose(0, 1)
            k = rotate(k.view(len(k), groups, width)).repeat_interleave(heads // groups, 1).transpose(0, 1)
            v = v.view(len(v), groups, width).repeat_interleave(heads // groups, 1).transpose(0, 1)
            scores = q @ k.transpose(1, 2) / width**0.5
            scores = scores.masked_fill(torch.ones_like(scores[0]).triu(1).bool(), -torch.inf)
            attended.append((scores.softmax(-1) @ v).transpose(0, 1).flatten(1))
        h = h + torch.cat(attended) @ model(part("attn_output")).T
        x = norm(h, part("ffn_norm"))
        gate = torch.nn.functional.silu(x @ model(part("ffn_gate")).T)
        h = h + (gate * (x @ model(part("ffn_up")).T)) @ model(part("ffn_down")).T
    return (norm(h, "output_norm.weight") @ model("output.weight").T).split(lengths)


def main(path, record, codebook):
    model = Gguf(path, codebook)
    prompts = json.load(open(record))["prompts"]
    programs = list(prompts[0]["continuations"])
    # Equal continuations are computed once.
    sequences = sorted({(i, tuple(p["continuations"][name]["tokens"])) for i, p in enumerate(prompts) for name in programs})
    found = dict(zip(sequences, logits(model, [prompts[i]["tokens"] + list(tokens) for i, tokens in sequences])))
    for name in programs:
        right, partings, errors = 0, [], []
        for i, prompt in enumerate(prompts):
            tokens, rivals = prompt["continuations"][name].values()
            after = found[i, tuple(tokens)][len(prompt["tokens"]) - 1 : -1]
            of = lambda chosen: after.gather(1, torch.tensor(chosen)[:, None])[:, 0]
            errors += (of(tokens) - of([r["token"] for r in rivals]) - torch.tensor([r["margin"] for r in rivals])).tolist()
            less = (after.max(-1).values - of(tokens)).tolist()
            wrong = next((n for n, margin in enumerate(less) if margin > 0), None)
            right += wrong is None
            if wrong is not None:
                partings.append(f"prompt {i + 1} token {wrong + 1}: {less[wrong]:.3f}")
        errors = np.array(errors)
        print(f"{name}: {right} of {len(prompts)} as the reference; " + "; ".join(partings))
        print(f"    error of the margin {np.sqrt((errors**2).mean()):.4f}, largest {np.abs(errors).max():.4f}")


if __name__ == "__main__":
    with torch.no_grad():
        main(*sys.argv[1:])
