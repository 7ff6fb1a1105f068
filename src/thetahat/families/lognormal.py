"""Lognormal(mu, sigma) on x > 0: log x is normal(mu, sigma); scipy's ``lognorm(s=sigma, scale=exp(mu))``.

R's ``dlnorm(meanlog=mu, sdlog=sigma)``. The maximum is in closed form: mu is the mean of log x, sigma the
root of its mean squared deviation (divisor n). Zero is outside the support: the density vanishes there.
"""

from thetahat.families._family import Censoring, Family, exp

__all__ = ["family"]


family = Family(
    name="lognormal",
    names=("mu", "sigma"),
    support="x > 0",
    existence="at least two rows, not all equal",
    limiting_family="sigma = 0, a single point",
    elsewhere=(
        "SciPy's lognorm(s=sigma, scale=exp(mu))",
        "R's lnorm(meanlog=mu, sdlog=sigma)",
        "MATLAB's logn(mu, sigma)",
        "SciPy's gibrat(scale=exp(mu)) with fixed={'sigma': 1}",
    ),
    scipy=lambda mu, sigma: ("lognorm", {"s": sigma, "scale": exp(mu)}),
    censoring=Censoring(
        above="mu = infinity",
        below="mu = -infinity",
        point="sigma = 0, a single point",
        wide="sigma = infinity",
        log_rows=True,
        falling="mu = -infinity, sigma = infinity, a Pareto distribution",
        rising="mu = infinity, sigma = infinity, a power law",
    ),
)
