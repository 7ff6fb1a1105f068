"""Maxima of small samples, frozen to forty digits beside references or in a file by data/make_maxima.py."""

import json
from pathlib import Path

import mpmath
import numpy as np
import pytest
from formula_cases import THETAS, fixed_of
from tolerance import EPS, log_likelihood_size, score_sizes
from turns import InTurn

import thetahat as th
from thetahat.reference import Likelihood

ROUNDING = 4  # rounding errors of each term
DATA = Path(__file__).parent / "data"
SHARED = json.loads((DATA / "samples.json").read_text())["samples"]
OF_FORMULAS = json.loads((DATA / "formula_maxima.json").read_text())["families"]
NAMES = {family: InTurn(Likelihood(family).family.FROZEN) for family in th.families()}
NAMES |= {family: InTurn(frozen["maxima"]) for family, frozen in OF_FORMULAS.items()}


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


def rounding_of_scores(family, x, fit):
    """What rounding errors of the terms of a formula's score move each parameter by.

    Compiled families have sums that keep their digits where rows are far from 0 beside their spread, and
    shapes large; formulas add up terms that cancel there.
    """
    if family not in THETAS:
        return 0.0
    return ROUNDING * EPS * np.abs(fit.cov) @ score_sizes(family, x, tuple(fit.theta.tolist()))


@pytest.mark.parametrize(("family", "name"), NAMES.items(), ids=NAMES)
def test_frozen_maxima(family, name):
    """To twelve digits: of a parameter, or of what a row tells of one that is near zero or hardly known."""
    x, (theta, stderr, log_likelihood) = frozen_of(family, name)
    fit = th.fit(x, family, **(fixed_of(family) if family in THETAS else {}))
    wanted, one_row = exact(theta), fit.stderr * len(x) ** 0.5
    off = np.array([float(abs(ours - value)) for ours, value in zip(fit.theta, wanted, strict=True)])
    sizes = np.fmax(np.abs(fit.theta), one_row)  # some families have no standard errors at some shapes
    bounds, moved = 1e-12 * sizes, np.max(off / sizes)
    assert np.all(off <= bounds) or np.all(off <= bounds + rounding_of_scores(family, x, fit))
    (value,) = exact([log_likelihood])
    off, bound = abs(fit.log_likelihood - value), 1e-13 * max(abs(value), len(x))
    at = tuple(fit.theta.tolist())
    assert off <= bound or off <= bound + ROUNDING * EPS * log_likelihood_size(family, x, at)
    for ours, error in zip(fit.stderr, exact(stderr), strict=bool(stderr)):
        assert abs(ours - error) <= (1e-9 + 2 * moved) * error
