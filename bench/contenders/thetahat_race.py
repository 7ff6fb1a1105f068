"""thetahat's own stochastic ascent, in the race and step by step."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from contest import Case, Run
from drawn import drawn, theta_of
from jobs import race_of, steps_by_family, steps_by_size
from race import ASTRAY, DRAWN_AT, PILOT, Array, Theta, maximum, off, raced, rows

import thetahat as th
from thetahat.families import find_family


def tuned(family: str, x: Array, **how: Any) -> Callable[[], Theta]:
    """Return the running of `SGD` that tunes itself."""
    method = th.SGD(**how)
    rng = None if method.shuffle is None else 0
    return lambda: th.fit(x, family, method=method, rng=rng, threads=1).theta


def online(family: str, x: Array) -> Callable[[], Theta]:
    return lambda: th.Online(family).partial_fit(x).fit_result().theta


def exact(family: str, x: Array, threads: int) -> Callable[[], Theta]:
    return lambda: th.fit(x, family, threads=threads).theta


RACERS: dict[str, Callable[[str, Array], Callable[[], Theta]]] = {
    "thetahat": tuned,
    'thetahat, shuffle="batches"': partial(tuned, shuffle="batches"),
    "thetahat, shuffle=None": partial(tuned, shuffle=None),
    'thetahat, batches of 4096, shuffle="batches"': partial(tuned, shuffle="batches", batch_size=4096),
    "thetahat, by single rows": partial(tuned, batch_size=1),
    "thetahat, Online": online,
}
for family, job in race_of.items():
    for name, prepare in RACERS.items():
        job.enter(name)(partial(raced, family=family, prepare=prepare))
    for threads in (1, 2):
        prepare = partial(exact, threads=threads)
        job.enter("thetahat, whole fit", threads=threads)(partial(raced, family=family, prepare=prepare))


RATE = 1e-6  # which from where the rows were drawn does not lead far


def by_rate(family: str, x: Array, start: Theta, case: Case) -> Run:
    """Return the run of the notebook's way."""
    method = th.SGD(learning_rate=RATE, epochs=case.epochs)

    def call() -> Theta:
        return th.fit(x, family, method=method, start=start, rng=0, threads=1).theta

    return Run(call, start, case.n * case.epochs, tolerance=0.1)


def by_itself(family: str, x: Array, fit: th.Fit, case: Case) -> Run:
    call = tuned(family, x, epochs=case.epochs, batch_size=1)
    within = 0.5 if case.n > PILOT else ASTRAY
    return Run(call, [0.0], case.n * case.epochs, tolerance=within, answer=partial(off, fit=fit))


def family_by_itself(case: Case, family: str) -> Run:
    x = drawn(family, case.n)
    return by_itself(family, x, th.fit(x, family), case)


def family_by_rate(case: Case, family: str) -> Run:
    return by_rate(family, drawn(family, case.n), theta_of(family), case)


for family in th.families():
    if not find_family(family).has_boundary:  # which no step would find
        steps_by_family.enter(family)(partial(family_by_itself, family=family))
        steps_by_family.enter(f"{family}, learning_rate=")(partial(family_by_rate, family=family))


def size_by_itself(case: Case, family: str) -> Run:
    return by_itself(family, rows(family, case.n), maximum(family, case.n), case)


def size_by_rate(case: Case, family: str) -> Run:
    return by_rate(family, rows(family, case.n), DRAWN_AT[family], case)


for family in race_of:
    steps_by_size.enter(family)(partial(size_by_itself, family=family))
    steps_by_size.enter(f"{family}, learning_rate=")(partial(size_by_rate, family=family))
