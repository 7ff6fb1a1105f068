from typing import Any

class Column:
    format: str
    names: tuple[str, ...] | None
    chunks: list[tuple[Any, int, int, int, str, int, int]]

TYPES: dict[str, tuple[str, int]]

def read(source: Any) -> Column: ...
