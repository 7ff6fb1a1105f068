"""Weibull(shape k, scale s): log f(x) = log k - log s + (k - 1) q - w, q = log(x/s), w = exp(k q), x > 0."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

from thetahat.reference import gumbel
from thetahat.reference.frozen import Frozen
from thetahat.reference.mistakes import Estimates, Mistake, Rows

__all__ = [
    "DIMENSION",
    "FROZEN",
    "MISTAKES",
    "R_NAMES",
    "SAMPLES",
    "THETAS",
    "bisection",
    "draw",
    "information",
    "log_density",
    "score",
]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((1.5, 3.0), (0.4, 1e3), (1.0, 1.0), (30.0, 0.25))
DIMENSION = (0, 1)
R_NAMES = ("weibull", "weibull")  # in MASS's fitdistr, in fitdistrplus's mledist


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    k, s = theta
    return s * math.exp(math.log(random.expovariate(1.0)) / k)


def bisection(rows: Sequence[float], weights: Sequence[float] | None = None) -> tuple[float, float]:
    """Return the maximum: -log x has a Gumbel distribution, of mu = -log s and beta = 1 / k."""
    mu, beta = gumbel.bisection([-math.log(row) for row in rows], weights)
    return 1 / beta, math.exp(-mu)


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    k, s = theta
    q = math.log(x / s)
    return [math.log(k), -math.log(s), k * q, -q, -math.exp(k * q)]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    k, s = theta
    q = math.log(x / s)
    w = math.exp(k * q)
    return [[1 / k, q, -q * w], [k * w / s, -k / s]]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivatives."""
    k, s = theta
    q = math.log(x / s)
    w = math.exp(k * q)
    mixed = [1 / s, -w / s, -k * q * w / s]
    return [[[1 / k**2, q * q * w], mixed], [mixed, [k * w / s**2, -k / s**2, k * k * w / s**2]]]


def _moments_of_log(rows: Rows, _: Theta) -> Theta:
    """Return the parameters by those of log x: pi^2 / (6 shape^2), log(scale) - Euler's constant / shape."""
    shape = math.pi / (math.sqrt(6) * rows.logs.sd)
    return shape, math.exp(rows.logs.mean + 0.5772156649015329 / shape)


MISTAKES: dict[str, Mistake] = {"moments": Estimates(_moments_of_log)}

# Maxima of small samples, to 40 digits, by tests/data/make_maxima.py: by the sample's name the parameters,
# the standard errors by the observed information (none where the score has no root) and the
# log-likelihood. Samples of the family's own come with their rows, others are in tests/data/samples.json.
SAMPLES = {
    "5 rows": (
        "1.2586763279460673 2.5545621856613296 1.7927794422329133 2.8503974555279723 2.9654038887331446"
    ),
    "50 rows": (
        "0.2393754728291542 0.24799890878186875 0.24364656284609512 0.24936139395163565 0.24985505395123306 "
        "0.22854701852150605 0.2164477954740651 0.25502589057509867 0.24017175581041142 0.23923460659464277 "
        "0.26451503961403305 0.24624893410142284 0.2549969256216777 0.24639700700846356 0.2501574379960796 "
        "0.23534299977057355 0.25006207796908186 0.25595068537557497 0.24751023673362244 0.2525252610672101 "
        "0.2508933694716387 0.22836495361040476 0.25293791605441845 0.24907062931301394 0.2415956685104857 "
        "0.2227845031217416 0.2558706936685733 0.24630947689756222 0.2519916517893533 0.25630217819318374 "
        "0.2518813354463962 0.2578884796076687 0.24433006336125118 0.2540212540355406 0.24561515578625917 "
        "0.2585500082597312 0.2563039775818055 0.2317230392025178 0.23447666023645006 0.23853690128915025 "
        "0.2603223326036401 0.24540205464690076 0.24987606645302238 0.24158790322346124 0.24713586819503128 "
        "0.24408462636659017 0.2431059863685732 0.24893373781919095 0.2489150413227292 0.25720609646035336"
    ),
}
FROZEN: dict[str, Frozen] = {
    "Lottery / 1000": (
        ("1.934283318905031441661424899097415970119", "0.6321240703700071070742279327415178051546"),
        ("0.2373497619992445689055524228960350820765", "0.04804668038065202886237820339604225764086"),
        "-10.32000391059648401518000203585919342522",
    ),
    "Mavro": (
        ("4543.758501646094991652168445904907471755", "2.002079745690285814027854955747375652434"),
        ("473.4381248498764493704277470854461449835", "0.00006628219293477307094746311794366392228127"),
        "310.9754629925707273508558222341328194836",
    ),
    "Michelso": (
        ("3820.961690451206687325354061491192984787", "299.8917737682451022816197034193654849826"),
        ("272.1667485549706903396827685969114873977", "0.008328077025578188736924508993864776513435"),
        "104.3136333630333921420426511252917782142",
    ),
    "mean/sd 1e6": (
        ("1087315.9208803287026842450207943327446", "1000000.568886478965936100278229952662708"),
        ("138326.8466268920939138156270634502296963", "0.1783191511918469361811017325450046107867"),
        "-42.0979402583627892841917454893117360344",
    ),
    "wide": (
        ("0.04749489878549158367649365367905969729262", "129.1676222785500845740661282693292066282"),
        ("0.005967519095715876056627502817212553531715", "527.4370542852538055482770765788842031631"),
        "21.17523750546260162394910848660769886557",
    ),
    "5 rows": (
        ("4.285673969380679122372291795005909924481", "2.52560638669363163539651578875814429087"),
        ("1.65652160791644632645162448095907654667", "0.2760378442026836366213466178724744096061"),
        "-4.807870789848950253482752069988232159266",
    ),
    "50 rows": (
        ("32.51225071289039708434348335428998612101", "0.2508192391833057007674047050278915530233"),
        ("3.57009894936258795537033881609810144242", "0.001147958665264951525774694848090382885384"),
        "165.1976128713095191573136953929447336253",
    ),
}
