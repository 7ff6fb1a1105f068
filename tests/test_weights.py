"""Weights: as many rows for an integer one, none for 0, in every pass and every step."""

import numpy as np
import pyarrow as pa
import pytest
from conftest import by_size, formulas_too
from tolerance import EPS, information_sizes, log_likelihood_size, score_sizes
from turns import in_turn

import thetahat as th
from thetahat import _core, _sums, reference
from thetahat.families import BOUNDARY

ROUNDING = 16


def drawn(n, seed=0):
    return np.random.default_rng(seed).uniform(0.25, 4.0, n)


def passes(x, family, theta, **options):
    """What passes say at theta, to the last bit."""
    value, score = th.log_likelihood_and_score(x, family, theta, **options)
    return [value, *score.tolist()]


def everything(x, case, **options):
    fit = th.fit(x, case.family, cov=case.cov, **options, **case.options)
    return [
        fit.theta.tolist(),
        fit.cov.tolist(),
        fit.log_likelihood,
        fit.n,
        fit.rows,
        fit.newton_decrement,
    ], passes(x, case.family, case.theta, **options)


@by_size([1, 2, 15, 16, 17, 31, 33, 64, 2047, 2048, 2049, 9001])
def test_weighted_sums_equal_the_reference(case, n):
    x, w, reference = case.sample(n), drawn(n), case.remembering
    value, score = th.log_likelihood_and_score(x, case.family, case.theta, weights=w)
    theirs, size = (
        reference.log_likelihood(x, case.theta, w),
        log_likelihood_size(case.family, x, case.theta, w),
    )
    assert abs(value - theirs) <= ROUNDING * EPS * size
    sizes = score_sizes(case.family, x, case.theta, w)
    for ours, exact, size in zip(score, reference.score(x, case.theta, w), sizes, strict=True):
        assert abs(ours - exact) <= ROUNDING * EPS * size
    information = sums_of(case, x, w).evaluate(case.theta)[2]
    exact = np.array(reference.information(x, case.theta, w)).ravel()
    sizes = np.ravel(information_sizes(case.family, x, case.theta, w))
    assert np.all(np.abs(np.array(information) - exact) <= ROUNDING * EPS * sizes)


def rows_of(x):
    return _core.Rows(x, x.ctypes.data, x.size, 8, "float64")


def sums_of(case, x, w):
    tree = _sums.Tree(case.description.model, case.theta)
    tree.add(rows_of(x).weighted(rows_of(w)), 1)
    return tree.total()


@formulas_too()
def test_integer_weights_are_repeated_rows(case):
    x = case.sample(3000)
    counts = np.random.default_rng(1).integers(0, 5, x.size)
    repeated = np.repeat(x, counts)
    fit = th.fit(x, case.family, weights=counts, **case.options)
    plain = th.fit(repeated, case.family, **case.options)
    assert (fit.n, fit.rows, fit.omitted) == (repeated.size, np.count_nonzero(counts), np.sum(counts == 0))
    np.testing.assert_allclose(fit.theta, plain.theta, rtol=1e-13, atol=1e-13 * plain.stderr.max())
    np.testing.assert_allclose(fit.stderr, plain.stderr, rtol=1e-12)
    np.testing.assert_allclose(fit.log_likelihood, plain.log_likelihood, rtol=1e-14)
    assert fit.bic == pytest.approx(plain.bic, rel=1e-14)
    sizes = [log_likelihood_size(case.family, repeated, case.theta)]
    sizes += score_sizes(case.family, repeated, case.theta)
    ours, theirs = (
        passes(x, case.family, case.theta, weights=counts),
        passes(repeated, case.family, case.theta),
    )
    assert np.all(np.abs(np.subtract(ours, theirs)) <= ROUNDING * EPS * np.array(sizes))


@formulas_too()
def test_rows_of_weight_zero_may_hold_anything(case):
    x, w = case.sample(5001), drawn(5001)
    w[np.random.default_rng(2).random(5001) < 0.3] = 0
    w[:3000] *= np.arange(3000) >= 2100  # a whole block of nothing
    kept = everything(x, case, weights=w)
    for other in (np.nan, np.inf, -np.inf, -1e308, 0.0):
        x[w == 0] = other
        assert everything(x, case, weights=w) == kept
    alone = th.fit(x[w > 0], case.family, weights=w[w > 0], **case.options)
    fit = th.fit(x, case.family, weights=w, **case.options)
    np.testing.assert_allclose(fit.theta, alone.theta, rtol=1e-13, atol=1e-13 * alone.stderr.max())
    assert fit.omitted == np.count_nonzero(w == 0)
    assert fit.rows == alone.rows == np.count_nonzero(w)


@formulas_too()
def test_weights_of_one_change_nothing(case):
    x = case.sample(5000)
    plain = th.fit(x, case.family, **case.options)
    weighted = th.fit(x, case.family, weights=np.ones(5000), **case.options)
    np.testing.assert_allclose(weighted.theta, plain.theta, rtol=1e-14, atol=1e-14 * plain.stderr.max())
    assert weighted.n == plain.n == weighted.rows


