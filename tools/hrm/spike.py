"""What retrieval attention would cost in the hierarchical reasoning model (HRM, arXiv 2506.21734); random weights.

usage: python3 spike.py [ENCODED_TOKENS...]

The shape is that of the published configuration of ACTV1: width 512, two modules of four non-causal blocks, two cycles of
H with two of L each, at most 16 steps until it halts. Retrieval stands where the input is injected: each position of H asks
once a cycle, takes the best 32 of all encoded tokens, and their weighted sum is added to the injected input.
"""

import sys
import time

import torch
from torch import nn
from torch.nn import functional

WIDTH, HEADS, BLOCKS, H_CYCLES, L_CYCLES, STEPS, TOP = 512, 8, 4, 2, 2, 16, 32


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH, bias=False), nn.Linear(WIDTH, WIDTH, bias=False)
        self.up, self.down = nn.Linear(WIDTH, 2 * 1536, bias=False), nn.Linear(1536, WIDTH, bias=False)

    def forward(self, x):
        q, k, v = self.qkv(x).view(len(x), 3, HEADS, -1).permute(1, 2, 0, 3)
        attended = torch.softmax(q @ k.transpose(1, 2) * q.shape[-1] ** -0.5, -1) @ v
        x = functional.normalize(x + self.out(attended.transpose(0, 1).reshape(len(x), WIDTH)), dim=-1) * WIDTH**0.5
        gate, up = self.up(x).chunk(2, -1)
        return functional.normalize(x + self.down(functional.silu(gate) * up), dim=-1) * WIDTH**0.5


def module():
    return nn.Sequential(*(Block() for _ in range(BLOCKS)))


def step(high, low, inputs, z_high, z_low, retrieve):
    """One step between two decisions to halt: what is searched for follows from the state of H."""
    for _ in range(H_CYCLES):
        injected = inputs + retrieve(z_high)
        for _ in range(L_CYCLES):
            z_low = low(z_low + z_high + injected)
        z_high = high(z_high + z_low)
    return z_high, z_low


def searched(encoded, ask):
    def retrieve(z_high):
        scores, places = (ask(z_high) @ encoded.T).topk(TOP)
        weights = torch.softmax(scores * WIDTH**-0.5, -1)
        return (weights[:, :, None] * encoded[places]).sum(1)

    return retrieve


def seconds(work, times=3):
    best = float("inf")
    for _ in range(times):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


torch.manual_seed(1)
torch.set_num_threads(1)
with torch.no_grad():
    high, low, ask = module(), module(), nn.Linear(WIDTH, WIDTH, bias=False)
    for positions in (81, 900):
        inputs, z = torch.randn(positions, WIDTH), torch.randn(positions, WIDTH)
        plain = seconds(lambda: step(high, low, inputs, z, z, lambda _: 0))
        print(f"{positions} positions: a step {plain:.3f} s of the processor, {STEPS} steps {STEPS * plain:.2f} s")
        for tokens in [int(one) for one in sys.argv[1:]] or [1024, 16384, 131072]:
            encoded = torch.randn(tokens, WIDTH)
            both = seconds(lambda: step(high, low, inputs, z, z, searched(encoded, ask)), times=2)
            print(f"  {tokens} encoded tokens: a step {both:.3f} s, {both / plain:.1f} times")
