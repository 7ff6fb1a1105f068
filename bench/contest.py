"""A job, the sizes it is done at, and everybody who does it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from shutil import which
from time import perf_counter, thread_time
from typing import Any, NamedTuple

from kinds import Sample, sample


class Case(NamedTuple):
    """A size of a job, and the sample for it: of normal values, in one of the kinds of rows."""

    label: str
    n: int
    batch_size: int = 1
    epochs: int = 1
    kind: str = "float64"

    @property
    def sample(self) -> Sample:
        return sample(self.kind, self.n)

    @property
    def x(self) -> Any:
        return self.sample.x

    def quick(self) -> Case:
        """The same job, only large enough to show that the code works."""
        n = min(self.n, 200)
        return self._replace(n=n, batch_size=min(self.batch_size, n), epochs=min(self.epochs, 2))


class TooLongError(Exception):
    """A call would take more than a minute."""


def check_patience(case: Case, call: Callable[[int], object]) -> None:
    """Raise where a call on all rows would take more than a minute, by one on a hundredth of them."""
    if case.n > 10**4:
        start = perf_counter()
        call(case.n // 100)
        if 100 * (perf_counter() - start) > 60:
            raise TooLongError


class Run(NamedTuple):
    """A call to be timed, the numbers it must return, and how many units of the job it gets through."""

    call: Callable[[], Any]
    expected: Sequence[float]
    units: float
    tolerance: float = 1e-9
    answer: Callable[[Any], Any] = lambda returned: returned  # the numbers, from what the call returns


class Contender(NamedTuple):
    name: str
    setup: Callable[[Case], Run]
    threads: int
    needs: Sequence[str]  # the modules or programs without which it cannot run
    only: Sequence[str] | None  # labels of the cases it enters; None for all
    floor: bool
    elsewhere: bool  # in another process

    @property
    def clock(self) -> Callable[[], float]:
        """Processor time, which other processes hardly touch; for work beside this thread the wall's."""
        return thread_time if self.threads == 1 and not self.elsewhere else perf_counter

    @property
    def installed(self) -> bool:
        return all(find_spec(name) or which(name) for name in self.needs)


class Job:
    """A job. The contender that enters first is ours, and the one that all others are measured beside."""

    def __init__(self, name: str, title: str, unit: str, cases: Sequence[Case]) -> None:
        self.name, self.title, self.unit, self.cases = name, title, unit, cases
        self.contenders: list[Contender] = []

    @property
    def reference(self) -> Contender:
        return self.contenders[0]

    def enter(
        self,
        name: str,
        *,
        threads: int = 1,
        needs: Sequence[str] = (),
        only: Sequence[str] | None = None,
        floor: bool = False,
        elsewhere: bool = False,
    ) -> Callable[[Callable[[Case], Run]], Callable[[Case], Run]]:
        """Enter the decorated function, which prepares a contender's run of a case, imports included."""

        def decorate(setup: Callable[[Case], Run]) -> Callable[[Case], Run]:
            self.contenders.append(Contender(name, setup, threads, needs, only, floor, elsewhere))
            return setup

        return decorate

    def entries(self) -> Iterator[tuple[Case, Contender]]:
        for case in self.cases:
            for contender in self.contenders:
                if contender.only is None or case.label in contender.only:
                    yield case, contender
