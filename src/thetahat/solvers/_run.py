"""A stochastic ascent on its way: its pilot, its epochs, its trace, and what checkpoints keep of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thetahat import _kernels
from thetahat.errors import NoMaximumError, SampleError
from thetahat.solvers._method import Outcome, Task, Theta
from thetahat.solvers.pilot import PILOT_ROWS, fit_pilot
from thetahat.solvers.watch import Watch, locked

if TYPE_CHECKING:
    from thetahat.solvers.sgd import SGD

__all__ = ["Run"]

Array = NDArray[np.float64]


class Run:
    """An ascent on its way, and the trace that it leaves."""

    def __init__(self, method: SGD, task: Task, ascent: _kernels.Ascent, bits: Any, rows: int) -> None:
        self.method, self.task, self.ascent, self.bits = method, task, ascent, bits
        self.rows, self.batch_size = rows, ascent.batch_size
        self.steps = steps = -(-rows // self.batch_size)  # in an epoch
        self.known = 0  # rows of the pilot
        self.drawn_from: Any = None  # the generator's state at the start of the epoch
        self.ending: str | None = None  # None while it runs
        self.trace: Array | None = None
        looks = task.looks
        if looks.trace:
            kept = method.epochs * steps // looks.steps if looks.steps else method.epochs
            self.trace = np.empty((kept + 1, len(_kernels.domains[task.family])))

    def go(self, watch: Watch) -> None:
        """Go on from the start, or from the last checkpoint, until all epochs are done."""
        saved = watch.load()
        if saved and saved[1]:
            self._restore(*saved)
        else:
            self._set_out(watch, saved[0] if saved else {})
        rate, ascent = self.method.schedule, self.ascent
        while self.ending is None and not ascent.diverged:
            before = ascent.epoch
            if rate.by_epoch:
                ascent.rate = rate.terms(before).rate
            until = watch.stage(before, rate.by_epoch or self.method.tol is not None)
            self._run(watch, until)
            if ascent.epoch == until:
                self.ending = watch.ending(until, ascent.theta, ascent.rate_now, self.method.tol)
                if watch.due or self.ending:
                    self._save(watch)

    def _run(self, watch: Watch, until: int) -> None:
        """Run to the end of an epoch, with looks on the way."""
        ascent = self.ascent
        if watch.saves and self.bits is not None and ascent.starts_epoch:
            self.drawn_from = self.bits.state
        going = True
        while going and ascent.epoch < until:
            with locked(self.bits):
                going = ascent.run(until, watch.rows)
            watch.show(ascent.epoch + ascent.position, ascent.theta, ascent.rate_now)
            if watch.due and ascent.epoch < until and going:
                with locked(self.bits):
                    ascent.run_to_rest()
                self._save(watch)

    def _set_out(self, watch: Watch, saved: dict[str, Any]) -> None:
        """Start; the first save keeps where the generator, which may be the user's, was before it moved."""
        task, ascent = self.task, self.ascent
        if self.bits is not None:
            if saved:
                self.bits.state = saved["drawn_from"]
            self.drawn_from = self.bits.state
            if watch.saves and not saved:
                watch.save({"drawn_from": self.drawn_from}, {})
        if not self.method.preconditioner:
            ascent.set_out(task.start)
        else:
            with locked(self.bits):
                theta, rows, weights = self._pilot()
            self.known = rows.size
            ascent.set_out(theta, rows, weights)
        if self.trace is not None:
            ascent.keep_trace(self.trace, task.looks.steps)

    def _pilot(self) -> tuple[Theta, Array, Array | None]:
        """Fit the first rows of the order, as many as it takes; return their maximum, and them."""
        task = self.task
        rows, weights = self.ascent.draw(min(PILOT_ROWS, self.rows))
        while True:
            try:
                theta = fit_pilot(task.family, rows, weights, task.start, task.fixed)
            except SampleError:
                task.sample.check_rows()  # which names their places there, not in the order of the pilot
                raise
            except NoMaximumError:
                more, more_weights = self.ascent.draw(min(rows.size, self.rows - rows.size))
                if not more.size:
                    raise
                rows = np.concatenate([rows, more])
                weights = None if weights is None else np.concatenate([weights, more_weights])
            else:
                return theta, rows, weights

    def _save(self, watch: Watch) -> None:
        if not watch.saves:
            return
        values, arrays = self.ascent.numbers()
        values |= {"known": self.known, "ending": self.ending, "drawn_from": self.drawn_from}
        if self.bits is not None:
            values["bits"] = self.bits.state
        if self.trace is not None:
            arrays["trace"] = self.trace[: self.ascent.traced]
        watch.save(values, arrays)

    def _restore(self, values: dict[str, Any], arrays: dict[str, Array]) -> None:
        self.known, self.ending, self.drawn_from = (values[k] for k in ("known", "ending", "drawn_from"))
        if self.bits is not None:
            self.bits.state = self.drawn_from
        with locked(self.bits):
            self.ascent.restore(values, arrays)
        if self.bits is not None:
            self.bits.state = values["bits"]
        if self.trace is not None:
            self.trace[: len(arrays["trace"])] = arrays["trace"]
            self.ascent.keep_trace(self.trace, self.task.looks.steps, len(arrays["trace"]))

    def polished(self, theta: Theta, values: Any = None) -> Outcome:
        """Return the maximum that an exact method found from the end of the ascent."""
        return self.outcome()._replace(theta=theta, ending="precision", values=values)

    def outcome(self) -> Outcome:
        """Return where the ascent ended, and its trace."""
        ascent = self.ascent
        ending = "diverged" if ascent.diverged or self.ending is None else self.ending
        outcome = Outcome(ascent.theta, ending, ascent.epoch)
        if self.trace is None:
            return outcome
        trace = self.trace[: ascent.traced]
        return outcome._replace(trace=trace, trace_epochs=self._epochs(np.arange(float(len(trace)))))

    def _epochs(self, kept: Array) -> Array:
        """Return after how many epochs thetas were kept; the first one was after the pilot."""
        if self.task.looks.by_epoch:
            return kept
        ahead = -(-self.known // self.batch_size)
        epochs: Array = (kept * self.task.looks.steps + ahead) / self.steps
        return epochs
