"""The public functions, called with random wrong arguments of every type, raise errors of this library alone.

A call has good arguments, some of which are replaced by what Python, NumPy, pandas, polars and Arrow have.
What comes out is a result or a `ThetahatError`; never another exception, and no
warning. No argument is changed.

As a script it makes 40,000 calls from a fresh seed, and prints each kind of fault once:
`python tests/random_calls.py [--calls CALLS] [--seed SEED]`.
"""

import argparse
import os
import random
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from contextlib import redirect_stderr
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

import thetahat as th

try:
    import polars as pl
except ImportError:  # there is no wheel for free-threaded Python
    pl = None

REPLACED = (1, 1, 1, 2, 3)  # arguments of a call that are replaced
SLOW = {"epochs", "bootstrap"}  # arguments that may be so large that a call does not end


class Strange:
    """An object whose every use fails."""

    def __float__(self):
        raise ValueError("no float")

    def __bool__(self):
        raise ValueError("no truth")

    def __index__(self):
        raise ValueError("no index")


def numbers():
    """Numbers of all types, in and out of most domains."""
    return [
        *(0, 1, 2, 3, -1, 17, 10**6, 2**31, 2**53 + 1, 2**62, 2**63, 10**400, True, False),
        *(0.0, -0.0, 0.5, 1.0, 1.5, -2.5, 1e-320, 1e308, -1e308, float("nan"), float("inf"), -float("inf")),
        *(1j, 1 + 0j, Decimal("0.5"), Decimal("NaN"), Decimal("sNaN"), Fraction(1, 2), np.float32(0.5)),
        *(
            np.int8(3),
            np.uint64(2**63),
            np.bool_(True),
            np.longdouble(0.5),
            np.complex64(1),
            np.complex128(1j),
        ),
        *(np.datetime64("2026-01-01"), np.timedelta64(5, "s"), pd.NA, pd.NaT, pd.Timestamp(0)),
    ]


def texts():
    """Strings and the like; some are names of settings."""
    return [
        *(
            "",
            "a",
            "1",
            "0.5",
            "normal",
            "gumbel",
            "poisson",
            "epoch",
            "omit",
            "rows",
            "log",
            "sandwich",
            "qq",
        ),
        *(
            "a\0b",
            "\x1b[31m",
            "\ud800",
            "nan",
            b"",
            b"1",
            bytearray(b"1"),
            memoryview(b"12"),
            Path(".."),
            Path("n"),
        ),
    ]


def arrays():
    """Arrays and columns, most of which hold no sample."""
    rng = np.random.default_rng(0)
    of_numpy = [
        *(rng.normal(size=5), rng.gamma(2, size=5).astype("f4"), np.arange(5), np.arange(5, dtype=">u2")),
        *(
            np.array([]),
            np.array(3.0),
            np.array([1.0]),
            np.ones((2, 3)),
            np.ones((2, 2, 2)),
            np.zeros((0, 3)),
        ),
        *(
            np.array(["a", "b"]),
            np.array([1, None]),
            np.array([1j, 2]),
            np.array([True, False]),
            np.full(3, np.nan),
        ),
        *(
            np.array([1, 2**60]),
            np.array([1e308, -1e308, 5e307]),
            np.array([np.inf, 1.0]),
            np.ones(3, np.longdouble),
        ),
        *(np.zeros(3, [("a", "f8"), ("b", "i4")]), np.array(["2026-01-01"], "M8[D]"), np.ma.masked_all(3)),
        *(np.ma.array([1.0, 2.0, 4.0], mask=[0, 1, 0]), np.random.default_rng(1), np.random.PCG64(1)),
    ]
    frame = pd.DataFrame({"a": [1.0, 2.0, 5.0], "b": [1, 2, 3]})
    of_pandas = [
        *(
            frame,
            frame[["a"]],
            frame["b"],
            frame[[]],
            pd.Series([1, None, 3], dtype="Int64"),
            pd.Series(["a", "b"]),
        ),
        *(
            pd.Series([1.0, 2.0], dtype="category"),
            pd.Series(pd.arrays.SparseArray([0.0, 1.0])),
            pd.Index([1, 2]),
        ),
        *(
            pd.Series([1.0, None, 3.0]),
            pd.Series([Decimal(1), None]),
            pd.Series(pd.to_datetime(["2026-01-01"])),
        ),
    ]
    of_arrow = [
        *(
            pa.array([1.0, None, 3.0]),
            pa.array(["a"]),
            pa.chunked_array([[1, 2], [5]]),
            pa.table({"a": [1.0, 2.0]}),
        ),
        *(
            pa.table({"a": [1], "b": [2]}),
            pa.nulls(3),
            pa.array([[1.0]]),
            pa.array([Decimal("1.5")]),
            pa.scalar(1.0),
        ),
    ]
    of_polars = pl and [
        *(pl.Series([1.0, None, 3.0]), pl.Series(["a"]), pl.DataFrame({"a": [1.0, 2.0]}), pl.DataFrame({})),
        *(pl.LazyFrame({"a": [1.0]}), pl.Series([[1.0], [2.0]]), pl.Series([1.0], dtype=pl.Decimal(10, 2))),
    ]
    return [*of_numpy, *of_pandas, *of_arrow, *(of_polars or ())]


