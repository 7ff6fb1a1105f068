"""The library's families by formulas as laws see them: their thetas, samples and references.

The reference is the family's own graph, of the log-density and of its derivatives, in the digits of mpmath.
"""

from functools import cache

import mpmath
import numpy as np
from scipy import stats

from thetahat.families import find_family
from thetahat.formulas.derivatives import Derivatives
from thetahat.formulas.graph import reachable
from thetahat.reference import Likelihood

__all__ = ["THETAS", "FormulaLikelihood", "fixed_of", "sample_of"]

THETAS = {
    "bernoulli": (0.3,),
    "binomial": (10.0, 0.3),
    "burr12": (2.5, 1.5, 3.0),
    "cauchy": (3.0, 2.0),
    "chi": (3.5, 2.0),
    "chi2": (4.5,),
    "exponnorm": (5.0, 1.0, 2.0),
    "frechet": (2.5, 3.0),
    "generalized_gamma": (1.0, 0.7, 0.6),
    "generalized_normal": (1.0, 2.0, 1.7),
    "half_normal": (2.0,),
    "inverse_gamma": (3.0, 2.0),
    "johnson_su": (0.5, 1.5, 1.0, 2.0),
    "log_pearson3": (0.5, 0.4, -0.6),
    "lomax": (2.5, 3.0),
    "maxwell": (2.0,),
    "nakagami": (1.5, 2.0),
    "pearson3": (1.0, 2.0, 0.8),
    "skew_normal": (1.0, 2.0, 3.0),
    "zero_inflated_negative_binomial": (0.3, 2.0, 5.0),
    "zero_inflated_poisson": (0.3, 4.0),
    "zeta": (2.5,),
}
DIGITS = 30
_SEED = 0


def fixed_of(name):
    """The arguments of a fit: values of the parameters that are not estimated."""
    family = find_family(name)
    known = dict(zip(family.names, THETAS[name], strict=True))
    return {"fixed": {one: known[one] for one in family.known}} if family.known else {}


def _log_pearson3(rng, n, mu, sigma, skew):
    return np.exp(stats.pearson3(skew, mu, sigma).rvs(n, random_state=rng))


def _zero_inflated_poisson(rng, n, share, rate):
    return np.where(rng.random(n) < share, 0.0, rng.poisson(rate, n))


def _zero_inflated_negative_binomial(rng, n, share, size, mu):
    return np.where(rng.random(n) < share, 0.0, rng.negative_binomial(size, size / (size + mu), n))


NOT_IN_SCIPY = {
    "log_pearson3": _log_pearson3,
    "zero_inflated_poisson": _zero_inflated_poisson,
    "zero_inflated_negative_binomial": _zero_inflated_negative_binomial,
}


def sample_of(name, n, seed=_SEED, theta=None):
    """Rows of the family."""
    rng, theta = np.random.default_rng(seed), theta or THETAS[name]
    if name in NOT_IN_SCIPY:
        return NOT_IN_SCIPY[name](rng, n, *theta)
    law, shapes = find_family(name).scipy(*theta)
    return np.asarray(getattr(stats, law)(**shapes).rvs(n, random_state=rng), dtype=float)


def _rest(u, order=0):
    """(u - log(1 + u)) / u^2 and derivatives, by more digits where those cancel."""
    if abs(u) < mpmath.mpf(2) ** -40:
        series = [(-u) ** k / (k + 2) for k in range(6)]
        slopes = [-k * (-u) ** (k - 1) / (k + 2) for k in range(1, 6)]
        return mpmath.fsum([series, slopes, [mpmath.mpf(1) / 2]][order])
    with mpmath.extradps(40):
        f = (u - mpmath.log1p(u)) / u**2
        slope = (1 / (1 + u) - 2 * f) / u
        return (f, slope, (-1 / (1 + u) ** 2 - 3 * slope) / u)[order]


def _exp_rest(u, order=0):
    """(exp(u) - 1 - u) / u^2 and derivatives."""
    if abs(u) < mpmath.mpf(2) ** -40:
        return mpmath.fsum(
            [u**k * mpmath.rf(k + 1, order) / mpmath.factorial(k + order + 2) for k in range(6)]
        )
    with mpmath.extradps(60):
        e = mpmath.exp(u)
        return [
            (e - 1 - u) / u**2,
            ((u - 2) * e + 2 + u) / u**3,
            ((u * u - 4 * u + 6) * e - 2 * u - 6) / u**4,
        ][order]


def _stirling(u):
    return mpmath.loggamma(u) - (u - 0.5) * mpmath.log(u) + u - mpmath.log(2 * mpmath.pi) / 2


def _hazard(u):
    return mpmath.npdf(u) / mpmath.ncdf(u)


