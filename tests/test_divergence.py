"""An ascent ends before the first step that would leave the domain, wherever among its rows that step is."""

import math
from functools import cache

import numpy as np
import pytest
from conftest import FIRSTS, Case
from turns import in_turn

import thetahat as th
from thetahat import _sgd, reference

ROWS = 70
PLACES = (0, 31, 32, 33, ROWS - 1)  # of the row that leads out: steps are checked 32 at a time
ASCENDING = [case for case in (Case(*first) for first in FIRSTS) if case.ascends]


def step_of(case, theta, X, rate, weights=None):
    """The reference's step, or None where it leaves the domain."""
    try:
        step = reference.gradient_step(theta, case.reference.score(X, theta, weights), rate)
    except (OverflowError, ValueError):  # of infinite terms
        return None
    return step if all(map(math.isfinite, step)) and case.description.model.valid(step) else None


def last_good(case, theta, batches, rate):
    """Where the reference's steps on batches and their weights lead, and how many of them there are."""
    for done, (X, weights) in enumerate(batches):
        step = step_of(case, theta, X, rate, weights)
        if step is None:
            return theta, done
        theta = step
    raise AssertionError("no step leaves the domain")


@cache
def setting(case):
    """Rows, a start, and a rate by which these move theta by little."""
    x, start = case.sample(ROWS), list(case.theta)
    J = np.reshape(case.reference.information(x.tolist(), start), (len(start), -1))
    return x, start, 0.01 / float(np.abs(J).max())


def batches_of(x, weights, size):
    """Neighbouring rows and their weights, as lists."""
    for first in range(0, x.size, size):
        part = slice(first, first + size)
        yield x[part].tolist(), None if weights is None else weights[part].tolist()


def heavy_row(case, x, start, rate):
    """A row and a weight by which a step from the start leaves the domain."""
    for k in range(0, 1000, 5):
        for row in x.tolist():
            if step_of(case, start, [row], rate, [2.0**k]) is None:
                return row, 2.0 ** (k + 5)
    raise AssertionError("no weight leads out of the domain")


@cache
def far_row(case):
    """A row, far out, whose step from the start leaves the domain without a weight, or None."""
    x, start, rate = setting(case)
    row = math.ldexp(float(x[0]), 600)
    try:
        th.log_likelihood([row], case.family, start)
        case.reference.family.score(row, start)
    except (th.ThetahatError, OverflowError):  # outside the support, or beyond the reference's functions
        return None
    return row if step_of(case, start, [row], rate) is None else None


FAR = [case for case in ASCENDING if far_row(case)]


@in_turn("batch_size", [1, 10])
@pytest.mark.parametrize("case", ASCENDING, ids=repr)
def test_a_heavy_row_ends_the_ascent_where_the_reference_ends(case, batch_size):
    x, start, rate = setting(case)
    row, weight = heavy_row(case, x, start, rate)
    for place in PLACES:
        rows, weights = x.copy(), np.ones(ROWS)
        rows[place], weights[place] = row, weight
        theta, steps = last_good(case, start, batches_of(rows, weights, batch_size), rate)
        method = th.SGD(learning_rate=rate, epochs=2, batch_size=batch_size, shuffle=None)
        settings = {"method": method, "start": start, "weights": weights}
        fits = [th.fit(rows, case.family, trace=trace, **settings) for trace in (False, "epoch", 7, 1)]
        np.testing.assert_allclose(fits[0].theta, theta, rtol=1e-11, atol=0)
        assert len(fits[-1].trace) == steps + 1
        assert fits[-1].trace[-1].tolist() == fits[0].theta.tolist()
        for fit in fits:
            assert (fit.status, fit.epochs, str(fit)) == ("diverged", 0, str(fits[0]))
            assert fit.theta.tolist() == fits[0].theta.tolist()


