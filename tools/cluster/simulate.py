"""Simulates a cluster by discrete events: machines, memory, network and latency against load. Python's library alone.

    /usr/bin/python3 tools/cluster/simulate.py plan [MEASURED.json]     the table of docs/cluster.md
    /usr/bin/python3 tools/cluster/simulate.py check [MEASURED.json]    against closed forms and measured throughput

A question is the work of the silo that is asked, then rounds with all shards of its datastore, then work of the silo that is
asked; each round ends with its last shard. A task takes one core of its machine; tasks take turns, a slice of time each. A
shard has two copies on different machines; the asking silo takes its own copy, otherwise one by chance. A step that takes
longer than 95 % of those before is asked of the other copy too, which first does the rounds before; the first answer counts,
and a task that nobody waits for gets no further slice. Service times are those of MEASURED.json (measured.json beside this
file, which says where each is from); one factor, drawn from the measured spread, holds for all tasks of a question. The
spread ends with the 95th percentile, and so do the latencies that are printed. Work that shards divide among them counts as
that of the asking silo. Every run has the same seed; a row of the table has QUESTIONS.
"""

import bisect
import collections
import heapq
import json
import math
import pathlib
import random
import statistics
import sys

SLICE = 0.005
HEDGE_AFTER = 0.95
HEDGE_LEAST = 0.020
HEDGE_UNKNOWN = 0.5
HEDGE_SAMPLES = 20
HEDGE_WINDOW = 256
COPIES = 2
QUESTIONS = 10_000

# A row falls behind where the median of its second half is so much larger than that of its first.
GROWTH = 1.25

# The part of the asking silo's work that is done before the shards are asked: analysis and encoding of the question.
BEFORE = 0.2


class Machine:
    """So many cores, and one queue for them, in which tasks take turns."""

    def __init__(self, cores, slice_):
        self.idle, self.slice, self.queue, self.busy = cores, slice_, collections.deque(), 0.0


class Task:
    """Work on a machine; what follows is called when it is done."""

    __slots__ = ("seconds", "then", "dropped")

    def __init__(self, seconds, then):
        self.seconds, self.then, self.dropped = seconds, then, False


class Simulation:
    """A clock, its events and the machines."""

    def __init__(self, machines, cores, slice_, seed):
        self.now, self.events, self.count = 0.0, [], 0
        self.machines = [Machine(cores, slice_) for _ in range(machines)]
        self.random = random.Random(seed)

    def after(self, delay, call):
        self.count += 1
        heapq.heappush(self.events, (self.now + delay, self.count, call))

    def submit(self, machine, task):
        if machine.idle:
            machine.idle -= 1
            self.begin(machine, task)
        else:
            machine.queue.append(task)

    def begin(self, machine, task):
        turn = min(machine.slice, task.seconds)
        machine.busy += turn
        task.seconds -= turn
        self.after(turn, lambda: self.end(machine, task))

    def end(self, machine, task):
        done = task.seconds <= 0
        if not done:
            machine.queue.append(task)
        while machine.queue and machine.queue[0].dropped:
            machine.queue.popleft()
        if machine.queue:
            self.begin(machine, machine.queue.popleft())
        else:
            machine.idle += 1
        if done:
            task.then()

    def run(self, until):
        while self.events and self.events[0][0] <= until:
            self.now, _, call = heapq.heappop(self.events)
            call()


class Usual:
    """The time after which a step takes longer than most of those before, as StepTimes has it."""

    def __init__(self):
        self.window, self.ordered = collections.deque(), []

    def add(self, seconds):
        self.window.append(seconds)
        bisect.insort(self.ordered, seconds)
        if len(self.window) > HEDGE_WINDOW:
            del self.ordered[bisect.bisect_left(self.ordered, self.window.popleft())]

    def seconds(self):
        if len(self.ordered) < HEDGE_SAMPLES:
            return HEDGE_UNKNOWN
        return max(HEDGE_LEAST, self.ordered[int(HEDGE_AFTER * (len(self.ordered) - 1))])


class Cluster:
    """Questions to datastores over machines."""

    def __init__(self, plan, seed=1):
        self.plan, self.sim = plan, Simulation(plan["machines"], plan["cores"], plan["slice"], seed)
        place = random.Random(seed + 1)
        numbers = range(plan["machines"])
        self.shards = [[place.sample(numbers, min(COPIES, plan["machines"])) for _ in range(plan["shards"])]
                       for _ in range(plan["datastores"])]
        self.usual = [Usual() for _ in plan["rounds"]]
        self.walls, self.bytes, self.hedged, self.steps = [], 0, 0, 0

    def ask(self, done, asker=None):
        sim, plan = self.sim, self.plan
        if asker is None:
            asker = sim.random.randrange(plan["machines"])
        Question(self, asker, sim.random.choice(self.shards), plan["draw"](sim.random), done).start()


