"""Laws of fits to censored and truncated rows, whatever the family."""

import math
import pickle
from random import Random

import numpy as np
import pytest
from censored_data import dataset
from conftest import FIRSTS, identified

import thetahat as th
from thetahat.families import find_family
from thetahat.reference import Likelihood

INF = math.inf
FITTED = [case for case in FIRSTS if find_family(case[0]).regular]
SHARP = [case for case in FIRSTS if not find_family(case[0]).regular]


def of_families(cases):
    return pytest.mark.parametrize(("family", "theta"), cases, ids=[identified(case) for case in cases])


def draw(family, theta, n, seed=0):
    """Rows of a family, with limits at quantiles of them: exact, right- and left-censored and binned ones."""
    reference = Likelihood(family).family
    random = Random(seed)
    x = np.array([reference.draw(random, theta) for _ in range(n)], dtype=np.float64)
    low, middle, high = np.quantile(x, [0.2, 0.5, 0.8])
    if find_family(family).counts:
        low, middle, high = np.floor([low, middle, high])
    kind = np.random.default_rng(seed).integers(0, 4, n)
    lower, upper = x.copy(), x.copy()
    right, left = (kind == 1) & (x > middle), (kind == 2) & (x <= middle)
    inside = (kind == 3) & (x > low) & (x <= high)
    lower[right], upper[right] = middle, INF
    lower[left], upper[left] = -INF, middle
    lower[inside], upper[inside] = low, high
    return lower, upper, x


def sample(family, theta, n=300, seed=0):
    lower, upper, _ = draw(family, theta, n, seed)
    return th.Censored(lower, upper)


@of_families(FITTED)
def test_the_fit_is_at_the_maximum(family, theta):
    fit = th.fit(sample(family, theta), family)
    assert fit.status == "converged"
    assert fit.newton_decrement <= 1e-12
    rows = sample(family, theta)
    score = th.score(rows, family, fit.theta)
    assert float(score @ fit.cov @ score) <= 1e-12
    h = 1e-3 * fit.stderr
    for j, step in enumerate(np.diag(h)):
        sides = [th.log_likelihood(rows, family, fit.theta + side * step) for side in (-1, 1)]
        curvature = (2 * fit.log_likelihood - sum(sides)) / h[j] ** 2
        assert curvature == pytest.approx(np.linalg.inv(fit.cov)[j, j], rel=2e-2)


@of_families(FIRSTS)
def test_log_likelihood_is_the_sum_of_logpdf(family, theta):
    rows = sample(family, theta)
    each = th.logpdf(rows, family, theta)
    assert th.log_likelihood(rows, family, theta) == pytest.approx(math.fsum(each), rel=1e-11)
    exact = rows.limits().exact
    plain = th.logpdf(rows.limits().lower[exact], family, theta)
    np.testing.assert_array_equal(each[exact], plain)
    assert (each[~exact] <= 0).all()


@of_families(FIRSTS)
def test_intervals_that_cover_the_line_add_up(family, theta):
    """Probabilities of all parts of the line, or of the circle, are one; and given a window, of its parts."""
    _, _, x = draw(family, theta, 100)
    a, b = sorted(np.quantile(x, [0.3, 0.8]))
    parts = [(a, b), (b, a + 2 * math.pi)] if find_family(family).circular else [(-INF, a), (a, b), (b, INF)]
    line = th.logpdf(th.Censored(*zip(*parts, strict=True)), family, theta)
    assert np.exp(line).sum() == pytest.approx(1, abs=1e-12)
    middle = 0.5 * (a + b) if not find_family(family).counts else math.floor(0.5 * (a + b))
    inside = th.logpdf(th.Censored([a, middle], [middle, b], truncated=(a, b)), family, theta)
    assert np.exp(inside).sum() == pytest.approx(1, abs=1e-11)


@of_families(FITTED)
def test_rows_that_are_all_exact_have_the_bits_of_the_plain_sample(family, theta):
    _, _, x = draw(family, theta, 50)
    plain = th.fit(x, family)
    for rows in (th.Censored(x), th.Censored(x, x), th.Censored(x, event=np.ones(50, dtype=bool))):
        fit = th.fit(rows, family)
        assert fit.theta.tolist() == plain.theta.tolist()
        assert fit.log_likelihood == plain.log_likelihood
        assert fit.kinds is None


@of_families(FITTED)
def test_a_window_that_hides_nothing_changes_nothing(family, theta):
    rows = sample(family, theta)
    limits = rows.limits()
    low, high = find_family(family).ends
    below = low - 1 if math.isfinite(low) else -INF
    hidden = th.Censored(limits.lower, limits.upper, truncated=(below, max(high, 1e300)))
    assert th.log_likelihood(hidden, family, theta) == pytest.approx(
        th.log_likelihood(rows, family, theta), rel=1e-12
    )


