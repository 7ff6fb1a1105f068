"""Zeta(a), the power law x**-a / zeta(a) on the integers 1, 2, ...; scipy's ``zipf(a=a)``."""

from typing import Any

import numpy as np

from thetahat.families._formula import shipped

__all__ = ["family"]

_FIRST = 10  # from here on, the sum over k is an integral and its corrections, by Euler and Maclaurin
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798)


def _log_zeta(a: Any) -> Any:
    """Return log(1 + 2**-a + 3**-a + ...)."""
    last = np.exp(-a * np.log(_FIRST))
    rest = _FIRST / (a - 1) + 0.5
    factor = a / _FIRST
    for j, b in enumerate(_BERNOULLI, 1):
        rest = rest + b / np.prod(np.arange(1.0, 2 * j + 1)) * factor
        factor = factor * ((a + (2 * j - 1)) / _FIRST) * ((a + 2 * j) / _FIRST)
    total = last * rest
    for k in range(2, _FIRST):
        total = total + np.exp(-a * np.log(k))
    return np.log1p(total)


def _log_density(x: Any, a: Any) -> Any:
    return -a * np.log(x) - _log_zeta(a)


family = shipped(
    __name__,
    _log_density,
    {"a": (1, np.inf)},
    (1, np.inf),
    existence="a row above 1",
    limiting_family="a = infinity, a single point",
    discrete=True,
    exact_rows=True,
    elsewhere=("SciPy's zipf(a=a)", "the discrete-power-law(a)"),
    scipy=lambda a: ("zipf", {"a": a}),
)
