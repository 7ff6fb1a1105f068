"""What each setting of a stochastic ascent does to bias and variance, measured; and what is seen on the way.

Seeds are fixed: nothing here is left to chance. Bounds are some four standard errors of what is measured.
"""

import pickle
from functools import cache

import numpy as np
import pytest
from conftest import Case

import thetahat as th
from thetahat import reference

SETS, ROWS, RATE = 60, 1000, 1e-4  # the notebook's n and learning rate


@cache
def samples(n=ROWS, sets=SETS, mu=1.0, sigma=1.932945):
    """Normal samples, each with its maximum and standard errors."""
    rng = np.random.default_rng(0)
    rows = [rng.normal(mu, sigma, n) for _ in range(sets)]
    return [(x, th.fit(x, "normal")) for x in rows]


def predicted(rate):
    """The mean bias of sigma: a (3 k - 1) / (4 sigma), k a sample's kurtosis."""
    biases = []
    for x, best in samples():
        mu, sigma = best.theta
        biases.append(rate * (3 * np.mean((x - mu) ** 4) / sigma**4 - 1) / (4 * sigma))
    return float(np.mean(biases))


def errors(method, start=None, of=None, final=lambda fit: fit.theta, trace=False):
    """What a method's theta lies off the maximum, sample by sample, by default from there on."""
    off = []
    for seed, (x, best) in enumerate(of or samples()):
        rng = seed if method.draws else None
        at = best.theta if start is None else start
        fit = th.fit(x, "normal", method=method, start=at, rng=rng, trace=trace)
        assert fit.status != "diverged"
        off.append(final(fit) - best.theta)
    return np.array(off)


def rms(method, start=None, of=None):
    """The root mean square of that, in standard errors."""
    of = of or samples()
    off = [e / best.stderr for e, (_, best) in zip(errors(method, start, of), of, strict=True)]
    return np.sqrt(np.mean(np.square(off), axis=0))


@pytest.mark.parametrize("shuffle", ["rows", "batches"])
@pytest.mark.parametrize("batch_size", [1, 10])
def test_the_bias_of_the_notebook_is_what_theory_says(batch_size, shuffle):
    """1000 epochs at 1e-4 from (0, 1): sigma ends 1.03e-4 too high, whatever the batches."""
    assert predicted(RATE) == pytest.approx(1.03e-4, rel=0.03)
    method = th.SGD(learning_rate=RATE, epochs=1000, batch_size=batch_size, shuffle=shuffle)
    off = errors(method, (0, 1))
    error = off.std(axis=0) / SETS**0.5
    assert abs(off[:, 1].mean() - predicted(RATE)) < 4 * error[1] < 6e-5
    assert abs(off[:, 0].mean()) < 4 * error[0]
    assert (off.std(axis=0) < 1.5e-4).all()


def test_a_fixed_order_scatters_the_end_and_a_batch_of_all_rows_has_no_bias():
    """Reshuffled epochs cancel each other's error at their ends; a fixed order's stays."""
    settings = {"learning_rate": RATE, "epochs": 1000}
    fixed = errors(th.SGD(**settings, batch_size=10, shuffle=None), (0, 1))
    drawn = errors(th.SGD(**settings, batch_size=10), (0, 1))
    assert (fixed.std(axis=0) > 4 * drawn.std(axis=0)).all()
    assert abs(fixed[:, 1].mean() - predicted(RATE)) < 4 * fixed[:, 1].std() / SETS**0.5
    assert np.abs(errors(th.SGD(**settings, batch_size=ROWS), (0, 1))).max() < 1e-10


def test_the_mean_of_an_epoch_has_the_same_bias():
    """Of the last 200 epochs' means, each of which scatters more than the last theta of its epoch."""
    method = th.SGD(learning_rate=RATE, epochs=300, batch_size=10, average="epoch")
    off = errors(method, final=lambda fit: fit.trace[100:].mean(axis=0), trace="epoch")
    assert off[:, 1].mean() == pytest.approx(predicted(RATE), rel=0.05)
    last = errors(method)
    assert abs(last[:, 1].mean() - predicted(RATE)) < 4 * last[:, 1].std() / SETS**0.5


def test_twice_the_mean_less_that_of_twice_the_rate_has_none_of_the_first_order():
    """To a tenth of it, at least; what is left is of the second."""
    settings = {"epochs": 500, "batch_size": 10, "average": "polyak"}
    once = errors(th.SGD(learning_rate=RATE, **settings))
    twice = errors(th.SGD(learning_rate=2 * RATE, **settings))
    assert once[:, 1].mean() == pytest.approx(predicted(RATE), rel=0.1)
    assert twice[:, 1].mean() == pytest.approx(predicted(2 * RATE), rel=0.1)
    assert abs((2 * once - twice)[:, 1].mean()) < 0.1 * predicted(RATE)


