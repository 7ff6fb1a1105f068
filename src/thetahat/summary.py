"""The sums of a sample: stored, merged, and fitted without the rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat._checks import check_count, check_threads
from thetahat._packing import pack, unpack
from thetahat._shift import shift
from thetahat._sums import SUMS_LAYOUT, Sums, Tree
from thetahat._theta import Theta, check_theta
from thetahat.data.arrays import count_outside, empty, reject_rows
from thetahat.data.censored_source import CensoredSource
from thetahat.data.limit_table import LimitTable
from thetahat.data.source import BlockSource, Source, source_of
from thetahat.errors import ParameterError, SampleError, UnknownFamilyError
from thetahat.families import Family, FamilyName, find_family
from thetahat.fit import fit_sample
from thetahat.result import Fit
from thetahat.sample import Sample
from thetahat.solvers import Exact, Method, MethodName, Monitoring, Trace

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Summary", "summarize"]

_EXACT = Exact()
_PROGRAM = b"thetahat sums "


class Summary:
    """The sums of a sample, to which rows can be added: all that a fit needs.

    They are sufficient statistics, or sums at one theta that hold near it: weibull, gumbel and
    generalized_pareto have no sufficient statistics, but series in theta of which these sums are the
    coefficients.

    The sum of two summaries of one family, and at the same theta, is that of all their rows, to rounding. A
    summary that is updated block by block has the bits of the whole sample, whatever the blocks.

    Parameters
    ----------
    family : str or Family
        One of `families()`, or a family by its formula, that has sufficient statistics, or sums that hold
        near a theta; those of others require the rows at every theta.
    at : sequence of float, or dict by name, optional
        Parameters near the maximum of the rows to come, where the sums of a family without sufficient
        statistics are taken: those of a fit of some of the rows, ten thousand or more. The last terms of the
        series say whether the sums are exact at another theta, as those of weibull and gumbel are up to 9 %
        from `at` in shape or scale, those of generalized_pareto up to about 0.02 in shape; where they are
        not, questions raise a `ParameterError` that names the theta to summarize the rows at.

    Attributes
    ----------
    omitted : int
        Rows left out: masked, of weight 0, or NaN or null with ``nan_policy="omit"``.
    at : tuple of float
        Where the sums are taken; empty if they are sufficient statistics.

    Notes
    -----
    Where rows lie apart, each part can be summarized where it is, and the summaries travel as bytes: on Ray,
    MPI or a queue that is all it takes. They add to rounding; the very bits of one machine need no more than
    a collection of Dask or Spark, which `scan` reads.

    >>> import thetahat as th
    >>> parts = [[97.0, 99.0], [102.0, 106.0]]
    >>> def remotely(rows):  # such as ray.remote(...), where the rows are
    ...     return th.summarize(rows, "gumbel", at=(100, 3)).to_bytes()
    >>> first, *others = map(th.Summary.from_bytes, map(remotely, parts))
    >>> round(sum(others, first).fit().params["beta"], 4)
    2.7441

    Examples
    --------
    >>> import thetahat as th
    >>> s = th.Summary("normal").update([1.0, 2.0]).update([4.0, 7.0])
    >>> s.fit().params == th.fit([1.0, 2.0, 4.0, 7.0], "normal").params
    True
    >>> (s + th.summarize([5.0], "normal")).n
    5
    >>> near = th.Summary("gumbel", at=(100, 3)).update([97.0, 99.0, 102.0, 106.0])
    >>> round(near.fit().params["beta"], 4)
    2.7441
    """

    def __init__(self, family: FamilyName | Family, *, at: Theta | None = None) -> None:
        self._family = find_family(family)
        self.at = _check_at(self._family, at)
        self._tree = Tree(self._family.model, self.at or None)
        self._other: Sums | None = None  # sums whose rows are elsewhere
        self._limits: LimitTable | None = None  # of censored and truncated rows
        self.omitted = 0

    @property
    def family(self) -> str:
        """Name of the family."""
        return self._family.name

    @property
    def n(self) -> float:
        """Number of rows, or the sum of their weights."""
        return self._total().n if self._limits is None else self._limits.weight_with(self._total().n)

    @property
    def rows(self) -> int:
        """Number of rows of positive weight."""
        return self._total().rows if self._limits is None else self._limits.n_rows

    def update(
        self,
        x: ArrayLike,
        *,
        weights: ArrayLike | None = None,
        threads: int | None = None,
        nan_policy: str = "raise",
    ) -> Summary:
        """Add rows; after an error the summary is unchanged.

        Parameters
        ----------
        x, weights, threads, nan_policy
            As in `fit`; an empty block is allowed.

        Returns
        -------
        Summary
            This summary.
        """
        return self._add(source_of(x, weights, nan_policy), threads)

    def _add(self, source: Source, threads: int | None) -> Summary:
        if threads is not None:
            threads = check_threads(threads)
        tree = self._tree.copy()
        before = tree.total().rows
        source.add_to([tree], threads)
        after = tree.total()
        if not after.finite:
            reject_rows(source, self._family.model, self._family.support)
            self._check_finite(after)
        if self.at and after.rows and after.evaluate(self.at)[0] == -math.inf:
            count, first, _ = count_outside(source, self._family.model, self.at)
            raise SampleError(
                f"x has {count} row(s) outside the support of {self.family} at {self.at}, the first at index"
                f" {first}{source.locate(first)}; summarize the rows at parameters whose support holds all"
            )
        self._check_finite(after if self._other is None else self._other.merge(after))
        left_out = source.n - (after.rows - before)
        if isinstance(source, CensoredSource):
            Sample(self._family, source).check_intervals()
            left_out = source.size - source.n_rows
            mine = LimitTable.of_exact(self._total().rows) if self._limits is None else self._limits
            self._limits = mine + LimitTable.of(source)
        elif self._limits is not None:
            self._limits += LimitTable.of_exact(after.rows - before)
        self._tree = tree
        self.omitted += left_out
        return self

    def fit(
        self,
        *,
        method: Method | MethodName = _EXACT,
        start: Theta | None = None,
        fixed: Mapping[str, float] | None = None,
        trace: Trace = False,
    ) -> Fit:
        """Fit the family by a method that needs only the sums, as `thetahat.fit` does.

        Parameters
        ----------
        method : Method, default Exact()
            `Exact()` or `GradientAscent(...)`.
        start : sequence of float, or dict by name, optional
            Start values of an iterative method, or of Newton's method in `Exact()` with some parameters
            fixed; by default the latter starts from the maximum over all parameters.
        fixed : mapping of str to float, optional
            Parameters with known values, as in `thetahat.fit`.
        trace : "epoch" or int, optional
            Keep the parameters after every epoch, or after every so many, as in `thetahat.fit`.

        Returns
        -------
        Fit
        """

        def read() -> Sample:
            sums, limits = self._rows(), self._limits
            return Sample(self._family, None, sums=sums, omitted=self.omitted, sums_at=self.at, limits=limits)

        return fit_sample(self._family, read, method, start, fixed, monitoring=Monitoring(trace))

    def log_likelihood(self, theta: Theta) -> float:
        """Return the log-likelihood at given parameters, as `thetahat.log_likelihood` does."""
        at = check_theta(self._family, theta, "theta")
        value: float = self._rows(at).evaluate(at)[0]
        return value

    def score(self, theta: Theta) -> NDArray[np.float64]:
        """Return the score at given parameters, as `thetahat.score` does."""
        at = check_theta(self._family, theta, "theta")
        value, gradient = self._rows(at).evaluate(at)[:2]
        family = self._family
        if value == -math.inf and family.has_boundary:
            raise ParameterError(
                f"theta: rows lie outside the support of {family.name} at {at}; the log-likelihood there is"
                " -inf, and has no score"
            )
        return np.array(gradient)

    def _check_finite(self, sums: Sums) -> None:
        if not sums.finite:
            raise SampleError("the sums of this sample are beyond what doubles can hold" + self._far)

    def __add__(self, other: object) -> Summary:
        if not isinstance(other, Summary):
            return NotImplemented
        if other._family is not self._family:
            raise ParameterError(f"summaries of {self.family} and {other.family} do not add")
        if other.at != self.at:
            raise ParameterError(
                f"summaries of {self.family} at {self.at} and at {other.at} do not add: summarize all rows at"
                " the same parameters"
            )
        both = self._total().merge(other._total())
        self._check_finite(both)
        limits = _added_limits(self, other)
        return _holding(self._family, self.at, both, self.omitted + other.omitted, limits)

    def __radd__(self, other: object) -> Summary:
        """Return the summary itself for the 0 that `sum` begins with."""
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def __repr__(self) -> str:
        place = f" at {self.at}" if self.at else ""
        return f"<Summary {self.family}{place}, n={self.n}>"

    def to_bytes(self) -> bytes:
        """Return the summary as portable bytes, with a version and a checksum."""
        values = {
            "family": self._family.identity,
            "at": self.at,
            "omitted": self.omitted,
            "layout": SUMS_LAYOUT,
        }
        arrays = {"sums": np.array(self._total().numbers())}
        if self._limits is not None:
            values |= {"n": self._limits.n, "kinds": self._limits.kinds._asdict()}
            arrays["limits"] = self._limits.entries
        return pack(_PROGRAM, values, arrays)

    @staticmethod
    def from_bytes(record: bytes) -> Summary:
        """Return the summary that `to_bytes` wrote.

        Raises
        ------
        ParameterError
            If the bytes are foreign, of another version, cut short or changed.
        """
        if not isinstance(record, bytes | bytearray | memoryview):
            raise ParameterError(f"a summary is read from bytes, not {type(record).__name__}")
        try:
            values, arrays = unpack(_PROGRAM, bytes(record))
            family = find_family(values["family"])
            if values["layout"] != SUMS_LAYOUT:
                raise ValueError(f"has sums of layout {values['layout']}; this version reads {SUMS_LAYOUT}")
            at = _check_at(family, values["at"] or None)
            sums = Sums.from_numbers(family.model, arrays["sums"].tolist())
            omitted = check_count("omitted", values["omitted"], least=0)
            limits = None
            if "limits" in arrays:
                limits = LimitTable.from_arrays(arrays["limits"], float(values["n"]), values["kinds"])
        except UnknownFamilyError:
            raise
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ParameterError(f"this is not a summary of thetahat: it {error}") from error
        return _holding(family, at, sums, omitted, limits)

    def __reduce__(self) -> tuple[Any, ...]:
        return Summary.from_bytes, (self.to_bytes(),)

    def _total(self) -> Sums:
        own = self._tree.total()
        return own if self._other is None else self._other.merge(own)

    def _rows(self, theta: tuple[float, ...] = ()) -> Sums:
        """Return the sums of at least one row, at theta if one is given and they depend on it."""
        sums = self._total()
        if self.rows == 0:
            raise empty(self.omitted)
        if self._limits is not None:  # of the same numbers, with derivatives of the intervals too
            sums = Sums.from_numbers(self._limits.attach(self._family.model), sums.numbers())
        return shift(self._family, sums, self.at, theta) if self.at and theta else sums

    @property
    def _far(self) -> str:
        return f" at {self.at}: pass parameters as `at` that are nearer to these rows" if self.at else ""


def summarize(
    x: ArrayLike | Iterator[ArrayLike],
    family: FamilyName | Family,
    *,
    at: Theta | None = None,
    weights: ArrayLike | Iterator[ArrayLike] | None = None,
    threads: int | None = None,
    nan_policy: str = "raise",
) -> Summary:
    """Return the sums of a sample, or of a stream of blocks.

    Parameters
    ----------
    x : array_like, shape (n,), Source, or iterator of array_like
        A sample, as in `fit`, or an iterator (such as a generator) over its blocks. The result does not
        depend on the sizes of the blocks. To keep the rows before a failure of the iterator, update a
        `Summary` in a loop.
    family, at
        As of `Summary`.
    weights : array_like, shape (n,), or iterator of array_like, optional
        As in `fit`; for blocks, an iterator over the weights of each block.
    threads, nan_policy
        As in `fit`.

    Returns
    -------
    Summary

    Examples
    --------
    >>> import numpy as np
    >>> import thetahat as th
    >>> x = np.arange(10_000.0)
    >>> whole = th.summarize(x, "normal")
    >>> whole.to_bytes() == th.summarize(iter(np.split(x, [1, 70, 5000])), "normal").to_bytes()
    True
    """
    summary = Summary(family, at=at)
    if not isinstance(x, Iterator):
        return summary.update(x, weights=weights, threads=threads, nan_policy=nan_policy)  # type: ignore[arg-type]
    if weights is not None and not isinstance(weights, Iterator):
        raise ParameterError("x is an iterator of blocks: weights must be one too")
    for source in BlockSource(x, weights, nan_policy).sources():
        summary._add(source, threads)
    return summary


def _check_at(family: Family, at: Theta | None) -> tuple[float, ...]:
    """Return where sums are taken, nothing for sufficient ones; raise if that is not the family's kind."""
    if family.sufficient:
        if at is not None:
            raise ParameterError(f"at is not used: {family.name} has sufficient statistics")
        return ()
    if not family.shifts:
        raise ParameterError(
            f"{family.name} has no sufficient statistics: its likelihood needs the rows at every theta;"
            " call fit, log_likelihood or score with the rows"
        )
    if at is None:
        raise ParameterError(
            f"{family.name} has no sufficient statistics, but sums that hold near one theta: pass it as `at`,"
            " such as the theta of a fit of ten thousand of the rows"
        )
    return check_theta(family, at, "at")


def _added_limits(one: Summary, other: Summary) -> LimitTable | None:
    """Return the limits of both, where one has any; exact rows of the other are counted."""
    if one._limits is None and other._limits is None:
        return None
    mine, its = (each._limits or LimitTable.of_exact(each._total().rows) for each in (one, other))
    return mine + its


def _holding(
    family: Family, at: tuple[float, ...], sums: Sums, omitted: int, limits: LimitTable | None = None
) -> Summary:
    summary = Summary(family, at=at or None)
    summary._other, summary._limits = sums, limits
    summary.omitted = omitted
    return summary
