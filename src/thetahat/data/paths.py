"""Which files a path, a glob, a directory or a URI stands for, and whether they stay as they were."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import IO, Any
from urllib.parse import unquote

from thetahat.data.columns import excerpt, printable, pyarrow
from thetahat.errors import ParameterError, SampleError

__all__ = ["File", "find_files"]

_URI = re.compile(r"[a-z][a-z0-9+.-]+://")
_GLOB = re.compile(r"[*?]|\[[^]]+\]")


class File:
    """A file, on this machine or in a file system of pyarrow.

    Parameters
    ----------
    name : str
        What errors call it.
    path : str
        Where it is.
    system : pyarrow.fs.FileSystem, optional
        In which file system; by default that of this machine.
    partition : dict
        The columns that its directories give, by name.
    """

    def __init__(
        self, name: str, path: str, system: Any = None, partition: dict[str, Any] | None = None
    ) -> None:
        self.name, self.path, self.system = printable(name), path, system
        self.partition = partition or {}
        self._state = self._stat()

    def __fspath__(self) -> str:
        return self.path

    def __str__(self) -> str:
        return self.name

    def _stat(self) -> tuple[int, ...]:
        if self.system is None:
            stat = Path(self.path).stat()
            return stat.st_size, stat.st_mtime_ns, stat.st_ino
        info = self.system.get_file_info(self.path)
        return info.size or 0, info.mtime_ns or 0

    def check(self) -> None:
        """Raise if the file is not as it was when it was found."""
        try:
            state = self._stat()
        except OSError as error:
            raise SampleError(f"{self.name} cannot be read any more: {excerpt(error)}") from error
        if state != self._state:
            raise SampleError(
                f"{self.name} has changed since it was scanned, and the rows of one pass may not be those of"
                " another: scan it again when it rests"
            )

    @property
    def suffixes(self) -> list[str]:
        """What its name ends in, in lower case."""
        return [suffix.lower() for suffix in PurePosixPath(self.path).suffixes]

    def open(self) -> IO[bytes]:
        """Open it to be read from the beginning, as it is."""
        if self.system is None:
            return Path(self.path).open("rb")
        stream: IO[bytes] = self.system.open_input_stream(self.path, compression=None)
        return stream

    def open_arrow(self) -> Any:
        """Open it for pyarrow, at any place; not as a map, which would end the process if it is cut."""
        if self.system is None:
            return pyarrow(f"{self.name}").OSFile(self.path)
        return self.system.open_input_file(self.path)


def find_files(paths: Sequence[str | os.PathLike[str]]) -> list[File]:
    """Return the files of paths, globs, directories and URIs, in the order of their names."""
    files = [
        file for path in paths for file in ([path] if isinstance(path, File) else _found(os.fspath(path)))
    ]
    if not files:
        raise ParameterError(f"there is no file in {', '.join(map(repr, map(str, paths)))}")
    return files


def _found(path: str) -> Iterator[File]:
    if _URI.match(path):
        yield from _in_system(path)
        return
    if "\0" in path:
        raise ParameterError(f"{path!r} is no path: it has a null character")
    here = Path(path)
    exists = here.exists()
    if here.is_dir():
        yield from _in_directory(here, (str(found) for found in here.rglob("*") if found.is_file()))
    elif not exists and _GLOB.search(path):
        from glob import glob

        found = sorted(glob(path, recursive=True))  # noqa: PTH207 - of an absolute path too
        if not found:
            raise ParameterError(f"no file matches {path!r}")
        for match in found:
            yield from _found(match)
    elif exists and not here.is_file():
        raise ParameterError(f"{path} is not a regular file: a pipe or a device cannot be read")
    else:
        with here.open("rb"):  # a file that is not there gets Python's own error, whoever reads it
            pass
        yield File(path, path)


def _in_directory(base: Path, paths: Iterator[str]) -> Iterator[File]:
    for path in sorted(paths):
        inside = Path(path).relative_to(base)
        if not any(part.startswith((".", "_")) for part in inside.parts):
            yield File(path, path, partition=_partition(inside.parts[:-1]))


def _in_system(uri: str) -> Iterator[File]:
    fs = pyarrow(f"{uri}: file systems", "fs")
    scheme = uri.partition("://")[0]
    try:
        glob = _GLOB.search(uri)
        base = uri if glob is None else uri[: uri.rindex("/", 0, glob.start())]
        system, path = fs.FileSystem.from_uri(base)
        info = system.get_file_info(path)
        if info.type == fs.FileType.NotFound:
            raise FileNotFoundError(2, "No such file or directory", uri)
        if info.is_file:
            yield File(uri, path, system)
            return
        inside = sorted(
            found.path
            for found in system.get_file_info(fs.FileSelector(path, recursive=True))
            if found.is_file
        )
    except pyarrow(uri).ArrowException as error:
        raise ParameterError(f"cannot find {uri!r}: {excerpt(error)}") from error
    wanted = path if glob is None else path + uri[len(base) :]
    for found in inside:
        parts = PurePosixPath(found).relative_to(path).parts
        if glob is None and not any(part.startswith((".", "_")) for part in parts):
            yield File(f"{scheme}://{found}", found, system, _partition(parts[:-1]))
        elif glob is not None and fnmatchcase(found, wanted):
            yield File(f"{scheme}://{found}", found, system)


def _partition(directories: Sequence[str]) -> dict[str, Any]:
    """Return the columns that directories of the form key=value give: whole numbers are numbers."""
    pairs = [part.partition("=") for part in directories if "=" in part]
    return {unquote(key): _value(unquote(value)) for key, _, value in pairs}


def _value(text: str) -> Any:
    if text == "__HIVE_DEFAULT_PARTITION__":
        return None
    return int(text) if re.fullmatch(r"-?\d{1,18}", text) else text