def test_polish_removes_it():
    method = th.SGD(learning_rate=RATE, epochs=30, batch_size=10, polish=True)
    for seed, (x, best) in enumerate(samples()[:5]):
        fit = th.fit(x, "normal", method=method, start=(0, 1), rng=seed)
        assert fit.newton_decrement <= 1e-12
        assert fit.status == "converged"
        np.testing.assert_allclose(fit.theta, best.theta, rtol=0, atol=1e-6 * best.stderr.max())


@pytest.mark.parametrize("family", ["student_t", "gamma", "weibull"])
def test_polish_reaches_the_maximum_without_a_closed_form(family):
    x = Case(family, reference.Likelihood(family).family.THETAS[0]).sample(20_000)
    fit = th.fit(x, family, method=th.SGD(polish=True), rng=1)
    best = th.fit(x, family)
    assert fit.newton_decrement <= 1e-12
    np.testing.assert_allclose((fit.theta - best.theta) / best.stderr, 0, atol=2e-6)


def test_a_rate_that_falls_takes_the_bias_with_it():
    """Halved every 100 of 500 epochs; the last epochs at a sixteenth are too few to show all of it."""
    method = th.SGD(learning_rate=th.StepDecay(RATE, 0.5, 100), epochs=500, batch_size=10)
    off = errors(method)
    assert abs(off[:, 1].mean()) < predicted(RATE) / 4
    assert (off.std(axis=0) < 2e-5).all()


def test_momentum_is_a_larger_rate():
    """0.9 makes it ten times as large, and so the bias. (It remembers some ten batches: few rows here.)"""
    settings = {"epochs": 200, "average": "polyak"}
    heavy = errors(th.SGD(learning_rate=RATE, update=th.Momentum(0.9), **settings))[:, 1].mean()
    assert heavy == pytest.approx(predicted(10 * RATE), rel=0.1)
    assert heavy == pytest.approx(errors(th.SGD(learning_rate=10 * RATE, **settings))[:, 1].mean(), rel=0.1)


def long_samples():
    return samples(20_000, 20, 3.0, float(np.exp(0.7)))


def test_one_pass_without_tuning_ends_at_the_maximum():
    assert (rms(th.SGD(), of=long_samples()) < 0.05).all()


@pytest.mark.parametrize("batch_size", [1, 10])
def test_slow_scaled_steps_and_their_mean_do_so_too(batch_size):
    """The last theta of a rate t**-0.6 lies several standard errors off; the mean, about 0.2."""
    settings = {
        "learning_rate": th.Power(0.5, 0.6),
        "preconditioner": "information",
        "batch_size": batch_size,
    }
    assert (rms(th.SGD(**settings, average="polyak"), of=long_samples()) < 0.25).all()
    assert (rms(th.SGD(**settings), of=long_samples()) > 2).all()


def test_the_last_theta_of_adam_is_several_standard_errors_off_and_its_mean_much_nearer():
    settings = {"learning_rate": 1e-3, "update": th.Adam(), "coordinates": "log", "epochs": 3}
    last = rms(th.SGD(**settings), of=long_samples())
    mean = rms(th.SGD(**settings, average="polyak"), of=long_samples())
    assert (last > 1.5).all()
    assert (mean < 0.3).all()


@pytest.mark.parametrize("start", [(0, 1), (3, 0.01)])
def test_implicit_steps_survive_a_far_start(start):
    """Rates 4/t, which is 1/t beside mu's information of 1/4: explicit steps are thrown off for good.

    Beside that of log sigma, 2, it is 8/t, whose variance is 8**2 / (2 * 8 - 1) times the least.
    """

    def off(implicit):
        method = th.SGD(learning_rate=th.InverseTime(4.0), coordinates="log", implicit=implicit)
        distances, statuses = [], set()
        for seed, (x, best) in enumerate(long_samples()):
            fit = th.fit(x, "normal", method=method, start=start, rng=seed)
            distances.append(np.abs(fit.theta - best.theta) / best.stderr)
            statuses.add(fit.status)
        return np.array(distances), statuses

    distances, statuses = off(implicit=True)
    assert statuses == {"max_epochs"}
    assert (np.sqrt(np.mean(distances**2, axis=0)) < (1, 3)).all()
    assert distances.max() < 6
    distances, _ = off(implicit=False)
    assert np.median(distances.max(axis=1)) > 20


