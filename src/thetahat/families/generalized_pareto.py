"""Generalized Pareto(shape, scale) on x >= 0; scipy's ``genpareto(c=shape, scale=scale)``.

For excesses over a threshold (Pickands 1975). A shape of 0 is the exponential distribution, and not singular;
a shape below 0 ends the support at -scale / shape. For a support that starts elsewhere, fit the difference.
There are no sufficient statistics: the fit reads the rows a few times.

The likelihood is unbounded: for shapes below -1 as the end of the support approaches the largest row, and, if
a row is 0, at a large shape as the scale tends to 0. The fit is the highest of the maxima among shapes above
-1 that Newton's method reaches from the quartiles, and from shapes of -0.4 and 1.5. There is none if the
likelihood increases all the way to -1, the uniform distribution from 0 to the largest row. Standard errors
hold for shapes above -1/2 only (Smith 1985): below, the largest row determines the parameters more precisely
than they say.
"""

from thetahat.families._family import Censoring, Family

__all__ = ["family"]

family = Family(
    name="generalized_pareto",
    names=("shape", "scale"),
    support="x >= 0",
    existence="at least two rows, few of them 0, and a likelihood that does not increase all the way to a"
    " shape of -1, the uniform distribution from 0 to the largest row",
    limits={("shape", "low"): "uniform", ("scale", "low"): "point"},
    elsewhere=(
        "SciPy's genpareto(c=shape, scale=scale)",
        "R's (evd) gpd(loc=0, scale=scale, shape=shape)",
        "MATLAB's gp(k=shape, sigma=scale, theta=0)",
        "SciPy's lomax(c=1 / shape, scale=scale / shape)",
        "R's (actuar) pareto2(min=0, shape=1 / shape, scale=scale / shape)",
    ),
    scipy=lambda shape, scale: ("genpareto", {"c": shape, "scale": scale}),
    censoring=Censoring(
        above="scale = infinity",
        below="scale = 0, a single point",
    ),
)
