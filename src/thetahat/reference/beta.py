"""Beta(a, b): log f(x) = (a - 1) log x + (b - 1) log(1 - x) - log B(a, b), 0 < x < 1."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

from thetahat.reference.frozen import Frozen
from thetahat.reference.mistakes import Estimates, Mistake, Rows
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

THETAS = ((2.0, 3.0), (0.3, 0.7), (5.0, 1.0), (40.0, 0.8), (0.9, 1e3))
DIMENSION = None  # multiples of rows between 0 and 1 need not be
R_NAMES = (None, "beta")  # in MASS's fitdistr, in fitdistrplus's mledist


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    return random.betavariate(*theta)


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    a, b = theta
    of_x = [a * math.log(x), -math.log(x), b * math.log1p(-x), -math.log1p(-x)]
    return [*of_x, math.lgamma(a + b), -math.lgamma(a), -math.lgamma(b)]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    a, b = theta
    total = digamma(a + b)
    return [[math.log(x), total, -digamma(a)], [math.log1p(-x), total, -digamma(b)]]


def information(_: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivatives."""
    a, b = theta
    total = trigamma(a + b)
    return [[[trigamma(a), -total], [-total]], [[-total], [trigamma(b), -total]]]


def _moments(rows: Rows, one: float) -> Theta:
    """Return the parameters by variance = m (1 - m) / (a + b + 1), m the mean."""
    both = rows.mean * (1 - rows.mean) / rows.sd**2 - one
    return rows.mean * both, (1 - rows.mean) * both


MISTAKES: dict[str, Mistake] = {
    "moments": Estimates(lambda rows, _: _moments(rows, 1.0)),
    "moments, 1 forgotten": Estimates(lambda rows, _: _moments(rows, 0.0)),
}

# Maxima of small samples, to 40 digits, by tests/data/make_maxima.py: by the sample's name the parameters,
# the standard errors by the observed information (none where the score has no root) and the
# log-likelihood. Samples of the family's own come with their rows, others are in tests/data/samples.json.
SAMPLES = {
    "5 rows": (
        "0.3016768192653868 0.8607732269007886 0.14915970725347064 0.41995017137156726 0.33816998973895696"
    ),
    "50 rows": (
        "0.00028202906961366346 0.0008980592725725932 0.0002956627046956695 0.0008245538368295638 "
        "0.0008596031473478048 0.000347400013211859 0.0017889063281655007 0.0029319807181862746 "
        "0.0006548785662692073 0.0008464917117358944 0.0019159982713425293 0.001416990208825133 "
        "9.36527593207128e-05 0.0016503132325450696 0.0009090983977641416 0.00037004249398200374 "
        "0.00022416237818454474 4.176839402249157e-05 0.0018814996733268836 0.0024415996568871497 "
        "0.00027705703210658056 0.0005109514701434963 0.0008759168287071716 1.963761480915163e-05 "
        "0.00029338937643573324 0.0004521605701153748 0.00035129102184831796 0.00036226391057877377 "
        "0.0002097627270181211 0.00037611433734808483 0.0015644900910498304 0.0018169264646096007 "
        "0.0006563593897626281 0.00020232755483422663 0.001302535680779393 0.001203393052957147 "
        "0.0005006853193221372 0.0021733843047107865 0.00035546621753615757 0.0007248756485309506 "
        "0.0020748836591519037 1.156102861336255e-05 0.0008154258954154778 0.00042895907531007526 "
        "0.00018306088476773577 0.001325592602999499 5.0288772008061045e-05 0.00048656114419727336 "
        "9.168571967141776e-05 0.000426194354328464"
    ),
}
FROZEN: dict[str, Frozen] = {
    "Lottery / 1000": (
        ("1.174745741104050951822382242370534746825", "0.9243646502663534743367241243498956233228"),
        ("0.2232371799917216842357145687161354022776", "0.16754905109745846716690316151885472039"),
        "1.175975873733622550382287187248797605702",
    ),
    "5 rows": (
        ("1.565685658679803461161826530433920313476", "2.03770361135305347453319558520529953015"),
        ("0.9227522333864105914968778243253647197278", "1.243306658713701797586394142275814584114"),
        "0.5610229366372832111514129450912724863833",
    ),
    "50 rows": (
        ("1.11915221931029247061261416109785253322", "1370.536070275838046270793701162338210273"),
        ("0.1990223443628555558389159728871593509627", "304.8442597269152652190301606822590069357"),
        "305.756600873390254375831448978295833368",
    ),
}
