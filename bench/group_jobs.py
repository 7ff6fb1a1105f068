"""The jobs of groups: mean and standard deviation of very many, and fits of small ones of every family."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from contest import Case, Job
from numpy.typing import NDArray

import thetahat

ROWS = 10**7
SIZE = 100  # rows of a group that is fitted

by_key = Job(
    "groups by key",
    "Normal: mean and standard deviation of every group of 1e7 rows, by integer keys in random order",
    "row",
    [Case(f"{groups:g} groups", ROWS, groups) for groups in (10**3, 10**5, 10**6)],
)
together = Job(
    "groups together",
    "Normal: fits of groups that lie together, 1e7 rows",
    "row",
    [Case(f"of {size} rows", ROWS, ROWS // size) for size in (100, 1000)],
)
groups_of = {
    family: Job(
        f"groups, {family}",
        f"{family}: fits of groups of {SIZE} rows",
        "group",
        [Case("1e4 groups", 10**4 * SIZE, 10**4)],
    )
    for family in thetahat.families()
}

GROUP_JOBS = (by_key, together, *groups_of.values())


def groups_in(case: Case) -> int:
    """Return the number of groups, of ten rows at least where a case is only to show that the code works."""
    return min(case.batch_size, case.n // 10)


@lru_cache(maxsize=1)
def keys(n: int, groups: int) -> NDArray[np.int64]:
    """Return the key of each row, all groups in random order."""
    return np.random.default_rng(23).permutation(np.arange(n) % groups)


def offsets(case: Case) -> NDArray[np.int64]:
    """Return where each of the groups that lie together begins."""
    return np.linspace(0, case.n, groups_in(case) + 1).astype(np.int64)


def first_two(case: Case) -> list[float]:
    """Return mean and standard deviation of the first two groups by key."""
    of_rows = keys(case.n, groups_in(case))
    groups = [case.x[of_rows == group] for group in (0, 1)]
    return [float(value) for rows in groups for value in (rows.mean(), rows.std())]


def answered(mean: Any, deviation: Any) -> NDArray[np.float64]:
    """Return what is compared of the answer of a peer."""
    return np.column_stack([np.asarray(mean)[:2], np.asarray(deviation)[:2]]).ravel()
