"""Gradient and stochastic ascent: the reference's step for step, reproducible, and safe."""

import _thread
import math
import random
import threading
import time

import numpy as np
import pytest
from conftest import of_such
from turns import in_turn

import thetahat as th
from thetahat import _sgd, reference
from thetahat.data.arrays import chunks_of
from thetahat.families import find_family


def rate_for(case, n):
    """A learning rate that moves by a good part of the way to the maximum in an epoch of n rows."""
    return 0.05 * steepest(th.fit(case.sample(2000), case.family)) * 2000 / n


def steepest(fit):
    """The variance of the estimates in the direction in which it is least."""
    return 1 / float(np.linalg.eigvalsh(np.linalg.inv(fit.cov)).max())


def batches_of(x, batch_size, shuffle, rng):
    """The batches of one epoch, as lists for the reference."""
    return [batch.tolist() for batch in th.minibatches(x, batch_size, shuffle=shuffle, rng=rng)]


@pytest.mark.parametrize("shuffle", _sgd.SHUFFLES)
@pytest.mark.parametrize("batch_size", [1, 2, 10, 31, 32, 100, 2500])
def test_stochastic_ascent_is_the_reference_step_for_step(shuffle, batch_size):
    """10^5 steps and more for single rows; the sample's length is no multiple of any batch size."""
    x = np.random.default_rng(3).normal(1, 2, 2501)
    epochs = 41 if batch_size == 1 else 20
    rng = np.random.default_rng(11)
    theirs = reference.stochastic_ascent(
        (batches_of(x, batch_size, shuffle, rng) for _ in range(epochs)), scores("normal"), (0.0, 1.0), 1e-4
    )
    method = th.SGD(learning_rate=1e-4, epochs=epochs, batch_size=batch_size, shuffle=shuffle)
    seed = 11 if method.draws else None
    fit = th.fit(x, "normal", method=method, start=(0, 1), rng=seed, trace="epoch")
    assert fit.trace.shape == (epochs + 1, 2)
    np.testing.assert_allclose(fit.trace, theirs, rtol=1e-12, atol=0)
    assert fit.theta.tolist() == fit.trace[-1].tolist()


def scores(family):
    return reference.Likelihood(family).score


def test_every_family_ascends_as_its_reference(ascending):
    x = ascending.sample(300)
    exact = th.fit(x, ascending.family)
    start, rate = (exact.theta + 0.5 * exact.stderr).tolist(), rate_for(ascending, x.size)
    theirs = reference.gradient_ascent(x.tolist(), scores(ascending.family), start, rate, 30)
    method = th.GradientAscent(learning_rate=rate, epochs=30)
    fit = th.fit(x, ascending.family, method=method, start=start, trace="epoch")
    np.testing.assert_allclose(fit.trace, theirs, rtol=1e-11, atol=0)
    epochs = [[[row] for row in x.tolist()]] * 3
    theirs = reference.stochastic_ascent(epochs, scores(ascending.family), start, rate)
    method = th.SGD(learning_rate=rate, epochs=3, shuffle=None)
    fit = th.fit(x, ascending.family, method=method, start=start, trace="epoch")
    np.testing.assert_allclose(fit.trace, theirs, rtol=1e-11, atol=0)


def test_the_last_short_batch_is_used():
    x = [1.0, 2.0, 3.0]
    method = th.SGD(learning_rate=0.1, epochs=1, batch_size=2, shuffle=None)
    theta = th.fit(x, "normal", method=method, start=(0, 1)).theta
    step = th.gradient_step((0, 1), th.score(x[:2], "normal", (0, 1)), 0.1)
    step = th.gradient_step(step, th.score(x[2:], "normal", step), 0.1)
    np.testing.assert_allclose(theta, step, rtol=1e-14)


