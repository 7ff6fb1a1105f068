"""Weibull(shape, scale) on x > 0; scipy's ``weibull_min(c=shape, scale=scale)``, R's ``dweibull``.

There are no sufficient statistics: the fit reads the rows a few times. At the maximum, with y = x / scale,
the mean of y**shape is 1, and that of (y**shape - 1) log y is 1 / shape; there is one. Zero is outside the
support: only with shape 1 is the density positive and finite there. For minima of x < 0, or a support that
starts elsewhere, fit the difference.
"""

from thetahat.families._family import Censoring, Family

__all__ = ["family"]


family = Family(
    name="weibull",
    names=("shape", "scale"),
    support="x > 0",
    existence="at least two rows, not all equal",
    limiting_family="shape = infinity, a single point",
    elsewhere=(
        "SciPy's weibull_min(c=shape, scale=scale)",
        "MATLAB's wbl(a=scale, b=shape)",
        "SciPy's weibull_max(c=shape, scale=scale) with x replaced by -x",
        "SciPy's invweibull(c=shape, scale=1 / scale) with x replaced by 1 / x",
        "the Frechet(shape, 1 / scale) with x replaced by 1 / x",
    ),
    scipy=lambda shape, scale: ("weibull_min", {"c": shape, "scale": scale}),
    censoring=Censoring(
        above="scale = infinity",
        below="scale = 0",
        point="shape = infinity, a single point",
        wide="shape = 0",
        log_rows=True,
        falling="shape = 0, a Pareto distribution",
        rising="scale = infinity, a power law",
    ),
)