def test_weights_of_one_change_no_bit_of_a_normal_fit():
    x = np.random.default_rng(0).normal(1, 2, 5000)
    plain, weighted = th.fit(x, "normal"), th.fit(x, "normal", weights=np.ones(5000))
    assert weighted.theta.tolist() == plain.theta.tolist()


@in_turn("k", [-40, -1, 3, 50])
def test_a_common_power_of_two_moves_no_maximum(case, k):
    x, w = case.sample(2000), drawn(2000)
    fit, scaled = th.fit(x, case.family, weights=w), th.fit(x, case.family, weights=w * 2.0**k)
    np.testing.assert_allclose(scaled.theta, fit.theta, rtol=1e-13, atol=1e-13 * fit.stderr.max())
    edges = [parameter.regularity == BOUNDARY for parameter in case.description.parameters]
    np.testing.assert_allclose(scaled.stderr * 2.0 ** np.where(edges, k, k / 2), fit.stderr, rtol=1e-9)
    if case.regular:
        robust = [th.fit(x, case.family, weights=v, cov="sandwich").stderr for v in (w, w * 2.0**k)]
        np.testing.assert_allclose(*robust, rtol=1e-9)


def layouts(w):
    yield w.tolist()
    yield np.repeat(w, 3)[::3]
    yield w[::-1].copy()[::-1]
    yield w.astype(">f8")
    yield np.frombuffer(b"." + w.tobytes(), np.uint8)[1:].view(float)
    yield pa.array(w)
    yield pa.chunked_array([w[:7], w[7:2500], [], w[2500:]])


@formulas_too()
def test_any_layout_of_rows_and_weights_gives_the_same_bits(case):
    x, w = case.sample(4001), drawn(4001)
    plain = everything(x, case, weights=w)
    for weights in layouts(w):
        for rows in (x, pa.chunked_array([x[:2048], x[2048:]])):
            assert everything(rows, case, weights=weights) == plain
    rounded = w.astype("f4")
    fits = [th.fit(x, case.family, weights=v, **case.options) for v in (rounded, rounded.astype("f8"))]
    assert fits[0].theta.tolist() == fits[1].theta.tolist()


def test_threads_give_the_same_bits(first):
    case = first
    x, w = np.tile(case.sample(20_000), 40), drawn(800_000)
    w[::7] = 0
    alone = everything(x, case, weights=w, threads=1)
    for threads in (2, 5):
        assert everything(x, case, weights=w, threads=threads) == alone


def test_masked_and_omitted_rows_take_their_weights_along(case):
    x, w = case.sample(5000), drawn(5000)
    lost = np.random.default_rng(3).random(5000) < 0.2
    kept = everything(x[~lost], case, weights=w[~lost])
    assert everything(np.ma.array(x, mask=lost), case, weights=w) == kept
    assert everything(pa.array(x, mask=lost), case, weights=w, nan_policy="omit") == kept
    x[lost] = np.nan
    assert everything(x, case, weights=w, nan_policy="omit") == kept


def test_the_sandwich_equals_the_reference(smooth):
    x = smooth.sample(700)
    for w in (None, drawn(700)):
        fit = th.fit(x, smooth.family, weights=w, cov="sandwich")
        inverse = np.linalg.inv(smooth.reference.information(x, fit.theta, w))
        cov = inverse @ smooth.reference.score_products(x, fit.theta, w) @ inverse
        np.testing.assert_allclose(fit.cov, cov, rtol=1e-7, atol=1e-9 * np.abs(cov).max())
        np.testing.assert_allclose(fit.stderr, np.sqrt(np.diag(cov)), rtol=1e-7)
        assert fit.cov_type == "sandwich"
        assert fit.passes == th.fit(x, smooth.family, weights=w).passes + 1
        assert th.Fit.from_dict(fit.to_dict()).stderr.tolist() == fit.stderr.tolist()


def test_the_sandwich_holds_where_the_family_is_wrong():
    """A normal fit to exponential rows: var(sigma) is (kurtosis - 1) / 4, four times the normal theory's."""
    x = np.random.default_rng(0).exponential(size=400_000)
    plain, robust = th.fit(x, "normal"), th.fit(x, "normal", cov="sandwich")
    assert robust.stderr[0] == pytest.approx(plain.stderr[0], rel=0.02)
    assert robust.stderr[1] == pytest.approx(2 * plain.stderr[1], rel=0.05)


