"""Chains side by side: each is the ascent that `fit` makes alone, to the last bit."""

import os
import random
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from test_ascent import seconds_to_return
from turns import in_turn

import thetahat as th
from thetahat import _core, _sgd
from thetahat.data.arrays import chunks_of
from thetahat.families import find_family

IN_LANES = ("normal", "logistic", "gumbel", "laplace", "exponential")


def near(x, case, count):
    """Starts around the true theta where every row is possible."""
    rng, starts = np.random.default_rng(1), []
    located = case.description.parameters[0].low == -np.inf and case.dimension is not None
    while len(starts) < count:
        start = tuple(np.array(case.theta) * np.exp(rng.uniform(-0.3, 0.3, len(case.theta))))
        if located:
            start = (case.theta[0] + 0.1 * case.theta[1], *start[1:])
        valid = find_family(case.family).model.valid(start)
        if valid and np.isfinite(th.log_likelihood(x, case.family, start)):
            starts.append(start)
    return starts


def alone(x, family, start, rate, method, rng=0):
    """The fits that those from several starts must equal."""
    one = th.SGD(learning_rate=rate, epochs=method.epochs, shuffle=method.shuffle)
    return th.fit(x, family, method=one, start=start, rng=rng if method.draws else None)


def assert_same(fits, others):
    for fit, other in zip(fits, others, strict=True):
        assert fit.theta.tolist() == other.theta.tolist()
        assert fit.to_dict() == other.to_dict()


def rate_for(case):
    """Small enough that a step moves no parameter far, whatever its units."""
    return 1e-4 * min(1.0, *(abs(value) for value in case.theta if value)) ** 2


@in_turn("count", [1, 2, 16, 17, 40])
def test_each_ascent_has_the_bits_of_fit(ascending, count):
    x = ascending.sample(301)
    starts = near(x, ascending, count)
    rates = [rate_for(ascending) * (1 + k / count) for k in range(count)]
    method = th.SGD(learning_rate=1.0, epochs=2)
    fits = th.fit_multistart(x, ascending.family, method=method, start=starts, learning_rate=rates, rng=0)
    assert_same(fits, [alone(x, ascending.family, s, r, method) for s, r in zip(starts, rates, strict=True)])


@pytest.mark.parametrize("shuffle", [None, "batches", "rows", "spread"])
@pytest.mark.parametrize("epochs", [1, 3])
@pytest.mark.parametrize("family", ["normal", "gumbel", "student_t"])
def test_every_order(family, epochs, shuffle):
    x = np.random.default_rng(0).normal(size=20_001 if family == "normal" else 2001)
    theta = {"student_t": (0.0, 1.0, 4.0)}.get(family, (0.0, 1.0))
    method = th.SGD(learning_rate=1e-4, epochs=epochs, shuffle=shuffle)
    starts = [theta, tuple(np.add(theta, 0.1))]
    rng = 5 if method.draws else None
    fits = th.fit_multistart(x, family, method=method, start=starts, rng=rng)
    assert_same(fits, [alone(x, family, start, 1e-4, method, 5) for start in starts])


@pytest.mark.parametrize("family", IN_LANES)
@pytest.mark.parametrize("count", [2, 16, 17])
def test_groups_have_a_sample_each(family, count):
    x = np.random.default_rng(0).exponential(size=(count, 700)) + np.arange(count)[:, None]
    start = (1.0,) if family == "exponential" else (1.0, 2.0)
    method = th.SGD(learning_rate=1e-4, epochs=2)
    fits = th.fit_multistart(x, family, method=method, start=start, rng=0)
    assert_same(fits, [alone(group, family, start, 1e-4, method) for group in x])
    assert fits[0].n == 700


def test_groups_of_a_family_without_lanes():
    x = np.random.default_rng(0).standard_t(4, size=(3, 500))
    method = th.SGD(learning_rate=1e-4, epochs=2, shuffle="batches")
    starts = [(0.0, 1.0, 4.0), (0.1, 1.0, 4.0), (0.0, 1.5, 4.0)]
    fits = th.fit_multistart(x, "student_t", method=method, start=starts, rng=0)
    assert_same(fits, [alone(g, "student_t", s, 1e-4, method) for g, s in zip(x, starts, strict=True)])


