"""The tolerances, written once: in rounding errors of the sum of the magnitudes of the terms."""

from importlib import import_module
from math import fsum

EPS = 2.0**-52


def term_sizes(family, x, theta):
    """Sums over the rows of |log f|, of |score| by parameter and of |information| by entry."""
    reference = import_module(f"thetahat.reference.{family}")
    log_likelihood = fsum(abs(reference.log_density(v, theta)) for v in x)
    scores = [reference.score([v], theta) for v in x]
    rows = [reference.information([v], theta) for v in x]
    p = len(theta)
    return (
        log_likelihood,
        [fsum(abs(s[j]) for s in scores) for j in range(p)],
        [[fsum(abs(r[i][j]) for r in rows) for j in range(p)] for i in range(p)],
    )
