"""Inverse Gaussian(mu, shape), x > 0: log f = log(shape / (2 pi x^3))/2 - shape (x - mu)^2 / (2 mu^2 x)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

from thetahat.reference.frozen import ExactLaw, Frozen
from thetahat.reference.mistakes import Estimates, FewRows, Mistake

__all__ = [
    "DIMENSION",
    "FROZEN",
    "MISTAKES",
    "SAMPLES",
    "SGD_ENDS",
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

THETAS = ((1.0, 1.0), (2.0, 30.0), (40.0, 0.5), (3e4, 5e8))
DIMENSION = (1, 1)
# How far SGD ends from the maximum in 2e4 rows, in standard errors, where only more rows bring it near. A
# shape of mu / 80 makes a coefficient of variation of 9: the mean rests on a few hundred of the rows.
SGD_ENDS = {(40.0, 0.5): 0.3}


def draw(random: Random, theta: Theta) -> float:
    """Return one random value, after Michael, Schucany and Haas (1976).

    The square of a normal value is that of two x, r mu and mu / r.
    """
    mu, shape = theta
    w = random.gauss(0, 1) ** 2 * mu / (2 * shape)
    r = 1 / (1 + w + math.sqrt(w * (2 + w)))
    return mu * r if random.random() * (1 + r) <= 1 else mu / r


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    mu, shape = theta
    return [
        math.log(shape) / 2,
        -math.log(2 * math.pi) / 2,
        -1.5 * math.log(x),
        -shape * (x - mu) ** 2 / (2 * mu**2 * x),
    ]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    mu, shape = theta
    return [[shape * x / mu**3, -shape / mu**2], [1 / (2 * shape), -((x - mu) ** 2) / (2 * mu**2 * x)]]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivatives."""
    mu, shape = theta
    mixed = [-x / mu**3, 1 / mu**2]
    return [[[3 * shape * x / mu**4, -2 * shape / mu**3], mixed], [mixed, [1 / (2 * shape**2)]]]


def maximum(X: Sequence[float]) -> list[float]:
    """Return the explicit maximum: mu = mean(x), 1/shape = mean(1/x) - 1/mu."""
    mu = math.fsum(X) / len(X)
    return [mu, len(X) / math.fsum((x - mu) ** 2 / (mu**2 * x) for x in X)]


def exact_laws(theta: Theta, truth: Theta, n: int) -> list[ExactLaw]:
    """Return values by parameter, from the maximum of n rows, and the distributions that they follow."""
    mu, shape = theta
    return [
        (mu / (n * truth[1]), "invgauss", (truth[0] / (n * truth[1]),)),
        (n * truth[1] / shape, "chi2", (n - 1,)),
    ]


MISTAKES: dict[str, Mistake] = {
    "moments": Estimates(lambda rows, theta: (theta[0], theta[0] ** 3 / rows.sd**2)),
    "n - 1 for n": FewRows(lambda theta, n: (theta[0], theta[1] * (n - 1) / n)),
}

# Maxima of small samples, to 40 digits, by tests/data/make_maxima.py: by the sample's name the parameters,
# the standard errors by the observed information (none where the score has no root) and the
# log-likelihood. Samples of the family's own come with their rows, others are in tests/data/samples.json.
SAMPLES = {
    "5 rows": (
        "0.909670640631863 0.30718409700059973 0.7722594188721433 1.2979310334490766 1.0438553843828293"
    ),
    "50 rows": (
        "29977.9999118684 30291.889125643873 29939.83834211779 30060.831241513188 30009.976353585393 "
        "29830.958145297 30136.948916249108 29774.578622964145 30311.19623252223 30352.601041679256 "
        "30040.094819695503 30074.53216826305 30018.471688665395 29944.721905660925 30093.065596992907 "
        "30471.95407931286 29671.972702011266 30257.062464032384 29923.900406818957 29927.506699186022 "
        "30243.91956635727 29946.514553637408 29771.64577359898 30010.44097769468 30437.571450059953 "
        "30255.24223099111 30445.318398897536 29445.548289154947 30387.276790499694 30464.930420975434 "
        "30036.09264794554 30156.324925930494 30018.339957738932 30082.238775635135 29647.680521432223 "
        "29780.496005835386 30108.485059167528 29619.76763428921 30053.043635508322 29953.588912003528 "
        "30482.14308592005 30447.373489783728 30034.077920917443 29913.578816632045 30077.329602575857 "
        "29775.80310971666 29552.4392953626 30123.420093355115 29820.236447957774 30137.183744522943"
    ),
}
FROZEN: dict[str, Frozen] = {
    "Lottery / 1000": (
        ("0.5670400000000000027139401836961951630656", "0.4824732589796255138077597709138379864284"),
        ("0.08693585262367164802716127416771853067527", "0.09649465179592510276155195418276759728568"),
        "-28.69346490513281946660045641177175721459",
    ),
    "Mavro": (
        ("2.001855999999999973226749716559424996376", "44459597.21918684329952469014120036260086"),
        ("0.0000600732996281032849900741737704166230381", "8891919.443837368659904938028240072520171"),
        "317.2497539373143778727200874973335261444",
    ),
    "Michelso": (
        ("299.8524000000000000909494701772928237915", "4362295394.844240192891549059283566199677"),
        ("0.007861469947089642529028940493828643884325", "616921731.0466420171599518451836083139817"),
        "112.4258099211367210145302872167560253281",
    ),
    "mean/sd 1e6": (
        ("1000000.121016185067128390073776245117187", "1286162538423773091.976590141030368976815"),
        ("0.1609872654733434183128976280969025700419", "332085739455408673.5508250736265797820909"),
        "-38.79321631411032625315644837741606166584",
    ),
    "wide": (
        ("6791050789243201685.961861507578269387156", "5.027240144887109449399116817013248177225e-27"),
        ("4.557010451971764353462255962427946158781e+40", "1.298027823902209095966843484828305720135e-27"),
        "-715.4357285322978828826159192434991058",
    ),
    "5 rows": (
        ("0.8661801148673023864610343025560723617673", "3.114197465415585774167302247562282738539"),
        ("0.2042933538927214463679481707013603185699", "1.969591414847339199680477742770753292989"),
        "-2.410179408435479503148384722461237289743",
    ),
    "50 rows": (
        ("30046.76305196354354848153889179229736328", "436515863.3059881903309412360353868109237"),
        ("35.25425330467131163666285107880952227181", "87303172.66119763806618824720707736218473"),
        "-346.8742308016832548936676503010097285031",
    ),
}