def objects():
    """Containers, functions, and what a call may return."""
    fit = th.fit([1.0, 2.0, 4.0, 7.0], "normal")
    return [
        *(
            None,
            ...,
            NotImplemented,
            object(),
            object,
            int,
            Strange(),
            lambda *_: None,
            lambda *_: "a",
            len,
            slice(3),
        ),
        *(
            [],
            [1.0],
            [1.0, 2.0, 4.0],
            [1, None],
            [1, "a"],
            ["a", "b"],
            [[1.0], [1.0, 2.0]],
            [10**400],
            [0.5, 2**63],
        ),
        *((), (0, 1), (0.0, -1.0), (1, 2, 3), ("mu",), [None], [Strange()], [np.ones(2)], [(0, 1), (1, 2)]),
        *({}, {"mu": 0}, {"sigma": 1}, {"mu": 0, "sigma": 1}, {"mu": "a"}, {"mu": None}, {0: 1}, {"nu": 4}),
        *(
            {"mu": 0, "sigma": np.ones(2)},
            {1.0},
            frozenset("a"),
            range(3),
            iter([1.0, 2.0]),
            (i for i in "ab"),
        ),
        *(iter([[1.0, 2.0], [5.0]]), map(float, "12"), {"a": 1.0}.values(), zip("a", "b", strict=True)),
        *(th.Exact(), th.SGD(), th.SGD(learning_rate=1e-3), th.GradientAscent(learning_rate=1e-3, epochs=2)),
        *(
            th.InverseTime(),
            th.StepDecay(1e-3),
            th.Momentum(),
            th.Adam,
            fit,
            fit.to_dict(),
            th.Summary("normal"),
        ),
        *(
            th.summarize([1.0, 2.0], "gamma"),
            th.Online("gumbel"),
            th.summarize([1.0, 2.0], "normal").to_bytes(),
        ),
    ]


def stop(_):
    """A callback that ends a fit after an epoch: random settings may ask for any number of them."""
    return True


def sample():
    return np.array([1.0, 2.0, 4.0, 7.0, 3.0, 0.5])


def online():
    return th.Online("gumbel").partial_fit(sample())


DATA = {"x": sample, "nan_policy": "raise", "weights": None, "threads": None}
AT = {"family": "normal", "theta": (0, 1)}
HOW = {"start": (0.0, 1.0), "fixed": None, "rng": 0, "trace": False, "progress": False, "callback": stop}
HOW |= {"checkpoint": None, "checkpoint_every": 60.0, "cov": "information"}
SETTINGS = {"learning_rate": None, "epochs": 1, "batch_size": None, "shuffle": "auto", "preconditioner": None}
SETTINGS |= {"coordinates": None, "reduction": "sum", "average": None, "update": None, "implicit": False}
SETTINGS |= {"tol": None, "polish": False}
RATE = {"rate": 1e-3, "offset": 0.0}
PLAIN, ASCENT = th.SGD(learning_rate=1e-3), th.GradientAscent(learning_rate=1e-3, epochs=9)
LANES = {"x": sample, "family": "normal", "method": PLAIN, "start": [(0, 1), (1, 2)], "learning_rate": None}
BLOCKS = {"x": lambda: iter([sample()]), "weights": lambda: iter([sample()])}
FRESH = (sample, online, *BLOCKS.values())  # arguments that are made for each call


