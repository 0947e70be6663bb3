"""Throughput of 1, 2 and 4 silos with equal shares of the processors, against the ideal.

    /usr/bin/python3 tools/cluster/throughput.py SERVER.dll SOURCES FILES [CORES] [SECONDS] [RUNS] [MODELS]

Silos are processes of this machine; each is in a control group that gives it CORES of a core (0.3), which stands for a
machine. The network is the loopback. They have a PostgreSQL and a datastore of 8 shards; with MODELS, a folder of
installed models, they encode. FILES Python files of SOURCES, in four folders, are ingested by four clients at once; then
eight clients ask for SECONDS (20); answers that come later do not count. All of it RUNS times (3), in turns; the last
lines are the medians. Programs are warmed up before the shares are set. Needs root, for the control groups
(version 1), and PostgreSQL. The ideal of ingestion is that each copy costs as much: one silo has one copy, others two.
"""

import concurrent.futures
import contextlib
import glob
import http.client
import json
import os
import pathlib
import random
import shutil
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

GROUPS = pathlib.Path("/sys/fs/cgroup/cpu")
PERIOD = 20_000

# Others of this machine, which are in no group, get what is left.
WEIGHT = 20_480
PARTS = 4
CLIENTS = 8
SHARDS = 8
QUESTIONS = ["parse a date with a time zone", "Where is the length of a buffer checked before it is copied?",
             "how is a configuration file found and read", "close the socket when the connection is lost",
             "unicode normalization of identifiers", "def setUp(self)"]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def make_group(group):
    group.mkdir()
    (group / "cpu.shares").write_text(str(WEIGHT))


