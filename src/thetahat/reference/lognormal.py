"""Lognormal(mu, sigma), x > 0: log f(x) = -log(x sigma) - z^2/2 - log(2 pi)/2, z = (log x - mu) / sigma."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

from thetahat.reference.frozen import ExactLaw, Frozen
from thetahat.reference.mistakes import Estimates, FewRows, Mistake, Rows

__all__ = [
    "DIMENSION",
    "FROZEN",
    "MISTAKES",
    "R_NAMES",
    "SAMPLES",
    "THETAS",
    "draw",
    "exact_laws",
    "information",
    "log_density",
    "maximum",
    "score",
]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((0.0, 1.0), (1.0, 2.0), (-12.0, 0.25), (5.0, 0.01))
DIMENSION = None  # fit(c x) adds log c to mu
R_NAMES = ("lognormal", "lnorm")  # in MASS's fitdistr, in fitdistrplus's mledist


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    mu, sigma = theta
    return math.exp(random.gauss(mu, sigma))


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    mu, sigma = theta
    y = math.log(x)
    squares = [-y * y, 2 * mu * y, -mu * mu]
    constants = [-y, -math.log(sigma), -math.log(2 * math.pi) / 2]
    return [square / (2 * sigma**2) for square in squares] + constants


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    mu, sigma = theta
    y, cube = math.log(x), sigma**3
    return [[y / sigma**2, -mu / sigma**2], [y * y / cube, -2 * mu * y / cube, mu * mu / cube, -1 / sigma]]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivatives."""
    mu, sigma = theta
    y, square, cube = math.log(x), sigma**2, sigma**3
    mixed = [2 * y / cube, -2 * mu / cube]
    squares = [3 * y * y, -6 * mu * y, 3 * mu * mu]
    return [[[1 / square], mixed], [mixed, [*(term / sigma**4 for term in squares), -1 / square]]]


def maximum(X: Sequence[float]) -> list[float]:
    """Return the explicit maximum: mean and standard deviation of log x."""
    logs = [math.log(x) for x in X]
    mu = math.fsum(logs) / len(logs)
    return [mu, math.sqrt(math.fsum((y - mu) ** 2 for y in logs) / len(logs))]


def exact_laws(theta: Theta, truth: Theta, n: int) -> list[ExactLaw]:
    """Return values by parameter, from the maximum of n rows, and the distributions that they follow."""
    mu, sigma = theta
    return [
        (math.sqrt(n - 1) * (mu - truth[0]) / sigma, "t", (n - 1,)),
        (n * (sigma / truth[1]) ** 2, "chi2", (n - 1,)),
    ]


def _moments_of_x(rows: Rows, _: Theta) -> Theta:
    """Return the parameters with the mean and the variance of x, not of log x."""
    variance = math.log1p((rows.sd / rows.mean) ** 2)
    return math.log(rows.mean) - variance / 2, math.sqrt(variance)


MISTAKES: dict[str, Mistake] = {
    "moments": Estimates(_moments_of_x),
    "n - 1 for n": FewRows(lambda theta, n: (theta[0], theta[1] * math.sqrt(n / (n - 1)))),
}

# Maxima of small samples, to 40 digits, by tests/data/make_maxima.py: by the sample's name the parameters,
# the standard errors by the observed information (none where the score has no root) and the
# log-likelihood. Samples of the family's own come with their rows, others are in tests/data/samples.json.
SAMPLES = {
    "5 rows": (
        "1.0993378437071815 3.49042805684251 0.39401024490681075 2.6976399023684166 0.7717037565098079"
    ),
    "50 rows": (
        "148.55378487556698 150.2800034722296 147.03728827148007 149.8933097670277 148.0290376153437 "
        "148.02554943168084 151.25955262754567 148.64714910945543 148.3494675320459 149.49978950917364 "
        "150.09501691047905 148.36739068232933 149.28838982441482 146.97503705784385 147.86979089936918 "
        "147.76434624183395 146.44898877800784 146.19112759776792 146.01814177188885 148.0593891694561 "
        "148.15747754170695 147.93849645887445 148.51578909267192 146.4441526187489 148.295269386003 "
        "148.76694963311442 149.53200109460485 147.1625522637439 147.82088316409354 145.4523037280104 "
        "147.66755606333845 145.18852782268337 146.321483064379 150.05698394525467 145.18135868048375 "
        "149.60307462461708 148.9005995960911 147.95032995231765 149.0964533418886 149.19804924822907 "
        "149.97284031313316 148.0716529802817 147.53682440306437 147.518537628726 146.95634707119908 "
        "148.34650243604474 147.25155968125105 150.0075978246285 145.664460901716 146.7987429278692"
    ),
}
FROZEN: dict[str, Frozen] = {
    "Lottery / 1000": (
        ("-0.8063227505822863349261169397044461102494", "0.8461242446476789340994956608185377313758"),
        ("0.1196600382233438226774328802110660433643", "0.08461242446476789340994956608185377313758"),
        "-22.27633568745411240704974568503115335839",
    ),
    "Mavro": (
        ("0.6940747277199535126959215243803996427202", "0.0002121942693458041233058345270299226260052"),
        ("0.00003000880135666856902516429329134071619818", "0.00002121942693458041233058345270299226260052"),
        "317.2497538567436825631922630865010448743",
    ),
    "Michelso": (
        ("5.703290319215897438353961806184595166321", "0.000262177985103679972760441789106703132991"),
        ("0.0000262177985103679972760441789106703132991", "0.00001853878311446377508662966270367887911889"),
        "112.4258099967657625313365993500898724768",
    ),
    "mean/sd 1e6": (
        ("13.81551067898006309535820228381905256416", "0.0000008817634610004055027100568068926370180156"),
        (
            "0.0000001609872459912496335210546467897932002744",
            "0.0000001138351733249594547262800217422616747398",
        ),
        "-38.7932163141103004823435319814045812152",
    ),
    "wide": (
        ("-5.232362729059555735365304578702101259918", "20.10856213085730210552732127334406161717"),
        ("3.671304359354898096738031390962251451354", "2.59600420829958196932714010837742794306"),
        "24.36835484497757333768715198894252989259",
    ),
    "5 rows": (
        ("0.2293153588951907591075853952773170317029", "0.8034976417948394845564471881594728727756"),
        ("0.3593350693628074435459974809200955202137", "0.2540882642645795601486869271104295047278"),
        "-7.147364316873972739432747822682725267422",
    ),
    "50 rows": (
        ("4.997440937365429586851355130779887639345", "0.009524399946167603892738159232595501421908"),
        ("0.001346953557733580181287650173376422436452", "0.0009524399946167603892738159232595501421908"),
        "-88.12405564193036082199662578348155243935",
    ),
}
