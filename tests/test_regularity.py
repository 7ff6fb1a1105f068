"""Families whose likelihood does not peak where a score is zero: at an edge of the support, or in a kink."""

import numpy as np
import pytest

import thetahat as th
from thetahat.families import find_family

LAPLACE = np.random.default_rng(0).laplace(5, 2, 60_001)


def median_by_repetition(x, counts):
    return float(np.median(np.repeat(x, counts)))


def test_one_row_has_no_maximum():
    with pytest.raises(th.NoMaximumError, match="at least two rows, not all equal"):
        th.fit(LAPLACE[:1], "laplace")


@pytest.mark.parametrize("n", [2, 3, 4, 19_999, 20_001, 60_000, 60_001])
@pytest.mark.parametrize("sort", [False, True])
def test_the_location_is_the_median(n, sort):
    x = np.sort(LAPLACE[:n]) if sort else LAPLACE[:n]
    fit = th.fit(x, "laplace")
    assert fit.params["mu"] == np.median(x)
    assert fit.passes == 3
    assert (fit.newton_decrement, fit.status) == (pytest.approx(0, abs=1e-20), "converged")


@pytest.mark.parametrize("n", [5, 60_000])
def test_the_median_by_weight(n):
    x = LAPLACE[:n]
    for seed in range(5):
        counts = np.random.default_rng(seed).integers(0, 3, n)
        if np.count_nonzero(counts) > 1:
            assert th.fit(x, "laplace", weights=counts).params["mu"] == median_by_repetition(x, counts)


PILOT_MISLEADS = {
    "every sixth row lies apart": np.where(np.arange(60_000) % 6 == 0, 1e9, LAPLACE[:60_000]),
    "and so below": np.where(np.arange(60_000) % 6 == 0, -1e9, LAPLACE[:60_000]),
    "two values": np.repeat([0.0, 1.0], 30_000),
    "most rows equal": np.repeat([0.0, 7.0, 9.0], [10_000, 40_000, 10_000]),
    "near overflow": 1.7e308 * np.random.default_rng(1).uniform(-1, 1, 50_000),
}


@pytest.mark.parametrize("name", PILOT_MISLEADS)
def test_the_median_where_a_pilot_misleads(name):
    x = PILOT_MISLEADS[name]
    half, rest = np.partition(x, (x.size - 1) // 2)[(x.size - 1) // 2], x.size % 2
    fit = th.fit(x, "laplace")
    assert fit.params["mu"] == (half if rest else np.median(x / 2) * 2)
    small, mu = x / 2.0**20, fit.params["mu"] / 2.0**20
    assert fit.params["b"] == pytest.approx(np.mean(np.abs(small - mu)) * 2.0**20, rel=1e-12)
    assert fit.passes <= 5


def test_rows_at_the_median_are_no_slope():
    """Of equal rows at a median the subgradient holds zero, whatever lies beside them."""
    fit = th.fit([0.0, 7.0, 7.0, 7.0, 9.0, 10.0], "laplace")
    assert (fit.params["mu"], fit.newton_decrement) == (7.0, 0.0)
    beside = th.fit([0.0, 7.0, 9.0, 10.0, 11.0], "laplace", fixed={"mu": 7.0, "b": 2.0})
    assert beside.newton_decrement == 0  # nothing is free
    ended = th.fit(
        [0.0, 7.0, 9.0, 10.0, 11.0],
        "laplace",
        method=th.GradientAscent(learning_rate=1e-9, epochs=1),
        start=(7.0, 2.0),
    )
    assert ended.status == "max_epochs"
    assert ended.newton_decrement > 0.1


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
