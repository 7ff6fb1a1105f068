"""What can be tuned in a stochastic ascent: the reference's steps, the same bits, and settings that fit."""

import dataclasses
import itertools
import math
import tracemalloc

import numpy as np
import pytest
from conftest import CASES, Case, identified
from turns import in_turn

import thetahat as th
from thetahat import _core, _sgd, reference
from thetahat.solvers.sgd import pilot_rows

COORDINATES = {_core.LOG: "positive", _core.LOGIT: "unit"}
RULES = {
    None: (None, lambda: lambda score: score),
    "momentum": (th.Momentum(0.8), lambda: reference.Momentum(0.8)),
    "adam": (th.Adam(0.9, 0.99, 1e-6), lambda: reference.Adam(0.9, 0.99, 1e-6)),
}
OFFSET = 50.0
SCHEDULES = {  # all begin near the rate
    "constant": (lambda rate: rate, reference.constant),
    "inverse": (
        lambda rate: th.InverseTime(OFFSET * rate, OFFSET),
        lambda rate: reference.power(OFFSET * rate, 1.0, OFFSET),
    ),
    "power": (
        lambda rate: th.Power(OFFSET**0.6 * rate, 0.6, OFFSET),
        lambda rate: reference.power(OFFSET**0.6 * rate, 0.6, OFFSET),
    ),
}
SETTINGS = list(itertools.product(("textbook", "log"), RULES, ("sum", "mean")))
FEEDS = list(itertools.product((1, 3, 10, 70), ("rows", "batches", None)))
FEW = [case for case in CASES if case[1] in Case(*case).reference.family.THETAS[:2]]  # references are slow
KINDS = [(case, k) for k, case in enumerate(case for case in FEW if Case(*case).ascends)]
SMOOTH = [case for case, turn in KINDS if turn % 2 == 0 and Case(*case).regular]


def coordinates(case, theta, kind="log"):
    """The reference's; scaled, real parameters with a dimension go in units near the scale."""
    if kind == "textbook":
        return reference.Coordinates.textbook(len(theta))
    parameters = case.description.parameters
    domains = [COORDINATES.get(parameter.coordinate, "real") for parameter in parameters]
    has_scale = kind == "scaled" and not case.description.circular
    units = [
        2.0 ** math.frexp(theta[1])[1] if has_scale and parameter.low == -math.inf else 1.0
        for parameter in case.description.parameters
    ]
    return reference.Coordinates(domains, units)


def rate_for(fit, at, rule, reduction, batch_size):
    """A rate by which a hundred rows move theta by a good part of a standard error."""
    slopes = np.array(at.slopes(fit.theta.tolist()))
    cov = fit.cov / np.outer(slopes, slopes)
    if rule == "adam":  # its steps are as long as the rate
        return 0.01 * np.sqrt(cov.diagonal().min())
    rate = 0.1 / np.linalg.eigvalsh(np.linalg.inv(cov)).max()
    return rate * (batch_size if reduction == "mean" else 1)


def weights_for(x):
    return np.random.default_rng(8).choice([0.5, 1.0, 2.0], x.size)


def batches_of(x, w, batch_size, shuffle, rng):
    """The batches of an epoch, each with its weights or None, as lists."""
    rows = th.minibatches(np.arange(float(x.size)), batch_size, shuffle=shuffle, rng=rng)
    for batch in rows:
        index = batch.astype(int)
        yield x[index].tolist(), None if w is None else w[index].tolist()


def thetas(ascent, epochs):
    """Where an ascent of the reference is before the first and after each step."""
    trace = [ascent.theta]
    for epoch, batches in enumerate(epochs):
        if epoch > 0:
            ascent.next_epoch()
        for rows, weights in batches:
            ascent.step(rows, weights)
            trace.append(ascent.theta)
        ascent.end_epoch()
        trace[-1] = ascent.theta
    return np.array(trace)


