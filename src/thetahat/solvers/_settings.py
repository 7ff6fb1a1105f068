"""Settings that are checked when they are made, and go to and from records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, fields
from typing import Any, ClassVar

__all__ = ["Settings"]


class Settings:
    """Checked settings that know their name in a record; those with a name are frozen dataclasses."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    name: ClassVar[str]
    kinds: ClassVar[dict[str, type[Settings]]] = {}

    def __init_subclass__(cls) -> None:
        if "name" in cls.__dict__:
            Settings.kinds[cls.name] = cls

    def _set(self, **values: Any) -> None:
        """Replace arguments by their checked values."""
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def to_record(self) -> dict[str, Any]:
        """Return the name and the settings as a dict; nested settings become dicts too."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {"name": self.name} | {
            name: value.to_record() if isinstance(value, Settings) else _plain(value)
            for name, value in values.items()
        }

    @staticmethod
    def from_record(record: Mapping[str, Any]) -> Settings:
        """Return the settings that `to_record` wrote."""
        if not isinstance(record, Mapping):
            raise ValueError(f"settings are read from a dict, not from {record!r}")
        values = {
            name: Settings.from_record(value) if isinstance(value, dict) else value
            for name, value in record.items()
        }
        return Settings.kinds[str(values.pop("name"))](**values)


def _plain(value: Any) -> Any:
    """Return a value for a record: of a function, its name."""
    return getattr(value, "__qualname__", type(value).__qualname__) if callable(value) else value
