"""Rayleigh(sigma): log f(x) = log x - 2 log sigma - z^2/2 with z = x / sigma, x > 0."""

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


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    return math.sqrt(2 * random.expovariate(1.0)) * theta[0]


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    (sigma,) = theta
    return [math.log(x), -2 * math.log(sigma), -((x / sigma) ** 2) / 2]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivative of log f(x)."""
    (sigma,) = theta
    return [[x * x / sigma**3, -2 / sigma]]


def information(x: float, theta: Theta) -> list[list[Terms]]:
    """Return the terms of minus its second derivative."""
    (sigma,) = theta
    return [[[3 * x * x / sigma**4, -2 / sigma**2]]]


def maximum(X: Sequence[float]) -> list[float]:
    """Return the explicit maximum: sigma^2 = mean(x^2) / 2."""
    return [math.sqrt(math.fsum(x * x for x in X) / (2 * len(X)))]


def exact_laws(theta: Theta, truth: Theta, n: int) -> list[ExactLaw]:
    """Return values by parameter, from the maximum of n rows, and the distributions that they follow."""
    return [(2 * n * (theta[0] / truth[0]) ** 2, "chi2", (2 * n,))]


MISTAKES: dict[str, Mistake] = {
    "no half": Estimates(lambda _, theta: (math.sqrt(2) * theta[0],)),
    "n - 1 for n": FewRows(lambda theta, n: (theta[0] * math.sqrt(n / (n - 1)),)),
}

# Maxima of small samples, to 40 digits, by tests/data/make_maxima.py: by the sample's name the parameters,
# the standard errors by the observed information (none where the score has no root) and the
# log-likelihood. Samples of the family's own come with their rows, others are in tests/data/samples.json.
SAMPLES = {
    "5 rows": (
        "0.7372412132181276 1.25360702208449 0.9612120452004468 1.3609843242112862 1.4019642727898556"
    ),
    "50 rows": (
        "2948964.8528725104 5014428.08833796 3844848.180801787 5443937.296845145 5607857.091159422 "
        "1472679.566775607 651286.9289555174 7624984.262359551 3099587.1723855115 2923040.973439724 "
        "13189563.024292614 4509103.9644791065 7612004.297240189 4549946.4061779305 5710526.682359714 "
        "2285567.919407258 5677960.873772812 8050434.326169029 4868244.0571666295 6577294.539620632 "
        "5967777.464993014 1455179.8890087567 6740372.539640026 5349493.079938988 3386975.1831020433 "
        "1004036.5664205058 8012777.008487191 4525761.747709356 6371873.6990248505 8217870.913745626 "
        "6330159.708770062 9014756.194364054 4009853.1984130414 7186636.75898036 4338127.213753652 "
        "9367920.550325042 8218736.368942489 1811394.7220379564 2162564.9170789565 2797747.1237679063 "
        "10378779.021025226 4282010.990147972 5614935.465146293 3385342.605128309 4758954.823895286 "
        "3949855.916697189 3718858.534622475 5305560.394178 5299586.319054369 8663507.057107521"
    ),
}
FROZEN: dict[str, Frozen] = {
    "Lottery / 1000": (
        ("0.4495151165422582320493647340211490696047",),
        ("0.03178551871528920011068926448729107166124",),
        "-10.35755793376592164258377618593720240419",
    ),
    "Mavro": (
        ("1.415525984431228993332116655657931125916",),
        ("0.1000928022537085317469657399554058445617",),
        "-50.04638186103935831536102193998597801038",
    ),
    "Michelso": (
        ("212.0276726821289241007304813374743528475",),
        ("10.60138363410644620503652406687371764237",),
        "-601.0143276130084565472201001457714212859",
    ),
    "mean/sd 1e6": (
        ("707106.8667581875089341948679882971862287",),
        ("64549.73024837653179297775399395204261144",),
        "-423.6709049526501839910085421184539127388",
    ),
    "wide": (
        ("26301626161662586563.21001569511842757973",),
        ("2400998991301769591.553413131767679549865",),
        "-2869.940628416206202622941099546779073678",
    ),
    "5 rows": (
        ("0.828055911219365994771220299730832605466",),
        ("0.1851589306657033135628823748388150237987",),
        "-2.585546856371300624729886699809176752541",
    ),
    "50 rows": (
        ("4137446.590121580364281590150316671392983",),
        ("292561.654067212750874785840383564400427",),
        "-807.030825888356319613781663631970569034",
    ),
}
