"""Gumbel(mu, beta) of maxima: mode mu, scale beta; scipy's ``gumbel_r(loc=mu, scale=beta)``.

For minima, fit -x. There are no sufficient statistics: the fit reads the rows a few times.
"""

from thetahat.families._family import Censoring, Family

__all__ = ["family"]


family = Family(
    name="gumbel",
    names=("mu", "beta"),
    existence="at least two rows, not all equal",
    limiting_family="beta = 0, a single point",
    elsewhere=(
        "SciPy's gumbel_r(loc=mu, scale=beta)",
        "SciPy's gumbel_l(loc=-mu, scale=beta) with x replaced by -x",
        "the Gumbel-min(-mu, beta) with x replaced by -x",
        "MATLAB's ev(mu=-mu, sigma=beta) with x replaced by -x",
        "MATLAB's ExtremeValue(mu=-mu, sigma=beta) with x replaced by -x",
    ),
    scipy=lambda mu, beta: ("gumbel_r", {"loc": mu, "scale": beta}),
    censoring=Censoring(
        above="mu = infinity",
        below="mu = -infinity",
        point="beta = 0, a single point",
        wide="beta = infinity",
        falling="mu = -infinity, an exponential distribution",
        rising="mu = infinity, beta = infinity, an exponential distribution",
    ),
)
