"""Normal(mu, sigma): location mu, standard deviation sigma; scipy's ``norm(loc=mu, scale=sigma)``.

The maximum is in closed form: mu is the mean, sigma the root of the mean squared deviation (divisor n).
"""

from thetahat.families._family import Family
from thetahat.pilot import Pilot

__all__ = ["family"]


def start(pilot: Pilot) -> tuple[float, ...] | None:
    """Return the maximum of these rows."""
    mean, sd = pilot.mean_and_sd()
    return (mean, sd) if sd > 0 else None


family = Family(
    name="normal",
    names=("mu", "sigma"),
    existence="at least two rows, not all equal",
    limiting_family="sigma = 0, a single point",
    start=start,
    scipy=lambda mu, sigma: ("norm", {"loc": mu, "scale": sigma}),
)
