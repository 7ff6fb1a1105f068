"""Inverse Gaussian(mu, shape) on x > 0, mu the mean; scipy's ``invgauss(mu / shape, scale=shape)``.

Wald's distribution, of variance mu**3 / shape. R's ``statmod::dinvgauss(mean=mu, shape=shape)``. The maximum
is in closed form: mu is the mean, 1 / shape is mean(1 / x) - 1 / mean. Zero is outside the support: the
density vanishes there.
"""

from thetahat.families._family import Censoring, Family

__all__ = ["family"]


family = Family(
    name="inverse_gaussian",
    names=("mu", "shape"),
    support="x > 0",
    existence="at least two rows, not all equal",
    limiting_family="shape = infinity, a single point",
    elsewhere=(
        "SciPy's invgauss(mu=mu / shape, scale=shape)",
        "R's (statmod) invgauss(mean=mu, shape=shape)",
        "NumPy's wald(mean=mu, scale=shape)",
        "SciPy's recipinvgauss(mu=mu / shape, scale=1 / shape) with x replaced by 1 / x",
    ),
    slow_quantiles=True,
    scipy=lambda mu, shape: ("invgauss", {"mu": mu / shape, "scale": shape}),
    censoring=Censoring(
        above="mu = infinity",
        below="mu = 0",
        point="shape = infinity, a single point",
    ),
)
