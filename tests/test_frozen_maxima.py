"""Maxima of small samples, frozen to forty digits beside references or in a file by data/make_maxima.py."""

import json
import math
from pathlib import Path

import mpmath
import pytest
from formula_cases import THETAS, fixed_of
from tolerance import EPS

import thetahat as th
from thetahat.reference import Likelihood

DATA = Path(__file__).parent / "data"
SHARED = json.loads((DATA / "samples.json").read_text())["samples"]
OF_FORMULAS = json.loads((DATA / "formula_maxima.json").read_text())["families"]
FROZEN = [(family, name) for family in th.families() for name in Likelihood(family).family.FROZEN]
FROZEN += [(family, name) for family, frozen in OF_FORMULAS.items() for name in frozen["maxima"]]


def exact(values):
    with mpmath.workdps(40):
        return [mpmath.mpf(value) for value in values]


def frozen_of(family, name):
    """A sample and its maximum."""
    if family in THETAS:
        samples, maxima = OF_FORMULAS[family]["samples"], OF_FORMULAS[family]["maxima"]
    else:
        samples, maxima = Likelihood(family).family.SAMPLES, Likelihood(family).family.FROZEN
    rows = samples[name] if name in samples else SHARED[name]["x"]
    return [float(value) for value in rows.split()], maxima[name]


def test_every_formula_has_frozen_maxima():
    assert sorted(OF_FORMULAS) == sorted(THETAS)
    assert all(len(frozen["maxima"]) >= 2 for frozen in OF_FORMULAS.values())


OF_LOGS = ("generalized_gamma", "log_pearson3")  # families of log x, which is rounded before it is used


def rounding(family, x):
    """What the rounding of the rows may move a parameter by."""
    return EPS * max(abs(math.log(row)) for row in x) if family in OF_LOGS else 0.0


@pytest.mark.parametrize(("family", "name"), FROZEN, ids=[f"{family}-{name}" for family, name in FROZEN])
def test_frozen_maxima(family, name):
    """To twelve digits: of a parameter, or of what a row tells of one that is near zero or hardly known."""
    x, (theta, stderr, log_likelihood) = frozen_of(family, name)
    fit = th.fit(x, family, **(fixed_of(family) if family in THETAS else {}))
    for ours, value, error in zip(fit.theta, exact(theta), fit.stderr, strict=True):
        bound = 1e-12 * max(abs(value), error * len(x) ** 0.5)
        assert abs(ours - value) <= bound + rounding(family, x)
    (value,) = exact([log_likelihood])
    assert abs(fit.log_likelihood - value) <= 1e-13 * max(abs(value), len(x))
    for ours, error in zip(fit.stderr, exact(stderr), strict=bool(stderr)):
        assert abs(ours - error) <= 1e-9 * error
