"""Normal(mu, sigma): location mu, standard deviation sigma; scipy's ``norm(loc=mu, scale=sigma)``.

The maximum is in closed form: mu is the mean, sigma the root of the mean squared deviation (divisor n).
"""

import numpy as np
from numpy.typing import NDArray

from thetahat.families._family import Family, Parameter

__all__ = ["family"]


def start(x: NDArray[np.float64]) -> tuple[float, ...]:
    """Return the mean and the standard deviation of a few rows; 1 for the latter where all are equal."""
    return float(np.mean(x)), float(np.std(x)) or 1.0


family = Family(
    name="normal",
    parameters=(Parameter("mu"), Parameter("sigma", positive=True)),
    exists="at least two rows, not all equal",
    start=start,
)