@pytest.mark.parametrize("family", [*IN_LANES, "weibull"])
@pytest.mark.parametrize("lost", [0, 7, 15, 16])
def test_an_ascent_that_diverges_leaves_the_others_alone(family, lost):
    x = np.abs(np.random.default_rng(0).normal(1, 2, 1001))
    start = (1.0,) if family == "exponential" else (1.0, 2.0)
    rates = [1e-5] * 18
    rates[lost] = 50.0
    method = th.SGD(learning_rate=1e-5, epochs=3)
    fits = th.fit_multistart(x, family, method=method, start=start, learning_rate=rates, rng=0)
    assert [fit.status == "diverged" for fit in fits] == [k == lost for k in range(18)]
    assert_same(fits, [alone(x, family, start, rate, method) for rate in rates])


@pytest.mark.parametrize("family", ["normal", "laplace"])
@pytest.mark.parametrize("lost_at", [0, 255, 256, 400, 999])
def test_it_stays_where_its_last_good_step_led(family, lost_at):
    """Each step up to the row that is too far away counts; none from there on."""
    x = np.random.default_rng(0).normal(size=1000)
    if family == "normal":
        x[lost_at] = 1e200
    method = th.SGD(learning_rate=1e-3, epochs=4, shuffle=None)
    rates = [1e-3, 1e-3 if family == "normal" else 10.0]
    fits = th.fit_multistart(x, family, method=method, start=(0, 1), learning_rate=rates)
    assert fits[1].status == "diverged"
    assert_same(fits, [alone(x, family, (0, 1), rate, method) for rate in rates])


def ends(family, rows, starts, rates):
    """Where lanes end alone, and side by side."""
    lanes = _sgd.Lanes(find_family(family).model, list(starts), list(rates))
    lanes.run(chunks_of(rows)[0], None, 2)
    return lanes.ends()


@pytest.mark.parametrize("family", ["normal", "logistic", "gumbel", "laplace"])
def test_starts_of_wildly_different_scales(family):
    """Each lane has its own unit; what the sample says where some stay is beyond what doubles can hold."""
    x = np.random.default_rng(0).normal(size=400)
    starts = [(0.0, 10.0**k) for k in range(-300, 301, 40)]
    method = th.SGD(learning_rate=1e-3, epochs=2, shuffle=None)
    together = ends(family, x, starts, [1e-3] * 16)
    for start, end in zip(starts, together, strict=True):
        assert ends(family, x, [start], [1e-3]) == [end]
        if 1e-100 < start[1] < 1e100:
            fit = th.fit(x, family, method=method, start=start)
            assert (tuple(fit.theta), fit.epochs, fit.status == "diverged") == end


@pytest.mark.parametrize("family", ["normal", "logistic", "gumbel", "laplace"])
def test_groups_of_wildly_different_scales(family):
    rows = np.random.default_rng(0).normal(size=400)
    scales = [10.0**k for k in range(-150, 151, 15)]
    x = np.array([rows * scale for scale in scales])
    starts = [(0.0, scale) for scale in scales]
    rates = [1e-3 * scale**2 for scale in scales]
    method = th.SGD(learning_rate=1.0, epochs=2)
    fits = th.fit_multistart(x, family, method=method, start=starts, learning_rate=rates, rng=0)
    assert_same(fits, [alone(g, family, s, r, method) for g, s, r in zip(x, starts, rates, strict=True)])
    assert not any(fit.status == "diverged" for fit in fits)


PLAIN = th.SGD(learning_rate=1e-4)


@pytest.mark.parametrize(
    "method",
    [
        th.SGD(),
        th.SGD(learning_rate=1e-4, batch_size=10),
        th.SGD(learning_rate=th.InverseTime(1.0, 1.0)),
        th.SGD(learning_rate=lambda epoch: 1e-4 / epoch),
        th.SGD(learning_rate=1e-4, update=th.Adam()),
        th.SGD(learning_rate=1e-4, update=th.Momentum(0.9)),
        th.SGD(learning_rate=1e-4, average="polyak"),
        th.SGD(learning_rate=1e-4, coordinates="log"),
        th.SGD(learning_rate=1e-4, polish=True),
        th.SGD(learning_rate=1e-4, tol=1e-3),
        th.Exact(),
        th.GradientAscent(learning_rate=1e-4, epochs=1),
        None,
    ],
    ids=str,
)
def test_methods_that_do_not_go(method):
    with pytest.raises(th.ParameterError, match="fit_multistart requires SGD"):
        th.fit_multistart([1.0, 2.0], "normal", method=method, start=(0, 1))


ROWS, GROUPS = [1.0, 2.0, 4.0], [[1.0, 2.0, 4.0], [0.0, 2.0, 3.0]]


