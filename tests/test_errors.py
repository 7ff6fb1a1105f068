"""Bad input ends in a named error that says what is wrong, where, and how often."""

import math
from itertools import product

import numpy as np
import pytest
from turns import in_turn

import thetahat as th
from thetahat import errors
from thetahat.families import find_family
from thetahat.reference import Likelihood

GOOD = [1.0, 2.0, 4.0]
CALLS = [
    lambda x, family="normal": th.fit(x, family),
    lambda x, family="normal": th.log_likelihood(x, family, (0, 1)),
    lambda x, family="normal": th.score(x, family, (0, 1)),
    lambda x, family="normal": th.log_likelihood_and_score(x, family, (0, 1)),
    lambda x, family="normal": th.logpdf(x, family, (0, 1)),
    lambda x, family="normal": th.fit(x, family, method=th.SGD(learning_rate=1e-4, epochs=1), start=(0, 1)),
    lambda x, family="normal": th.fit(x, family, method=th.GradientAscent(learning_rate=1e-4, epochs=1)),
]

every_call = pytest.mark.parametrize("call", CALLS)


@every_call
@pytest.mark.parametrize("x", [[], (), np.array([]), np.ma.masked_all(3)])
def test_empty(call, x):
    with pytest.raises(th.SampleError, match="x is empty"):
        call(x)


@every_call
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_not_finite_rows_are_counted_and_located(call, bad):
    for place in (0, 5, 2047, 2048, 1_000_000):
        x = np.ones(1_000_003)
        x[1] = 2
        x[[place, 1_000_001, 1_000_002]] = bad
        if call is CALLS[4] and math.isinf(bad):
            assert call(x)[place] == -math.inf
            continue
        with pytest.raises(th.SampleError, match=rf"3 value\(s\) that are NaN.* at index {place}") as error:
            call(x)
        assert (error.value.first, error.value.count) == (place, 3)


@every_call
@pytest.mark.parametrize(
    ("x", "named"),
    [
        (["1", "2"], "dtype <U1"),
        ([1, None], "dtype object"),
        ([True, False], "dtype bool"),
        ([1j, 2.0], "dtype complex128"),
        (np.array(["2026-01-01"], "M8[D]"), "dtype datetime64"),
        *[(np.array([1.0, 2.0], np.longdouble), "dtype (float|longdouble)")] * (np.dtype("g").itemsize > 8),
    ],
)
def test_rows_that_are_no_real_numbers(call, x, named):
    with pytest.raises(th.SampleTypeError, match=named):
        call(x)


@every_call
def test_shapes(call):
    with pytest.raises(th.SampleError, match="x is a single value"):
        call(3.5)
    with pytest.raises(th.SampleError, match=r"x has shape \(2, 3\); a sample is one-dimensional"):
        call(np.ones((2, 3)))


@every_call
def test_integers_that_no_double_equals(call):
    with pytest.raises(
        th.SampleError, match=r"1 integer\(s\) beyond 2\*\*53, the first at index 1: 9007199254740993;"
    ):
        call(np.array([1, 2**53 + 1, 3]))
    with pytest.raises(th.SampleError, match="at index 0: -9223372036854775808;"):
        call(np.array([-(2**63), 5]))
    call(np.array([1, 2**53, -(2**53)]))


@pytest.mark.parametrize("value", [0.0, 7.25, -1e-300, 1e300, 5e-324])
@pytest.mark.parametrize("n", [1, 2, 3, 31, 33, 5000])
def test_no_maximum_where_all_rows_are_equal(value, n):
    said = rf"these {n} row\(s\) has no maximum: a maximum requires at least two rows, not all equal"
    for method in (th.Exact(), th.SGD(learning_rate=1.0, epochs=1)):
        with pytest.raises(th.NoMaximumError, match=said):
            th.fit(np.full(n, value), "normal", method=method)


@every_call
@pytest.mark.parametrize(
    ("name", "hint"), [("norml", "did you mean 'normal'"), ("xyzzy", "there are: normal"), (3, "3")]
)
def test_unknown_family(call, name, hint):
    with pytest.raises(th.UnknownFamilyError, match=hint):
        call(GOOD, name)


