"""Figures of a bit model: bits a byte beside other compressors, detection of foreign spans, a longer window.

Usage: measure.py rates SERVER FOLDER [KIBIBYTES]
       measure.py spans SERVER FOLDER COUNT [BYTES]
       measure.py window SERVER MODEL LENGTH FILE

SERVER is the command of the server, for example "mcp-long-context" or "dotnet mcp-long-context.dll"; FOLDER is what corpus.py
held out, a folder a kind. `rates` takes of each kind so many KiB (128), its files one after the other. `spans` inserts, COUNT
times, 64 bytes of a file of another kind at a random place of so many bytes (8,192) of a file, and counts it as found if a span
that the scan reports overlaps it. `window` expands the window of MODEL, and restores it.
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


def run(server, *arguments):
    return subprocess.run(shlex.split(server) + list(arguments), check=True, capture_output=True).stdout


def scan(server, paths, *options):
    return json.loads(run(server, "scan", *map(str, paths), *options, "--json"))


def kinds_of(folder):
    return {kind.name: sorted(kind.iterdir()) for kind in sorted(Path(folder).iterdir()) if kind.is_dir()}


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


def rates(server, folder, kibibytes=128):
    print("| kind | bytes | model | order 2 | gzip | xz | zstd | bits/s |\n|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as temporary:
        for kind, paths in kinds_of(folder).items():
            data = b"".join(path.read_bytes() for path in paths)[: 1024 * int(kibibytes)]
            path = Path(temporary) / kind
            path.write_bytes(data)
            [report] = scan(server, [path])
            row = [
                report["bit_stream"]["bits_per_byte"],
                context_mixing(data),
                8 * len(gzip.compress(data, 9)) / len(data),
                8 * len(lzma.compress(data, preset=9)) / len(data),
                8 * zstd(data) / len(data),
            ]
            figures = " | ".join(f"{one:.3f}" for one in row)
            print(f"| {kind} | {len(data)} | {figures} | {report['tokens_per_second']:.0f} |", flush=True)


def spans(server, folder, count, size=8192):
    draw = random.Random(17)
    kinds = {kind: [path for path in paths if path.stat().st_size > 2048] for kind, paths in kinds_of(folder).items()}
    places, hosts = [], []
    with tempfile.TemporaryDirectory() as temporary:
        for number in range(int(count)):
            kind = draw.choice(sorted(kinds))
            other = draw.choice(sorted(set(kinds) - {kind}))
            data, alien = (draw.choice(kinds[one]).read_bytes() for one in (kind, other))
            start = draw.randrange(max(1, len(data) - int(size)))
            data = data[start : start + int(size)]
            at, first = draw.randrange(len(data)), draw.randrange(len(alien) - INSERTED)
            path = Path(temporary) / f"{number}"
            path.write_bytes(data[:at] + alien[first : first + INSERTED] + data[at:])
            places.append(at)
            hosts.append((path, kind, other))
        reports = scan(server, [path for path, _, _ in hosts], "--top", str(REPORTED))
    rows = {}
    for at, (_, kind, other), report in zip(places, hosts, reports):
        hits = [
            span["offset"] < at + INSERTED and span["offset"] + span["length"] > at
            for span in report["bit_stream"]["unlikely"]
        ]
        for key in ("all", f"into {kind}", f"of {other}"):
            row = rows.setdefault(key, [0, 0, 0, 0, 0])
            for place, value in enumerate((1, any(hits), hits[0], sum(hits), len(hits))):
                row[place] += value
    print(f"| insertions | count | recall in {REPORTED} spans | precision of the first | of all {REPORTED} |\n|---|---|---|---|---|")
    for key, (number, found, first, right, reported) in sorted(rows.items()):
        print(f"| {key} | {number} | {found / number:.2f} | {first / number:.2f} | {right / reported:.2f} |")


def window(server, model, length, file):
    def perplexity(bits):
        [report] = scan(server, [file], "--model", model, "--ctx-bits", str(bits))
        stream = report["bit_stream"]
        return f"{2 ** (stream['bits_per_byte'] / 8):.4f} a bit, {stream['bits_per_byte']:.3f} bits a byte"

    [report] = scan(server, [file], "--model", model)
    before = report["bit_stream"]["ctx_bits"]
    print(f"window {before}: perplexity {perplexity(before)}", flush=True)
    run(server, "models", "expand", model, "--length", length)
    try:
        print(f"expanded, window {before}: perplexity {perplexity(before)}", flush=True)
        print(f"expanded, window {length}: perplexity {perplexity(length)}", flush=True)
    finally:
        run(server, "models", "expand", model, "--length", str(before))


{"rates": rates, "spans": spans, "window": window}[sys.argv[1]](*sys.argv[2:])
