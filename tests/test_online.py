"""Streams: the same bits however they are cut, an estimate at any time, and no row seen twice."""

import pickle

import numpy as np
import pandas
import pytest
from streams import OF_A_SCALE, SUMMED, WALKING, assert_same, far, followed, maximum, rows_of, told
from test_ascent import seconds_to_return
from turns import in_turn

import thetahat as th
from thetahat.reference import Likelihood
from thetahat.streams import online

CUTS = {
    "ones": np.arange(3900, 4400),
    "primes": np.arange(0, 20_000, 97),
    "empty": [0, 0, 100, 100, 4096, 4096, 9000, 20_000, 20_000],
    "pilot": [4095, 4096, 4097],
    "before": [4095],
    "segments": np.arange(1024, 20_000, 1024),
    "after segments": np.arange(4096 + 1025, 20_000, 1024),
    "before segments": np.arange(4096 + 1023, 20_000, 1024),
    "twice": [2048, 19_999],
}


@in_turn("cuts", CUTS.values())
def test_blocks_change_no_bit(family, cuts):
    assert_same(followed(family, rows_of(family), cuts), followed(family, rows_of(family)))


@pytest.mark.parametrize("batch_size", [1, 3, 64, 1000, 50_000])
def test_batches_of_any_size(batch_size):
    x = rows_of("student_t")
    whole = followed("student_t", x, batch_size=batch_size)
    for cuts in (np.arange(3900, 4400), [4097, 5000, 5001, 19_999]):
        assert_same(followed("student_t", x, cuts, batch_size=batch_size), whole)
    assert far(whole.fit_result(), maximum("student_t")) < 0.2


@pytest.mark.parametrize("family", SUMMED)
def test_sums_are_those_of_a_summary(family):
    x = rows_of(family)
    stream = followed(family, x, [1, 4096, 9999])
    assert told(stream.fit_result()) == told(th.summarize(x, family).fit())
    fit = th.fit(x, family)
    assert stream.fit_result().theta.tolist() == fit.theta.tolist()
    assert stream.fit_result().stderr.tolist() == fit.stderr.tolist()
    assert stream.fit_result().log_likelihood == fit.log_likelihood


@pytest.mark.parametrize("family", WALKING)
def test_the_estimate_is_near_the_maximum(family):
    fit, best = followed(family, rows_of(family)).fit_result(), maximum(family)
    assert far(fit, best) < 0.15
    assert fit.newton_decrement < 0.15**2
    np.testing.assert_allclose(fit.stderr, best.stderr, rtol=0.05)
    np.testing.assert_allclose(fit.cov, fit.cov.T)
    assert abs(fit.log_likelihood - best.log_likelihood) < 5
    assert (fit.n, fit.rows, fit.omitted, fit.fixed) == (20_000, 20_000, 0, ())


@pytest.mark.parametrize("family", WALKING)
def test_a_stream_is_asked_at_any_time(family):
    """Before and after the pilot, within a batch and a segment; asking changes nothing."""
    x, stream, done = rows_of(family), th.Online(family), 0
    for n in (0, 1, 2, 100, 4095, 4096, 4097, 4100, 4160, 5119, 5120, 5121, 12_345):
        stream.partial_fit(x[done:n])
        done = n
        assert stream.rows == n
        if n < 4096:
            try:
                told_alone = told(th.fit(x[:n], family))
            except (th.SampleError, th.NoMaximumError) as error:
                with pytest.raises(type(error)):
                    stream.fit_result()
            else:
                assert told(stream.fit_result()) == told_alone
        else:
            fit = stream.fit_result()
            assert fit.n == fit.rows == n
            assert far(fit, th.fit(x[:n], family)) < 0.15
            assert told(stream.fit_result()) == told(fit)
    assert_same(stream.partial_fit(x[done:]), followed(family, x))


def test_the_schedule_lives_across_calls():
    """A stream forgets nothing between calls; one begun anew with each block knows that block alone."""
    x = rows_of("student_t")
    stream, anew = th.Online("student_t"), None
    errors = []
    for block in np.split(x, 4):
        errors.append(stream.partial_fit(block).fit_result().stderr[0])
        anew = followed("student_t", block).fit_result()
    np.testing.assert_allclose(errors, errors[0] / np.sqrt([1, 2, 3, 4]), rtol=0.05)
    assert far(stream.fit_result(), maximum("student_t")) < 0.15
    assert far(anew, maximum("student_t")) > 0.5


