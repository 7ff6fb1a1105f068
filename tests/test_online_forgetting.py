"""Streams with a half-life: what they follow, and what their standard errors say."""

import numpy as np
import pytest
from streams import FOLLOWING, assert_same, followed, rows_of, told

import thetahat as th


@pytest.mark.parametrize("settings", [{"half_life": 300}, {"half_life": 3000, "batch_size": 7}], ids=str)
@pytest.mark.parametrize("family", FOLLOWING)
def test_blocks_change_no_bit_of_one_that_forgets(family, settings):
    whole = followed(family, rows_of(family), **settings)
    for cuts in ([1199, 1200, 1201, 4096], np.arange(0, 20_000, 97)):
        assert_same(followed(family, rows_of(family), cuts, **settings), whole)


LAWS = {
    "normal": (lambda rng, n: rng.normal(0, 1, n), lambda rng, n: rng.normal(5, 2, n), (5, 2)),
    "student_t": (
        lambda rng, n: rng.standard_t(4, n),
        lambda rng, n: 3 + 2 * rng.standard_t(8, n),
        (3, 2, 8),
    ),
    "logistic": (lambda rng, n: rng.logistic(0, 1, n), lambda rng, n: rng.logistic(-9, 0.5, n), (-9, 0.5)),
    "gamma": (lambda rng, n: rng.gamma(2, 3, n), lambda rng, n: rng.gamma(9, 1, n), (9, 1)),
    "poisson": (lambda rng, n: rng.poisson(4, n), lambda rng, n: rng.poisson(40, n), (40,)),
    "von_mises": (lambda rng, n: rng.vonmises(3, 4, n), lambda rng, n: rng.vonmises(-3, 4, n), (-3, 4)),
    "weibull": (lambda rng, n: rng.weibull(2, n), lambda rng, n: 2 * rng.weibull(1, n), (1, 2)),
}


@pytest.mark.parametrize("half_life", [200, 1000])
@pytest.mark.parametrize("family", LAWS)
def test_a_law_that_jumps_is_followed(family, half_life):
    rng, (before, after, truth) = np.random.default_rng(7), LAWS[family]
    stream = th.Online(family, half_life=half_life).partial_fit(before(rng, 6000))
    fit = stream.partial_fit(after(rng, 10 * half_life)).fit_result()
    away = fit.theta - truth
    if family == "von_mises":  # whose way from 3 to -3 is the short one, across pi
        away[0] = np.remainder(away[0] + np.pi, 2 * np.pi) - np.pi
    assert np.all(np.abs(away) < 3 * fit.stderr), away / fit.stderr


def test_a_mean_that_drifts_is_followed():
    rng, mu = np.random.default_rng(0), np.linspace(0, 20, 100_000)
    x = rng.normal(mu)
    following = followed("normal", x, half_life=500).fit_result()
    assert abs(following.params["mu"] - mu[-721]) < 4 * following.stderr[0]
    assert abs(followed("normal", x).fit_result().params["mu"] - 10) < 0.1


@pytest.mark.parametrize("half_life", [100, 1000])
@pytest.mark.parametrize("family", ["normal", "logistic", "student_t"])
def test_standard_errors_of_rows_that_fade_are_right(family, half_life):
    rng, (draw, _, _) = np.random.default_rng(3), LAWS[family]
    z = []
    for _ in range(200):
        fit = followed(family, draw(rng, max(4000, 12 * half_life)), half_life=half_life).fit_result()
        mu, *positive = fit.theta
        away = [mu, *(value * np.log(value / true) for value, true in zip(positive, (1, 4), strict=False))]
        z.append(away / fit.stderr)
    np.testing.assert_allclose(np.std(z, axis=0), 1, rtol=0.15)
    assert np.abs(np.mean(z, axis=0)).max() < 0.4
    assert fit.n == pytest.approx(1.4427 * half_life, rel=0.05)