def test_gradient_ascent_reaches_the_maximum(smooth):
    """From nearby, as soon as the flattest direction is done; where that takes too long, it climbs."""
    x = smooth.sample(400)
    exact = th.fit(x, smooth.family)
    rate = 0.4 * steepest(exact)
    needed = 20 / (rate * np.linalg.eigvalsh(np.linalg.inv(exact.cov)).min())
    start = exact.theta + 0.5 * exact.stderr
    method = th.GradientAscent(learning_rate=rate, epochs=int(min(needed, 20_000)))
    fit = th.fit(x, smooth.family, method=method, start=start)
    if needed <= 20_000:
        assert fit.status == "converged"
        assert fit.newton_decrement <= 1e-12
        np.testing.assert_allclose(fit.theta, exact.theta, rtol=0, atol=2e-6 * exact.stderr.max())
    assert fit.log_likelihood > th.log_likelihood(x, smooth.family, start)


def test_one_batch_of_all_rows_is_gradient_ascent(ascending):
    x = ascending.sample(100)
    start, rate = ascending.theta, rate_for(ascending, 100)
    full = th.fit(x, ascending.family, method=th.GradientAscent(learning_rate=rate, epochs=9), start=start)
    for size in (100, 10**9):
        method = th.SGD(learning_rate=rate, epochs=9, batch_size=size, shuffle="batches")
        batch = th.fit(x, ascending.family, method=method, start=start)
        np.testing.assert_allclose(batch.theta, full.theta, rtol=1e-13)


@pytest.mark.parametrize("shuffle", ["batches", "rows", "spread"])
@pytest.mark.parametrize("batch_size", [1, 10])
def test_the_same_seed_gives_the_same_bits(shuffle, batch_size):
    x = np.random.default_rng(0).normal(size=777)
    method = th.SGD(learning_rate=1e-4, epochs=7, batch_size=batch_size, shuffle=shuffle)

    def run(rng):
        return th.fit(x, "normal", method=method, start=(0, 1), rng=rng).theta.tolist()

    assert run(5) == run(5) == run(np.random.default_rng(5)) == run(np.random.PCG64(5))
    assert run(5) != run(6)
    generator = np.random.default_rng(5)
    assert run(generator) == run(5)
    assert run(generator) != run(5)


def test_epochs_continue_where_the_generator_stands():
    """Two runs of 4 epochs, the second from where the first ended, are one run of 8."""
    x = np.random.default_rng(0).normal(size=500)

    def run(epochs, start, rng):
        return th.fit(x, "normal", method=th.SGD(learning_rate=1e-4, epochs=epochs), start=start, rng=rng)

    rng = np.random.default_rng(5)
    halfway = run(4, (0, 1), rng).theta
    assert run(4, halfway, rng).theta.tolist() == run(8, (0, 1), 5).theta.tolist()


def test_progress_and_trace_change_no_bit(capsys):
    x = np.random.default_rng(0).normal(size=100)
    for method in (
        th.SGD(learning_rate=1e-4, epochs=1001, shuffle=None),
        th.GradientAscent(learning_rate=1e-4, epochs=1001),
    ):
        plain = th.fit(x, "normal", method=method, start=(0, 1))
        watched = th.fit(x, "normal", method=method, start=(0, 1), trace="epoch", progress=True)
        assert watched.theta.tolist() == plain.theta.tolist() == watched.trace[-1].tolist()
        assert plain.trace is None
        assert watched.trace.shape == (1002, 2)
        assert "1001/1001" in capsys.readouterr().err


def test_a_pilot_of_all_rows_leaves_none_for_steps():
    """Whether it was all at first, as rows that do not count are not there, or grew to them."""
    x = np.random.default_rng(0).normal(1, 2, 3000)
    rows = {
        "few": x,
        "omitted": np.append(x, np.full(2000, np.nan)),
        "grown": np.append(np.zeros(4096), x[:9]),
    }
    method = th.SGD(shuffle=None)
    for sample in rows.values():
        fit = th.fit(sample, "normal", method=method, nan_policy="omit", trace=100)
        best = th.fit(sample, "normal", nan_policy="omit")
        assert fit.trace_epochs.tolist() == [1.0]
        np.testing.assert_allclose(fit.theta, best.theta, rtol=1e-14)


