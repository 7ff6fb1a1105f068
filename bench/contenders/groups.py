"""Groups: mean and standard deviation by the libraries of tables, and fits of small groups in a loop."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
from contest import Case, Run
from drawn import drawn
from equivalents import equivalent
from group_jobs import answered, by_key, first_two, groups_in, groups_of, keys, offsets, together

import thetahat as th
from contenders.floors import FLOOR, read_and_add
from thetahat.families import find_family

LOOP = 100  # groups that a loop in Python fits


def fit_by_key(case: Case, threads: int) -> Run:
    x, of_rows = case.x, keys(case.n, groups_in(case))

    def call() -> th.GroupFits:
        return th.fit_groups(x, "normal", by=of_rows, threads=threads)

    return Run(call, first_two(case), case.n, answer=lambda fits: fits.theta[:2].ravel())


by_key.enter("thetahat")(partial(fit_by_key, threads=1))
by_key.enter("thetahat", threads=2)(partial(fit_by_key, threads=2))


@by_key.enter("numpy bincount")
def bincount(case: Case) -> Run:
    x, of_rows = case.x, keys(case.n, groups_in(case))

    def call() -> Any:
        n = np.bincount(of_rows)
        mean = np.bincount(of_rows, x) / n
        return mean, np.sqrt(np.bincount(of_rows, (x - mean[of_rows]) ** 2) / n)

    return Run(call, first_two(case), case.n, answer=lambda returned: answered(*returned))


@by_key.enter("pandas groupby mean + std", needs=["pandas"])
def pandas(case: Case) -> Run:
    import pandas

    frame = pandas.DataFrame({"key": keys(case.n, groups_in(case)), "x": case.x})

    def call() -> Any:
        groups = frame.groupby("key").x
        return groups.mean(), groups.std(ddof=0)

    return Run(call, first_two(case), case.n, answer=lambda returned: answered(*returned))


def _of_table(table: Any) -> Any:
    return answered(table["mean"], table["deviation"])


@by_key.enter("polars group_by mean + std", threads=2, needs=["polars"])
def polars(case: Case) -> Run:
    import polars

    frame = polars.DataFrame({"key": keys(case.n, groups_in(case)), "x": case.x})
    x = polars.col("x")
    wanted = x.mean().alias("mean"), x.std(ddof=0).alias("deviation")

    def call() -> Any:
        return frame.group_by("key").agg(*wanted).sort("key")

    return Run(
        call, first_two(case), case.n, answer=lambda table: answered(table["mean"], table["deviation"])
    )


def duckdb(case: Case, threads: int) -> Run:
    import duckdb

    connection = duckdb.connect(config={"threads": threads})
    connection.register("sample", {"key": keys(case.n, groups_in(case)), "x": case.x})
    query = "SELECT key, avg(x) AS mean, stddev_pop(x) AS deviation FROM sample GROUP BY key ORDER BY key"

    def call() -> Any:
        return connection.execute(query).fetchnumpy()

    return Run(
        call, first_two(case), case.n, answer=lambda table: answered(table["mean"], table["deviation"])
    )


for count in (1, 2):
    by_key.enter("DuckDB avg, stddev_pop", threads=count, needs=["duckdb"])(partial(duckdb, threads=count))


def fit_together(case: Case, threads: int) -> Run:
    x, of_groups = case.x, offsets(case)
    size = of_groups[1]

    def call() -> th.GroupFits:
        return th.fit_groups(x, "normal", offsets=of_groups, threads=threads)

    expected = [float(x[:size].mean()), float(x[:size].std())]
    return Run(call, expected, case.n, answer=lambda fits: fits.theta[0])


for count in (1, 2):
    together.enter("thetahat", threads=count)(partial(fit_together, threads=count))
    together.enter(FLOOR, threads=count, floor=True)(partial(read_and_add, threads=count))


def fit_family(case: Case, family: str, threads: int) -> Run:
    x, of_groups = drawn(family, case.n), offsets(case)

    def call() -> th.GroupFits:
        return th.fit_groups(x, family, offsets=of_groups, threads=threads)

    return Run(call, [float(groups_in(case))], groups_in(case), answer=lambda fits: len(fits))


def scipy_loop(case: Case, family: str) -> Run:
    import scipy.stats

    name, _, fixed = equivalent(family)
    distribution, x = getattr(scipy.stats, name), drawn(family, case.n)
    given = {f"f{key}": value for key, value in fixed.items()}
    groups = np.split(x, offsets(case)[1:-1])[:LOOP]

    def call() -> int:
        return len([distribution.fit(rows, **given) for rows in groups])

    return Run(call, [float(len(groups))], len(groups))


# What statsmodels fits without covariates: a regression on a constant.
_STATSMODELS = {"poisson": "Poisson", "negative_binomial": "NegativeBinomial"}


def statsmodels_loop(case: Case, family: str) -> Run:
    from statsmodels.discrete import discrete_model

    model, x = getattr(discrete_model, _STATSMODELS[family]), drawn(family, case.n)
    groups = np.split(x, offsets(case)[1:-1])[:LOOP]

    def call() -> int:
        return len([model(rows, np.ones(rows.size)).fit(disp=0) for rows in groups])

    return Run(call, [float(len(groups))], len(groups))


def _has_scipy(family: str) -> bool:
    """Whether SciPy has a fit; for counts it has none but a global search."""
    return not find_family(family).counts


def loops_of(family: str, case: Case) -> list[Run | None]:
    """Return the loops over SciPy's fits and over statsmodels', None where there is none."""
    found: list[Run | None] = [scipy_loop(case, family) if _has_scipy(family) else None, None]
    if family in _STATSMODELS and find_spec("statsmodels"):
        found[1] = statsmodels_loop(case, family)
    return found


for family, job in groups_of.items():
    job.enter("thetahat")(partial(fit_family, family=family, threads=1))
    job.enter("thetahat", threads=2)(partial(fit_family, family=family, threads=2))
    if _has_scipy(family):
        job.enter("scipy.stats in a loop", needs=["scipy"])(partial(scipy_loop, family=family))
    if family in _STATSMODELS:
        loop = partial(statsmodels_loop, family=family)
        job.enter("statsmodels in a loop", needs=["statsmodels"])(loop)
