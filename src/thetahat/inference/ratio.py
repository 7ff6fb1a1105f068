"""The likelihood-ratio test.

Wilks (1938), The large-sample distribution of the likelihood ratio for testing composite hypotheses, Annals
of Mathematical Statistics 9, 60-62: where k restrictions hold, twice the drop that they cost the maximum has,
as n grows, the chi-square distribution of k degrees of freedom.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from thetahat._theta import Theta, check_theta, check_values
from thetahat.errors import ParameterError
from thetahat.families import BOUNDARY
from thetahat.inference.profile import Profile
from thetahat.solvers.profile_maximum import Ending

__all__ = ["LikelihoodRatio", "chi_square_tail", "likelihood_ratio"]


@dataclass(frozen=True, repr=False)
class LikelihoodRatio:
    """A likelihood-ratio test, as `Fit.test` returns it.

    Attributes
    ----------
    statistic : float
        Twice the drop of the log-likelihood from the fit's to that under the null hypothesis.
    df : int
        Degrees of freedom: the number of fitted parameters that the null hypothesis fixes.
    pvalue : float
        Probability of a statistic of at least this size under it, by the chi-square distribution with `df`
        degrees of freedom.
    log_likelihood : float
        The maximum under the null hypothesis.
    params : dict of str to float
        The parameters there.
    """

    statistic: float
    df: int
    pvalue: float
    log_likelihood: float
    params: dict[str, float]

    def __repr__(self) -> str:
        p = "< 2.2e-16" if self.pvalue < 2.0**-52 else f"= {self.pvalue:.4g}"
        return f"<LikelihoodRatio chi-square = {self.statistic:.6g}, df = {self.df}, p {p}>"


def likelihood_ratio(profile: Profile, theta0: Theta) -> LikelihoodRatio:
    """Return the test of the hypothesis that parameters have given values."""
    null = _hypothesis(profile, theta0)
    point = profile.along(null)
    if point.ending == Ending.UNBOUNDED and point.log_likelihood > -math.inf:
        raise profile.no_maximum_error(point, null)
    statistic = 2 * max(profile.log_likelihood - point.log_likelihood, 0.0)
    pvalue = chi_square_tail(statistic, len(null))
    params = dict(zip(profile.family.names, point.theta, strict=True))
    return LikelihoodRatio(statistic, len(null), pvalue, point.log_likelihood, params)


def chi_square_tail(x: float, df: int) -> float:
    """Return the probability that a chi-square variable of 1, 2 or 3 degrees of freedom exceeds x.

    >>> round(chi_square_tail(3.841458820694124, 1), 12)
    0.05
    """
    density = math.exp(-x / 2)
    if df == 2:
        return density
    tail = math.erfc(math.sqrt(x / 2))
    return tail if df == 1 or density == 0 else tail + math.sqrt(2 * x / math.pi) * density


def _hypothesis(profile: Profile, theta0: Theta) -> dict[int, float]:
    """Return the values, by place, that a hypothesis gives to fitted parameters; raise if it is invalid."""
    family, fixed = profile.family, profile.fixed
    if isinstance(theta0, Mapping):
        values = check_values(profile.sample.family, theta0, "theta0")
    else:
        values = dict(enumerate(check_theta(profile.sample.family, theta0, "theta0")))
    for place in fixed:
        if values.pop(place, profile.theta[place]) != profile.theta[place]:
            raise ParameterError(
                f"theta0: {family.names[place]} was fixed at {profile.theta[place]:g}, not fitted"
            )
    if not values:
        raise ParameterError("theta0 gives no value to a parameter that was fitted")
    ends = [family.names[j] for j in values if family.parameters[j].regularity == BOUNDARY]
    if ends:
        raise ParameterError(
            f"theta0: the maximum in {ends[0]} of {family.name} lies on the boundary of the support, where"
            " the ratio does not follow the chi-square distribution: use the exact interval of confint"
        )
    return values
