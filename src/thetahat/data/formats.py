"""The formats of files, by their names, and the options of text."""

from __future__ import annotations

from dataclasses import dataclass, fields

from thetahat._checks import check_flag, check_optional_choice
from thetahat.data.paths import File
from thetahat.errors import ParameterError

__all__ = ["COMPRESSIONS", "FORMATS", "Format"]

FORMATS = ("parquet", "csv", "tsv", "json", "arrow", "npy", "npz")
COMPRESSIONS = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}

_SUFFIXES = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".npy": "npy",
    ".npz": "npz",
}


@dataclass(frozen=True)
class Format:
    """What the names of files do not tell."""

    format: str | None = None
    delimiter: str | None = None
    decimal: str = "."
    header: bool = True
    comment: str | None = None

    def __post_init__(self) -> None:
        check_optional_choice("format", self.format, FORMATS)
        check_flag("header", self.header)
        for name in ("delimiter", "decimal", "comment"):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, str) and len(value) == 1 and value.isascii()):
                raise ParameterError(f"{name} must be one character of ASCII, got {value!r}")

    def reject_given(self) -> None:
        """Raise if an option is given where there are no files."""
        given = [field.name for field in fields(self) if getattr(self, field.name) != field.default]
        if given:
            raise ParameterError(f"{', '.join(given)}: is for files alone")

    def of(self, file: File) -> str:
        """Return the format of a file: one of FORMATS."""
        if self.format is not None:
            return self.format
        suffixes = file.suffixes
        if suffixes and suffixes[-1] in COMPRESSIONS:
            suffixes = suffixes[:-1]
        found = _SUFFIXES.get(suffixes[-1]) if suffixes else None
        if found is None:
            raise ParameterError(
                f"cannot tell how to read {file.name}: its name must end in {', '.join(_SUFFIXES)}, or format"
                " must be given"
            )
        return found
