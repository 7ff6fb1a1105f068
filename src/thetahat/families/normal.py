"""Normal(mu, sigma): location mu, standard deviation sigma; scipy's ``norm(loc=mu, scale=sigma)``.

The maximum is in closed form: mu is the mean, sigma the root of the mean squared deviation (divisor n).
"""

from thetahat._kernels import Sums
from thetahat.families._family import Family, Parameter

__all__ = ["family"]


def start(sums: Sums) -> tuple[float, ...]:
    """Return the maximum of the first rows; where they are all equal, (0, 1)."""
    return sums.maximum() or (0.0, 1.0)


family = Family(
    name="normal",
    parameters=(Parameter("mu"), Parameter("sigma", positive=True)),
    exists="at least two rows, not all equal",
    start=start,
)
