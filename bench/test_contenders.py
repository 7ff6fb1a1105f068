"""Each contender timed beside ours: rounds of the one and of the other in turn, on the same data."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np
import pytest
from contest import Case, Contender, Job, TooLongError

Clock = Callable[[], float]

ROUND = 5e-4  # seconds; shorter calls are repeated, but a round should fit between two interruptions
BUDGET = 1.5  # seconds for all rounds
ROUNDS = range(3, 100)

# Peers warn of their own futures.
pytestmark = pytest.mark.filterwarnings("default")


def test_contender(benchmark: Any, job: Job, case: Case, contender: Contender, quick: bool) -> None:
    if not contender.installed:
        pytest.skip(f"{', '.join(contender.needs)}: not installed")
    if quick:
        case = case.quick()
    of_all = {"job": job.name, "case": case.label, "contender": contender.name, "threads": contender.threads}
    benchmark.extra_info.update(of_all)
    try:
        ours, theirs = job.reference.setup(case), contender.setup(case)
    except TooLongError:
        benchmark.pedantic(lambda: None)
        benchmark.extra_info.update(ns=inf, our_ns=1.0)
        return
    clock = contender.clock
    start = clock()
    returned = theirs.call()
    first = clock() - start
    np.testing.assert_allclose(
        numbers(theirs.answer(returned)), theirs.expected, rtol=theirs.tolerance, atol=theirs.tolerance
    )
    our_calls, our_time = calls_in_a_round(ours.call, clock)
    their_calls, their_time = (1, first) if first > BUDGET else calls_in_a_round(theirs.call, clock)
    our_rounds: list[float] = []
    turns = min(max(int(their_time / our_time), 1), 10)  # beside a long round of theirs, several of ours

    def our_turn() -> None:
        ours.call()  # after the contender's round, the caches are not what ours leaves behind
        our_rounds.extend(seconds(ours.call, our_calls, clock) for _ in range(turns))

    wanted = int(BUDGET / (turns * our_time + their_time))
    rounds = 2 if quick else 1 if first > 10 else min(max(wanted, ROUNDS.start), ROUNDS.stop)
    benchmark.pedantic(repeat, (theirs.call, their_calls), setup=our_turn, rounds=rounds)
    benchmark.extra_info.update(
        ns=1e9 * benchmark.stats.stats.min / their_calls / theirs.units,
        our_ns=1e9 * min(our_rounds) / our_calls / ours.units,
        passes=getattr(returned, "passes", None),
    )


def numbers(result: Any) -> Any:
    """Flatten what a call returns: a number, or arrays and pairs of them in a tuple."""
    return np.hstack([np.ravel(part) for part in result]) if isinstance(result, tuple) else np.ravel(result)


def calls_in_a_round(call: Callable[[], Any], clock: Clock) -> tuple[int, float]:
    """Return how many calls make a round, and how long it takes."""
    call()
    calls, taken = 1, seconds(call, 1, clock)
    while taken < ROUND:
        calls = int(calls * max(2.0, min(10.0, 1.2 * ROUND / taken)))
        taken = seconds(call, calls, clock)
    return calls, taken


def seconds(call: Callable[[], Any], calls: int, clock: Clock) -> float:
    start = clock()
    repeat(call, calls)
    return clock() - start


def repeat(call: Callable[[], Any], calls: int) -> None:
    for _ in range(calls):
        call()