@of_families(FITTED)
def test_weights_are_numbers_of_rows(family, theta):
    rows = sample(family, theta, 120)
    weights = np.random.default_rng(1).integers(0, 4, 120)
    weighed, repeated = (
        th.fit(rows, family, weights=weights),
        th.fit(rows[np.repeat(np.arange(120), weights)], family),
    )
    np.testing.assert_allclose(weighed.theta, repeated.theta, rtol=1e-9, atol=1e-9 * weighed.stderr.max())
    np.testing.assert_allclose(weighed.stderr, repeated.stderr, rtol=1e-8)
    assert (weighed.n, weighed.rows) == (weights.sum(), np.count_nonzero(weights))
    assert weighed.omitted == np.count_nonzero(weights == 0)


@of_families(FITTED)
def test_order_changes_rounding_alone(family, theta):
    rows = sample(family, theta, 200)
    order = np.random.default_rng(2).permutation(200)
    one, other = th.fit(rows, family), th.fit(rows[order], family)
    assert (np.abs(one.theta - other.theta) <= 1e-9 * one.stderr + 1e-11 * np.abs(one.theta)).all()


@of_families(FITTED)
def test_threads_change_no_bit(family, theta):
    rows = sample(family, theta, 5000)
    one, three = th.fit(rows, family, threads=1), th.fit(rows, family, threads=3)
    assert one.theta.tolist() == three.theta.tolist()
    assert one.stderr.tolist() == three.stderr.tolist()


@of_families(FITTED)
def test_fixed_parameters_stay(family, theta):
    rows = sample(family, theta)
    free = th.fit(rows, family)
    names = list(free.params)
    fit = th.fit(rows, family, fixed={names[0]: free.params[names[0]]})
    assert fit.params[names[0]] == free.params[names[0]]
    np.testing.assert_allclose(fit.theta, free.theta, rtol=1e-6, atol=1e-6 * free.stderr.max())
    everything = th.fit(rows, family, fixed=free.params)
    assert everything.log_likelihood == pytest.approx(free.log_likelihood, rel=1e-13)


@of_families(FITTED)
def test_groups_are_fitted_as_if_alone(family, theta):
    rows, by = sample(family, theta, 240), np.arange(240) % 2
    groups = th.fit_groups(rows, family, by=by)
    for key in (0, 1):
        alone = th.fit(rows[by == key], family, threads=1)
        assert groups.theta[key].tolist() == alone.theta.tolist()
        assert groups[key].log_likelihood == alone.log_likelihood


SUMMED = [case for case in FITTED if find_family(case[0]).sufficient]


@of_families(SUMMED)
def test_summaries_have_the_fit_of_all_rows(family, theta):
    """Of blocks, and of parts that are added: exact rows by their sums, the others by distinct limits."""
    rows = sample(family, theta, 300)
    whole, direct = th.summarize(rows, family), th.fit(rows, family)
    blocks = th.summarize(iter([rows[:7], rows[7:150], rows[150:]]), family)
    added = th.summarize(rows[:100], family) + th.summarize(rows[100:], family)
    for summary in (whole, blocks, added, th.Summary.from_bytes(whole.to_bytes())):
        assert (summary.n, summary.rows) == (300, 300)
        fit = summary.fit(start=theta)
        assert (np.abs(fit.theta - direct.theta) <= 1e-9 * direct.stderr + 1e-10 * np.abs(direct.theta)).all()
        assert fit.kinds == direct.kinds


@of_families(SHARP)
def test_kinks_and_edges_have_likelihoods_and_scores(family, theta):
    rows = sample(family, theta, 40)
    value, score = th.log_likelihood_and_score(rows, family, theta)
    assert value == pytest.approx(th.logpdf(rows, family, theta).sum(), rel=1e-12)
    assert np.isfinite(score).all()


def survival_data(n=500, seed=4):
    """Lives with delayed entry and random limits."""
    rng = np.random.default_rng(seed)
    x, entry = 10 * rng.weibull(1.7, 4 * n), 3 * rng.random(4 * n)
    x, entry = x[x > entry][:n], entry[x > entry][:n]
    limit = entry + 8 * rng.random(n)
    return np.minimum(x, limit), x <= limit, entry


def test_delayed_entry_and_limits_do_not_mislead():
    """The truth is within four standard errors; without either term it is not."""
    t, event, entry = survival_data(4000)
    right = th.fit(th.Censored(t, event=event, truncated=(entry, INF)), "weibull")
    truth = np.array([1.7, 10.0])
    assert (np.abs(right.theta - truth) < 4 * right.stderr).all()
    mistakes = {
        "truncation dropped": th.Censored(t, event=event),
        "censored rows dropped": th.Censored(t[event], truncated=(entry[event], INF)),
        "polarity swapped": th.Censored(t, event=~event, truncated=(entry, INF)),
        "limits taken for values": th.Censored(t, truncated=(entry, INF)),
    }
    for mistake, rows in mistakes.items():
        wrong = th.fit(rows, "weibull")
        assert (np.abs(wrong.theta - truth) > 4 * right.stderr).any(), mistake


