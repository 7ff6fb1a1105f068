"""The race to a tenth of a standard error of the maximum: its rows, its start, and how far off an answer is.

The rows come in random order, so that nobody needs to shuffle them; everybody but us starts from the same
rough estimate. Where something is to be set, it is the cheapest setting of a grid that arrives for 9 of 10
samples: `tune.py` searches the grids, the contenders keep what it found, each run is checked to have arrived.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache, lru_cache, partial
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from contest import Case, Run
from jobs import race_of
from numpy.typing import NDArray

import thetahat as th

Array = NDArray[np.float64]
Theta = tuple[float, ...]

MU, SIGMA, NU = 1.0, 2.0, 4.0  # where the rows are drawn
DRAWN_AT = {"normal": (MU, SIGMA), "student_t": (MU, SIGMA, NU)}
SEED = 20
BLOCK = 10**6  # rows drawn at a time
PILOT = 1000  # rows
WITHIN = 0.1  # standard errors, in every parameter
ASTRAY = 10.0

_QUARTILE = {"normal": 0.6744897501960817, "student_t": 0.7406970841126987}  # of mu = 0, sigma = 1, nu = 4


@lru_cache(maxsize=2)  # at 1e8 rows 800 MB each
def rows(family: str, n: int, seed: int = SEED) -> Array:
    """Return n rows of a family, drawn block by block."""
    rng, x = np.random.default_rng(seed), np.empty(n)
    for start in range(0, n, BLOCK):
        block = x[start : start + BLOCK]
        block[:] = rng.standard_normal(block.size) if family == "normal" else rng.standard_t(NU, block.size)
        block *= SIGMA
        block += MU
    x.flags.writeable = False
    return x


def rough(family: str, x: Array) -> Theta:
    """Return where the peers start: from median and quartiles of the first rows, at nu = 4."""
    low, mu, high = np.quantile(x[:PILOT], (0.25, 0.5, 0.75)).tolist()
    return (mu, (high - low) / (2 * _QUARTILE[family]), NU)[: len(DRAWN_AT[family])]


def moved(start: Theta, by: Sequence[float]) -> Theta:
    """Return the parameters so far from a start: mu in its sigmas, the others in their logarithms."""
    mu, *positive = start
    return mu + positive[0] * by[0], *(a * math.exp(b) for a, b in zip(positive, by[1:], strict=True))


@cache
def maximum(family: str, n: int, seed: int = SEED) -> th.Fit:
    return th.fit(rows(family, n, seed), family)


def off(theta: Theta, fit: th.Fit) -> float:
    """Return how many standard errors the farthest of the parameters is off; those not given are left out."""
    at, stderr = fit.theta[: len(theta)], fit.stderr[: len(theta)]
    return float(np.abs((np.asarray(theta) - at) / stderr).max())


def raced(case: Case, family: str, prepare: Callable[[str, Array], Callable[[], Theta]]) -> Run:
    """Return the run of what `prepare` makes ready; the few rows of a quick one do not lead far."""
    within = WITHIN if case.n > PILOT else ASTRAY
    call, answer = prepare(family, rows(family, case.n)), partial(off, fit=maximum(family, case.n))
    call()  # whoever compiles does so now, lest a first call be taken for a long one
    return Run(call, [0.0], case.n, tolerance=within, answer=answer)


class Setting(NamedTuple):
    """Of an optimiser whose rate falls to 0 along half a cosine."""

    rule: str  # sgd, momentum (Nesterov's, of 0.8) or adam
    rate: float
    batches: int  # in an epoch
    epochs: int


GRID = [
    Setting(*setting)
    for setting in product(
        ("sgd", "momentum", "adam"), (0.1, 0.2, 0.4, 0.8), (100, 10, 4, 1), (2, 3, 4, 6, 8, 12, 16, 24)
    )
]
T0 = [30, 100, 300, 1000]  # of the rates 1 / (t + t0)

Prepare = Callable[[str, Array, Any], Callable[[], Theta]]  # from family, rows and setting


class Tuned(NamedTuple):
    """A contender with something to set, and the settings it is tried with."""

    family: str
    name: str
    prepare: Prepare
    grid: Sequence[Any]


TUNED: list[Tuned] = []


def enter(family: str, name: str, prepare: Prepare, grid: Sequence[Any], setting: Any, **how: Any) -> None:
    """Enter a contender, with the setting that `tune.py` found in the grid."""
    TUNED.append(Tuned(family, name, prepare, grid))
    race_of[family].enter(name, **how)(
        partial(raced, family=family, prepare=partial(_with, prepare=prepare, setting=setting))
    )


def _with(family: str, x: Array, prepare: Prepare, setting: Any) -> Callable[[], Theta]:
    return prepare(family, x, setting)
