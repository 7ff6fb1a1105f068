"""The order of an epoch: the reference's to the last index, and fair."""

import threading
from collections import Counter
from ctypes import CFUNCTYPE, addressof, c_char_p, c_uint64, c_void_p, cast, py_object, pythonapi
from itertools import permutations

import numpy as np
import pytest
from scipy.stats import chi2
from turns import in_turn

import thetahat as th
from thetahat import _sgd, reference
from thetahat.data.arrays import chunks_of
from thetahat.reference.order import SPREAD_RUN, SPREAD_WINDOW, epoch, shuffled, spread


def compiled(n, bits, batch_size=1, shuffle="rows"):
    reader = _sgd.EpochReader(chunks_of(np.arange(float(n)))[0], batch_size, shuffle, bits)
    return reader.rest().astype(int).tolist()


@in_turn("n", [1, 2, 3, 7, 16, 255, 256, 1000, reference.order.WINDOW, 16_385, 40_001])
@pytest.mark.parametrize("unit", [1, 2, 10, 255, 256, 300, 5000])
def test_an_epoch_is_the_reference_on_the_same_words(n, unit):
    ours, theirs = np.random.PCG64(n), np.random.PCG64(n)
    for _ in range(3):  # epochs: the generators stay in step
        order = compiled(n, ours, unit, "rows" if unit == 1 else "batches")
        assert order == [row for rows in epoch(n, unit, theirs.random_raw) for row in rows]
        assert sorted(order) == list(range(n))


SPREAD_SIZES = [1, 15, 16, 17, 31, 32, 33, 2047, 2048, 2049, 40_000]


@pytest.mark.parametrize("n", [*SPREAD_SIZES, *(SPREAD_RUN * SPREAD_WINDOW + k for k in (-1, 0, 1, 17))])
def test_a_spread_epoch_is_the_reference_on_the_same_words(n):
    ours, theirs = np.random.PCG64(n), np.random.PCG64(n)
    for batch_size in (1, 7, 2048):
        order = compiled(n, ours, batch_size, "spread")
        assert order == spread(n, theirs.random_raw)
        assert sorted(order) == list(range(n))


@pytest.mark.parametrize("window", [1, 2, 3, 16])
def test_spread_windows_of_any_number_of_runs(window, monkeypatch):
    """The short run at the end of the sample is in one of them."""
    monkeypatch.setattr(_sgd, "WINDOW", SPREAD_RUN * window)
    for n in (*SPREAD_SIZES[:-1], 333):
        theirs = np.random.PCG64(n)
        assert compiled(n, np.random.PCG64(n), 1, "spread") == spread(n, theirs.random_raw, window)