CLOSED = [
    ("exponential", lambda t, d, e: (t - e).sum() / d.sum()),
    ("rayleigh", lambda t, d, e: math.sqrt((t**2 - e**2).sum() / (2 * d.sum()))),
]


@pytest.mark.parametrize(("family", "closed"), CLOSED, ids=[family for family, _ in CLOSED])
def test_closed_forms(family, closed):
    """With delayed entry and right censoring: the exposure over the number of events."""
    t, event, entry = survival_data()
    fit = th.fit(th.Censored(t, event=event, truncated=(entry, INF)), family)
    assert fit.theta[0] == pytest.approx(closed(t, event, entry), rel=1e-13)


def test_closed_forms_of_geometric_and_pareto():
    rng = np.random.default_rng(8)
    x, limit = rng.geometric(0.2, 300) - 1.0, rng.integers(2, 9, 300)
    t, event = np.minimum(x, limit), x <= limit
    p = event.sum() / (event.sum() + t[event].sum() + (t[~event] + 1).sum())
    assert th.fit(th.Censored(t, event=event), "geometric").theta[0] == pytest.approx(p, rel=1e-13)
    x, limit = 2 * (1 + rng.pareto(1.5, 300)), 2 * (1 + rng.pareto(1.0, 300))
    t, event = np.minimum(x, limit), x <= limit
    k = event.sum() / np.log(t / 2).sum()
    fit = th.fit(th.Censored(t, event=event), "pareto", fixed={"minimum": 2})
    assert fit.theta[0] == pytest.approx(k, rel=1e-13)


def test_profile_intervals_and_tests_are_of_the_whole_likelihood():
    t, event, entry = survival_data()
    rows = th.Censored(t, event=event, truncated=(entry, INF))
    fit = th.fit(rows, "weibull")
    low, high = fit.confint(method="profile")[0]
    for end in (low, high):
        there = th.fit(rows, "weibull", fixed={"shape": end})
        assert 2 * (fit.log_likelihood - there.log_likelihood) == pytest.approx(3.841458820694124, rel=1e-6)
    assert fit.test({"shape": high}).pvalue == pytest.approx(0.05, rel=1e-5)
    quantile = fit.quantile(0.9)
    assert quantile.low < quantile.value < quantile.high


def test_sandwich_is_that_of_the_rows_scores():
    t, event, entry = survival_data(200)
    rows, weights = th.Censored(t, event=event, truncated=(entry, INF)), np.linspace(0.5, 2, 200)
    fit = th.fit(rows, "gamma", weights=weights, cov="sandwich")
    bread = th.fit(rows, "gamma", weights=weights).cov
    scores = np.array([th.score(rows[i], "gamma", fit.theta) for i in range(200)])
    meat = (weights[:, None] * scores).T @ (weights[:, None] * scores)
    np.testing.assert_allclose(fit.cov, bread @ meat @ bread, rtol=1e-7)
    np.testing.assert_allclose(fit.stderr, np.sqrt(np.diag(fit.cov)))


def test_gradient_ascent_reaches_the_maximum():
    t, event, entry = survival_data()
    rows = th.Censored(t, event=event, truncated=(entry, INF))
    ascent = th.fit(rows, "normal", method=th.GradientAscent(learning_rate=0.03, epochs=2000))
    exact = th.fit(rows, "normal")
    assert ascent.status == "converged"
    np.testing.assert_allclose(ascent.theta, exact.theta, rtol=1e-6)


def test_comparison_of_a_histogram():
    rows, counts = dataset("alloy_c")
    comparison = th.compare(rows, ["normal", "logistic", "gumbel"], weights=counts)
    assert comparison.best.family == "logistic"
    assert "8 rows (8 interval) of weight 84" in str(comparison)
    assert "real" not in comparison.note


def test_what_a_fit_tells_of_its_rows():
    t, event, entry = survival_data(100)
    fit = th.fit(th.Censored(t, event=event, truncated=(entry, INF)), "weibull")
    told = f"fitted to 100 rows ({event.sum()} exact, {100 - event.sum()} right-censored, 100 truncated)"
    assert told in str(fit)
    for other in (th.Fit.from_dict(fit.to_dict()), pickle.loads(pickle.dumps(fit))):
        assert other.kinds == fit.kinds
        assert str(other) == str(fit)


def test_a_summary_has_a_limit_of_distinct_limits():
    lower = np.arange(70_000.0)
    with pytest.raises(th.SampleError, match="at most 65536 distinct limits"):
        th.summarize(th.Censored(lower, lower + 1), "normal")
    repeated = th.summarize(th.Censored(lower % 100, lower % 100 + 1), "normal")
    assert repeated.n == 70_000


def test_rows_that_say_nothing_count():
    rows = th.Censored([1.0, 2.0, -INF, 3.0], [1.0, 2.0, INF, 3.0])
    fit = th.fit(rows, "normal")
    assert fit.rows == 4
    np.testing.assert_allclose(fit.theta, th.fit([1.0, 2.0, 3.0], "normal").theta, rtol=1e-12)
