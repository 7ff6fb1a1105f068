"""Negative binomial(size, mu) on the counts 0, 1, 2, ...; R's ``dnbinom(size, mu=mu)``.

scipy's ``nbinom(n=size, p=size / (size + mu))``. The variance is mu + mu**2 / size; the size need not be an
integer. `logpdf` is the logarithm of a count's probability. At the maximum mu is the mean. There are no
sufficient statistics: the fit reads the rows a few times. If the variance of the rows, over n, is not above
their mean, the likelihood increases all the way to size = infinity, the Poisson distribution (Aragon, Eberly
and Eberly 1992).
"""

from thetahat.families._family import Censoring, Family

__all__ = ["family"]


def missing_condition(variance: float, mean: float) -> str:
    """Return that the variance is not above the mean, in figures."""
    return f"the variance of these rows, {variance:.6g}, is not above their mean, {mean:.6g}"


family = Family(
    name="negative_binomial",
    names=("size", "mu"),
    support="the integers 0, 1, 2, ...",
    counts=True,
    existence="rows whose variance (over n) is above their mean",
    limiting_family="size = infinity, the Poisson distribution",
    limits={("size", "high"): "poisson"},
    missing_condition=missing_condition,
    elsewhere=(
        "SciPy's nbinom(n=size, p=size / (size + mu))",
        "R's nbinom(size=size, mu=mu)",
        "MATLAB's nbin(r=size, p=size / (size + mu))",
        "the negbin(size, mu)",
    ),
    scipy=lambda size, mu: ("nbinom", {"n": size, "p": size / (size + mu)}),
    censoring=Censoring(
        above="mu = infinity",
        below="mu = 0, a single point",
    ),
)