@pytest.mark.parametrize(
    ("x", "settings", "error", "message"),
    [
        (ROWS, {"start": [(0, 1)] * 2, "learning_rate": [1e-4] * 3}, th.ParameterError, "do not match"),
        (GROUPS, {"start": [(0, 1)] * 3}, th.ParameterError, "'samples': 2, 'starts': 3, 'rates': 1"),
        (GROUPS, {"learning_rate": [1e-4] * 3}, th.ParameterError, "do not match"),
        (ROWS, {"learning_rate": []}, th.ParameterError, "do not match"),
        (ROWS, {"start": np.empty((0, 2))}, th.ParameterError, "start has 0 value"),
        (ROWS, {"learning_rate": [1e-4, 0.0]}, th.ParameterError, "learning_rate must be a positive"),
        (ROWS, {"learning_rate": 1e-4}, th.ParameterError, "learning_rate"),
        (ROWS, {"start": [(0, 1), (0, -1)]}, th.ParameterError, "start 1"),
        (ROWS, {"start": [(0, 1), (0, 1, 2)]}, th.ParameterError, "start"),
        (ROWS, {"start": (0, 1, 2)}, th.ParameterError, "start"),
        (ROWS, {"start": None}, th.ParameterError, "start"),
        ([1.0, np.nan], {}, th.SampleError, "the first at index 1"),
        ([[1.0, 2.0], [1.0, np.nan]], {}, th.SampleError, "the first at index 1"),
        ([], {}, th.SampleError, "x is empty"),
        (np.empty((2, 0)), {}, th.SampleError, r"x has shape \(2, 0\): there is no row"),
        (np.empty((0, 2)), {}, th.SampleError, r"x has shape \(0, 2\): there is no row"),
        ([[[1.0]]], {}, th.SampleError, "one-dimensional"),
        (1.0, {}, th.SampleError, "single value"),
        ([[1.0, 2.0], [3.0]], {}, th.SampleError, "different lengths"),
        ([2.0, 2.0], {}, th.NoMaximumError, "not all equal"),
        ([[1.0, 2.0], [2.0, 2.0]], {}, th.NoMaximumError, "not all equal"),
        (["a", "b"], {}, TypeError, "real numbers"),
        ([["a", "b"]], {}, TypeError, "real numbers"),
    ],
)
def test_what_does_not_go_together(x, settings, error, message):
    with pytest.raises(error, match=message):
        th.fit_multistart(x, "normal", **{"method": PLAIN, "start": (0, 1), **settings})


def test_families_and_orders_are_checked():
    with pytest.raises(th.ParameterError, match=r"on the boundary of the support: use fit with Exact\(\)"):
        th.fit_multistart(ROWS, "uniform", method=PLAIN, start=(0, 9))
    with pytest.raises(th.UnknownFamilyError):
        th.fit_multistart(ROWS, "nirmal", method=PLAIN, start=(0, 9))
    with pytest.raises(th.ParameterError, match="draws no random numbers"):
        th.fit_multistart(ROWS, "normal", method=replace(PLAIN, shuffle=None), start=(0, 9), rng=0)
    with pytest.raises(th.ParameterError, match=r"start: 2 row\(s\) lie outside the support"):
        th.fit_multistart(ROWS, "generalized_pareto", method=PLAIN, start=[(0.1, 9.0), (-0.5, 1.0)])
    with pytest.raises(th.SampleError, match="outside the support of exponential"):
        th.fit_multistart([[1.0, 2.0], [1.0, -2.0]], "exponential", method=PLAIN, start=(1,))


def test_masked_rows_of_groups():
    """Rows taken out leave groups of equal length, or they do not go side by side."""
    x = np.ma.array([[1.0, 2.0, 4.0], [0.0, 2.0, 3.0]], mask=[[1, 0, 0], [0, 0, 1]])
    fits = th.fit_multistart(x, "normal", method=PLAIN, start=(0, 1), rng=0)
    assert_same(fits, [alone(rows, "normal", (0, 1), 1e-4, PLAIN) for rows in ([2.0, 4.0], [0.0, 2.0])])
    x.mask = [[1, 0, 0], [0, 0, 0]]
    with pytest.raises(th.SampleError, match="of 2 to 3 rows without"):
        th.fit_multistart(x, "normal", method=PLAIN, start=(0, 1))


