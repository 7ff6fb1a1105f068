"""Eight families fitted to 20,000 claims and ranked: this library beside SciPy, distfit and fitter.

    python bench/families.py    (needs distfit and fitter, which the extra `bench` brings)

Rounds are taken in turn, by processor time, which other work on the machine lengthens least, and the best of
each counts; fitter, which would start processes, runs in this one. SciPy starts all families at 0, as this
library does (`floc=0`), and is ranked by AIC; distfit and fitter fit by SciPy with a free origin, and rank by
the squared differences from a histogram.
"""

from __future__ import annotations

import contextlib
import io
import logging
import time
import warnings
from collections.abc import Callable

import numpy as np
from scipy import stats

import thetahat as th
from thetahat.families import find_family

ROUNDS = 5
FAMILIES = ("exponential", "gamma", "weibull", "lognormal")
FAMILIES += ("loglogistic", "inverse_gaussian", "rayleigh", "generalized_pareto")


def scipy_name(family: str) -> str:
    """Return SciPy's name of a family, which does not depend on its parameters."""
    described = find_family(family)
    return described.scipy(*np.full(len(described.names), 0.5))[0]


SCIPY = {family: scipy_name(family) for family in FAMILIES}


def ours(claims: np.ndarray) -> str:
    return th.compare(claims, FAMILIES).best.family


def scipy(claims: np.ndarray) -> str:
    def aic(name: str) -> float:
        family = getattr(stats, name)
        theta = family.fit(claims, floc=0)
        return 2 * (len(theta) - 1) - 2 * family.logpdf(claims, *theta).sum()

    return min(FAMILIES, key=lambda family: aic(SCIPY[family]))


def distfit(claims: np.ndarray) -> str:
    from distfit import distfit as Distfit  # noqa: N812

    model = Distfit(distr=list(SCIPY.values()), verbose="silent")
    return model.fit_transform(claims, verbose="silent")["model"]["name"]


def fitter(claims: np.ndarray) -> str:
    from fitter import Fitter

    fits = Fitter(claims, distributions=list(SCIPY.values()))
    fits.fit(progress=False, max_workers=1)
    return next(iter(fits.get_best()))


def timed(contender: Callable[[np.ndarray], str], claims: np.ndarray) -> tuple[float, str]:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        start = time.process_time()
        best = contender(claims)
        return time.process_time() - start, best


def main() -> None:
    logging.disable()
    warnings.simplefilter("ignore")  # of the contenders
    claims = np.random.default_rng(0).lognormal(7, 1.2, 20_000)
    rounds = [{f: timed(f, claims) for f in (ours, scipy, distfit, fitter)} for _ in range(ROUNDS)]
    print("| | processor seconds | times as long | best family |\n|---|---|---|---|")
    quickest = {f: min(results[f] for results in rounds) for f in rounds[0]}
    for contender, (seconds, best) in quickest.items():
        print(f"| {contender.__name__} | {seconds:.3g} | {seconds / quickest[ours][0]:.3g} | {best} |")


if __name__ == "__main__":
    main()
