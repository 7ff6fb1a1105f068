"""From what users hold to contiguous float64 rows; float64 that is contiguous already is never copied."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thetahat import _kernels
from thetahat.errors import SampleError

__all__ = ["as_rows", "reject_not_finite"]

_FLOAT64 = np.dtype(np.float64)
_EXACT = 2**53  # integers up to here are doubles


def as_rows(x: ArrayLike) -> NDArray[np.float64]:
    """Return the rows of a sample as a contiguous float64 array.

    Parameters
    ----------
    x : array_like, shape (n,)
        Real numbers: any integer type, float16, float32 or float64. Masked rows are left out.

    Returns
    -------
    ndarray of float64, shape (n,), n >= 1
        `x` itself where it is contiguous float64 already.

    Raises
    ------
    TypeError
        If `x` holds anything but real numbers.
    SampleError
        If `x` is empty or not one-dimensional, or holds integers that no double equals.
    """
    if type(x) is not np.ndarray:
        x = x.compressed() if isinstance(x, np.ma.MaskedArray) else np.asarray(x)
    if x.ndim != 1:
        raise SampleError(_wrong_shape(x))
    if x.size == 0:
        raise SampleError("x is empty: a fit needs at least one row")
    if x.dtype is _FLOAT64 and x.flags.c_contiguous and x.flags.aligned:
        return x
    return _convert(x)


def _wrong_shape(x: NDArray[np.generic]) -> str:
    if x.ndim == 0:
        return f"x is a single value ({x.dtype}); a sample is one-dimensional: pass a list or an array"
    return f"x has shape {x.shape}; a sample is one-dimensional: pass one column, or x.ravel() for all values"


def _convert(x: NDArray[np.generic]) -> NDArray[np.float64]:
    kind = x.dtype.kind
    if kind not in "iuf" or x.dtype.itemsize > 8:
        raise TypeError(
            f"x has dtype {x.dtype}; a sample holds real numbers: integers, or floats of at most 64 bits"
        )
    if kind in "iu" and x.dtype.itemsize == 8:
        _reject_inexact(x)
    return np.require(x, dtype=np.float64, requirements=["C", "A"])


def _reject_inexact(x: NDArray[np.generic]) -> None:
    inexact = (x > _EXACT) | (x < -_EXACT)  # type: ignore[operator]
    if inexact.any():
        first, count = int(np.argmax(inexact)), int(np.count_nonzero(inexact))
        raise SampleError(
            f"x holds {count} integer(s) beyond 2**53, the first at index {first}: {x[first]};"
            " float64 cannot hold them exactly",
            first,
            count,
        )


def reject_not_finite(x: NDArray[np.float64]) -> None:
    """Raise the error that says where rows are NaN or infinite, and how many."""
    count, first = _kernels.count_not_finite(x)
    if count:
        raise SampleError(
            f"x holds {count} value(s) that are NaN or infinite, the first at index {first}: {x[first]}",
            first,
            count,
        )
