"""Families as SciPy names them: what `Family.scipy` says, apart by what is fitted and what never changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from drawn import drawn, period, theta_of

import thetahat as th
from thetahat.families import find_family
from thetahat.reference import Likelihood


class Equivalent(NamedTuple):
    """A distribution of scipy.stats, where theta_of the family lies, and the parameters that stay there."""

    name: str
    at: dict[str, float]  # shapes, loc, scale, in scipy's order
    fixed: dict[str, float]


@cache
def equivalent(family: str) -> Equivalent:
    to_scipy = find_family(family).scipy
    cases = [{"loc": 0.0, "scale": 1.0, **to_scipy(*theta)[1]} for theta in Likelihood(family).family.THETAS]
    name, given = to_scipy(*theta_of(family))
    shapes = [key for key in given if key not in {"loc", "scale"}]
    at = {key: cases[0][key] for key in (*shapes, "loc", "scale")}
    fixed = {key: value for key, value in at.items() if all(case[key] == value for case in cases)}
    return Equivalent(name, at, fixed)


@cache
def our_log_likelihood(family: str, n: int) -> float:
    return th.fit(drawn(family, n), family).log_likelihood


def distance(family: str, n: int, theirs: float) -> float:
    """Return how far from ours a log-likelihood is, of its size."""
    ours = our_log_likelihood(family, n)
    return abs(theirs - ours) / abs(ours)


def log_likelihood(family: str, n: int, log_density: Callable[..., Any], theta: Sequence[float]) -> float:
    """Return that of n drawn rows, by a peer's log-density."""
    rows = period(family, n)
    return float(n / len(rows) * log_density(rows, *theta).sum())
