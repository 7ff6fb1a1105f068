"""Tests of fit: statistics against SciPy's, p-values that are uniform where the family is the truth."""

import json
import math
import pickle
from functools import partial

import numpy as np
import pytest
from scipy import stats

import thetahat as th
from thetahat import reference
from thetahat._distribution import distribution
from thetahat._fitted import refit
from thetahat.data.source import source_of
from thetahat.errors import NoMaximumError, ParameterError, SampleError
from thetahat.families import find_family
from thetahat.goodness import of_fit
from thetahat.goodness.censored import statistics_of_censored
from thetahat.goodness.of_fit import statistics
from thetahat.goodness.replicates import Draws, distances_of_replicates
from thetahat.goodness.tabulated import _quantiles

REAL = [name for name in th.families() if not find_family(name).counts]
COUNTS = [name for name in th.families() if find_family(name).counts]
SMOOTH = [name for name in REAL if find_family(name).regular and not find_family(name).circular]


def theta_of(family):
    """Return parameters of the reference; of formulas, some in their domains."""
    if family in th.families():
        return tuple(map(float, getattr(reference, family).THETAS[0]))
    return tuple(float(place + 1) for place in range(len(find_family(family).names)))


def gamma_rows(n=60, seed=1):
    return np.random.default_rng(seed).gamma(2.0, 3.0, n)


@pytest.mark.parametrize("family", ["normal", "gamma", "lognormal", "gumbel", "exponential", "laplace"])
def test_statistics_are_scipys(family):
    x = gamma_rows()
    fit = th.fit(x, family)
    D, A2, W2 = statistics(fit, x)
    law = fit.dist()
    assert pytest.approx(stats.kstest(x, law.cdf).statistic, rel=1e-12) == D
    assert pytest.approx(stats.cramervonmises(x, law.cdf).statistic, rel=1e-9) == W2
    u = np.sort(law.cdf(x))
    rank = np.arange(1, x.size + 1)
    assert pytest.approx(-x.size - np.mean((2 * rank - 1) * np.log(u * (1 - u[::-1]))), rel=1e-9) == A2


@pytest.mark.parametrize("family", SMOOTH)
def test_a_squared_counts_a_far_row_by_the_logarithm_of_its_tail(family):
    theta = dict(zip(find_family(family).names, theta_of(family), strict=True))
    law = distribution(find_family(family), tuple(theta.values()))
    x = law.rvs(60, random_state=1)
    fit = th.fit(x, family, fixed=theta)
    with np.errstate(all="ignore"):  # far out
        far = _quantiles(law.cdf, fit.sf, np.array([25.0, 60.0]), *law.support())  # their logits
    rows = [np.append(x, row) for row in far]
    expected = np.log(fit.sf(far)) @ [1, -1] / 61
    for of_rows in (partial(statistics, fit), partial(as_censored, fit)):
        near, farther = (of_rows(every)[1] for every in rows)
        assert farther - near == pytest.approx(expected, rel=1e-6)


def as_censored(fit, x):
    return statistics_of_censored(fit, th.Censored(x, x).limits())


def test_statistics_of_counts_are_taken_where_the_functions_jump():
    x = np.random.default_rng(2).poisson(2.5, 80)
    fit = th.fit(x, "poisson")
    D, A2, W2 = statistics(fit, x.astype(float))
    k = np.arange(50)
    Fn, F = (x[:, None] <= k).mean(0), stats.poisson.cdf(k, fit.theta[0])
    assert pytest.approx(np.abs(Fn - F).max(), rel=1e-12) == D
    assert math.isnan(A2)
    assert pytest.approx(sum((Fn[row] - F[row]) ** 2 for row in x), rel=1e-12) == W2


def test_angles_by_whole_turns_make_no_difference():
    x = np.random.default_rng(2).vonmises(3.0, 2.0, 50)
    turns = 2 * np.pi * np.random.default_rng(3).integers(-3, 4, x.size)
    np.testing.assert_allclose(
        statistics(th.fit(x + turns, "von_mises"), x + turns),
        statistics(th.fit(x, "von_mises"), x),
        rtol=1e-9,
    )


