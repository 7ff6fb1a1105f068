"""What a run of the benchmarks left in pytest-benchmark's JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple


class Key(NamedTuple):
    """A measurement: who did which case of which job, on how many threads."""

    job: str
    case: str
    contender: str
    threads: int


class Measured(NamedTuple):
    ns: float  # per unit of the job, in the best round
    relative: float  # to ours, whose rounds were taken in turn with these
    passes: int | None  # that a fit made


class Results:
    """Measurements by key, memory by contender, the time of the import, and the machine."""

    def __init__(self, path: Path) -> None:
        report = json.loads(path.read_text())
        self.machine: dict[str, Any] = report["machine_info"]
        self.measured: dict[Key, Measured] = {}
        self.memory: dict[str, float] = {}
        self.import_seconds: float | None = None
        for info in (benchmark["extra_info"] for benchmark in report["benchmarks"]):
            if "ns" in info:
                key = Key(info["job"], info["case"], info["contender"], info["threads"])
                self.measured[key] = Measured(info["ns"], info["ns"] / info["our_ns"], info.get("passes"))
            elif "bytes" in info:
                self.memory[info["memory"]] = info["bytes"]
            elif "import_seconds" in info:
                self.import_seconds = info["import_seconds"]

    def ratio(self, above: Key, below: Key) -> float | None:
        """Return how many times as long `above` took: through ours where both were timed beside it."""
        if above not in self.measured or below not in self.measured:
            return None
        a, b = self.measured[above], self.measured[below]
        paired = (above.job, above.case) == (below.job, below.case)
        return a.relative / b.relative if paired else a.ns / b.ns