@pytest.mark.parametrize(
    "family", ["student_t", "laplace", "negative_binomial", "normal", "generalized_pareto"]
)
def test_weights_count_as_repetitions(family):
    x = rows_of(family)[:12_000]
    weights = np.random.default_rng(0).integers(0, 4, x.size)
    weighted = th.Online(family).partial_fit(x, weights=weights)
    fit, best = weighted.fit_result(), th.fit(np.repeat(x, weights), family)
    assert fit.n == weights.sum()
    assert weighted.rows == fit.rows == np.count_nonzero(weights)
    assert weighted.omitted == fit.omitted == np.count_nonzero(weights == 0)
    # A median moves by signs, and is off by n^(-1/4) standard errors or so: 0.22 on average here.
    assert far(fit, best) < (0.6 if family == "laplace" else 0.15)
    np.testing.assert_allclose(fit.stderr, best.stderr, rtol=0.06)


def test_rows_of_weight_zero_are_absent():
    x = rows_of("student_t").copy()
    weights = np.random.default_rng(0).uniform(0.5, 2, x.size)
    weights[::7] = 0
    without = th.Online("student_t").partial_fit(x[weights > 0], weights=weights[weights > 0])
    x[::7] = np.nan
    stream = th.Online("student_t")
    for block in np.split(np.arange(x.size), [100, 4500, 4501, 9000]):
        stream.partial_fit(x[block], weights=weights[block])
    assert stream.fit_result().theta.tobytes() == without.fit_result().theta.tobytes()
    assert stream.fit_result().stderr.tobytes() == without.fit_result().stderr.tobytes()
    assert stream.omitted == x.size - without.rows


@pytest.mark.parametrize("with_weights", [0, 1, 2, 3], ids=lambda k: f"block {k}")
@pytest.mark.parametrize("settings", [{}, {"half_life": 900}, {"batch_size": 1}], ids=str)
def test_blocks_with_weights_among_others(settings, with_weights):
    """Rows without weights are rows of weight one."""
    x = rows_of("logistic")
    mixed, ones = th.Online("logistic", **settings), th.Online("logistic", **settings)
    for k, block in enumerate(np.split(x, [3000, 4700, 9111])):
        weights = np.full(block.size, 1.5) if k == with_weights else None
        mixed.partial_fit(block, weights=weights)
        ones.partial_fit(block, weights=np.ones(block.size) if weights is None else weights)
    fit, other = mixed.fit_result(), ones.fit_result()
    assert (fit.n, fit.rows) == (other.n, other.rows)
    np.testing.assert_allclose(fit.theta, other.theta, rtol=1e-12)
    np.testing.assert_allclose(fit.stderr, other.stderr, rtol=1e-12)


def test_what_holds_the_rows_changes_no_bit():
    x = np.round(rows_of("student_t"), 3).astype("f4").astype(float)
    whole = followed("student_t", x)
    mask = np.zeros(2 * x.size, bool)
    mask[::2] = True
    masked = np.ma.array(np.repeat(x, 2), mask=mask)
    for rows in (x.astype("f4"), x.astype(">f8"), x.tolist(), pandas.Series(x), np.repeat(x, 2)[::2]):
        assert_same(th.Online("student_t").partial_fit(rows), whole)
    stream = th.Online("student_t").partial_fit(masked)
    assert (stream.rows, stream.omitted) == (x.size, x.size)
    assert stream.fit_result().theta.tolist() == whole.fit_result().theta.tolist()
    counts = np.random.default_rng(0).poisson(5, 9000) + np.random.default_rng(1).poisson(5, 9000) ** 2
    integers = th.Online("negative_binomial").partial_fit(counts)
    assert_same(integers, th.Online("negative_binomial").partial_fit(counts.astype(float)))


def test_the_stream_keeps_its_own_rows():
    """What becomes of a block afterwards is no matter, be it a reader's buffer."""
    x = rows_of("student_t")
    stream, buffer = th.Online("student_t"), np.empty(500)
    for first in range(0, x.size, 500):
        buffer[:] = x[first : first + 500]
        stream.partial_fit(buffer)
        buffer[:] = np.nan
    assert_same(stream, followed("student_t", x))


