"""Reading ahead: a thread decodes the next blocks while the caller computes on this one."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from queue import Full, Queue
from threading import Event, Thread
from typing import TypeVar

__all__ = ["ahead"]

T = TypeVar("T")

_BLOCKS = 2  # that wait
_LOOKS_UP = 0.1  # seconds after which a reader that waits sees that nobody takes its blocks any more


def ahead(blocks: Iterable[T]) -> Generator[T, None, None]:
    """Yield the items of an iterable, which a thread reads ahead; its errors are raised here."""
    waiting: Queue[tuple[T | None, BaseException | None]] = Queue(_BLOCKS)
    ended = Event()

    def put(item: T | None, error: BaseException | None = None) -> bool:
        while not ended.is_set():
            try:
                waiting.put((item, error), timeout=_LOOKS_UP)
            except Full:
                continue
            return True
        return False

    def read() -> None:
        try:
            for item in blocks:
                if not put(item):
                    return
            put(None, StopIteration())
        except BaseException as error:
            put(None, error)

    reader = Thread(target=read, name="thetahat reads ahead", daemon=True)
    reader.start()
    try:
        while True:
            item, error = waiting.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc]
    finally:
        ended.set()
        reader.join()