@pytest.mark.parametrize(("family", "turn"), KINDS, ids=[identified(case) for case, _ in KINDS])
def test_every_rule_is_the_reference_step_for_step(family, turn):
    """All updates, coordinates and reductions; batches, shuffles, schedules, means and weights take turns.

    Both round each step to 1e-16 or so of theta, or of a score's largest term; in some hundred steps errors
    add up, and Adam divides them by small scores.
    """
    case, epochs = Case(*family), 2
    x = case.sample(150)
    fit = th.fit(x, case.family)
    start = fit.theta + 0.5 * fit.stderr
    for k, (kind, rule, reduction) in enumerate(SETTINGS, start=turn):
        batch_size, shuffle = FEEDS[k % len(FEEDS)]
        average = (None, "polyak", None, "epoch", "polyak")[k % 5]
        schedule = list(SCHEDULES)[k // 2 % 3]
        every = (1, 2, 3, 7)[k // 3 % 4]
        w = None if k % 3 else weights_for(x)
        at = coordinates(case, start.tolist(), kind)
        rate = rate_for(fit, at, rule, reduction, batch_size)
        rng = np.random.default_rng(5)
        ascent = reference.RuledAscent(
            case.reference,
            at,
            start.tolist(),
            SCHEDULES[schedule][1](rate),
            RULES[rule][1](),
            mean=reduction == "mean",
            average=average,
        )
        theirs = thetas(ascent, (batches_of(x, w, batch_size, shuffle, rng) for _ in range(epochs)))
        method = th.SGD(
            learning_rate=SCHEDULES[schedule][0](rate),
            epochs=epochs,
            batch_size=batch_size,
            shuffle=shuffle,
            coordinates=kind,
            reduction=reduction,
            average=average,
            update=RULES[rule][0],
        )
        seed = 5 if method.draws else None
        ours = th.fit(x, case.family, method=method, start=start, rng=seed, trace=every, weights=w)
        assert ours.epochs == epochs
        np.testing.assert_allclose(
            ours.trace,
            theirs[::every],
            rtol=1e-11,
            atol=1e-12 * fit.stderr.max(),
            err_msg=repr((method, w is None)),
        )
        steps = (len(theirs) - 1) // epochs
        np.testing.assert_allclose(ours.trace_epochs, np.arange(len(theirs))[::every] / steps)
        np.testing.assert_allclose(ours.theta, theirs[-1], rtol=1e-11, atol=1e-12 * fit.stderr.max())


@in_turn("batch_size", [1, 3, 70])
@pytest.mark.parametrize("family", SMOOTH, ids=identified)
def test_implicit_steps_are_the_reference_step_for_step(family, batch_size):
    """A step is a maximum, found until another look gains less than rounding hides: to half the digits.

    Batches of every size are summed for every other family, and their mean is taken for the others.
    """
    case, reduction = Case(*family), ("sum", "mean")[(SMOOTH.index(family) + batch_size // 2) % 2]
    x = case.sample(150)
    w = weights_for(x) if batch_size == 3 else None
    fit = th.fit(x, case.family)
    start = fit.theta + 0.5 * fit.stderr
    at = coordinates(case, start.tolist())
    rate = rate_for(fit, at, None, reduction, batch_size)
    rng = np.random.default_rng(5)
    settings = {"mean": reduction == "mean", "implicit": True}
    ascent = reference.RuledAscent(case.reference, at, start.tolist(), reference.constant(rate), **settings)
    theirs = thetas(ascent, [batches_of(x, w, batch_size, "rows", rng)])
    method = th.SGD(
        learning_rate=rate, batch_size=batch_size, coordinates="log", reduction=reduction, implicit=True
    )
    ours = th.fit(x, case.family, method=method, start=start, rng=5, trace=1, weights=w)
    np.testing.assert_allclose((ours.trace - theirs) / fit.stderr, 0, rtol=0, atol=1e-5)


SCALED = [
    th.SGD(),
    th.SGD(batch_size=1),
    th.SGD(batch_size=3, shuffle="batches", epochs=2),
    th.SGD(batch_size=10),
    th.SGD(batch_size=70, shuffle=None),
    th.SGD(batch_size=300, average="polyak"),
    th.SGD(batch_size=1500, shuffle="batches", epochs=2),
    th.SGD(batch_size=600, shuffle="spread"),
    th.SGD(
        learning_rate=th.InverseTime(0.7, 30),
        preconditioner="information",
        batch_size=7,
        update=th.Momentum(0.8),
    ),
    th.SGD(
        learning_rate=th.Power(1e-2, 0.6),
        preconditioner="information",
        batch_size=10,
        update=th.Adam(0.9, 0.99, 1e-6),
    ),
    th.SGD(
        learning_rate=1e-3,
        preconditioner="information",
        batch_size=10,
        reduction="mean",
        average="epoch",
        epochs=2,
    ),
    th.SGD(implicit=True, batch_size=10),
]
DRAWN = ["normal", "gamma", "student_t", "geometric", "poisson", "von_mises"]


SCALED_ASCENTS = [  # every method on every family; of each, half with weights
    (method, family, (i + j) % 2 == 1) for i, method in enumerate(SCALED) for j, family in enumerate(DRAWN)
]


@pytest.mark.parametrize(("method", "family", "weighted"), SCALED_ASCENTS, ids=str)
def test_a_scaled_ascent_is_the_reference_step_for_step(method, family, weighted):
    """6000 rows and some: the pilot's, two segments, and a part of one; of weights, in float64 exact ones."""
    case = Case(family, reference.Likelihood(family).family.THETAS[0])
    x = case.sample(6001)
    w = weights_for(x) if weighted else None
    seed = 5 if method.draws else None
    ours = th.fit(x, family, method=method, rng=seed, trace=1, weights=w)
    rng, (shuffle, size) = np.random.default_rng(5), method.order(x.size)
    first = list(batches_of(x, w, size, shuffle, rng))
    later = [batches_of(x, w, size, shuffle, rng) for _ in range(method.epochs - 1)]
    ends = np.cumsum([len(batch) for batch, _ in first])
    known = first[: 1 + int(np.searchsorted(ends, pilot_rows(shuffle, size)))]
    rows = [row for batch, _ in known for row in batch]
    weights = [weight for _, batch in known for weight in batch] if weighted else None
    pilot = th.fit(rows, family, weights=weights)
    np.testing.assert_allclose(ours.trace[0], pilot.theta, rtol=1e-12)
    start = ours.trace[0].tolist()
    terms = method.schedule.terms(0)
    follows = method.learning_rate is None and method.update is None
    ascent = (reference.FollowingAscent if follows else reference.ScaledAscent)(
        rows,
        weights,
        size,
        case.reference,
        coordinates(case, start, "scaled"),
        start,
        reference.power(terms.rate, terms.power, terms.offset),
        RULES[method.update and method.update.name][1](),
        mean=method.reduction == "mean",
        average=method.average,
        implicit=method.implicit,
    )
    theirs = thetas(ascent, [first[len(known) :], *later])
    near = 1e-5 if method.implicit else 1e-10  # to half the digits, as above
    np.testing.assert_allclose((ours.trace - theirs) / ours.stderr, 0, rtol=0, atol=near)
    after = (np.arange(len(theirs)) + len(known)) / len(first)
    np.testing.assert_allclose(ours.trace_epochs, after)


def test_no_step_of_a_scaled_ascent_is_longer_than_four_standard_errors():
    """One row, however far, as in the reference; at the end of its segment, theta goes to the maximum."""
    x = Case("normal", (0.0, 1.0)).sample(5000)
    x[4500] = 1e9
    ours = th.fit(x, "normal", method=th.SGD(batch_size=1, shuffle=None), trace=1)
    start = ours.trace[0].tolist()
    ascent = reference.FollowingAscent(
        x[:4096].tolist(),
        None,
        1,
        reference.Likelihood("normal"),
        coordinates(Case("normal", start), start, "scaled"),
        start,
        reference.power(1.0),
    )
    theirs = thetas(ascent, [[([row], None) for row in x[4096:].tolist()]])
    np.testing.assert_allclose(ours.trace, theirs, rtol=1e-11, atol=1e-13)
    far = ours.trace[4501 - 4096] - ours.trace[4500 - 4096]
    np.testing.assert_allclose(far, 4 * th.fit(x[:4096], "normal").stderr, rtol=0.1)


@pytest.mark.parametrize("far", [30.0, 1e9])
def test_a_batch_with_a_row_far_out_is_expanded_as_in_the_reference(far):
    """Not where it begins: a second look finds where its segment's maximum is."""
    x = Case("normal", (0.0, 1.0)).sample(6000)
    x[4800] = far
    ours = th.fit(x, "normal", method=th.SGD(batch_size=600, shuffle=None), trace=1)
    start, known = ours.trace[0].tolist(), 4200
    ascent = reference.FollowingAscent(
        x[:known].tolist(),
        None,
        600,
        reference.Likelihood("normal"),
        coordinates(Case("normal", start), start, "scaled"),
        start,
        reference.power(1.0),
    )
    batches = [(x[first : first + 600].tolist(), None) for first in range(known, 6000, 600)]
    np.testing.assert_allclose(ours.trace, thetas(ascent, [batches]), rtol=1e-11, atol=1e-13)


KINDS_OF_STEPS = [
    th.SGD(learning_rate=1e-4, epochs=2),
    th.SGD(learning_rate=1e-4, epochs=2, coordinates="log", average="polyak", update=th.Adam()),
    th.SGD(learning_rate=th.Power(1e-3), epochs=2, coordinates="log", implicit=True, reduction="mean"),
    th.SGD(epochs=2),
]


def settings_of(method, **changes):
    """The settings of a method but for some."""
    names = (field.name for field in dataclasses.fields(method))
    return type(method)(**({name: getattr(method, name) for name in names} | changes))


@in_turn("shuffle", _sgd.SHUFFLES)
@pytest.mark.parametrize("batch_size", [1, 3, 70])
@pytest.mark.parametrize("method", KINDS_OF_STEPS, ids=str)
def test_how_rows_lie_and_what_type_they_are_changes_no_bit(method, batch_size, shuffle):
    whole = np.random.default_rng(0).integers(-40, 40, 5001)
    method = settings_of(method, batch_size=batch_size, shuffle=shuffle)

    def run(x, seed=7):
        rng = seed if method.draws else None
        fit = th.fit(x, "normal", method=method, start=(0, 20), rng=rng, trace=100)
        return fit.theta.tolist(), fit.trace.tolist(), fit.stderr.tolist()

    expected = run(whole.astype(float))
    strided = np.repeat(whole.astype(float), 3)[::3]
    halves = run(whole / 2)
    assert run(whole) == run(whole.astype(np.int8)) == run(whole.astype(np.float32)) == expected
    assert run(strided) == run(whole.astype(float)[::-1].copy()[::-1]) == expected
    assert run(whole.astype(">f8")) == run(whole.astype(">i4")) == run(whole.tolist()) == expected
    assert run((whole / 2).astype(np.float16)) == run((whole / 2).astype(">f4")) == halves != expected
    assert run(whole.astype(float)) == expected
    assert not method.draws or run(whole, 8) != expected


@pytest.mark.parametrize("shuffle", _sgd.SHUFFLES)
@pytest.mark.parametrize("batch_size", [1, 10, 1000])
@pytest.mark.parametrize("method", [th.SGD(learning_rate=1e-6), th.SGD()], ids=str)
def test_rows_of_other_types_are_not_copied(method, batch_size, shuffle):
    """2e6 rows of float32 take 8 MB, a copy in float64 16 MB."""
    x = np.random.default_rng(0).standard_normal(2_000_000, np.float32)
    method = settings_of(method, batch_size=batch_size, shuffle=shuffle)
    rng = 0 if method.draws else None
    for rows in (x, np.repeat(x, 2)[::2]):
        tracemalloc.start()
        try:
            th.fit(rows, "normal", method=method, start=(0.1, 1.1), rng=rng)
            assert tracemalloc.get_traced_memory()[1] < 2 * rows.size
        finally:
            tracemalloc.stop()
