"""Generalized Pareto(shape xi, scale s): log f(x) = -log s - (1 + xi) q, q = log(1 + xi z) / xi, z = x/s.

x >= 0 and 1 + xi z > 0; q = z where xi = 0, the exponential. With y = z / (1 + xi z), b = (q - y) / xi and
c = (2 b - y^2) / xi: dq/dxi = -b, db/dxi = -c, dy/dxi = -y^2. Near xi = 0, where b and c would cancel, they
come from psi(w) = (2 log(1 + w) - 2 w + w^2) / w^3, w = xi z.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

from thetahat.reference.frozen import Frozen
from thetahat.reference.mistakes import Estimates, Mistake, Rows

__all__ = [
    "DIMENSION",
    "FROZEN",
    "MISTAKES",
    "SAMPLES",
    "SEVERAL_MAXIMA",
    "SGD_ENDS",
    "THETAS",
    "draw",
    "information",
    "log_density",
    "score",
]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((0.3, 2.0), (-0.25, 1e3), (1e-9, 1.0), (1.5, 0.25))
DIMENSION = (0, 1)
SEVERAL_MAXIMA = True  # with a parameter fixed far from the truth there are others, or none
# How far SGD ends from the maximum in 2e4 rows, in standard errors, where only more rows bring it near. Rows
# near the end of the support say more of the shape than all others: at a shape of -1/4 the score of a row has
# no fourth moment, and rows outside the support move theta by no more than the longest step. In 2e5 rows one
# run in fifty ends half a standard error away or more.
SGD_ENDS = {(-0.25, 1e3): 1.0}


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    xi, s = theta
    q = random.expovariate(1.0)
    return s * (math.expm1(xi * q) / xi if xi else q)


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    xi, s = theta
    q = _q(x / s, xi)
    return [-math.log(s), -q, -xi * q]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    xi, s = theta
    z = x / s
    y = z / (1 + xi * z)
    return [[*_b(z, xi), -y], [y / s, xi * y / s, -1 / s]]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivatives."""
    xi, s = theta
    z = x / s
    y = z / (1 + xi * z)
    mixed = [-y / s, y * y / s, xi * y * y / s]
    of_scale = [2 * y, 2 * xi * y, -xi * y * y, -((xi * y) ** 2), -1]
    return [[[*_c(z, xi), -y * y], mixed], [mixed, [term / s**2 for term in of_scale]]]


def _q(z: float, xi: float) -> float:
    return math.log1p(xi * z) / xi if xi else z


def _b(z: float, xi: float) -> Terms:
    w, y = xi * z, z / (1 + xi * z)
    if _near_exponential(w, xi):
        return [z * z * (1 / (1 + w) - (1 - w * _psi(w)) / 2)]
    return [_q(z, xi) / xi, -y / xi]


def _c(z: float, xi: float) -> Terms:
    w, y = xi * z, z / (1 + xi * z)
    if _near_exponential(w, xi):
        return [z**3 * (_psi(w) - w / (1 + w) ** 2)]
    return [2 * _q(z, xi) / xi**2, -2 * y / xi**2, -y * y / xi]


def _near_exponential(w: float, xi: float) -> bool:
    return abs(xi) < 1 / 8 and abs(w) < 1 / 4


def _psi(w: float) -> float:
    """Return 2/3 - 2 w/4 + 2 w^2/5 - ..., for |w| < 1/4."""
    total, power, k = 0 * w, 2 * w**0, 3
    while total + power / k != total:
        total, power, k = total + power / k, -power * w, k + 1
    return total


def _moments(rows: Rows, _: Theta) -> Theta:
    """Return the parameters by mean = s / (1 - xi) and variance = mean^2 / (1 - 2 xi)."""
    xi = (1 - (rows.mean / rows.sd) ** 2) / 2
    return xi, rows.mean * (1 - xi)


MISTAKES: dict[str, Mistake] = {"moments": Estimates(_moments)}

# Maxima of small samples, to 40 digits, by tests/data/make_maxima.py: by the sample's name the parameters,
# the standard errors by the observed information (none where the score has no root) and the
# log-likelihood. Samples of the family's own come with their rows, others are in tests/data/samples.json.
SAMPLES = {
    "5 rows": (
        "0.5662956349548417 1.7722130917987566 0.9910149295525034 2.1351816419345946 2.285947347032302"
    ),
    "50 rows": (
        "0.0838785135991637 0.3749961693593427 0.16659976215484382 0.5019457585973399 0.5612042181079934 "
        "0.017834836670536126 0.0033470290970230594 2.3769096202076776 0.09480987945972304 "
        "0.08209709796505844 579.7183747547047 0.26560713164488475 2.3534377790838623 0.27316964390801585 "
        "0.6019519888474446 0.0462418141254766 0.5887052025100986 3.3103877648709457 0.33952933235676563 "
        "1.0996224818578189 0.7181843638495463 0.017392248251359304 1.235326179156127 0.47074853883391293 "
        "0.1186863593533276 0.008064744507461028 3.2131820143821517 0.26866748741075996 0.9511773359729799 "
        "3.783938469314867 0.9237555725305006 7.3534095761008516 0.1874743939362722 1.7094962958858273 "
        "0.2360175745404434 10.028296125366094 3.7865736262001555 0.027710368916736682 0.04085080020936083 "
        "0.07387772846563594 25.819677754770225 0.2269895213579458 0.5639196499903552 0.11853850895809405 "
        "0.3151696436036046 0.17963478466954827 0.15204052435596682 0.45691443399251686 0.4550652639072694 "
        "5.454319647776927"
    ),
}
FROZEN: dict[str, Frozen] = {
    "hours late": (
        ("-0.3434148373897164676473285813920086259164", "4.598856392825793318587231530947974596065"),
        ("0.1294640184060139976756532379885828207248", "0.8529887758038289579484754342994297901939"),
        "-109.1196412470709052127851967538228065386",
    ),
    "late arrivals": (
        ("-0.2460794431831465003761917551982242597231", "18.61030792080917125960672117589302019576"),
        ("0.1625964835222554170552956364994392784042", "3.991873540305094825838614900470503091506"),
        "-176.526536319391266905962702775724275235",
    ),
    "wide": (
        ("58.73824896988755255866993017808977372282", "9.929679570602691698739525221618996415767e-27"),
        ("10.90589882944026430748011937025242024249", "1.977452629908182546688364464399718510802e-26"),
        "4.080609967101915138307088043648759742754",
    ),
    "50 rows": (
        ("1.366191264129111949630935529277053492821", "0.3372221642116270771563092743145115858902"),
        ("0.3305393880878819296695392704826715831478", "0.1022438002742554040363098438190591949782"),
        "-63.95889696397551297586198033305229675538",
    ),
}
