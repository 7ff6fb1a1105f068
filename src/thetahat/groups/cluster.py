"""Fits of groups whose rows lie in the partitions of a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat._checks import check_choice
from thetahat._packing import Arrays
from thetahat._theta import check_fixed_of_groups
from thetahat.data.arrays import reject_null_weights, reject_rows
from thetahat.data.cluster import ClusterSource
from thetahat.data.group_rounds import GroupRound
from thetahat.data.grouping import NAN_POLICIES, NULL_KEYS, key_names
from thetahat.data.keys import Keys, code_keys
from thetahat.data.rounds import read_answer
from thetahat.errors import ParameterError, SampleError
from thetahat.families import Family
from thetahat.groups.arrays import GroupNumbers
from thetahat.groups.results import GroupFits

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from thetahat.data.source import Source

__all__ = ["fit_apart"]

_MOST_ROWS, _FEWEST_ROWS = 4_000_000, 250_000  # of a bucket, which one process holds
_OWN_TYPE = {"passes": np.int32, "status": np.uint8, "reason": np.int32}


def fit_apart(
    source: Source,
    family: Family,
    by: Any,
    others: Mapping[str, Any],
    fixed: Mapping[str, ArrayLike] | None,
    start: NDArray[np.float64] | None,
    threads: int,
    nan_policy: str,
    null_keys: str,
) -> GroupFits:
    """Return the fits of groups by columns of a cluster's table; `fit_groups` describes the arguments.

    Rows go by their keys to buckets, in which they are sorted as they were: a group has the bits of the fit
    of its rows in the order of the table. The rows stay there, so that ``g[key]`` has none.
    """
    assert isinstance(source, ClusterSource)
    policy = check_choice("nan_policy", nan_policy, NAN_POLICIES)
    check_choice("null_keys", null_keys, NULL_KEYS)
    for name, value in others.items():
        if value is not None:
            raise ParameterError(
                f"{name} is not used: groups in partitions are given by names of columns, by="
            )
    several = [name for name, value in (fixed or {}).items() if np.ndim(value) > 0]
    if several:
        raise ParameterError(
            f"fixed: {several[0]} has a value for each group, whose order is not known before the fit of"
            " groups in partitions: pass one value"
        )
    values = check_fixed_of_groups(family, fixed, Keys({"group": np.empty(0)}))
    names = key_names(by)
    source = source.with_policy("omit" if policy == "omit" else "raise")
    assert isinstance(source, ClusterSource)
    if policy == "raise":
        reject_rows(source, family.model, family.support)
    keys, results = _fits_by_key(
        source, _round(source, names, family, values, start, null_keys), names, threads
    )
    sizes, sums = results.pop("sizes"), results.pop("sums", None)
    numbers = GroupNumbers.of(results)
    return GroupFits(family, keys, numbers, sizes - numbers.rows, values, start, None, sums)


def _fits_by_key(
    source: ClusterSource, asked: GroupRound, names: list[str], threads: int
) -> tuple[Keys, Arrays]:
    """Return the keys of all groups in their order, and the results of each."""
    reject_null_weights(source)
    rows = source.partition_rows
    n = int(rows.sum())
    if n == 0:  # of which engines have no answer
        none = asked({label: np.empty(0) for label in asked.labels})[0]
        return Keys({name: np.empty(0) for name in names}), _in_own_types(read_answer(none, 0)[1])
    buckets = max(1, -(-n // _MOST_ROWS), min(rows.size, n // _FEWEST_ROWS))
    answers = [
        (*read_answer(answer, place), keys)
        for place, (answer, keys) in enumerate(source.engine.run_by_key(asked, buckets))
    ]
    found = sum(values["rows"] for values, _, _ in answers)
    if found != n:
        raise SampleError(
            f"the rows of {source.what} have changed: there were {n}, and {found} were fitted. Its tasks do"
            f" not give the same rows each time: {source.engine.persist}, and scan what that returns"
        )
    columns = source.engine.join_keys([keys for _, _, keys in answers], names)
    keys, codes = code_keys(columns, asked.null_keys, threads)
    order = np.argsort(codes, kind="stable")
    names_of_results = answers[0][1]
    whole = {
        name: np.concatenate([arrays[name] for _, arrays, _ in answers])[order] for name in names_of_results
    }
    return keys, _in_own_types(whole)


def _in_own_types(results: Arrays) -> Arrays:
    """Return results with the types that they had before they travelled."""
    return {name: array.astype(_OWN_TYPE.get(name, array.dtype)) for name, array in results.items()}


def _round(
    source: ClusterSource, names: list[str], family: Family, fixed: Any, start: Any, null_keys: str
) -> GroupRound:
    column, weights = source.columns
    columns = [column, *(source.engine.column(name) for name in names), weights]
    return GroupRound(
        source.engine.name,
        tuple(name for name in columns if name is not None),
        len(names),
        family.model,
        None if fixed is None else fixed.values,
        start,
        source.omit,
        null_keys,
    )
