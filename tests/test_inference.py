"""Likelihood-ratio tests and intervals: against fits of their own, and closed forms."""

import math
import pickle
from contextlib import suppress
from itertools import combinations

import numpy as np
import pytest
from conftest import CASES, Case, identified, of_such
from scipy import optimize, stats
from turns import InTurn, in_turn

import thetahat as th
from thetahat.families import BOUNDARY
from thetahat.reference import Likelihood

Z = float(stats.norm.ppf(0.975))


def not_at_an_edge(case):
    return [parameter.name for parameter in case.description.parameters if parameter.regularity != BOUNDARY]


def fitted(case, n):
    """The first sample of the case that has a maximum, and its fit."""
    for seed in range(20):
        x = case.sample(n, seed)
        try:
            return x, th.fit(x, case.family)
        except th.NoMaximumError:
            pass
    raise AssertionError


def beside(fit, names):
    """Values of parameters half a standard error off, on the scale of Wald's intervals."""
    limits = dict(zip(fit.params, fit.confint(0.38)[:, 1].tolist(), strict=True))
    return {name: limits[name] for name in names}


def drop(x, fit, values):
    """What it costs to hold parameters at these values, by another fit, or that of the law in the limit."""
    try:
        return fit.log_likelihood - th.fit(x, fit.family, fixed=values).log_likelihood
    except th.NoMaximumError:
        return fit.log_likelihood - Likelihood(fit.family).family.supremum(x.tolist(), values)


def test_the_ratio_is_that_of_two_fits(case):
    x, fit = fitted(case, 300)
    names = not_at_an_edge(case)
    for size in range(1, len(names) + 1):
        for fixed_names in combinations(names, size):
            null = beside(fit, fixed_names)
            result, restricted = fit.test(null), th.fit(x, case.family, fixed=null)
            assert result.statistic == pytest.approx(2 * drop(x, fit, null), abs=1e-11 * x.size)
            assert result.df == size
            assert result.pvalue == pytest.approx(stats.chi2.sf(result.statistic, size), rel=1e-12)
            assert result.log_likelihood == pytest.approx(restricted.log_likelihood, rel=1e-12)
            assert list(result.params.values()) == pytest.approx(restricted.theta.tolist(), rel=1e-9)
    if len(names) == fit.theta.size:
        assert fit.test(tuple(result.params.values())) == result


def test_a_hypothesis_that_is_the_fit(case):
    _, fit = fitted(case, 300)
    for name in not_at_an_edge(case):
        result = fit.test({name: fit.params[name]})
        assert 0 <= result.statistic < 1e-9
        assert result.pvalue == pytest.approx(1, abs=1e-4)


@of_such(lambda case: not hasattr(case.reference.family, "SEVERAL_MAXIMA"))
def test_a_hypothesis_far_away(case):
    """It is reached from the fit: a factor 20 away, or ten widths of the law."""
    x, fit = fitted(case, 100)
    for parameter in case.description.parameters:
        if parameter.name in not_at_an_edge(case):
            for step in (-1, 1):
                far = parameter.moved(fit.params[parameter.name], step * far_from(fit, parameter))
                result = fit.test({parameter.name: far})
                assert result.statistic == pytest.approx(2 * drop(x, fit, {parameter.name: far}), rel=1e-9)


def far_from(fit, parameter):
    if parameter.transformed:
        return 3.0
    low, high = fit.dist().ppf([0.25, 0.75])
    return 10 * float(high - low)


def of_rows(*sizes):
    """A test of samples of these sizes: in fewer than PROFILE_ROWS, profiles may rise to no limit."""
    least = {case: getattr(Likelihood(case[0]).family, "PROFILE_ROWS", 0) for case in CASES}
    cases = [case for case in CASES if max(sizes) >= least[case]]
    pairs = [(InTurn([Case(*case)]), InTurn(n for n in sizes if n >= least[case])) for case in cases]
    return pytest.mark.parametrize(("case", "n"), pairs, ids=map(identified, cases))


