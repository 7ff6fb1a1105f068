"""Negative binomial(size r, mu) on the counts x = 0, 1, 2, ..., with y = x + r and m = mu + r.

log f(x) = log Gamma(y) - log Gamma(r) - log x! + r log(r / m) + x log(mu / m).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from random import Random

from thetahat.reference.frozen import Frozen
from thetahat.reference.mistakes import Estimates, Mistake
from thetahat.reference.special import digamma, trigamma

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
    "score",
]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((2.0, 3.0), (0.3, 20.0), (50.0, 40.0), (3.0, 5000.0))
DIMENSION = None  # multiples of counts need not be counts
R_NAMES = ("negative binomial", "nbinom")  # in MASS's fitdistr, in fitdistrplus's mledist


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    sums = _cumulative(*theta)
    (value,) = random.choices(range(len(sums)), cum_weights=sums)
    return value


@cache
def _cumulative(r: float, mu: float) -> list[float]:
    """Return running sums of the odds of 0, 1, 2, ..."""
    odds, sums = 1.0, [1.0]
    while odds > 1e-18 * sums[-1]:
        x = len(sums)
        odds *= (x - 1 + r) / x * (mu / (mu + r))
        sums.append(sums[-1] + odds)
    return sums


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    r, mu = theta
    return [
        math.lgamma(x + r),
        -math.lgamma(r),
        -math.lgamma(x + 1),
        r * math.log(r / (r + mu)),
        x * math.log(mu / (r + mu)),
    ]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    r, mu = theta
    m = r + mu
    return [
        [digamma(x + r), -digamma(r), math.log(r / m), mu / m, -x / m],
        [x / mu, -(x + r) / m],
    ]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivatives."""
    r, mu = theta
    m = r + mu
    size_size = [-trigamma(x + r), trigamma(r), -1 / r, 1 / m, mu / m**2, -x / m**2]
    size_mu = [mu / m**2, -x / m**2]
    return [[size_size, size_mu], [size_mu, [x / mu**2, -(x + r) / m**2]]]


MISTAKES: dict[str, Mistake] = {  # by the variance, mu + mu^2 / size
    "moments": Estimates(lambda rows, _: (rows.mean**2 / (rows.sd**2 - rows.mean), rows.mean)),
}

# Maxima of small samples, to 40 digits, by tests/data/make_maxima.py: by the sample's name the parameters,
# the standard errors by the observed information (none where the score has no root) and the
# log-likelihood. Samples of the family's own come with their rows, others are in tests/data/samples.json.
SAMPLES = {
    "5 rows": ("1.0 3.0 2.0 3.0 3.0"),
    "50 rows": (
        "2802.0 4763.0 3621.0 5206.0 5379.0 1526.0 805.0 7669.0 2937.0 2779.0 15744.0 4258.0 7653.0 4299.0 "
        "5488.0 2221.0 5453.0 8193.0 4615.0 6440.0 5764.0 1511.0 6626.0 5107.0 3197.0 1122.0 8146.0 4275.0 "
        "6209.0 8404.0 6163.0 9437.0 3777.0 7144.0 4092.0 9912.0 8405.0 1815.0 2115.0 2668.0 11330.0 4037.0 "
        "5386.0 3195.0 4506.0 3720.0 3503.0 5062.0 5056.0 8975.0"
    ),
}
FROZEN: dict[str, Frozen] = {
    "hours late": (
        ("2.673291784519033604611209741620882787597", "3.4"),
        ("1.032932295232328458483743327750238481125", "0.3930459701757182834705396477814163701249"),
        "-113.832648198941363802750511875347554433",
    ),
    "late arrivals": (
        ("1.340702708742784563102326377983692166577", "14.8125"),
        ("0.2875380759746802066238197037705117585443", "1.928220257409355853117942469699853779748"),
        "-178.0648384367748025057359857343478589115",
    ),
    "50 rows": (
        ("3.362441093482876877976394028385280255782", "5250.2"),
        ("0.6424661094153131190805299218868502816869", "405.0443033531406642151384688476407180307"),
        "-463.6112050354067606494955333014514044118",
    ),
}