def test_each_batch_of_a_spread_order_holds_rows_of_as_many_runs():
    """Of each run another row, at a place that chance decides."""
    n = 1 << 18
    batches = np.array(compiled(n, np.random.PCG64(5), 2048, "spread"))[: n // 2048 * 2048].reshape(-1, 2048)
    assert all(np.unique(batch // SPREAD_RUN).size == 2048 for batch in batches[:64])
    places = np.bincount(batches[0] % SPREAD_RUN, minlength=SPREAD_RUN)
    assert ((places - 128) ** 2 / 128).sum() < chi2.isf(1e-9, df=SPREAD_RUN - 1)


def test_all_orders_of_what_fits_the_window_are_one_shuffle():
    assert compiled(1000, np.random.PCG64(4)) == shuffled(1000, np.random.PCG64(4).random_raw)


def test_a_long_order_mixes_its_windows():
    """Runs land anywhere in an epoch, and no two rows of a run stay neighbours but by chance."""
    n = 1 << 18
    order = np.array(compiled(n, np.random.PCG64(5)))
    place = np.empty(n, int)
    place[order] = np.arange(n)
    windows = place // reference.order.WINDOW
    assert (windows.reshape(-1, reference.order.RUN).std(axis=1) == 0).all()
    moved = np.corrcoef(np.arange(n // 256), place[::256])[0, 1]
    assert abs(moved) < 5 / (n // 256) ** 0.5
    assert np.mean(np.abs(np.diff(order)) == 1) < 1e-3


@pytest.mark.parametrize("batch_size", [1, 10])
def test_an_order_of_windows_costs_no_accuracy_where_rows_are_sorted(batch_size):
    """The worst case for it: a window then holds whole neighbourhoods of values, not single draws of them."""
    rng, distances = np.random.default_rng(6), []
    for seed in range(20):
        x = np.sort(rng.normal(1, 2, 200_000))
        best, method = th.fit(x, "normal"), th.SGD(batch_size=batch_size)
        fit = th.fit(x, "normal", method=method, rng=seed)
        distances.append((fit.theta - best.theta) / best.stderr)
    assert (np.sqrt(np.mean(np.square(distances), axis=0)) < 0.15).all()


def test_words_that_would_bias_the_order_are_drawn_again():
    """Words 0 .. 2^64 mod 24 - 1 are one too many for the 24 orders of four entries."""
    rejected = [0, 0x8000000000000000]
    words = iter([*rejected, 0x9000000000000000])
    assert shuffled(4, lambda: next(words)) == [2, 1, 3, 0]
    assert next(words, None) is None


class Words:
    """A bit generator that draws given words, through the C struct that NumPy's capsules hold."""

    def __init__(self, words):
        self.left = list(words)
        self.lock = threading.Lock()
        self.next_word = CFUNCTYPE(c_uint64, c_void_p)(lambda _: self.left.pop(0))
        address = cast(self.next_word, c_void_p)
        self.struct = (c_void_p * 5)(None, address, None, None, None)
        new = pythonapi.PyCapsule_New
        new.restype, new.argtypes = py_object, (c_void_p, c_char_p, c_void_p)
        self.capsule = new(addressof(self.struct), b"BitGenerator", None)


def test_the_compiled_shuffle_draws_them_again_too():
    words = Words([0, 0x8000000000000000, 0x9000000000000000])
    assert compiled(4, words) == [2, 1, 3, 0]
    assert words.left == []


@pytest.mark.parametrize("generator", [np.random.PCG64, np.random.Philox, np.random.MT19937])
def test_every_order_of_four_is_as_likely(generator):
    bits, draws = generator(1), 48_000
    seen = Counter(tuple(compiled(4, bits)) for _ in range(draws))
    assert set(seen) == set(permutations(range(4)))
    expected = draws / 24
    statistic = sum((count - expected) ** 2 / expected for count in seen.values())
    assert statistic < chi2.isf(1e-9, df=23)


def test_every_place_of_a_long_order_is_as_likely():
    bits, n, draws = np.random.PCG64(2), 100, 20_000
    counts = np.zeros((n, n))
    for _ in range(draws):
        counts[np.arange(n), compiled(n, bits)] += 1
    statistic = ((counts - draws / n) ** 2 / (draws / n)).sum()
    freedom = (n - 1) ** 2
    assert chi2.isf(1 - 1e-9, df=freedom) < statistic < chi2.isf(1e-9, df=freedom)


@pytest.mark.parametrize("shuffle", _sgd.SHUFFLES)
@pytest.mark.parametrize("batch_size", [1, 3, 10, 14, 99])
def test_minibatches_partition_the_sample(shuffle, batch_size):
    x = np.arange(14.0)
    batches = list(th.minibatches(x, batch_size, shuffle=shuffle, rng=5))
    assert sorted(np.concatenate(batches).tolist()) == x.tolist()
    assert sorted(map(len, batches), reverse=True) == [
        len(x[i : i + batch_size]) for i in range(0, 14, batch_size)
    ]
    if shuffle in (None, "batches"):
        assert all(np.shares_memory(batch, x) for batch in batches)
        assert all((np.diff(batch) == 1).all() for batch in batches)


def test_minibatches_check_their_settings_before_the_first_batch():
    for settings in ({"batch_size": 0}, {"batch_size": 1, "shuffle": "random"}):
        with pytest.raises(th.ParameterError):
            th.minibatches([1.0, 2.0], **settings)