class Question:
    """One question: work before, rounds, work after."""

    def __init__(self, cluster, asker, shards, factor, done):
        self.cluster, self.asker, self.factor, self.done = cluster, asker, factor, done
        self.begun, self.plan, self.sim = cluster.sim.now, cluster.plan, cluster.sim
        self.copies = [self.order(copies) for copies in shards]
        self.round, self.open = -1, 0

    def order(self, copies):
        """The own copy first, the others by chance."""
        others = [one for one in copies if one != self.asker]
        self.sim.random.shuffle(others)
        return ([self.asker] if self.asker in copies else []) + others

    def start(self):
        self.work(self.asker, self.plan["before"], self.next)

    def work(self, machine, seconds, then):
        """Work of a machine; none at all waits for nothing."""
        if seconds == 0:
            then()
            return None
        task = Task(seconds * self.factor, then)
        self.sim.submit(self.sim.machines[machine], task)
        return task

    def next(self):
        self.round += 1
        if self.round == len(self.plan["rounds"]):
            self.work(self.asker, self.plan["after"], self.finish)
            return
        self.open = len(self.copies)
        for shard in range(len(self.copies)):
            Step(self, shard).ask(0)

    def answered(self):
        self.open -= 1
        if self.open == 0:
            self.next()

    def finish(self):
        self.cluster.walls.append(self.sim.now - self.begun)
        self.done()


class Step:
    """A round of one shard."""

    def __init__(self, question, shard):
        self.question, self.shard = question, shard
        self.begun, self.answer, self.tasks = question.sim.now, False, []

    def ask(self, which):
        question, plan, sim = self.question, self.question.plan, self.question.sim
        machine = question.copies[self.shard][which]
        rounds = plan["rounds"]
        seconds = rounds[question.round] if which == 0 else sum(rounds[:question.round + 1])
        remote = machine != question.asker
        question.cluster.steps += which == 0
        if remote:
            question.cluster.bytes += plan["bytes"] / len(rounds)
            seconds += plan["remote"]

        def reply():
            sim.after(plan["wire"] if remote else 0, lambda: self.take(which, remote))

        def arrive():
            if not self.answer and (task := question.work(machine, seconds, reply)):
                self.tasks.append(task)

        sim.after(plan["wire"] if remote else 0, arrive)
        if which == 0 and plan["hedge"] and len(question.copies[self.shard]) > 1:
            sim.after(question.cluster.usual[question.round].seconds(), self.hedge)

    def hedge(self):
        if not self.answer:
            self.question.cluster.hedged += 1
            self.ask(1)

    def take(self, which, remote):
        if self.answer:
            return
        self.answer, question = True, self.question
        for task in self.tasks:
            task.dropped = True
        question.cluster.usual[question.round].add(question.sim.now - self.begun)
        if which:
            copies = question.copies[self.shard]
            copies[0], copies[1] = copies[1], copies[0]
        if remote and question.plan["remote"]:
            question.work(question.asker, question.plan["remote"], question.answered)
        else:
            question.answered()


