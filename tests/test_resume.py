"""The same call goes on from its checkpoint wherever the fit was interrupted, and ends with the same bits."""

import os
import signal
from functools import partial
from random import Random

import kills
import numpy as np
import pytest
from kills import MIX, bits_of

import thetahat as th
from thetahat import _sgd
from thetahat._checkpoint import Checkpoint
from thetahat.solvers.monitoring import Monitor

ROWS = np.random.default_rng(0).normal(1, 2, 600)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.ckpt"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Small windows, and an end to them; no waiting for the disk."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr(Monitor, "rows", Monitor.rows)
    monkeypatch.setattr(_sgd, "WINDOW", _sgd.WINDOW)
    kills.shuffle_together(256)


def call(path, **changes):
    """A fit to 600 rows that saves at every chance; arguments that are None are left out."""
    settings = {
        "x": ROWS,
        "family": "normal",
        "method": th.SGD(learning_rate=1e-4, epochs=3, batch_size=2),
        "start": (0, 1),
        "rng": 5,
        "checkpoint": path,
        "checkpoint_every": 0,
    } | changes
    return th.fit(**{name: value for name, value in settings.items() if value is not None})


class InterruptError(Exception):
    """What ends a fit after a save."""


def interrupt_after_saves(monkeypatch, count=1):
    """Let each so many saves end the fit, once they are on the disk."""
    save, saves = Checkpoint.save, 0

    def saved(store, values, arrays):
        nonlocal saves
        save(store, values, arrays)
        saves += 1
        if saves % count == 0:
            raise InterruptError

    monkeypatch.setattr(Checkpoint, "save", saved)


def to_the_end(fit, interrupts=InterruptError):
    """Call again after each interrupt; return the bits in the end, and the number of calls."""
    calls = 1
    while True:
        try:
            return bits_of(fit()), calls
        except interrupts:
            calls += 1


@pytest.mark.parametrize("name", MIX)
def test_interrupted_after_each_save(name, path, monkeypatch):
    kills.shuffle_together(MIX[name].window)
    settings = MIX[name].settings()
    through = bits_of(th.fit(**settings))
    interrupt_after_saves(monkeypatch)
    bits, calls = to_the_end(lambda: th.fit(**settings, checkpoint=path, checkpoint_every=0))
    assert bits == through
    assert calls > 5


def test_killed():
    count, same = kills.survives("tens of rows", 6, Random(0))
    assert count > 0
    assert same


SOURCES = {
    "seed": lambda: 5,
    "SeedSequence": lambda: np.random.SeedSequence(5),
    "Generator": lambda: np.random.default_rng(5),
    "MT19937": lambda: np.random.MT19937(5),
    "Philox": lambda: np.random.Philox(5),
    "SFC64": lambda: np.random.Generator(np.random.SFC64(5)),
}


@pytest.mark.parametrize("method", [th.SGD(epochs=2), th.SGD(learning_rate=1e-4, epochs=2)], ids=repr)
@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_a_generator_goes_on(source, method, path, monkeypatch):
    """One object for all calls, which moves it, serves as well as a new one for each."""
    start = (0, 1) if method.starts else None
    x = np.random.default_rng(0).normal(1, 2, 6000)
    rng = source()
    through = bits_of(call(None, x=x, method=method, start=start, rng=rng, checkpoint_every=None))
    expected = draw_from(rng)
    interrupt_after_saves(monkeypatch)
    rng = source()
    bits, calls = to_the_end(lambda: call(path, x=x, method=method, start=start, rng=rng))
    assert bits == through
    assert draw_from(rng) == expected
    assert calls > 10


def draw_from(rng):
    return np.random.default_rng(rng).integers(0, 2**60, 3).tolist()


def test_no_seed(path, monkeypatch):
    """What was drawn before the first interrupt decides."""
    with monkeypatch.context() as patch:
        interrupt_after_saves(patch)
        with pytest.raises(InterruptError):
            call(path, rng=None)
    record = path.read_bytes()
    bits = bits_of(call(path, rng=None))
    path.write_bytes(record)
    assert bits_of(call(path, rng=None)) == bits
    path.unlink()
    assert bits_of(call(path, rng=None)) != bits


METHODS = {
    "sgd": {"trace": 10},
    "scaled": {"method": th.SGD(epochs=3), "start": None},
    "gradients": {"method": th.GradientAscent(learning_rate=1e-4, epochs=5), "rng": None, "trace": "epoch"},
}


