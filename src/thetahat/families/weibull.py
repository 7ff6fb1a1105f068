"""Weibull(shape, scale) on x > 0; scipy's ``weibull_min(c=shape, scale=scale)``, R's ``dweibull``.

There are no sufficient statistics: the fit reads the rows a few times. At the maximum, with y = x / scale,
the mean of y**shape is 1, and that of (y**shape - 1) log y is 1 / shape; there is one. Zero is outside the
support: only with shape 1 is the density positive and finite there. For minima of x < 0, or a support that
starts elsewhere, fit the difference.
"""

from thetahat import _kernels
from thetahat.families._family import Family
from thetahat.pilot import Pilot

__all__ = ["family"]


def start(pilot: Pilot) -> tuple[float, ...] | None:
    """Return the parameters with the mean and the variance of the logarithms of these rows."""
    centre, logs = pilot.logs()
    mean, sd = logs.mean_and_sd()
    if not sd > 0:
        return None
    width = sd * 0.7796968012336761  # sqrt(6) / pi; log x is Gumbel, of minima, with scale 1 / shape
    return 1 / width, centre * _kernels.exp(mean + 0.5772156649015329 * width)


family = Family(
    name="weibull",
    names=("shape", "scale"),
    support="x > 0",
    existence="at least two rows, not all equal",
    limiting_family="shape = infinity, a single point",
    start=start,
    scipy=lambda shape, scale: ("weibull_min", {"c": shape, "scale": scale}),
)
