"""DuckDB, in this process: avg and stddev_pop over a NumPy array that is registered as a table's column."""

from __future__ import annotations

from functools import partial

from contest import Case, Run
from jobs import LARGE, maximum, one_pass_of


def average_and_stddev(case: Case, threads: int) -> Run:
    import duckdb

    connection = duckdb.connect(config={"threads": threads})
    connection.register("sample", {"x": case.x})

    def call() -> tuple[float, ...]:
        return connection.execute("SELECT avg(x), stddev_pop(x) FROM sample").fetchall()[0]

    return Run(call, maximum(case), case.n)


for kind in ("float64", "float32", "int16", "strided", "masked"):
    enter = partial(one_pass_of[kind].enter, "DuckDB avg, stddev_pop", needs=["duckdb"])
    enter()(partial(average_and_stddev, threads=1))
    enter(threads=2, only=LARGE)(partial(average_and_stddev, threads=2))
