"""The order of an epoch: the reference's to the last index, and fair."""

import threading
from collections import Counter
from ctypes import CFUNCTYPE, addressof, c_char_p, c_uint64, c_void_p, cast, py_object, pythonapi
from itertools import permutations

import numpy as np
import pytest
from scipy.stats import chi2

import thetahat as th
from thetahat import _sgd, reference
from thetahat.data.arrays import chunks_of
from thetahat.reference.order import epoch, shuffled


def compiled(n, bits, batch_size=1, shuffle="rows"):
    reader = _sgd.EpochReader(chunks_of(np.arange(float(n)))[0], batch_size, shuffle, bits)
    return reader.rest().astype(int).tolist()


@pytest.mark.parametrize("n", [1, 2, 3, 7, 16, 255, 256, 1000, reference.order.WINDOW, 16_385, 40_001])
@pytest.mark.parametrize("unit", [1, 2, 10, 255, 256, 300, 5000])
def test_an_epoch_is_the_reference_on_the_same_words(n, unit):
    ours, theirs = np.random.PCG64(n), np.random.PCG64(n)
    for _ in range(3):  # epochs: the generators stay in step
        order = compiled(n, ours, unit, "rows" if unit == 1 else "batches")
        assert order == [row for rows in epoch(n, unit, theirs.random_raw) for row in rows]
        assert sorted(order) == list(range(n))


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


@pytest.mark.parametrize("shuffle", [None, "batches", "rows"])
@pytest.mark.parametrize("batch_size", [1, 3, 10, 14, 99])
def test_minibatches_partition_the_sample(shuffle, batch_size):
    x = np.arange(14.0)
    batches = list(th.minibatches(x, batch_size, shuffle=shuffle, rng=5))
    assert sorted(np.concatenate(batches).tolist()) == x.tolist()
    assert sorted(map(len, batches), reverse=True) == [
        len(x[i : i + batch_size]) for i in range(0, 14, batch_size)
    ]
    if shuffle != "rows":
        assert all(np.shares_memory(batch, x) for batch in batches)
        assert all((np.diff(batch) == 1).all() for batch in batches)


def test_minibatches_check_their_settings_before_the_first_batch():
    for settings in ({"batch_size": 0}, {"batch_size": 1, "shuffle": "random"}):
        with pytest.raises(th.ParameterError):
            th.minibatches([1.0, 2.0], **settings)
