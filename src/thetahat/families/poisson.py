"""Poisson(rate) on the counts 0, 1, 2, ...; scipy's ``poisson(mu=rate)``, R's ``dpois(lambda=rate)``.

`logpdf` is the logarithm of a count's probability. The maximum is the mean. If all rows are zero, the
likelihood increases all the way to the rate 0, which is outside the domain: there is no maximum.
"""

from thetahat.families._family import Censoring, Family

__all__ = ["family"]


family = Family(
    name="poisson",
    names=("rate",),
    support="the integers 0, 1, 2, ...",
    counts=True,
    existence="at least one row above 0",
    limiting_family="rate = 0, a single point",
    elsewhere=("R's pois(lambda=rate)", "MATLAB's poiss(lambda=rate)"),
    scipy=lambda rate: ("poisson", {"mu": rate}),
    censoring=Censoring(
        above="rate = infinity",
        below="rate = 0, a single point",
    ),
)
