"""Poisson(rate r): log f(x) = x log r - r - log x!, x = 0, 1, 2, ..."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from random import Random

from thetahat.reference.frozen import Frozen
from thetahat.reference.mistakes import Estimates, Mistake

__all__ = [
    "DIMENSION",
    "FROZEN",
    "MISTAKES",
    "R_NAMES",
    "SAMPLES",
    "THETAS",
    "draw",
    "information",
    "log_density",
    "maximum",
    "score",
]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((3.0,), (0.7,), (250.0,), (1e6,))
DIMENSION = None  # multiples of counts need not be counts
R_NAMES = ("Poisson", "pois")  # in MASS's fitdistr, in fitdistrplus's mledist


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    first, sums = _cumulative(theta[0])
    (value,) = random.choices(range(first, first + len(sums)), cum_weights=sums)
    return value


@cache
def _cumulative(rate: float) -> tuple[int, list[float]]:
    """Return the least count to draw, and running sums of the odds of it and those after it."""
    first = last = int(rate)
    below, above = [1.0], []
    while first > 0 and below[-1] > 1e-18:
        below.append(below[-1] * first / rate)
        first -= 1
    odds = 1.0
    while odds > 1e-18:
        last += 1
        odds *= rate / last
        above.append(odds)
    return first, list(accumulate(below[::-1] + above))


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    (r,) = theta
    return [x * math.log(r), -r, -math.lgamma(x + 1)]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivative of log f(x)."""
    (r,) = theta
    return [[x / r, -1.0]]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivative."""
    (r,) = theta
    return [[[x / r**2]]]


def maximum(X: Sequence[float]) -> list[float]:
    """Return the explicit maximum: the mean."""
    return [math.fsum(X) / len(X)]


MISTAKES: dict[str, Mistake] = {"variance for the mean": Estimates(lambda rows, _: (rows.sd**2,))}

# Maxima of small samples, to 40 digits, by tests/data/make_maxima.py: by the sample's name the parameters,
# the standard errors by the observed information (none where the score has no root) and the
# log-likelihood. Samples of the family's own come with their rows, others are in tests/data/samples.json.
SAMPLES = {
    "5 rows": ("2.0 3.0 2.0 3.0 3.0"),
    "50 rows": (
        "999287.0 1000111.0 999668.0 1000263.0 1000320.0 998490.0 997779.0 1000984.0 999355.0 999275.0 "
        "1002624.0 999925.0 1000980.0 999941.0 1000356.0 998966.0 1000345.0 1001117.0 1000058.0 1000647.0 "
        "1000444.0 998478.0 1000701.0 1000230.0 999479.0 998134.0 1001106.0 999931.0 1000579.0 1001169.0 "
        "1000565.0 1001413.0 999733.0 1000845.0 999861.0 1001519.0 1001169.0 998704.0 998901.0 999218.0 "
        "1001819.0 999839.0 1000323.0 999478.0 1000018.0 999710.0 999617.0 1000215.0 1000213.0 1001306.0"
    ),
}
FROZEN: dict[str, Frozen] = {
    "hours late": (
        ("3.4",),
        ("0.2607680962081059485833188622971673766611",),
        "-123.433378961475996682566620018398057649",
    ),
    "late arrivals": (
        ("14.8125",),
        ("0.5555121510822243031307151047130454885673",),
        "-353.8963934306847038646147457300041811787",
    ),
    "5 rows": (
        ("2.6",),
        ("0.7211102550927978586238442534940991892503",),
        "-7.339923983447382922386430909649757405684",
    ),
    "50 rows": (
        ("1000104.16",),
        ("141.4287212697618927319173070570776793837",),
        "-414.3336923317999640169907331594518892608",
    ),
}
