"""Logistic(mu, s): mean mu, scale s; scipy's ``logistic(loc=mu, scale=s)``, R's ``dlogis(location, scale)``.

The standard deviation is s pi / sqrt(3). There are no sufficient statistics: the fit reads the rows a few
times. At the maximum the sums of tanh(z/2) and of z tanh(z/2) - 1 are 0, z = (x - mu) / s; there is one.
"""

from thetahat.families._family import Censoring, Family

__all__ = ["family"]


family = Family(
    name="logistic",
    names=("mu", "s"),
    existence="at least two rows, not all equal",
    limiting_family="s = 0, a single point",
    elsewhere=("R's logis(location=mu, scale=s)",),
    scipy=lambda mu, s: ("logistic", {"loc": mu, "scale": s}),
    censoring=Censoring(
        above="mu = infinity",
        below="mu = -infinity",
        point="s = 0, a single point",
        wide="s = infinity",
        falling="mu = -infinity, an exponential distribution",
        rising="mu = infinity, an exponential distribution",
    ),
)