@pytest.mark.parametrize("start", [(200, 1), (-200, 2)])
def test_a_hundred_sigma_away_implicit_steps_go_on(start):
    method = th.SGD(learning_rate=th.InverseTime(1.0), coordinates="log")
    x, _ = long_samples()[0]
    assert th.fit(x, "normal", method=method, start=start, rng=0).status == "diverged"
    method = th.SGD(learning_rate=th.InverseTime(1.0), coordinates="log", implicit=True)
    fit = th.fit(x, "normal", method=method, start=start, rng=0)
    assert fit.status == "max_epochs"
    assert fit.log_likelihood > th.log_likelihood(x, "normal", start)
    assert np.isfinite(fit.theta).all()


TOL = 1e-3


@pytest.mark.parametrize("batch_size", [1, 10, ROWS])
def test_tol_ends_at_the_first_epoch_that_is_near_enough(batch_size):
    x, _ = samples()[0]
    settings = {"learning_rate": RATE, "epochs": 400, "batch_size": batch_size}
    seen = []
    whole = th.fit(x, "normal", method=th.SGD(**settings), start=(0, 1), rng=0, trace="epoch")
    fit = th.fit(
        x,
        "normal",
        method=th.SGD(**settings, tol=TOL),
        start=(0, 1),
        rng=0,
        callback=seen.append,
        trace="epoch",
    )
    assert 1 < fit.epochs < 400
    assert fit.newton_decrement <= TOL
    assert fit.status == "tol"
    assert [state.newton_decrement <= TOL for state in seen] == [False] * (fit.epochs - 1) + [True]
    assert fit.trace.tolist() == whole.trace[: fit.epochs + 1].tolist()
    assert fit.theta.tolist() == whole.trace[fit.epochs].tolist()
    never = th.fit(x, "normal", method=th.SGD(**settings, tol=1e-300), start=(0, 1), rng=0)
    assert never.epochs == 400
    assert never.theta.tolist() == whole.theta.tolist()


WATCHED = [
    th.SGD(learning_rate=RATE, epochs=7, batch_size=10),
    th.SGD(learning_rate=RATE, epochs=7, average="epoch", update=th.Momentum()),
    th.SGD(learning_rate=th.StepDecay(RATE, 0.5, 2), epochs=7, shuffle="batches", batch_size=7),
    th.SGD(learning_rate=th.InverseTime(0.1, 100), epochs=7, coordinates="log", average="polyak"),
    th.SGD(learning_rate=lambda epoch: RATE / (1 + epoch), epochs=7, coordinates="log", implicit=True),
    th.SGD(epochs=7),
    th.GradientAscent(learning_rate=RATE, epochs=7),
]


