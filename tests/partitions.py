"""A cluster without machines: partitions in this process, whose answers arrive in any order, as bytes."""

import itertools
import pickle

import numpy as np

from thetahat.data.cluster import ClusterSource
from thetahat.data.columns import the_column
from thetahat.data.libraries import FrameTable, Steady

NAMES = ("x", "w")


class Columns(Steady):
    """Arrays by name."""

    def __init__(self, arrays, name):
        self.name, self._arrays = name, arrays

    def read(self, columns, keys=()):
        yield [self._arrays[name] for name in [*columns, *keys]]


class Here:
    """Partitions, dicts of arrays or data frames; what is asked of them is pickled, as by an engine."""

    name, persist = "this table", "persist it"

    def __init__(self, parts, seed=0):
        self.parts, self.rounds, self.bytes = list(parts), [], 0
        self._rng = np.random.default_rng(seed)

    def column(self, column):
        return the_column(self.name, column, [str(name) for name in self.parts[0]])

    def run(self, asked, arguments):
        self.rounds.append(type(asked.question).__name__)
        for place in self._rng.permutation(len(self.parts)).tolist():
            argument = None if arguments is None else arguments[place]
            question, argument = pickle.loads(pickle.dumps((asked, argument)))
            answer = question(argument, self._table(self.parts[place]))
            self.bytes += len(answer)
            yield place, answer

    def _table(self, part):
        if isinstance(part, dict):
            return Columns(part, self.name)
        table = FrameTable(part)
        table.name = self.name
        return table


def cuts(n, parts, seed=0):
    """Where so many partitions end, some of them empty, some at a boundary of blocks."""
    rng = np.random.default_rng([seed, parts])
    ends = np.sort(rng.integers(0, n + 1, parts - 1))
    ends[::5] = np.minimum(ends[::5] // 2048 * 2048 + rng.integers(-1, 2, ends[::5].size), n)
    return [0, *np.sort(np.clip(ends, 0, n)).tolist(), n]


def parted(arrays, parts, seed=0):
    """Return the partitions of arrays of equal length, by name."""
    ends = cuts(len(next(iter(arrays.values()))), parts, seed)
    return [
        {name: array[low:high] for name, array in arrays.items()} for low, high in itertools.pairwise(ends)
    ]


def source(arrays, parts, seed=0):
    """Return a source of the column x, with the weights w if there are some, in so many partitions."""
    engine = Here(parted(arrays, parts, seed), seed)
    return ClusterSource(engine, "x", "w" if "w" in arrays else None)
