"""Short parts of the attacks; `python tests/attacks.py` runs long ones."""

from random import Random

import attacks
import numpy as np
import pytest

import thetahat as th


def test_hostile_records_are_refused_or_read():
    attacks.records(Random(0), 300)


def test_rows_that_another_thread_overwrites_crash_no_fit():
    attacks.writer(Random(0), 12)


@pytest.mark.skipif(not attacks.SETS_MODES, reason="MXCSR is set through glibc on x86-64")
def test_another_floating_point_mode_changes_no_result():
    attacks.modes(Random(0), 60)


def test_sums_that_overflow_when_they_are_added_are_refused():
    heavy = th.summarize([0.1, 0.2, 0.3], "normal", weights=[3e307] * 3)
    with pytest.raises(th.SampleError, match="beyond what doubles can hold"):
        heavy + heavy
    with pytest.raises(th.SampleError, match="beyond what doubles can hold"):
        (heavy + th.Summary("normal")).update([0.1, 0.2], weights=[1e308, 1e307])


def test_large_takes_of_minibatches_are_those_of_their_rows(monkeypatch):
    """Rows are taken in stretches, between which signals are answered."""
    x = np.random.default_rng(0).normal(size=10_007)
    for shuffle in ("rows", "batches", None):
        whole = [batch.copy() for batch in th.minibatches(x, 10, shuffle=shuffle, rng=1)]
        with monkeypatch.context() as patch:
            patch.setattr("thetahat.data.arrays._STRETCH", 1000)
            parts = list(th.minibatches(x, 10, shuffle=shuffle, rng=1))
        assert all(map(np.array_equal, whole, parts))
        assert len(whole) == len(parts) == 1001