# Of a family of location and scale the statistics' laws do not depend on the parameters: p-values are exact.
@pytest.mark.parametrize("family", ["normal", "exponential"])
def test_pvalues_are_uniform_where_the_family_is_the_truth(family):
    rng = np.random.default_rng(5)
    trials, replicates = 80, 9
    pvalues = []
    for trial in range(trials):
        x = getattr(rng, family)(size=8)
        test = th.fit(x, family).gof(bootstrap=replicates, rng=trial)
        pvalues.append((test.kolmogorov_smirnov.pvalue, test.cramer_von_mises.pvalue))
    for column in np.array(pvalues).T:
        steps = np.rint(column * (replicates + 1))
        np.testing.assert_allclose(steps, column * (replicates + 1))
        shares = [(steps <= k).mean() for k in range(1, replicates + 1)]
        # Dvoretzky, Kiefer and Wolfowitz at 1e-6.
        assert np.abs(shares - np.arange(1, replicates + 1) / (replicates + 1)).max() < 0.302


def test_a_wrong_family_is_seen():
    wrong = th.fit(gamma_rows(200), "normal").gof(bootstrap=99, rng=0)
    right = th.fit(gamma_rows(200), "gamma").gof(bootstrap=99, rng=0)
    for before, after in zip(wrong._statistics(), right._statistics(), strict=True):
        assert before.pvalue == 0.01
        assert after.pvalue > 0.1
        assert after.statistic < before.statistic


def test_replicates_are_fitted_with_what_was_fixed():
    x = np.random.default_rng(4).standard_normal(100)
    known = th.fit(x, "normal", fixed={"mu": 0.3, "sigma": 1.0}).gof(bootstrap=99, rng=0)
    D = known.kolmogorov_smirnov  # nothing is estimated: the classical test
    assert D.pvalue == pytest.approx(stats.kstest(x - 0.3, "norm").pvalue, abs=0.1)
    estimated = th.fit(x, "normal", fixed={"mu": 0.3}).gof(bootstrap=99, rng=0)
    assert estimated.kolmogorov_smirnov.pvalue < D.pvalue + 0.1


def test_the_same_seed_gives_the_same_pvalues():
    fit = th.fit(gamma_rows(), "gamma")
    first = fit.gof(bootstrap=20, rng=7)
    assert fit.gof(bootstrap=20, rng=7) == first
    assert fit.gof(bootstrap=20, rng=np.random.default_rng(7)) == first
    assert pickle.loads(pickle.dumps(fit)).gof(gamma_rows(), bootstrap=20, rng=7) == first
    gaps = np.insert(gamma_rows(), 5, np.nan)
    assert th.fit(gaps, "gamma", nan_policy="omit").gof(bootstrap=20, rng=7) == first
    omitted = pickle.loads(pickle.dumps(th.fit(gaps, "gamma", nan_policy="omit")))
    assert omitted.gof(gaps, bootstrap=20, rng=7) == first
    ones = th.fit(gamma_rows(), "gamma", weights=np.ones(60))
    assert ones.gof(bootstrap=20, rng=7).anderson_darling.pvalue == first.anderson_darling.pvalue


def test_replicates_without_a_maximum_are_counted():
    x = np.array([0, 0, 0, 0, 0, 1])
    test = th.fit(x, "poisson").gof(bootstrap=50, rng=0)
    assert 5 < test.failed < 40  # about exp(-1) of the replicates are all zero
    assert f"50 bootstrap replicates, {test.failed} of which could not be fitted" in repr(test)
    assert repr(test).splitlines()[-1].startswith("p-values are unreliable")
    steps = test.kolmogorov_smirnov.pvalue * (50 - test.failed + 1)
    assert steps == pytest.approx(round(steps))
    rare = th.fit([0] * 100_000 + [1], "poisson", fixed={"rate": 1e-9})
    assert rare.gof(bootstrap=2, rng=0).failed == 0  # nothing to estimate
    zeros = th.fit([0] * 1000 + [1], "poisson", fixed={})
    seeds = (seed for seed in range(99) if zeros.gof(bootstrap=2, rng=seed).failed == 2)
    with pytest.raises(NoMaximumError, match="none of the 2 poisson replicates could be fitted"):
        next(seeds)


def test_a_row_at_an_end_of_the_support_leaves_no_a_squared():
    for family in ("uniform", "pareto"):
        test = th.fit(1 + gamma_rows(), family).gof(bootstrap=5, rng=0)
        assert test.anderson_darling is None
        assert "Anderson" not in repr(test)


