"""Laplace(mu, b): location mu, scale b; scipy's ``laplace(loc=mu, scale=b)``.

The maximum is in closed form: mu is a median of the rows (of an even number the middle of the two inner ones:
all values between have the same likelihood), b the mean of |x - mu|. The likelihood is not differentiable at
mu equal to a row, and at the median the score jumps over zero: ascents use the subgradient, in which a row
equal to mu is zero. The standard errors are those of Fisher's information, b / sqrt(n) for both.
"""

from thetahat.families._family import Family

__all__ = ["family"]


family = Family(
    name="laplace",
    names=("mu", "b"),
    existence="at least two rows, not all equal",
    limiting_family="b = 0, a single point",
    elsewhere=(
        "the double-exponential(mu, b)",
        "SciPy's loglaplace(c=1 / b, scale=exp(mu)) with x replaced by log(x)",
    ),
    scipy=lambda mu, b: ("laplace", {"loc": mu, "scale": b}),
)
