"""The order of an epoch: runs of neighbours in windows, shuffled by Fisher and Yates, or spread."""

from __future__ import annotations

import math
from collections.abc import Callable

__all__ = ["epoch", "shuffled", "spread"]

WORD = 2**64
RUN = 32  # rows that enter a window together, or somewhat fewer that are whole batches
WINDOW = 2**16  # rows
SPREAD_RUN = 16  # rows
SPREAD_WINDOW = 8320  # runs


def epoch(n: int, unit: int, next_word: Callable[[], int]) -> list[range]:
    """Return the order in which an epoch takes units of so many neighbouring ones of n rows.

    Units of at least a run are shuffled. Smaller ones are parts of runs, which are shuffled first, unless all
    rows fit the window; a window takes as many runs as it can hold, and its units are shuffled. In it, the
    last run of the sample, which may be a short one, counts as the last.

    >>> epoch(5, 2, lambda: 0x9000000000000000)
    [range(2, 4), range(4, 5), range(0, 2)]
    """
    run = RUN // unit * unit if unit < RUN else unit
    runs = [range(first, min(first + run, n)) for first in range(0, n, run)]
    if unit >= RUN or n > WINDOW:
        runs = [runs[i] for i in shuffled(len(runs), next_word)]
    if unit >= RUN:
        return runs
    order, most = [], WINDOW // run
    for first in range(0, len(runs), most):
        window = sorted(runs[first : first + most], key=lambda rows: rows.stop == n)
        units = [rows[i : i + unit] for rows in window for i in range(0, len(rows), unit)]
        order += [units[i] for i in shuffled(len(units), next_word)]
    return order


def spread(n: int, next_word: Callable[[], int], window: int = SPREAD_WINDOW) -> list[int]:
    """Return the order of n rows in which neighbours are far apart.

    Runs of 16 rows are shuffled; the last one of the sample may be short. So many at a time are a window: the
    first row of each, in their order, then the second one of each, and so on. They are numbered from a random
    one on and by a random odd stride, the first row of a run being the next one of its last. Of 8 bits of a
    word, the lower 4 are the row to begin at, the upper 4 the stride, or one less; 8 runs share a word, from
    its low bits on. A short run is the end of its window.

    >>> spread(17, lambda: 0x9000000000000023)
    [3, 6, 9, 12, 15, 2, 5, 8, 11, 14, 1, 4, 7, 10, 13, 0, 16]
    """
    order: list[int] = []
    firsts = [SPREAD_RUN * run for run in shuffled(math.ceil(n / SPREAD_RUN), next_word)]
    for begin in range(0, len(firsts), window):
        some = firsts[begin : begin + window]
        whole = [first for first in some if first + SPREAD_RUN <= n]
        words = [next_word() for _ in range(0, len(whole), 8)]
        drawn = [words[i // 8] >> 8 * (i % 8) & 255 for i in range(len(whole))]
        for place in range(SPREAD_RUN):
            order += [
                first + (bits % 16 + place * (bits // 16 | 1)) % SPREAD_RUN
                for first, bits in zip(whole, drawn, strict=True)
            ]
        order += [row for first in some if first + SPREAD_RUN > n for row in range(first, n)]
    return order


def shuffled(n: int, next_word: Callable[[], int]) -> list[int]:
    """Return 0 .. n - 1 in a random order; `next_word` draws 64 random bits.

    Entry i changes places with entry i + j, j uniform on 0 .. n - 1 - i. Neighbouring j share a word w, as
    many as fit into 56 bits, each of n's bit length: with the product P of their bounds, they are the digits
    of w P / 2^64 in the mixed base of the bounds. Words that would favour some digits are drawn again.

    >>> shuffled(4, lambda: 0x9000000000000000)
    [2, 1, 3, 0]
    """
    index = list(range(n))
    share = 56 // max(1, n.bit_length())
    for first in range(0, n, share):
        bounds = [n - i for i in range(first, min(first + share, n))]
        for i, j in enumerate(_digits(bounds, next_word), start=first):
            index[i], index[i + j] = index[i + j], index[i]
    return index


def _digits(bounds: list[int], next_word: Callable[[], int]) -> list[int]:
    product = math.prod(bounds)
    while True:
        whole, fraction = divmod(next_word() * product, WORD)
        if fraction >= WORD % product:
            break
    digits = []
    for bound in reversed(bounds):
        whole, digit = divmod(whole, bound)
        digits.append(digit)
    return digits[::-1]
