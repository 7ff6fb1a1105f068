"""Rayleigh(sigma) on x > 0, sigma the mode; scipy's ``rayleigh(scale=sigma)``.

R's ``VGAM::drayleigh(scale=sigma)``. The maximum is the root of mean(x**2) / 2, also of a single row and of
equal rows. Zero is outside the support: the density vanishes there, and a likelihood of 0 has no maximum.
"""

from thetahat.families._family import Family
from thetahat.pilot import Pilot

__all__ = ["family"]


def start(pilot: Pilot) -> tuple[float, ...] | None:
    """Return the parameter with the mean of these rows, sigma sqrt(pi / 2)."""
    mean, _ = pilot.mean_and_sd()
    return (mean * 0.7978845608028654,)


family = Family(
    name="rayleigh",
    names=("sigma",),
    support="x > 0",
    existence="at least one row",
    start=start,
    scipy=lambda sigma: ("rayleigh", {"scale": sigma}),
)
