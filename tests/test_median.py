"""The maximum where a likelihood has a kink at each row: the weighted median, by any route to it."""

import numpy as np
import pytest

import thetahat as th
from thetahat.solvers import median

LAPLACE = np.random.default_rng(0).laplace(5, 2, 60_001)


def middle(a, b):
    """The midpoint, which does not overflow."""
    return (a + b) / 2 if np.isfinite(a + b) else a / 2 + b / 2


def median_of(x, weights):
    """By its definition: the midpoint of the least rows up to which there is half of the weight, and more."""
    order = np.argsort(x, kind="stable")
    ratios = [w.as_integer_ratio() for w in weights[order].tolist()]
    exact = [above * (2**1074 // below) for above, below in ratios]  # in units of the least double
    total, up_to, found = sum(exact), 0, []
    for row, weight in zip(x[order].tolist(), exact, strict=True):
        up_to += weight
        while len(found) < 2 and (2 * up_to > total if found else 2 * up_to >= total):
            found.append(row)
    return middle(*found)


def fitted(x, weights=None, threads=None):
    """The location; where all rows that count are equal, the error says so."""
    try:
        return th.fit(x, "laplace", weights=weights, threads=threads).params["mu"]
    except th.NoMaximumError:
        return x[0] if weights is None else x[weights > 0][0]


def test_one_row_has_no_maximum():
    with pytest.raises(th.NoMaximumError, match="at least two rows, not all equal"):
        th.fit(LAPLACE[:1], "laplace")


@pytest.mark.parametrize("n", [2, 3, 4, 1999, 2001, 60_000, 60_001])
@pytest.mark.parametrize("order", ["drawn", "up", "down"])
def test_the_location_is_the_median(n, order):
    x = LAPLACE[:n] if order == "drawn" else np.sort(LAPLACE[:n])[:: 1 if order == "up" else -1]
    fit = th.fit(x, "laplace")
    assert fit.params["mu"] == np.median(x)
    assert fit.passes == 3
    assert (fit.newton_decrement, fit.status) == (pytest.approx(0, abs=1e-20), "converged")


RANDOM = np.random.default_rng(3)
ROWS = {
    "smooth": RANDOM.laplace(5, 2, 4097),
    "heavy tails": RANDOM.standard_cauchy(4097),
    "all magnitudes": RANDOM.choice([-1, 1], 4097) * 10.0 ** RANDOM.uniform(-290, 290, 4097),
    "alike in most digits": 1e6 + RANDOM.normal(size=4097),
    "counts": RANDOM.integers(-3, 4, 4097).astype(float),
    "zeros of both signs": np.where(RANDOM.random(4097) < 0.6, RANDOM.choice([0.0, -0.0], 4097), 1.0),
    "a gap in the middle": RANDOM.random(4097) + 5 * (np.arange(4097) % 2),
    "tiny": 1e-300 * RANDOM.normal(size=4097),
}
WEIGHTS = {
    "none": None,
    "counts": RANDOM.integers(0, 4, 4097),
    "tenths": np.full(4097, 0.1),
    "of all magnitudes": RANDOM.choice([0.0, 1.0], 4097) * 10.0 ** RANDOM.uniform(-8, 8, 4097),
}
SIZES = [15, 16, 17, 255, 256, 257, 2047, 2048, 2049, 4097]  # about lanes, sorted rows and blocks


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("weighted", WEIGHTS)
def test_the_median_is_exact(rows, weighted):
    for n in SIZES:
        x, weights = ROWS[rows][:n], WEIGHTS[weighted]
        weights = None if weights is None else weights[:n]
        exact = median_of(x, np.ones(n) if weights is None else weights)
        assert fitted(x, weights) == exact


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("weighted", WEIGHTS)
def test_the_median_is_exact_from_any_interval_and_with_no_room(rows, weighted, monkeypatch):
    x, weights = ROWS[rows], WEIGHTS[weighted]
    exact = median_of(x, np.ones(x.size) if weights is None else weights)
    ends = np.sort(np.random.default_rng(4).choice(x, (5, 2)))
    for room in (1, 300):
        monkeypatch.setattr(median, "_room", lambda _, room=room: room)
        for low, high in ends.tolist():
            monkeypatch.setattr(median, "_by_pilot", lambda _, interval=(low, high): interval)
            assert fitted(x, weights) == exact


def misleading(n):
    """Rows of which every one that a pilot takes is far out."""
    x = 1e6 + np.random.default_rng(5).normal(size=n)
    x[:: int(n ** (1 / 3) / 2)] = -1e9
    return x


@pytest.mark.parametrize("weights", [None, np.random.default_rng(6).uniform(size=600_000)])
def test_the_median_does_not_depend_on_threads(weights):
    for x in (np.resize(LAPLACE, 600_000), misleading(600_000)):
        assert len({fitted(x, weights, threads) for threads in (1, 2, 5)}) == 1
        if weights is None:
            assert fitted(x) == np.median(x)


PILOT_MISLEADS = {
    "every sixth row lies apart": np.where(np.arange(60_000) % 6 == 0, 1e9, LAPLACE[:60_000]),
    "and so below": np.where(np.arange(60_000) % 6 == 0, -1e9, LAPLACE[:60_000]),
    "two values": np.repeat([0.0, 1.0], 30_000),
    "most rows equal": np.repeat([0.0, 7.0, 9.0], [10_000, 40_000, 10_000]),
    "near overflow": 1.7e308 * np.random.default_rng(1).uniform(-1, 1, 50_000),
}


@pytest.mark.parametrize("name", PILOT_MISLEADS)
def test_the_median_where_a_pilot_misleads(name):
    x = PILOT_MISLEADS[name]
    fit = th.fit(x, "laplace")
    assert fit.params["mu"] == np.median(x / 2) * 2
    small, mu = x / 2.0**20, fit.params["mu"] / 2.0**20
    assert fit.params["b"] == pytest.approx(np.mean(np.abs(small - mu)) * 2.0**20, rel=1e-12)
    assert fit.passes <= 5


def test_weights_beyond_doubles():
    with pytest.raises(th.SampleError, match="weights of this sample add up to more than doubles can hold"):
        th.fit([1.0, 2.0, 4.0], "laplace", weights=[1e308] * 3)


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_bad_weights_are_named(bad):
    weights = np.ones(LAPLACE.size)
    weights[777] = bad
    with pytest.raises(th.SampleError, match="negative or not finite, the first at index 777"):
        th.fit(LAPLACE, "laplace", weights=weights)


def test_rows_at_the_median_are_no_slope():
    """Of equal rows at a median the subgradient holds zero, whatever lies beside them."""
    fit = th.fit([0.0, 7.0, 7.0, 7.0, 9.0, 10.0], "laplace")
    assert (fit.params["mu"], fit.newton_decrement) == (7.0, 0.0)
    beside = th.fit([0.0, 7.0, 9.0, 10.0, 11.0], "laplace", fixed={"mu": 7.0, "b": 2.0})
    assert beside.newton_decrement == 0  # nothing is free
    ended = th.fit(
        [0.0, 7.0, 9.0, 10.0, 11.0],
        "laplace",
        method=th.GradientAscent(learning_rate=1e-9, epochs=1),
        start=(7.0, 2.0),
    )
    assert ended.status == "max_epochs"
    assert ended.newton_decrement > 0.1
