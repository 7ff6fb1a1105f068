"""Maxima of small samples, frozen to forty digits beside each reference by data/make_maxima.py."""

import json
from pathlib import Path

import mpmath
import pytest
from turns import InTurn

import thetahat as th
from thetahat.reference import Likelihood

SHARED = json.loads((Path(__file__).parent / "data" / "samples.json").read_text())["samples"]
FROZEN = {family: (family, InTurn(Likelihood(family).family.FROZEN)) for family in th.families()}


def exact(values):
    with mpmath.workdps(40):
        return [mpmath.mpf(value) for value in values]


def sample(reference, name):
    rows = reference.SAMPLES[name] if name in reference.SAMPLES else SHARED[name]["x"]
    return [float(value) for value in rows.split()]


@pytest.mark.parametrize(("family", "name"), FROZEN.values(), ids=FROZEN)
def test_frozen_maxima(family, name):
    """To twelve digits: of a parameter, or of what a row tells of one that is near zero or hardly known."""
    reference = Likelihood(family).family
    x, (theta, stderr, log_likelihood) = sample(reference, name), reference.FROZEN[name]
    fit = th.fit(x, family)
    for ours, value, error in zip(fit.theta, exact(theta), fit.stderr, strict=True):
        assert abs(ours - value) <= 1e-12 * max(abs(value), error * len(x) ** 0.5)
    (value,) = exact([log_likelihood])
    assert abs(fit.log_likelihood - value) <= 1e-13 * max(abs(value), len(x))
    for ours, error in zip(fit.stderr, exact(stderr), strict=bool(stderr)):
        assert abs(ours - error) <= 1e-9 * error
