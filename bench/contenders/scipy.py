"""scipy.stats."""

from __future__ import annotations

from functools import partial
from typing import Any

from contest import Case, Run, check_patience
from drawn import drawn
from equivalents import distance, equivalent, log_likelihood
from jobs import THETA, fit_of, maximum, one_pass, one_pass_of, own_precision, small_fit, values

from thetahat.families import find_family


@one_pass.enter("scipy.stats.norm.fit", needs=["scipy"])
@one_pass_of["float32"].enter("scipy.stats.norm.fit", needs=["scipy"])
@one_pass_of["int16"].enter("scipy.stats.norm.fit", needs=["scipy"])
@one_pass_of["strided"].enter("scipy.stats.norm.fit", needs=["scipy"])
@small_fit.enter("scipy.stats.norm.fit", needs=["scipy"])
def fit(case: Case) -> Run:
    from scipy.stats import norm

    return Run(partial(norm.fit, case.x), maximum(case), case.n, tolerance=own_precision(case))


@one_pass.enter("scipy.stats.norm.logpdf, sum", needs=["scipy"])
def logpdf(case: Case) -> Run:
    from scipy.stats import norm

    x = case.x
    return Run(lambda: norm.logpdf(x, *THETA).sum(), values(case)[:1], case.n)


def fit_family(case: Case, family: str) -> Run:
    import scipy.stats

    name, _, fixed = equivalent(family)
    distribution, x = getattr(scipy.stats, name), drawn(family, case.n)
    given = {f"f{key}": value for key, value in fixed.items()}
    check_patience(case, lambda n: distribution.fit(x[:n], **given))

    def answer(theta: Any) -> float:
        return distance(family, case.n, log_likelihood(family, case.n, distribution.logpdf, theta))

    return Run(partial(distribution.fit, x, **given), [0.0], case.n, tolerance=1e-6, answer=answer)


for family, job in fit_of.items():
    if not find_family(family).counts:  # for counts it has no fit but a global search
        job.enter("scipy.stats", needs=["scipy"])(partial(fit_family, family=family))
