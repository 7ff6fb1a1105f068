"""Laplace(mu, b): log f(x) = -log(2 b) - |z| with z = (x - mu) / b.

The derivative of |z| is the sign of z, and taken for 0 where z is.
"""

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
    "SAMPLES",
    "THETAS",
    "draw",
    "information",
    "log_density",
    "maximum",
    "score",
    "standard_errors",
]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((0.0, 1.0), (5.0, 2.0), (-3.5e4, 0.25), (1e-3, 40.0))
DIMENSION = (1, 1)


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    mu, b = theta
    return mu + b * (random.expovariate(1.0) - random.expovariate(1.0))


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    mu, b = theta
    return [-math.log(2 * b), -abs(x - mu) / b]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    mu, b = theta
    return [[_sign(x - mu) / b], [abs(x - mu) / b**2, -1 / b]]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivatives."""
    mu, b = theta
    mixed = [_sign(x - mu) / b**2]
    return [[[0.0], mixed], [mixed, [2 * abs(x - mu) / b**3, -1 / b**2]]]


def maximum(X: Sequence[float]) -> list[float]:
    """Return the explicit maximum: the median, and the mean distance from it."""
    rows, n = sorted(X), len(X)
    mu = (rows[(n - 1) // 2] + rows[n // 2]) / 2
    return [mu, math.fsum(abs(x - mu) for x in X) / n]


def standard_errors(theta: Theta, n: float) -> list[float]:
    """Return those of the maximum of n rows, from Fisher's information."""
    _, b = theta
    return [b / math.sqrt(n)] * 2


def _sign(z: float) -> float:
    return z / abs(z) if z else 0.0


MISTAKES: dict[str, Mistake] = {
    "mean for the median": Estimates(lambda rows, theta: (rows.mean, theta[1])),
    "deviation for b": Estimates(lambda rows, theta: (theta[0], rows.sd / math.sqrt(2))),
}

# Maxima of small samples, to 40 digits, by tests/data/make_maxima.py: by the sample's name the parameters,
# the standard errors by the observed information (none where the score has no root) and the
# log-likelihood. Samples of the family's own come with their rows, others are in tests/data/samples.json.
SAMPLES = {
    "5 rows": (
        "-0.5140029796761031 -0.46417486745521286 0.9149773765146445 -1.8036315730438288 0.03322725333779247"
    ),
    "50 rows": (
        "-20.55911918704412 -18.565994698208513 36.60009506058578 -72.14426292175315 1.3300901335116988 "
        "192.04169276163213 46.55174640263955 34.23386784464828 -40.71181644483209 -24.450254075981473 "
        "41.87202420287863 21.02043220102276 13.080389330299552 54.653594988389614 -33.66478489832719 "
        "-51.49263413161151 -44.460031540880536 -86.17223464311526 80.33409582893876 -3.937377434963597 "
        "111.73029480940667 25.084694654575866 8.808861566510513 -17.897827869669744 -58.7124242193045 "
        "-59.945471653994296 -110.74512905079649 37.380162838125045 -54.85090170625701 60.35246743882518 "
        "40.5600601902092 37.17065999141442 10.794983291826119 -106.48710443607027 -60.78841690983043 "
        "14.60084124561436 -44.65704164597636 80.66256907680155 36.293684057755925 34.6213490337711 "
        "-72.65862739794048 -232.16797963964186 11.620652261901938 35.353693562394206 -12.16943270827963 "
        "30.919737016252288 -79.19572936672571 -112.37020894377338 71.81103544195479 -4.686049249627377"
    ),
}
FROZEN: dict[str, Frozen] = {
    "Lottery / 1000": (
        ("0.5959999999999999742428258286963682621717", "0.241919999999999996362354259815674595302"),
        (),
        "-13.69994972844882097512117097747819957593",
    ),
    "Mavro": (
        ("2.001799999999999801758576722932048141956", "0.0003480000000000060822458181064575910568237"),
        (),
        "313.5080448814918489779933486297690769905",
    ),
    "Michelso": (
        ("299.850000000000022737367544323205947876", "0.06100000000000136424205265939235687255859"),
        (),
        "110.3734234248858129261539051020096514821",
    ),
    "delays": (
        ("-2.5", "13.13"),
        (),
        "-426.8046868874650128318934920567755914569",
    ),
    "hours late": (
        ("3.0", "2.12"),
        (),
        "-122.2281634621933197180091297017429529692",
    ),
    "late arrivals": (
        ("11.0", "9.854166666666666666666666666666666666667"),
        (),
        "-191.0899947909113926986165355206682044723",
    ),
    "mean/sd 1e6": (
        ("1000000.166082926385570317506790161132812", "0.6562310732629460593064626057942708333333"),
        (),
        "-38.15714622976686372249936588266260058385",
    ),
    "wide": (
        ("0.001811322483036567967951135926796268904582", "6791050789243201685.961814864194181814709"),
        (),
        "-1351.658536183840766930350395496032594269",
    ),
    "5 rows": (
        ("-0.4641748674552128584025467716855928301811", "0.6531678365144737763436921795801026746631"),
        (),
        "-6.336130107940285321883530691289539869964",
    ),
    "50 rows": (
        ("5.069475850011106121684179015574045479298", "51.80628899478935005085133980173850432038"),
        (),
        "-282.032936581085197873878680945514108011",
    ),
}
