"""scipy.stats."""

from __future__ import annotations

from functools import partial

from contest import Case, Run
from jobs import THETA, maximum, one_pass, small_fit, values


@one_pass.enter("scipy.stats.norm.fit", needs=["scipy"])
@small_fit.enter("scipy.stats.norm.fit", needs=["scipy"])
def fit(case: Case) -> Run:
    from scipy.stats import norm

    return Run(partial(norm.fit, case.x), maximum(case), case.n)


@one_pass.enter("scipy.stats.norm.logpdf, sum", needs=["scipy"])
def logpdf(case: Case) -> Run:
    from scipy.stats import norm

    x = case.x
    return Run(lambda: norm.logpdf(x, *THETA).sum(), values(case)[:1], case.n)
