"""Learning-rate schedules, and the update rules of stochastic steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from thetahat import _core
from thetahat._checks import check_count, check_not_negative, check_positive, check_share
from thetahat.errors import ParameterError
from thetahat.solvers._settings import Settings

__all__ = ["Adam", "InverseTime", "Momentum", "Power", "Rate", "StepDecay", "as_rate"]


class Terms(NamedTuple):
    """The rate at row t is ``rate * (t + offset) ** -power``."""

    rate: float
    offset: float = 0.0
    power: float = 0.0


class Rate(Settings):
    """A learning rate over time."""

    by_epoch: ClassVar[bool] = False  # whether it changes from one epoch to the next

    def terms(self, epoch: int, /) -> Terms:
        """Return what gives the rate of an epoch's rows; epochs count from 0."""
        raise NotImplementedError


@dataclass(frozen=True)
class Constant(Rate):
    """The same rate for all."""

    name: ClassVar[str] = "constant"
    rate: float

    def terms(self, _: int, /) -> Terms:
        """Return the rate."""
        return Terms(self.rate)


@dataclass(frozen=True)
class InverseTime(Rate):
    """``rate / (t + offset)`` at row t, t = 1, 2, 3, ... over all epochs (Robbins and Monro 1951).

    With ``preconditioner="information"``, a rate of 1 makes the last theta as efficient as the maximum of the
    rows so far, to first order; a rate of at most 1/2 does not (Polyak and Juditsky 1992).

    Parameters
    ----------
    rate : float, default 1.0
        Positive.
    offset : float, default 0.0
        Added to the number of the row, 0 or more: it shortens the first steps, which otherwise may be as long
        as the distance from the start to the maximum.

    Examples
    --------
    >>> import thetahat as th
    >>> th.SGD(learning_rate=th.InverseTime(1.0, offset=100), preconditioner="information")
    SGD(learning_rate=InverseTime(rate=1.0, offset=100.0), preconditioner='information')
    """

    name: ClassVar[str] = "inverse-time"
    rate: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        self._set(rate=float(check_positive("rate", self.rate)), offset=_check_offset(self.offset))

    def terms(self, _: int, /) -> Terms:
        """Return rate, offset and the power 1."""
        return Terms(self.rate, self.offset, 1.0)


@dataclass(frozen=True)
class Power(Rate):
    """``rate * (t + offset) ** -power`` at row t: a slower decay than 1/t, for averages.

    For a power between 1/2 and 1, the mean of all thetas has the variance of the maximum whatever the rate
    (Polyak and Juditsky 1992); the last theta's falls like ``t ** -power`` only.

    Parameters
    ----------
    rate : float
        Positive.
    power : float, default 0.6
        Between 0 and 1, neither of them included.
    offset : float, default 0.0
        Added to the number of the row, 0 or more.
    """

    name: ClassVar[str] = "power"
    rate: float
    power: float = 0.6
    offset: float = 0.0

    def __post_init__(self) -> None:
        self._set(
            rate=float(check_positive("rate", self.rate)),
            power=check_share("power", self.power),
            offset=_check_offset(self.offset),
        )

    def terms(self, _: int, /) -> Terms:
        """Return rate, offset and power."""
        return Terms(self.rate, self.offset, self.power)


@dataclass(frozen=True)
class StepDecay(Rate):
    """``rate * factor ** (epoch // every)``, epochs from 0: constant, then less, then less again.

    The bias of a constant rate is proportional to it: each drop of the rate reduces it by the same factor.

    Parameters
    ----------
    rate : float
        Positive: that of the first epochs.
    factor : float, default 0.5
        Between 0 and 1, neither of them included.
    every : int, default 1
        Epochs between two drops.
    """

    name: ClassVar[str] = "step-decay"
    by_epoch: ClassVar[bool] = True
    rate: float
    factor: float = 0.5
    every: int = 1

    def __post_init__(self) -> None:
        self._set(
            rate=float(check_positive("rate", self.rate)),
            factor=check_share("factor", self.factor),
            every=check_count("every", self.every),
        )

    def terms(self, epoch: int, /) -> Terms:
        """Return the rate of the epoch."""
        return Terms(self.rate * _core.exp(epoch // self.every * _core.log(self.factor)))


@dataclass(frozen=True, repr=False)
class ByEpoch(Rate):
    """The value of a function at each epoch; a record contains only the function's name."""

    name: ClassVar[str] = "by-epoch"
    by_epoch: ClassVar[bool] = True
    function: Callable[[int], float] | str

    def __repr__(self) -> str:
        function = self.function
        return f"ByEpoch(function={getattr(function, '__qualname__', function)})"

    def terms(self, epoch: int, /) -> Terms:
        """Return the rate of the epoch; raise if the function does not return a valid one."""
        if isinstance(self.function, str):
            raise ParameterError(
                f"learning_rate was the function {self.function}, which a record does not contain"
            )
        return Terms(float(check_positive(f"learning_rate({epoch})", self.function(epoch))))


@dataclass(frozen=True)
class Momentum(Settings):
    """Heavy-ball momentum: ``v = decay * v + score``, ``theta += rate * v`` (Polyak 1964).

    It is equivalent to a rate ``1 / (1 - decay)`` times as large, with the bias and variance of that rate.

    Parameters
    ----------
    decay : float, default 0.9
        Between 0 and 1, neither of them included.
    """

    name: ClassVar[str] = "momentum"
    decay: float = 0.9

    def __post_init__(self) -> None:
        self._set(decay=check_share("decay", self.decay))


@dataclass(frozen=True)
class Adam(Settings):
    """Adam: the score's running mean over the root of that of its square (Kingma and Ba 2015).

    Its steps do not become smaller with the score: with a constant rate the last theta is several standard
    errors from the maximum. Use the mean (``average="polyak"``).

    Parameters
    ----------
    beta1, beta2 : float, defaults 0.9 and 0.999
        Decay factors of the two means, between 0 and 1, neither of them included.
    epsilon : float, default 1e-8
        Added to the root. Positive.
    """

    name: ClassVar[str] = "adam"
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        self._set(
            beta1=check_share("beta1", self.beta1),
            beta2=check_share("beta2", self.beta2),
            epsilon=float(check_positive("epsilon", self.epsilon)),
        )


def as_rate(learning_rate: object) -> Rate:
    """Return the schedule of a learning rate: a number, a function of the epoch, or a `Rate`."""
    if isinstance(learning_rate, Rate):
        return learning_rate
    if callable(learning_rate) and not isinstance(learning_rate, type):
        return ByEpoch(learning_rate)
    return Constant(float(check_positive("learning_rate", learning_rate)))  # type: ignore[arg-type]


def _check_offset(offset: float) -> float:
    return float(check_not_negative("offset", offset))