def test_start_values_come_from_the_rows(ascending):
    x = ascending.sample(3000)
    rate = 1e-12 * rate_for(ascending, 3000)
    fit = th.fit(x, ascending.family, method=th.GradientAscent(learning_rate=rate, epochs=1), trace="epoch")
    assert 0 <= th.fit(x, ascending.family).log_likelihood - fit.log_likelihood < 0.2 * x.size


DIVERGING = [
    th.GradientAscent(learning_rate=0.1, epochs=50),
    th.SGD(learning_rate=30.0, epochs=50, batch_size=10),
    th.SGD(learning_rate=30.0, epochs=50, batch_size=10, shuffle="batches"),
    th.SGD(learning_rate=30.0, epochs=50, shuffle=None),
    th.SGD(learning_rate=1e300, epochs=50),
]


@pytest.mark.parametrize("method", DIVERGING, ids=str)
def test_divergence_is_a_status_with_the_last_good_parameters(method):
    x = np.random.default_rng(1).normal(1, 2, 500)
    rng = 0 if method.draws else None
    fit = th.fit(x, "normal", method=method, start=(0, 3), rng=rng, trace="epoch")
    assert fit.status == "diverged"
    assert fit.epochs < 50
    assert len(fit.trace) == fit.epochs + 1
    assert np.isfinite(fit.trace).all()
    assert (fit.trace[:, 1] > 0).all()
    assert np.isfinite(fit.theta).all()
    assert fit.params["sigma"] > 0
    assert "smaller learning_rate" in str(fit)
    np.testing.assert_allclose(fit.theta, last_good(x, method), rtol=1e-9)


def last_good(x, method):
    """The reference's last parameters with a positive finite sigma, step after step."""
    theta, rng = [0, 3], np.random.default_rng(0)
    while True:
        if isinstance(method, th.GradientAscent):
            batches = [x.tolist()]
        else:
            batches = batches_of(x, method.batch_size or 1, method.shuffle, rng)
        for batch in batches:
            try:
                step = reference.gradient_step(theta, scores("normal")(batch, theta), method.learning_rate)
            except OverflowError:
                return theta
            if not (0 < step[1] < math.inf and math.isfinite(step[0])):
                return theta
            theta = step


def test_no_step_crosses_zero_below_the_documented_rate():
    """sigma+ = s - c/s + c v/s^3 > 0 for every s when c = rate n < 4 v; beyond it some start diverges."""
    x = np.random.default_rng(2).normal(0, 1.5, 1000)
    variance = th.fit(x, "normal").params["sigma"] ** 2
    mean = th.fit(x, "normal").params["mu"]

    def statuses(factor):
        method = th.GradientAscent(learning_rate=factor * variance / x.size, epochs=1)
        starts = np.geomspace(0.05, 5, 300) * variance**0.5
        return {th.fit(x, "normal", method=method, start=(mean, s)).status for s in starts}

    assert "diverged" not in statuses(3.99)
    assert "diverged" in statuses(4.01)


LONG = 10**9
ROWS = np.random.default_rng(0).normal(size=100_000)
SIZES = (1, 10, 50_000)
METHODS = [
    *(
        th.SGD(learning_rate=1e-9, epochs=LONG, batch_size=b, shuffle=o)
        for b in SIZES
        for o in ("batches", "rows")
    ),
    th.SGD(learning_rate=1e-9, epochs=LONG, shuffle=None),
    th.GradientAscent(learning_rate=1e-9, epochs=LONG),
]


def seconds_to_return(call):
    """How long after Ctrl-C a call that would run for hours comes back."""
    pressed = []

    def press():
        pressed.append(time.perf_counter())
        _thread.interrupt_main()

    timer = threading.Timer(random.uniform(0.02, 0.2), press)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        call()
    timer.join()
    return time.perf_counter() - pressed[0]


