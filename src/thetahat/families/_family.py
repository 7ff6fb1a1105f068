"""What the Python module of a family defines: names, support, start values, and the conditions of errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from weakref import WeakValueDictionary

import numpy as np

from thetahat import _core
from thetahat.data.arrays import chunks_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "BOUNDARY",
    "NONSMOOTH",
    "REGULAR",
    "Censoring",
    "Family",
    "Limits",
    "Number",
    "Parameter",
    "Theta",
    "defined",
    "exp",
    "log",
    "ratio_quantile",
]

# The regularity of the likelihood in a parameter: at the maximum the score is zero; or it jumps over zero, as
# at a median; or it is not zero, since the support ends there.
REGULAR, NONSMOOTH, BOUNDARY = _core.REGULAR, _core.NONSMOOTH, _core.BOUNDARY

Theta = tuple[float, ...]
Number = TypeVar("Number", float, "NDArray[np.float64]")  # a number, or an array of them
Limits = dict[int, tuple[float, float]]


def exp(x: Number) -> Number:
    """Return exp(x) of a number, or of each in an array: the same bits."""
    return _apply("exp", x) if isinstance(x, np.ndarray) else _core.exp(x)


def log(x: Number) -> Number:
    """Return log(x) of a number, or of each in an array: the same bits."""
    return _apply("log", x) if isinstance(x, np.ndarray) else _core.log(x)


def _apply(name: str, x: NDArray[np.float64]) -> NDArray[np.float64]:
    return _core.apply(name, x.ravel()).reshape(x.shape)


@dataclass(frozen=True)
class Parameter:
    """A parameter: textbook name, open domain, free coordinate, the regularity of the likelihood in it."""

    name: str
    low: float = -math.inf
    high: float = math.inf
    coordinate: int = _core.IDENTITY
    regularity: int = REGULAR

    @property
    def domain(self) -> str:
        """The domain in words."""
        if self.high < math.inf:
            return f"strictly between {self.low:g} and {self.high:g}"
        if self.low > -math.inf:
            return "positive and finite" if self.low == 0 else f"above {self.low:g} and finite"
        return "finite"

    @property
    def transformed(self) -> bool:
        """Whether its free coordinate, which is unbounded, differs from the parameter itself."""
        return self.coordinate != _core.IDENTITY

    def free(self, value: Number) -> Number:
        """Return the free coordinate: the logarithm of the distance to a bound, or a share's logit."""
        if not self.transformed:
            return value
        return log(value - self.low if self.high == math.inf else (value - self.low) / (self.high - value))

    def slope(self, value: Number) -> Number | float:
        """Return the derivative of the parameter with respect to its free coordinate."""
        if not self.transformed:
            return 1.0
        if self.high == math.inf:
            return value - self.low
        return (value - self.low) * ((self.high - value) / (self.high - self.low))

    def moved(self, value: Number, step: Number) -> Number:
        """Return the parameter after a step in its free coordinate."""
        if not self.transformed:
            return value + step
        if self.high == math.inf:
            return self.low + (value - self.low) * exp(step)
        share = (value - self.low) / (self.high - self.low)
        return self.low + (self.high - self.low) * (share / (share + (1 - share) * exp(-step)))


@dataclass(frozen=True)
class Censoring:
    """What the likelihood of rows that are known by limits increases towards where it has no maximum.

    Attributes
    ----------
    above, below : str
        The parameters where all mass lies above, or below, all limits.
    point : str
        Those where it lies at one point, whichever; empty if the family has no such limit.
    wide : str
        Of a location and a scale, those where the scale is infinite.
    log_rows : bool
        Whether rows have location and scale in their logarithms.
    falling, rising : str
        Those where, inside windows, the density is exponential in rows, or a power of them, and falls or
        rises; empty if the family has no such limit.
    """

    above: str = ""
    below: str = ""
    point: str = ""
    wide: str = ""
    log_rows: bool = False
    falling: str = ""
    rising: str = ""


