"""numba-stats, called from Python, and from a function compiled as its documentation says for speed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from importlib import import_module
from inspect import signature
from typing import Any

from contest import Case, Run
from jobs import THETA, one_pass, values


@one_pass.enter("numba-stats norm.logpdf, sum", needs=["numba_stats"])
def logpdf(case: Case) -> Run:
    from numba_stats import norm

    x = case.x
    return Run(lambda: norm.logpdf(x, *THETA).sum(), values(case)[:1], case.n)


@cache
def parallel_sum(name: str) -> Callable[..., float]:
    """Return the log-likelihood of x and a distribution's parameters."""
    import numba

    module: Any = import_module(f"numba_stats.{name}")
    log_density = getattr(module, "logpdf", None) or module.logpmf

    of_parameters = {  # numba takes no *theta here
        1: lambda x, a: log_density(x, a).sum(),
        2: lambda x, a, b: log_density(x, a, b).sum(),
        3: lambda x, a, b, c: log_density(x, a, b, c).sum(),
    }
    compiled = numba.njit(parallel=True, fastmath=True)
    return compiled(of_parameters[len(signature(log_density).parameters) - 1])


parallel_log_likelihood = partial(parallel_sum, "norm")


@one_pass.enter("numba-stats norm.logpdf, sum, compiled together", threads=2, needs=["numba_stats"])
def logpdf_parallel(case: Case) -> Run:
    return Run(partial(parallel_log_likelihood(), case.x, *THETA), values(case)[:1], case.n)
