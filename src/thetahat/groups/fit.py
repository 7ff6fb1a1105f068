"""One family fitted to many groups of rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat import _groups
from thetahat._checks import check_flag, check_threads
from thetahat._theta import Fixed, Theta, check_fixed_of_groups, check_theta
from thetahat.data.arrays import Chunks, reject_rows
from thetahat.data.grouping import NAN_POLICIES, Grouping, group_rows
from thetahat.data.memory import check_memory
from thetahat.data.passes import default_threads
from thetahat.data.source import Sampled, Source
from thetahat.errors import ParameterError
from thetahat.families import Family, FamilyName, find_family
from thetahat.groups.arrays import GroupNumbers
from thetahat.groups.censored import CensoredGroups, fit_each_censored, group_censored
from thetahat.groups.cluster import fit_apart
from thetahat.groups.limits import settle
from thetahat.groups.results import GroupFits
from thetahat.solvers.censored import refuse_edges
from thetahat.solvers.progress import counting

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

__all__ = ["fit_each", "fit_each_of_censored", "fit_groups", "threads_of"]


def fit_groups(
    x: Any,
    family: FamilyName | Family,
    *,
    by: Any = None,
    offsets: ArrayLike | None = None,
    axis: int | None = None,
    weights: Any = None,
    fixed: Mapping[str, ArrayLike] | None = None,
    start: Theta | None = None,
    threads: int | None = None,
    nan_policy: str = NAN_POLICIES[0],
    null_keys: str = "drop",
    progress: bool = False,
) -> GroupFits:
    """Fit a family of distributions to each group of rows, by maximum likelihood.

    The fit of a group has the bits of `fit` of its rows alone. No group disturbs another: one whose
    likelihood has no maximum, or whose rows are invalid, has a `status` that says so, and no error is raised.

    Parameters
    ----------
    x : array_like, shape (n,), Source or Censored
        The rows, as in `fit`. With `axis`, a two-dimensional array or table. A table, with names of its
        columns as `by` (and `weights`): the other column has the rows. A `Source`, from `scan`, with names of
        columns of its files or its table as `by`: rows and codes of the keys are held in memory. Of Dask and
        Spark, rows go by their keys to buckets in the engine's own shuffle, and are fitted there in their
        order; the fits have no rows then.
    family : str or Family
        One of `families()`, or a family by its formula.
    by : array_like of shape (n,), or several
        The key of each row: integers, text, booleans, dates, floats, categories, as a list, a NumPy array, or
        a column of pandas, polars or Arrow, in any order. Several keys are a dict of columns by name, a
        table, or a tuple or list of columns; a flat tuple or list is one key. Rows and keys are matched by
        position. Groups are sorted as by pandas' `groupby`: by the first key, then by the next; categories
        of pandas and ordered ones in their order, those without rows left out. Times with a zone become UTC.
    offsets : array_like of int, shape (n_groups + 1,)
        Instead of `by`, of rows that lie together by group: the first row of each group, and the number of
        rows, as in ``[0, 100, 250]``. Groups may be empty. Keys are 0, 1, 2, ...
    axis : {0, 1}
        Instead of `by`: 1 fits each row of a two-dimensional `x`, 0 each column. Keys are 0, 1, 2, ..., or
        the names of columns.
    weights : array_like, shape (n,), optional
        As in `fit`; with `axis`, of the shape of `x`, or of one group, the same for all.
    fixed : mapping of str to float or array_like, optional
        Parameters with known values, as in `fit`: one for all groups, or an array with one for each, in the
        order of the sorted keys.
    start : sequence of float, or dict by name, optional
        Start values of Newton's method for all groups, as in `fit`.
    threads : int, optional
        Number of threads that share the groups; by default the number of processors of this process. The
        result does not depend on it.
    nan_policy : {"status", "omit", "raise"}, default "status"
        Whether a NaN or null row gives its group the status ``"bad_rows"``, is left out and counted, or is an
        error, as rows outside the support are then.
    null_keys : {"drop", "group"}, default "drop"
        Whether rows whose key is null or NaN are in no group, or in one of their own, the last.
    progress : bool, default False
        Show a progress bar (needs tqdm).

    Returns
    -------
    GroupFits

    Raises
    ------
    SampleError
        If `by` or `weights` do not have a value for each row; if `x` has the wrong number of dimensions;
        and with ``nan_policy="raise"`` as `fit` does.
    SampleTypeError
        If `x` does not contain real numbers, or keys have no common order or cannot be compared.
    ParameterError, UnknownFamilyError
        If not one of `by`, `offsets` and `axis` is given, offsets decrease or do not cover the rows, or a
        setting is outside its domain.

    Examples
    --------
    >>> import thetahat as th
    >>> x = [1.0, 2.0, 4.0, 7.0, 5.0, 3.0]
    >>> g = th.fit_groups(x, "normal", by=["a", "b", "a", "a", "b", "c"])
    >>> g.keys
    array(['a', 'b', 'c'], dtype=object)
    >>> g.theta
    array([[4.        , 2.44948974],
           [3.5       , 1.5       ],
           [       nan,        nan]])
    >>> g.status
    array(['converged', 'converged', 'too_few'], dtype=object)
    >>> g["a"].params == th.fit([1.0, 4.0, 7.0], "normal").params
    True
    """
    described = find_family(family)
    check_flag("progress", progress)
    if start is not None and described.solved and not fixed:
        raise ParameterError(f"start is not used: {described.name} has a closed-form maximum")
    first = None if start is None else np.array([check_theta(described, start, "start")])
    threads = threads_of(threads)
    if isinstance(x, Sampled):
        grouped, groups = group_censored(x, by, offsets, axis, weights, nan_policy, null_keys, threads)
        of_groups = check_fixed_of_groups(described, fixed, grouped.keys)
        with counting(len(grouped.keys), "groups", progress) as poll:
            return fit_each_of_censored(described, grouped, groups, of_groups, first, poll)
    if isinstance(x, Source) and x.apart:
        given = {"offsets": offsets, "axis": axis, "weights": weights}
        return fit_apart(x, described, by, given, fixed, first, threads, nan_policy, null_keys)
    grouping = group_rows(x, by, offsets, axis, weights, nan_policy, null_keys, threads)
    values = check_fixed_of_groups(described, fixed, grouping.keys)
    with counting(len(grouping.keys), "groups", progress) as poll:
        fits = fit_each(described, grouping, values, first, threads, poll)
    if nan_policy == "raise" and (fits.status == "bad_rows").any():
        reject_rows(Chunks(grouping.chunks), described.model, described.support)
    return fits


def fit_each_of_censored(
    family: Family,
    grouping: Grouping,
    groups: CensoredGroups,
    fixed: Fixed | None,
    start: Array | None,
    poll: Callable[[int], object] | None,
) -> GroupFits:
    """Return the fits of grouped censored rows."""
    refuse_edges(family, () if fixed is None else fixed.places)
    numbers = fit_each_censored(family, groups, fixed, start, poll)
    return GroupFits(family, grouping.keys, numbers, grouping.sizes - numbers.rows, fixed, start, groups)


def fit_each(
    family: Family,
    grouping: Grouping,
    fixed: Fixed | None,
    start: Array | None,
    threads: int,
    poll: Callable[[int], object] | None,
) -> GroupFits:
    """Return the fits of grouped rows."""
    groups = len(grouping.sizes)
    wanted = 8 * (2 * len(family.names) + 8) * groups  # estimates, standard errors and what else a fit has
    check_memory(wanted, f"room for the fits of {groups} groups", "fit fewer of the keys at a time")
    rows, values = grouping.rows, None if fixed is None else fixed.values
    results = _groups.fit(rows, family.model, fixed=values, start=start, threads=threads, poll=poll)
    numbers = GroupNumbers.of(results)
    settle(numbers, rows, family, fixed, start)
    return GroupFits(family, grouping.keys, numbers, grouping.sizes - numbers.rows, fixed, start, rows)


def threads_of(threads: int | None) -> int:
    """Return the number of threads that share groups."""
    return default_threads() if threads is None else check_threads(threads)
