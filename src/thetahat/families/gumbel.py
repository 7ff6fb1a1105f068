"""Gumbel(mu, beta) of maxima: mode mu, scale beta; scipy's ``gumbel_r(loc=mu, scale=beta)``.

For minima, fit -x. There are no sufficient statistics: the fit reads the rows a few times.
"""

from thetahat.families._family import Family

__all__ = ["family"]


family = Family(
    name="gumbel",
    names=("mu", "beta"),
    existence="at least two rows, not all equal",
    limiting_family="beta = 0, a single point",
    scipy=lambda mu, beta: ("gumbel_r", {"loc": mu, "scale": beta}),
)
