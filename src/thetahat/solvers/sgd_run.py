"""The state of a stochastic ascent: its pilot, its epochs, its trace, and its checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from thetahat import _sgd
from thetahat._checks import check_count, check_optional_choice
from thetahat.errors import ConvergenceError, NoMaximumError, SampleError
from thetahat.solvers._method import STATUSES, Problem, Solution, Theta, room_for_trace
from thetahat.solvers.monitoring import Monitor, locked
from thetahat.solvers.pilot import fit_pilot
from thetahat.solvers.schedules import Rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["SGDRun"]

_LOST = 0.005  # of the log-likelihood: a tenth of a standard error


class Settings(Protocol):
    """The settings of an ascent that its run follows."""

    @property
    def epochs(self) -> int:
        """Passes over the sample."""
        ...

    @property
    def schedule(self) -> Rate:
        """The learning rate over time."""
        ...

    @property
    def preconditioner(self) -> str | None:
        """What steps are multiplied by."""
        ...

    @property
    def tol(self) -> float | None:
        """The Newton decrement at which it ends."""
        ...


class SGDRun:
    """A stochastic ascent with its trace."""

    def __init__(
        self,
        method: Settings,
        problem: Problem,
        ascent: _sgd.Ascent,
        bits: Any,
        rows: int,
        pilot_rows: int,
    ) -> None:
        self.method, self.problem, self.ascent, self.bits = method, problem, ascent, bits
        self.rows, self.pilot_rows, self.batch_size = rows, pilot_rows, ascent.batch_size
        self.steps = steps = -(-rows // self.batch_size)  # in an epoch
        self.known = 0  # rows of the pilot
        self.drawn_from: Any = None  # the generator's state at the start of the epoch
        self.ending: str | None = None  # None while it runs
        self.trace: Array | None = None
        monitoring = problem.monitoring
        if monitoring.trace:
            kept = method.epochs * steps // monitoring.steps if monitoring.steps else method.epochs
            self.trace = room_for_trace(kept + 1, problem.family.model.n_params)

    def run(self, monitor: Monitor) -> None:
        """Run from the start, or from the last checkpoint, until the fit ends."""
        saved = monitor.load()
        if saved and saved[1]:
            with monitor.restoring():
                self._restore(*saved)
        else:
            self._start(monitor, saved[0] if saved else {})
        rate, ascent = self.method.schedule, self.ascent
        while self.ending is None and not ascent.diverged:
            before = ascent.epoch
            if rate.by_epoch:
                ascent.rate = rate.terms(before).rate
            until = monitor.stage(before, rate.by_epoch or self.method.tol is not None)
            self._run_epoch(monitor, until)
            if ascent.epoch == until:
                self.ending = monitor.ending(until, ascent.theta, ascent.rate_now, self.method.tol)
                if monitor.due or self.ending:
                    self._save(monitor)

    def _run_epoch(self, monitor: Monitor, until: int) -> None:
        """Run to the end of an epoch; update the progress bar and save within it."""
        ascent = self.ascent
        if monitor.saves and self.bits is not None and ascent.starts_epoch:
            self.drawn_from = self.bits.state
        going = True
        while going and ascent.epoch < until:
            with locked(self.bits):
                going = ascent.run(until, monitor.rows)
            monitor.show(ascent.epoch + ascent.position, ascent.theta, ascent.rate_now)
            if monitor.due and ascent.epoch < until and going:
                with locked(self.bits):
                    ascent.run_to_rest()
                self._save(monitor)

    def _start(self, monitor: Monitor, saved: dict[str, Any]) -> None:
        """Start; the first save contains the state of the generator before it draws."""
        problem, ascent = self.problem, self.ascent
        if self.bits is not None:
            if saved:
                with monitor.restoring():
                    self.bits.state = saved["drawn_from"]
            self.drawn_from = self.bits.state
            if monitor.saves and not saved:
                monitor.save({"drawn_from": self.drawn_from}, {})
        if not self.method.preconditioner:
            ascent.begin(problem.start)
        else:
            with locked(self.bits):
                theta, rows, weights = self._pilot()
            self.known = rows.size
            ascent.begin(theta, rows, weights)
        if self.trace is not None:
            ascent.keep_trace(self.trace, problem.monitoring.steps)

    def _pilot(self) -> tuple[Theta, Array, Array | None]:
        """Fit the first rows of the epoch, more until they have a maximum; return it and them."""
        problem = self.problem
        rows, weights = self.ascent.draw(min(self.pilot_rows, self.rows))
        while True:
            try:
                theta = fit_pilot(problem.family, rows, weights, problem.start, problem.fixed)
            except SampleError:
                problem.sample.check_rows()  # so that the error has the index in the sample, not in the pilot
                raise
            except (ConvergenceError, NoMaximumError):
                more, more_weights = self.ascent.draw(min(rows.size, self.rows - rows.size))
                if not more.size:
                    raise
                rows = np.concatenate([rows, more])
                weights = None if weights is None else np.concatenate([weights, more_weights])
            else:
                return theta, rows, weights

    def _save(self, monitor: Monitor) -> None:
        if not monitor.saves:
            return
        values, arrays = self.ascent.numbers()
        values |= {"known": self.known, "ending": self.ending, "drawn_from": self.drawn_from}
        if self.bits is not None:
            values["bits"] = self.bits.state
        if self.trace is not None:
            arrays["trace"] = self.trace[: self.ascent.traced]
        monitor.save(values, arrays)

    def _restore(self, values: dict[str, Any], arrays: dict[str, Array]) -> None:
        self.known = check_count("known", values["known"], self.rows, least=0)
        self.ending = check_optional_choice("ending", values["ending"], STATUSES)
        self.drawn_from = values["drawn_from"]
        if self.bits is not None:
            self.bits.state = self.drawn_from
        with locked(self.bits):
            self.ascent.restore(values, arrays)
        if self.ending is None and self.ascent.epoch == self.method.epochs:
            raise ValueError("all epochs are done, and it has not ended")
        if self.bits is not None:
            self.bits.state = values["bits"]
        if self.trace is not None:
            kept = check_count("thetas of the trace", len(arrays["trace"]), len(self.trace))
            self.trace[:kept] = arrays["trace"]
            self.ascent.keep_trace(self.trace, self.problem.monitoring.steps, kept)

    def polished(self, theta: Theta, values: Any = None) -> Solution:
        """Return the maximum that an exact method found from the end of the ascent."""
        return self._ended(theta)._replace(ending="precision", values=values)

    def solution(self) -> Solution:
        """Return where the ascent ended, and its trace."""
        theta, best = self.ascent.theta, self.ascent.best
        if best is None:
            return self._ended(theta)
        sums = self.problem.sample.at(theta)
        if sums.evaluate(theta)[0] < best[1] - _LOST:  # no epoch has verified the step of the last one
            return self._ended(best[0])
        return self._ended(theta)._replace(sums=sums)

    def _ended(self, theta: Theta) -> Solution:
        """Return a solution at theta, with the trace."""
        ascent = self.ascent
        ending = "diverged" if ascent.diverged or self.ending is None else self.ending
        solution = Solution(theta, ending, ascent.epoch)
        if self.trace is None:
            return solution
        trace = self.trace[: ascent.traced]
        return solution._replace(trace=trace, trace_epochs=self._epochs(np.arange(float(len(trace)))))

    def _epochs(self, kept: Array) -> Array:
        """Return the epochs done at the kept thetas; the first theta is that of the pilot."""
        if self.problem.monitoring.by_epoch:
            return kept
        ahead = -(-self.known // self.batch_size)
        epochs: Array = (kept * self.problem.monitoring.steps + ahead) / self.steps
        return epochs
