"""The state of an iterative fit after an epoch, as passed to callbacks."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from thetahat.sample import Sample

__all__ = ["Callback", "State"]


class State:
    """The state of a fit after an epoch: the argument of `callback`.

    It does not change when the fit continues, and may be kept.

    Attributes
    ----------
    epoch : int
        Epochs done, from 1.
    epochs : int
        Epochs in all.
    theta : tuple of float
        The parameters in the family's order; with `average`, their mean.
    learning_rate : float or None
        The learning rate of the last step.
    """

    def __init__(
        self,
        epoch: int,
        epochs: int,
        theta: tuple[float, ...],
        learning_rate: float | None,
        sample: Sample,
        fixed: tuple[int, ...],
    ) -> None:
        self.epoch = epoch
        self.epochs = epochs
        self.theta = theta
        self.learning_rate = learning_rate
        self._sample = sample
        self._fixed = fixed

    @property
    def params(self) -> dict[str, float]:
        """The parameters by name."""
        return dict(zip(self._sample.family.names, self.theta, strict=True))

    @property
    def log_likelihood(self) -> float:
        """Log-likelihood at the parameters; it costs a pass for families without sufficient statistics."""
        return self._values[0]

    @property
    def newton_decrement(self) -> float:
        """Squared distance to the maximum in standard errors, ``score' cov score``.

        It costs what `log_likelihood` costs, and shares its pass.
        """
        return self._values[1]

    @cached_property
    def _values(self) -> tuple[float, float]:
        values = self._sample.at(self.theta).evaluate(self.theta, fixed=self._fixed)
        return values[0], values[-1]

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value:.6g}" for name, value in self.params.items())
        return f"<State {self._sample.family.name}({values}), epoch {self.epoch}/{self.epochs}>"


Callback = Callable[[State], object]