def test_the_table_and_its_record():
    test = th.fit(gamma_rows(), "gamma").gof(bootstrap=9, rng=0)
    lines = repr(test).splitlines()
    assert lines[0] == "goodness of fit, gamma; p-values from 9 bootstrap replicates"
    assert [line.rsplit(None, 2)[0].strip() for line in lines[3:]] == [
        "Kolmogorov-Smirnov",
        "Anderson-Darling",
        "Cramer-von Mises",
    ]
    record = json.loads(json.dumps(test.to_dict(), allow_nan=False))
    assert record["kolmogorov_smirnov"] == test.kolmogorov_smirnov._asdict()
    assert (record["bootstrap"], record["failed"]) == (9, 0)
    far = th.fit([0.0, 1.0, 1e5], "normal", fixed={"mu": 0, "sigma": 1}).gof(bootstrap=3, rng=0)
    assert far.to_dict()["anderson_darling"]["statistic"] == "inf"


def test_what_cannot_be_tested_says_why():
    x = gamma_rows()
    fit = th.fit(x, "gamma")
    with pytest.raises(ParameterError, match="bootstrap must be an integer of at least 1"):
        fit.gof(bootstrap=0)
    with pytest.raises(ParameterError, match="bootstrap must be an integer of at least 1, got True"):
        fit.gof(bootstrap=True)
    with pytest.raises(ParameterError, match="gof is not supported with weights"):
        th.fit(x, "gamma", weights=x).gof()
    lost = pickle.loads(pickle.dumps(fit))
    with pytest.raises(ParameterError, match="no longer has its rows: pass them as x"):
        lost.gof()
    with pytest.raises(ParameterError, match=r"must be the 60 rows that were fitted, .* it has 59"):
        lost.gof(x[1:])
    with pytest.raises(SampleError, match="outside the support of gamma"):
        lost.gof(-x)
    with pytest.raises(ParameterError, match="x does not have the rows of this fit"):
        lost.gof(gamma_rows(seed=2))
    with pytest.raises(ParameterError, match="no longer has its rows"):
        th.summarize(x, "gamma").fit().gof()
    method = th.GradientAscent(learning_rate=1e-3, epochs=1)
    with pytest.raises(ParameterError, match=r"this fit \(max_epochs\) is not at the maximum; use Exact"):
        th.fit(x, "gamma", method=method, start=(1, 1)).gof()


@pytest.mark.parametrize("ask", [lambda fit: fit.gof(bootstrap=1), th.Fit.plot], ids=["gof", "plot"])
@pytest.mark.parametrize("how", [{}, {"weights": np.ones(60)}, {"nan_policy": "omit"}], ids=str)
def test_rows_that_changed_after_the_fit_are_refused(ask, how):
    x = gamma_rows()
    fits = [th.fit(x, family, **how) for family in ("gamma", "student_t", "uniform")]
    x *= 100
    for fit in fits:
        with pytest.raises(ParameterError, match="the rows have changed since the fit"):
            ask(fit)
    x[:] = np.nan
    for fit in fits:
        with pytest.raises(SampleError, match=r"NaN|x is empty"):
            ask(fit)


def test_rows_in_another_order_are_those_of_the_fit():
    x = gamma_rows()
    fit = th.fit(x, "weibull")
    assert fit.gof(x[::-1], bootstrap=5, rng=0) == fit.gof(bootstrap=5, rng=0)


@pytest.mark.parametrize(
    ("family", "theta"), [("beta", (0.05, 0.05)), ("gamma", (0.005, 1.0)), ("poisson", (0.5,))]
)
def test_draws_at_an_end_of_the_support_are_put_inside(family, theta):
    names = find_family(family).names
    fixed = dict(zip(names, theta, strict=True))
    x = np.arange(1.0, 100.0) / (1 if family == "poisson" else 100)
    fitted = th.fit(x, family, fixed=fixed)
    tests = [fitted.gof(bootstrap=50, rng=0)]
    rows = np.asarray(fitted.dist().rvs(60, random_state=1), dtype=float)
    inside = rows if family == "poisson" else np.clip(rows, 5e-324, 1 - 2**-53 if family == "beta" else None)
    tests.append(th.fit(inside, family).gof(bootstrap=50, rng=0))
    for test in tests:
        assert test.failed == 0
        assert "unreliable" not in repr(test)
        pvalues = [statistic.pvalue * 51 for statistic in test._statistics() if statistic]
        assert pvalues == pytest.approx(np.rint(pvalues))


