"""Several families fitted to many groups of rows: the best one for each group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat._candidates import Candidate
from thetahat._checks import check_choice, check_flag
from thetahat._tables import Table
from thetahat.comparison import Comparison, check_families
from thetahat.data.grouping import NAN_POLICIES, group_rows
from thetahat.data.source import Sampled
from thetahat.errors import ConvergenceError, NoMaximumError, SampleError
from thetahat.families import Family, FamilyName
from thetahat.groups.censored import group_censored
from thetahat.groups.fit import fit_each, fit_each_of_censored, threads_of
from thetahat.groups.results import GroupFits
from thetahat.solvers.progress import counting

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

__all__ = ["GroupComparison", "compare_groups"]

_CRITERIA = ("aic", "bic")


class GroupComparison(Table):
    """Families fitted to many groups: criteria, and the best family of each group.

    Made by `thetahat.compare_groups`. ``c[key]`` is the `Comparison` of one group, ``len(c)`` the number of
    groups, and iteration yields their keys.

    Attributes
    ----------
    fits : dict of str to GroupFits
        The fits by family.
    """

    def __init__(self, fits: dict[str, GroupFits]) -> None:
        self.fits = fits
        self._first = next(iter(fits.values()))

    @property
    def families(self) -> tuple[str, ...]:
        """The names of the families."""
        return tuple(self.fits)

    @property
    def keys(self) -> NDArray[Any]:
        """The keys of the groups, as in `GroupFits`."""
        return self._first.keys

    @property
    def aic(self) -> Array:
        """Akaike's criterion, shape (n_groups, n_families); NaN where there is no fit."""
        return self._stacked("aic")

    @property
    def bic(self) -> Array:
        """Schwarz's criterion, shape (n_groups, n_families); NaN where there is no fit."""
        return self._stacked("bic")

    @property
    def status(self) -> NDArray[np.object_]:
        """How the fits ended, as in `GroupFits`, shape (n_groups, n_families)."""
        return self._stacked("status")

    def _stacked(self, name: str) -> NDArray[Any]:
        return np.stack([getattr(fits, name) for fits in self.fits.values()], axis=1)

    def best(self, criterion: str = "aic") -> NDArray[np.object_]:
        """Return the family of the least criterion for each group.

        Parameters
        ----------
        criterion : {"aic", "bic"}, default "aic"
            What is compared.

        Returns
        -------
        ndarray of str, shape (n_groups,)
            None where no family could be fitted.
        """
        values = self._stacked(check_choice("criterion", criterion, _CRITERIA))
        known = ~np.isnan(values)
        places = np.where(known, values, np.inf).argmin(axis=1)
        names: NDArray[np.object_] = np.array(self.families, dtype=object)[places]
        names[~known.any(axis=1)] = None
        return names

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return keys, the best families, and criteria and status of all by name, one item for each group."""
        columns: dict[str, NDArray[Any]] = {f"best_{name}": self.best(name) for name in _CRITERIA}
        for name in (*_CRITERIA, "status"):
            columns |= {f"{name}_{family}": getattr(fits, name) for family, fits in self.fits.items()}
        return {**self._first._keys.columns_beside(columns), **columns}

    @cached_property
    def counts(self) -> dict[str | None, int]:
        """For how many groups each family is the best by AIC, the most frequent first; None is no family."""
        return dict(Counter(self.best().tolist()).most_common())

    def __getitem__(self, key: Any) -> Comparison:
        """Return the comparison of one group, as `thetahat.compare` of its rows."""
        found, left = [], []
        for fits in self.fits.values():
            try:
                found.append(fits[key])
            except (ConvergenceError, NoMaximumError, SampleError) as error:
                left.append(Candidate.without_fit(fits._family, error))
        return Comparison(found, left, ())

    def __len__(self) -> int:
        return len(self._first)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._first)

    def __contains__(self, key: object) -> bool:
        return key in self._first

    def __repr__(self) -> str:
        told = ", ".join(f"{count} {family or 'without a fit'}" for family, count in self.counts.items())
        groups = f"{len(self)} group" + "s" * (len(self) != 1)
        return f"<GroupComparison of {', '.join(self.families)}, {groups}{': ' * bool(told)}{told}>"


def compare_groups(
    x: Any,
    families: Sequence[FamilyName | Family],
    *,
    by: Any = None,
    offsets: ArrayLike | None = None,
    axis: int | None = None,
    weights: Any = None,
    threads: int | None = None,
    nan_policy: str = NAN_POLICIES[0],
    null_keys: str = "drop",
    progress: bool = False,
) -> GroupComparison:
    """Fit several families to each group of rows, and find the best one for each by Akaike's criterion.

    Rows are put together by group once, for all families.

    Parameters
    ----------
    x, by, offsets, axis, weights, threads, nan_policy, null_keys, progress
        As in `fit_groups`.
    families : sequence of str or Family
        Some of `families()`, all of counts, or all of real numbers, or all of angles, as in `compare`.

    Returns
    -------
    GroupComparison

    Raises
    ------
    ParameterError
        If the likelihoods of the families are not comparable, as `compare` does.
    SampleError, SampleTypeError, UnknownFamilyError
        As `fit_groups` does.

    Examples
    --------
    >>> import thetahat as th
    >>> x = [0.4, 0.9, 1.1, 1.8, 2.5, 9.6, -1.0, 0.5, 2.0]
    >>> c = th.compare_groups(x, ["normal", "gamma"], by=["a"] * 6 + ["b"] * 3)
    >>> c.best()
    array(['gamma', 'normal'], dtype=object)
    >>> c
    <GroupComparison of normal, gamma, 2 groups: 1 gamma, 1 normal>
    """
    chosen = check_families(families)
    check_flag("progress", progress)
    threads = threads_of(threads)
    fits, groups = {}, None
    how = (by, offsets, axis, weights, nan_policy, null_keys, threads)
    if isinstance(x, Sampled):
        grouping, groups = group_censored(x, *how)
    else:
        grouping = group_rows(x, *how)
    for family in chosen:
        with counting(len(grouping.keys), "groups", progress, f"{family.name} ") as poll:
            fits[family.name] = (
                fit_each(family, grouping, None, None, threads, poll)
                if groups is None
                else fit_each_of_censored(family, grouping, groups, None, None, poll)
            )
    return GroupComparison(fits)
