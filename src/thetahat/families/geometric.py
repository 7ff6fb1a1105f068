"""Geometric(p) on the counts 0, 1, 2, ... of failures before the first success; R's ``dgeom(prob=p)``.

scipy's ``geom(p, loc=-1)``; where rows count trials, the success included, fit x - 1. `logpdf` is the
logarithm of a count's probability. The maximum is 1 / (1 + mean). If all rows are zero, the likelihood
increases all the way to p = 1, which is outside the domain: there is no maximum.
"""

from thetahat.families._family import Censoring, Family

__all__ = ["family"]


family = Family(
    name="geometric",
    names=("p",),
    support="the integers 0, 1, 2, ...",
    counts=True,
    existence="at least one row above 0",
    limiting_family="p = 1, a single point",
    elsewhere=("SciPy's geom(p=p, loc=-1)", "MATLAB's geo(p=p)"),
    scipy=lambda p: ("geom", {"p": p, "loc": -1}),
    censoring=Censoring(
        above="p = 0",
        below="p = 1, a single point",
    ),
)