def test_replicates_without_a_statistic_are_not_counted_in_it():
    nothing = [np.nan] * 3
    by_chance = [[9.0, np.nan, 9.0], [0.0, 0.0, 9.0], [9.0, np.nan, 9.0], [0.0, 0.0, 9.0], nothing]
    test = of_fit._tested("gamma", np.ones(3), np.array(by_chance))
    assert [statistic.pvalue for statistic in test._statistics()] == [3 / 5, 1 / 3, 1.0]
    assert (test.bootstrap, test.failed) == (5, 1)


SLOW = [name for name in th.formula_families() if find_family(name).slow_tails]


@pytest.mark.parametrize("n", [63, 4000])
@pytest.mark.parametrize("family", REAL)
def test_a_replicate_has_the_statistics_of_its_rows(family, n):
    draws = Draws(find_family(family), theta_of(family), (), n)
    replicates = (draws.statistics(np.random.SeedSequence(seed)) for seed in range(9))
    found = next(one for one in replicates if one is not None)
    _, _, x = draws._rows()
    exact = statistics(th.fit(x, family), x)
    exact[1] = np.inf if np.isnan(exact[1]) else exact[1]  # a row has probability 0 or 1
    # Nodes are 1 / 32 apart in the logit, and what is a straight line between them bends by some of its size.
    between = 1e-12 if n == 63 else 32**-2 / 8 * 10
    np.testing.assert_allclose(found * [n**0.5, 1, 1], exact * [n**0.5, 1, 1], rtol=between, atol=between)


@pytest.mark.parametrize("family", REAL)
def test_replicates_are_drawn_from_the_fit(family):
    theta, n = theta_of(family), 20_000
    draws = Draws(find_family(family), theta, (), n)
    draws.statistics(np.random.SeedSequence(1))
    _, t, x = draws._rows()
    assert (np.diff(x) >= 0).all()
    name, shapes = find_family(family).scipy(*theta)
    law = getattr(stats, name)(**shapes)
    drawn = 1 / (1 + np.exp(-t))
    np.testing.assert_allclose(law.cdf(x), drawn, rtol=1e-5)  # 1e10 rows would tell it from the family
    assert stats.kstest(drawn, "uniform").pvalue > 1e-4


@pytest.mark.parametrize("family", COUNTS)
def test_counts_are_drawn_from_the_fit(family):
    theta, n = theta_of(family), 4000
    draws = Draws(find_family(family), theta, (), n)
    name, shapes = find_family(family).scipy(*theta)
    p = getattr(stats, name)(**shapes).pmf(np.arange(draws._counts.size))
    np.testing.assert_allclose(draws._counts, p, rtol=1e-9, atol=1e-15)
    value, times = np.unique(getattr(stats, name)(**shapes).rvs(n, random_state=0), return_counts=True)
    repeated = np.repeat(value, times).astype(float)
    fit = th.fit(repeated, family)
    weighed = refit(fit, source_of(value.astype(float), times.astype(float)), {})
    np.testing.assert_allclose(statistics(weighed, repeated), statistics(fit, repeated), rtol=1e-9)


@pytest.mark.parametrize("family", SLOW)
def test_rows_that_scipy_draws_have_the_statistics_of_their_own_fit(family):
    described, theta, seed = find_family(family), theta_of(family), np.random.SeedSequence(1)
    found = Draws(described, theta, (), 300).statistics(seed)
    generator = np.random.Generator(np.random.SFC64(seed))
    x = distribution(described, theta).rvs(300, random_state=generator)
    np.testing.assert_allclose(found, statistics(th.fit(x, family), x), rtol=1e-6)


@pytest.mark.parametrize("family", ["weibull", "von_mises", "poisson", "cauchy"])
def test_replicates_do_not_depend_on_threads(family):
    draws = [Draws(find_family(family), theta_of(family), (), 5000) for _ in range(2)]
    told = []
    one, three = (
        distances_of_replicates(each, 7, 1, threads, told.append)
        for each, threads in zip(draws, (1, 3), strict=True)
    )
    assert np.array_equal(one, three, equal_nan=True)
    assert max(told) == 7


def test_an_interrupt_ends_the_replicates():
    def interrupt(_):
        raise KeyboardInterrupt

    draws = Draws(find_family("gamma"), (2.0, 3.0), (), 100_000)
    with pytest.raises(KeyboardInterrupt):
        distances_of_replicates(draws, 10**6, 1, 2, interrupt)
    assert draws._stopped.is_set()
