"""A corpus of five kinds of files out of what a Debian machine has: text, source, ELF, raw pixels of PNG, log.

Usage: corpus.py FOLDER [MEBIBYTES]

Writes FOLDER/train and FOLDER/held-out, a folder a kind. A file is held out by the hash of its path, one in ten, so that no
file is in both. Of every file at most 256 KiB are taken, from a place that is drawn. A file that only repeats the bytes of
another one is left out. The same machine gives the same corpus.
"""

import gzip
import hashlib
import random
import struct
import sys
import zlib
from pathlib import Path

SHARES = {"text": 0.3, "source": 0.3, "elf": 0.2, "png": 0.1, "log": 0.1}
MOST = 1 << 18
LEAST = 1 << 10
LARGEST_READ = 1 << 25


def raw_pixels(data):
    """The pixels of a PNG of 8 bits a sample, not interlaced; nothing of others (PNG specification, section 9)."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return b""
    at, stored, header = 8, b"", None
    while at + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", data[at + 8 : at + 21])
        elif kind == b"IDAT":
            stored += data[at + 8 : at + 8 + length]
        at += 12 + length
    width, height, depth, color, _, _, interlaced = header
    if depth != 8 or interlaced or color not in (0, 2, 4, 6):
        return b""
    samples = {0: 1, 2: 3, 4: 2, 6: 4}[color]
    lines, stride = zlib.decompress(stored), width * samples
    pixels, above = bytearray(), bytearray(stride)
    for y in range(min(height, MOST // stride + 1)):
        method = lines[y * (stride + 1)]
        line = bytearray(lines[y * (stride + 1) + 1 : (y + 1) * (stride + 1)])
        for x in range(stride):
            left = line[x - samples] if x >= samples else 0
            corner = above[x - samples] if x >= samples else 0
            if method == 1:
                line[x] = line[x] + left & 255
            elif method == 2:
                line[x] = line[x] + above[x] & 255
            elif method == 3:
                line[x] = line[x] + (left + above[x]) // 2 & 255
            elif method == 4:
                estimate = left + above[x] - corner
                nearest = min((left, above[x], corner), key=lambda one: abs(estimate - one))
                line[x] = line[x] + nearest & 255
        pixels += line
        above = line
    return bytes(pixels)


def unpacked(path):
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def is_text(data):
    return b"\0" not in data


KINDS = {
    "text": (
        ["/usr/share/doc/**/*.txt*", "/usr/share/doc/**/README*", "/usr/share/doc/**/*.md", "/usr/share/man/man*/*.gz"],
        lambda path: data if is_text(data := unpacked(path)) else b"",
    ),
    "source": (
        ["/usr/include/**/*.h", "/usr/lib/python3*/**/*.py", "/usr/share/perl/**/*.pm", "/usr/lib/node_modules/**/*.js"],
        unpacked,
    ),
    "elf": (
        ["/usr/bin/*", "/usr/lib/x86_64-linux-gnu/*.so*"],
        lambda path: data if (data := unpacked(path)).startswith(b"\x7fELF") else b"",
    ),
    "png": (["/usr/share/**/*.png"], lambda path: raw_pixels(unpacked(path))),
    "log": (
        ["/var/log/**/*.log", "/tmp/**/*.log", str(Path.home() / ".npm/_logs/*.log")],
        lambda path: data if is_text(data := unpacked(path)) else b"",
    ),
}


def paths_of(patterns):
    found = set()
    for pattern in patterns:
        for path in Path("/").glob(pattern.lstrip("/")):
            try:
                if path.is_file() and not path.is_symlink() and LEAST <= path.stat().st_size <= LARGEST_READ:
                    found.add(path)
            except OSError:
                continue
    return sorted(found)


def collect(folder, kind, budget, draw):
    patterns, read = KINDS[kind]
    left = {"train": budget, "held-out": budget // 10}
    seen, paths = set(), paths_of(patterns)
    draw.shuffle(paths)
    for path in paths:
        key = hashlib.sha256(str(path).encode()).digest()
        part = "held-out" if key[0] < 26 else "train"
        if left[part] <= 0:
            continue
        try:
            data = read(path)
        except (OSError, EOFError, ValueError, zlib.error, struct.error, TypeError, IndexError):
            continue
        if len(data) < LEAST:
            continue
        first = draw.randrange(max(1, len(data) - MOST))
        digest = hashlib.sha256(data).digest()
        data = data[first : first + min(MOST, left[part])]
        if digest in seen:
            continue
        seen.add(digest)
        target = folder / part / kind / f"{key.hex()[:8]}-{path.name}"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        left[part] -= len(data)
        if max(left.values()) <= 0:
            break
    return {part: (budget if part == "train" else budget // 10) - rest for part, rest in left.items()}


def main(folder, mebibytes=16.0):
    draw = random.Random(17)
    for kind, share in SHARES.items():
        sizes = collect(Path(folder), kind, int(float(mebibytes) * share * 2**20), draw)
        print(f"{kind}: {sizes['train']:,} bytes to train on, {sizes['held-out']:,} held out", flush=True)


main(*sys.argv[1:])
