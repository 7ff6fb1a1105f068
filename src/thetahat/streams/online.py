"""Fits of streams."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat import _core, _sgd
from thetahat._checks import check_count
from thetahat._packing import pack, unpack
from thetahat._runs import Runs, stuck_rows
from thetahat._theta import check_fixed
from thetahat.data.arrays import chunks_of, empty, reject_rows
from thetahat.data.source import ArraySource, Source, exact_source_of
from thetahat.errors import ConvergenceError, NoMaximumError, ParameterError
from thetahat.families import Family, FamilyName, find_family
from thetahat.fit import fit_sample
from thetahat.pilot import joined
from thetahat.result import Fit
from thetahat.sample import Sample
from thetahat.solvers import Exact, Values
from thetahat.solvers.pilot import PILOT_ROWS, fit_pilot, rows_of_record
from thetahat.solvers.stream import Streaming
from thetahat.streams.running import Running, status_of
from thetahat.summary import Summary

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

__all__ = ["Online"]

_PROGRAM = b"thetahat stream "
_STUCK = 16  # equal rows in a run that count, at least


class Online:
    """A fit of a stream: each row is read once, memory is constant, an estimate is available at any time.

    Without a half-life, families with sufficient statistics keep their sums, and the estimate is the exact
    maximum of all rows so far. Otherwise the first 4096 rows, or more until they have a maximum, are fitted
    exactly. Weibull, gumbel and generalized_pareto then keep the sums that a `Summary` takes at this theta:
    the estimate is the exact maximum, with the status ``"converged"``, while the sums are exact there.
    Beyond, new sums begin at the maximum of all rows so far, and the status may be ``"approximate"``. Each
    later row of other families makes a step of `SGD()`, and the estimate stays a small fraction of a standard
    error from the maximum (some tenths for the median of laplace). The result does not depend on how a stream
    is divided into blocks.

    A row to which the estimate gives no finite log-likelihood when it comes, or one so low that no digit of
    the others is left beside it, as a code for a missing value may be, is not in the estimate: `skipped`
    counts such rows, and the status of the fit is ``"skipped"``. With a half-life, most rows of a segment
    being such is a change point.

    Rows are processed in their order. If neighbours are alike (sorted rows, or blocks of one source), the
    rows so far are not a random sample of the stream, and estimates before its end are biased.

    Parameters
    ----------
    family : str or Family
        One of `families()`, or a family by its formula.
    half_life : float, optional
        Rows after which the weight of a row is halved, 30 or more, to follow a distribution that drifts: the
        estimate is that of about the last 1.44 half-lives, and its standard errors are those of such weights.
        When a change point is detected, the stream restarts from the rows after it. Of a run of equal rows,
        as of a sensor that is stuck, only the first 16, or a 16th of a half-life if that is more, count, and
        none where they show a change point: the past stays, and `omitted` has their number (not of counts,
        nor where only one parameter is estimated). By default all rows have equal weight. Not supported for
        families whose maximum lies on the boundary of the support.
    batch_size : int, optional
        Rows of one step, at most 2**20; by default 64, fewer for a half-life below 1024 rows, and 2048 in a
        stream without a half-life that has seen 65,536 rows.
    fixed : mapping of str to float, optional
        Parameters with known values, as in `fit`.

    Examples
    --------
    >>> import numpy as np
    >>> import thetahat as th
    >>> rng = np.random.default_rng(0)
    >>> stream = th.Online("student_t")
    >>> for _ in range(100):
    ...     stream = stream.partial_fit(rng.standard_t(4, 1000))
    >>> fit = stream.fit_result()
    >>> bool(abs(fit.params["nu"] - 4) < 3 * fit.stderr[2])
    True
    >>> other = th.Online("student_t").partial_fit(rng.standard_t(4, 50_000))
    >>> stream.merge(other).rows
    150000
    """

    def __init__(
        self,
        family: FamilyName | Family,
        *,
        half_life: float | None = None,
        batch_size: int | None = None,
        fixed: Mapping[str, float] | None = None,
    ) -> None:
        from threading import RLock

        self._family = find_family(family)
        self._method = Streaming(half_life=half_life, batch_size=batch_size)
        self._fixed = check_fixed(self._family, fixed)
        self._summary: Summary | None = None
        self._stream: _sgd.Stream | Running | None = None  # after the pilot
        self._first: list[tuple[Array, Array | None]] = []  # the rows of the pilot until it is complete
        self._waiting = 0  # their number
        life = self._method.half_life
        self._wanted = PILOT_ROWS if life is None else int(min(PILOT_ROWS, max(256, 4 * life)))
        self._runs = None if life is None else Runs(max(_STUCK, life / 16))
        self._omitted = 0
        self._before = self._skipped = 0  # rows before the last change point; of them, those skipped
        self._lock = RLock()  # several threads may feed one stream
        if half_life is None and self._family.solved:
            self._summary = Summary(family)
        elif self._family.has_boundary:
            raise ParameterError(
                f"half_life is not supported for {self.family}: its maximum lies on the end of the support"
            )
        elif len(self._fixed) == len(self._family.names):
            raise ParameterError("fixed: all parameters are fixed, and none is left to estimate")

    @property
    def family(self) -> str:
        """Name of the family."""
        return self._family.name

    @property
    def rows(self) -> int:
        """Number of rows so far, of positive weight."""
        with self._lock:
            if self._summary is not None:
                return self._summary.rows
            kept = self._waiting if self._stream is None else self._stream.finished().rows
            return self._before + kept

    @property
    def omitted(self) -> int:
        """Number of rows left out: masked, of weight 0, NaN or null with ``nan_policy="omit"``, or stuck."""
        return self._omitted if self._summary is None else self._summary.omitted

    @property
    def skipped(self) -> int:
        """Number of rows that are not in the estimate, which gave them no finite log-likelihood."""
        with self._lock:
            return self._skipped + (0 if self._stream is None else self._stream.finished().skipped)

    def partial_fit(
        self, x: ArrayLike, *, weights: ArrayLike | None = None, nan_policy: str = "raise"
    ) -> Online:
        """Add rows; after an error or Ctrl-C the stream is unchanged.

        Parameters
        ----------
        x, weights, nan_policy
            As in `fit`; an empty block is allowed.

        Returns
        -------
        Online
            This stream.
        """
        with self._lock:
            if self._summary is not None:
                self._summary.update(x, weights=weights, nan_policy=nan_policy)
            else:
                self._take(exact_source_of(x, weights, nan_policy))
        return self

    def _take(self, source: Source) -> None:
        """Add rows, first to the pilot; restore the state before if an error is raised."""
        first, blocks = self._first, len(self._first)
        counts = self._waiting, self._wanted, self._before, self._skipped, self._omitted
        runs = copy(self._runs)
        stream = None if self._stream is None else self._stream.copy()
        try:
            reject = partial(reject_rows, model=self._family.model, support=self._family.support)
            for n, rows, weights in source.copies(reject):
                self._omitted += n - rows.size
                self._take_block(rows, weights)
        except BaseException:
            del first[blocks:]
            self._first, self._stream = first, stream
            self._waiting, self._wanted, self._before, self._skipped, self._omitted = counts
            self._runs = runs
            raise

    def _take_block(self, rows: Array, weights: Array | None) -> None:
        """Add rows that are valid."""
        if self._runs is not None and self._sees_runs:
            kept = self._runs.kept(rows)
            self._omitted += rows.size - kept.size
            rows, weights = rows[kept], None if weights is None else weights[kept]
        while rows.size:
            few = self._feed(rows, weights) if self._stream is not None else self._wait(rows, weights)
            rows, weights = rows[few:], None if weights is None else weights[few:]

    def _wait(self, rows: Array, weights: Array | None) -> int:
        """Add rows to the pilot until it is complete; return their number."""
        few = min(self._wanted - self._waiting, rows.size)
        self._first.append((rows[:few], None if weights is None else weights[:few]))
        self._waiting += few
        if self._waiting == self._wanted:
            self._start()
        return few

    def _feed(self, rows: Array, weights: Array | None) -> int:
        """Make steps on rows, and restart after a detected change point; return the number of rows used."""
        assert self._stream is not None
        used = self._stream.feed(rows, weights)
        stream = self._stream
        if isinstance(stream, _sgd.Stream) and stream.change_point and not self._is_stuck(stream):
            self._first = [stream.segment()]
            self._waiting = self._wanted = self._first[0][0].size
            self._before += stream.rows - self._waiting
            self._skipped += stream.skipped
            self._stream = None
            self._start()
        return used

    def _is_stuck(self, stream: _sgd.Stream) -> bool:
        """Say whether the last segment shows no other distribution but equal rows; leave these out then."""
        rows, weights = stream.segment()
        stuck = stuck_rows(rows)
        if not self._has_spread or not stuck.any():
            return False
        stream.undo_segment()
        self._omitted += int(np.count_nonzero(stuck))
        if not stuck.all():
            stream.feed(rows[~stuck], None if weights is None else weights[~stuck])
        return True

    @property
    def _has_spread(self) -> bool:
        """Whether a scale or a shape is estimated too, for which equal rows have no maximum."""
        return len(self._family.names) - len(self._fixed) > 1

    @cached_property
    def _sees_runs(self) -> bool:
        """Whether long runs of equal rows are no sample: of counts they may be."""
        return self._has_spread and not self._family.model.count_outside(chunks_of([0.5])[0])[0]

    def _start(self) -> None:
        """Fit the pilot and start the steps there; if it has no maximum, wait until it is twice as long."""
        try:
            self._stream = self._begun()
        except (ConvergenceError, NoMaximumError):
            self._wanted *= 2
        else:
            self._first, self._waiting = [], 0

    def _new_stream(self) -> _sgd.Stream | Running:
        if self._method.half_life is None and self._family.shifts:
            return Running(self._family, self._fixed)
        return _sgd.Stream(self._family.model, self._method.compiled(tuple(self._fixed)))

    def _begun(self) -> _sgd.Stream | Running:
        """Return a stream that starts from the pilot, with the weights of the half-life."""
        rows, weights = joined(self._first)
        if self._method.half_life is not None:
            ages = np.arange(rows.size - 1.0, -1.0, -1.0)
            decay = _core.apply("exp", -_core.log(2.0) / self._method.half_life * ages)
            weights = decay if weights is None else weights * decay
        theta = fit_pilot(self._family, rows, weights, (), self._fixed)
        stream = self._new_stream()
        stream.begin(theta, rows, weights)
        return stream

    def fit_result(self) -> Fit:
        """Return the fit to the rows so far, without a change to the stream.

        Returns
        -------
        Fit
            For families with sufficient statistics, and while the pilot is incomplete, the exact maximum.
            Where the status is ``"converged"`` it is that too; at ``"approximate"``, `newton_decrement` is an
            estimate of how far the sums of earlier rows may be off, squared, in standard errors.
            Otherwise log-likelihood, covariance and standard errors are those of the sum of quadratic
            approximations, of 1000 or 2000 rows each at the theta of that time. `newton_decrement` is the
            squared distance to its maximum: a large one means that the distribution changed faster than the
            steps could follow. With a half-life, `n` is the sum of the remaining weights.

        Raises
        ------
        SampleError
            If there was no row.
        NoMaximumError
            If the rows so far have no maximum.
        """
        with self._lock:
            if self._summary is not None:
                return self._summary.fit(fixed=self._named_fixed or None)
            if self._stream is None and self._waiting == 0:
                raise empty(self._omitted)
            if self._stream is None and self._method.half_life is None:
                rows, weights = joined(self._first)
                return fit_sample(
                    self._family,
                    lambda: Sample(self._family, ArraySource(rows, weights)),
                    Exact(),
                    fixed=self._named_fixed,
                )
            stream = self._begun() if self._stream is None else self._stream.finished()
        n = stream.n
        return Fit(
            self._family,
            stream.theta,
            int(n) if n == int(n) else n,
            self._method,
            rows=self._before + stream.rows,
            values=Values(*stream.evaluate()),
            fixed=tuple(self._fixed),
            omitted=self._omitted,
            skipped=self._skipped + stream.skipped,
            ending=status_of(stream, self._skipped + stream.skipped),
        )

    @property
    def _named_fixed(self) -> dict[str, float]:
        return {self._family.names[place]: value for place, value in self._fixed.items()}

    def merge(self, other: Online) -> Online:
        """Add the rows of another stream, which is not changed.

        Sufficient statistics are added exactly, and so are sums at a theta while these are exact at the
        maximum of both. Otherwise the estimates are combined with weights by their
        information, which is right to first order if both estimate the same distribution: if they are within
        some standard errors of each other. The rows of an incomplete pilot are added one by one.

        Parameters
        ----------
        other : Online
            A stream of the same family and settings, without a half-life.

        Returns
        -------
        Online
            This stream.
        """
        if not isinstance(other, Online) or self._settings != other._settings:
            raise ParameterError(f"merge: {other!r} is not a stream of the family and settings of {self!r}")
        if self._method.half_life is not None:
            raise ParameterError(
                "merge is not supported with a half_life: the order of the rows of two streams is unknown"
            )
        other = Online.from_bytes(other.to_bytes())  # a copy, so that the other is not changed
        with self._lock:
            self._join(other)
            self._omitted += other._omitted
        return self

    def _join(self, other: Online) -> None:
        if self._summary is not None and other._summary is not None:
            self._summary = self._summary + other._summary
        elif other._stream is None:
            self._take(ArraySource(*joined(other._first)))
        elif self._stream is None:
            other._stream.feed(*joined(self._first))
            self._stream, self._first, self._waiting = other._stream, [], 0
        else:
            stream = self._stream.finished()
            stream.merge(other._stream.finished())  # type: ignore[arg-type]  # one family, one kind of stream
            self._stream = stream

    @property
    def _settings(self) -> dict[str, Any]:
        method = self._method
        return {
            "family": self._family.identity,
            "half_life": method.half_life,
            "batch_size": method.batch_size,
            "fixed": self._named_fixed,
        }

    def __repr__(self) -> str:
        forgets = f", half_life={self._method.half_life:g}" if self._method.half_life is not None else ""
        return f"<Online {self.family}{forgets}, {self.rows} rows>"

    def to_bytes(self) -> bytes:
        """Return the stream as portable bytes, with a version and a checksum.

        A stream read back continues with the same bits, except that sums start a new block there.
        """
        with self._lock:
            values, arrays = self._state()
        return pack(_PROGRAM, values, arrays)

    def _state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        values: dict[str, Any] = {
            "settings": self._settings,
            "omitted": self._omitted,
            "before": self._before,
            "skipped": self._skipped,
        }
        if self._runs is not None:
            values["run"] = list(self._runs.last)
        arrays: dict[str, NDArray[Any]] = {}
        if self._summary is not None:
            values["summary"] = self._summary.to_bytes().hex()
        elif self._stream is not None:
            values["stream"], arrays = self._stream.numbers()
        else:
            rows, weights = joined(self._first)
            values["wanted"] = self._wanted
            arrays = {"x": rows} if weights is None else {"x": rows, "w": weights}
        return values, arrays

    @staticmethod
    def from_bytes(record: bytes) -> Online:
        """Return the stream that `to_bytes` wrote.

        Raises
        ------
        ParameterError
            If the bytes are foreign, of another version, cut short or changed.
        """
        if not isinstance(record, bytes | bytearray | memoryview):
            raise ParameterError(f"a stream is read from bytes, not {type(record).__name__}")
        try:
            values, arrays = unpack(_PROGRAM, bytes(record))
            return Online._of(values, arrays)
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
            raise ParameterError(f"these bytes are not a stream of thetahat: the record {error}") from error

    @staticmethod
    def _of(values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Online:
        online = Online(**values["settings"])
        online._omitted = check_count("omitted", values["omitted"], least=0)
        online._before = check_count("before", values["before"], least=0)
        online._skipped = check_count("skipped", values["skipped"], least=0)
        if online._runs is not None:
            online._runs.last = Runs.read(values["run"])
        if online._summary is not None:
            online._summary = Summary.from_bytes(bytes.fromhex(values["summary"]))
        elif "stream" in values:
            online._stream = online._new_stream()
            online._stream.restore(values["stream"], arrays)
        else:
            online._first, online._waiting = [rows_of_record(online._family, arrays)], arrays["x"].size
            most = max(online._wanted, 2 * online._waiting)
            online._wanted = check_count("wanted", values["wanted"], most, least=online._waiting + 1)
        return online

    def __reduce__(self) -> tuple[Any, ...]:
        return Online.from_bytes, (self.to_bytes(),)