@in_turn("slice_rows", [1, 7, 1000])
@in_turn("shuffle", _sgd.SHUFFLES)
@pytest.mark.parametrize("batch_size", [1, 10, 40, 600])
@pytest.mark.parametrize("method", [th.SGD(learning_rate=1e-4, epochs=6), th.SGD(epochs=6)], ids=str)
def test_where_a_slice_ends_changes_no_bit(method, shuffle, batch_size, slice_rows):
    """Slices end within epochs, groups of drawn indices, batches, windows and segments."""
    x = np.random.default_rng(0).normal(size=18_001 if batch_size > 1 and slice_rows > 1 else 501)

    def run(rows):
        trace, bits = np.empty((7, 2)), np.random.PCG64(3)
        rule = method.compiled(batch_size, ())
        model = find_family("normal").model
        ascent = _sgd.Ascent(model, chunks_of(x)[0], rule, shuffle=shuffle, epochs=6, bit_generator=bits)
        ascent.begin((0.0, 1.0), x[:100])
        ascent.keep_trace(trace, 0)
        while ascent.run(6, rows):
            pass
        return trace.tolist(), bits.random_raw()

    assert run(slice_rows) == run(10**9)


@in_turn("k", [-450, -270, -3, 1, 260, 450])
@in_turn("batch_size", [1, 10, 100])
@of_such(lambda case: case.ascends and set(case.dimension or ()) == {1})  # one rate has one unit
def test_ascent_scales_with_the_sample(case, k, batch_size):
    """Of x 2^k from theta 2^k with rate 4^k, exponents alone differ, as far as doubles hold the rate."""
    x = case.sample(300)
    x /= 2.0 ** np.ceil(np.log2(np.abs(x).max()))
    start = th.fit(x[:20], case.family).theta
    rate = 0.05 * float(th.fit(x, case.family).stderr.min()) ** 2
    power = k * np.array(case.dimension)

    def run(method, k):
        settings = {"learning_rate": rate * 2.0**k * 2.0**k, "epochs": 20}
        if method is th.SGD:
            settings |= {"batch_size": batch_size, "shuffle": None}
        scaled = np.ldexp(start, k * np.array(case.dimension))
        return th.fit(np.ldexp(x, k), case.family, method=method(**settings), start=scaled).theta

    for method in (th.SGD, th.GradientAscent):
        assert run(method, k).tolist() == np.ldexp(run(method, 0), power).tolist()


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_ctrl_c_returns_within_a_tenth_of_a_second(method):
    """The best of five tries: the machine may be busy, the kernel may not."""
    before = ROWS.tobytes()
    assert (
        min(seconds_to_return(lambda: th.fit(ROWS, "normal", method=method, start=(0, 1))) for _ in range(5))
        < 0.1
    )
    assert ROWS.tobytes() == before


@pytest.mark.parametrize("shuffle", ["batches", "rows", "spread"])
def test_ctrl_c_in_a_large_shuffle(shuffle):
    """3 * 10^7 rows: the order alone takes longer to write than Ctrl-C may."""
    x = np.random.default_rng(0).normal(size=30_000_000)
    method = th.SGD(learning_rate=1e-12, epochs=100, shuffle=shuffle)
    sums = th.fit(x, "normal", threads=2).theta
    assert (
        min(seconds_to_return(lambda: th.fit(x, "normal", method=method, start=sums)) for _ in range(3)) < 0.1
    )


@pytest.mark.parametrize("family", ["normal", "logistic", "gumbel", "student_t", "poisson"])
def test_ctrl_c_in_a_long_pass(family):
    x = np.zeros(2**29)  # 4 GiB of addresses that all map to one page of zeros
    theta = reference.Likelihood(family).family.THETAS[0]
    assert min(seconds_to_return(lambda: th.log_likelihood(x, family, theta)) for _ in range(5)) < 0.1
