#!/usr/bin/env python3
"""Times a training step beside PyTorch's on the same graph, one thread each, in turn.

    python3 step.py TRAIN MODEL CORPUS [--steps 20] [--rounds 3]

TRAIN is the built mcp-long-context-train, MODEL an installed llama2.c model or its name, CORPUS a folder of text. A step is
that of the first level of `infini`: 16 examples of 2 segments of 32 tokens, LoRA of rank 32 on q, k, v and o of all layers,
linear compressive memory, the loss of 16 answers of 6 tokens, and the distillation at 6 positions of every segment, for
which the model reads the batch once more without the adapter; AdamW, and Adam for the gates. Weights are random here: what
is computed does not depend on them. Printed is the median processor time of a step without the first three.
"""
import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when the library is loaded

import torch
import torch.nn.functional as F

EXAMPLES, SEGMENTS, TOKENS, RANK = 16, 2, 32, 32
ANSWERS, PLAIN = 16 * 6, 16 * SEGMENTS * 6
WARM = 3
# stories15M
HIDDEN, LAYERS, HEADS, INTERMEDIATE, VOCABULARY = 288, 6, 6, 768, 32000


class Lora(torch.nn.Module):
    def __init__(self, outputs, inputs):
        super().__init__()
        self.register_buffer("weight", torch.randn(outputs, inputs) / math.sqrt(inputs))
        self.down = torch.nn.Parameter(torch.randn(RANK, inputs) / math.sqrt(inputs))
        self.up = torch.nn.Parameter(torch.zeros(outputs, RANK))
        self.adapted = True

    def forward(self, x):
        y = F.linear(x, self.weight)
        return y + F.linear(F.linear(x, self.down), self.up) if self.adapted else y


def rms_norm(x):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5)


class Layer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.o = (Lora(HIDDEN, HIDDEN) for _ in range(4))
        self.betas = torch.nn.Parameter(torch.full((HEADS,), -3.0))
        for name, shape in (("gate", (INTERMEDIATE, HIDDEN)), ("up", (INTERMEDIATE, HIDDEN)), ("down", (HIDDEN, INTERMEDIATE))):
            self.register_buffer(name, torch.randn(shape) / math.sqrt(shape[1]))
        angles = torch.outer(torch.arange(TOKENS), 10000 ** (-torch.arange(0, HIDDEN // HEADS, 2) / (HIDDEN // HEADS)))
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())
        self.register_buffer("mask", torch.full((TOKENS, TOKENS), -math.inf).triu(1))

    def rotate(self, x):
        a, b = x.chunk(2, -1)
        return torch.cat([a * self.cos - b * self.sin, b * self.cos + a * self.sin], -1)

    def heads(self, x):
        return x.reshape(*x.shape[:3], HEADS, -1).transpose(2, 3)

    def forward(self, x, weights, adapted):
        for projection in (self.q, self.k, self.v, self.o):
            projection.adapted = adapted
        h = rms_norm(x)
        q, k, v = self.heads(self.q(h)), self.heads(self.k(h)), self.heads(self.v(h))
        scores = self.rotate(q) @ self.rotate(k).transpose(-1, -2) / math.sqrt(HIDDEN // HEADS) + self.mask
        attended = scores.softmax(-1) @ v
        if adapted:
            # M and z before each segment (arXiv 2404.07143, equations 3 to 5).
            features = F.elu(k) + 1
            scale = weights[:, :, None, None]
            matrix = ((features.transpose(-1, -2) @ v) * scale[..., None]).cumsum(1)[:, :-1]
            normalizer = (features.sum(3) * scale).cumsum(1)[:, :-1]
            asked = F.elu(q[:, 1:]) + 1
            recalled = (asked @ matrix) / (asked @ normalizer.unsqueeze(-1))
            gate = self.betas.sigmoid().reshape(-1, 1, 1)
            attended = torch.cat([attended[:, :1], gate * recalled + (1 - gate) * attended[:, 1:]], 1)
        x = x + self.o(attended.transpose(2, 3).reshape(x.shape))
        h = rms_norm(x)
        return x + F.linear(F.silu(F.linear(h, self.gate)) * F.linear(h, self.up), self.down)


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("embedding", torch.randn(VOCABULARY, HIDDEN) * 0.02)
        self.layers = torch.nn.ModuleList(Layer() for _ in range(LAYERS))

    def read(self, tokens, weights, adapted=True):
        x = self.embedding[tokens]
        for layer in self.layers:
            x = layer(x, weights, adapted)
        return x.reshape(-1, HIDDEN)

    def logits(self, states):
        return F.linear(rms_norm(states), self.embedding)


def time_pytorch(steps):
    torch.manual_seed(1)
    torch.set_num_threads(1)
    model = Model()
    gates = [layer.betas for layer in model.layers]
    changes = [p for p in model.parameters() if p.ndim == 2]
    optimizers = [torch.optim.AdamW(changes, 3e-3, betas=(0.9, 0.98), weight_decay=0), torch.optim.Adam(gates, 0.02)]
    times = []
    for _ in range(steps):
        tokens = torch.randint(VOCABULARY, (EXAMPLES, SEGMENTS, TOKENS))
        positions = torch.randint(EXAMPLES * SEGMENTS * TOKENS, (ANSWERS + PLAIN,))
        answers = torch.randint(VOCABULARY, (ANSWERS,))
        start = time.process_time()
        weights = torch.ones(EXAMPLES, SEGMENTS)
        states = model.read(tokens, weights)
        answer = F.cross_entropy(model.logits(states[positions[:ANSWERS]]), answers)
        with torch.no_grad():
            plain = model.read(tokens, weights, adapted=False)
            expected = model.logits(plain[positions[ANSWERS:]]).log_softmax(-1)
        found = model.logits(states[positions[ANSWERS:]]).log_softmax(-1)
        loss = answer + F.kl_div(found, expected, reduction="sum", log_target=True) / PLAIN
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(changes, 1)
        for optimizer in optimizers:
            optimizer.step()
        times.append(time.process_time() - start)
    return statistics.median(times[WARM:])


def time_ours(train, model, corpus, steps):
    with tempfile.TemporaryDirectory() as run:
        subprocess.run(
            [train, "infini", model, "--corpus", corpus, "--own-tokens", "0", "--task", "pass-key", "--steps", str(steps),
             "--evaluate-every", "100000", "--threads", "1", "--run", run, "--out", f"{run}/adapter.safetensors"],
            check=True,
            capture_output=True,
        )
        lines = [json.loads(line) for line in pathlib.Path(run, "metrics.jsonl").read_text().splitlines()]
    seconds = [line["processor_seconds"] for line in lines if "losses" in line]
    return statistics.median(after - before for before, after in zip(seconds[WARM - 1:], seconds[WARM:]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("train")
    parser.add_argument("model")
    parser.add_argument("corpus")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    pairs = []
    for _ in range(options.rounds):
        ours = time_ours(options.train, options.model, options.corpus, options.steps)
        theirs = time_pytorch(options.steps)
        pairs.append((ours, theirs))
        print(
            f"ours {ours:.3f} s, PyTorch {torch.__version__} {theirs:.3f} s, {theirs / ours:.2f} times as fast",
            flush=True,
        )
    print(f"median {statistics.median(theirs / ours for ours, theirs in pairs):.2f} times as fast")


main()
