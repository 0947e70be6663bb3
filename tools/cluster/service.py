"""Measures what a question costs in shards, for simulate.py: processor time, disk and memory.

    /usr/bin/python3 tools/cluster/service.py SERVER.dll SOURCES FILES MODELS [ROUNDS]

Two silos with the encoder of MODELS hold FILES Python files of SOURCES, one in a shard, the other in eight. Comments of the
files are asked of both, in turns, ROUNDS times (3) after one that is not counted. With e embeddings in s shards a question
costs asking + s * shard + rate * e: the difference of the two is seven shards. The rate is that of `bench knn`, as in
measured.json.
"""

import contextlib
import json
import os
import pathlib
import statistics
import sys
import tempfile

import overhead
import throughput

QUANTILES = 20
SHARDS = (1, 8)


def resident(pid):
    """Resident bytes of a process, with those of mapped files."""
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def start(program, shards, models, folder, stack):
    """A silo that has everything, and its embeddings; the stack closes it."""
    home = folder / f"home-{shards}"
    home.mkdir()
    (home / "models").symlink_to(os.path.abspath(models))
    silo = overhead.Server(program, ["silo", "--shards", str(shards), "--silo-port", str(throughput.free_port())],
                           folder / "work", str(home))
    stack.callback(silo.close)
    idle, before = resident(silo.process.pid), silo.cpu()
    silo.client.call("ingest_document", datastore="docs", path=str(folder / "work"), wait_seconds=1200)
    spent = silo.cpu() - before
    silo.client = silo.connect()
    stored = next(one for one in silo.client.call("list_datastores")["datastores"] if one["name"] == "docs")
    print(f"{stored['tokens']:,} embeddings in {shards} shards: {stored['bytes'] / stored['tokens']:.0f} bytes on disk an "
          f"embedding, {stored['tokens'] / spent:,.0f} embeddings a core second of ingest, {idle / 1e6:.0f} MB idle", flush=True)
    return silo, stored["tokens"]


def main(program, sources, count, models, rounds=3):
    program, count, rounds, asked = os.path.abspath(program), int(count), int(rounds), ([], [])
    rate = json.loads(pathlib.Path(__file__).with_name("measured.json").read_text())["shard_ms_per_million_tokens"]
    with tempfile.TemporaryDirectory() as temporary, contextlib.ExitStack() as stack:
        folder = pathlib.Path(temporary)
        throughput.make(folder / "work", sources, count)
        questions = overhead.questions_of(folder / "work")
        silos, embeddings = zip(*(start(program, shards, models, folder, stack) for shards in SHARDS))
        for silo in silos:
            silo.client = silo.connect()
        for turn in range(rounds + 1):
            for number, question in enumerate(questions):
                for i in ((0, 1) if (number + turn) % 2 else (1, 0)):
                    found = silos[i].ask(question)
                    if turn:
                        asked[i].append(found)
        for silo, shards, own in zip(silos, SHARDS, asked):
            cpu, wall = ([one[which] * 1e3 for one in own] for which in (1, 0))
            print(f"{shards} shards: CPU p50 {statistics.median(cpu):.1f} ms, mean {statistics.mean(cpu):.1f} ms a question, "
                  f"wall p50 {statistics.median(wall):.1f} ms, {resident(silo.process.pid) / 1e6:.0f} MB after")
    cpu = [one[1] * 1e3 for one in asked[0]]
    shard = statistics.median(many[1] - one[1] for one, many in zip(*asked)) * 1e3 / (SHARDS[1] - SHARDS[0])
    middle = statistics.median(cpu)
    spread = [round(value / middle, 3) for value in statistics.quantiles(cpu, n=QUANTILES)]
    print(json.dumps({"asking_ms": round(middle - shard - rate * embeddings[0] / 1e6, 2), "shard_ms": round(shard, 2), "spread": spread}),
          f"load {os.getloadavg()[0]:.0f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
