"""Rayleigh(sigma) on x > 0, sigma the mode; scipy's ``rayleigh(scale=sigma)``.

R's ``VGAM::drayleigh(scale=sigma)``. The maximum is the root of mean(x**2) / 2, also of a single row and of
equal rows. Zero is outside the support: the density vanishes there, and a likelihood of 0 has no maximum.
"""

from thetahat.families._family import Censoring, Family

__all__ = ["family"]


family = Family(
    name="rayleigh",
    names=("sigma",),
    support="x > 0",
    existence="at least one row",
    elsewhere=("MATLAB's rayl(b=sigma)",),
    scipy=lambda sigma: ("rayleigh", {"scale": sigma}),
    censoring=Censoring(
        above="sigma = infinity",
        below="sigma = 0, a single point",
    ),
)