def rate_after(method, epoch):
    rate = method.learning_rate
    if isinstance(method, th.SGD) and rate is None:
        return 1 / (epoch * ROWS)
    if isinstance(rate, th.InverseTime):
        return 0.1 / (100 + epoch * ROWS)
    if isinstance(rate, th.StepDecay):
        return RATE * 0.5 ** ((epoch - 1) // 2)
    return RATE if isinstance(rate, float) else RATE / epoch


def fit_of(method, **looks):
    start = (0, 1) if method.starts else None
    return th.fit(
        samples()[0][0], "normal", method=method, start=start, rng=0 if method.draws else None, **looks
    )


@pytest.mark.parametrize("method", WATCHED, ids=str)
def test_a_callback_sees_every_epoch_with_its_numbers(method):
    x, _ = samples()[0]
    seen = []
    plain = fit_of(method)
    fit = fit_of(method, callback=seen.append, trace="epoch")
    assert fit.theta.tolist() == plain.theta.tolist()
    assert [state.epoch for state in seen] == [1, 2, 3, 4, 5, 6, 7]
    for state, theta in zip(seen, fit.trace[1:], strict=True):
        assert state.epochs == 7
        assert state.theta == tuple(theta)
        assert state.params == {"mu": theta[0], "sigma": theta[1]}
        assert state.learning_rate == pytest.approx(rate_after(method, state.epoch), rel=1e-12)
        assert state.log_likelihood == pytest.approx(th.log_likelihood(x, "normal", theta), rel=1e-14)
        assert f"epoch {state.epoch}/7" in repr(state)
    at_end = fit_of(method, callback=seen.append)
    assert pytest.approx(at_end.newton_decrement, rel=1e-6, abs=1e-20) == seen[-1].newton_decrement


@pytest.mark.parametrize("method", WATCHED, ids=str)
def test_a_callback_ends_the_fit_by_returning_true(method):
    whole = fit_of(method, trace="epoch")
    fit = fit_of(method, callback=lambda state: state.epoch == 3, trace="epoch")
    at_maximum = fit.newton_decrement <= 1e-12
    assert (fit.epochs, fit.status) == (3, "converged" if at_maximum else "callback")
    assert fit.trace.tolist() == whole.trace[:4].tolist()
    assert fit.theta.tolist() == whole.trace[3].tolist()
    assert whole.status in ("max_epochs", "converged")


@pytest.mark.parametrize("method", WATCHED, ids=str)
def test_what_a_callback_raises_passes_through_and_leaves_all_usable(method):
    """States stay as they were, the generator is unlocked, and the same seed gives the same bits."""
    seen = []

    def fail(state):
        seen.append(state)
        if state.epoch == 2:
            raise RuntimeError("enough")

    generator = np.random.default_rng(0)
    settings = {"method": method, "start": (0, 1) if method.starts else None}
    x, _ = samples()[0]
    with pytest.raises(RuntimeError, match="enough"):
        th.fit(x, "normal", **settings, rng=generator if method.draws else None, callback=fail)
    assert generator.bit_generator.lock.acquire(timeout=1)
    generator.bit_generator.lock.release()
    whole = fit_of(method, trace="epoch")
    assert [state.theta for state in seen] == [tuple(theta) for theta in whole.trace[1:3]]
    assert seen[1].newton_decrement >= 0
    assert np.isfinite(seen[1].log_likelihood)
    assert th.fit(x, "normal").status == "converged"
    assert fit_of(method).theta.tolist() == whole.theta.tolist()


def test_a_callback_may_fit_and_draw_from_the_same_generator():
    """It is not locked while the callback runs."""
    generator, x = np.random.default_rng(0), samples()[0][0]

    def callback(state):
        generator.random(3)
        th.fit(x, "normal", method=th.SGD(learning_rate=RATE), start=state.theta, rng=generator)

    method = th.SGD(learning_rate=RATE, epochs=3)
    assert th.fit(x, "normal", method=method, start=(0, 1), rng=generator, callback=callback).epochs == 3


@pytest.mark.parametrize("method", WATCHED, ids=str)
def test_progress_shows_where_the_fit_stands_and_changes_no_bit(method, capsys):
    plain = fit_of(method)
    fit = fit_of(method, progress=True)
    shown = capsys.readouterr().err
    assert fit.theta.tolist() == plain.theta.tolist()
    mu, sigma = fit.theta
    for part in (
        "epoch=7/7",
        f"rate={rate_after(method, 7):.3g}",
        f"mu={mu:.6g}",
        f"sigma={sigma:.6g}",
        "newton_decrement=",
    ):
        assert part in shown
    fit_of(method)
    assert capsys.readouterr().err == ""


def test_progress_and_a_callback_that_ends_go_together(capsys):
    fit = fit_of(WATCHED[0], progress=True, callback=lambda state: state.epoch == 2)
    assert fit.epochs == 2
    assert "epoch=2/7" in capsys.readouterr().err


def test_the_rows_of_a_kept_state_are_those_of_the_fit():
    """A state reads its numbers when it is asked for them, after the fit too."""
    seen = []
    fit = fit_of(WATCHED[0], callback=seen.append)
    again = pickle.loads(pickle.dumps(fit))
    assert seen[-1].log_likelihood == pytest.approx(again.log_likelihood, rel=1e-14)
    assert seen[-1].theta == tuple(fit.theta)


@pytest.mark.parametrize("n", [3, 1000, 4095, 4096, 4097, 5000])
@pytest.mark.parametrize("method", [th.SGD(), th.SGD(batch_size=1), th.SGD(batch_size=100)], ids=str)
def test_an_epoch_takes_each_row_once_with_those_of_the_pilot(method, n):
    """What fits the pilot ends at its maximum; beyond, t has counted each row when the pass is over."""
    seen, x = [], np.random.default_rng(1).normal(1, 2, n)
    for shuffle in ("rows", "batches", None):
        one = th.SGD(batch_size=method.batch_size, shuffle=shuffle)
        rng = 0 if one.draws else None
        fit = th.fit(x, "normal", method=one, rng=rng, trace=1, callback=seen.append)
        assert 1 / seen[-1].learning_rate == pytest.approx(n, rel=1e-14)
        assert fit.trace_epochs[-1] == 1
        if n <= 4096:
            assert fit.trace.shape == (1, 2)
            np.testing.assert_allclose(fit.theta, th.fit(x, "normal").theta, rtol=1e-14)
