"""Log-logistic(shape, scale) on x > 0; scipy's ``fisk(c=shape, scale=scale)``, R's flexsurv ``dllogis``.

The logarithm of x is logistic with mean log(scale) and scale 1 / shape; scale is the median. There are no
sufficient statistics: the fit reads the rows a few times. At the maximum, with z = shape log(x / scale), the
mean of tanh(z/2) is 0 and that of z tanh(z/2) is 1; there is one. Zero is outside the support.
"""

from thetahat.families._family import Censoring, Family

__all__ = ["family"]


family = Family(
    name="loglogistic",
    names=("shape", "scale"),
    support="x > 0",
    existence="at least two rows, not all equal",
    limiting_family="shape = infinity, a single point",
    elsewhere=("SciPy's fisk(c=shape, scale=scale)", "R's (actuar) llogis(shape=shape, scale=scale)"),
    scipy=lambda shape, scale: ("fisk", {"c": shape, "scale": scale}),
    scipy_tails=lambda shape, scale: ("burr12", {"c": shape, "d": 1.0, "scale": scale}),
    censoring=Censoring(
        above="scale = infinity",
        below="scale = 0",
        point="shape = infinity, a single point",
        wide="shape = 0",
        log_rows=True,
        falling="scale = 0, a Pareto distribution",
        rising="scale = infinity, a power law",
    ),
)
