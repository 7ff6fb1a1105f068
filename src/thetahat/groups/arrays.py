"""The results of fits to many groups, as arrays with one item for each group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from thetahat import _groups
from thetahat._theta import Fixed
from thetahat.data.keys import Keys
from thetahat.families import Family
from thetahat.families._family import log

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["FITTED", "LIMIT_OF_CENSORED", "GroupArrays", "GroupNumbers"]

_CODES = 32  # more than there are codes of reasons
_REASONS = {  # by the codes of the core; below them are those of limits
    18: "beyond what doubles can hold",
    19: "rows that are NaN or infinite",
    20: "rows outside the support",
    21: "weights that are negative or not finite",
    22: "limits of censored rows",
}
LIMIT_OF_CENSORED = 22
FITTED = ("converged", "boundary", "precision")  # statuses of groups that have a theta


class GroupNumbers(NamedTuple):
    """What the compiled core returns of groups; each array has one item for each group."""

    theta: Array
    stderr: Array
    cov: Array
    log_likelihood: Array
    newton_decrement: Array
    n: Array
    rows: NDArray[np.int64]
    passes: NDArray[np.int32]
    status: NDArray[np.uint8]
    reason: NDArray[np.int32]

    @classmethod
    def of(cls, results: dict[str, Any]) -> GroupNumbers:
        """Return the results of a compiled fit of groups."""
        return cls(*(results[name] for name in cls._fields))


@dataclass(frozen=True, eq=False, repr=False)
class GroupArrays:
    """The part of `GroupFits` that comes from the compiled core: parameters, covariances, status."""

    _family: Family
    _keys: Keys
    _numbers: GroupNumbers
    omitted: NDArray[np.int64]
    _fixed: Fixed | None = None
    _start: Array | None = None  # a row for all groups
    _rows: Any = None  # GroupedRows or CensoredGroups
    _sums: Array | None = None  # of each group's rows, where these are gone

    def __post_init__(self) -> None:
        for array in (*self._numbers, self.omitted):
            array.flags.writeable = False

    @property
    def family(self) -> str:
        """Name of the family."""
        return self._family.name

    @property
    def keys(self) -> NDArray[Any]:
        """The keys of the groups, shape (n_groups,): of several columns, records with their names.

        Sorted, those of categories in the order of these; the null key, None, NaN or NaT, is the last.
        """
        return self._keys.array

    @property
    def theta(self) -> Array:
        """The parameters in their order, shape (n_groups, n_params)."""
        return self._numbers.theta

    @property
    def params(self) -> dict[str, Array]:
        """The parameters by name, each of shape (n_groups,)."""
        return dict(zip(self._family.names, self.theta.T, strict=True))

    @property
    def stderr(self) -> Array:
        """Standard errors, shape (n_groups, n_params)."""
        return self._numbers.stderr

    @property
    def cov(self) -> Array:
        """Covariances of the estimates, shape (n_groups, n_params, n_params)."""
        return self._numbers.cov

    @property
    def log_likelihood(self) -> Array:
        """Log-likelihoods at the parameters, every constant included, shape (n_groups,)."""
        return self._numbers.log_likelihood

    @property
    def newton_decrement(self) -> Array:
        """Squared distances to the maxima in standard errors, shape (n_groups,)."""
        return self._numbers.newton_decrement

    @property
    def n(self) -> Array:
        """Numbers of rows, shape (n_groups,); with weights, their sums."""
        return self._numbers.n

    @property
    def rows(self) -> NDArray[np.int64]:
        """Numbers of rows that are not left out, shape (n_groups,)."""
        return self._numbers.rows

    @property
    def passes(self) -> NDArray[np.int32]:
        """Numbers of passes over the rows, shape (n_groups,)."""
        return self._numbers.passes

    @property
    def fixed(self) -> tuple[str, ...]:
        """The names of the parameters that were fixed."""
        return tuple(self._family.names[place] for place in self._fixed_places)

    @property
    def _fixed_places(self) -> tuple[int, ...]:
        return () if self._fixed is None else self._fixed.places

    @property
    def aic(self) -> Array:
        """Akaike's information criterion, ``2 * k - 2 * log_likelihood`` for k fitted parameters."""
        return 2 * self._n_free - 2 * self.log_likelihood

    @property
    def bic(self) -> Array:
        """Schwarz's criterion, ``log(n) * k - 2 * log_likelihood`` for k fitted parameters."""
        return log(self.n) * self._n_free - 2 * self.log_likelihood

    @property
    def _n_free(self) -> int:
        return len(self._family.names) - len(self._fixed_places)

    @cached_property
    def status(self) -> NDArray[np.object_]:
        """How the fit of each group ended, shape (n_groups,), of str.

        ``"converged"``: at the maximum, as in `Fit.status`. ``"boundary"``: at the maximum, which lies on the
        boundary of the support. ``"precision"``: as near as doubles can come. The others have no fit:
        ``"no_maximum"``, ``"too_few"`` rows, ``"equal_rows"``, of which the likelihood has no maximum either;
        ``"bad_rows"``, which are not finite or outside the support; ``"not_finished"``, where Newton's method
        ended before it found a maximum. `reason` says more.
        """
        return _named(_groups.STATUSES, self._numbers.status)

    @cached_property
    def reason(self) -> NDArray[np.object_]:
        """Why a group has no fit, shape (n_groups,), of str; empty where there is a fit.

        Where a likelihood has no maximum, the name of the distribution that it increases towards, such as
        ``"normal"`` or ``"poisson"``, or ``"point"``; of invalid rows, what they are.
        """
        return _named([reason for _, reason in self._in_words], self._outcomes)

    def reasons(self) -> dict[tuple[str, str], int]:
        """Return how many groups ended how, and why: a count by status and reason, the largest first.

        Examples
        --------
        >>> import thetahat as th
        >>> th.fit_groups([1.0, 2.0, 4.0, 7.0, 8.0], "normal", offsets=[0, 3, 5, 5]).reasons()
        {('converged', ''): 2, ('too_few', 'point'): 1}
        """
        told: Counter[tuple[str, str]] = Counter()
        counts = np.bincount(self._outcomes)
        for outcome in np.flatnonzero(counts).tolist():
            told[self._in_words[outcome]] += int(counts[outcome])
        return dict(told.most_common())

    @property
    def _outcomes(self) -> NDArray[np.uint8]:
        """Status and reason of each group as one number."""
        return (self._numbers.status * np.uint8(_CODES) + self._numbers.reason).astype(np.uint8)

    @cached_property
    def _in_words(self) -> list[tuple[str, str]]:
        """The status and the reason of each outcome."""
        return [
            (name, reason_of(self._family, status, code))
            for status, name in enumerate(_groups.STATUSES)
            for code in range(_CODES)
        ]

    @property
    def _free(self) -> list[int]:
        return [place for place in range(len(self._family.names)) if place not in self._fixed_places]

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._keys)

    def __repr__(self) -> str:
        counts = Counter(
            dict(zip(_groups.STATUSES, np.bincount(self._numbers.status).tolist(), strict=False))
        )
        told = ", ".join(f"{count} {status}" for status, count in counts.most_common() if count)
        groups = f"{len(self)} group" + "s" * (len(self) != 1)
        return f"<GroupFits {self._family.signature}, {groups}{': ' * bool(told)}{told}>"


def _named(names: Any, places: NDArray[Any]) -> NDArray[np.object_]:
    """Return the names in these places."""
    array: NDArray[np.object_] = np.array(names, dtype=object)[places]
    array.flags.writeable = False
    return array


def reason_of(family: Family, status: int, code: int) -> str:
    """Return the reason of a code of the core, in words."""
    if _groups.STATUSES[status] in FITTED:
        return ""
    return _REASONS.get(code) or family.limit_of(code)