# Each function of one argument, and the size of its derivative: of the argument, and of the value.
FUNCTIONS = {
    "exp": (mpmath.exp, lambda _u, v: v),
    "log": (mpmath.log, lambda u, _v: 1 / u),
    "log1p": (mpmath.log1p, lambda u, _v: 1 / (1 + u)),
    "expm1": (mpmath.expm1, lambda _u, v: 1 + v),
    "sqrt": (mpmath.sqrt, lambda _u, v: 1 / (2 * v)),
    "recip": (lambda u: 1 / u, lambda _u, v: v * v),
    "abs": (abs, lambda _u, _v: 1),
    "sign": (mpmath.sign, lambda _u, _v: 0),
    "arcsinh": (mpmath.asinh, lambda u, _v: 1 / mpmath.sqrt(1 + u * u)),
    "log1p_rest": (_rest, lambda u, _v: _rest(u, 1)),
    "log1p_rest1": (lambda u: _rest(u, 1), lambda u, _v: _rest(u, 2)),
    "log1p_rest2": (lambda u: _rest(u, 2), lambda u, v: 3 * v / (1 + u)),
    "expm1_rest": (_exp_rest, lambda u, _v: _exp_rest(u, 1)),
    "expm1_rest1": (lambda u: _exp_rest(u, 1), lambda u, _v: _exp_rest(u, 2)),
    "expm1_rest2": (lambda u: _exp_rest(u, 2), lambda _u, v: v),
    "stirling": (_stirling, lambda u, v: v / u),
    "stirling1": (lambda u: mpmath.digamma(u) - mpmath.log(u) + 1 / (2 * u), lambda u, v: 2 * v / u),
    "stirling2": (lambda u: mpmath.polygamma(1, u) - 1 / u - 1 / (2 * u * u), lambda u, v: 3 * v / u),
    "lgamma": (mpmath.loggamma, lambda u, _v: mpmath.digamma(u)),
    "digamma": (mpmath.digamma, lambda u, _v: mpmath.polygamma(1, u)),
    "trigamma": (lambda u: mpmath.polygamma(1, u), lambda u, _v: mpmath.polygamma(2, u)),
    "log_ndtr": (lambda u: mpmath.log(mpmath.ncdf(u)), lambda u, _v: _hazard(u)),
    "hazard": (_hazard, lambda u, v: v * (u + v)),
    "softplus": (lambda u: mpmath.log1p(mpmath.exp(u)), lambda u, _v: 1 / (1 + mpmath.exp(-u))),
    "expit": (lambda u: 1 / (1 + mpmath.exp(-u)), lambda _u, v: v * (1 - v)),
}
COMPARISONS = {"==": lambda a, b: a == b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b}


def _value(node, args, x, theta):
    """The value of a node, and how many rounding errors of size 1 its double has, to first order."""
    if node.op in ("c", "p", "x"):
        return (
            mpmath.mpf(node.args[0]) if node.op == "c" else x if node.op == "x" else theta[node.args[0]]
        ), 0
    if node.op == "where":
        return args[1] if args[0][0] else args[2]
    if node.op in COMPARISONS:
        return COMPARISONS[node.op](args[0][0], args[1][0]), 0
    if node.op in ("min", "max"):
        return (min if node.op == "min" else max)(args, key=lambda arg: arg[0])
    (a, r), *others = args
    if node.op in FUNCTIONS:
        function, slope = FUNCTIONS[node.op]
        value = function(a)
        return value, abs(value) + (r and r * abs(slope(a, value)))
    ((b, s),) = others
    if node.op == "+":
        return a + b, abs(a + b) + r + s
    if node.op == "*":
        return a * b, abs(a * b) + abs(a) * s + abs(b) * r
    value, share = mpmath.log(mpmath.exp(a) + mpmath.exp(b)), 1 / (1 + mpmath.exp(b - a))  # logaddexp
    return value, abs(value) + share * r + (1 - share) * s


class _Definition:
    """What a reference module has, made of the family's graph."""

    math = None  # it calculates with mpmath in any case

    def __init__(self, name):
        family = find_family(name)
        _ = family.lowered  # first: its bits depend on the order in which nodes are made
        p, derivatives = family.graph.parameters, Derivatives(family.graph)
        self.slopes = [derivatives.of(family.node, parameter) for parameter in p]
        self.second = [[derivatives.of(slope, parameter) for parameter in p] for slope in self.slopes]
        self.node = family.node
        self.nodes = reachable(family.node, *self.slopes, *(node for row in self.second for node in row))
        self.THETAS = (THETAS[name],)
        self.DIMENSION = tuple(family.powers) if any(family.powers) else None
        self._evaluated = cache(self._evaluate)

    def _evaluate(self, x, theta, _digits):
        known = {} if x is None else dict(self._evaluated(None, theta, _digits))
        for node in self.nodes:
            if node.row == (x is None) or node.key in known:
                continue
            args = [known[arg.key] for arg in node.args if hasattr(arg, "key")]
            try:
                known[node.key] = _value(node, args, x, theta)
            except (ZeroDivisionError, ValueError):  # in what `where` leaves out
                known[node.key] = mpmath.nan, mpmath.nan
        return known

    def _terms(self, node, x, theta):
        """The value, and its rounding errors beside it, as terms that are added up."""
        digits = max(DIGITS, mpmath.mp.dps)
        with mpmath.workdps(digits):
            value, errors = self._evaluated(_number(x), tuple(map(_number, theta)), digits)[node.key]
            beside = max(errors - abs(value), 0) / 2
            return (
                [value, beside, -beside]
                if mpmath.mp.dps > DIGITS
                else [float(value), float(beside), -float(beside)]
            )

    def log_density(self, x, theta):
        return self._terms(self.node, x, theta)

    def score(self, x, theta):
        return [self._terms(node, x, theta) for node in self.slopes]

    def information(self, x, theta):
        return [[[-term for term in self._terms(node, x, theta)] for node in row] for row in self.second]


def _number(value):
    return value if isinstance(value, mpmath.mpf) else mpmath.mpf(float(value))


@cache
def _definition(name):
    return _Definition(name)


class FormulaLikelihood(Likelihood):
    """The likelihood by the graph of a family."""

    def __init__(self, name):
        self.family = _definition(name)