def forbid_steps(monkeypatch):
    def forbidden(*_, **__):
        raise AssertionError("a step")

    monkeypatch.setattr(th.GradientAscent, "_run_epochs", forbidden)
    ascent = type("Still", (_sgd.Ascent,), {"run": forbidden, "begin": forbidden, "draw": forbidden})
    monkeypatch.setattr(_sgd, "Ascent", ascent)


@pytest.mark.parametrize("changes", METHODS.values(), ids=METHODS)
def test_a_fit_that_is_done_takes_no_step(changes, path, monkeypatch):
    bits = bits_of(call(path, **changes, checkpoint_every=1e9))
    record = path.read_bytes()
    forbid_steps(monkeypatch)
    assert bits_of(call(path, **changes)) == bits
    assert path.read_bytes() == record


@pytest.mark.parametrize("changes", METHODS.values(), ids=METHODS)
def test_a_fit_that_a_callback_ended_stays_so(changes, path, monkeypatch):
    ended = call(path, **changes, callback=lambda state: state.epoch == 2)
    assert ended.epochs == 2
    forbid_steps(monkeypatch)
    for callback in (None, lambda _: True):
        assert bits_of(call(path, **changes, callback=callback)) == bits_of(ended)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError("of the user")])
@pytest.mark.parametrize("changes", METHODS.values(), ids=METHODS)
def test_a_callback_that_raises(changes, error, path):
    """Epochs since the last save are shown once more, those before are not."""
    through, seen = bits_of(call(None, **changes, checkpoint_every=None)), []

    def raise_once(state):
        seen.append(state.epoch)
        if seen.count(2) == 1 and state.epoch == 2:
            raise error

    bits, calls = to_the_end(
        lambda: call(path, **changes, callback=raise_once), (KeyboardInterrupt, ValueError)
    )
    assert (bits, calls) == (through, 2)
    assert seen[:4] == [1, 2, 2, 3]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of a file left open
def test_ctrl_c_amid_an_epoch(path):
    """In compiled code, in a save, or between."""
    kills.shuffle_together(1 << 12)
    x = np.random.default_rng(0).normal(1, 2, 400_000)
    settings = {"x": x, "method": th.SGD(learning_rate=1e-6, epochs=5), "trace": 10**5}
    through = bits_of(call(None, **settings, checkpoint_every=None))
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        chance = Random(0)

        def fit():
            signal.setitimer(signal.ITIMER_REAL, chance.uniform(0.02, 0.05))
            try:
                return call(path, **settings)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)

        bits, calls = to_the_end(fit, KeyboardInterrupt)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert bits == through
    assert calls > 1


def altered(x):
    x = x.copy()
    x[301] = np.nextafter(x[301], 9)
    return x


TRACED = {"trace": "epoch"}
OTHERS = {
    "a row": ({}, {"x": altered(ROWS)}, r"digest of the rows was \d+, is \d+; remove it to start afresh"),
    "the order of rows": ({}, {"x": ROWS[::-1]}, r"digest of the rows was \d+, is \d+;"),
    "fewer rows": ({}, {"x": ROWS[:-1]}, "rows was 600, is 599, digest of the rows was"),
    "weights": ({}, {"weights": np.full(600, 2.0)}, r"another fit: digest of the weights was 0, is \d+;"),
    "the family": ({}, {"family": "gumbel"}, "another fit: family was 'normal', is 'gumbel';"),
    "the method": (
        {"rng": None},
        {"rng": None, "method": th.GradientAscent(learning_rate=1e-4, epochs=3)},
        "another fit: method was 'sgd', is 'gradient-ascent', batch_size was 2, is absent",
    ),
    "epochs": ({}, {"method": th.SGD(learning_rate=1e-4, epochs=4, batch_size=2)}, "epochs was 3, is 4;"),
    "the rate": (
        {},
        {"method": th.SGD(learning_rate=th.Power(1e-4), epochs=3, batch_size=2)},
        r"fit: learning_rate was 0.0001, is \{'name': 'power', 'rate': 0.0001, 'power': 0.6, ",
    ),
    "the start": ({}, {"start": (0, 2)}, r"fit: start was \[0.0, 1.0\], is \[0.0, 2.0\];"),
    "what is fixed": ({}, {"fixed": {"mu": 0.0}}, r"fit: fixed was \{\}, is \{'mu': 0.0\};"),
    "the seed": ({}, {"rng": 6}, "fit: rng was 5, is 6;"),
    "the generator": ({}, {"rng": np.random.MT19937(5)}, "fit: rng was 5, is 'MT19937';"),
    "a trace": ({}, TRACED, "fit: trace was False, is 'epoch';"),
    "the trace": (TRACED, {"trace": 1}, "fit: trace was 'epoch', is 1;"),
}