@pytest.mark.parametrize(
    ("shuffle", "batch_size"), [("rows", 1), ("rows", 10), ("batches", 10), ("batches", 3)]
)
@pytest.mark.parametrize("case", FAR, ids=repr)
def test_a_far_row_ends_a_shuffled_ascent_where_the_reference_ends(case, shuffle, batch_size):
    x, start, rate = setting(case)
    order = th.minibatches(np.arange(float(ROWS)), batch_size, shuffle=shuffle, rng=3)
    order = np.concatenate(list(order)).astype(int)
    for place in PLACES:
        rows = x.copy()
        rows[order[place]] = far_row(case)
        batches = [(b.tolist(), None) for b in th.minibatches(rows, batch_size, shuffle=shuffle, rng=3)]
        theta, steps = last_good(case, start, batches, rate)
        method = th.SGD(learning_rate=rate, epochs=2, batch_size=batch_size, shuffle=shuffle)
        fits = [
            th.fit(rows, case.family, method=method, start=start, rng=3, trace=trace)
            for trace in (False, 7, 1)
        ]
        np.testing.assert_allclose(fits[0].theta, theta, rtol=1e-11, atol=0)
        assert len(fits[-1].trace) == steps + 1
        for fit in fits:
            assert (fit.status, fit.epochs, fit.theta.tolist()) == ("diverged", 0, fits[0].theta.tolist())


@in_turn("batch_size", [1, 10])
@pytest.mark.parametrize("case", FAR, ids=repr)
def test_a_far_row_ends_a_stream_where_it_ends_a_fit(case, batch_size):
    """Whatever the portions that it comes in."""
    x, start, rate = setting(case)
    for place in PLACES:
        rows = x.copy()
        rows[place] = far_row(case)
        method = th.SGD(learning_rate=rate, epochs=1, batch_size=batch_size, shuffle=None)
        fit = th.fit(rows, case.family, method=method, start=start)
        for portion in (1, 9, 32, 33, ROWS):
            stream = _sgd.Stream(case.description.model, method.compiled(batch_size, ()))
            stream.begin(start, x)
            for first in range(0, ROWS, portion):
                stream.feed(rows[first : first + portion])
            assert stream.finished().diverged
            assert stream.finished().theta == tuple(fit.theta)


LEADING_OUT = {  # by rows from mu = 0, sigma = 1 on, with their rates
    "to zero": (1.0, [0.0]),
    "and back": (1.05, [0.0, 0.0]),
    "and back again": (1.05, [0.0, 0.0, 9.0, 0.0]),
    "to an infinite sigma": (1e-3, [1e200]),
    "to infinite parameters": (1e300, [1e200]),
}


@in_turn("batch_size", [1, 3])
@in_turn("place", [0, 30, 31, 32, 90])
@pytest.mark.parametrize(("rate", "last"), LEADING_OUT.values(), ids=LEADING_OUT)
def test_a_step_that_leaves_the_domain_ends_the_ascent_even_if_others_return(rate, last, place, batch_size):
    """Rows of so small a weight that steps on them move nothing come before."""
    case = Case("normal", (0.0, 1.0))
    rows = np.concatenate([np.tile([1.0, -1.0], 45)[:place], np.repeat(last, batch_size), [0.5] * 7])
    weights = np.ones(rows.size)
    weights[:place] = 1e-320
    batches = batches_of(rows, weights, batch_size)
    theta, steps = last_good(case, [0.0, 1.0], batches, rate)
    method = th.SGD(learning_rate=rate, epochs=1, batch_size=batch_size, shuffle=None)
    fits = [
        th.fit(rows, "normal", method=method, start=(0, 1), weights=weights, trace=k) for k in (False, 5, 1)
    ]
    np.testing.assert_allclose(fits[0].theta, theta, rtol=1e-11, atol=1e-300)
    assert len(fits[-1].trace) == steps + 1
    assert {fit.status for fit in fits} == {"diverged"}
    assert len({tuple(fit.theta) for fit in fits}) == 1
