"""Forks after threads, many Python threads at once, and a GIL that others can have while a pass runs."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import thetahat as th
from thetahat.families import find_family

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


def bits(fit):
    """The parameters and their covariance, to the last bit."""
    return fit.theta.tobytes() + fit.cov.tobytes()


FORKING = """
import multiprocessing, os, signal, sys
import numpy as np
import thetahat as th

def bits(threads):
    fit = th.fit(x, "normal", threads=threads)
    return fit.theta.tobytes() + fit.cov.tobytes()

x = np.random.default_rng(0).normal(5, 3, 1_000_003)
before = bits(4)
"""

CHILD = """
child = os.fork()
if child == 0:
    signal.alarm(100)  # a child that hangs is ended
    os._exit(0 if bits(4) == bits(1) == before else 1)
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status) or bits(4) != before)
"""

POOL = """
with multiprocessing.get_context("fork").Pool(2, signal.alarm, (100,)) as pool:
    results = pool.map_async(bits, [4, 1, 4, 1, 64]).get(100)
sys.exit(set(results) != {before})
"""


@needs_fork
@pytest.mark.parametrize("rest", [CHILD, POOL], ids=["fork", "pool"])
def test_a_fork_after_a_threaded_fit_fits_as_well(rest):
    script = [sys.executable, "-c", FORKING + rest]
    done = subprocess.run(script, stderr=subprocess.PIPE, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def mixed_work(i):
    """One of six kinds of work on a sample of its own, and all that it gives, to the last bit."""
    rng = np.random.default_rng(i)
    x = rng.normal(i, 1 + i % 7, 3000 + 1000 * (i % 11))
    match i % 6:
        case 0:
            return bits(th.fit(np.resize(x, 600_000 + i), "normal", threads=1 + i % 5))
        case 1:
            method = th.SGD(learning_rate=1e-6, epochs=2, batch_size=1 + i % 13)
            return bits(th.fit(x, "normal", method=method, start=(0, 9), rng=rng))
        case 2:
            portions = iter(np.array_split(x.astype(">f4"), 1 + i % 17))
            return th.summarize(portions, "normal", threads=2).to_bytes()
        case 3:
            x[:: 5 + i % 3] = np.nan
            value, score = th.log_likelihood_and_score(x, "normal", (1, 2), nan_policy="omit")
            return np.float64(value).tobytes() + score.tobytes()
        case 4:
            return th.logpdf(x[::-1], "normal", (i, 2)).tobytes()
        case _:
            both = th.summarize(x, "normal") + th.summarize(-x, "normal")
            method = th.GradientAscent(learning_rate=1e-6, epochs=500)
            return bits(both.fit(method=method, start=(0, 9)))


def in_threads(work, jobs):
    """The results of the jobs on 16 threads, all set off at once."""
    ready = threading.Barrier(16, timeout=60)
    with ThreadPoolExecutor(16, initializer=ready.wait) as pool:
        return list(pool.map(work, jobs, timeout=300))


def test_many_threads_give_the_bits_of_one():
    jobs = range(16 * 20)
    assert in_threads(mixed_work, jobs) == [mixed_work(i) for i in jobs]


def test_one_sample_and_one_summary_are_read_by_many_threads():
    x = np.random.default_rng(0).normal(5, 3, 300_007)
    summary = th.summarize(x, "normal")
    more = th.summarize(x[:100], "normal")

    def read(i):
        value = summary.log_likelihood((1, 2)), *summary.score((1, 2)), summary.n
        fits = th.fit(x, "normal", threads=1 + i % 4), summary.fit()
        return value, *map(bits, fits), summary.to_bytes(), (summary + more).to_bytes()

    assert set(in_threads(read, range(200))) == {read(0)}


def test_one_generator_serves_many_threads():
    """Which of them draws when is open, but each draws alone: the words drawn are those of a sequence."""
    x = np.random.default_rng(0).normal(5, 3, 2000)
    method = th.SGD(learning_rate=1e-6, epochs=3)

    def ascent(rng):
        return bits(th.fit(x, "normal", method=method, start=(0, 9), rng=rng))

    shared, alone = np.random.default_rng(1), np.random.default_rng(1)
    together = in_threads(ascent, [shared] * 64)
    assert sorted(together) == sorted(ascent(alone) for _ in range(64))
    assert shared.bit_generator.state == alone.bit_generator.state


ROWS = np.random.default_rng(0).normal(5, 3, 4_000_000)
OUT = np.empty(ROWS.size)
SUMMARY = th.summarize(ROWS[:1000], "normal")
CALLS = {
    "pass": lambda: th.fit(ROWS, "normal", threads=1),
    "pass, two threads": lambda: th.fit(ROWS, "normal", threads=2),
    "pass over a block": lambda: th.Summary("normal").update(ROWS[::2]),
    "log-densities": lambda: find_family("normal").model.log_density((1, 2), ROWS, OUT),
    "stochastic ascent": lambda: th.fit(
        ROWS, "normal", method=th.SGD(learning_rate=1e-9, epochs=1), start=(0, 1), rng=0
    ),
    "gradient ascent": lambda: SUMMARY.fit(
        method=th.GradientAscent(learning_rate=1e-9, epochs=2_000_000), start=(0, 9)
    ),
}


def others_run_during(call, times):
    """Whether another thread gets to run while this one calls and is never made to let go of the GIL."""
    asleep, wake, ran = threading.Event(), threading.Event(), threading.Event()

    def other():
        asleep.set()
        wake.wait()
        ran.set()

    thread = threading.Thread(target=other)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)  # seconds until the interpreter takes the GIL from a thread that keeps it
    try:
        thread.start()
        asleep.wait()
        wake.set()
        for _ in range(times):
            call()
            if ran.is_set():
                break
        return ran.is_set()
    finally:
        sys.setswitchinterval(interval)
        thread.join()


@pytest.mark.parametrize("name", CALLS)
def test_the_gil_is_released(name):
    assert others_run_during(CALLS[name], 200)


@pytest.mark.skipif(not getattr(sys, "_is_gil_enabled", lambda: True)(), reason="there is no GIL here")
def test_what_keeps_the_gil_is_seen():
    assert not others_run_during(lambda: sum(range(100_000)), 50)


@pytest.mark.parametrize("n", [1, 100, 2049])
def test_short_arrays_have_the_bits_of_the_longer_way(first, n):
    x, family = first.sample(n), first.family

    def outcome(**how):
        try:
            return th.fit(x, family, **how).to_dict()
        except th.ThetahatError as error:
            return str(error)

    assert outcome(threads=1) == outcome(threads=7) == outcome(nan_policy="omit")
    with pytest.raises(th.ParameterError, match="threads must be an integer of at least 1, got 0"):
        th.fit(x, family, threads=0)
