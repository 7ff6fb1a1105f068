"""Passes over rows: how many threads read them, and how several trees share one reading."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from thetahat import _core, _sums

__all__ = ["add_rows", "default_threads", "team"]

_SLICE = 1 << 18  # rows of one thread that fit into its core's cache while all trees read them


def default_threads() -> int:
    """Return the number of threads of a pass: the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def team(threads: int | None, rows: int) -> int:
    """Return the number of threads for so many rows."""
    if threads is None:
        return default_threads() if rows >= _core.THREAD_ROWS else 1
    return threads


def add_rows(trees: Sequence[_sums.Tree], chunks: Iterable[_core.Rows], threads: int | None) -> None:
    """Add rows to trees, all from one reading of the rows."""
    for chunk in chunks:
        if len(trees) == 1:
            trees[0].add(chunk, team(threads, chunk.n))
            continue
        size = _SLICE * team(threads, chunk.n)
        for first in range(0, chunk.n if trees else 0, size):
            part = chunk.part(first, min(size, chunk.n - first))
            for tree in trees:
                tree.add(part, team(threads, part.n))
