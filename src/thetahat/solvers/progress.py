"""Progress bars: on a terminal, or below the cell of a notebook."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from thetahat._checks import check_flag
from thetahat.data.source import ArraySource, Source
from thetahat.errors import MissingExtraError

__all__ = ["counting", "progress_bar", "reading"]


def progress_bar(total: int | None, **options: Any) -> Any:
    """Return a progress bar with the time left, where the total is known."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # without widgets a notebook has the bar of a terminal
            from tqdm import auto
    except ImportError as error:
        raise MissingExtraError('progress=True needs tqdm: pip install "thetahat[cli]"') from error
    return auto.tqdm(total=total, dynamic_ncols=True, **options)


@contextmanager
def counting(
    total: int, unit: str, progress: bool, title: str = ""
) -> Iterator[Callable[[int], object] | None]:
    """Yield what is told how many of so many units are done, and shows it."""
    if not check_flag("progress", progress) or sys.stderr is None:  # a program without a console has none
        yield None
        return
    with progress_bar(total, unit=f" {unit}", desc=title or None) as bar:
        yield lambda done: bar.update(done - bar.n)
        bar.update(total - bar.n)


@contextmanager
def reading(source: Source | None, progress: bool) -> Iterator[None]:
    """Show how many rows of a source have been read, pass by pass; rows in memory are read too soon."""
    shown = check_flag("progress", progress) and sys.stderr is not None
    if not shown or source is None or isinstance(source, ArraySource):
        yield
        return
    with progress_bar(source.expected, unit=" rows", unit_scale=True) as bar:
        source.follow(_Passes(source, bar))
        try:
            yield
        finally:
            source.follow(None)


class _Passes:
    """What a source tells of its passes, on a bar that begins anew with each."""

    def __init__(self, source: Source, bar: Any) -> None:
        self._source, self._bar, self._passes = source, bar, 0

    def __call__(self, rows: int | None) -> None:
        """Take in that so many rows have been read; None, that a pass begins."""
        if rows is not None:
            self._bar.update(rows)
            return
        self._passes += 1
        if self._passes > 1:
            self._bar.reset(self._source.expected)
        self._bar.set_description(f"pass {self._passes}", refresh=False)