BAD_THETA = [
    ((0, 0), "sigma must be positive and finite, got 0.0"),
    ((0, -1), "sigma must be positive and finite, got -1.0"),
    ((0, math.inf), "sigma must be positive and finite, got inf"),
    ((0, math.nan), "sigma must be positive and finite, got nan"),
    ((math.nan, 1), "mu must be finite, got nan"),
    ((-math.inf, 1), "mu must be finite, got -inf"),
    ((0,), r"has 1 value\(s\), but normal\(mu, sigma\) takes 2"),
    ((0, 1, 2), r"has 3 value\(s\), but normal\(mu, sigma\) takes 2"),
    ((), r"has 0 value\(s\)"),
    ("ab", "must be a sequence of 2 numbers, mu, sigma"),
    ("12", "must be a sequence of 2 numbers, mu, sigma"),
    (b"12", "must be a sequence of 2 numbers, mu, sigma"),
    ((10**400, 1), "must be a sequence of 2 numbers, mu, sigma"),
    (1.5, "must be a sequence of 2 numbers, mu, sigma"),
    (None, "must be a sequence of 2 numbers, mu, sigma"),
]


@pytest.mark.parametrize(("theta", "said"), BAD_THETA)
def test_parameters_out_of_their_domain(theta, said):
    for call in (th.log_likelihood, th.score, th.log_likelihood_and_score, th.logpdf):
        with pytest.raises(th.ParameterError, match="theta.*" + said):
            call(GOOD, "normal", theta)
    for method in (th.SGD(learning_rate=1.0, epochs=1), th.GradientAscent(learning_rate=1.0, epochs=1)):
        if theta is not None:
            with pytest.raises(th.ParameterError, match="start.*" + said):
                th.fit(GOOD, "normal", method=method, start=theta)


@pytest.mark.parametrize("p", [0, 1, -0.5, 1.5, math.nan, math.inf])
def test_a_probability_out_of_its_domain(p):
    with pytest.raises(th.ParameterError, match="theta: p must be strictly between 0 and 1, got"):
        th.logpdf(GOOD, "geometric", (p,))


OUTSIDE = {
    "gamma": [0.0, -1.0],
    "lognormal": [0.0, -0.0, -1e300, -5e-324],
    "exponential": [-1.0, -5e-324],
    "inverse_gaussian": [0.0, -0.0, -1.0],
    "rayleigh": [0.0, -0.0, -1.0],
    "generalized_pareto": [-1.0, -5e-324],
    "poisson": [-1.0, 0.5, 2.0**51 + 0.5, -5e-324, 5e-324],
    "geometric": [-1.0, 0.5, 2.0**51 + 0.5, -5e-324, 5e-324],
    "negative_binomial": [-1.0, 0.5, 2.0**51 + 0.5, -5e-324, 5e-324],
}


@pytest.mark.parametrize(("family", "bad"), [(family, bad) for family in OUTSIDE for bad in OUTSIDE[family]])
def test_rows_outside_the_support_are_counted_and_located(family, bad):
    theta = Likelihood(family).family.THETAS[0]
    calls = [th.fit, lambda x, family: th.score(x, family, theta)]
    if find_family(family).sufficient:
        calls.append(th.summarize)
    for place in (0, 5, 2047, 2048, 4999):
        x = np.arange(1.0, 5003.0)
        x[[place, 5000, 5001]] = bad
        for call in calls:
            with pytest.raises(th.SampleError, match=rf"3 value\(s\) outside.* at index {place}") as error:
                call(x, family)
            assert (error.value.first, error.value.count) == (place, 3)
        assert np.flatnonzero(np.isneginf(th.logpdf(x, family, theta))).tolist() == [place, 5000, 5001]
    assert th.logpdf([math.inf, -math.inf], family, theta).tolist() == [-math.inf] * 2


