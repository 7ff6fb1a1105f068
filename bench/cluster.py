"""Rounds over partitions: what they cost beside one machine, what they move, and what the driver needs.

`python bench/cluster.py simulate [--partitions P] [--rows N]` has no engine: it sends the pieces of so many
rows in so many partitions through the driver's own code, and checks the bits of their sums. Rows repeat every
block, so that the nodes of a partition are known without reading its rows.

`python bench/cluster.py engines [--rows N]` fits on Dask (two processes) and Spark (two threads).
"""

import argparse
import contextlib
import os
import resource
import sys
import time

import numpy as np
import pandas as pd

import thetahat as th
from thetahat._packing import pack
from thetahat._pieces import Piece
from thetahat._sums import Tree
from thetahat.data.arrays import chunks_of
from thetahat.data.cluster import ClusterSource
from thetahat.data.rounds import PROGRAM
from thetahat.families import find_family

BLOCK, MEGA = 2048, 1e6


class Repeated:
    """Partitions of rows that repeat every block, each with what its answers would be."""

    name, persist = "these partitions", "persist them"

    def __init__(self, rows, partitions, weighted):
        rng = np.random.default_rng(0)
        self.ends = np.linspace(0, rows, partitions + 1).astype(np.int64)
        self.block = rng.gamma(2, 3, BLOCK)
        self.weights = rng.integers(1, 4, BLOCK) * 1.0 if weighted else None
        self.moved, self._nodes = 0, {}  # bytes of a round; nodes by the settings of their tree

    def column(self, column):
        return column

    def nodes(self, settings, most):
        """The node of 2^k blocks, k = 0, 1, ..."""
        if settings not in self._nodes:
            levels = []
            for _ in range(most):
                piece = Piece(settings, 0)
                if levels:
                    half = Piece.restored(settings, 0, BLOCK << len(levels) - 1, levels[-1], np.empty(0))
                    piece.append(half)
                    next_half = Piece.restored(settings, half.n, half.n, levels[-1], np.empty(0))
                    piece.append(next_half)
                else:
                    piece.add(chunks_of(self.block, weights=self.weights)[0])
                levels.append(piece.nodes())
            self._nodes[settings] = levels
        return self._nodes[settings]

    def edges(self, first, n):
        """The rows of a partition that are in no whole block, and their weights."""
        head = min(-first % BLOCK, n)
        tail = (n - head) % BLOCK
        start = first % BLOCK
        x, w = (
            of if of is None else np.concatenate([of[start : start + head], of[:tail]])
            for of in (self.block, self.weights)
        )
        return x, w

    def levels(self, first, n):
        """The levels of the nodes of a partition."""
        at = -(-first // BLOCK)
        left = (n - min(-first % BLOCK, n)) // BLOCK
        while left:
            level = min((at & -at).bit_length() - 1 if at else 63, left.bit_length() - 1)
            yield level
            at, left = at + (1 << level), left - (1 << level)

    def piece(self, settings, first, n):
        """The numbers of the nodes of a partition."""
        known = self.nodes(settings, 40)
        return np.concatenate([np.empty(0), *(known[level] for level in self.levels(first, n))])

    def answer(self, question, first, n):
        values, arrays = {"kept": n, "used": n, "hash": first}, {}
        if type(question).__name__ == "Counts":
            values |= {"rows": n, "nulls": [0, -1], "null_weights": [0, -1]}
        else:
            for place, settings in enumerate(question.settings):
                arrays[f"nodes{place}"] = self.piece(settings, first, n)
            if question.edges:
                x, w = self.edges(first, n)
                arrays |= {"x": x} if w is None else {"x": x, "w": w}
        return pack(PROGRAM, values, arrays)

    def run(self, asked, arguments):
        del arguments
        self.moved = 0
        for place in np.random.default_rng(1).permutation(self.ends.size - 1).tolist():
            first, last = self.ends[place : place + 2].tolist()
            record = self.answer(asked.question, first, last - first)
            self.moved += len(record)
            yield place, record


def simulate(rows, partitions, weighted):
    """Send the pieces of all partitions through the driver, in a random order, twice at a theta."""
    engine = Repeated(rows, partitions, weighted)
    source = ClusterSource(engine, "x", "w" if weighted else None)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def measured(what, work):
        """Do the work of a round, and tell what it needs, the making of its answers included."""
        start = time.process_time()
        work()
        took = time.process_time() - start
        size = f"{engine.moved / MEGA:.0f} MB, {engine.moved / partitions:.0f} bytes a partition"
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        print(f"{what}: {size}; {took:.0f} s, at most {grown:.0f} MB", flush=True)

    measured("count", lambda: source.counted)
    for theta in ((5.0, 4.0, 3.0), (5.5, 4.0, 3.0)):
        tree = Tree(find_family("student_t").model, theta)
        whole = Tree(*tree.settings)
        measured(f"student_t at {theta}", lambda tree=tree: source.add_to([tree], None))
        x, w = engine.edges(0, rows)
        Piece.restored(tree.settings, 0, rows, engine.piece(tree.settings, 0, rows), x, w).add_to(whole)
        assert np.array_equal(tree.total().numbers(), whole.total().numbers(), equal_nan=True)
    print("sums: the bits of one tree")


@contextlib.contextmanager
def dask_frame(table, parts):
    import dask.dataframe as dd
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50) as cluster,
        Client(cluster) as client,
    ):
        frame = dd.from_pandas(table, npartitions=parts, sort=False).persist()
        client.wait_for_workers(2)
        len(frame)
        yield frame


