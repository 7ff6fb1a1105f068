"""The fit of one group among many."""

from __future__ import annotations

from thetahat import _sums
from thetahat._groups import GroupedRows
from thetahat.data.arrays import empty
from thetahat.errors import ConvergenceError, NoMaximumError, ParameterError, SampleError
from thetahat.families import Family
from thetahat.groups.arrays import FITTED, GroupArrays, GroupNumbers
from thetahat.groups.censored import CensoredGroups
from thetahat.groups.limits import sample_of_rows
from thetahat.result import Fit
from thetahat.sample import Sample
from thetahat.solvers import Exact, Problem, Values

__all__ = ["fit_of_group"]

_EXACT = Exact()
_ERRORS = {"bad_rows": SampleError, "not_finished": ConvergenceError}  # of the other statuses: NoMaximumError


def fit_of_group(fits: GroupArrays, place: int) -> Fit:
    """Return the fit of the group in this place; raise, as the fit of its rows does, where it has none."""
    if fits.status[place] not in FITTED:
        raise _error(fits, place)
    sample = _sample(fits, place)
    numbers = GroupNumbers(*(array[place].tolist() for array in fits._numbers))
    n = float(numbers.n)
    return Fit(
        fits._family,
        tuple(numbers.theta),
        int(n) if n == int(n) else n,
        _EXACT,
        rows=int(numbers.rows),
        sample=sample,
        values=Values(
            float(numbers.log_likelihood),
            tuple(fits.cov[place].ravel().tolist()),
            tuple(numbers.stderr),
            float(numbers.newton_decrement),
        ),
        fixed=fits._fixed_places,
        omitted=int(fits.omitted[place]),
        passes=int(numbers.passes),
        kinds=None if sample is None or sample.censored is None else sample.censored.kinds,
    )


def _sample(fits: GroupArrays, place: int) -> Sample | None:
    """Return the rows of a group; where these are gone, its sums, if they are kept."""
    if fits._rows is not None:
        return _sample_of_rows(fits._rows, fits._family, place)
    if fits._sums is None:
        return None
    sums = _sums.Sums.from_numbers(fits._family.model, fits._sums[place].tolist())
    return Sample(fits._family, None, sums=sums, omitted=int(fits.omitted[place]))


def _sample_of_rows(rows: GroupedRows | CensoredGroups, family: Family, place: int) -> Sample:
    if isinstance(rows, CensoredGroups):
        return rows.sample(family, place)
    return sample_of_rows(rows, family, place)


def _error(fits: GroupArrays, place: int) -> Exception:
    """Return the error of a group without a fit: that of the fit of its rows, if they are still there."""
    if fits.rows[place] == 0:
        return empty(int(fits.omitted[place]))
    if fits._rows is not None:
        fixed = {} if fits._fixed is None else fits._fixed.of_group(place)
        start = () if fits._start is None else tuple(fits._start[0].tolist())
        try:
            _EXACT.run(Problem(_sample_of_rows(fits._rows, fits._family, place), start, start, fixed))
        except (ConvergenceError, NoMaximumError, ParameterError, SampleError) as error:
            return error
    status, reason = fits.status[place], fits.reason[place]
    told = f"the group {fits._keys[place]!r} of {fits.rows[place]} row(s) has no fit: {status}"
    kind: type[Exception] = _ERRORS.get(status, NoMaximumError)
    return kind(told + f", {reason}" * bool(reason))
