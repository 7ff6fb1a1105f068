"""Exponential(scale) on x >= 0, scale the mean; scipy's ``expon(scale=scale)``, R's ``dexp(rate=1 / scale)``.

The maximum is the mean of the rows, also of a single row and of equal rows. Zero belongs to the support: the
density is greatest there. If all rows are zero, the likelihood increases without bound as the scale tends to
0.
"""

from thetahat.families._family import Family
from thetahat.pilot import Pilot

__all__ = ["family"]


def start(pilot: Pilot) -> tuple[float, ...] | None:
    """Return the maximum of these rows."""
    mean, _ = pilot.mean_and_sd()
    return (mean,) if mean > 0 else None


family = Family(
    name="exponential",
    names=("scale",),
    support="x >= 0",
    existence="at least one row above 0",
    limiting_family="scale = 0, a single point",
    start=start,
    scipy=lambda scale: ("expon", {"scale": scale}),
)
