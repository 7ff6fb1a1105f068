"""What a fit returns."""

import copy
import json
import math
import pickle
import subprocess
import sys
from statistics import NormalDist

import numpy as np
import pytest

import thetahat as th

SGD = th.SGD(learning_rate=1e-6, epochs=3, batch_size=4, shuffle="batches")
SAME = ["family", "params", "n", "log_likelihood", "aic", "bic", "status", "method", "epochs"]


def fits(case):
    """One fit by each method, and one that diverges."""
    x, start = case.sample(200), case.theta  # where every row is possible
    yield th.fit(x, case.family)
    yield th.fit(
        x, case.family, method=th.GradientAscent(learning_rate=1e-9, epochs=4), start=start, trace="epoch"
    )
    yield th.fit(x, case.family, method=SGD, start=start, rng=1)
    yield th.fit(
        x, case.family, method=th.SGD(learning_rate=1e300, epochs=4), start=start, rng=1, trace="epoch"
    )


def test_attributes_agree_with_each_other(ascending):
    for fit in fits(ascending):
        p = fit.theta.size
        assert list(fit.params.values()) == fit.theta.tolist()
        assert fit.cov.shape == (p, p)
        with np.errstate(over="ignore"):  # where a fit diverged, variances may be beyond doubles
            assert np.diag(fit.cov) == pytest.approx(fit.stderr**2, nan_ok=True)
        assert fit.aic == 2 * p - 2 * fit.log_likelihood
        assert fit.bic == pytest.approx(p * math.log(fit.n) - 2 * fit.log_likelihood, rel=1e-15)
        assert fit.family == ascending.family
        assert fit.n == 200


def test_covariance_is_the_inverse_of_the_information(smooth):
    x = smooth.sample(500)
    fit = th.fit(x, smooth.family)
    information = np.array(smooth.reference.information(x, fit.theta))
    unit = np.outer(fit.stderr, fit.stderr)
    np.testing.assert_allclose((fit.cov / unit) @ (information * unit), np.eye(fit.theta.size), atol=1e-9)


def test_the_decrement_is_the_squared_distance_in_standard_errors(smooth):
    x = smooth.sample(500)
    rate = 1e-3 * float(th.fit(x, smooth.family).stderr.min()) ** 2
    fit = th.fit(x, smooth.family, method=th.GradientAscent(learning_rate=rate, epochs=1), start=smooth.theta)
    score = th.score(x, smooth.family, fit.theta)
    assert pytest.approx(score @ fit.cov @ score, rel=1e-9) == fit.newton_decrement
    assert fit.status == "max_epochs"
    assert "standard errors from the maximum" in str(fit)


def test_arrays_are_read_only(ascending):
    method = th.GradientAscent(learning_rate=1e-9, epochs=1)
    fit = th.fit(ascending.sample(50), ascending.family, method=method, start=ascending.theta, trace="epoch")
    for array in (fit.theta, fit.stderr, fit.cov, fit.trace):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_confidence_intervals():
    x = np.random.default_rng(0).normal(5, 2, 400)
    fit = th.fit(x, "normal")
    for level in (0.5, 0.95, 0.999):
        z = NormalDist().inv_cdf(0.5 + level / 2)
        (low, high), (bottom, top) = fit.confint(level)
        mu, sigma = fit.theta
        assert (low, high) == pytest.approx((mu - z * fit.stderr[0], mu + z * fit.stderr[0]))
        factor = math.exp(z * fit.stderr[1] / sigma)
        assert (bottom, top) == pytest.approx((sigma / factor, sigma * factor))
    assert fit.confint().tolist() == fit.confint(0.95).tolist()
    for level in (0, 1, -0.1, 95, math.nan, 1 - 2**-53, "a", None):
        with pytest.raises(th.ParameterError, match="between 0 and 1"):
            fit.confint(level)


def test_confidence_intervals_of_a_shape_of_either_sign():
    """On the scale of the shape itself, which zero does not bound."""
    fit = th.fit(np.random.default_rng(0).exponential(size=500), "generalized_pareto")
    z = NormalDist().inv_cdf(0.975) * fit.stderr[0]
    assert fit.confint()[0] == pytest.approx([fit.theta[0] - z, fit.theta[0] + z])
    assert fit.confint()[0, 0] < 0 < fit.confint()[0, 1]


def test_confidence_intervals_of_a_probability():
    """Symmetric on the scale of log(p / (1 - p)), and within (0, 1) however few rows there are."""
    fit = th.fit(np.random.default_rng(0).geometric(0.7, 500) - 1, "geometric")
    p, error = fit.theta[0], fit.stderr[0]
    z = NormalDist().inv_cdf(0.975) * error / (p * (1 - p))
    logits = [math.log(limit / (1 - limit)) for limit in fit.confint()[0]]
    assert logits == pytest.approx([math.log(p / (1 - p)) - z, math.log(p / (1 - p)) + z])
    for x in ([1], [0, 0, 1], [10**9]):
        (low, high) = th.fit(x, "geometric").confint(0.999999)[0]
        assert 0 <= low < high <= 1


def test_confidence_intervals_cover():
    """2000 samples of 200: 95 % of the intervals hold the truth, within five standard deviations."""
    rng = np.random.default_rng(1)
    limits = np.array([th.fit(rng.normal(3, 0.5, 200), "normal").confint() for _ in range(2000)])
    inside = (limits[:, :, 0] < [3, 0.5]) & (limits[:, :, 1] > [3, 0.5])
    assert inside.mean(axis=0) == pytest.approx(0.95, abs=5 * (0.95 * 0.05 / 2000) ** 0.5)


