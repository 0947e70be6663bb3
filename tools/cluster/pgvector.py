"""Recall and latency of PostgreSQL with pgvector beside ours, with the same passages and the same encoder's vectors.

    mcp-long-context eval SET/questions.jsonl --docs SET/src --out predictions.jsonl --keep NAME
    bench vectors SET/questions.jsonl HOME NAME FOLDER
    /usr/bin/python3 tools/cluster/pgvector.py FOLDER SET/questions.jsonl [RUNS]

Starts a PostgreSQL, which needs the extension vector installed; stores the vectors of FOLDER; asks for the 50 nearest
passages of each question by cosine distance, without an index (exact) and with HNSW (m 16, ef_construction 64, ef_search
100), in one session of psql, which measures each statement, RUNS times (3) after one that is not counted. Its times are
those of the search alone: `bench vectors` says what encoding the question takes, and our own time with everything.
"""

import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

import throughput

NEAREST = 50
INDEX = "CREATE INDEX ON passages USING hnsw (v vector_cosine_ops) WITH (m = 16, ef_construction = 64)"


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def text_of(vector):
    return "[" + ",".join(f"{value:.8g}" for value in vector) + "]"


class Psql:
    def __init__(self, connection, folder):
        self.port = re.search(r"Port=(\d+)", connection)[1]
        self.server = int((folder / "postgres" / "postmaster.pid").read_text().split()[0])

    def cpu(self):
        """Milliseconds of the processor of the server and of its processes that have ended, as sessions do."""
        fields = pathlib.Path(f"/proc/{self.server}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(int(field) for field in fields[11:15]) * 1e3 / os.sysconf("SC_CLK_TCK")

    def run(self, script):
        command = ["psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", self.port, "-U", "postgres"]
        return subprocess.run(command, input=script, capture_output=True, text=True, check=True).stdout

    def nearest(self, questions, runs, settings):
        """The nearest passages of each question, the milliseconds of all statements, those of the processor of one."""
        ask = "\n".join(f"EXECUTE nearest('{text_of(one['vector'])}');\n\\echo next" for one in questions)
        script = (f"{settings}\n"
                  f"PREPARE nearest(vector) AS SELECT id FROM passages ORDER BY v <=> $1 LIMIT {NEAREST};\n"
                  "\\timing on\n" + "\n".join([ask] * (runs + 1)))
        before = self.cpu()
        told = self.run(script).split("next\n")
        time.sleep(1)  # until the server has taken note of the session's end
        cpu = (self.cpu() - before) / len(questions) / (runs + 1)
        answers = [[int(line) for line in part.splitlines() if line.isdigit()] for part in told[:len(questions)]]
        times = [float(ms) for part in told[len(questions):] for ms in re.findall(r"Time: ([\d.]+) ms", part)]
        return answers, sorted(times), cpu


def overlaps(passage, gold):
    return (passage["doc"] == gold["doc"] and passage["start_line"] <= gold["end_line"]
            and gold["start_line"] <= passage["end_line"])


def scores(ranked, asked):
    """Recall in the first five passages and mean reciprocal rank, in percent."""
    recall, reciprocal = [], []
    for passages, question in zip(ranked, asked):
        ranks = [next((rank for rank, passage in enumerate(passages) if overlaps(passage, gold)), None)
                 for gold in question["gold"]]
        found = [rank for rank in ranks if rank is not None]
        recall.append(sum(rank < 5 for rank in found) / len(ranks))
        reciprocal.append(1 / (1 + min(found)) if found else 0)
    return f"recall@5 {100 * statistics.mean(recall):.1f}, MRR {100 * statistics.mean(reciprocal):.1f}"


def main(folder, questions, runs=3):
    folder = pathlib.Path(folder)
    passages, vectors = lines_of(folder / "passages.jsonl"), lines_of(folder / "questions.jsonl")
    asked = {one["id"]: one for one in lines_of(pathlib.Path(questions))}
    asked = [asked[one["id"]] for one in vectors]
    ours = {one["id"]: one["passages"] for one in lines_of(folder / "ours.jsonl")}
    print(f"{len(asked)} questions, {len(passages)} passages of {len(passages[0]['vector'])} dimensions")
    print("ours:", scores([ours[one["id"]] for one in asked], asked))
    with tempfile.TemporaryDirectory() as temporary:
        pathlib.Path(temporary).chmod(0o755)
        with throughput.database(pathlib.Path(temporary)) as connection:
            psql = Psql(connection, pathlib.Path(temporary))
            rows = "\n".join(f"{i}\t{text_of(one['vector'])}" for i, one in enumerate(passages))
            psql.run("CREATE EXTENSION vector;\n"
                     f"CREATE TABLE passages (id int PRIMARY KEY, v vector({len(passages[0]['vector'])}));\n"
                     f"COPY passages FROM STDIN;\n{rows}\n\\.\nANALYZE passages;\n")
            print("pgvector", psql.run("SELECT extversion FROM pg_extension WHERE extname = 'vector'").strip(),
                  "in", psql.run("SHOW server_version").strip())
            exact = None
            for name in ("exact", "HNSW"):
                built = ""
                if name == "HNSW":
                    start = time.time()
                    psql.run(INDEX)
                    built = f", index built in {time.time() - start:.1f} s"
                # Without them the planner reads a small table from end to end, index or not.
                settings = "SET enable_seqscan = off; SET hnsw.ef_search = 100;" if name == "HNSW" else ""
                plan = psql.run(f"{settings}\nEXPLAIN SELECT id FROM passages ORDER BY v <=> "
                                f"'{text_of(vectors[0]['vector'])}' LIMIT {NEAREST};\n")
                assert ("Index Scan" in plan) == (name == "HNSW"), plan
                answers, times, cpu = psql.nearest(vectors, int(runs), settings)
                exact = exact or answers
                same = statistics.mean(len(set(a[:10]) & set(b[:10])) / 10 for a, b in zip(answers, exact))
                print(f"{name}: {scores([[passages[i] for i in found] for found in answers], asked)}; {100 * same:.1f}% of the "
                      f"exact first ten; p50 {times[len(times) // 2]:.2f} ms, p99 {times[len(times) * 99 // 100]:.2f} ms, CPU {cpu:.2f} ms{built}")


if __name__ == "__main__":
    main(*sys.argv[1:])