@pytest.mark.parametrize("place", [0, 5, 2047, 2048, 4999])
def test_rows_outside_the_support_of_these_parameters(place):
    """The likelihood is 0 there, which is no error; it has no score, which is one."""
    theta, x = (-0.5, 1.0), np.full(5003, 1.5)
    x[[place, 5000, 5001]] = 2.0, 3.0, 1e300
    assert th.log_likelihood(x, "generalized_pareto", theta) == -math.inf
    impossible = np.isneginf(th.logpdf(x, "generalized_pareto", theta))
    assert np.flatnonzero(impossible).tolist() == [place, 5000, 5001]
    said = rf"3 row\(s\) lie outside the support of generalized_pareto at .*the first at index {place}: 2.0;"
    for call in (th.score, th.log_likelihood_and_score):
        with pytest.raises(th.ParameterError, match=f"theta: {said}"):
            call(x, "generalized_pareto", theta)
    for method in (
        th.GradientAscent(learning_rate=1e-9, epochs=2),
        th.SGD(learning_rate=1e-9, epochs=2, shuffle=None),
    ):
        with pytest.raises(th.ParameterError, match=f"start: {said}"):
            th.fit(x, "generalized_pareto", method=method, start=theta)
    weights = np.where(x == 1.5, 1.0, 0.0)
    assert math.isfinite(th.log_likelihood(x, "generalized_pareto", theta, weights=weights))
    assert np.isfinite(th.score(x, "generalized_pareto", theta, weights=weights)).all()


def test_a_shape_out_of_its_domain():
    for shape in (-1, -2, math.nan, math.inf):
        with pytest.raises(th.ParameterError, match="theta: shape must be above -1 and finite, got"):
            th.logpdf(GOOD, "generalized_pareto", (shape, 1))


@pytest.mark.parametrize("family", ["exponential", "poisson", "geometric"])
@pytest.mark.parametrize("n", [1, 40, 5000])
def test_rows_that_are_all_zero(family, n):
    with pytest.raises(th.NoMaximumError, match="maximum: a maximum requires at least one row above 0"):
        th.fit(np.zeros(n), family)
    assert th.fit(np.append(np.zeros(n), 1), family).status == "converged"


@pytest.mark.parametrize("family", ["lognormal", "inverse_gaussian"])
@in_turn("value", [0.1, 7.25, 1e-300, 1e300, 5e-324])
@in_turn("n", [1, 2, 3, 31, 33, 5000])
def test_no_maximum_of_a_spread_where_all_rows_are_equal(family, value, n):
    with pytest.raises(th.NoMaximumError, match="a maximum requires at least two rows, not all equal"):
        th.fit(np.full(n, value), family)


def test_sgd_needs_no_learning_rate():
    assert th.SGD(learning_rate=None) == th.SGD()


@pytest.mark.parametrize(
    ("method", "rate"),
    [
        *product([th.SGD, th.GradientAscent], [0, -1e-4, math.nan, math.inf, 10**400, "fast", "1"]),
        (th.GradientAscent, None),
    ],
)
def test_learning_rate(method, rate):
    with pytest.raises(th.ParameterError, match="learning_rate must be a positive finite number, got"):
        method(learning_rate=rate, epochs=1)


@pytest.mark.parametrize("value", [0, -1, 1.5, "ten", None])
def test_counts(value):
    with pytest.raises(th.ParameterError, match="epochs must be an integer of at least 1, got"):
        th.GradientAscent(learning_rate=1.0, epochs=value)
    with pytest.raises(th.ParameterError, match="epochs must be an integer of at least 1, got"):
        th.SGD(learning_rate=1.0, epochs=value)
    if value is not None:  # which is the usual one
        with pytest.raises(th.ParameterError, match="batch_size must be an integer of at least 1, got"):
            th.SGD(learning_rate=1.0, epochs=1, batch_size=value)
    if value is not None:
        with pytest.raises(th.ParameterError, match="threads must be an integer of at least 1, got"):
            th.fit(GOOD, "normal", threads=value)


def test_counts_too_large():
    with pytest.raises(
        th.ParameterError, match="epochs must be an integer between 1 and 4611686018427387904"
    ):
        th.GradientAscent(learning_rate=1.0, epochs=10**30)
    with pytest.raises(th.ParameterError, match="threads must be an integer between 1 and 10000"):
        th.fit(GOOD, "normal", threads=10**10)