def same(a, b):
    assert all(getattr(a, name) == getattr(b, name) for name in SAME)
    for name in ("theta", "stderr", "cov", "newton_decrement"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    assert (a.trace is None) == (b.trace is None)
    if a.trace is not None:
        np.testing.assert_array_equal(a.trace, b.trace)
    assert str(a) == str(b)
    np.testing.assert_array_equal(a.confint(), b.confint())


def test_round_trips(ascending):
    for fit in fits(ascending):
        record = json.loads(json.dumps(fit.to_dict(), allow_nan=False))
        same(th.Fit.from_dict(record), fit)
        same(pickle.loads(pickle.dumps(fit)), fit)
        same(copy.deepcopy(fit), fit)


def test_a_fit_that_is_not_concave_says_so_and_round_trips():
    x = np.random.default_rng(0).normal(0, 1, 100)
    fit = th.fit(x, "normal", method=th.GradientAscent(learning_rate=1e-9, epochs=1), start=(0, 50))
    assert np.isnan(fit.cov).all()
    assert np.isnan(fit.newton_decrement)
    assert fit.status == "max_epochs"
    assert "not concave" in str(fit)
    record = json.loads(json.dumps(fit.to_dict(), allow_nan=False))
    assert record["stderr"] == {"mu": None, "sigma": None}
    assert str(th.Fit.from_dict(record)) == str(fit)


def test_infinite_values_are_strict_json():
    method = th.GradientAscent(learning_rate=1.0, epochs=1)
    fit = th.fit([1.0, 2.0], "normal", method=method, start=(0, 1e-200))
    record = json.loads(json.dumps(fit.to_dict(), allow_nan=False))
    assert (fit.log_likelihood, record["log_likelihood"], record["aic"]) == (-math.inf, "-inf", "inf")
    assert th.Fit.from_dict(record).log_likelihood == -math.inf


def test_memory_of_a_fit():
    """A fit of 3 * 10^7 contiguous doubles takes less than 2 MB beside them."""
    script = """
import resource, numpy as np, thetahat as th
x = np.random.default_rng(0).normal(size=30_000_000)
for method in (th.Exact(), th.GradientAscent(learning_rate=1e-9, epochs=5)):
    th.fit(x[:300_000], "normal", method=method)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for method in (th.Exact(), th.GradientAscent(learning_rate=1e-9, epochs=5)):
    th.fit(x, "normal", method=method).stderr
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    kilobyte = 1 if sys.platform == "linux" else 1024  # ru_maxrss is in bytes on macOS
    assert int(done.stdout) < 2048 * kilobyte


@pytest.mark.parametrize("spoil", [{}, {"family": "normal"}, None, [], "fit"])
def test_foreign_records_are_refused(spoil):
    with pytest.raises(th.ParameterError, match="not the record of a fit"):
        th.Fit.from_dict(spoil)


def test_damaged_records_are_refused():
    record = th.fit([1.0, 2.0], "normal").to_dict()
    for key in record.keys() - {"aic", "aicc", "bic"}:
        with pytest.raises((th.ParameterError, th.UnknownFamilyError)):
            th.Fit.from_dict({**record, key: "?"})
    for key, value in {
        "params": {"mu": 1, "sigma": -1},
        "n": -2.7,
        "epochs": -3,
        "omitted": -1,
        "cov": 1.0,
        "stderr": {"mu": 1.0},
        "trace": [1],
        "log_likelihood": None,
        "newton_decrement": [1.0],
        "status": "diverged?",
    }.items():
        with pytest.raises(th.ParameterError):
            th.Fit.from_dict({**record, key: value})
    for status in ("max_epochs", "tol", "callback", "precision", "streaming", "stopped"):
        with pytest.raises(th.ParameterError, match="status"):
            th.Fit.from_dict({**record, "status": status, "newton_decrement": 0.1 * (status == "stopped")})
    with pytest.raises(th.ParameterError, match="status 'converged' contradicts"):
        th.Fit.from_dict({**record, "newton_decrement": 0.1})
    for n in (-5, 0, math.inf):
        with pytest.raises(th.ParameterError):
            th.Fit.from_dict({**record, "n": n})


def test_print_is_a_table():
    x = np.arange(1000.0)
    assert str(th.fit(x, "normal")).splitlines() == [
        "normal(mu, sigma), fitted to 1000 rows in 1 pass",
        "log-likelihood -7084.239987   AIC 14172.47997   BIC 14182.29549",
        "",
        "            estimate   std. error     95 % confidence interval",
        "mu             499.5        9.129       481.6081      517.3919",
        "sigma        288.675        6.455       276.2967      301.6078",
        "",
        "status: converged",
    ]
    assert repr(th.fit(x, "normal")) == "<Fit normal(mu=499.5, sigma=288.675), n=1000, converged>"


def test_bits_do_not_depend_on_how_a_fit_is_asked(case):
    """Values are computed when asked for; the sample may be gone or changed by then."""
    x = case.sample(500)
    early, late = th.fit(x, case.family), th.fit(x, case.family)
    values = early.log_likelihood, early.stderr.tolist()
    x[:] = 0
    assert (late.log_likelihood, late.stderr.tolist()) == values


def test_show_config_names_the_instruction_set(capsys):
    th.show_config()
    printed = capsys.readouterr().out
    assert th.__version__ in printed
    assert "instruction set" in printed
    assert "threads" in printed