@of_rows(15, 60)
@in_turn("level", [0.5, 0.95])
def test_profile_limits(case, n, level):
    """The profile lies z**2 / 2 below the maximum at a limit inside the domain, and never does at its end."""
    x, fit = fitted(case, n)
    limits, z = fit.confint(level, "profile"), stats.norm.ppf(0.5 + level / 2)
    for parameter, of_it in zip(case.description.parameters, limits.tolist(), strict=True):
        if parameter.regularity == BOUNDARY:
            continue
        value = fit.params[parameter.name]
        assert of_it[0] < value < of_it[1]
        for limit, end in zip(of_it, (parameter.low, parameter.high), strict=True):
            if limit != end:
                assert drop(x, fit, {parameter.name: limit}) == pytest.approx(z**2 / 2, abs=1e-7)
            elif parameter.transformed:
                far = parameter.moved(value, math.copysign(30, end - value))
                assert drop(x, fit, {parameter.name: far}) < z**2 / 2


@of_rows(8, 25)
def test_profile_limits_of_many_small_samples(case, n):
    """They hold the maximum; where there are none, an error says why, which is not so for most samples.

    There are none without standard errors, nor where the profile of a maximum, of several, runs into a
    likelihood without bound.
    """
    refused = 0
    for seed in range(15):
        x = case.sample(n, seed)
        try:
            fit = th.fit(x, case.family)
        except th.NoMaximumError:
            continue
        try:
            limits = fit.confint(method="profile")
        except th.ParameterError:
            assert np.isnan(fit.stderr).all()
        except th.NoMaximumError as error:
            refused += "still increases" in str(error)
        else:
            assert (limits[:, 0] <= fit.theta).all()
            assert (fit.theta <= limits[:, 1]).all()
    assert refused <= 5


def test_profiles_along_the_edge_of_a_domain():
    """Of a scale so large that the shape runs to -1 the profile is that of the uniform law up to it."""
    along_the_edge = 0
    for seed in range(250):
        x = stats.genpareto(-0.3).rvs(25, random_state=seed)
        with suppress(th.NoMaximumError, th.ParameterError):  # of shapes below -1/2 there are no intervals
            fit = th.fit(x, "generalized_pareto")
            of_uniform = math.exp((Z**2 / 2 - fit.log_likelihood) / 25)
            along_the_edge += abs(fit.confint(method="profile")[1, 1] - of_uniform) < 1e-9
    assert along_the_edge > 4


def test_wald_limits_stay_in_the_domain():
    fit = th.fit(stats.genpareto(-0.3).rvs(25, random_state=1), "generalized_pareto")
    assert fit.confint(1 - 1e-12)[0, 0] == -1


def lack(value, x, fit, name):
    return drop(x, fit, {name: value}) - Z**2 / 2


def test_profile_limits_are_roots(case):
    """Found by Brent's method on fits with the parameter fixed, to 1e-8 of a standard error."""
    x, fit = fitted(case, 100)
    limits = dict(zip(fit.params, fit.confint(method="profile").tolist(), strict=True))
    for name in not_at_an_edge(case):
        value, error = fit.params[name], fit.stderr[list(fit.params).index(name)]
        for limit in limits[name]:
            if math.isfinite(limit):
                beyond = limit + (limit - value) * (0.1 if limit > value else 1e-3)
                root = optimize.brentq(lack, value, beyond, args=(x, fit, name), xtol=1e-15 * abs(value))
                assert abs(limit - root) <= 1e-8 * error + 1e-13 * abs(limit)


def test_profile_limits_of_a_large_sample():
    x = np.random.default_rng(0).standard_t(4, 300_000)
    fit = th.fit(x, "student_t")
    np.testing.assert_allclose(fit.confint(method="profile"), fit.confint(), rtol=1e-3, atol=1e-3)


def test_profile_limits_far_from_zero():
    """Where a standard error is not much more than rounding."""
    x = 1e10 + np.random.default_rng(0).normal(size=1000)
    (low, high), _ = th.fit(x, "normal").confint(method="profile")
    width = x.std() * math.sqrt(math.expm1(Z**2 / 1000))
    assert (low - x.mean(), high - x.mean()) == pytest.approx((-width, width), abs=4e-6)