@dataclass(frozen=True, eq=False)  # a name has one object
class Family:
    """A family of distributions.

    Attributes
    ----------
    name : str
        The name users pass.
    names : tuple of str
        The parameters' textbook names, in the order of ``theta``.
    support : str
        Where the density is positive, in words.
    existence : str
        The condition under which the likelihood of a sample has a maximum.
    limiting_family : str, optional
        The parameters and the distribution that the likelihood increases towards if there is no maximum.
    limits : mapping, optional
        The names of these distributions by parameter and end of its domain, such as ``("nu", "high")``, if
        there are others than a single point.
    limiting : mapping, optional
        These limits in words, such as "tau = 0, the normal distribution", with what finds the highest
        log-likelihood there: the name of a family, or a function of rows and weights (None: each row counts
        once). A fit that ends near a limit is compared with it.
    scipy : callable
        From the parameters, the family's name in `scipy.stats`, and its parameters there.
    scipy_tails : callable, optional
        The same, of another name whose `sf` is accurate far out, where that of `scipy` is 1 minus `cdf`.
    counts : bool
        Whether rows are integers, and their densities probabilities.
    known : tuple of str
        Parameters that are not estimated: integers, such as a number of trials, that ``fixed`` must have.
    exact_rows : bool
        Whether rows must be exact: sums over its tail are too long to give probabilities of intervals.
    circular : bool
        Whether rows are angles, and the density integrates to 1 over one turn.
    slow_quantiles : bool
        Whether SciPy searches for each quantile, milliseconds long, or does not find it.
    slow_tails : bool
        Whether SciPy integrates the distribution function far out, a millisecond for each value.
    elsewhere : tuple of str
        Its names in other programs, with the parameters there: ``"SciPy's norm(loc=mu, scale=sigma)"``; of a
        special case, "with fixed={...}" at the end; of other rows, "with x replaced by ...".
    boundary_limits : callable, optional
        From theta, n, the level and the places of fixed parameters: by place, the confidence limits of the
        parameters whose maximum lies on the boundary of the support. Theta and n are numbers, or arrays.
    missing_condition : callable, optional
        The condition that rows violate in words, from the two figures of the compiled check.
    censoring : Censoring
        What the likelihood of censored and truncated rows increases towards.
    """

    name: str
    names: tuple[str, ...]
    existence: str
    scipy: Callable[..., tuple[str, dict[str, float]]]
    limiting_family: str = ""
    limits: Mapping[tuple[str, str], str] = field(default_factory=dict)
    limiting: Mapping[str, str | Callable[..., float]] = field(default_factory=dict)
    support: str = "all finite numbers"
    scipy_tails: Callable[..., tuple[str, dict[str, float]]] | None = None
    counts: bool = False
    known: tuple[str, ...] = ()
    exact_rows: bool = False
    circular: bool = False
    slow_quantiles: bool = False
    slow_tails: bool = False
    elsewhere: tuple[str, ...] = ()
    boundary_limits: Callable[..., dict[int, tuple[Any, Any]]] | None = None
    missing_condition: Callable[[float, float], str] | None = None
    censoring: Censoring = Censoring()

    labelled: ClassVar[bool] = False  # whether parts of it, as of a mixture, may change places or vanish

    @cached_property
    def model(self) -> _core.Model:
        """The compiled half of the family."""
        return _core.models[self.name]

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters in the order of ``theta``."""
        return tuple(
            Parameter(name, *compiled)
            for name, compiled in zip(self.names, self.model.parameters, strict=True)
        )

    @cached_property
    def sufficient(self) -> bool:
        """Whether the sums do not depend on theta."""
        return self.model.sufficient

    @cached_property
    def solved(self) -> bool:
        """Whether sufficient sums give the maximum in closed form."""
        return self.model.solved

    @cached_property
    def shifts(self) -> bool:
        """Whether the sums at one theta give those at others near by."""
        return self.model.shifts

    @cached_property
    def ends(self) -> tuple[float, float]:
        """The ends of the support, that of all theta together."""

        def outside(*values: float) -> bool:
            return self.model.count_outside(chunks_of(np.array(values))[0])[0] == len(values)

        return 0.0 if outside(-1.0, -0.5) else -math.inf, 1.0 if outside(1.5, 2.0) else math.inf

    @property
    def condition(self) -> str:
        """The condition of a maximum, and what the likelihood increases towards otherwise."""
        return (
            f"{self.existence}; otherwise the likelihood increases towards {self.limiting_family}"
            if self.limiting_family
            else self.existence
        )

    def limit_of(self, reason: int) -> str:
        """Return the distribution that a group's likelihood increases towards; nothing if it is not known.

        Parameters
        ----------
        reason : int
            Why the compiled core has found no maximum: 1 + 2 j or 2 + 2 j if parameter j runs to the lower or
            the upper end of its domain.
        """
        if not self.limits:
            return "point" if self.limiting_family else ""
        if 1 <= reason <= 2 * len(self.names):
            at = self.names[(reason - 1) // 2], ("low", "high")[(reason - 1) % 2]
            return self.limits.get(at, "")
        return next(iter(self.limits.values())) if len(self.limits) == 1 else ""

    @cached_property
    def regular(self) -> bool:
        """Whether the score is zero at the maximum, in every parameter."""
        return all(parameter.regularity == REGULAR for parameter in self.parameters)

    @cached_property
    def has_boundary(self) -> bool:
        """Whether the maximum lies on the boundary of the support, in some parameter."""
        return any(parameter.regularity == BOUNDARY for parameter in self.parameters)

    @cached_property
    def nonsmooth(self) -> bool:
        """Whether the score jumps over zero at the maximum, in some parameter."""
        return any(parameter.regularity == NONSMOOTH for parameter in self.parameters)

    def __reduce__(self) -> tuple[Any, ...]:
        return _named, (self.name,)

    @property
    def of_process(self) -> bool:
        """Whether the log-likelihood is that of a Poisson process, which is no sum over rows alone."""
        return False

    @property
    def known_start(self) -> Theta | None:
        """Start values that need no rows, if there are any."""
        return None

    def law(self, theta: Sequence[float]) -> Any:  # noqa: ARG002
        """Return the distribution at theta where SciPy has none; None of others."""
        return None

    def in_label_order(self, theta: Theta) -> Theta:
        """Return theta with parts that may change places in one order."""
        return theta

    def degeneracy(self, theta: Theta, n: float, converged: bool) -> str:  # noqa: ARG002
        """Return which part of the family does not count at theta, for n rows, in words; empty if all do.

        converged: whether it is where an iteration has found a maximum.
        """
        return ""

    def check_normalized(self, theta: Theta) -> None:
        """Raise where the density does not integrate to 1: that of a formula whose integral is not found."""

    def check_starts(self) -> None:
        """Raise if a function of the user's that finds start values has failed."""

    @property
    def identity(self) -> str:
        """What records call it: its name, and for a formula a hash of that too."""
        return self.name

    @property
    def scipy_name(self) -> str:
        """The family's name in `scipy.stats`, which is the same for all parameters."""
        return self.scipy(*(0.5 for _ in self.names))[0]

    @property
    def signature(self) -> str:
        """The family as a formula, such as ``normal(mu, sigma)``."""
        return f"{self.name}({', '.join(self.names)})"


def _named(name: str) -> Family:
    """Return the family of a pickle, which is known by its name."""
    family: Family = import_module(f"thetahat.families.{name}").family
    return family


# Families by formulas, by their identity.
defined: WeakValueDictionary[str, Family] = WeakValueDictionary()


def ratio_quantile(level: float, power: Number) -> Number:
    """Return the t with P(T <= t) = level, where P(T > t) = (1 + t)**-power; infinity for power <= 0."""
    powers = np.asarray(power, dtype=np.float64)
    t = _apply("expm1", -_core.log(1 - level) / np.where(powers > 0, powers, 1.0))
    t[powers <= 0] = math.inf
    return t if isinstance(power, np.ndarray) else float(t)