class Client:
    """A session of the protocol over HTTP."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1200)
        self.headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        self.id = 0
        self.request("initialize", {"protocolVersion": "2025-11-25", "capabilities": {},
                                    "clientInfo": {"name": "throughput", "version": "1"}})
        self.send({"method": "notifications/initialized"})

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message})
        try:
            self.connection.request("POST", "/mcp", body, self.headers)
        except BrokenPipeError:
            # The server has closed an idle connection; the session goes on.
            self.connection.close()
            self.connection.request("POST", "/mcp", body, self.headers)
        answer = self.connection.getresponse()
        if session := answer.getheader("Mcp-Session-Id"):
            self.headers["Mcp-Session-Id"] = session
        return answer.read().decode()

    def request(self, method, parameters):
        self.id += 1
        text = self.send({"id": self.id, "method": method, "params": parameters})
        lines = [line[5:] for line in text.splitlines() if line.startswith("data:")] or [text]
        for message in (json.loads(line) for line in lines if line.strip()):
            if message.get("id") == self.id:
                return message["result"]
        raise RuntimeError(text)

    def call(self, tool, **arguments):
        result = self.request("tools/call", {"name": tool, "arguments": arguments})
        if result.get("isError"):
            raise RuntimeError(f"{tool}: {result}")
        return result["structuredContent"]


def told(errors):
    """The end of what a program has written to its standard error, a file."""
    errors.seek(0)
    return errors.read().decode(errors="replace")[-2000:]


class Silo:
    """A silo in a process and a control group of its own."""

    def __init__(self, program, name, home, folder, connection):
        self.group = GROUPS / f"mcp-silo-{os.getpid()}-{name}"
        self.port, self.silo_port, self.process = free_port(), free_port(), None
        make_group(self.group)
        try:
            with tempfile.TemporaryFile() as errors:
                self.process = subprocess.Popen(
                    ["dotnet", program, "silo", "--name", name, "--home", home, "--http", f"http://127.0.0.1:{self.port}",
                     "--silo-port", str(self.silo_port), "--postgres", connection, "--shards", str(SHARDS)],
                    cwd=folder, stdout=subprocess.PIPE, stderr=errors,
                    env=dict(os.environ, MCP_LONG_CONTEXT_INSTALL_DEFAULT_ENCODER="false"))
                (self.group / "cgroup.procs").write_text(str(self.process.pid))
                if b"MCP at" not in self.process.stdout.readline():
                    raise RuntimeError(f"{name} does not start: {told(errors)}")
        except BaseException:
            self.close()
            raise

    def share(self, cores):
        (self.group / "cpu.cfs_period_us").write_text(str(PERIOD))
        (self.group / "cpu.cfs_quota_us").write_text(str(int(cores * PERIOD)))

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        self.group.rmdir()


def sent(silos):
    """The bytes that silos have sent each other so far, both ends of each connection."""
    ports = " or ".join(f"sport = :{silo.silo_port} or dport = :{silo.silo_port}" for silo in silos)
    told = subprocess.run(["ss", "-tinH", f"( {ports} )"], check=True, capture_output=True, text=True).stdout
    return sum(int(number) for number in re.findall(r"bytes_sent:(\d+)", told))


@contextlib.contextmanager
def database(folder):
    """A PostgreSQL, which does not run as root."""
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
    owner = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    data, port = folder / "postgres", free_port()
    data.mkdir()
    shutil.chown(data, "postgres")
    subprocess.run([*owner, f"{programs}/initdb", "-D", data, "-A", "trust", "-U", "postgres"], check=True,
                   cwd="/tmp", stdout=subprocess.DEVNULL)
    server = subprocess.Popen([*owner, f"{programs}/postgres", "-D", data, "-p", str(port), "-k", data, "-h", "127.0.0.1"],
                              cwd="/tmp", stderr=subprocess.DEVNULL)
    try:
        while subprocess.run([f"{programs}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]).returncode:
            if server.poll() is not None:
                raise RuntimeError(f"PostgreSQL ended with {server.returncode}")
            time.sleep(0.1)
        yield f"Host=127.0.0.1;Port={port};Username=postgres;Database=postgres"
    finally:
        server.kill()
        server.wait()


def make(folder, sources, count):
    """Copies files to the folders that are ingested."""
    files = [path for path in sorted(pathlib.Path(sources).rglob("*.py"))
             if not path.is_symlink() and 200 < path.stat().st_size < 40_000]
    random.Random(1).shuffle(files)
    for i, path in enumerate(files[:count]):
        target = folder / f"part-{i % PARTS}" / f"{i}_{path.name}"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    return sum(path.stat().st_size for path in folder.rglob("*.py"))


def ingest(silos, folder, datastore):
    """Seconds until everything is stored, and encoded where there is an encoder."""
    def one(part):
        client = Client(silos[part % len(silos)].port)
        return client.call("ingest_document", datastore=datastore, path=str(folder / f"part-{part}"), wait_seconds=1200)

    # The first file makes the datastore.
    Client(silos[0].port).call("ingest_document", datastore=datastore, name="first.md", text="The first note.")
    start = time.time()
    with concurrent.futures.ThreadPoolExecutor(PARTS) as pool:
        reports = list(pool.map(one, range(PARTS)))
    return time.time() - start, reports


def ask(silos, datastore, seconds):
    """Answers of a second, their times, and the number of those that came later, by clients that ask one after another."""
    end, walls, late, gate = time.time() + seconds, [], [], threading.Lock()

    def one(number):
        client, own = Client(silos[number % len(silos)].port), []
        while time.time() < end:
            start = time.time()
            client.call("query_long_context", datastore=datastore, question=QUESTIONS[(number + len(own)) % len(QUESTIONS)])
            (own if time.time() <= end else late).append(time.time() - start)
        with gate:
            walls.extend(own)

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(one, range(CLIENTS)))
    walls.sort()
    return len(walls) / seconds, walls, len(late)


def measure(program, sources, count, cores, seconds, models, number):
    """MB a second, queries a second, and what those cost, of so many silos."""
    with tempfile.TemporaryDirectory() as temporary, contextlib.ExitStack() as stack:
        folder = pathlib.Path(temporary)
        folder.chmod(0o755)
        size = make(folder / "work", sources, count)
        if models:
            (folder / "home").mkdir()
            (folder / "home" / "models").symlink_to(os.path.abspath(models))
        connection = stack.enter_context(database(folder))
        silos = []
        for i in range(number):
            silos.append(Silo(program, f"silo-{i}", str(folder / "home"), folder / "work", connection))
            stack.callback(silos[-1].close)
        ingest(silos, folder / "work", "warm")
        ask(silos, "warm", 10)
        for silo in silos:
            silo.share(cores)
        took, reports = ingest(silos, folder / "work", "docs")
        before, bytes_before = sum(silo.cpu() for silo in silos), sent(silos)
        rate, walls, late = ask(silos, "docs", seconds)
        cpu, wire = sum(silo.cpu() for silo in silos) - before, sent(silos) - bytes_before
        asked = len(walls) + late
        middle, most = (f"{walls[len(walls) * part // 100] * 1e3:.0f} ms" if walls else "-" for part in (50, 95))
        print(f"{number} silos of {cores} cores: {size / 1e6:.1f} MB ingested in {took:.1f} s ({size / took / 1e3:.0f} kB/s, "
              f"state {reports[0]['state']}); {rate:.2f} queries/s, p50 {middle}, p95 {most}, "
              f"CPU {cpu / asked * 1e3:.1f} ms and {wire / asked / 1e3:.1f} kB "
              f"between silos a query; load {os.getloadavg()[0]:.0f}", flush=True)
        return size / took / 1e3, rate, cpu / asked * 1e3, wire / asked / 1e3


def main(program, sources, count, cores=0.3, seconds=20, runs=3, models=None):
    program, measured = os.path.abspath(program), {number: [] for number in (1, 2, 4)}
    count, cores, seconds, runs = int(count), float(cores), int(seconds), int(runs)
    clients = GROUPS / f"mcp-clients-{os.getpid()}"
    make_group(clients)
    try:
        (clients / "cgroup.procs").write_text(str(os.getpid()))
        for _ in range(runs):
            for number, found in measured.items():
                found.append(measure(program, sources, count, cores, seconds, models, number))
    finally:
        (GROUPS / "cgroup.procs").write_text(str(os.getpid()))
        clients.rmdir()
    for number, found in measured.items():
        ingested, rate, cpu, wire = (statistics.median(column) for column in zip(*found))
        rates = sorted(one[1] for one in found)
        print(f"{number} silos, medians of {len(found)}: {ingested:.0f} kB/s, {rate:.2f} queries/s ({rates[0]:.2f} to "
              f"{rates[-1]:.2f}), CPU {cpu:.1f} ms and {wire:.1f} kB between silos a query")


if __name__ == "__main__":
    main(*sys.argv[1:])
