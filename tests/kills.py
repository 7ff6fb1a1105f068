"""Fits that are killed at random instants and started again must end with the bits of those that were not.

A fit runs in a process of its own and saves at every chance; SIGKILL ends it, often amid a save, and the same
call goes on, until one lives to the end. Between some of the kills its checkpoint is damaged: then the fit
must say so and go on from the save before, or be refused, and is started afresh.

As a script it kills 200 times from a fresh seed, and fails where a fit ends with other bits or reads a
damaged file: `python tests/kills.py [--kills KILLS] [--seed SEED]`.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import thetahat as th
from thetahat import _sgd
from thetahat._checkpoint import Checkpoint
from thetahat.solvers.monitoring import Monitor

LONGEST = 1 / 3  # of the time that a fit takes: when it is killed
MOST = 10  # kills of one fit
DAMAGED = 0.25  # of the kills, how many are followed by damage
AFTER_DAMAGE = ("fell back", "refused")
READ = (*AFTER_DAMAGE, "went on", "afresh")


class Scenario(NamedTuple):
    """A fit to be interrupted."""

    family: str
    method: Any
    n: int = 3000
    start: Any = None
    trace: Any = False
    dtype: str = "float64"
    weighted: bool = False
    window: int = 256  # rows that are shuffled together: few, so that an epoch can be left at many places

    def settings(self):
        """What `fit` is given besides a checkpoint."""
        rng = np.random.default_rng(1)
        draw = {
            "normal": lambda: rng.normal(1, 2, self.n),
            "student_t": lambda: 1 + 2 * rng.standard_t(4, self.n),
            "gamma": lambda: rng.gamma(3, 2, self.n),
        }
        return {
            "x": draw[self.family]().astype(self.dtype),
            "family": self.family,
            "method": self.method,
            "start": self.start,
            "trace": self.trace,
            "weights": rng.uniform(0, 2, self.n).round(1) if self.weighted else None,
            "rng": 7 if self.method.draws else None,
        }


def notebook(**settings):
    return th.SGD(**({"learning_rate": 1e-4, "epochs": 20} | settings))


MIX = {
    "tuned normal": Scenario("normal", th.SGD(epochs=5), 9000),
    "tuned student_t": Scenario("student_t", th.SGD(epochs=4), 9000, trace="epoch"),
    "tuned, traced by steps": Scenario("normal", th.SGD(epochs=5), 9001, trace=700),
    "tuned, weighted": Scenario("gamma", th.SGD(epochs=4, batch_size=4), 9000, trace=500, weighted=True),
    "spread": Scenario("normal", th.SGD(shuffle="spread", batch_size=10, epochs=3), 9007, trace=77),
    "spread, weighted": Scenario("gamma", th.SGD(shuffle="spread", epochs=3), 9001, weighted=True),
    "spread, by windows": Scenario(
        "student_t",
        th.SGD(shuffle="spread", batch_size=1024, epochs=3),
        20_001,
        trace=5,
        dtype="float32",
        window=1 << 12,
    ),
    "spread rows": Scenario("normal", notebook(shuffle="spread"), 3001, start=(0, 1), trace=1000),
    "rows": Scenario("normal", notebook(), start=(0, 1), trace="epoch"),
    "rows, float32": Scenario("normal", notebook(), 3001, start=(0, 1), trace=1000, dtype="float32"),
    "rows, weighted": Scenario("normal", notebook(), start=(0, 1), trace="epoch", weighted=True),
    "rows in order": Scenario("normal", notebook(shuffle=None), start=(0, 1), trace=701),
    "tens": Scenario("normal", notebook(batch_size=10, shuffle="batches"), 3007, start=(0, 1), trace=77),
    "tens of rows": Scenario("normal", notebook(batch_size=10), 3007, start=(0, 1), trace="epoch"),
    "hundreds": Scenario("normal", notebook(batch_size=100, shuffle="batches"), 3007, start=(0, 1), trace=7),
    "tens in order": Scenario("student_t", notebook(batch_size=10, shuffle=None), trace="epoch"),
    "scaled hundreds": Scenario(
        "student_t",
        th.SGD(
            learning_rate=th.InverseTime(1.0, 100), preconditioner="information", batch_size=100, epochs=3
        ),
        9000,
    ),
    "mean of all": Scenario("normal", notebook(average="polyak"), start=(0, 1), trace=1501),
    "mean of an epoch": Scenario("normal", notebook(average="epoch"), start=(0, 1), trace="epoch"),
    "adam": Scenario(
        "student_t",
        th.SGD(
            learning_rate=1e-3, update=th.Adam(), coordinates="log", average="polyak", batch_size=5, epochs=20
        ),
        trace="epoch",
    ),
    "momentum": Scenario("gamma", notebook(update=th.Momentum(), coordinates="log"), trace=999),
    "implicit": Scenario("gamma", notebook(implicit=True, coordinates="log", batch_size=50)),
    "rate by epoch": Scenario("normal", notebook(learning_rate=th.StepDecay(1e-4, 0.5, 7)), start=(0, 1)),
    "polished": Scenario("student_t", notebook(learning_rate=1e-5, polish=True, epochs=10), trace=100),
    "tol": Scenario("normal", th.SGD(epochs=20, tol=1e-4), 9000, trace="epoch"),
    "gradients, gamma": Scenario("gamma", th.GradientAscent(learning_rate=1e-4, epochs=90), trace="epoch"),
    "gradients, student_t": Scenario(
        "student_t", th.GradientAscent(learning_rate=1e-4, epochs=90), trace=7, weighted=True
    ),
    "large": Scenario("normal", th.SGD(epochs=6), 400_001, window=1 << 16),
    "large, tens": Scenario(
        "student_t", th.SGD(batch_size=10, epochs=4), 400_001, dtype="float32", window=1 << 16
    ),
}


def shuffle_together(rows):
    """Make windows of so many rows, and a look after each second one."""
    _sgd.WINDOW = rows
    Monitor.rows = property(lambda _: 2 * rows)


def bits_of(fit):
    """All that a fit has found, in digits that keep every bit."""
    found = {
        name: np.asarray(getattr(fit, name), float).ravel().tolist()
        for name in ("theta", "newton_decrement", "log_likelihood", "stderr", "trace", "trace_epochs")
        if getattr(fit, name) is not None
    }
    hexadecimal = {name: [number.hex() for number in numbers] for name, numbers in found.items()}
    return hexadecimal | {"epochs": fit.epochs, "status": fit.status}


def tell(word):
    print(word, flush=True)


def tell_of_loads():
    """Print what becomes of a checkpoint when it is read; where it is refused, end."""
    load = Checkpoint.load

    def told(checkpoint):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                state = load(checkpoint)
            except th.CheckpointError:
                tell("refused")
                sys.exit()
        tell("fell back" if caught else "went on" if state else "afresh")
        return state

    Checkpoint.load = told


def run_to_the_end(name, path):
    """The process that is killed."""
    scenario = MIX[name]
    shuffle_together(scenario.window)
    tell_of_loads()
    settings = scenario.settings()
    tell("ready")
    tell(json.dumps(bits_of(th.fit(**settings, checkpoint=path, checkpoint_every=0))))


class Run:
    """One fit, through all its kills."""

    def __init__(self, name, path, chance, seconds):
        self.name, self.path, self.chance, self.seconds = name, path, chance, seconds
        self.count = Counter()
        self.damaged = None  # what a damaged file holds

    def to_the_end(self, kills):
        """Kill so often at most; return the bits in the end."""
        while True:
            words, ended = self.start(spared=self.count["kills"] >= kills)
            self.check(words)
            if "refused" in words:
                self.path.unlink()
                self.damaged = None
            elif ended:
                return json.loads(words[-1])
            elif self.damaged is None and self.path.exists() and self.chance.random() < DAMAGED:
                self.damage()

    def start(self, spared):
        """Run the fit until its end or its kill; return what it said, and whether it ended."""
        command = [sys.executable, __file__, "--child", self.name, str(self.path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            child.stdout.readline()
            if not spared:
                time.sleep(self.chance.uniform(0, LONGEST * self.seconds))
                child.kill()
            words = child.stdout.read().split("\n")[:-1]
        if child.returncode > 0:
            raise SystemExit(f"{self.name}: failed")
        self.count["kills"] += child.returncode < 0
        self.count.update(set(words).intersection(AFTER_DAMAGE))
        return words, child.returncode == 0

    def check(self, words):
        """Raise where a start that said this read a damaged file, or did not take a good one."""
        read = [word for word in words if word in READ]
        good = self.damaged is None
        if read and (read[0] in AFTER_DAMAGE) == good:
            raise SystemExit(f"{self.name}: {read[0]}, the file was {'good' if good else 'damaged'}")
        if not good and self.path.read_bytes() != self.damaged:
            self.damaged = None  # there was a save since

    def damage(self):
        """Cut the file short, or change a byte."""
        record = bytearray(self.path.read_bytes())
        place = self.chance.randrange(len(record))
        if self.chance.random() < 0.5:
            del record[place:]
        else:
            record[place] ^= self.chance.randrange(1, 256)
        self.path.write_bytes(record)
        self.damaged = bytes(record)
        self.count["damaged"] += 1


def timed(settings, folder):
    """The seconds that a fit takes when nothing interrupts it, with a checkpoint at every chance."""
    begun = time.perf_counter()
    th.fit(**settings, checkpoint=f"{folder}/timed.ckpt", checkpoint_every=0)
    return time.perf_counter() - begun


def survives(name, kills, chance):
    """Kill a fit so often at most; print and return how often it was, and whether its bits are right."""
    scenario = MIX[name]
    shuffle_together(scenario.window)
    settings = scenario.settings()
    with tempfile.TemporaryDirectory() as folder:
        run = Run(name, Path(folder, "run.ckpt"), chance, timed(settings, folder))
        same = run.to_the_end(kills) == bits_of(th.fit(**settings))
    said = ", ".join(f"{run.count[word]} {word}" for word in ("kills", "damaged", *AFTER_DAMAGE))
    print(f"{name}: {said}: {'same' if same else 'OTHER'} bits", flush=True)
    return run.count["kills"], same


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("--child", nargs=2, metavar=("NAME", "PATH"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        return run_to_the_end(*given.child)
    print(f"seed {given.seed}")
    chance, names, kills, runs, wrong = random.Random(given.seed), cycle(MIX), 0, 0, 0
    while kills < given.kills or runs < len(MIX):
        some, same = survives(next(names), min(MOST, given.kills - kills), chance)
        kills, runs, wrong = kills + some, runs + 1, wrong + (not same)
    print(f"{kills} kills in {runs} fits of {len(MIX)} kinds, other bits in {wrong}")
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())
