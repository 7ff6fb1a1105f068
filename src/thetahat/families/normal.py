"""Normal(mu, sigma): location mu, standard deviation sigma; scipy's ``norm(loc=mu, scale=sigma)``.

The maximum is in closed form: mu is the mean, sigma the root of the mean squared deviation (divisor n).
"""

from thetahat.families._family import Censoring, Family

__all__ = ["family"]


family = Family(
    name="normal",
    names=("mu", "sigma"),
    existence="at least two rows, not all equal",
    limiting_family="sigma = 0, a single point",
    elsewhere=(
        "SciPy's norm(loc=mu, scale=sigma)",
        "R's norm(mean=mu, sd=sigma)",
        "the Gaussian(mu, sigma)",
    ),
    scipy=lambda mu, sigma: ("norm", {"loc": mu, "scale": sigma}),
    censoring=Censoring(
        above="mu = infinity",
        below="mu = -infinity",
        point="sigma = 0, a single point",
        wide="sigma = infinity",
        falling="mu = -infinity, sigma = infinity, an exponential distribution",
        rising="mu = infinity, sigma = infinity, an exponential distribution",
    ),
)
