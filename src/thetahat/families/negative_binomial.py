"""Negative binomial(size, mu) on the counts 0, 1, 2, ...; R's ``dnbinom(size, mu=mu)``.

scipy's ``nbinom(n=size, p=size / (size + mu))``. The variance is mu + mu**2 / size; the size need not be an
integer. `logpdf` is the logarithm of a count's probability. At the maximum mu is the mean. There are no
sufficient statistics: the fit reads the rows a few times. If the variance of the rows, over n, is not above
their mean, the likelihood increases all the way to size = infinity, the Poisson distribution (Aragon, Eberly
and Eberly 1992).
"""

from thetahat.families._family import Family
from thetahat.pilot import Pilot

__all__ = ["family"]


def start(pilot: Pilot) -> tuple[float, ...] | None:
    """Return the parameters with the mean and the variance of these rows, or with twice the mean for it."""
    mean, sd = pilot.mean_and_sd()
    if mean == 0:
        return None
    over = sd * (sd / mean) - 1  # squares may overflow
    return (mean / over if over > 0 else mean, mean)


def missing_condition(rows: Pilot) -> str | None:
    """Return that the variance is not above the mean, in figures."""
    mean, sd = rows.mean_and_sd()
    if sd * sd > mean or mean == 0:
        return None
    return f"the variance of these rows, {sd * sd:.6g}, is not above their mean, {mean:.6g}"


family = Family(
    name="negative_binomial",
    names=("size", "mu"),
    support="the integers 0, 1, 2, ...",
    counts=True,
    existence="rows whose variance (over n) is above their mean",
    limiting_family="size = infinity, the Poisson distribution",
    start=start,
    missing_condition=missing_condition,
    scipy=lambda size, mu: ("nbinom", {"n": size, "p": size / (size + mu)}),
)
