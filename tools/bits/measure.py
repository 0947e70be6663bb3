"""Bits a byte of files by a bit model, beside gzip, xz, zstd and order-2 context mixing; detection of foreign spans.

Usage: measure.py rates SERVER FILE...
       measure.py spans SERVER COUNT FOREIGN FILE...

SERVER is the command of the server, for example "mcp-long-context" or "dotnet mcp-long-context.dll". `spans` inserts, COUNT
times, 64 bytes of the file FOREIGN at a random place of a random FILE, and counts a span as found if one of the first
three that the scan reports overlaps it.
"""

import gzip
import json
import lzma
import math
import random
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

INSERTED = 64
REPORTED = 3


def scan(server, path, top=10):
    output = subprocess.run(
        shlex.split(server) + ["scan", str(path), "--top", str(top), "--json"], check=True, capture_output=True
    ).stdout
    return json.loads(output)[0]


def squash(x):
    return 1 / (1 + math.exp(-max(-20, min(20, x))))


def context_mixing(data):
    """Bits a byte of orders 0 to 2, mixed in the logistic domain (Mahoney, PAQ, 2005)."""
    tables = [{}, {}, {}]
    weights = [0.3] * 3
    cost, history = 0.0, 0
    for value in data:
        node = 1
        for place in range(7, -1, -1):
            bit = value >> place & 1
            keys = [(history & (1 << 8 * order) - 1) << 8 | node for order in range(3)]
            slots = [table.setdefault(key, [0.5, 0]) for table, key in zip(tables, keys)]
            stretched = [math.log(slot[0] / (1 - slot[0])) for slot in slots]
            mixed = squash(sum(w * s for w, s in zip(weights, stretched)))
            cost -= math.log2(mixed if bit else 1 - mixed)
            for i, slot in enumerate(slots):
                weights[i] += 0.02 * (bit - mixed) * stretched[i]
                slot[1] = min(slot[1] + 1, 60)
                slot[0] += (bit - slot[0]) / (slot[1] + 1.5)
                slot[0] = min(max(slot[0], 1e-4), 1 - 1e-4)
            node = node << 1 | bit
        history = (history << 8 | value) & 0xFFFF
    return cost / len(data)


def zstd(data):
    if shutil.which("zstd") is None:
        return math.nan
    return len(subprocess.run(["zstd", "-19", "-c"], input=data, check=True, capture_output=True).stdout)


def rates(server, paths):
    print("| file | bytes | model | order 2 | gzip | xz | zstd | bits/s |\n|---|---|---|---|---|---|---|---|")
    for path in map(Path, paths):
        data = path.read_bytes()
        report = scan(server, path)
        row = [
            report["bit_stream"]["bits_per_byte"],
            context_mixing(data),
            8 * len(gzip.compress(data, 9)) / len(data),
            8 * len(lzma.compress(data, preset=9)) / len(data),
            8 * zstd(data) / len(data),
        ]
        figures = " | ".join(f"{one:.3f}" for one in row)
        print(f"| {path.name} | {len(data)} | {figures} | {report['tokens_per_second']:.0f} |", flush=True)


def spans(server, count, foreign, paths):
    draw = random.Random(17)
    alien = Path(foreign).read_bytes()
    found = right = reported = 0
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(count):
            data = Path(draw.choice(paths)).read_bytes()
            at = draw.randrange(len(data))
            first = draw.randrange(len(alien) - INSERTED)
            path = Path(folder) / "file"
            path.write_bytes(data[:at] + alien[first : first + INSERTED] + data[at:])
            hits = [
                span["offset"] < at + INSERTED and span["offset"] + span["length"] > at
                for span in scan(server, path, REPORTED)["bit_stream"]["unlikely"]
            ]
            found += any(hits)
            right += hits[0]
            reported += 1
    print(f"{count} insertions: recall in {REPORTED} spans {found / count:.2f}, precision of the first {right / reported:.2f}")


if sys.argv[1] == "rates":
    rates(sys.argv[2], sys.argv[3:])
else:
    spans(sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5:])
