"""Pareto(shape a, minimum m): log f(x) = log a + a log m - (a + 1) log x, x >= m."""

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
    "standard_errors",
]

Theta = Sequence[float]
Terms = list[float]

THETAS = ((2.5, 1.0), (0.7, 1e3), (30.0, 0.25), (1.0, 1e-5))
DIMENSION = (0, 1)


def draw(random: Random, theta: Theta) -> float:
    """Return one random value."""
    a, m = theta
    return max(m * math.exp(random.expovariate(1.0) / a), m)


def log_density(x: float, theta: Theta) -> Terms:
    """Return the terms of log f(x)."""
    a, m = theta
    return [math.log(a), a * math.log(m), -a * math.log(x), -math.log(x)] if x >= m else [-math.inf]


def score(x: float, theta: Theta) -> list[Terms]:
    """Return the terms of the derivatives of log f(x), parameter by parameter."""
    a, m = theta
    return [[1 / a, math.log(m), -math.log(x)], [a / m]]


def information(x: float, theta: Theta) -> list[list[Terms]]:  # noqa: ARG001 - the same for every row
    """Return the terms of minus its second derivatives."""
    a, m = theta
    return [[[1 / a**2], [-1 / m]], [[-1 / m], [a / m**2]]]


def maximum(X: Sequence[float]) -> list[float]:
    """Return the explicit maximum: the least row, and 1 / mean(log(x / m))."""
    m = min(X)
    return [len(X) / math.fsum(math.log(x / m) for x in X), m]


def standard_errors(theta: Theta, n: float) -> list[float]:
    """Return those of the maximum of n rows: Fisher's, and of an exponential variable below the least."""
    a, m = theta
    return [a / math.sqrt(n), m / (n * a)]


def exact_laws(theta: Theta, truth: Theta, n: int) -> list[ExactLaw]:
    """Return values by parameter, from the maximum of n rows, and the distributions that they follow."""
    shape, minimum = theta
    return [
        (2 * n * truth[0] / shape, "chi2", (2 * n - 2,)),
        (2 * n * truth[0] * math.log(minimum / truth[1]), "chi2", (2,)),
    ]


MISTAKES: dict[str, Mistake] = {
    # The mean is shape minimum / (shape - 1).
    "mean for the shape": Estimates(lambda rows, theta: (rows.mean / (rows.mean - theta[1]), theta[1])),
    # The least of n rows is shape n / (shape n - 1) times the minimum in the mean.
    "minimum without bias": Estimates(
        lambda rows, theta: (theta[0], (1 - 1 / (theta[0] * rows.n)) * theta[1])
    ),
    "n - 1 for n": FewRows(lambda theta, n: (theta[0] * (n - 1) / n, theta[1])),
}

# Maxima of small samples, to 40 digits, by tests/data/make_maxima.py: by the sample's name the parameters,
# the standard errors by the observed information (none where the score has no root) and the
# log-likelihood. Samples of the family's own come with their rows, others are in tests/data/samples.json.
SAMPLES = {
    "5 rows": (
        "1.1148333382221578 1.3693088358583074 1.2029606411005698 1.4483944486416647 1.481567671138527"
    ),
    "50 rows": (
        "1.3122750407028504e-05 2.194085394460283e-05 1.5871886362771212e-05 2.5247427222921154e-05 "
        "2.671798686853424e-05 1.0701240053133218e-05 1.0133437013009155e-05 6.152675521056781e-05 "
        "1.3501727132061537e-05 1.3060473247906629e-05 0.002296124526185835 1.8877310024896498e-05 "
        "6.114766260264565e-05 1.909684192881504e-05 2.7706060681582902e-05 1.17732438945546e-05 "
        "2.738680513865417e-05 7.578358740798665e-05 2.0972327890095777e-05 3.8647620242590494e-05 "
        "3.043319912418696e-05 1.068411954035831e-05 4.13616668190151e-05 2.4455832233402478e-05 "
        "1.4311631823237285e-05 1.0320042596149008e-05 7.436450159378596e-05 1.896630197317031e-05 "
        "3.55649034747191e-05 8.25169656620631e-05 3.4980872201593285e-05 0.0001267405719748814 "
        "1.652792585791339e-05 5.022822978935975e-05 1.8005724035720703e-05 0.00015524749344580224 "
        "8.2553655565896e-05 1.1079771481727626e-05 1.1573656942876472e-05 1.2771179085759589e-05 "
        "0.00028968830351056696 1.7735586524071158e-05 2.6784395933841637e-05 1.4306687857934301e-05 "
        "2.0293977907624432e-05 1.628309817531184e-05 1.5406195643268297e-05 2.4100689251922728e-05 "
        "2.40530201475606e-05 0.0001043860631714793"
    ),
}
FROZEN: dict[str, Frozen] = {
    "Lottery / 1000": (
        ("0.3611114698460621576134886931864712559407", "0.02800000000000000058286708792820718372241"),
        (),
        "-60.61229184964579676819800641822742182494",
    ),
    "Mavro": (
        ("3600.252209764278011946508305202396859601", "2.001300000000000078870243669371120631695"),
        (),
        "324.7342226269068512961585235064778933629",
    ),
    "Michelso": (
        ("1289.799792899315697766649767787199111566", "299.6200000000000045474735088646411895752"),
        (),
        "45.89519667923062776484648364395240203978",
    ),
    "mean/sd 1e6": (
        ("614686.3604033614976214534001202535378749", "999998.4941709986887872219085693359375"),
        (),
        "-44.59929736082927103463398886382326477453",
    ),
    "wide": (
        ("0.01702888205421908555601779606414307053472", "1.675746714962376613478066962352076400137e-28"),
        (),
        "4.785548907780659901510442864330840615561",
    ),
    "5 rows": (
        ("6.0398977933693027152882518873656959273", "1.114833338222157799179967696545645594597"),
        (),
        "2.620582266669092515682341510221300592528",
    ),
    "50 rows": (
        ("0.9463884570508372098942453174277571664568", "0.00001013343701300915531175132061614263534466"),
        (),
        "469.3959642002124529478402138135866585091",
    ),
}
