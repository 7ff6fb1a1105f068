"""Full-batch gradient ascent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from thetahat._checks import check_count, check_optional_choice, check_positive
from thetahat._theta import check_theta
from thetahat.solvers._method import STATUSES, Method, Problem, Solution, Theta, room_for_trace
from thetahat.solvers.monitoring import Monitor

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["GradientAscent"]


@dataclass(frozen=True, kw_only=True)
class GradientAscent(Method):
    """Full-batch gradient ascent: ``theta += learning_rate * score(theta)``, once an epoch.

    The score is the sum over all rows, in textbook coordinates. For a family with sufficient statistics the
    data are read once, whatever the number of epochs.

    Parameters
    ----------
    learning_rate : float
        Positive. With the fitted sigma of a normal sample of n rows: below ``4 * sigma**2 / n`` no step can
        carry sigma across zero, and below ``sigma**2 / n`` the ascent converges from starts near the maximum.
        (From a sigma far too small, the first step leads to one far too large, and the return takes long.)
    epochs : int
        Number of steps, at least 1.

    Notes
    -----
    The score is the sum over the rows, so the largest stable rate falls like 1 / n. A step that leaves the
    domain ends the fit with the status "diverged" and the last valid parameters. With sufficient statistics
    1000 epochs cost one pass over the rows.

    ``thetahat notebook`` on the command line fits 1000 rows of normal(1, 2) in closed form, by full-batch
    ascent, by batches of ten and by single rows, 1000 epochs each, prints the four side by side and draws how
    they converge. The full batch reaches the closed form. Batches of ten and single rows end ``learning_rate
    (3k - 1) / (4 sigma)`` above it in sigma, which is the bias of a constant rate that `SGD` describes, not
    an error of the gradient.

    Examples
    --------
    >>> import thetahat as th
    >>> method = th.GradientAscent(learning_rate=0.1, epochs=1000)
    >>> th.fit([1.0, 2.0, 4.0, 7.0], "normal", method=method, start=(0, 1))
    <Fit normal(mu=3.5, sigma=2.29129), n=4, converged>
    """

    name: ClassVar[str] = "gradient-ascent"
    learning_rate: float
    epochs: int

    def __post_init__(self) -> None:
        self._set(
            learning_rate=float(check_positive("learning_rate", self.learning_rate)),
            epochs=check_count("epochs", self.epochs),
        )

    def run(self, problem: Problem) -> Solution:
        """Loop over the epochs on the sample's sums."""
        params = len(problem.start)
        trace = room_for_trace(self.epochs + 1, params) if problem.monitoring.trace else None
        theta, done = problem.start, 0
        with Monitor(problem, self, self.epochs) as monitor:
            ending = None
            if saved := monitor.load():
                with monitor.restoring():
                    theta = check_theta(problem.family, saved[0]["theta"], "theta")
                    done = check_count("done", saved[0]["done"], self.epochs, least=0)
                    ending = check_optional_choice("ending", saved[0]["ending"], STATUSES)
                    if ending is None and done == self.epochs:
                        raise ValueError("all epochs are done, and it has not ended")
                    if trace is not None:
                        trace[: done + 1] = saved[1]["trace"]
            while ending is None:
                until = monitor.stage(done)
                theta, went = self._run_epochs(
                    problem, theta, until - done, None if trace is None else trace[done:]
                )
                if went < until - done:
                    return self._solution(problem, theta, "diverged", done + went, trace)
                done = until
                monitor.show(done, theta, self.learning_rate)
                ending = monitor.ending(done, theta, self.learning_rate)
                if monitor.due or (monitor.saves and ending):
                    kept = {} if trace is None else {"trace": trace[: done + 1]}
                    monitor.save({"theta": list(theta), "done": done, "ending": ending}, kept)
        return self._solution(problem, theta, ending, done, trace)

    def _run_epochs(
        self, problem: Problem, theta: Theta, epochs: int, trace: NDArray[np.float64] | None
    ) -> tuple[Theta, int]:
        """Run so many epochs; return theta and the epochs done."""
        fixed, done = tuple(problem.fixed), 0
        while done < epochs:
            wanted = epochs - done if problem.family.sufficient and problem.sample.censored is None else 1
            rows = None if trace is None else trace[done : done + wanted + 1]
            theta, went = problem.sample.at(theta).gradient_ascent(
                theta, self.learning_rate, wanted, rows, fixed
            )
            done += went
            if went < wanted:
                break
        return theta, done

    def _solution(
        self, problem: Problem, theta: Theta, ending: str, done: int, trace: NDArray[np.float64] | None
    ) -> Solution:
        if trace is None:
            return Solution(theta, ending, done)
        epochs = np.arange(0, done + 1, problem.monitoring.steps or 1)
        return Solution(theta, ending, done, trace[epochs], epochs.astype(np.float64))
