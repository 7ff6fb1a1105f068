"""Our own exp and log: one row per function, over the whole range, against 40 digits."""

import math

import mpmath
import numpy as np
import pytest

from thetahat import _kernels


def powers(low, high, n=4000):
    rng = np.random.default_rng(0)
    return 2.0 ** rng.uniform(low, high, n)


def ulps(value, exact):
    spacing = math.ulp(abs(float(exact)))
    return float(abs(mpmath.mpf(value) - exact) / spacing)


RANGES = [
    ("log", powers(-1022, 1023), 0.8),
    ("log", 1 + powers(-52, -1), 0.8),
    ("log", 1 - powers(-53, -1), 0.8),
    ("log", powers(-1074, -1022), 1.0),
    ("exp", np.concatenate([powers(-60, 9.46), -powers(-60, 9.46)]), 1.1),
    ("exp", np.linspace(-1, 1, 4001), 1.1),
    ("exp", np.linspace(-745, -708, 500), 1.1),
    ("exp", np.linspace(708, 709.78, 500), 1.1),
]


@pytest.mark.parametrize(("name", "points", "most"), RANGES)
def test_error_in_units_of_the_last_place(name, points, most):
    ours, exact = getattr(_kernels, name), getattr(mpmath, name)
    with mpmath.workdps(40):
        assert max(ulps(ours(x), exact(mpmath.mpf(x))) for x in map(float, points)) <= most


SPECIAL = [
    ("log", 1.0, 0.0),
    ("log", 0.0, -math.inf),
    ("log", math.inf, math.inf),
    ("log", -1.0, math.nan),
    ("log", -math.inf, math.nan),
    ("log", math.nan, math.nan),
    ("exp", 0.0, 1.0),
    ("exp", -0.0, 1.0),
    ("exp", math.inf, math.inf),
    ("exp", -math.inf, 0.0),
    ("exp", 1000.0, math.inf),
    ("exp", 709.79, math.inf),
    ("exp", -1000.0, 0.0),
    ("exp", math.nan, math.nan),
]


@pytest.mark.parametrize(("name", "x", "value"), SPECIAL)
def test_special_values(name, x, value):
    assert getattr(_kernels, name)(x) == pytest.approx(value, abs=0, rel=0, nan_ok=True)
