"""Newton's method finishes: samples that once had no maximum, or took hundreds of passes to it."""

import math

import hard_fits
import numpy as np
import pytest
from scipy import special

import thetahat as th


def drawn(*parts, seed=0):
    """Rows of several laws after another, from one generator."""
    rng = np.random.default_rng(seed)
    return np.concatenate([np.asarray(part(rng)) for part in parts])


CLUSTERS = drawn(lambda rng: rng.normal(0, 1, 70), lambda rng: rng.normal(40, 5, 30))


@pytest.mark.parametrize("family", hard_fits.FAMILIES)
def test_hard_samples_are_fitted(family):
    """As bisection, or a grid of starts, finds the maximum: 100 samples, and more of them at night."""
    rng = np.random.default_rng(list(family.encode()))
    outcomes, _, wrong = hard_fits.look(family, 100, rng, most=6)
    assert wrong == [], outcomes


@pytest.mark.parametrize(
    ("x", "theta", "log_likelihood"),
    [
        (
            [1, 1.1, 1.2, 1.3, 1.35, 1.5, 1.6, 9, 10, 11, 12],
            (1.29161593653556, 0.187691378731668, 0.425817235880848),
            -26.2231627003126,
        ),
        (CLUSTERS, (0.0854154729, 0.7635015165, 0.4728302786), -352.58946304842),
    ],
)
def test_clusters_have_a_maximum(x, theta, log_likelihood):
    fit = th.fit(x, "student_t")
    np.testing.assert_allclose(fit.theta, theta, rtol=1e-9)
    assert fit.log_likelihood == pytest.approx(log_likelihood, rel=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_a_narrow_cluster_among_rows_far_apart(seed):
    spike = drawn(lambda rng: rng.random(1000), lambda rng: 1e-4 * rng.normal(size=600), seed=seed)
    for x in (spike, np.random.default_rng(seed).permutation(np.tile(spike, 20))):
        fit = th.fit(x, "student_t")
        assert fit.params["sigma"] < 1e-3
        assert fit.log_likelihood > th.fit(x, "normal").log_likelihood + 100


def test_most_rows_equal_have_no_maximum():
    with pytest.raises(th.NoMaximumError, match="rows not too many of which are equal"):
        th.fit([1.0] * 5 + [2.0, 3.0], "student_t")


def test_one_value_that_dominates():
    right = (6.98408680179076, 0.174409865638701)
    fit = th.fit([5, 7, 12], "gumbel", weights=[1, 1e6, 1])
    np.testing.assert_allclose(fit.theta, right, rtol=1e-13)
    for x in ([7.0] * 10**6 + [5.0, 12.0], [5.0] + [7.0] * 10**6 + [12.0]):
        np.testing.assert_allclose(th.fit(x, "gumbel").theta, right, rtol=1e-12)
    assert fit.passes <= 12


@pytest.mark.parametrize("n", [50, 7000, 20_000, 300_000])
def test_a_code_for_missing_rows(n):
    rng = np.random.default_rng(1)
    x = rng.gumbel(100, 3, n)
    x[rng.integers(n)] = -500
    fit = th.fit(x, "gumbel")
    assert fit.status == "converged"
    assert fit.passes <= 12
    beta = fit.params["beta"]
    weights = np.exp(-(x - x.min()) / beta)
    assert beta == pytest.approx(x.mean() - x @ weights / weights.sum(), rel=1e-9)


@pytest.mark.parametrize("far", [-1e4, -1e6, -1e8, -1e10])
def test_passes_do_not_grow_with_the_distance_of_a_row(far):
    x = np.random.default_rng(1).gumbel(100, 3, 300_000)
    x[77_777] = far
    assert th.fit(x, "gumbel").passes <= 12
    assert th.fit(np.exp(-x / 1e9), "weibull").passes <= 12


@pytest.mark.parametrize("beta", [2, 1, 0.1, 0.01, 1e-3])
def test_a_scale_far_below_the_maximum(beta):
    """The location is -beta log mean exp(-x / beta), however far rows lie apart."""
    x = np.array([0.02, 0.7, 5, 1200, 33000])
    fit = th.fit(x, "gumbel", fixed={"beta": beta})
    expected = x.min() - beta * math.log(np.exp(-(x - x.min()) / beta).mean())
    assert fit.params["mu"] == pytest.approx(expected, rel=1e-13)
    assert fit.passes <= 3


@pytest.mark.parametrize(
    ("family", "fixed", "name"), [("logistic", {"s": 0.01}, "mu"), ("loglogistic", {"shape": 1e3}, "scale")]
)
def test_a_plateau_is_a_maximum(family, fixed, name):
    assert 5.5 < th.fit([3, 5, 9, 14], family, fixed=fixed).params[name] < 8.5
    assert th.fit([3, 5, 9], family, fixed=fixed).params[name] == pytest.approx(5, abs=1e-9)


def test_a_plateau_without_any_curvature_is_a_maximum():
    assert 5.5 < th.fit([3, 5, 9, 14], "logistic", fixed={"s": 1e-3}).params["mu"] < 8.5
    assert 5.5 < th.fit([3, 5, 9, 14], "loglogistic", fixed={"shape": 1e4}).params["scale"] < 8.5


@pytest.mark.parametrize("off", [1e-3, 1e-6, 1e-8])
def test_a_concentration_near_zero(off):
    fit = th.fit([math.pi / 2 - off] * 2, "von_mises", fixed={"mu": 0})
    assert fit.params["kappa"] == pytest.approx(2 * off, rel=1e-5)


def test_a_scale_far_above_the_rows():
    """log(x / scale) has the mean digamma(shape)."""
    x = np.array([1.0, 2.0, 3.0])
    for scale in (2e13, 1e17, 1e30):
        shape = th.fit(x, "gamma", fixed={"scale": scale}).params["shape"]
        assert special.digamma(shape) == pytest.approx(np.log(x / scale).mean(), rel=1e-9)


def test_fixed_values_far_from_the_maximum():
    fit = th.fit(100 + np.random.default_rng(0).normal(size=200), "weibull", fixed={"scale": 1.0})
    assert fit.status == "converged"
    fit = th.fit([-0.8582548, -0.8271133], "gumbel", fixed={"mu": 4.1745})
    assert fit.params["beta"] == pytest.approx(6.22, abs=0.005)
    assert fit.log_likelihood == pytest.approx(-6.523, abs=5e-4)


def test_a_start_is_used_on_a_long_sample():
    """From the maximum itself there is one pass, and another; of several maxima it chooses one."""
    x = np.random.default_rng(0).standard_t(4, 200_000)
    fit = th.fit(x, "student_t")
    assert th.fit(x, "student_t", start=fit.theta).passes <= 2
    clusters = np.tile(drawn(lambda rng: rng.normal(0, 1, 50), lambda rng: rng.normal(90, 1, 50)), 100)
    ends = [th.fit(clusters, "student_t", start=(at, 1, 0.3)).params["mu"] for at in (0, 90)]
    np.testing.assert_allclose(ends, [0, 90], atol=1)


def test_what_is_not_finished_is_no_missing_maximum():
    error = th.ConvergenceError("Newton's method ended")
    assert not isinstance(error, th.NoMaximumError)
    assert isinstance(error, th.ThetahatError)