def calls():
    """Names, functions, and good arguments; functions are called with keywords alone."""
    of_many = [*calls_of_groups(), *calls_of_sums_and_streams()]
    return [*calls_of_samples(), *of_many, *calls_of_settings(), *calls_of_fits()]


def calls_of_samples():
    return [
        (
            "fit",
            th.fit,
            {**DATA, "family": "normal", "fixed": None, "method": th.Exact(), "cov": "information"},
        ),
        ("fit by SGD", th.fit, {**DATA, "family": "gumbel", "method": PLAIN, **HOW}),
        (
            "fit by SGD()",
            th.fit,
            {**DATA, "family": "gamma", "method": th.SGD(epochs=2), **HOW, "start": None},
        ),
        ("fit by gradients", th.fit, {**DATA, "family": "normal", "method": ASCENT, **HOW, "rng": None}),
        ("fit_multistart", th.fit_multistart, {**LANES, "rng": 0}),
        ("log_likelihood", th.log_likelihood, {**DATA, **AT}),
        ("score", th.score, {**DATA, **AT}),
        ("log_likelihood_and_score", th.log_likelihood_and_score, {**DATA, **AT}),
        ("logpdf", th.logpdf, {"x": sample, **AT}),
        ("compare", th.compare, {**DATA, "families": ["normal", "gumbel"]}),
        ("minibatches", th.minibatches, {"x": sample, "batch_size": 2, "shuffle": "batches", "rng": 0}),
        ("gradient_step", th.gradient_step, {"theta": (0, 1), "gradient": (1, 1), "learning_rate": 0.1}),
    ]


def calls_of_groups():
    how = {**DATA, "nan_policy": "status", "null_keys": "drop", "progress": False}
    of_fits = {"family": "weibull", "fixed": None, "start": None}
    fits = th.fit_groups(sample(), "weibull", by=[1, 1, 1, 2, 2, 2])
    return [
        ("fit_groups", th.fit_groups, {**how, **of_fits, "by": [1, 1, 1, 2, 2, 2]}),
        ("fit_groups of two keys", th.fit_groups, {**how, **of_fits, "by": {"a": ["u"] * 6, "b": [1] * 6}}),
        ("fit_groups of offsets", th.fit_groups, {**how, **of_fits, "offsets": [0, 3, 6]}),
        ("fit_groups of an axis", th.fit_groups, {**how, **of_fits, "x": np.ones((2, 3)), "axis": 1}),
        ("compare_groups", th.compare_groups, {**how, "families": ["normal", "gumbel"], "offsets": [0, 6]}),
        ("GroupFits.confint", fits.confint, {"level": 0.95}),
        ("GroupFits.quantile", fits.quantile, {"p": 0.5, "level": 0.95}),
        ("GroupFits.return_level", fits.return_level, {"period": 10, "level": 0.95}),
        ("GroupFits.plot", fits.plot, {"name": "shape", "level": 0.95}),
        ("GroupFits[]", lambda key: fits[key], {"key": 1}),
        ("in GroupFits", lambda key: key in fits, {"key": 1}),
    ]


def calls_of_sums_and_streams():
    summary = th.summarize(sample(), "normal")
    block = {"x": sample, "weights": None, "nan_policy": "raise"}
    return [
        ("summarize", th.summarize, {**DATA, "family": "normal"}),
        ("summarize blocks", th.summarize, {**DATA, "family": "normal", **BLOCKS}),
        ("Summary", th.Summary, {"family": "normal"}),
        ("Summary.update", th.Summary("normal").update, DATA),
        ("Summary.fit", summary.fit, {"method": th.Exact(), "start": None, "fixed": None}),
        ("Summary.log_likelihood", summary.log_likelihood, {"theta": (0, 1)}),
        ("Summary.score", summary.score, {"theta": (0, 1)}),
        ("Summary.from_bytes", th.Summary.from_bytes, {"record": b""}),
        ("Online", th.Online, {"family": "gumbel", "half_life": None, "batch_size": None, "fixed": None}),
        ("Online.partial_fit", lambda **how: online().partial_fit(**how), block),
        ("Online.merge", lambda other: online().merge(other), {"other": online}),
        ("Online.from_bytes", th.Online.from_bytes, {"record": b""}),
    ]