@pytest.mark.parametrize("half_life", [30, 300, 1e5])
@pytest.mark.parametrize("stuck", [0.5, 999.0])
@pytest.mark.parametrize("family", ["normal", "student_t", "gumbel"])
def test_a_stuck_sensor_leaves_the_past(family, half_life, stuck):
    """No error, no state that grows, and rows that are counted; then the stream goes on."""
    rng, of = np.random.default_rng(5), {"half_life": half_life}
    good, later = (rng.standard_t(4, n) for n in (10_000, int(20 * min(half_life, 1000))))
    stream = th.Online(family, **of).partial_fit(good)
    before, sizes = stream.fit_result(), []
    for _ in range(3):
        stream.partial_fit(np.full(10_000, stuck)).fit_result()
        sizes.append(len(stream.to_bytes()))
    assert np.ptp(sizes) < 100
    assert stream.omitted + stream.rows == 40_000
    assert stream.omitted > 20_000
    fit = stream.partial_fit(later).fit_result()
    assert abs(fit.theta[0] - before.theta[0]) < 0.5 + 4 * np.nanmax(fit.stderr[0])
    assert 0.3 < fit.theta[1] < 3
    cut = th.Online(family, **of).partial_fit(good)
    for part in np.array_split(np.r_[np.full(30_000, stuck), later], 97):
        cut.partial_fit(part)
    assert told(cut.fit_result()) == told(fit)
    assert told(th.Online.from_bytes(cut.to_bytes()).fit_result()) == told(fit)


def test_counts_may_be_equal_for_long():
    x = np.random.default_rng(0).poisson(0.02, 20_000)
    assert th.Online("poisson", half_life=500).partial_fit(x).omitted == 0


def test_half_lives_that_are_none():
    for half_life in (0, -1, np.nan, np.inf, "a", True, [3]):
        with pytest.raises(th.ParameterError, match="half_life must be a positive finite number"):
            th.Online("student_t", half_life=half_life)
    for family in ("uniform", "pareto"):
        with pytest.raises(th.ParameterError, match=f"half_life is not supported for {family}"):
            th.Online(family, half_life=100)
    for batch_size in (0, -1, 1.5, "a"):
        with pytest.raises(th.ParameterError, match="batch_size must be an integer"):
            th.Online("student_t", batch_size=batch_size)


def test_a_half_life_beyond_all_rows_forgets_none():
    x = rows_of("student_t")
    fading, plain = (followed("student_t", x, half_life=h).fit_result() for h in (1e300, None))
    assert fading.n == plain.n
    np.testing.assert_allclose(fading.theta, plain.theta, rtol=1e-12)  # weights of 1 are added up otherwise


def test_streams_that_forget_do_not_merge():
    with pytest.raises(th.ParameterError, match="order of the rows of two streams is unknown"):
        th.Online("normal", half_life=90).merge(th.Online("normal", half_life=90))


def test_fits_of_streams_that_forget_say_so():
    fit = followed("student_t", rows_of("student_t"), half_life=500).fit_result()
    assert "from a stream of half-life 500" in str(fit)
    assert told(th.Fit.from_dict(fit.to_dict())) == told(fit)
    assert fit.rows == 20_000 > fit.n
    assert repr(th.Online("gamma", half_life=500)) == "<Online gamma, half_life=500, 0 rows>"


@pytest.mark.parametrize("rows", [2, 100, 399, 400])  # 400 are its pilot
def test_the_first_rows_fade_too(rows):
    x, weights = rows_of("normal")[:rows], 0.5 ** (np.arange(rows - 1, -1, -1) / 100)
    fit, faded = (
        th.Online("normal", half_life=100).partial_fit(x).fit_result(),
        th.fit(x, "normal", weights=weights),
    )
    np.testing.assert_allclose(fit.theta, faded.theta, rtol=1e-9)
    assert fit.n == pytest.approx(weights.sum())
    memory = 0.5 ** (1 / 100)
    variance = faded.stderr**2 * (1 + memory**rows) / (1 + memory)
    np.testing.assert_allclose(fit.stderr**2, variance, rtol=1e-6)
