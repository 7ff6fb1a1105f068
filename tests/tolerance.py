"""The tolerances, written once: in rounding errors of the sum of the magnitudes of the terms."""

from math import fsum

from thetahat.reference import Likelihood

EPS = 2.0**-52


def term_sizes(family, x, theta, weights=None):
    """Sums over the rows of |the terms of log f|, of the score by parameter, of the information by entry."""
    reference = Likelihood(family).family
    weights = [1.0] * len(x) if weights is None else weights
    p = range(len(theta))

    def size(rows):
        return fsum(w * abs(term) for row, w in zip(rows, weights, strict=True) for term in row)

    scores = [reference.score(v, theta) for v in x]
    entries = [reference.information(v, theta) for v in x]
    return (
        size([reference.log_density(v, theta) for v in x]),
        [size([s[j] for s in scores]) for j in p],
        [[size([e[i][j] for e in entries]) for j in p] for i in p],
    )
