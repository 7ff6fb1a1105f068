"""Uniform(low, high): log f(x) = -log(high - low), low <= x <= high."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

from thetahat.reference.frozen import ExactLaw, Frozen
from thetahat.reference.mistakes import Estimates, Mistake, Rows

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
    "standard_errors",
]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((0.0, 1.0), (-3.0, 5.0), (3.5e4, 3.6e4), (-40.0, -1e-3))
DIMENSION = (1, 1)


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    low, high = theta
    return min(max(low + (high - low) * random.random(), low), high)


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    low, high = theta
    return [-math.log(high - low)] if low <= x <= high else [-math.inf]


def score(x: float, theta: Theta) -> list[Terms]:  # noqa: ARG001 - the same for every row
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    low, high = theta
    return [[1 / (high - low)], [-1 / (high - low)]]


def information(x: float, theta: Theta) -> list[list[Terms]]:  # noqa: ARG001
    """Return the terms of minus its second derivatives."""
    low, high = theta
    r = 1 / (high - low) ** 2
    return [[[-r], [r]], [[r], [-r]]]


def maximum(X: Sequence[float]) -> list[float]:
    """Return the explicit maximum: the ends of the sample."""
    return [min(X), max(X)]


def standard_errors(theta: Theta, n: float) -> list[float]:
    """Return those of the maximum of n rows, (high - low) / n: of exponential variables beyond its ends."""
    low, high = theta
    return [(high - low) / n] * 2


def exact_laws(theta: Theta, truth: Theta, n: int) -> list[ExactLaw]:
    """Return values by parameter, from the maximum of n rows, and the distributions that they follow."""
    low, high = theta
    return [
        ((low - truth[0]) / (truth[1] - truth[0]), "beta", (1, n)),
        ((high - truth[0]) / (truth[1] - truth[0]), "beta", (n, 1)),
    ]


def _farther_apart(rows: Rows, theta: Theta) -> Theta:
    """Return ends without bias: those of n rows lie (n - 1) / (n + 1) of the range apart in the mean."""
    low, high = theta
    out = (high - low) / (rows.n - 1)
    return low - out, high + out


MISTAKES: dict[str, Mistake] = {
    "moments": Estimates(
        lambda rows, _: (rows.mean - math.sqrt(3) * rows.sd, rows.mean + math.sqrt(3) * rows.sd)
    ),
    "ends without bias": Estimates(_farther_apart),
}

# Maxima of small samples, to 40 digits, by tests/data/make_maxima.py: by the sample's name the parameters,
# the standard errors by the observed information (none where the score has no root) and the
# log-likelihood. Samples of the family's own come with their rows, others are in tests/data/samples.json.
SAMPLES = {
    "5 rows": (
        "0.23796462709189137 0.5442292252959519 0.36995516654807925 0.6039200385961945 0.625720304108054"
    ),
    "50 rows": (
        "-30.481652880951437 -18.23137521738722 -25.202163293243377 -15.843802376190816 -14.971813555981946 "
        "-37.378911159266714 -39.47329350579659 -6.502074185223698 -29.626098780894022 -30.62699588909319 "
        "-0.17520222441699929 -21.189929962609604 -6.54237841047572 -20.9463480052353 -14.437913446374065 "
        "-33.97549365548306 -14.606208529250747 -5.279055759575272 -19.073274765878327 -10.350667003796591 "
        "-13.144212396691664 -37.43880650235833 -9.67154837877359 -16.356607782330226 -27.949594887031022 "
        "-38.75956095296147 -5.379776048079151 -21.090509202469992 -11.247761861291941 -4.848366802580983 "
        "-11.435534785035507 -3.156974395312602 -24.201858803374243 -7.9644500693618525 -22.215602379025626 "
        "-2.5774667185408617 -4.846212453138669 -36.10192506507464 -34.561381560833446 -31.32073933761574 "
        "-1.381759924210776 -22.553961496769453 -14.934695013618708 -27.959253089178212 -19.710787889821447 "
        "-24.565735512462744 -25.963931359681567 -16.597620777892864 -16.630512532985012 -3.832833367859841"
    ),
}
FROZEN: dict[str, Frozen] = {
    "Lottery / 1000": (
        ("0.02800000000000000058286708792820718372241", "0.9799999999999999822364316059974953532219"),
        (),
        "2.459512209538587885942824036322496915573",
    ),
    "Mavro": (
        ("2.001300000000000078870243669371120631695", "2.002699999999999924682470009429380297661"),
        (),
        "328.5641521180517127836711887714836598146",
    ),
    "Michelso": (
        ("299.6200000000000045474735088646411895752", "300.0699999999999931787897367030382156372"),
        (),
        "79.85076962177968743864490172898931068776",
    ),
    "delays": (
        ("-33.0", "49.0"),
        (),
        "-440.6719247264253113283995494495584156452",
    ),
    "hours late": (
        ("0.0", "11.0"),
        (),
        "-119.8947636399185272030971788982564649911",
    ),
    "late arrivals": (
        ("0.0", "49.0"),
        (),
        "-186.8073743093100772901138633705452540452",
    ),
    "mean/sd 1e6": (
        ("999998.4941709986887872219085693359375", "1000002.389112043194472789764404296875"),
        (),
        "-40.79035629028083430195497301092063491686",
    ),
    "wide": (
        ("1.675746714962376613478066962352076400137e-28", "203731520204584976384.0"),
        (),
        "-1402.900041705541271250079359071078254489",
    ),
    "5 rows": (
        ("0.2379646270918913675274097840883769094944", "0.6257203041080540151241962121275719255209"),
        (),
        "4.736899180570646207684713420216773840136",
    ),
    "50 rows": (
        ("-39.47329350579659035247459542006254196167", "-0.1752022244169992859497142489999532699585"),
        (),
        "-183.5587974895964760867151989396508761724",
    ),
}
