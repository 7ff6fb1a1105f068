"""Kaplan-Meier's and Turnbull's estimators: against published values, and by what defines them."""

import numpy as np
import pytest
from censored_data import dataset

import thetahat as th
from thetahat.data.censored_rows import Limits
from thetahat.nonparametric import _turnbull, estimate


def covered(masses, lower, upper):
    """Which masses lie in (lower, upper]."""
    below = (masses.lower >= lower[:, None]) & (masses.upper > lower[:, None])
    return below & (masses.upper <= upper[:, None])


def log_likelihood(masses, limits, weights):
    """Of rows that know the masses of whole innermost intervals alone."""
    points = (masses.lower == limits.lower[:, None]) & (masses.upper == limits.upper[:, None])
    inside = covered(masses, limits.lower, limits.upper) | (points & limits.exact[:, None])
    seen = covered(masses, limits.low, limits.high)
    return (weights * (np.log(inside @ masses.mass) - np.log(seen @ masses.mass))).sum()


def random_limits(seed, truncated, n=40):
    rng = np.random.default_rng(seed)
    lower, width = rng.integers(0, 12, n).astype(float), rng.integers(0, 4, n)
    upper = np.where(width == 3, np.inf, lower + width)
    low = np.where(rng.random(n) < truncated, lower - rng.integers(1, 4, n), -np.inf)
    high = np.where((rng.random(n) < truncated) & (upper < np.inf), upper + rng.integers(0, 4, n), np.inf)
    return th.Censored(lower, upper, truncated=(low, high)).limits()


def test_remission_times_as_published():
    """Of 6-MP, by Kaplan-Meier: Klein and Moeschberger, table 4.1."""
    rows, counts = dataset("gehan_6mp")
    found = estimate(rows.limits(), counts)
    np.testing.assert_array_equal(found.upper, [6, 7, 10, 13, 16, 22, 23, np.inf])
    survival = (1 - np.cumsum(found.mass))[:-1]
    np.testing.assert_allclose(survival, [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], atol=5e-4)


def test_without_censoring_it_is_the_empirical_distribution():
    x = np.random.default_rng(3).integers(0, 20, 100).astype(float)
    found = estimate(th.Censored(x).limits())
    at, counts = np.unique(x, return_counts=True)
    np.testing.assert_array_equal(found.upper, at)
    np.testing.assert_allclose(found.mass, counts / 100, rtol=1e-12)


def test_delayed_entry_counts_those_at_risk():
    """The product over events of 1 - d / n, n the rows that had entered and not left."""
    rng = np.random.default_rng(5)
    entry = rng.random(60) * 3
    t = entry + rng.random(60) * 4
    event = rng.random(60) < 0.6
    found = estimate(th.Censored(t, event=event, truncated=(entry, np.inf)).limits())
    survival = 1.0
    for at, mass in zip(found.upper, found.mass, strict=True):
        if at < np.inf:
            step = survival * np.count_nonzero(event & (t == at)) / np.count_nonzero((entry < at) & (t >= at))
            assert mass == pytest.approx(step, rel=1e-10)
            survival -= step


def test_turnbull_of_right_censored_rows_is_kaplan_meier():
    rng = np.random.default_rng(7)
    t, event = rng.integers(1, 30, 80).astype(float), rng.random(80) < 0.6
    limits = th.Censored(t, event=event).limits()
    direct, iterated = estimate(limits), _turnbull(limits, np.ones(80), 20_000)
    np.testing.assert_array_equal(direct.lower[:-1], iterated.lower[: direct.lower.size - 1])
    np.testing.assert_allclose(np.cumsum(direct.mass), np.cumsum(iterated.mass), atol=1e-6)


@pytest.mark.parametrize("truncated", [0.0, 0.5])
@pytest.mark.parametrize("seed", range(4))
def test_no_other_masses_are_likelier(seed, truncated):
    limits = random_limits(seed, truncated)
    weights = np.random.default_rng(seed).integers(1, 5, limits.lower.size).astype(float)
    found = estimate(limits, weights, 20_000)
    best = log_likelihood(found, limits, weights)
    assert found.mass.sum() == pytest.approx(1)
    rng = np.random.default_rng(seed)
    for size in np.geomspace(1e-4, 1, 30):
        mass = found.mass * np.exp(size * rng.standard_normal(found.mass.size)) + 1e-300
        other = found._replace(mass=mass / mass.sum())
        assert log_likelihood(other, limits, weights) <= best + 1e-6


def test_weights_are_numbers_of_rows():
    limits = random_limits(11, 0.3)
    weights = np.random.default_rng(11).integers(1, 4, limits.lower.size)
    repeated = Limits(*(np.repeat(end, weights) for end in limits))
    weighed, twice = estimate(limits, weights.astype(float)), estimate(repeated)
    np.testing.assert_array_equal(weighed.lower, twice.lower)
    np.testing.assert_allclose(weighed.mass, twice.mass, atol=1e-7)


def test_bins_have_their_shares():
    found = estimate(th.Censored([0.0, 1.0], [1.0, 2.0]).limits(), np.array([3.0, 1.0]))
    np.testing.assert_allclose(found.mass, [0.75, 0.25])