def test_settings_become_plain_numbers():
    method = th.SGD(learning_rate=np.float32(0.5), epochs=np.int64(3), batch_size=np.int8(10))
    assert [type(value) for value in (method.learning_rate, method.epochs, method.batch_size)] == [
        float,
        int,
        int,
    ]
    assert [len(batch) for batch in th.minibatches(np.arange(300.0), np.int8(100), shuffle=None)] == [100] * 3


def test_random_numbers_for_a_method_that_draws_none():
    for method in (
        th.GradientAscent(learning_rate=1e-3, epochs=1),
        th.SGD(learning_rate=1e-3, epochs=1, shuffle=None),
    ):
        with pytest.raises(th.ParameterError, match="this method draws no random numbers"):
            th.fit(GOOD, "normal", method=method, rng=0)


@pytest.mark.parametrize("x", [[5e-324, 1e-323], [0.0, 5e-324]])
def test_a_maximum_that_no_double_holds(x):
    with pytest.raises(th.NoMaximumError, match="is beyond what doubles can hold"):
        th.fit(x, "normal")


def test_what_no_double_holds_has_no_numbers():
    with pytest.raises(th.NoMaximumError, match=r"likelihood of these 2 row\(s\) is beyond what doubles can"):
        th.fit([5e-324, 1e-323], "beta")


@pytest.mark.parametrize("family", ["normal", "gamma", "weibull", "student_t", "negative_binomial"])
def test_errors_count_the_rows_that_count(family):
    with pytest.raises(th.NoMaximumError, match=r"of these 2 row\(s\)"):
        th.fit([2.0, 2.0, math.nan], family, nan_policy="omit")


def test_a_variance_beyond_doubles():
    fit = th.fit([1e300, 1.0, 7.0], "negative_binomial")
    assert fit.params["mu"] == pytest.approx(1e300 / 3, rel=1e-12)
    assert fit.newton_decrement <= 1e-12


def test_a_fit_whose_curvature_no_double_holds():
    x = 10 ** np.random.default_rng(5).uniform(-300, -1, 2200)
    fit = th.fit(x, "inverse_gaussian")
    assert math.isnan(fit.newton_decrement)
    assert fit.status == "precision"
    assert str(fit).endswith("status: precision, doubles cannot hold the curvature of the log-likelihood")


def test_a_fit_that_rounding_moves_has_converged():
    x = 1e10 + np.random.default_rng(0).normal(size=2200)
    for family in ("normal", "logistic", "gumbel", "weibull", "inverse_gaussian"):
        fit = th.fit(x, family)
        assert 1e-12 < fit.newton_decrement < 1e-7
        assert fit.status == "converged"
    fit = th.fit(np.repeat([1e6, 1e6 + 1], [1100, 1100]), "gamma", cov="sandwich")
    assert np.isnan(fit.stderr).all()
    assert (fit.newton_decrement, fit.status) == (0, "converged")


def test_two_dimensional_masked_arrays():
    with pytest.raises(th.SampleError, match=r"x has shape \(2, 3\)"):
        th.fit(np.ma.array(np.arange(6.0).reshape(2, 3)), "normal")


@pytest.mark.parametrize("x", [[1.7e308, 1.7e308, -1e308], [1e200, 2e200, 3e200], [1e-320, 3e-320, 9e-320]])
def test_default_starts_at_both_ends_of_the_doubles(x):
    fit = th.fit(x, "normal", method=th.GradientAscent(learning_rate=1e-300, epochs=1), trace="epoch")
    assert fit.trace[0].tolist() == th.fit(x, "normal").theta.tolist()


def test_a_default_start_of_equal_rows():
    x = [0.1] * 500 + [0.3] * 500
    fit = th.fit(x, "normal", method=th.GradientAscent(learning_rate=1e-5, epochs=1), trace="epoch")
    assert fit.trace[0] == pytest.approx([0.2, 0.1], rel=1e-14)


def test_order():
    with pytest.raises(
        th.ParameterError, match="shuffle must be one of auto, spread, rows, batches or None; got 'random'"
    ):
        th.SGD(learning_rate=1.0, epochs=1, shuffle="random")


