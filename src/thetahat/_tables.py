"""Results as tables of other libraries."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from thetahat.errors import MissingExtraError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Table", "library", "plain"]

# Of these Arrow makes columns; other keys, such as periods and tuples, are written as text.
_OF_ARROW = {"str", "bytes", "int", "float", "bool", "NoneType"}
_OF_ARROW |= {"date", "datetime", "time", "timedelta", "Decimal"}


class Table:
    """What has columns of one length, and so is a table of any library."""

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return the columns by name, each of shape (n_groups,)."""
        raise NotImplementedError

    def to_pandas(self) -> Any:
        """Return a table with the columns that `columns` returns, a row for each group.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        MissingExtraError
            If pandas is not installed.
        """
        return library("pandas").DataFrame(self.columns())

    def to_polars(self) -> Any:
        """Return a table with the columns that `columns` returns, a row for each group.

        Returns
        -------
        polars.DataFrame

        Raises
        ------
        MissingExtraError
            If polars is not installed.
        """
        polars = library("polars")
        return polars.DataFrame({name: _without_objects(column) for name, column in self.columns().items()})

    def to_arrow(self) -> Any:
        """Return a table with the columns that `columns` returns, a row for each group.

        Returns
        -------
        pyarrow.Table

        Raises
        ------
        MissingExtraError
            If pyarrow is not installed.
        """
        return library("pyarrow").table(
            {name: _without_objects(column) for name, column in self.columns().items()}
        )


def library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingExtraError(f"to_{name.removeprefix('py')} needs {name}: pip install {name}") from error


def _without_objects(column: NDArray[Any]) -> Any:
    """Return a column as an array of a type that Arrow has, or as a list."""
    if column.dtype.kind == "O":
        values = column.tolist()
        return values if {type(value).__name__ for value in values} <= _OF_ARROW else list(map(str, values))
    if column.dtype.kind in "Mm" and np.datetime_data(column.dtype)[0] not in ("ms", "us", "ns"):
        days = column.dtype.kind == "M" and np.datetime_data(column.dtype)[0] in ("Y", "M", "W", "D")
        return column.astype(f"{column.dtype.kind}8[{'D' if days else 'ms'}]")
    return column


def plain(value: Any) -> Any:
    """Return a key for strict JSON."""
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, float):
        return value if np.isfinite(value) else None if value != value else str(value)
    return None if isinstance(value, np.datetime64 | np.timedelta64) and np.isnat(value) else str(value)
