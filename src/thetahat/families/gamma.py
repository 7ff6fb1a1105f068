"""Gamma(shape, scale) on x > 0; scipy's ``gamma(a=shape, scale=scale)``, R's with ``rate = 1 / scale``.

At the maximum, shape times scale is the mean, and log(shape) - digamma(shape) is log(mean) - mean(log x): an
equation of the sums alone, whatever the number of rows. Zero is outside the support: only with shape 1 is the
density positive and finite there.
"""

from thetahat.families._family import Censoring, Family

__all__ = ["family"]


family = Family(
    name="gamma",
    names=("shape", "scale"),
    support="x > 0",
    existence="at least two rows, not all equal",
    limiting_family="shape = infinity, a single point",
    elsewhere=(
        "MATLAB's gam(a=shape, b=scale)",
        "SciPy's erlang(a=shape, scale=scale)",
        "SciPy's chi2(df=2 * shape) with fixed={'scale': 2}",
        "R's chisq(df=2 * shape) with fixed={'scale': 2}",
        "the chi-squared(df=2 * shape) with fixed={'scale': 2}",
        "the chi-square(df=2 * shape) with fixed={'scale': 2}",
        "SciPy's invgamma(a=shape, scale=1 / scale) with x replaced by 1 / x",
        "the inverse-gamma(shape, 1 / scale) with x replaced by 1 / x",
        "SciPy's loggamma(c=shape, loc=log(scale)) with x replaced by exp(x)",
    ),
    scipy=lambda shape, scale: ("gamma", {"a": shape, "scale": scale}),
    censoring=Censoring(
        above="scale = infinity",
        below="scale = 0",
        point="shape = infinity, a single point",
        log_rows=True,
        rising="scale = infinity, a power law",
    ),
)
