"""What a datastore of one shard costs above a plain one: the same questions to `serve --http` and to a silo, in turns.

    /usr/bin/python3 tools/cluster/overhead.py SERVER.dll SOURCES FILES [ROUNDS] [MODELS]

FILES Python files of SOURCES are ingested by both. Questions are comments of the files, 100 at most; each is asked of
both, the first one in turns, ROUNDS times (3), after one round that is not counted. The silo has a PostgreSQL; with
MODELS, a folder of installed models, both encode. Prints wall time and processor time (user and system) a query.
"""

import contextlib
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

import throughput

COMMENT = re.compile(r"#\s+((?:[\w'(),.-]*[A-Za-z][\w'(),.-]*\s+){5,13}[\w'(),.-]*[A-Za-z][\w'(),.-]*)$")


class Server:
    """A process that serves the protocol over HTTP."""

    def __init__(self, program, arguments, folder, home):
        self.port, self.errors = throughput.free_port(), tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            ["dotnet", program, *arguments, "--home", home, "--http", f"http://127.0.0.1:{self.port}"],
            cwd=folder, stdout=subprocess.DEVNULL, stderr=self.errors,
            env=dict(os.environ, MCP_LONG_CONTEXT_INSTALL_DEFAULT_ENCODER="false"))
        try:
            self.client = self.connect()
        except BaseException:
            self.close()
            raise

    def connect(self):
        for _ in range(600):
            self.require_alive()
            try:
                return throughput.Client(self.port)
            except ConnectionRefusedError:
                time.sleep(0.1)
        raise RuntimeError(f"the server does not start: {throughput.told(self.errors)}")

    def require_alive(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.process.args} ended with {self.process.returncode}: {throughput.told(self.errors)}")

    def cpu(self):
        """Seconds of the processor, user and system, by the clock of the process."""
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def ask(self, question):
        """Seconds of wall and of the processor."""
        self.require_alive()
        before, start = self.cpu(), time.perf_counter()
        answer = self.client.call("query_long_context", datastore="docs", question=question)
        wall = time.perf_counter() - start
        return wall, self.cpu() - before, [one["citation"] for one in answer["passages"]]

    def close(self):
        self.process.kill()
        self.process.wait()
        self.errors.close()


def questions_of(folder):
    found = []
    for path in sorted(folder.rglob("*.py")):
        for line in path.read_text(errors="replace").splitlines():
            if match := COMMENT.match(line.strip()):
                found.append(match[1])
                break
    if not found:
        raise RuntimeError("the files have no comments to ask")
    return found[:100]


def main(program, sources, count, rounds=3, models=None):
    program, count, rounds = os.path.abspath(program), int(count), int(rounds)
    with tempfile.TemporaryDirectory() as temporary, contextlib.ExitStack() as stack:
        folder = pathlib.Path(temporary)
        folder.chmod(0o755)
        size = throughput.make(folder / "work", sources, count)
        connection = stack.enter_context(throughput.database(folder))
        servers = []
        for name, arguments in (("plain", ["serve"]),
                                ("silo", ["silo", "--shards", "1", "--silo-port", str(throughput.free_port()),
                                          "--postgres", connection])):
            home = folder / name
            home.mkdir()
            if models:
                (home / "models").symlink_to(os.path.abspath(models))
            servers.append(Server(program, arguments, folder / "work", str(home)))
            stack.callback(servers[-1].close)
            servers[-1].client.call("ingest_document", datastore="docs", path=str(folder / "work"), wait_seconds=1200)
        for server in servers:
            # A connection that was idle for minutes is closed.
            server.client = server.connect()
        questions = questions_of(folder / "work")
        print(f"{len(questions)} questions, {size / 1e6:.1f} MB, load {os.getloadavg()[0]:.0f}")
        times, different = ([], []), []
        for turn in range(rounds + 1):
            for number, question in enumerate(questions):
                order = (0, 1) if (number + turn) % 2 else (1, 0)
                asked = {i: servers[i].ask(question) for i in order}
                # Before the first answer tokens are estimated.
                if turn == 1 and asked[0][2] != asked[1][2]:
                    different.append(next((question, *pair) for pair in zip(asked[0][2] + [None], asked[1][2] + [None])
                                          if pair[0] != pair[1]))
                if turn:
                    times[0].append(asked[0])
                    times[1].append(asked[1])
        for name, own in zip(("plain", "one shard"), times):
            walls = sorted(one[0] * 1e3 for one in own)
            cpu = [one[1] * 1e3 for one in own]
            print(f"{name:<10} wall p50 {statistics.median(walls):6.1f} ms, p99 {walls[len(walls) * 99 // 100]:6.1f} ms; "
                  f"CPU p50 {statistics.median(cpu):6.1f} ms, mean {statistics.mean(cpu):6.1f} ms")
        pairs = [(one[0] - plain[0], one[1] - plain[1]) for plain, one in zip(*times)]
        print(f"difference of pairs, p50: wall {statistics.median(pair[0] for pair in pairs) * 1e3:+.1f} ms, "
              f"CPU {statistics.median(pair[1] for pair in pairs) * 1e3:+.1f} ms; "
              f"other evidence {len(different)} of {len(questions)} {different}; load {os.getloadavg()[0]:.0f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