def test_nan_is_omitted_on_request():
    x = np.insert(rows_of("student_t"), [0, 50, 5000, 20_000], np.nan)
    stream = th.Online("student_t").partial_fit(x[:4000], nan_policy="omit")
    stream.partial_fit(x[4000:], nan_policy="omit")
    assert (stream.rows, stream.omitted, stream.fit_result().omitted) == (20_000, 4, 4)
    whole = followed("student_t", rows_of("student_t"))
    assert stream.fit_result().theta.tolist() == whole.fit_result().theta.tolist()
    with pytest.raises(th.ParameterError, match="nan_policy"):
        stream.partial_fit(x, nan_policy="ignore")


BAD = [
    ([1.0, 2.0, np.nan], {}, th.SampleError, "the first at index 2"),
    ([np.inf, 2.0], {}, th.SampleError, "the first at index 0"),
    ([[1.0]], {}, th.SampleError, r"shape \(1, 1\)"),
    (3.0, {}, th.SampleError, "single value"),
    (["a"], {}, TypeError, "real numbers"),
    ([2**60, 1], {}, th.SampleError, "beyond 2"),
    ([1.0, -1.0], {}, th.SampleError, "outside the support of weibull.* index 1"),
    ([1.0, 2.0], {"weights": [1.0]}, th.SampleError, "weights has 1 value"),
    ([1.0, 2.0], {"weights": [1.0, -1.0]}, th.SampleError, "weights holds.*index 1"),
    ([1.0, 2.0], {"weights": [np.nan, 1.0]}, th.SampleError, "weights holds.*index 0"),
]


@pytest.mark.parametrize(("rows", "settings", "error", "message"), BAD)
@pytest.mark.parametrize("n", [100, 4090, 5000])
def test_a_bad_block_leaves_the_stream_as_it_was(n, rows, settings, error, message):
    stream = followed("weibull", rows_of("weibull")[:n])
    before = stream.to_bytes()
    with pytest.raises(error, match=message):
        stream.partial_fit(rows, **settings)
    assert stream.to_bytes() == before
    assert_same(stream.partial_fit(rows_of("weibull")[n:]), followed("weibull", rows_of("weibull")))


def test_ctrl_c_leaves_the_stream_as_it_was():
    x = np.random.default_rng(0).standard_t(4, 10_000_000)
    stream = followed("student_t", rows_of("student_t")[:5000], batch_size=1)
    before = stream.to_bytes()
    assert min(seconds_to_return(lambda: stream.partial_fit(x)) for _ in range(3)) < 0.1
    assert stream.to_bytes() == before


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_a_pilot_that_is_cut_short_leaves_the_stream_as_it_was(monkeypatch, error):
    def interrupted(*_):
        raise error

    x = rows_of("student_t")
    stream = followed("student_t", x[:4000])
    before = stream.to_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(online, "fit_pilot", interrupted)
        with pytest.raises(error):
            stream.partial_fit(x[4000:])
    assert stream.to_bytes() == before
    assert_same(stream.partial_fit(x[4000:]), followed("student_t", x))


@pytest.mark.parametrize("half_life", [None, 2000])
def test_a_fixed_parameter_stays(half_life):
    x = rows_of("student_t")
    stream = followed("student_t", x, [3000], fixed={"nu": 4}, half_life=half_life)
    fit = stream.fit_result()
    assert (fit.fixed, fit.params["nu"], fit.stderr[2]) == (("nu",), 4.0, 0.0)
    assert "fixed" in str(fit)
    if half_life is None:
        best = th.fit(x, "student_t", fixed={"nu": 4})
        assert far(fit, best) < 0.15
        np.testing.assert_allclose(fit.stderr, best.stderr, rtol=0.05)
    assert th.Fit.from_dict(fit.to_dict()).to_dict() == fit.to_dict()


