"""Lognormal(mu, sigma) on x > 0: log x is normal(mu, sigma); scipy's ``lognorm(s=sigma, scale=exp(mu))``.

R's ``dlnorm(meanlog=mu, sdlog=sigma)``. The maximum is in closed form: mu is the mean of log x, sigma the
root of its mean squared deviation (divisor n). Zero is outside the support: the density vanishes there.
"""

from thetahat import _kernels
from thetahat.families._family import Family
from thetahat.pilot import Pilot

__all__ = ["family"]


def start(pilot: Pilot) -> tuple[float, ...] | None:
    """Return the maximum of these rows."""
    mu, sigma = Pilot(_kernels.apply("log", pilot.x), pilot.weights).mean_and_sd()
    return (mu, sigma) if sigma > 0 else None


family = Family(
    name="lognormal",
    names=("mu", "sigma"),
    support="x > 0",
    existence="at least two rows, not all equal",
    limiting_family="sigma = 0, a single point",
    start=start,
    scipy=lambda mu, sigma: ("lognorm", {"s": sigma, "scale": _kernels.exp(mu)}),
)