def arrivals(cluster, rate, seconds, warm=0.2):
    """Open load: questions arrive by chance. Answers of the first part are not counted."""
    def arrive():
        cluster.sim.after(cluster.sim.random.expovariate(rate), arrive)
        cluster.ask(lambda: None)

    arrive()
    cluster.sim.run(seconds * warm)
    cluster.walls.clear()
    before = [machine.busy for machine in cluster.sim.machines]
    cluster.bytes = cluster.hedged = cluster.steps = 0
    cluster.sim.run(seconds)
    span = seconds * (1 - warm)
    cores = cluster.plan["cores"] * len(before)
    busy = sum(machine.busy for machine in cluster.sim.machines) - sum(before)
    halves = [statistics.median(half) for half in (cluster.walls[:len(cluster.walls) // 2], cluster.walls[len(cluster.walls) // 2:])]
    walls = sorted(cluster.walls)
    return {"rate": len(walls) / span, "busy": busy / span / cores, "mean": sum(walls) / max(1, len(walls)),
            "p50": walls[len(walls) // 2], "p95": walls[len(walls) * 95 // 100],
            "bytes": cluster.bytes / span, "hedged": cluster.hedged / max(1, cluster.steps),
            "growth": halves[1] / halves[0]}


def clients(cluster, count, seconds, warm=0.2):
    """Closed load: each client asks one question after another, always the same machine."""
    def ask(asker):
        cluster.ask(lambda: ask(asker), asker)

    for client in range(count):
        ask(client % cluster.plan["machines"])
    cluster.sim.run(seconds * warm)
    cluster.walls.clear()
    cluster.sim.run(seconds)
    return len(cluster.walls) / (seconds * (1 - warm))


def plan_of(measured, machines, cores, datastores, shards, tokens, hedge=True):
    """The work of a question to a datastore of so many tokens."""
    shard = (measured["shard_ms"] + measured["shard_ms_per_million_tokens"] * tokens / shards / 1e6) / 1e3
    rounds = measured["rounds"]
    spread = measured["spread"]
    return {
        "machines": machines, "cores": cores, "slice": SLICE, "datastores": datastores, "shards": shards, "hedge": hedge,
        "before": measured["asking_ms"] * BEFORE / 1e3, "after": measured["asking_ms"] * (1 - BEFORE) / 1e3,
        "rounds": [shard * share / sum(rounds) for share in rounds],
        "remote": measured["remote_call_ms"] / 1e3 / 2, "wire": measured["wire_ms"] / 1e3,
        "bytes": measured["bytes_remote_shard"],
        "draw": lambda random_: spread[random_.randrange(len(spread))],
    }


def bare(machines, cores, mean, slice_):
    """One task a question, which takes an exponential time: the queue of the closed forms."""
    return {"machines": machines, "cores": cores, "slice": slice_, "datastores": 1, "shards": 1, "hedge": False, "before": mean, "after": 0.0,
            "rounds": [], "remote": 0.0, "wire": 0.0, "bytes": 0, "draw": lambda random_: random_.expovariate(1)}


def erlang(cores, offered):
    """The probability to wait in M/M/c (Erlang, 1917), for an offered load below the number of cores."""
    below = sum(offered**k / math.factorial(k) for k in range(cores))
    last = offered**cores / math.factorial(cores) / (1 - offered / cores)
    return last / (below + last)


def check(measured):
    """Whether the simulation agrees with what is known; prints each comparison."""
    good = True
    for cores, load, slice_ in ((1, 0.5, math.inf), (1, 0.8, math.inf), (1, 0.8, 0.2), (4, 0.8, math.inf), (8, 0.9, math.inf)):
        offered = load * cores
        expected = 1 + erlang(cores, offered) / (cores - offered)
        found = arrivals(Cluster(bare(1, cores, 1.0, slice_)), offered, 150_000 / offered)
        error = found["mean"] / expected - 1
        good &= abs(error) < 0.03
        print(f"M/M/{cores} at {load:.0%}, slices of {slice_}: mean {found['mean']:.3f}, closed form {expected:.3f} ({error:+.1%}), "
              f"busy {found['busy']:.3f}")
    # What throughput.py measures of a question is a mean, the factors of the spread are of the median.
    known, mean = measured["throughput"], statistics.mean(measured["spread"])
    for number, expected in known["queries_a_second"].items():
        plan = plan_of(measured, int(number), 1, 1, known["shards"], 0, hedge=False)

        # A slice as long as a core takes for one of the share.
        work = known["cpu_ms"][number] / 1e3 / known["cores"] / mean
        shard = work * known["shard_share"] / known["shards"]
        plan.update(slice=SLICE / known["cores"], before=work * (1 - known["shard_share"]) * BEFORE,
                    after=work * (1 - known["shard_share"]) * (1 - BEFORE), remote=0.0,
                    rounds=[shard * share / sum(measured["rounds"]) for share in measured["rounds"]])
        found = clients(Cluster(plan), known["clients"], 300)
        error = found / expected - 1
        good &= abs(error) < known["tolerance"]
        print(f"{number} silos of {known['cores']} cores: {found:.1f} questions a second, measured {expected} ({error:+.0%})")
    return good


def table(measured, rows):
    """Machines, memory, network and latency."""
    print("| repositories, embeddings each | questions/s | machines of "
          f"{measured['cores']} cores | memory each | disk each | network each | busy | hedged | p50 / p95 |")
    print("|---|---|---|---|---|---|---|---|---|")
    for datastores, tokens, shards, rate, machines in rows:
        plan = plan_of(measured, machines, measured["cores"], datastores, shards, tokens)
        found = arrivals(Cluster(plan), rate, QUESTIONS / rate)
        held = datastores * tokens * COPIES / machines
        disk = held * measured["disk_bytes_token"] / 1e9
        memory = measured["silo_mb"] / 1e3 + held * measured["resident_bytes_token"] / 1e9
        network = 2 * found["bytes"] / machines * 8 / 1e6

        # More is asked than is answered: the longer the run, the larger the latencies.
        behind = found["rate"] < 0.98 * rate or found["growth"] > GROWTH
        latency = "-" if behind else f"{found['p50'] * 1e3:.0f} / {found['p95'] * 1e3:.0f} ms"
        print(f"| {datastores:,}, {tokens / 1e6:g} million in {shards} | {rate:,} | {machines} | {memory:.0f} GB | {disk:.0f} GB "
              f"| {network:.0f} Mbit/s | {found['busy']:.0%} | {found['hedged']:.1%} | {latency} |",
              flush=True)


def main(command, path=None):
    measured = json.loads(pathlib.Path(path or pathlib.Path(__file__).with_name("measured.json")).read_text())
    if command == "check":
        return 0 if check(measured) else 1
    table(measured, [tuple(row) for row in measured["plan"]])
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
