"""Where a fit stands after an epoch: what callbacks are shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from thetahat.families import get_family
from thetahat.sample import Sample

__all__ = ["Callback", "State"]


class State:
    """Where a fit stands after an epoch: what `callback` is called with.

    It stays as it is when the fit goes on, and can be kept.

    Attributes
    ----------
    epoch : int
        Epochs done, from 1.
    epochs : int
        Epochs to be done.
    theta : tuple of float
        The parameters in the family's order; with `average`, their mean.
    learning_rate : float or None
        The one of the last step, where there is one.
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
        return dict(zip(get_family(self._sample.family).names, self.theta, strict=True))

    @property
    def log_likelihood(self) -> float:
        """Log-likelihood at the parameters; takes a pass where the sums are not sufficient."""
        return self._values[0]

    @property
    def newton_decrement(self) -> float:
        """Squared distance to the maximum in standard errors, ``score' cov score``.

        It costs what `log_likelihood` costs, and shares its pass.
        """
        return self._values[1]

    @cached_property
    def _values(self) -> tuple[float, float]:
        values = self._sample.at(self.theta).evaluate(self.theta, held=self._fixed)
        return values[0], values[-1]

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value:.6g}" for name, value in self.params.items())
        return f"<State {get_family(self._sample.family).name}({values}), epoch {self.epoch}/{self.epochs}>"


Callback = Callable[[State], object]
