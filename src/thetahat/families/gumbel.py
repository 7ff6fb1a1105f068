"""Gumbel(mu, beta) of maxima: mode mu, scale beta; scipy's ``gumbel_r(loc=mu, scale=beta)``.

For minima, fit -x. There are no sufficient statistics: the fit reads the rows a few times.
"""

from thetahat.families._family import Family
from thetahat.pilot import Pilot

__all__ = ["family"]


def start(pilot: Pilot) -> tuple[float, ...] | None:
    """Return the parameters with the mean and the variance of these rows."""
    mean, sd = pilot.mean_and_sd()
    beta = sd * 0.7796968012336761  # sqrt(6) / pi
    return (mean - 0.5772156649015329 * beta, beta) if beta > 0 else None


family = Family(
    name="gumbel",
    names=("mu", "beta"),
    existence="at least two rows, not all equal",
    limiting_family="beta = 0, a single point",
    start=start,
    scipy=lambda mu, beta: ("gumbel_r", {"loc": mu, "scale": beta}),
)
