"""Generalized extreme value(mu, sigma, xi) of maxima; scipy's ``genextreme(c=-xi, loc=mu, scale=sigma)``.

The distribution of block maxima (Fisher and Tippett 1928): Gumbel at xi = 0, which is not singular; Frechet
above, with a support that starts at mu - sigma / xi; a reversed Weibull below, with a support that ends
there. SciPy's shape has the opposite sign. For minima, fit -x. There are no sufficient statistics: the fit
reads the rows a few times.

The likelihood is unbounded: for xi below -1 as the end of the support approaches the largest row, and for xi
above n - 1 as its start approaches the least of n rows. The fit is the highest of the maxima among shapes
above -1 that Newton's method reaches from three quantiles, and from shapes of -0.3, 0.7 and 2. There is none
if the likelihood increases all the way to xi = -1, an exponential distribution mirrored at the largest row,
or to ever larger xi, as it may with a few rows. Standard errors hold for xi above -1/2 only (Smith 1985), and
are NaN elsewhere: there the largest row determines the parameters more precisely than they say.
"""

from thetahat.families._family import Censoring, Family

__all__ = ["family"]

family = Family(
    name="gev",
    names=("mu", "sigma", "xi"),
    existence="rows that are not all equal, and a likelihood that increases neither all the way to a xi of"
    " -1, an exponential distribution mirrored at the largest row, nor to ever larger xi, as it may with few"
    " rows",
    limits={("xi", "low"): "exponential", ("sigma", "low"): "point"},
    elsewhere=(
        "SciPy's genextreme(c=-xi, loc=mu, scale=sigma)",
        "MATLAB's GeneralizedExtremeValue(k=xi, sigma=sigma, mu=mu)",
    ),
    scipy=lambda mu, sigma, xi: ("genextreme", {"c": -xi, "loc": mu, "scale": sigma}),
    censoring=Censoring(
        above="mu = infinity",
        below="mu = -infinity",
        point="sigma = 0, a single point",
    ),
)
