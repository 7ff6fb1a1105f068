"""What reaches the partitions of a table: the protocol of Dask and Spark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from thetahat.data.columns import excerpt
from thetahat.errors import ClusterError

if TYPE_CHECKING:
    from thetahat.data.group_rounds import GroupRound
    from thetahat.data.rounds import Round

__all__ = ["Engine", "gave_up"]


class Engine(Protocol):
    """What reaches the partitions of a table: Dask or Spark."""

    @property
    def name(self) -> str:
        """What errors call the table."""
        ...

    @property
    def persist(self) -> str:
        """What makes the rows stay as they are."""
        ...

    def column(self, column: str | None, /) -> str | None:
        """Return the name of a column, None of one without a name; raise if there is no such column."""
        ...

    def run(self, asked: Round, arguments: Sequence[Any] | None, /) -> Iterator[tuple[int, bytes]]:
        """Yield the place of each partition and its answer, as they arrive; raise if the engine gives up.

        Each partition gets its argument; None: all of them get none.
        """
        ...

    def run_by_key(self, asked: GroupRound, buckets: int, /) -> list[tuple[bytes, Any]]:
        """Return answers about all rows, put into so many buckets by their keys, and the keys of each."""
        ...

    def join_keys(self, keys: list[Any], names: Sequence[str], /) -> dict[str, Any]:
        """Return the columns of the keys of all buckets."""
        ...


def gave_up(engine: str, name: str, error: Exception) -> ClusterError:
    """Return the error of an engine that has failed, whatever it raised, with what to do."""
    return ClusterError(
        f"{engine} gave up on the partitions of {name}: {type(error).__name__}: {excerpt(error)}. It has"
        " tried again where workers were lost; see their logs (memory, versions, the files of the rows), and"
        " call again when that is mended"
    )
