"""Attacks on what a fit relies on: records, rows, the floating-point mode, and the time to an interrupt.

    python tests/attacks.py [records | writer | modes | interrupts ...] [--count COUNT] [--seed SEED]

Each attack runs so many random cases from a fresh seed, prints what it found, and the script fails where one
found a fault: a crash, a foreign exception, other bits, or an interrupt that took too long.
"""

import argparse
import ctypes
import platform
import random
import signal
import struct
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np

import thetahat as th
from thetahat import _checkpoint, _packing, summary
from thetahat.families import find_family
from thetahat.reference import Likelihood
from thetahat.streams import online

LATE = 0.1  # seconds that an interrupt may take
HOSTILE = (
    -1,
    0,
    1,
    3,
    2**31,
    2**53 + 1,
    -(2**62),
    1e308,
    -1e308,
    float("nan"),
    float("inf"),
    None,
    True,
    "a",
    [],
    {},
)


def rows_of(family, n, seed=0):
    chance, of = random.Random(seed), Likelihood(family).family
    return np.array([of.draw(chance, of.THETAS[0]) for _ in range(n)])


# Records whose checksums are right, and one of whose fields is hostile.


def fields_of(value, path=()):
    """The paths of all fields of nested dicts and lists."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from fields_of(item, (*path, name))


def replaced(value, path, new):
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


def damaged(chance, values, arrays):
    """The same with one field, one number or one shape changed."""
    if arrays and chance.random() < 0.5:
        name = chance.choice(list(arrays))
        array = arrays[name].copy()
        change = chance.randrange(4)
        if change == 0:
            array = array[: chance.randrange(array.size + 1)]
        elif change == 1:
            array = np.resize(array, (2, 3))
        elif change == 2:
            array = array.astype(np.int64)
        elif array.size:
            number = chance.choice([x for x in HOSTILE if isinstance(x, int | float)])
            array.flat[chance.randrange(array.size)] = number
        return values, {**arrays, name: array}
    path = chance.choice([path for path in fields_of(values) if path])
    return replaced(values, path, chance.choice(HOSTILE)), arrays


def use_summary(record, _):
    read = th.Summary.from_bytes(record)
    read.fit()
    read.update(rows_of(read.family, 9))


def use_stream(record, _):
    read = th.Online.from_bytes(record)
    read.partial_fit(rows_of(read.family, 3000))
    read.fit_result()
    read.to_bytes()


METHODS = (
    th.SGD(epochs=3),
    th.SGD(learning_rate=1e-4, epochs=4, batch_size=10, shuffle="batches", average="epoch"),
    th.GradientAscent(learning_rate=1e-4, epochs=5),
)
SAMPLE = np.random.default_rng(0).normal(1, 2, 5000)


def fit_of(method, path, trace):
    rng = 1 if method.draws else None
    start = None if method == METHODS[0] else (0, 1)
    return th.fit(
        SAMPLE,
        "normal",
        method=method,
        start=start,
        rng=rng,
        trace=trace,
        checkpoint=path,
        checkpoint_every=0,
    )


def records(chance, count):
    """Change one field of a record, and its checksum: it is refused by name or read, and nothing crashes."""
    good = [
        (summary._PROGRAM, th.summarize(rows_of(family, 99), family).to_bytes(), use_summary)
        for family in th.families()
        if find_family(family).sufficient
    ]
    for family, settings in (
        ("normal", {"half_life": 300}),
        ("weibull", {}),
        ("student_t", {}),
        ("exponential", {}),
    ):
        for n in (50, 9000):
            stream = th.Online(family, **settings).partial_fit(rows_of(family, n))
            good.append((online._PROGRAM, stream.to_bytes(), use_stream))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "run.ckpt")
        for method in METHODS:
            for trace in (False, "epoch"):
                path.unlink(missing_ok=True)
                fit_of(method, path, trace)

                def use(record, path, method=method, trace=trace):
                    path.write_bytes(record)
                    Path(f"{path}.previous").unlink(missing_ok=True)
                    fit_of(method, path, trace)

                good.append((_checkpoint._PROGRAM, path.read_bytes(), use))
        refused = 0
        for _ in range(count):
            program, record, use = chance.choice(good)
            wrong = damaged(chance, *_packing.unpack(program, record))
            try:
                use(_packing.pack(program, *wrong), path)
            except th.ThetahatError:
                refused += 1
            except TypeError as error:
                if "cannot be saved" not in str(error) and "arrays must be" not in str(error):
                    raise
    print(f"records: {count} hostile ones, {refused} refused, the others read")


# Rows that another thread overwrites.


def scribble(x, stop):
    """Write what is no count, and is a large one, over rows until told to stop."""
    chance = np.random.default_rng(0)
    while not stop.is_set():
        x[:] = chance.choice([1.0, 3.0, 1e9, -5e8, np.nan, -1.0, 1e300], x.size)
        x[:] = 2.0


def writer(chance, count):
    """Overwrite rows while they are fitted: any answer or error will do, a crash will not."""
    x, mask, stop = np.full(600_000, 2.0), np.zeros(600_000, bool), threading.Event()
    thread = threading.Thread(target=scribble, args=(x, stop))
    thread.start()
    refused = 0
    try:
        for _ in range(count):
            family, threads = chance.choice(th.families()), chance.choice([1, 2])
            rows = chance.choice([x, np.ma.array(x, mask=mask, copy=False)])
            mask[chance.randrange(mask.size) :: 3] ^= True
            try:
                th.fit(rows, family, threads=threads, nan_policy=chance.choice(["raise", "omit"]))
            except (th.ThetahatError, OverflowError):
                refused += 1
    finally:
        stop.set()
        thread.join()
    print(f"writer: {count} fits of rows that change, {refused} refused")


# Floating-point modes of the calling thread.

SETS_MODES = sys.platform == "linux" and platform.machine() == "x86_64" and platform.libc_ver()[0] == "glibc"
MODES = {"flush to zero": 0x8040, "round down": 0x2000, "round up": 0x4000, "towards zero": 0x6000}


@contextmanager
def mode(control):
    """Set bits of MXCSR (x86-64, glibc) in this thread."""
    library, environment = ctypes.CDLL("libm.so.6"), ctypes.create_string_buffer(64)
    library.fegetenv(environment)
    usual = environment.raw
    (register,) = struct.unpack_from("<I", usual, 28)
    struct.pack_into("<I", environment, 28, register | control)
    library.fesetenv(environment)
    try:
        yield
    finally:
        library.fesetenv(ctypes.create_string_buffer(usual, 64))


def answers(family, x, theta, threads):
    """The numbers that compiled code answers."""
    numbers = [
        th.log_likelihood(x, family, theta),
        *th.score(x, family, theta),
        *th.logpdf(x[:99], family, theta),
    ]
    fit = th.fit(x, family, threads=threads)
    return np.array([*numbers, *fit.theta, *fit.stderr, fit.log_likelihood])


def modes(chance, count):
    """Set another mode, as other libraries do: no result may change."""
    for _ in range(count):
        family, (name, control) = chance.choice(th.families()), chance.choice(list(MODES.items()))
        of = Likelihood(family).family
        theta, x = of.THETAS[0], rows_of(family, chance.choice([100, 5000]), chance.random())
        if of.DIMENSION is not None and chance.random() < 0.5:
            power = np.array(of.DIMENSION) * -990  # rows near the smallest normal numbers
            theta, x = tuple(np.ldexp(theta, power)), np.ldexp(x, -990)
        threads = chance.choice([1, 2])
        usual = answers(family, x, theta, threads)
        with mode(control):
            other = answers(family, x, theta, threads)
        # Python's own arithmetic, as the mean of two middle rows, rounds as that mode says.
        np.testing.assert_allclose(other, usual, rtol=4 * 2.0**-52, err_msg=f"{family}, {name}")
    print(f"modes: {count} samples, the same numbers")


# Interrupts.


def take_batches(x):
    for _ in th.minibatches(x, 10, shuffle="rows", rng=0):
        pass


LONG = {
    "logpdf": lambda x: th.logpdf(x, "gamma", (2.0, 3.0)),
    "logpdf of counts": lambda x: th.logpdf(x, "negative_binomial", (2.0, 300.0)),
    "minibatches": take_batches,
    "fit": lambda x: th.fit(x, "student_t", threads=1),
    "sandwich": lambda x: th.fit(x, "negative_binomial", cov="sandwich", threads=1),
    "SGD": lambda x: th.fit(x, "gumbel", method=th.SGD(epochs=20), rng=0),
}


class HandlerError(Exception):
    """What the handler raises."""


def seconds_to_answer(work, x, after):
    """How long after its signal a call returns; None where it had ended before."""
    sent, ended = [], False

    def handler(*_):
        raise HandlerError

    def send():
        sent.append(time.perf_counter())
        signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, handler)
    timer = threading.Timer(after, send)
    timer.start()
    try:
        work(x)
        ended = True
        timer.cancel()
        timer.join()
    except HandlerError:
        return None if ended else time.perf_counter() - sent[0]
    finally:
        signal.signal(signal.SIGUSR1, before)
    return None


def interrupts(chance, count, rows=20_000_000):
    """Interrupt long calls at random times: each returns within a tenth of a second."""
    x = np.ceil(np.random.default_rng(0).gamma(2, 300, rows))
    took = []
    for _ in range(count):
        name = chance.choice(list(LONG))
        seconds = seconds_to_answer(LONG[name], x, chance.uniform(0.05, 1))
        if seconds is not None:
            took.append((seconds, name))
    late = sorted(each for each in took if each[0] > LATE)
    print(f"interrupts: {len(took)} of {count} answered, the slowest after {max(took)}, {len(late)} late")
    if len(late) > len(took) // 100:
        raise SystemExit(f"interrupts: {late}")


ATTACKS = {
    "records": (records, 20_000),
    "writer": (writer, 400),
    "modes": (modes, 600),
    "interrupts": (interrupts, 100),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("attacks", nargs="*", choices=[*ATTACKS, []], metavar="ATTACK")
    parser.add_argument("--count", type=int)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    given = parser.parse_args()
    print(f"seed {given.seed}")
    for name in given.attacks or ATTACKS:
        attack, usual = ATTACKS[name]
        attack(random.Random(given.seed), given.count or usual)


if __name__ == "__main__":
    sys.exit(main())
