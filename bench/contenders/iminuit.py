"""iminuit's migrad on numba-stats: whole fits."""

from __future__ import annotations

from collections.abc import Callable

from contest import Case, Run
from jobs import START, maximum, one_pass

from contenders.numba_stats import parallel_log_likelihood


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
