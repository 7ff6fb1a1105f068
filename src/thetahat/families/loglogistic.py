"""Log-logistic(shape, scale) on x > 0; scipy's ``fisk(c=shape, scale=scale)``, R's flexsurv ``dllogis``.

The logarithm of x is logistic with mean log(scale) and scale 1 / shape; scale is the median. There are no
sufficient statistics: the fit reads the rows a few times. At the maximum, with z = shape log(x / scale), the
mean of tanh(z/2) is 0 and that of z tanh(z/2) is 1; there is one. Zero is outside the support.
"""

from thetahat import _kernels
from thetahat.families._family import Family
from thetahat.pilot import Pilot

__all__ = ["family"]


def start(pilot: Pilot) -> tuple[float, ...] | None:
    """Return the parameters with the mean and the variance of the logarithms of these rows."""
    centre, logs = pilot.logs()
    mean, sd = logs.mean_and_sd()
    return (1.8137993642342178 / sd, centre * _kernels.exp(mean)) if sd > 0 else None  # pi / sqrt(3)


family = Family(
    name="loglogistic",
    names=("shape", "scale"),
    support="x > 0",
    existence="at least two rows, not all equal",
    limiting_family="shape = infinity, a single point",
    start=start,
    scipy=lambda shape, scale: ("fisk", {"c": shape, "scale": scale}),
)