@pytest.mark.parametrize("dtype", ["i1", "i4", "i8", "f2", "f4", ">f8"])
def test_other_types_of_numbers(dtype):
    x = np.random.default_rng(0).integers(-50, 50, 2001)
    ours = th.fit_multistart(x.astype(dtype), "normal", method=PLAIN, start=[(0, 9), (1, 9)], rng=0)
    assert_same(ours, [alone(x.astype(float), "normal", start, 1e-4, PLAIN) for start in [(0, 9), (1, 9)]])
    groups = x[:2000].reshape(4, 500)
    for of_groups in (groups.astype(dtype), np.asfortranarray(groups.astype(dtype)), groups.tolist()):
        ours = th.fit_multistart(of_groups, "normal", method=PLAIN, start=(0, 9), rng=0)
        assert_same(ours, [alone(g.astype(float), "normal", (0, 9), 1e-4, PLAIN) for g in groups])


def test_strided_rows():
    x = np.random.default_rng(0).normal(size=5000)
    ours = th.fit_multistart(x[::-3], "normal", method=PLAIN, start=(0, 1), rng=0)
    assert_same(ours, [alone(x[::-3].copy(), "normal", (0, 1), 1e-4, PLAIN)])


def test_all_ascents_take_one_order():
    """The nineteenth as the first, whatever the source of the order; rows stay as they were."""
    x = np.random.default_rng(0).normal(size=1000)
    before = x.tobytes()
    for rng in (3, np.random.default_rng(3), np.random.PCG64(3), np.random.Generator(np.random.MT19937(3))):
        fits = th.fit_multistart(x, "normal", method=PLAIN, start=[(0, 1)] * 19, rng=rng)
        assert len({fit.theta.tobytes() for fit in fits}) == 1
    one, other = (th.fit_multistart(x, "normal", method=PLAIN, start=(0, 1)) for _ in range(2))
    assert one[0].theta.tolist() != other[0].theta.tolist()
    assert x.tobytes() == before


def test_a_generator_goes_on_as_with_fit():
    x = np.random.default_rng(0).normal(size=1000)
    ours, theirs = np.random.default_rng(3), np.random.default_rng(3)
    th.fit_multistart(x, "normal", method=PLAIN, start=[(0, 1)] * 19, rng=ours)
    th.fit(x, "normal", method=PLAIN, start=(0, 1), rng=theirs)
    assert ours.bit_generator.state == theirs.bit_generator.state


def test_fits_of_several_starts_answer_as_others():
    x = np.random.default_rng(0).normal(size=1000)
    fit = th.fit_multistart(x, "normal", method=PLAIN, start=(0, 1), rng=0)[0]
    assert fit.trace is None
    assert th.Fit.from_dict(fit.to_dict()).to_dict() == fit.to_dict()
    assert fit.newton_decrement == alone(x, "normal", (0, 1), 1e-4, PLAIN).newton_decrement
    assert "sgd" in str(fit).lower()


@pytest.mark.parametrize("family", ["normal", "student_t"])
def test_ctrl_c(family):
    x = np.random.default_rng(0).normal(size=1000)
    random.seed(0)
    start = {"normal": (0, 1), "student_t": (0, 1, 4)}[family]
    method = th.SGD(learning_rate=1e-12, epochs=10**9)
    assert (
        min(
            seconds_to_return(lambda: th.fit_multistart(x, family, method=method, start=start))
            for _ in range(3)
        )
        < 0.1
    )


def test_ctrl_c_among_groups():
    x = np.random.default_rng(0).normal(size=(16, 1000))
    method = th.SGD(learning_rate=1e-12, epochs=10**9)
    assert (
        min(
            seconds_to_return(lambda: th.fit_multistart(x, "normal", method=method, start=(0, 1)))
            for _ in range(3)
        )
        < 0.1
    )


def results():
    rng = np.random.default_rng(0)
    for family in IN_LANES:
        x = rng.exponential(size=(17, 400))
        scales = 2.0 ** rng.uniform(-3, 3, 17)
        starts = [(scale,) if family == "exponential" else (1.0, scale) for scale in scales]
        method = th.SGD(learning_rate=1e-3, epochs=2)
        for sample in (x, x[0]):
            for fit in th.fit_multistart(sample, family, method=method, start=starts, rng=0):
                yield f"{family} {fit.theta.tobytes().hex()} {fit.status}"


def test_every_instruction_set_gives_the_same_bits():
    outputs = set()
    for level in _core.isa_levels:
        done = subprocess.run(
            [sys.executable, __file__],
            env=dict(os.environ, THETAHAT_ISA=level),
            capture_output=True,
            text=True,
            check=True,
        )
        outputs.add(done.stdout)
    assert outputs == {"".join(f"{line}\n" for line in results())}


if __name__ == "__main__":
    print(*results(), sep="\n")
