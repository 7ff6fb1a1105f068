"""Maxima of small samples, frozen to forty digits in data/maxima.json by data/make_maxima.py."""

import json
from pathlib import Path

import mpmath
import pytest

import thetahat as th

FROZEN = json.loads((Path(__file__).parent / "data" / "maxima.json").read_text())


def exact(values):
    with mpmath.workdps(40):
        return [mpmath.mpf(value) for value in values]


@pytest.mark.parametrize("frozen", FROZEN["maxima"], ids=lambda m: f"{m['family']}-{m['sample']}")
def test_frozen_maxima(frozen):
    """To twelve digits: of a parameter, or of what a row tells of one that is near zero or hardly known."""
    family, x = frozen["family"], [float(v) for v in FROZEN["samples"][frozen["sample"]]["x"].split()]
    fit = th.fit(x, family)
    for ours, theta, error in zip(fit.theta, exact(frozen["theta"]), fit.stderr, strict=True):
        assert abs(ours - theta) <= 1e-12 * max(abs(theta), error * len(x) ** 0.5)
    (value,) = exact([frozen["log_likelihood"]])
    assert abs(fit.log_likelihood - value) <= 1e-13 * max(abs(value), len(x))
    for ours, error in zip(fit.stderr, exact(frozen["stderr"]), strict=bool(frozen["stderr"])):
        assert abs(ours - error) <= 1e-9 * error


def test_every_family_has_frozen_maxima():
    counts = [maximum["family"] for maximum in FROZEN["maxima"]]
    assert [name for name in th.families() if counts.count(name) < 2] == []
