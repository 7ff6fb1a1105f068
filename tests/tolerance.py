"""The tolerances, written once: in rounding errors of the sum of the magnitudes of the terms."""

from functools import lru_cache, partial
from math import fsum
from types import SimpleNamespace

from formula_cases import THETAS, FormulaLikelihood

from thetahat.reference import Likelihood

EPS = 2.0**-52


def reference_of(family):
    """The reference of a family: a module, or what is made of its formula."""
    return FormulaLikelihood(family) if family in THETAS else Likelihood(family)


@lru_cache(maxsize=2**15)
def row_terms(kind, family, x, theta):
    """The reference's terms of a row's log density, score or information."""
    return getattr(reference_of(family).family, kind)(float(x), theta)


class Remembering(Likelihood):
    """The reference, for the same rows at the same theta again and again."""

    def __init__(self, name):
        kinds = ("log_density", "score", "information")
        self.family = SimpleNamespace(**{kind: partial(row_terms, kind, name) for kind in kinds})


def size_of(rows, weights):
    """The sum of |terms| over the rows."""
    weights = [1.0] * len(rows) if weights is None else weights
    return fsum(w * abs(term) for row, w in zip(rows, weights, strict=True) for term in row)


def log_likelihood_size(family, x, theta, weights=None):
    return size_of([row_terms("log_density", family, v, theta) for v in x], weights)


def score_sizes(family, x, theta, weights=None):
    """By parameter."""
    scores = [row_terms("score", family, v, theta) for v in x]
    return [size_of([score[j] for score in scores], weights) for j in range(len(theta))]


def information_sizes(family, x, theta, weights=None):
    """By entry."""
    entries, p = [row_terms("information", family, v, theta) for v in x], range(len(theta))
    return [[size_of([entry[i][j] for entry in entries], weights) for j in p] for i in p]
