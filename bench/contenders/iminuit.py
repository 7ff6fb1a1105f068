"""iminuit's migrad on numba-stats: whole fits.

Of the families that numba-stats has, from where the rows were drawn on, which is generous.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from contest import Case, Run
from drawn import drawn
from equivalents import distance, equivalent
from jobs import START, fit_of, maximum, one_pass

from contenders.numba_stats import parallel_log_likelihood, parallel_sum
from thetahat.families import find_family


def fit(case: Case, cost: Callable[[float, float], float]) -> Run:
    from iminuit import Minuit

    def call() -> tuple[float, ...]:
        minuit = Minuit(cost, *START, name=("mu", "sigma"))
        minuit.limits["sigma"] = (1e-9, None)
        minuit.strategy = 0  # the fastest
        minuit.migrad()
        return tuple(minuit.values)

    return Run(call, maximum(case), case.n, tolerance=0.01)


@one_pass.enter("iminuit UnbinnedNLL + numba-stats, whole fit", threads=2, needs=["iminuit", "numba_stats"])
def unbinned(case: Case) -> Run:
    import numba
    from iminuit.cost import UnbinnedNLL
    from numba_stats import norm

    @numba.njit(parallel=True, fastmath=True)
    def logpdf(x, mu, sigma):
        return norm.logpdf(x, mu, sigma)

    return fit(case, UnbinnedNLL(case.x, logpdf, log=True))


@one_pass.enter(
    "iminuit + numba-stats compiled together, whole fit", threads=2, needs=["iminuit", "numba_stats"]
)
def compiled_together(case: Case) -> Run:
    log_likelihood, x = parallel_log_likelihood(), case.x

    def cost(mu: float, sigma: float) -> float:
        return -log_likelihood(x, mu, sigma)

    cost.errordef = 0.5  # type: ignore[attr-defined] - where Minuit looks for it
    return fit(case, cost)


def fit_family(case: Case, family: str) -> Run:
    from iminuit import Minuit

    name, at, fixed = equivalent(family)
    module: Any = import_module(f"numba_stats.{name}")
    names = [key for key in at if not (hasattr(module, "logpmf") and key in {"loc", "scale"})]
    log_likelihood, x = parallel_sum(name), drawn(family, case.n)

    def cost(theta: Sequence[float]) -> float:
        return -float(log_likelihood(x, *theta))

    cost.errordef = 0.5  # type: ignore[attr-defined] - where Minuit looks for it

    def call() -> float:
        minuit = Minuit(cost, [at[key] for key in names], name=names)
        for key in names:
            minuit.fixed[key] = key in fixed
            minuit.limits[key] = (None if key == "loc" else 1e-9, None)
        minuit.strategy = 0  # the fastest
        minuit.migrad()
        return float(minuit.fval)

    def answer(found: float) -> float:
        return distance(family, case.n, -found)

    return Run(call, [0.0], case.n, tolerance=1e-6, answer=answer)


for family, job in fit_of.items():
    regular = find_family(family).regular  # as migrad takes it to be
    if regular and find_spec("numba_stats") and find_spec(f"numba_stats.{equivalent(family).name}"):
        job.enter("iminuit + numba-stats", threads=2, needs=["iminuit"])(partial(fit_family, family=family))
