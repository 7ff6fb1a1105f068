"""Rows of Dask's partitions on their way to the buckets of their keys, and in them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thetahat.data.group_rounds import GroupRound

__all__ = ["fitted", "numbered"]

_PLACES = 40  # bits of the place of a row in its partition


def numbered(part: Any, asked: GroupRound, place: int) -> Any:
    """Return columns by the labels of the shuffle, and the bucket and place of each row."""
    frame = part.iloc[:, [list(map(str, part.columns)).index(name) for name in asked.columns]]
    frame = frame.set_axis(asked.labels, axis=1).reset_index(drop=True)
    keys = [frame[f"k{at}"] for at in range(asked.keys)]
    order = (np.int64(place) << _PLACES) + np.arange(len(frame))
    return frame.assign(bucket=_buckets(keys, len(frame)), order=order)


def fitted(asked: GroupRound, bucket: Any) -> tuple[bytes, Any]:
    """Return the fits of a bucket, and the keys of its groups."""
    bucket = bucket.iloc[np.argsort(bucket["order"].to_numpy(), kind="stable")]
    answer, first = asked({label: bucket[label] for label in asked.labels})
    return answer, bucket.iloc[first][[f"k{at}" for at in range(asked.keys)]]


def _buckets(keys: list[Any], n: int) -> NDArray[np.int64]:
    """Return a hash of the keys of each row: the same of equal keys of any type, and of all null ones."""
    total = np.zeros(n, np.uint64)
    for key in keys:
        total = total * np.uint64(1_000_003) + np.where(key.isna(), np.uint64(0), _hashed(key))
    return (total >> np.uint64(1)).astype(np.int64)


def _hashed(key: Any) -> NDArray[np.uint64]:
    library = import_module("pandas")
    if library.api.types.is_numeric_dtype(key.dtype):
        return np.asarray(library.util.hash_array(key.to_numpy(dtype="float64", na_value=np.nan) + 0.0))
    return np.asarray(library.util.hash_pandas_object(key, index=False))
