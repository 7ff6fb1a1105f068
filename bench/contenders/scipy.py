"""scipy.stats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from contest import Case, Run
from drawn import drawn
from jobs import THETA, fit_of, maximum, one_pass, one_pass_of, own_precision, small_fit, values

import thetahat as th


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


class Equivalent(NamedTuple):
    """A family in scipy.stats: its name, what its fit is given, and our theta from what it returns."""

    name: str
    theta: Callable[..., tuple[float, ...]]
    given: Mapping[str, float] = {}
    only: Sequence[str] | None = None  # the sizes that it takes less than a minute for

    @property
    def title(self) -> str:
        return f"scipy.stats.{self.name}.fit" + "".join(f", {name}={at}" for name, at in self.given.items())


EQUIVALENTS = {
    "normal": Equivalent("norm", lambda loc, scale: (loc, scale)),
    "gamma": Equivalent("gamma", lambda a, _, scale: (a, scale), {"floc": 0}),
    "gumbel": Equivalent("gumbel_r", lambda loc, scale: (loc, scale)),
    "student_t": Equivalent("t", lambda df, loc, scale: (loc, scale, df), only=["1e4", "1e6"]),
}


def fit_family(case: Case, family: str) -> Run:
    """Its answer: how much higher than ours its log-likelihood is."""
    import scipy.stats

    x, equivalent = drawn(family, case.n), EQUIVALENTS[family]

    def excess(returned: Any) -> float:
        ours = th.fit(x, family).log_likelihood
        theirs = th.log_likelihood(x, family, equivalent.theta(*returned))
        return max(0.0, (theirs - ours) / abs(ours))

    call = partial(getattr(scipy.stats, equivalent.name).fit, x, **equivalent.given)
    return Run(call, [0.0], case.n, tolerance=1e-6, answer=excess)


for family, equivalent in EQUIVALENTS.items():
    fit_of[family].enter(equivalent.title, needs=["scipy"], only=equivalent.only)(
        partial(fit_family, family=family)
    )
