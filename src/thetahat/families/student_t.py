"""Student t(mu, sigma, nu): location, scale, degrees of freedom; scipy's ``t(df=nu, loc=mu, scale=sigma)``.

Sigma is not the standard deviation, which is sigma sqrt(nu / (nu - 2)). There are no sufficient statistics:
the fit reads the rows a few times. The likelihood is unbounded (as nu and sigma tend to 0 with mu equal to a
row): the fit is the highest of the maxima that Newton's method reaches from the quartiles, and from the
shortest intervals of a half, a fourth, a tenth and 3 % of the rows where these lie much denser than the
quartiles say.
"""

from thetahat.families._family import Censoring, Family

__all__ = ["family"]


family = Family(
    name="student_t",
    names=("mu", "sigma", "nu"),
    existence="rows not too many of which are equal, with tails heavier than the normal's",
    limiting_family="nu = infinity, the normal distribution, or sigma = 0, a single point",
    limits={("nu", "high"): "normal", ("sigma", "low"): "point"},
    elsewhere=(
        "SciPy's t(df=nu, loc=mu, scale=sigma)",
        "MATLAB's tLocationScale(mu, sigma, nu)",
        "the Student(mu, sigma, nu)",
        "SciPy's cauchy(loc=mu, scale=sigma) with fixed={'nu': 1}",
        "the Lorentz(mu, sigma) with fixed={'nu': 1}",
    ),
    scipy=lambda mu, sigma, nu: ("t", {"df": nu, "loc": mu, "scale": sigma}),
    censoring=Censoring(
        above="mu = infinity",
        below="mu = -infinity",
        point="sigma = 0, a single point",
    ),
)
