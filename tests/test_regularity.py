"""Families whose likelihood does not peak where a score is zero: at an edge of the support, or in a kink."""

import numpy as np
import pytest

import thetahat as th
from thetahat.families import find_family

DESCRIPTIONS = {name: find_family(name) for name in th.families()}
EDGES = [name for name, description in DESCRIPTIONS.items() if description.has_boundary]
NOT_SMOOTH = [name for name, description in DESCRIPTIONS.items() if not description.regular]


@pytest.mark.parametrize("family", EDGES)
@pytest.mark.parametrize(
    "method", [th.GradientAscent(learning_rate=1e-3, epochs=1), th.SGD(learning_rate=1e-3, epochs=1)]
)
def test_gradient_methods_decline_where_the_score_has_no_root(family, method):
    with pytest.raises(th.ParameterError, match=f"{method.name} does not converge: use Exact"):
        th.fit([1.0, 2.0, 4.0], family, method=method)


@pytest.mark.parametrize("family", NOT_SMOOTH)
def test_the_sandwich_declines_where_the_score_has_no_root(family):
    with pytest.raises(th.ParameterError, match='cov="sandwich" requires a score that is zero at the'):
        th.fit([1.0, 2.0, 4.0], family, cov="sandwich")


BEYOND = [("uniform", (1.5, 5.0)), ("uniform", (0.0, 3.5)), ("pareto", (1.0, 1.5))]


@pytest.mark.parametrize(("family", "theta"), BEYOND)
def test_rows_beyond_the_ends_have_no_likelihood(family, theta):
    x = [2.0, 1.0, 4.0] * 1000
    assert th.log_likelihood(x, family, theta) == -np.inf
    assert np.isneginf(th.logpdf(x, family, theta)).any()
    with pytest.raises(th.ParameterError, match=rf"1000 row\(s\) lie outside the support of {family} at"):
        th.score(x, family, theta)
    summary = th.summarize(x, family)
    assert summary.log_likelihood(theta) == -np.inf
    with pytest.raises(th.ParameterError, match=f"rows lie outside the support of {family} at"):
        summary.score(theta)


@pytest.mark.parametrize(
    ("family", "fixed"), [("uniform", {"low": 1.5}), ("uniform", {"high": 3.0}), ("pareto", {"minimum": 1.5})]
)
def test_an_end_that_is_fixed_must_hold_all_rows(family, fixed):
    with pytest.raises(th.NoMaximumError, match=r"none (beyond an end|below a minimum) that is fixed"):
        th.fit([2.0, 1.0, 4.0], family, fixed=fixed)


def test_an_end_that_is_fixed_beyond_the_rows():
    assert th.fit([2.0, 1.0, 4.0], "uniform", fixed={"low": 0.0}).theta.tolist() == [0.0, 4.0]
    assert th.fit([2.0, 2.0], "uniform", fixed={"low": 0.0}).theta.tolist() == [0.0, 2.0]
    fit = th.fit([2.0, 1.0, 4.0], "pareto", fixed={"minimum": 0.5})
    assert fit.params["shape"] == pytest.approx(3 / np.log(64), rel=1e-14)
    assert th.fit([2.0, 2.0], "pareto", fixed={"shape": 3.0}).params["minimum"] == 2.0
