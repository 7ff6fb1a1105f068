"""A source of rows as one family sees it: sums at theta, from passes."""

from __future__ import annotations

import math

import numpy as np

from thetahat import _core, _sums
from thetahat._censored import log_probability
from thetahat._checks import check_threads
from thetahat._shift import shift
from thetahat.data.arrays import chunks_of, count_outside, empty, reject_rows, value_of
from thetahat.data.censored_source import CensoredSource
from thetahat.data.limit_table import LimitTable
from thetahat.data.passes import default_threads, team
from thetahat.data.source import ArraySource, Source
from thetahat.errors import ParameterError, SampleError
from thetahat.families import Family
from thetahat.pilot import Pilot

__all__ = ["Sample", "check_intervals_allowed", "check_sums"]

Theta = tuple[float, ...]

_MOST_HELD = 10**7  # rows of a source


class Sample:
    """A source of rows, or sums whose rows are gone, for one family; a pass is made when it is asked for.

    Parameters
    ----------
    family : Family
        The family.
    source : Source, optional
        The rows; None if there are only sums.
    threads : int, optional
        As in `thetahat.fit`.
    sums : Sums, optional
        Sums of the rows, if they are known and the rows are not.
    sums_at : tuple of float, optional
        Where they were taken, if they are not sufficient.
    limits : LimitTable, optional
        What is known of censored and truncated rows beside these sums, which are of the model of the whole.

    Attributes
    ----------
    model : Model
        What makes sums of rows, and derivatives of sums: those of the intervals of a censored sample too.
    censored : CensoredSource, LimitTable or None
        The censored sample whose exact rows, or whose sums of exact rows, these are.
    """

    def __init__(
        self,
        family: Family,
        source: Source | None,
        threads: int | None = None,
        sums: _sums.Sums | None = None,
        omitted: int = 0,
        sums_at: Theta = (),
        limits: LimitTable | None = None,
    ) -> None:
        self.family, self.source = family, source
        self.passes = 0
        self._sums, self._good = None, False
        self.sums_at = sums_at
        self._counts: tuple[float, int] = (0, 0)
        self._threads = None if threads is None else check_threads(threads)
        self._omitted = omitted
        self.model = family.model
        self.censored: CensoredSource | LimitTable | None = limits
        if isinstance(source, CensoredSource):
            check_intervals_allowed(family)
            threads = team(self._threads, source.size)
            self.model, self.source = source.attach(family.model, family.counts, threads)
            self.censored = source
        elif sums is not None:
            self.model = sums.model
        if sums is not None:
            self._sums = self._accept(sums)

    def at(self, theta: Theta, *, moments: bool = True) -> _sums.Sums:
        """Return the sums at theta: the same for every theta if they are sufficient, otherwise from a pass.

        Without moments they say nothing of other thetas, and take a shorter pass. They may overflow; rows
        that are not finite or not in the support raise an error.
        """
        if self._sums is not None:
            return shift(self.family, self._sums, self.sums_at, theta) if self.sums_at else self._sums
        tree = _sums.Tree(self.model, None if self.family.sufficient else theta, moments=moments)
        self.read().add_to([tree], self._threads)
        sums = self._accept(tree.total())
        if self.family.sufficient:
            self._sums = sums
        return sums

    def run(self, fit: _sums.ExactFit) -> _sums.ExactFit:
        """Give an exact fit the rows and passes that it asks for, until it ends; return it."""
        rows = self.in_memory
        if self._sums is not None or rows is None:
            return self._run_by_passes(fit)
        while True:
            answer = fit.run(rows, self.threads, self._good)
            if answer == "empty":
                raise self.empty()
            if answer == "check":
                self._check_overflow()
            elif fit.state == "all rows":
                fit.take_pilot(*self.contiguous())
            else:
                break
        self.passes += fit.passes
        if fit.passes:
            sums, self._good = fit.sums, True
            self._counts = self._counts_of(sums)
            if self.family.sufficient:
                self._sums = sums
        return fit

    def _run_by_passes(self, fit: _sums.ExactFit) -> _sums.ExactFit:
        while fit.state in ("pilot", "all rows", "pass"):
            if fit.state == "pass" and self._sums is not None and self.sums_at:
                fit.take_sums(shift(self.family, self._sums, self.sums_at, fit.theta, roughly=True))
            elif fit.state == "pass":
                fit.take_sums(self.at(fit.theta))
            elif not self.has_rows:  # from which to start elsewhere
                break
            else:
                fit.take_pilot(
                    *(self.contiguous() if fit.state == "all rows" else self.pilot(fit.pilot_rows))
                )
        if fit.converged and self.sums_at:
            self.at(fit.evaluated)  # raises if the steps have led too far for the last sums to be exact
        return fit

    @property
    def counts(self) -> tuple[float, int]:
        """The sum of the weights and the number of rows of positive weight, as the last pass found them."""
        return self._counts

    @property
    def omitted(self) -> int:
        """Number of rows left out."""
        return self.size - self._counts[1]

    @property
    def size(self) -> int:
        """Number of rows, including those left out."""
        if isinstance(self.censored, CensoredSource):
            return self.censored.size
        return self._counts[1] + self._omitted if self.source is None else self.source.n

    @property
    def threads(self) -> int:
        """How many threads a pass may use."""
        if self._threads is not None:
            return self._threads
        return default_threads() if self.size >= _core.THREAD_ROWS else 1

    def score_products(self, theta: Theta) -> _sums.Sums:
        """Return the sum of the outer products of the rows' scores at theta, from a pass."""
        self.passes += 1
        tree = _sums.Tree(self.family.model, theta, products=True)
        self.read().add_to([tree], self._threads)
        return tree.total()

    def read(self) -> Source:
        """Return where the rows come from."""
        if self.source is None:
            raise ParameterError("a summary has only the sums of the rows, and this needs the rows")
        return self.source

    @property
    def in_memory(self) -> list[_core.Rows] | None:
        """All rows, where they are in memory and none of them is left out by value; else None."""
        return None if self.source is None else self.source.in_memory

    @property
    def is_long(self) -> bool:
        """Whether the rows are apart, or not in memory and more than are read into it for a picture."""
        if self.source is None or isinstance(self.source, ArraySource):
            return False
        return self.source.apart or (self._counts[1] or self.counted) > _MOST_HELD

    @property
    def counted(self) -> int:
        """Number of rows that are not left out, some of which may be of weight 0; of sums, 0."""
        return 0 if self.source is None else self.source.counted

    def rows_to_choose(self, solved: bool) -> int:
        """Return how many rows a pilot may be taken from; 0 if counting them is a pass for nothing."""
        if self.source is None:
            return 0
        return self.source.n if self.source.in_memory is not None else 0 if solved else self.source.counted

    @property
    def has_rows(self) -> bool:
        """Whether there are rows, and not only their sums."""
        return self.source is not None

    def fingerprint(self) -> dict[str, int]:
        """Return checksums of the rows and of the weights."""
        source = self.censored if isinstance(self.censored, CensoredSource) else self.source
        return {} if source is None else source.fingerprint()

    def pilot(self, wanted: int) -> Pilot:
        """Return about so many rows, spread evenly over the sample; all rows if it has no more."""
        if self.source is None:
            raise ParameterError("start is needed: a summary has no rows to estimate it from")
        pilot = self.source.subsample(wanted)
        if pilot is None:
            self.check_rows()
        if pilot is None or pilot.x.size == 0:  # all of those are left out
            pilot = self.contiguous()
        if self.family.model.count_outside(chunks_of(pilot.x)[0])[0]:
            self.check_rows()
        return pilot

    def contiguous(self) -> Pilot:
        """Return all rows that count, contiguous: in place if they already are."""
        if self.source is None:
            raise ParameterError("SGD requires the rows; a summary has only their sums")
        rows = self.source.contiguous()
        if rows.x.size == 0:
            raise self.empty()
        return rows

    def in_order(self) -> _core.Rows:
        """Return the rows that count as one stretch: in place if all count without weights, else copied."""
        chunks = [chunk for chunk in self.in_memory or [] if chunk.n]
        if len(chunks) == 1 and chunks[0].weights is None:
            return chunks[0]
        rows = self.contiguous()
        return chunks_of(rows.x, weights=rows.weights)[0]

    def empty(self) -> SampleError:
        """Return the error of a sample without rows."""
        return empty(self.size) if self.source is None else empty(self.size, self.source.what)

    def _accept(self, sums: _sums.Sums) -> _sums.Sums:
        """Return the sums of a pass; raise if the rows are no sample of the family."""
        self.passes += 1
        if sums.finite and self._counts_of(sums)[1] == 0:
            raise self.empty()
        if not sums.finite and (not self._good or self.family.sufficient):
            self._check_overflow()
        self._good = True
        self._counts = self._counts_of(sums)
        return sums

    def _counts_of(self, sums: _sums.Sums) -> tuple[float, int]:
        """Return the sum of the weights and the number of rows of positive weight, censored ones too."""
        if self.censored is None:
            return sums.n, sums.rows
        return self.censored.weight_with(sums.n), self.censored.n_rows

    def _check_overflow(self) -> None:
        """Raise if rows are invalid; if they are not, sums that are not finite overflow."""
        if not self._good:
            self.check_rows()
        self._good = True
        if self.family.sufficient:
            raise SampleError("the sums of this sample are beyond what doubles can hold")

    def check_rows(self) -> None:
        """Raise if rows are not finite or outside the family's support."""
        reject_rows(self._checked(), self.family.model, self.family.support)

    def _checked(self) -> Source:
        """Return the rows by which errors count: of a censored sample all, exact ones apart."""
        return self.censored.in_place() if isinstance(self.censored, CensoredSource) else self.read()

    def check_intervals(self) -> None:
        """Raise if intervals of a censored sample lie outside the family's support."""
        family = self.family
        if not isinstance(self.censored, CensoredSource):
            return
        found = self.censored.impossible(*family.ends, family.counts)
        if found:
            count, first, rows = found
            raise SampleError(
                f"x holds {count} row(s) whose interval lies outside the support of {family.name},"
                f" {family.support}, the first at index {first}: ({rows.lower[0]}, {rows.upper[0]}]",
                first,
                count,
            )

    def has_outside(self, theta: Theta) -> bool:
        """Whether rows are outside the support at theta."""
        return count_outside(self._checked(), self.family.model, theta).total > 0

    def check_support(self, theta: Theta, what: str) -> None:
        """Raise if rows are outside the support at theta, where the likelihood is 0 and has no score."""
        rows = self._checked()
        found = count_outside(rows, self.family.model, theta)
        if found.total:
            raise ParameterError(
                f"{what}: {found.total} row(s) lie outside the support of {self.family.name} at {theta}, the"
                f" first at index {found.first}{rows.locate(found.first)}: {value_of(found)!r}; the"
                " log-likelihood there is -inf, and has no score"
            )
        if isinstance(self.censored, CensoredSource):
            self._check_probabilities(self.censored, theta, what)

    def _check_probabilities(self, censored: CensoredSource, theta: Theta, what: str) -> None:
        """Raise if censored rows have no probability at theta."""
        limits = censored.limits
        ends = np.ascontiguousarray(limits.lower), np.ascontiguousarray(limits.upper)
        never = log_probability(self.family.model, theta, *ends) == -math.inf
        if never.any():
            row = int(np.argmax(never))
            raise ParameterError(
                f"{what}: {int(never.sum())} interval(s) have no probability by {self.family.name} at"
                f" {theta}, the first at index {censored.place(row)}: ({ends[0][row]}, {ends[1][row]}]; the"
                " log-likelihood there is -inf, and has no score"
            )


def check_intervals_allowed(family: Family) -> None:
    """Raise if a family takes exact rows alone."""
    if family.exact_rows:
        raise ParameterError(f"{family.name} takes exact rows alone: its tail is too heavy to add up")


def check_sums(sums: _sums.Sums, theta: Theta) -> _sums.Sums:
    """Return sums at theta; raise if they overflow."""
    if not sums.finite:
        raise ParameterError(
            f"the {sums.model.name} likelihood of this sample at {theta} is beyond what doubles can hold"
        )
    return sums