@in_turn("shuffle", [None, "batches", "rows"])
@in_turn("batch_size", [1, 7, 40])
def test_a_weight_multiplies_its_rows_gradient(ascending, shuffle, batch_size):
    x, w = ascending.sample(200), drawn(200)
    start, method = th.fit(x, ascending.family).theta, th.SGD
    rate = 1e-3 / float(np.linalg.eigvalsh(np.linalg.inv(th.fit(x, ascending.family).cov)).max())
    method = th.SGD(learning_rate=rate, epochs=3, batch_size=batch_size, shuffle=shuffle)
    rng = 5 if method.draws else None
    fit = th.fit(x, ascending.family, weights=w, method=method, start=start, rng=rng, trace="epoch")
    generator, theta, trace = np.random.default_rng(5), start.tolist(), [start.tolist()]
    for _ in range(3):
        places = np.arange(200.0)
        for batch in th.minibatches(places, batch_size, shuffle=shuffle, rng=generator):
            at = batch.astype(int)
            gradient = ascending.reference.score(x[at].tolist(), theta, w[at].tolist())
            theta = reference.gradient_step(theta, gradient, rate)
        trace.append(theta)
    np.testing.assert_allclose(fit.trace, trace, rtol=1e-11, atol=1e-13 * np.abs(start).max())


def test_sgd_never_sees_rows_of_weight_zero():
    x, w = np.array([1.0, np.nan, 3.0, 7.0, 5.0]), np.array([1.0, 0.0, 1.0, 2.0, 0.5])
    method = th.SGD(learning_rate=1e-3, epochs=5, batch_size=2)
    ours = th.fit(x, "normal", method=method, start=(0, 1), rng=1, weights=w)
    plain = th.fit(x[w > 0], "normal", method=method, start=(0, 1), rng=1, weights=w[w > 0])
    assert ours.theta.tolist() == plain.theta.tolist()


def test_streams_of_blocks_with_weights():
    x, w = np.random.default_rng(0).gamma(2.0, 3.0, 10_000), drawn(10_000)
    whole = th.summarize(x, "gamma", weights=w)
    cuts = [1, 70, 2048, 5000]
    stream = th.summarize(iter(np.split(x, cuts)), "gamma", weights=iter(np.split(w, cuts)))
    assert stream.to_bytes() == whole.to_bytes()
    assert whole.fit().theta.tolist() == th.fit(x, "gamma", weights=w).theta.tolist()
    with pytest.raises(th.ParameterError, match="weights must be one too"):
        th.summarize(iter([x]), "gamma", weights=w)
    with pytest.raises(ValueError, match="more blocks than weights"):
        th.summarize(iter([x, x]), "gamma", weights=iter([w]))


def test_blocks_with_and_without_weights_mix():
    x, w = np.random.default_rng(0).normal(size=5000), drawn(5000)
    w[1000:3000] = 1
    parts = th.Summary("normal").update(x[:1000], weights=w[:1000]).update(x[1000:3000])
    parts.update(x[3000:], weights=w[3000:])
    assert parts.to_bytes() == th.summarize(x, "normal", weights=w).to_bytes()


@in_turn("bad", [-1.0, -1e-300, np.nan, np.inf])
def test_bad_weights_are_counted_and_located(family, bad):
    x, w = np.linspace(1, 2, 5000), np.ones(5000)
    w[[3000, 4000]] = bad
    message = r"weights holds 2 value\(s\) that are negative or not finite, the first at index 3000"
    for call in (th.fit, lambda *a, **k: th.score(*a, reference.Likelihood(family).family.THETAS[0], **k)):
        with pytest.raises(th.SampleError, match=message) as error:
            call(x, family, weights=w)
        assert (error.value.first, error.value.count) == (3000, 2)


def test_bad_weights_of_a_summary_are_counted_and_located():
    x, w = np.linspace(1, 2, 5000), np.ones(5000)
    w[[3000, 4000]] = -1
    with pytest.raises(th.SampleError, match=r"weights holds 2 value\(s\) .* index 3000"):
        th.summarize(x, "normal", weights=w)


def test_weights_that_do_not_fit():
    with pytest.raises(th.SampleError, match="all 3 rows are masked, null, omitted or of weight 0"):
        th.fit([1.0, 2.0, 4.0], "normal", weights=[0, 0, 0])
    with pytest.raises(TypeError, match="dtype bool"):
        th.fit([1.0, 2.0], "normal", weights=[True, False])
    with pytest.raises(th.SampleError, match="beyond what doubles can hold"):
        th.fit([1.0, 2.0], "normal", weights=[1.7e308, 1.7e308])
    with pytest.raises(th.ParameterError, match="cov must be one of information, sandwich; got 'robust'"):
        th.fit([1.0, 2.0], "normal", cov="robust")


def test_a_bad_row_is_found_among_weights():
    x, w = np.linspace(1, 2, 5000), np.ones(5000)
    x[[7, 3000]], w[7] = np.nan, 0
    with pytest.raises(th.SampleError, match=r"1 value\(s\).*at index 3000"):
        th.fit(x, "normal", weights=w)


def test_the_report_names_the_weight():
    fit = th.fit([1.0, 2.0, 4.0], "normal", weights=[2, 0, 1.5])
    assert "fitted to 2 rows of weight 3.5 in 1 pass; 1 row left out" in str(fit)
    assert repr(fit).endswith("n=3.5, converged>")
