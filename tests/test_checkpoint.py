"""Checkpoints come back bit for bit, and damaged ones are refused."""

import errno
import json
import os
import time
from pathlib import Path

import numpy as np
import pytest
from checkpoints import bits, count_of, damaged, names, opened, raising, saved
from hypothesis import given, settings
from hypothesis import strategies as st

import thetahat as th
from thetahat import _packing
from thetahat._checkpoint import Checkpoint
from thetahat._packing import from_json, to_json


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.ckpt"


keys = st.sampled_from(["__array__", "__array___", "values"]) | st.text()
numbers = st.floats() | st.integers() | st.booleans() | st.none() | st.text()
values = st.dictionaries(
    keys, st.recursive(numbers, lambda v: st.lists(v) | st.dictionaries(keys, v), max_leaves=6)
)


@settings(max_examples=50, deadline=None)
@given(values)
def test_values_come_back(record):
    back = from_json(to_json(record))
    assert repr(back) == repr(record)  # NaN, the sign of zero and the types of numbers too


words = st.lists(st.integers(0, 2**64 - 1), max_size=24)
arrays = st.dictionaries(keys, st.tuples(words, st.sampled_from(["float64", "int64", "uint64"])))


@settings(max_examples=50, deadline=None)
@given(arrays)
def test_arrays_come_back(tmp_path_factory, record):
    """Any bits: NaN with their payloads, subnormal numbers."""
    path = tmp_path_factory.mktemp("arrays") / "run.ckpt"
    record = {name: np.array(item, np.uint64).view(kind) for name, (item, kind) in record.items()}
    opened(path).save({}, record)
    _, back = opened(path).load()
    assert list(back) == list(record)
    for name, array in record.items():
        assert bits(back[name]) == bits(array)
        assert back[name].flags.writeable


@pytest.mark.parametrize(
    "array",
    [
        np.float64(3.5).reshape(()),
        np.zeros((0, 3)),
        np.arange(24.0).reshape(2, 3, 4),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(20.0)[::-3],
        np.arange(5, dtype=">i8"),
    ],
    ids=["scalar", "empty", "3d", "fortran", "strided", "big-endian"],
)
def test_arrays_of_every_shape_and_order(path, array):
    opened(path).save({}, {"a": array, "b": np.array([7.0])})
    _, back = opened(path).load()
    assert bits(back["a"]) == bits(array.astype(array.dtype.newbyteorder("="), order="C"))
    assert back["b"].tolist() == [7.0]


@pytest.mark.parametrize("name", ["MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"])
def test_generators_go_on(path, name):
    rng = np.random.Generator(getattr(np.random, name)(5))
    rng.random(1001)
    rng.integers(0, 7, 3, dtype=np.uint32)  # leaves half a word in the generator
    opened(path).save({"rng": rng.bit_generator.state}, {})
    values, _ = opened(path).load()
    other = np.random.Generator(getattr(np.random, name)(6))
    other.bit_generator.state = values["rng"]
    halves = [g.integers(0, 2**32, 9, dtype=np.uint32).tolist() for g in (rng, other)]
    assert halves[0] == halves[1]
    assert other.permutation(3000).tolist() == rng.permutation(3000).tolist()
    assert to_json(other.bit_generator.state) == to_json(rng.bit_generator.state)


def test_what_has_no_place_is_refused_and_nothing_is_written(path):
    checkpoint = opened(path)
    with pytest.raises(TypeError, match="of type set cannot be saved"):
        checkpoint.save({"a": {1}}, {})
    with pytest.raises(TypeError, match="of type ndarray cannot be saved"):
        checkpoint.save({"a": [np.zeros(3)]}, {})
    with pytest.raises(TypeError, match="named by strings, not by 1"):
        checkpoint.save({"a": {1: 2}}, {})
    with pytest.raises(TypeError, match=r"a: arrays must be of .*, not of object"):
        checkpoint.save({}, {"a": np.array([None])})
    assert names(path) == []


def test_no_file_is_no_state(path):
    assert opened(path).load() is None
    assert names(path) == []


def test_the_last_save_and_the_one_before_stay(path):
    saved(path, 1)
    assert names(path) == ["run.ckpt"]
    saved(path, 2, 3)
    assert names(path) == ["run.ckpt", "run.ckpt.previous"]
    assert count_of(path) == 3
    path.with_name("run.ckpt.previous").replace(path)
    assert count_of(path) == 2


def test_who_removes_the_file_starts_afresh(path):
    checkpoint = saved(path, 1, 2)
    path.unlink()
    assert opened(path).load() is None
    checkpoint.save({"count": 3}, {"theta": np.full(3, 3.0)})
    assert count_of(path) == 3


def test_when_a_save_is_due(path):
    assert not Checkpoint(path, 100, {}).due()
    assert Checkpoint(path, 0, {}).due()
    checkpoint = Checkpoint(path, 0.05, {})
    time.sleep(0.06)
    assert checkpoint.due()
    checkpoint.save({}, {})
    assert not checkpoint.due()


@pytest.mark.parametrize("every", [-1, float("nan"), float("inf"), None, "1"])
def test_every_is_checked(path, every):
    with pytest.raises(th.ParameterError, match="checkpoint_every must be a finite number of at least 0"):
        Checkpoint(path, every, {})