def test_what_is_fixed_is_checked():
    x = rows_of("normal")
    assert (
        far(followed("normal", x, fixed={"mu": 0}).fit_result(), th.fit(x, "normal", fixed={"mu": 0})) < 1e-9
    )
    with pytest.raises(th.ParameterError, match="all parameters are fixed"):
        th.Online("student_t", fixed={"mu": 0, "sigma": 1, "nu": 4})
    with pytest.raises(th.ParameterError, match="all parameters are fixed"):
        th.Online("normal", half_life=90, fixed={"mu": 0, "sigma": 1})
    with pytest.raises(th.ParameterError, match="has no parameter 'k'"):
        th.Online("student_t", fixed={"k": 4})
    with pytest.raises(th.ParameterError, match="nu must be positive"):
        th.Online("student_t", fixed={"nu": -4})
    with pytest.raises(th.UnknownFamilyError):
        th.Online("student")


@pytest.mark.parametrize("family", ["student_t", "logistic", "weibull", "normal"])
def test_rows_without_a_maximum(family):
    """Where all are equal there is none; others make one, and the stream goes on from there."""
    stream = th.Online(family)
    with pytest.raises(th.SampleError, match="x is empty"):
        stream.fit_result()
    for n in (1, 99, 3996, 1):  # up to the pilot, and beyond
        with pytest.raises(th.NoMaximumError):
            stream.partial_fit(np.ones(n)).fit_result()
    x = np.abs(rows_of(family)) + 0.5
    stream.partial_fit(x[:9])
    if family != "student_t":  # which needs more of them
        assert told(stream.fit_result()) == told(th.fit(np.concatenate([np.ones(4097), x[:9]]), family))
    fit = stream.partial_fit(x[9:]).fit_result()
    assert fit.n == fit.rows == 24_097
    assert np.all(np.isfinite(fit.stderr))
    assert_same(followed(family, np.concatenate([np.ones(4097), x])), stream)
    assert_same(th.Online.from_bytes(stream.to_bytes()), stream)


@pytest.mark.parametrize("n", [4096, 20_000])
def test_fits_of_streams_answer_what_they_can(n):
    fit = followed("student_t", rows_of("student_t")[:n]).fit_result()
    assert "fitted to" in str(fit)
    assert "from a stream" in str(fit)
    for again in (th.Fit.from_dict(fit.to_dict()), pickle.loads(pickle.dumps(fit))):
        assert told(again) == told(fit)
        assert str(again) == str(fit)
    limits = fit.confint()
    assert np.all((limits[:, 0] < fit.theta) & (fit.theta < limits[:, 1]))
    assert fit.quantile(0.9).low < fit.quantile(0.9).value
    asked = [
        lambda: fit.test({"nu": 4}),
        lambda: fit.confint(method="profile"),
        fit.gof,
        fit.plot,
    ]
    for ask in asked:
        with pytest.raises(th.ParameterError, match=r"the data again|its rows|requires a fit at the maximum"):
            ask()


@in_turn("k", [-300, -33, 41, 300])
@pytest.mark.parametrize(("family", "half_life"), OF_A_SCALE)
def test_a_stream_scales_with_its_rows(family, half_life, k):
    """By powers of two: the same bits, but for exponents."""
    dimension = Likelihood(family).family.DIMENSION
    x = rows_of(family)[:9000]
    fit, scaled = (followed(family, rows, half_life=half_life).fit_result() for rows in (x, np.ldexp(x, k)))
    power = k * np.array(dimension)
    assert scaled.theta.tolist() == np.ldexp(fit.theta, power).tolist()
    assert scaled.stderr.tolist() == np.ldexp(fit.stderr, power).tolist()
    np.testing.assert_allclose(scaled.newton_decrement, fit.newton_decrement, rtol=1e-6, atol=1e-12)


def test_angles_go_round():
    """Rows on both sides of pi, and turns apart."""
    rng = np.random.default_rng(0)
    x = rng.vonmises(np.pi - 0.05, 3, 20_000)
    turned = x + 2 * np.pi * rng.integers(-3, 4, x.size)
    for half_life in (None, 1000):
        for rows in (x, turned):
            fit = followed("von_mises", rows, half_life=half_life).fit_result()
            away = np.remainder(fit.params["mu"] - (np.pi - 0.05) + np.pi, 2 * np.pi) - np.pi
            assert -np.pi <= fit.params["mu"] <= np.pi
            assert abs(away) < 4 * fit.stderr[0]
            assert abs(fit.params["kappa"] - 3) < 4 * fit.stderr[1]
