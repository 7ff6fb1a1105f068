"""Geometric(p): log f(x) = log p + x log(1 - p), x = 0, 1, 2, ... failures before the first success."""

from __future__ import annotations

import math
from collections.abc import Sequence
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

THETAS = ((0.5,), (0.05,), (0.9,), (1e-6,))
DIMENSION = None  # multiples of counts need not be counts
R_NAMES = ("geometric", "geom")  # in MASS's fitdistr, in fitdistrplus's mledist


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    return math.floor(-random.expovariate(1.0) / math.log1p(-theta[0]))


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    (p,) = theta
    return [math.log(p), x * math.log1p(-p)]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivative of log f(x)."""
    (p,) = theta
    return [[1 / p, -x / (1 - p)]]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivative."""
    (p,) = theta
    return [[[1 / p**2, x / (1 - p) ** 2]]]


def maximum(X: Sequence[float]) -> list[float]:
    """Return the explicit maximum: 1 / (1 + mean)."""
    return [1 / (1 + math.fsum(X) / len(X))]


MISTAKES: dict[str, Mistake] = {"1 / mean": Estimates(lambda rows, _: (1 / rows.mean,))}

# Maxima of small samples, to 40 digits, by tests/data/make_maxima.py: by the sample's name the parameters,
# the standard errors by the observed information (none where the score has no root) and the
# log-likelihood. Samples of the family's own come with their rows, others are in tests/data/samples.json.
SAMPLES = {
    "5 rows": ("0.0 1.0 0.0 1.0 1.0"),
    "50 rows": (
        "271762.0 785764.0 461964.0 926138.0 982751.0 67774.0 13255.0 1816886.0 300232.0 267005.0 5436390.0 "
        "635375.0 1810705.0 646937.0 1019065.0 163244.0 1007475.0 2025295.0 740618.0 1351899.0 1112948.0 "
        "66173.0 1419768.0 894283.0 358487.0 31502.0 2006392.0 640078.0 1268773.0 2110417.0 1252215.0 "
        "2539555.0 502466.0 1613991.0 588104.0 2742434.0 2110862.0 102535.0 146146.0 244605.0 3366218.0 "
        "572987.0 985233.0 358141.0 707738.0 487542.0 432184.0 879654.0 877675.0 2345509.0"
    ),
}
FROZEN: dict[str, Frozen] = {
    "hours late": (
        ("0.2272727272727272727272727272727272727273",),
        ("0.02825370729582095693919868782096752263469",),
        "-117.9111756275677353929598021733863979111",
    ),
    "late arrivals": (
        ("0.06324110671936758893280632411067193675889",),
        ("0.00883471929417979668140107812689514009175",),
        "-178.9676029296000859182483642543031497222",
    ),
    "5 rows": (
        ("0.625",),
        ("0.1711632992203644104553030571252506668602",),
        "-5.292505905263856478824038538097722322242",
    ),
    "50 rows": (
        ("0.0000009346633143658368295816602159008699079706",),
        ("0.0000001321812917703299788664169630346790583384",),
        "-744.1539498380902689059341134450907089298",
    ),
}