@contextlib.contextmanager
def spark_frame(table, parts):
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {"spark.ui.enabled": "false", "spark.log.level": "OFF", "spark.driver.memory": "4g"}
    settings |= {"spark.ui.showConsoleProgress": "false", "spark.sql.execution.arrow.pyspark.enabled": "true"}
    session = SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
    frame = session.createDataFrame(table).repartition(parts).persist()
    frame.count()
    yield frame
    session.stop()


def best(call, times=3):
    """The shortest time of a call, and what it returns."""
    took, found = [], None
    for _ in range(times):
        start = time.perf_counter()
        found = call()
        took.append(time.perf_counter() - start)
    return min(took), found


def engines(rows, groups):
    """Fits of persisted rows beside those of an array, and of many groups."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"x": rng.gamma(2, 3, rows), "k": rng.integers(0, groups, rows)})
    for name, opened in (("Dask", dask_frame), ("Spark", spark_frame)):
        with opened(table, 8) as frame:
            for family in ("gamma", "weibull", "student_t"):
                here, _ = best(lambda family=family: th.fit(table["x"], family, threads=2))
                there, fit = best(lambda family=family: th.fit(th.scan(frame, "x"), family))
                print(
                    f"{name}, {family}, {rows} rows: {there:.2f} s; an array, {here:.3f} s;"
                    f" {fit.passes} passes"
                )
            here, _ = best(lambda: th.fit_groups(table["x"], "gamma", by=table["k"], threads=2), 1)
            there, fits = best(lambda: th.fit_groups(th.scan(frame, "x"), "gamma", by="k"), 1)
            print(f"{name}, {len(fits)} groups: {there:.2f} s; an array, {here:.2f} s: {fits!r}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["simulate", "engines"])
    parser.add_argument("--rows", type=float, default=None)
    parser.add_argument("--partitions", type=int, default=100_000)
    parser.add_argument("--groups", type=int, default=100_000)
    parser.add_argument("--weighted", action="store_true")
    options = parser.parse_args()
    if options.what == "simulate":
        simulate(int(options.rows or 1e11), options.partitions, options.weighted)
    else:
        engines(int(options.rows or 4e6), options.groups)


if __name__ == "__main__":
    main()