@pytest.mark.parametrize(("first", "then", "message"), OTHERS.values(), ids=OTHERS)
def test_another_fit_is_refused(first, then, message, path):
    call(path, **first)
    record = path.read_bytes()
    with pytest.raises(th.CheckpointError, match=message):
        call(path, **then)
    assert path.read_bytes() == record


def test_the_same_rows_in_another_form(path):
    """What lies where does not matter, nor do rows that do not count."""
    x = ROWS.astype(np.float32)
    bits = bits_of(call(path, x=x))
    padded = np.ma.array(np.append(x, 0.0), mask=[False] * 600 + [True])
    for same in (x.astype(float), np.repeat(x, 3)[::3], x.astype(">f4"), x.tolist()):
        assert bits_of(call(path, x=same)) == bits
    with pytest.raises(th.CheckpointError, match="fit: rows was 600, is 601;"):
        call(path, x=padded)


def test_a_long_sample_is_looked_at_block_by_block(path):
    x = np.zeros(100_003)
    x[:3] = 1, 2, 3
    method = th.GradientAscent(learning_rate=1e-9, epochs=1)
    call(path, x=x, method=method, rng=None)
    for place in (2**15 - 1, 2**15, 2**16, 100_002):
        x[place] = 1e-300
        with pytest.raises(th.CheckpointError, match="fit: digest of the rows was"):
            call(path, x=x, method=method, rng=None)
        x[place] = 0


def test_functions_go_by_their_names(path, monkeypatch):
    """One that was defined anew, as in another process, is the same."""

    def method():
        def rate(epoch):
            return 1e-4 / (1 + epoch)

        return th.SGD(learning_rate=rate, epochs=3)

    through = bits_of(call(None, method=method(), checkpoint_every=None))
    interrupt_after_saves(monkeypatch)
    assert to_the_end(lambda: call(path, method=method()))[0] == through
    other = th.SGD(learning_rate=partial(max, 1e-4), epochs=3)
    with pytest.raises(th.CheckpointError, match=r"'function': '.*rate'\}, is .*'function': 'partial'\}"):
        call(path, method=other)


def test_progress_and_a_checkpoint(path, monkeypatch, capsys):
    through = bits_of(call(None, checkpoint_every=None))
    interrupt_after_saves(monkeypatch, 3)
    assert to_the_end(lambda: call(path, progress=True))[0] == through
    assert "epoch=3/3" in capsys.readouterr().err


def test_seconds_between_saves(path, monkeypatch):
    saves = []
    monkeypatch.setattr(Checkpoint, "save", lambda *_: saves.append(None))
    call(path, checkpoint_every=1e9)
    seldom = len(saves)
    call(path, checkpoint_every=0)
    assert seldom == 2  # the start and the end
    assert len(saves) - seldom > 6


@pytest.mark.parametrize("seconds", [-1, np.nan, "soon"])
def test_bad_seconds(seconds, path):
    with pytest.raises((th.ParameterError, TypeError), match="checkpoint_every"):
        call(path, checkpoint_every=seconds)


def test_fits_without_epochs_have_no_checkpoint(path):
    with pytest.raises(th.ParameterError, match="checkpoint require an iterative method"):
        th.fit(ROWS, "normal", checkpoint=path)
    method = th.GradientAscent(learning_rate=1e-4, epochs=3)
    with pytest.raises(TypeError, match="checkpoint"):
        th.summarize(ROWS, "normal").fit(method=method, checkpoint=path)
    assert not path.exists()


def test_a_divergence_is_met_again(path, monkeypatch):
    method = th.SGD(learning_rate=lambda epoch: 10.0 if epoch == 3 else 1e-4, epochs=5, batch_size=2)
    through = bits_of(call(None, method=method, trace=10, checkpoint_every=None))
    assert (through["status"], through["epochs"]) == ("diverged", 3)
    interrupt_after_saves(monkeypatch)
    assert to_the_end(lambda: call(path, method=method, trace=10))[0] == through
    assert bits_of(call(path, method=method, trace=10)) == through
