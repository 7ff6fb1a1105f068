"""Exponential(scale s): log f(x) = -log s - x/s, x >= 0."""

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

THETAS = ((1.0,), (3.0,), (1e-5,), (4e6,))
DIMENSION = (1,)
R_NAMES = ("exponential", "exp")  # in MASS's fitdistr, in fitdistrplus's mledist


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    return random.expovariate(1.0) * theta[0]


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    (s,) = theta
    return [-math.log(s), -x / s]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivative of log f(x)."""
    (s,) = theta
    return [[x / s**2, -1 / s]]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivative."""
    (s,) = theta
    return [[[2 * x / s**3, -1 / s**2]]]


def maximum(X: Sequence[float]) -> list[float]:
    """Return the explicit maximum: the mean."""
    return [math.fsum(X) / len(X)]


def exact_laws(theta: Theta, truth: Theta, n: int) -> list[ExactLaw]:
    """Return values by parameter, from the maximum of n rows, and the distributions that they follow."""
    return [(2 * n * theta[0] / truth[0], "chi2", (2 * n,))]


MISTAKES: dict[str, Mistake] = {
    "median for the mean": Estimates(lambda rows, _: (rows.quantile(0.5) / math.log(2),)),
    "half a learning rate": Estimates(
        lambda rows, theta: ((rows.quantile(0.5) / math.log(2) + theta[0]) / 2,)
    ),
    "n - 1 for n": FewRows(lambda theta, n: (theta[0] * n / (n - 1),)),
}

# Maxima of small samples, to 40 digits, by tests/data/make_maxima.py: by the sample's name the parameters,
# the standard errors by the observed information (none where the score has no root) and the
# log-likelihood. Samples of the family's own come with their rows, others are in tests/data/samples.json.
SAMPLES = {
    "5 rows": (
        "0.27176230323366835 0.7857652829097714 0.4619642979192129 0.9261391653744258 0.9827519110895941"
    ),
    "50 rows": (
        "1087049.2129346733 3143061.1316390857 1847857.1916768516 3704556.661497703 3931007.6443583765 "
        "271098.13829979865 53021.83297853864 7267548.1251538545 1200930.0799021013 1068021.0665509314 "
        "21745571.596473366 2541502.32031015 7242826.177650388 2587751.537386433 4076264.3737427806 "
        "652977.5892779526 4029904.960511864 8101186.604995073 2962475.025017276 5407600.432615423 "
        "4451795.983959805 264693.5636719422 5679077.746641667 3577134.5265393904 1433950.1113686399 "
        "126011.17833868483 8025574.4234676175 2560314.9246286554 5075096.804540578 8441675.294373298 "
        "5008865.242316985 10158228.655478135 2009865.3341029126 6455968.488190966 2352418.465338753 "
        "10969741.929650279 8443453.437772244 410143.85487837065 584585.8775725893 978423.621068949 "
        "13464881.745909167 2291952.2649685005 3940937.5347197023 1432568.0692621162 2830956.3769845255 "
        "1950170.220333474 1728738.600066803 3518621.3870337773 3510701.89413853 9382044.316068979"
    ),
}
FROZEN: dict[str, Frozen] = {
    "Lottery / 1000": (
        ("0.5670400000000000027139401836961951630656",),
        ("0.08019156584080398203106005894283553311593",),
        "-21.6337284497262194351413905478609955238",
    ),
    "Mavro": (
        ("2.001855999999999973226749716559424996376",),
        ("0.283105190511795452415085972304055704449",),
        "-84.70373751170764707237576396589412137163",
    ),
    "Michelso": (
        ("299.8524000000000000909494701772928237915",),
        ("29.98524000000000000909494701772928237915",),
        "-670.329035358448790922140728276803641457",
    ),
    "hours late": (
        ("3.4",),
        ("0.4808326112068523165925741662312973467137",),
        "-111.1887715811057852824387642323469448031",
    ),
    "late arrivals": (
        ("14.8125",),
        ("2.138000215592832909197941577796311202945",),
        "-177.3826281069767974991645900434190570169",
    ),
    "mean/sd 1e6": (
        ("1000000.121016185067128390073776245117187",),
        ("182574.2079294868326476747056845261488074",),
        "-444.4653203694135554633521637527571127982",
    ),
    "wide": (
        ("6791050789243201685.961861507578269387156",),
        ("1239870568810587751.930872400310908871206",),
        "-1330.864120767042407647833637903098291546",
    ),
    "5 rows": (
        ("0.6856765921053345147484492372313980013132",),
        ("0.3066438941055847230210086987285077466393",),
        "-3.113253987506236992916370473960861874652",
    ),
    "50 rows": (
        ("4279616.071527173134527401998639106750488",),
        ("605229.1090103593865429624409522081244865",),
        "-813.4686930310110308487167076558270624864",
    ),
}