def test_limits_at_the_end_of_the_domain():
    """student_t is hardly told from the normal law; directions are hardly told from all round."""
    x = Case("student_t", (0.0, 1.0, 4.0)).sample(60)
    assert th.fit(x, "student_t").confint(method="profile")[2, 1] == math.inf
    fit = th.fit(np.random.default_rng(3).uniform(-3.14, 3.14, 20), "von_mises")
    limits = fit.confint(method="profile")
    assert limits[0].tolist() == [-math.inf, math.inf]
    assert limits[1, 0] == 0
    assert math.isfinite(limits[1, 1])


def test_fixed_parameters_stay(case):
    x, free = fitted(case, 200)
    parameters = case.description.parameters
    for fixed_place, parameter in enumerate(parameters if len(parameters) > 1 else []):
        kept = {parameter.name: free.params[parameter.name]}
        fit = th.fit(x, case.family, fixed=kept)
        limits = fit.confint(method="profile")
        assert limits[fixed_place].tolist() == [fit.theta[fixed_place]] * 2
        for place, other in enumerate(parameters):
            if place != fixed_place and other.regularity != BOUNDARY:
                null = beside(fit, [other.name])
                result = fit.test(null | kept)
                assert result.statistic == pytest.approx(2 * drop(x, fit, null | kept), abs=1e-11 * x.size)
                assert result.df == 1
                assert limits[place, 0] < fit.theta[place] < limits[place, 1]
        other = parameter.moved(free.params[parameter.name], 1.0)
        with pytest.raises(th.ParameterError, match=f"theta0: {parameter.name} was fixed at"):
            fit.test({parameter.name: other})
        with pytest.raises(th.ParameterError, match="theta0 gives no value to a parameter that was fitted"):
            fit.test(kept)


@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
@pytest.mark.parametrize("n", [2, 5, 40])
def test_intervals_of_ends_are_exact(level, n):
    """Over 40,000 samples their coverage is the level, to five standard errors."""
    rows = np.random.default_rng(n).uniform(size=(40_000, n))
    least, most, width = rows.min(axis=1), rows.max(axis=1), np.ptp(rows, axis=1)

    def covers(share):
        return abs(np.mean(share) - level) < 5 * math.sqrt(level * (1 - level) / len(rows))

    (bottom, low), (high, top) = th.fit(rows[0], "uniform").confint(level)
    assert (low, high) == (least[0], most[0])
    t = (top - high) / width[0]
    assert (low - bottom) / width[0] == pytest.approx(t)
    assert covers(least - t * width <= 0)
    assert covers(most + t * width >= 1)
    (zero, low), (high, top) = th.fit(rows[0], "uniform", fixed={"low": 0}).confint(level)
    assert zero == low == 0
    assert covers(most * (top / high) >= 1)

    x = rows ** (-1 / 3)  # pareto(3, 1)
    least = x.min(axis=1)
    shape = 1 / np.log(x / least[:, None]).mean(axis=1)
    fit = th.fit(x[0], "pareto")
    assert fit.confint(level)[1] == pytest.approx([least[0] * math.exp(-t / fit.params["shape"]), least[0]])
    assert covers(least * np.exp(-t / shape) <= 1)
    bottom, low = th.fit(x[0], "pareto", fixed={"shape": 3}).confint(level)[1]
    assert covers(least * (bottom / low) <= 1)


@of_such(lambda case: not case.summed)
def test_nothing_answers_where_the_rows_are_gone(case):
    _, fit = fitted(case, 200)
    back = pickle.loads(pickle.dumps(fit))
    for question in (back.test, lambda _: back.confint(method="profile")):
        with pytest.raises(th.ParameterError, match="needs the data again; a fit from a record or a pickle"):
            question({})


@of_such(lambda case: case.summed)
def test_sums_answer_where_the_rows_are_gone(case):
    x, fit = fitted(case, 200)
    back = pickle.loads(pickle.dumps(fit))
    fits = [fit, back, pickle.loads(pickle.dumps(back)), th.summarize(x, case.family).fit()]
    assert len({str(one.confint(method="profile").tolist()) for one in fits}) == 1
    names = not_at_an_edge(case)
    if names:
        assert len({str(one.test(beside(fit, names))) for one in fits}) == 1


