"""The file from which an interrupted fit resumes: at any time one complete save is on the disk."""

from __future__ import annotations

import os
import re
import secrets
import time
import warnings
from contextlib import suppress
from pathlib import Path

from thetahat._checks import check_not_negative
from thetahat._packing import Arrays, Values, from_json, pack, to_json, unpack
from thetahat.errors import CheckpointError

__all__ = ["Checkpoint"]

_PROGRAM = b"thetahat checkpoint "


class Checkpoint:
    """A file that keeps the state of one fit through kills, crashes and full disks.

    A save is written to a temporary file, which is renamed when it is complete; the save before is kept as
    `<path>.previous`. Two processes that save to one path at once never damage the file, but each overwrites
    the saves of the other, and a save may be lost if one process starts while the other writes.

    Parameters
    ----------
    path : str or path-like
        The file. A link is followed, and a relative path is taken from the folder that is current now.
    every : float
        Seconds between two saves; 0 is at every chance.
    identity : dict
        What distinguishes this fit from others: numbers, strings, lists and dicts by name.

    Raises
    ------
    CheckpointError
        If no file can be written there.
    """

    def __init__(self, path: str | os.PathLike[str], every: float, identity: Values) -> None:
        self._every = check_not_negative("checkpoint_every", every)
        self._identity = from_json(to_json(identity))  # as it will be read: tuples are lists
        self._path = Path(os.path.realpath(path))
        self._previous = Path(f"{self._path}.previous")
        self._good = False  # whether the present file may become the previous one
        self._warned = False
        self._check_writable()
        self._saved = time.monotonic()

    def load(self) -> tuple[Values, Arrays] | None:
        """Return what the last good save wrote, bit for bit; to be called before the first `save`.

        Returns
        -------
        (dict, dict) or None
            The values and the arrays; None where there is no file.

        Raises
        ------
        CheckpointError
            If the file is of another fit, or neither it nor the previous one is good.

        Warns
        -----
        RuntimeWarning
            If the file is damaged, and the previous one is returned.
        """
        self._good = False
        try:
            identity, values, arrays = _read(self._path)
        except FileNotFoundError:  # a save leaves no gap, so the user has removed it
            return None
        except ValueError as damage:
            return self._load_previous(damage)
        if changes := _changes(identity, self._identity):
            raise CheckpointError(f"{self._path} {changes}; remove it to start afresh, or give another path")
        self._good = True
        return values, arrays

    def due(self) -> bool:
        """Whether it is time for the next save."""
        return time.monotonic() - self._saved >= self._every

    def save(self, values: Values, arrays: Arrays) -> None:
        """Write the state of the fit; where that fails, the last good save stays.

        Parameters
        ----------
        values : dict
            Numbers, strings, lists and dicts; arrays of integers too, as in the state of a bit generator.
        arrays : dict of str to numpy.ndarray
            Arrays of float64, int64 or uint64.

        Warns
        -----
        RuntimeWarning
            The first time that the file cannot be written.
        """
        record = pack(_PROGRAM, {"identity": self._identity, "values": values}, arrays)
        try:
            self._replace(record)
        except OSError as error:
            self._warn(error)
        self._saved = time.monotonic()

    def _check_writable(self) -> None:
        try:
            for place in (self._path, self._previous):
                if place.exists() and not place.is_file():
                    raise CheckpointError(f"{place} is not a regular file: give the checkpoint another path")
            self._remove_leftovers()
            probe = self._temporary()
            probe.touch(exist_ok=False)
            probe.unlink(missing_ok=True)  # another process may take it for a leftover
        except OSError as error:
            raise CheckpointError(
                f"no checkpoint can be written to {self._path}: {error.strerror}"
            ) from error

    def _load_previous(self, damage: ValueError) -> tuple[Values, Arrays]:
        try:
            identity, values, arrays = _read(self._previous)
        except FileNotFoundError:
            raise CheckpointError(f"{self._path} {damage}; remove it to start afresh") from damage
        except ValueError as error:
            changes = str(error)
        else:
            changes = _changes(identity, self._identity)
        if changes:
            raise CheckpointError(
                f"{self._path} {damage}, and {self._previous} {changes}; remove both to start afresh"
            ) from damage
        message = f"{self._path} {damage}; the fit resumes from the save before, {self._previous}"
        warnings.warn(message, RuntimeWarning, stacklevel=3)
        return values, arrays

    def _replace(self, record: bytes) -> None:
        temporary = self._temporary()
        try:
            _write(temporary, record)
            if self._good:
                self._keep_previous()
            temporary.replace(self._path)
        finally:
            temporary.unlink(missing_ok=True)
        self._good = True
        _sync_folder(self._path.parent)

    def _keep_previous(self) -> None:
        """Give the present file its second name, so that neither name is without a good file meanwhile."""
        spare = self._temporary()
        try:
            with suppress(FileNotFoundError):  # the user has removed the present file
                try:
                    os.link(self._path, spare)
                except OSError:  # not every file system has links
                    _write(spare, self._path.read_bytes())
                spare.replace(self._previous)
        finally:
            spare.unlink(missing_ok=True)  # where both name one file, as after a kill, replace does nothing

    def _warn(self, error: OSError) -> None:
        if not self._warned:
            self._warned = True
            message = (
                f"the checkpoint {self._path} was not saved: {error.strerror}; the fit continues, the last"
                " good save is kept, and this warning is not repeated"
            )
            warnings.warn(message, RuntimeWarning, stacklevel=3)

    def _temporary(self) -> Path:
        """Return a new name; processes of two machines or containers may have one number."""
        return Path(f"{self._path}.{os.getpid()}-{secrets.token_hex(4)}.tmp")

    def _remove_leftovers(self) -> None:
        """Remove temporary files of killed processes. A live process loses a save, warns, and continues."""
        leftover = re.compile(re.escape(self._path.name) + r"\.\d+-[0-9a-f]{8}\.tmp")
        with suppress(OSError):  # leftovers are harmless
            for place in self._path.parent.iterdir():
                if leftover.fullmatch(place.name):
                    place.unlink(missing_ok=True)


def _read(path: Path) -> tuple[Values, Values, Arrays]:
    """Return identity, values and arrays; raise a ValueError with the defect of the file."""
    try:
        record = path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from error
    header, arrays = unpack(_PROGRAM, record)
    try:
        identity, values = header["identity"], header["values"]
    except (KeyError, TypeError) as error:
        raise ValueError(f"is no checkpoint of thetahat: {error}") from error
    if not isinstance(identity, dict) or not isinstance(values, dict):
        raise ValueError(f"is no checkpoint of thetahat: it holds {identity!r} and {values!r}")
    return identity, values, arrays


def _changes(was: Values, now: Values) -> str:
    """Return the entries in which two identities differ, as text; empty if they do not."""
    differing = [name for name in {**was, **now} if not _same(was, now, name)]
    said = ", ".join(f"{name} was {_shown(was, name)}, is {_shown(now, name)}" for name in differing)
    return said and f"belongs to another fit: {said}"


def _same(was: Values, now: Values, name: str) -> bool:
    if name not in was or name not in now:
        return False
    return bool(was[name] == now[name]) or to_json(was[name]) == to_json(now[name])  # NaN is itself here


def _shown(record: Values, name: str) -> str:
    return repr(record[name]) if name in record else "absent"


def _write(path: Path, record: bytes) -> None:
    with path.open("xb") as file:
        file.write(record)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make new names last through a loss of power; where a platform cannot, either name's file is good."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
