"""Sums of groups: what is kept of rows that are gone, and what is added where samples are merged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat import _groups
from thetahat._theta import Fixed
from thetahat.data.keys import merged_keys
from thetahat.errors import ParameterError
from thetahat.groups.arrays import GroupArrays, GroupNumbers
from thetahat.groups.censored import CensoredGroups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["added", "sums_of"]


def sums_of(fits: GroupArrays) -> Array:
    """Return the sums of each group's rows, shape (n_groups, n_sums)."""
    if fits._sums is not None:
        return fits._sums
    assert fits._rows is not None
    return _groups.sums(fits._rows, fits._family.model)


def added(fits: GroupArrays, others: GroupArrays) -> tuple[Any, ...]:
    """Return what the fits of the rows of both are made of; groups of equal keys become one."""
    family = fits._family
    if others._family is not family:
        raise ParameterError(
            f"fits of {family.name} and of {others._family.name} do not add: pass one family"
        )
    if not family.sufficient:
        raise ParameterError(
            f"fits of {family.name} do not add: it has no sums that say all of its rows. Fit the rows of both"
            " together"
        )
    if any(isinstance(each._rows, CensoredGroups) for each in (fits, others)):
        raise ParameterError("fits of censored rows do not add: fit the rows of both together")
    fixed, start = fits._fixed, fits._start
    if not _same(fixed, others._fixed):
        raise ParameterError(
            "fits add only with the same fixed parameters, each with one value for all groups"
        )
    keys, ours, theirs = merged_keys(fits._keys, others._keys)
    left, right = sums_of(fits), sums_of(others)
    sums, omitted = np.empty((len(keys), left.shape[1])), np.zeros(len(keys), dtype=np.int64)
    sums[theirs] = right
    both = np.isin(ours, theirs)
    sums[ours[~both]] = left[~both]
    sums[ours[both]] = _groups.merge_sums(family.model, left[both], sums[ours[both]])
    for places, of_places in ((ours, fits.omitted), (theirs, others.omitted)):
        omitted[places] += of_places
    numbers = GroupNumbers.of(_groups.fit_sums(family.model, sums, fixed and fixed.values))
    return family, keys, numbers, omitted, fixed, start, None, sums


def _same(fixed: Fixed | None, other: Fixed | None) -> bool:
    if fixed is None or other is None:
        return fixed is other
    return len(fixed.values) == len(other.values) == 1 and fixed.of_group(0) == other.of_group(0)