def test_links_and_folders(path, tmp_path, monkeypatch):
    """A link is followed, a fit may change the current folder, and signs in names mean themselves."""
    link, odd = tmp_path / "link", tmp_path / "run[1]*.ckpt"
    link.symlink_to(path)
    saved(link, 1, 2)
    assert link.is_symlink()
    assert count_of(path) == 2
    monkeypatch.chdir(tmp_path)
    checkpoint = opened(odd.name)
    monkeypatch.chdir("/")
    checkpoint.save({"count": 1}, {"theta": np.ones(3)})
    assert count_of(odd) == 1


def test_another_fit_is_refused(path):
    saved(path, 1)
    before = path.read_bytes()
    other = {"family": "normal", "learning_rate": 0.2, "betas": [0.9, 0.999], "seed": 3}
    message = (
        r"run.ckpt belongs to another fit: learning_rate was 0.1, is 0.2, seed was absent, is 3; remove it"
    )
    with pytest.raises(th.CheckpointError, match=message):
        opened(path, other).load()
    assert path.read_bytes() == before


def test_equal_identities(path):
    Checkpoint(path, 0, {"a": 1, "b": float("nan"), "c": (1, 2)}).save({}, {})
    assert Checkpoint(path, 0, {"c": [1, 2], "a": 1.0, "b": float("nan")}).load() == ({}, {})


WRONG = "(was cut short or changed|is a record (not of|of another version of) thetahat, or was changed)"


def test_a_damaged_file_alone_is_refused(path):
    checkpoint = saved(path, 1)
    for record in damaged(path.read_bytes()):
        path.write_bytes(record)
        with pytest.raises(th.CheckpointError, match=f"run.ckpt {WRONG}; remove it to start afresh"):
            checkpoint.load()
        assert path.read_bytes() == record


def test_a_damaged_file_falls_back_to_the_previous_one(path):
    checkpoint = saved(path, 1, 2)
    for record in damaged(path.read_bytes()):
        path.write_bytes(record)
        with pytest.warns(RuntimeWarning, match=rf"run.ckpt {WRONG}; .* save before, .*run.ckpt.previous"):
            values, _ = checkpoint.load()
        assert values == {"count": 1}


def test_a_damaged_file_never_becomes_the_previous_one(path, monkeypatch):
    saved(path, 1, 2)
    path.write_bytes(b"")
    checkpoint = opened(path)
    with pytest.warns(RuntimeWarning, match="was changed; the fit resumes"):
        checkpoint.load()
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", raising())
        with pytest.warns(RuntimeWarning, match="not saved"):
            checkpoint.save({}, {})
    with pytest.warns(RuntimeWarning, match="was changed; the fit resumes"):
        assert count_of(path) == 1
    checkpoint.save({"count": 3}, {"theta": np.full(3, 3.0)})
    assert count_of(path) == 3
    path.with_name("run.ckpt.previous").replace(path)
    assert count_of(path) == 1


def test_two_damaged_files_are_refused(path):
    checkpoint = saved(path, 1, 2)
    path.write_bytes(path.read_bytes()[:-1])
    path.with_name("run.ckpt.previous").write_bytes(b"x")
    message = r"run.ckpt was cut short or changed, and .*run.ckpt.previous is a record not of .*; remove both"
    with pytest.raises(th.CheckpointError, match=message):
        checkpoint.load()


def test_the_previous_file_of_another_fit_is_refused(path):
    saved(path, 1, 2)
    path.write_bytes(b"x")
    message = (
        r"run.ckpt is a record not of .*, and .*run.ckpt.previous belongs to another fit: .*; remove both"
    )
    with pytest.raises(th.CheckpointError, match=message):
        opened(path, {}).load()


def test_files_of_others_are_refused(path):
    saved(path, 1)
    path.write_bytes(path.read_bytes().replace(b"checkpoint 1", b"checkpoint 2"))
    with pytest.raises(th.CheckpointError, match="another version of thetahat"):
        opened(path).load()
    path.write_text("x,y\n1,2\n")
    with pytest.raises(th.CheckpointError, match="is a record not of thetahat"):
        opened(path).load()


@pytest.mark.parametrize(
    "header",
    [
        {"identity": {}, "values": {}, "arrays": {"a": ("float64", (4,))}},
        {"identity": {}, "values": {}, "arrays": {"a": ("float64", (2,))}},
        {"identity": {}, "values": {}, "arrays": {"a": ("complex64", (3,))}},
        {"identity": {}, "arrays": {"a": ("float64", (3,))}},
        [],
    ],
    ids=["too many", "too few", "type", "no values", "list"],
)
def test_a_right_checksum_over_nonsense(path, header, monkeypatch):
    monkeypatch.setattr(_packing, "to_json", lambda _: json.dumps(header))
    opened(path).save({}, {"a": np.zeros(3)})
    with pytest.raises(th.CheckpointError, match="is no record of thetahat: "):
        opened(path).load()


@pytest.mark.parametrize(
    "place", ["", "missing/run.ckpt", "/dev/null", "run.ckpt/below", "x" * 250, "/proc/x"]
)
def test_where_no_file_can_be_is_said_at_once(path, place, monkeypatch):
    path.touch()
    monkeypatch.chdir(path.parent)
    with pytest.raises(th.CheckpointError, match=r"(is not a regular file|no checkpoint can be written)"):
        opened(place)
    assert names(path) == ["run.ckpt"]


def test_a_file_that_cannot_be_read(path, monkeypatch):
    saved(path, 1)
    monkeypatch.setattr(Path, "read_bytes", raising(OSError(errno.EIO, "Input/output error")))
    with pytest.raises(th.CheckpointError, match=r"run.ckpt cannot be read: Input/output error, and"):
        opened(path).load()
