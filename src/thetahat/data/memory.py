"""Whether memory has room for what is to be held, before work begins."""

from __future__ import annotations

import os
from pathlib import Path

from thetahat.errors import SampleError

__all__ = ["check_memory"]

SMALL = 1 << 24  # bytes for which the system is not asked


def check_memory(wanted: int, what: str, remedy: str = "pass s.sample(k), k of its rows") -> None:
    """Raise if so many bytes are more than the system has free."""
    if wanted > SMALL and wanted > (free := _free()):
        raise SampleError(
            f"{what} takes {wanted / 1e9:.1f} GB, and memory has {free / 1e9:.1f} GB free: {remedy}"
        )


def _free() -> int:
    """Return how many bytes a process may still take; a very large number where the system does not say."""
    try:
        with Path("/proc/meminfo").open() as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return 1024 * int(line.split()[1])
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return 2**62
