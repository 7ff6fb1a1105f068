"""The promises about speed: ratios of two contenders of one run, and memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import NamedTuple

from contenders.r import FITS as R_FITS
from contenders.r import NAMES as R_NAMES
from jobs import fit_of, race_of
from results import Key, Results

from thetahat.families import find_family


class Target(NamedTuple):
    promise: str
    measure: Callable[[Results], float | None]
    at_most: float = inf
    at_least: float = 0.0

    def met(self, measured: float) -> bool:
        return self.at_least <= measured <= self.at_most

    @property
    def bound(self) -> str:
        return f"≥ {self.at_least:g}" if self.at_least else f"≤ {self.at_most:g}"


def _ratio(above: Key, below: Key) -> Callable[[Results], float | None]:
    return lambda results: results.ratio(above, below)


def _on(
    instruction_set: str, measure: Callable[[Results], float | None]
) -> Callable[[Results], float | None]:
    return lambda results: measure(results) if results.machine["instruction_set"] == instruction_set else None


def _megabytes(results: Results) -> float | None:
    return results.memory["thetahat"] / 1e6 if "thetahat" in results.memory else None


def _pass(case: str, by: str, threads: int = 1) -> Key:
    return Key("one pass", case, by, threads)


def _of(kind: str, by: str, threads: int = 1) -> Key:
    return Key(f"one pass, {kind}", "3e7", by, threads)


def _by_family(family: str, case: str = "3e7", threads: int = 1) -> Key:
    return Key("one pass by family", case, family, threads)


def _fit(family: str, by: str, threads: int = 1, case: str = "1e6") -> Key:
    return Key(f"fit, {family}", case, by, threads)


def _peers(family: str, names: Sequence[str]) -> Callable[[Results], float | None]:
    """Return how many times as long as ours on two threads the quickest of some peers takes."""

    def measure(results: Results) -> float | None:
        ratios = (results.ratio(_fit(family, name), _fit(family, _OURS, 2)) for name in names)
        return min((ratio for ratio in ratios if ratio), default=None)

    return measure


def _sufficient(family: str) -> bool:
    return find_family(family).sufficient


def _sgd(size: int, by: str, threads: int = 1) -> Key:
    return Key("stochastic ascent", f"batches of {size}", by, threads)


def _steps(case: str, by: str) -> Key:
    return Key("steps by size", case, by, 1)


_OURS, _FLOOR = "thetahat", "floor: read and add"
_FLOAT64 = "thetahat, float64"
_JAX = "JAX norm.logpdf, jit value_and_grad"
_JAX_BY_HAND = "JAX by hand, jit value_and_grad"
_SHUFFLE = "numba, np.random.shuffle"
_SHUFFLE_BY_HAND = "numba, by hand, shuffle among the steps"

_FUSED = {"student_t": 2.5, "gumbel": 5, "logistic": 5, "weibull": 5, "loglogistic": 5}
_SCIPY = {
    "student_t": 1000,
    "weibull": 300,
    "generalized_pareto": 200,
    **dict.fromkeys(["logistic", "gumbel", "von_mises"], 20),
    **dict.fromkeys(["gamma", "lognormal", "beta", "inverse_gaussian"], 5),
}
_R_FITS = [f"R {fit}" for fit in R_FITS]

TARGETS = (
    Target(
        "pass over 3e7 rows / read-and-add", _ratio(_pass("3e7", _OURS), _pass("3e7", _FLOOR)), at_most=1.1
    ),
    Target(
        "pass over 3e7 rows / read-and-add, 2 threads each",
        _ratio(_pass("3e7", _OURS, 2), _pass("3e7", _FLOOR, 2)),
        at_most=1.15,
    ),
    Target("3e7: float32 / float64", _ratio(_of("float32", _OURS), _of("float32", _FLOAT64)), at_most=0.7),
    Target(
        "3e7: float32 / float64, 2 threads",
        _ratio(_of("float32", _OURS, 2), _of("float32", _FLOAT64, 2)),
        at_most=0.7,
    ),
    Target(
        "weighted pass over 3e7 rows / read-and-add of both arrays",
        _ratio(_of("weighted", _OURS), _of("weighted", _FLOOR)),
        at_most=1.1,
    ),
    *(
        Target(
            f"{family} pass over 3e7 rows / read-and-add, AVX-512",
            _on("avx512", _ratio(_by_family(family), _by_family(_FLOOR))),
            at_most=most,
        )
        for family, most in _FUSED.items()
    ),
    *(
        Target(
            f"{family}, 1e6: whole fit / one pass",
            _ratio(_fit(family, _OURS), _by_family(family, "1e6")),
            at_most=4,
        )
        for family in fit_of
        if not _sufficient(family)
    ),
    *(
        Target(
            f"{family}, 3e7: whole fit / one pass, 2 threads each",
            _ratio(_fit(family, _OURS, 2, "3e7"), _by_family(family, threads=2)),
            at_most=5,
        )
        for family in fit_of
        if find_family(family).nonsmooth
    ),
    *(
        Target(f"{family}, 1e6: scipy / ours on 2 threads", _peers(family, ["scipy.stats"]), at_least=least)
        for family, least in _SCIPY.items()
        if family in fit_of
    ),
    *(
        Target(f"{family}, 1e6: R / ours on 2 threads", _peers(family, _R_FITS), at_least=100)
        for family in R_NAMES
        if family in fit_of
    ),
    Target(
        "pass over 1e6 rows / read-and-add in cache",
        _ratio(_pass("1e6", _OURS), _pass("1e6", _FLOOR)),
        at_most=2,
    ),
    Target(
        "1e6: numpy mean + std / pass",
        _ratio(_pass("1e6", "numpy mean + std"), _pass("1e6", _OURS)),
        at_least=4,
    ),
    Target(
        "1e6: numpy mean + std / pass, 2 threads",
        _ratio(_pass("1e6", "numpy mean + std"), _pass("1e6", _OURS, 2)),
        at_least=7,
    ),
    Target("1e6: JAX norm.logpdf / pass", _ratio(_pass("1e6", _JAX, 2), _pass("1e6", _OURS)), at_least=15),
    Target(
        "1e6: JAX by hand / pass", _ratio(_pass("1e6", _JAX_BY_HAND, 2), _pass("1e6", _OURS)), at_least=15
    ),
    Target(
        "1e6: scipy norm.logpdf sum / pass",
        _ratio(_pass("1e6", "scipy.stats.norm.logpdf, sum"), _pass("1e6", _OURS)),
        at_least=100,
    ),
    Target(
        "SGD, batch 1, shuffled / its chain unshuffled",
        _ratio(_sgd(1, _OURS), _sgd(1, "floor: the chain of steps, no shuffle")),
        at_most=1,
    ),
    Target("SGD: numba with np.random.shuffle / ours", _ratio(_sgd(1, _SHUFFLE), _sgd(1, _OURS)), at_least=2),
    Target("SGD: numba, best by hand / ours", _ratio(_sgd(1, _SHUFFLE_BY_HAND), _sgd(1, _OURS)), at_least=2),
    Target("SGD: JAX scan / ours", _ratio(_sgd(1, "JAX lax.scan under jit", 2), _sgd(1, _OURS)), at_least=20),
    Target(
        "SGD: pure Python / ours", _ratio(_sgd(1, "the notebook's pure Python"), _sgd(1, _OURS)), at_least=200
    ),
    Target("SGD: shuffled batches of 10 / of 1", _ratio(_sgd(10, _OURS), _sgd(1, _OURS)), at_most=0.2),
    *(
        Target(
            f"SGD, {by}: a step at n = 1e8 / at n = 1e3",
            _ratio(_steps("1e8", by), _steps("1000 epochs of 1e3", by)),
            at_most=1.5,
        )
        for family in race_of
        for by in (family, f"{family}, learning_rate=")
    ),
    Target(
        "1000 epochs of gradient ascent / one pass",
        _ratio(
            Key("gradient ascent", "1000 epochs", _OURS, 1),
            Key("gradient ascent", "1000 epochs", "thetahat, one pass alone", 1),
        ),
        at_most=1.2,
    ),
    Target(
        "fit of 100: ours / scipy.stats.norm.fit",
        _ratio(Key("small fit", "100", _OURS, 1), Key("small fit", "100", "scipy.stats.norm.fit", 1)),
        at_most=1,
    ),
    Target("peak memory of a fit of 3e7 rows beyond the sample, MB", _megabytes, at_most=2),
)
