"""Costs of freshness, through a server over stdio: lexical, so that nothing hides them.

    /usr/bin/python3 tools/freshness/measure.py latency SERVER.dll SOURCES FILES [QUERIES]
    /usr/bin/python3 tools/freshness/measure.py switch SERVER.dll SOURCES FILES
    /usr/bin/python3 tools/freshness/measure.py worktree SERVER.dll SOURCES FILES

SOURCES is a folder of Python files, of which so many are committed to a repository in a temporary folder; the branch
`next` changes, adds or removes half of them. `latency` asks two servers in turns, one of which may not look at the
repository; `switch` asks at once after `git checkout`; `worktree` ingests a second working tree. Times are wall times;
CPU is that of the server and holds on a busy machine, too.
"""

import contextlib
import json
import os
import pathlib
import random
import sqlite3
import subprocess
import sys
import tempfile
import time

# Folders that no ingest reads.
IGNORED = {"lib", "bin", "build", "dist", "site-packages", "dist-packages"}

QUESTIONS = ["parse a date with a time zone", "Where is the length of a buffer checked before it is copied?",
             "how is a configuration file found and read", "marsupial", "close the socket when the connection is lost",
             "unicode normalization of identifiers", "def setUp(self)"]


class Server:
    def __init__(self, program, home, folder):
        environment = dict(os.environ, MCP_LONG_CONTEXT_INSTALL_DEFAULT_ENCODER="false")
        self.process = subprocess.Popen(["dotnet", program, "--home", str(home)], cwd=folder, env=environment,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.id = 0
        self.request("initialize", {"protocolVersion": "2025-11-25", "capabilities": {},
                                    "clientInfo": {"name": "measure", "version": "1"}})
        self.send({"method": "notifications/initialized"})

    def send(self, message):
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self.process.stdin.flush()

    def request(self, method, parameters):
        self.id += 1
        self.send({"id": self.id, "method": method, "params": parameters})
        while True:
            message = json.loads(self.process.stdout.readline())
            if message.get("id") == self.id:
                return message["result"]

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def call(self, tool, **arguments):
        start, before = time.time(), self.cpu()
        result = self.request("tools/call", {"name": tool, "arguments": arguments})
        self.wall, self.used = time.time() - start, self.cpu() - before
        return result["structuredContent"]

    def ask(self, question):
        return self.call("query_long_context", question=question)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def git(repository, *arguments):
    subprocess.run(["git", "-C", repository, "-c", "user.name=a", "-c", "user.email=a@localhost", *arguments],
                   check=True, stdout=subprocess.DEVNULL)


def make(repository, sources, count):
    """Commits files to `main`; `next` differs in half of them."""
    files = [path for path in sorted(pathlib.Path(sources).rglob("*.py"))
             if not path.is_symlink() and 200 < path.stat().st_size < 40_000]
    random.Random(1).shuffle(files)
    copies = []
    for path in files[:count]:
        parts = ["code" if part in IGNORED else part for part in path.relative_to(sources).parts]
        copy = repository.joinpath("src", *parts)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
        copies.append(copy)
    git(repository, "init", "-q", "-b", "main")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "one")
    git(repository, "checkout", "-qb", "next")
    for i, copy in enumerate(copies[: count // 2]):
        if i % 20 == 0:
            copy.unlink()
        elif i % 20 == 1:
            copy.with_name(f"added_{i}.py").write_text(f'def quokka_{i}():\n    """Counts the wombats of enclosure {i}."""\n')
        else:
            copy.write_bytes(b"# marsupial_%d is renamed\n" % i + copy.read_bytes())
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "two")
    git(repository, "checkout", "-q", "main")
    size = sum(copy.stat().st_size for copy in copies)
    print(f"{len(copies)} files, {size / 1e6:.1f} MB, load {os.getloadavg()[0]:.0f}")


def latency(program, repository, folder, queries=200):
    seeing, blind = Server(program, folder / "home", repository), Server(program, folder / "home", folder / "home")
    seeing.call("ingest_document", path=".", wait_seconds=600)
    for question in QUESTIONS * 3:
        seeing.ask(question), blind.ask(question)
    walls, checks, cpu = {seeing: [], blind: []}, [], {server: server.cpu() for server in (seeing, blind)}
    for i in range(int(queries)):
        for server in (seeing, blind) if i % 2 else (blind, seeing):
            freshness = server.ask(QUESTIONS[i % len(QUESTIONS)])["freshness"]
            walls[server].append(server.wall * 1e3)
            if server is seeing:
                assert freshness["fresh"], freshness
                checks.append(freshness["elapsed_milliseconds"])
            else:
                assert freshness["unchecked"], freshness
    for name, server in (("with the check", seeing), ("without", blind)):
        ordered = sorted(walls[server])
        print(f"{name:15} p50 {ordered[len(ordered) // 2]:.1f} ms, p10 {ordered[len(ordered) // 10]:.1f} ms, "
              f"CPU {(server.cpu() - cpu[server]) / int(queries) * 1e3:.1f} ms a query")
    checks.sort()
    print(f"the check alone: p50 {checks[len(checks) // 2]:.1f} ms, least {checks[0]:.1f} ms")
    seeing.close(), blind.close()


def switch(program, repository, folder):
    server = Server(program, folder / "home", repository)
    server.call("ingest_document", path=".", wait_seconds=600)
    for question in QUESTIONS:
        server.ask(question)
    for branch, question, expected in (("next", "Where is quokka_41 defined?", "added_41.py"),
                                       ("main", "parse a date with a time zone", ""),
                                       ("next", "how many wombats are in the enclosure?", "added_")):
        start = time.time()
        git(repository, "checkout", "-q", branch)
        checkout = time.time() - start
        result = server.ask(question)
        first = result["passages"][0]["citation"] if result["passages"] else "nothing"
        print(f"{branch}: git checkout {checkout:.1f} s, answer after {server.wall:.1f} s, CPU {server.used:.1f} s, "
              f"{result['freshness']['stale_count']} stale, first {first}{'' if expected in first else ' (unexpected)'}")
        start, before = time.time(), server.cpu()
        while not server.ask("xyzzy")["freshness"]["fresh"]:
            time.sleep(1)
        print(f"    all fresh after {time.time() - start:.0f} s, CPU {server.cpu() - before:.1f} s")
    server.close()


def disk(datastores):
    """Bytes once the write-ahead logs are moved into their databases, as they are when nothing is written."""
    for database in datastores.rglob("*.db"):
        with contextlib.closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    return sum(path.stat().st_size for path in datastores.rglob("*")
               if path.is_file() and not path.name.endswith(("-wal", "-shm")))


def worktree(program, repository, folder):
    server = Server(program, folder / "home", folder)
    stored = 0
    git(repository, "worktree", "add", "-q", "-f", "--detach", folder / "second", "main")
    for tree in (repository, folder / "second"):
        report = server.call("ingest_document", path=str(tree), wait_seconds=600)
        size = disk(folder / "home" / "datastores")
        print(f"{tree.name}: {report['added']} documents in {server.wall:.1f} s, CPU {server.used:.2f} s, "
              f"{(size - stored) / 1e6:.1f} MB on disk")
        stored = size
    server.close()


command, program, sources, count, *rest = sys.argv[1:]
with tempfile.TemporaryDirectory() as temporary:
    folder = pathlib.Path(temporary).resolve()
    (folder / "home").mkdir()
    make(folder / "first", sources, int(count))
    {"latency": latency, "switch": switch, "worktree": worktree}[command](program, folder / "first", folder, *rest)