def calls_of_settings():
    return [
        ("SGD", th.SGD, SETTINGS),
        ("SGD with a rate", th.SGD, {**SETTINGS, "learning_rate": 1e-3}),
        ("GradientAscent", th.GradientAscent, {"learning_rate": 1e-3, "epochs": 3}),
        ("InverseTime", th.InverseTime, RATE),
        ("Power", th.Power, {**RATE, "power": 0.6}),
        ("StepDecay", th.StepDecay, {"rate": 1e-3, "factor": 0.5, "every": 1}),
        ("Momentum", th.Momentum, {"decay": 0.9}),
        ("Adam", th.Adam, {"beta1": 0.9, "beta2": 0.99, "epsilon": 1e-8}),
    ]


def calls_of_fits():
    fit = th.fit(sample(), "normal")
    traced = th.fit(sample(), "normal", method=PLAIN, start=(0, 1), trace="epoch", rng=0)
    return [
        ("Fit.confint", fit.confint, {"level": 0.95, "method": "wald"}),
        ("Fit.test", fit.test, {"theta0": {"mu": 0}}),
        ("Fit.quantile", fit.quantile, {"p": 0.5, "level": 0.95}),
        ("Fit.return_level", fit.return_level, {"period": 10, "level": 0.95}),
        ("Fit.gof", fit.gof, {"x": None, "bootstrap": 2, "rng": 0}),
        ("Fit.from_dict", th.Fit.from_dict, {"record": fit.to_dict()}),
        ("Fit.plot", traced.plot, {"kind": "trace", "x": None, "name": "value"}),
    ]


def wrong(chance, name):
    """An argument of any type, often no good one; new each time, since a call may use it up."""
    kinds = [numbers, texts, arrays, objects]
    value = chance.choice(chance.choice(kinds)())
    large = name in SLOW and isinstance(value, int | float | np.number) and not abs(value) < 10
    return 3 if large else value


def shown(value):
    """What an argument looks like, to see whether a call has changed it."""
    return repr(value.tolist()) if isinstance(value, np.ndarray) else repr(value)


def call_at_random(chance, call):
    """Make one call; return its name and what came out, or raise with what led there."""
    name, function, good = call
    arguments = {
        key: value() if any(value is fresh for fresh in FRESH) else value for key, value in good.items()
    }
    for key in chance.sample(sorted(good), min(len(good), chance.choice(REPLACED))):
        arguments[key] = wrong(chance, key)
    before = {key: shown(value) for key, value in arguments.items()}
    told = ", ".join(f"{key}={text[:200]}" for key, text in before.items())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            function(**arguments)
            outcome = "result"
        except th.ThetahatError as error:
            outcome = type(error).__name__
        except Exception as error:
            raise AssertionError(f"{name}({told}) raised {error!r}") from error
    changed = [key for key, value in arguments.items() if shown(value) != before[key]]
    assert not changed or name.startswith("Online"), f"{name}({told}) changed {changed}"
    return name, outcome


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=40_000)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    chance, public, count, faults = random.Random(given.seed), calls(), Counter(), Counter()
    with tempfile.TemporaryDirectory() as folder, Path(os.devnull).open("w") as nowhere:
        os.chdir(folder)  # where checkpoints go
        for _ in range(given.calls):
            try:
                with redirect_stderr(nowhere):
                    _, outcome = call_at_random(chance, chance.choice(public))
                count[outcome] += 1
            except AssertionError as error:
                frame = traceback.extract_tb((error.__cause__ or error).__traceback__)[-1]
                faults[frame.filename, frame.lineno] += 1
                if faults[frame.filename, frame.lineno] == 1:
                    print(f"{error}\n  in {frame.filename}:{frame.lineno}", flush=True)
        os.chdir("/")
    print(", ".join(f"{times} {outcome}" for outcome, times in count.most_common()))
    print(f"{sum(faults.values())} faults in {given.calls} calls, at {len(faults)} places")
    return len(faults) > 0


if __name__ == "__main__":
    sys.exit(main())