def test_a_test_says_what_it_found():
    fit = th.fit([1.0, 2.0, 4.0, 7.0], "normal")
    assert repr(fit.test({"mu": 0})) == "<LikelihoodRatio chi-square = 4.81589, df = 1, p = 0.0282>"
    assert repr(fit.test((1e6, 1))).endswith("df = 2, p < 2.2e-16>")
    for null in ((0, 1e-200), {"sigma": 1e-200}):
        result = fit.test(null)
        assert (result.statistic, result.pvalue, result.log_likelihood) == (math.inf, 0, -math.inf)
    assert math.isfinite(fit.test((0, 1e200)).statistic)


X = np.random.default_rng(6).gumbel(5, 1, 50)


def fits_without_a_test():
    robust = th.fit(X, "normal", cov="sandwich")
    yield robust, 'assumes that the model is correctly specified, unlike cov="sandwich"'
    short = th.fit(X, "normal", method=th.SGD(learning_rate=1e-6, epochs=1), start=(0, 1), rng=0)
    yield short, "requires a fit at the maximum, but its status is"
    yield th.Fit.from_dict(th.fit(X, "normal").to_dict()), "needs the data again; a fit from a record"
    x = X.copy()
    changed = th.fit(x, "gumbel")
    x[3] += 1
    yield changed, "needs the data again, but they changed after the fit"


def test_what_takes_the_maximum_and_the_rows():
    for fit, message in fits_without_a_test():
        with pytest.raises(th.ParameterError, match=f"a likelihood-ratio test {message}"):
            fit.test({"mu": 0})
        with pytest.raises(th.ParameterError, match=f"a profile interval {message}"):
            fit.confint(method="profile")


@pytest.mark.parametrize(
    ("family", "ask", "message"),
    [
        ("normal", lambda fit: fit.test({"beta": 1}), r"theta0: normal\(mu, sigma\) has no parameter 'beta'"),
        ("normal", lambda fit: fit.test({"sigma": -1}), "theta0: sigma must be positive and finite, got -1"),
        ("normal", lambda fit: fit.test((1, 2, 3)), r"theta0 has 3 value\(s\), but normal"),
        ("normal", lambda fit: fit.test({}), "theta0 gives no value to a parameter that was fitted"),
        ("pareto", lambda fit: fit.test({"minimum": 1}), "theta0: the maximum in minimum of pareto lies on"),
        ("uniform", lambda fit: fit.test((0, 9)), "theta0: the maximum in low of uniform lies on"),
        (
            "normal",
            lambda fit: fit.confint(method="exact"),
            "method must be one of wald, profile; got 'exact'",
        ),
        ("normal", lambda fit: fit.confint(1.0, "profile"), "level must lie between 0 and 1, got 1.0"),
        ("normal", lambda fit: fit.quantile(1.0), "p must lie strictly between 0 and 1, got 1.0"),
        (
            "normal",
            lambda fit: fit.quantile([0.5, 0]),
            r"p must lie strictly between 0 and 1, got \[0.5, 0\]",
        ),
        ("normal", lambda fit: fit.quantile(math.nan), "p must lie strictly between 0 and 1, got nan"),
        ("normal", lambda fit: fit.quantile("half"), "p must be a number or an array of numbers, got 'half'"),
        (
            "normal",
            lambda fit: fit.quantile(np.ma.array([0.5, 0.9], mask=[0, 1])),
            r"p must have no mask: pass p.compressed\(\)",
        ),
        ("normal", lambda fit: fit.quantile(0.5, 2), "level must lie between 0 and 1, got 2"),
        ("normal", lambda fit: fit.return_level(1), "period must be finite and above 1, got 1"),
        ("normal", lambda fit: fit.return_level([2, math.inf]), "period must be finite and above 1"),
        ("uniform", lambda fit: fit.quantile(0.5), "ends of uniform are not nearly normal, nor are its"),
    ],
)
def test_bad_questions(family, ask, message):
    fit = th.fit(X, family)
    with pytest.raises(th.ParameterError, match=message):
        ask(fit)
