"""The fit of one group among many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thetahat import _sums
from thetahat._group_arrays import FITTED, GroupArrays, GroupNumbers
from thetahat.data.source import ArraySource
from thetahat.errors import ConvergenceError, NoMaximumError, SampleError
from thetahat.fit import fit_sample
from thetahat.result import Fit
from thetahat.sample import Sample
from thetahat.solvers import Exact, Values

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["fit_of_group"]

_EXACT = Exact()
_ERRORS = {"bad_rows": SampleError, "not_finished": ConvergenceError}  # of the other statuses: NoMaximumError


def fit_of_group(fits: GroupArrays, place: int) -> Fit:
    """Return the fit of the group in this place; raise, as the fit of its rows does, where it has none."""
    if fits.status[place] not in FITTED:
        raise _error(fits, place)
    numbers = GroupNumbers(*(array[place].tolist() for array in fits._numbers))
    n = float(numbers.n)
    return Fit(
        fits._family,
        tuple(numbers.theta),
        int(n) if n == int(n) else n,
        _EXACT,
        rows=int(numbers.rows),
        sample=_sample(fits, place),
        values=Values(
            float(numbers.log_likelihood),
            tuple(fits.cov[place].ravel().tolist()),
            tuple(numbers.stderr),
            float(numbers.newton_decrement),
        ),
        fixed=tuple(fits._fixed_places),
        omitted=int(fits.omitted[place]),
        passes=int(numbers.passes),
    )


def _sample(fits: GroupArrays, place: int) -> Sample | None:
    """Return the rows of a group; where these are gone, its sums, if they are kept."""
    if fits._rows is not None:
        rows = slice(*fits._rows.offsets[place : place + 2])
        weights = fits._rows.weights
        return Sample(
            fits._family,
            ArraySource(fits._rows.values[rows], None if weights is None else weights[rows]),
        )
    if fits._sums is None:
        return None
    sums = _sums.Sums.from_numbers(fits._family.model, fits._sums[place].tolist())
    return Sample(fits._family, None, sums=sums, omitted=int(fits.omitted[place]))


def _error(fits: GroupArrays, place: int) -> Exception:
    """Return the error of a group without a fit: that of the fit of its rows, if they are still there."""
    status, reason = fits.status[place], fits.reason[place]
    if fits._rows is not None:
        fixed, start = (_of_group(fits, values, place) for values in (fits._fixed, fits._start))
        try:
            fit_sample(
                fits._family,
                lambda: _sample(fits, place),  # type: ignore[arg-type, return-value]
                _EXACT,
                start,
                fixed and {name: value for name, value in fixed.items() if value == value},
            )
        except (ConvergenceError, NoMaximumError, SampleError) as error:
            return error
    told = f"the group {fits._keys[place]!r} of {fits.rows[place]} row(s) has no fit: {status}"
    kind: type[Exception] = _ERRORS.get(status, NoMaximumError)
    return kind(told + f", {reason}" * bool(reason))


def _of_group(fits: GroupArrays, values: NDArray[np.float64] | None, place: int) -> dict[str, float] | None:
    """Return settings of a group by name."""
    if values is None:
        return None
    row = values[place if len(values) > 1 else 0]
    return dict(zip(fits._family.names, row.tolist(), strict=True))
