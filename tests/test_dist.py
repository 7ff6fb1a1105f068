"""SciPy's distributions of the same parameters: the mapping that the families document."""

import sys

import numpy as np
import pytest
from tolerance import EPS, log_likelihood_size

import thetahat as th
from thetahat.families import find_family


def scipy_log_density(case, x):
    frozen = th.fit(x, case.family, fixed=dict(zip(names_of(case), case.theta, strict=True))).dist()
    return frozen.logpmf(x) if find_family(case.family).counts else frozen.logpdf(x)


def names_of(case):
    return find_family(case.family).names


def test_scipy_has_the_same_densities(case):
    x = case.sample(50)
    ours, theirs = th.logpdf(x, case.family, case.theta), scipy_log_density(case, x)
    sizes = [log_likelihood_size(case.family, [row], case.theta) for row in x]
    np.testing.assert_array_less(np.abs(ours - theirs), 1000 * EPS * (1 + np.array(sizes)))


def test_without_scipy_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(th.MissingExtraError, match=r"SciPy: pip install .thetahat\[scipy\]"):
        th.fit([1.0, 2.0], "normal").dist()