def test_settings_that_the_closed_form_has_no_use_for():
    for setting in ({"start": (0, 1)}, {"rng": 0}, {"trace": "epoch"}, {"callback": print}):
        with pytest.raises(
            th.ParameterError,
            match=r"closed-form|draws no random numbers|an iterative method",
        ):
            th.fit(GOOD, "normal", **setting)


@pytest.mark.parametrize("method", ["SGD", "gradient-ascent", th.SGD, None])
def test_method(method):
    message = r"method must be|no defaults: pass GradientAscent\(learning_rate=\.\.\., epochs=\.\.\.\)"
    with pytest.raises(th.ParameterError, match=message):
        th.fit(GOOD, "normal", method=method)


def test_progress_without_tqdm(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tqdm", None)
    with pytest.raises(th.MissingExtraError, match=r'pip install "thetahat\[cli\]"'):
        th.fit(GOOD, "normal", method=th.SGD(learning_rate=1e-4, epochs=1), progress=True)


@pytest.mark.parametrize("name", sorted(set(errors.__all__) - {"ThetahatError"}))
def test_all_errors_have_one_base(name):
    error = getattr(th, name)
    assert issubclass(error, th.ThetahatError)
    of_python = {
        "ClusterError": RuntimeError,
        "MissingExtraError": ImportError,
        "SampleTypeError": TypeError,
        "UnknownGroupError": KeyError,
    }
    assert issubclass(error, of_python.get(name, ValueError))


def test_parameters_may_be_given_by_name():
    theta, named = (0.5, 2.0), {"sigma": 2, "mu": 0.5}
    for function in (th.log_likelihood, th.score, th.logpdf):
        assert np.array_equal(function(GOOD, "normal", named), function(GOOD, "normal", theta))
    value, score = th.log_likelihood_and_score(GOOD, "normal", named)
    assert value == th.log_likelihood(GOOD, "normal", theta)
    assert score.tolist() == th.score(GOOD, "normal", theta).tolist()
    summary = th.summarize(GOOD, "normal")
    assert summary.log_likelihood(named) == summary.log_likelihood(theta)
    assert summary.score(named).tolist() == summary.score(theta).tolist()
    ascent, rows = th.GradientAscent(learning_rate=0.01, epochs=3), th.SGD(learning_rate=0.01)
    by_name, by_place = (th.fit(GOOD, "normal", method=ascent, start=at).params for at in (named, theta))
    assert by_name == by_place == summary.fit(method=ascent, start=named).params
    fit = th.fit(GOOD, "normal")
    assert fit.test(named) == fit.test(theta)
    starts = ([theta, (1, 3)], [named, {"mu": 1, "sigma": 3}])
    fits = [th.fit_multistart(GOOD, "normal", method=rows, start=at, rng=0) for at in starts]
    assert [fit.params for fit in fits[0]] == [fit.params for fit in fits[1]]
    one = th.fit_multistart(GOOD, "normal", method=rows, start=named, rng=0)[0]
    assert one.params == fits[0][0].params


@pytest.mark.parametrize(
    ("theta", "message"),
    [
        ({"mu": 0}, "a value of sigma is missing for normal"),
        ({}, "a value of mu, sigma is missing"),
        ({"mu": 0, "sigma": 1, "nu": 4, "tau": 1}, "has no parameter 'nu', 'tau'"),
        ({"mu": 0, "Sigma": 1}, "has no parameter 'Sigma'"),
        ({"mu": 0, "sigma": -1}, "sigma must be positive and finite, got -1"),
        ({"mu": "a", "sigma": 1}, "must be a sequence of 2 numbers"),
        ({0: 0, 1: 1}, "has no parameter 0, 1"),
    ],
)
def test_names_of_parameters_are_checked(theta, message):
    for what, call in {
        "theta": lambda: th.log_likelihood(GOOD, "normal", theta),
        "start": lambda: th.fit_multistart(GOOD, "normal", method=th.SGD(learning_rate=1e-3), start=theta),
    }.items():
        with pytest.raises(th.ParameterError, match=f"{what}.*{message}"):
            call()
