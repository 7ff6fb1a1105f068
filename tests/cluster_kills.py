"""Fits on Dask and Spark whose workers are killed at random must end with the bits of the array.

While a fit runs, SIGKILL ends one of the processes that work for it, at a random instant; the engine starts
another and repeats the task. Before that, every family of the list below is fitted with all numbers of
partitions, weighted and not.

As a script it kills 50 times on each engine from a fresh seed, and fails where a fit does not end, or ends
with other bits: `python tests/cluster_kills.py [--kills KILLS] [--seed SEED] [--engines dask spark]`.
"""

import argparse
import contextlib
import itertools
import os
import random
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd

import thetahat as th

N = 200_001
PARTITIONS = (1, 3, 17, 64)
FAMILIES = ("gamma", "weibull", "student_t")
LONGEST = 0.7  # of the time that a fit takes: when a worker is killed


class Dask:
    """A cluster of two processes."""

    def __init__(self):
        import dask
        import distributed

        # Many of the kills may hit one task; and a slow machine starts workers slowly.
        patient = {
            "distributed.scheduler.allowed-failures": 50,
            "distributed.deploy.lost-worker-timeout": "1h",
        }
        dask.config.set(patient)
        self._cluster = distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
        )
        self._client = distributed.Client(self._cluster)

    def frame(self, table, parts):
        """A collection that is computed anew in each round."""
        import dask.dataframe as dd

        ends = np.linspace(0, len(table), parts + 1).astype(int)
        pieces = [table.iloc[low:high] for low, high in itertools.pairwise(ends)]
        return dd.from_map(lambda piece: piece, pieces, meta=table.iloc[:0])

    def array(self, frame):
        return frame.compute()

    def workers(self):
        """The processes that can be killed."""
        return [nanny.pid for nanny in self._cluster.workers.values() if nanny.pid]

    def close(self):
        self._client.close()
        self._cluster.close()


class Spark:
    """Two threads, each of which has a process of Python."""

    def __init__(self):
        from pyspark.sql import SparkSession

        os.environ["PYSPARK_PYTHON"] = sys.executable
        settings = {"spark.ui.enabled": "false", "spark.log.level": "OFF", "spark.driver.memory": "2g"}
        settings["spark.ui.showConsoleProgress"] = "false"
        self._spark = SparkSession.builder.master("local[2,50]").config(map=settings).getOrCreate()

    def frame(self, table, parts):
        """A persisted DataFrame, which keeps its order of rows when tasks are repeated."""
        return self._spark.createDataFrame(table).repartition(parts, "x").persist()

    def array(self, frame):
        return frame.toArrow()

    def workers(self):
        """The processes of Python that run tasks: those that a child of the Java machine has started."""
        parents = {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                pid, rest = path.read_text().split(" ", 1)
                parents[int(pid)] = int(rest.rsplit(")", 1)[1].split()[1])
        java = [pid for pid, parent in parents.items() if parent == os.getpid()]
        daemons = [pid for pid, parent in parents.items() if parent in java]
        return [pid for pid, parent in parents.items() if parent in daemons]

    def close(self):
        self._spark.stop()


ENGINES = {"dask": Dask, "spark": Spark}


def bits(fit):
    """All numbers of a fit."""
    return (*fit.theta, *fit.stderr, fit.log_likelihood, fit.n, fit.rows, fit.omitted)


def check_bits(engine, table):
    """Every family with every number of partitions; return how many fits there were."""
    count = 0
    for parts in PARTITIONS:
        frame = engine.frame(table, parts)
        array = engine.array(frame)
        for weights in (None, "w"):
            rows = th.scan(frame, "x", weights=weights)
            for family in FAMILIES:
                expected = th.fit(th.scan(array, "x", weights=weights), family)
                if bits(th.fit(rows, family)) != bits(expected):
                    raise SystemExit(f"{family} in {parts} partitions, weights={weights}: other bits")
                count += 1
    return count


def kill_later(engine, seconds, killed):
    """Kill one of the workers after some time."""
    time.sleep(seconds)
    workers = engine.workers()
    if workers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(random.choice(workers), signal.SIGKILL)
            killed.append(seconds)


def check_kills(engine, table, wanted):
    """Fits during which a worker is killed, until there were so many; return how many fits there were."""
    frame = engine.frame(table, 6)
    array, killed, runs = engine.array(frame), [], 0
    expected = {family: bits(th.fit(th.scan(array, "x", weights="w"), family)) for family in FAMILIES}
    longest = dict.fromkeys(FAMILIES, 0.0)
    while len(killed) < wanted:
        family = FAMILIES[runs % len(FAMILIES)]
        killer = threading.Thread(
            target=kill_later, args=(engine, random.uniform(0, LONGEST * (longest[family] or 1)), killed)
        )
        start = time.monotonic()
        killer.start()
        found = bits(th.fit(th.scan(frame, "x", weights="w"), family))
        longest[family] = time.monotonic() - start if not longest[family] else longest[family]
        killer.join()
        runs += 1
        print(f"{runs} fits, {len(killed)} kills", end="\r", flush=True)
        if found != expected[family]:
            raise SystemExit(f"{family}, after {len(killed)} kills: other bits")
    return runs


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    random.seed(options.seed)
    rng = np.random.default_rng(options.seed)
    table = pd.DataFrame({"x": rng.gamma(2, 3, N), "w": rng.integers(0, 3, N) * 0.3})
    for name in options.engines:
        engine = ENGINES[name]()
        try:
            start = time.monotonic()
            fits = check_bits(engine, table)
            print(
                f"{name}: {fits} fits have the bits of the array, {time.monotonic() - start:.0f} s",
                flush=True,
            )
            start = time.monotonic()
            runs = check_kills(engine, table, options.kills)
            print(
                f"{name}: {options.kills} workers killed during {runs} fits, all with the bits of the array,"
                f" {time.monotonic() - start:.0f} s",
                flush=True,
            )
        finally:
            engine.close()


if __name__ == "__main__":
    main()
