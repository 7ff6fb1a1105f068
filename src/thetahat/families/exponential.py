"""Exponential(scale) on x >= 0, scale the mean; scipy's ``expon(scale=scale)``, R's ``dexp(rate=1 / scale)``.

The maximum is the mean of the rows, also of a single row and of equal rows. Zero belongs to the support: the
density is greatest there. If all rows are zero, the likelihood increases without bound as the scale tends to
0.
"""

from thetahat.families._family import Censoring, Family

__all__ = ["family"]


family = Family(
    name="exponential",
    names=("scale",),
    support="x >= 0",
    existence="at least one row above 0",
    limiting_family="scale = 0, a single point",
    elsewhere=("SciPy's expon(scale=scale)", "R's exp(rate=1 / scale)"),
    scipy=lambda scale: ("expon", {"scale": scale}),
    censoring=Censoring(
        above="scale = infinity",
        below="scale = 0, a single point",
    ),
)
