"""The order of an epoch: Fisher and Yates, several entries from one random word."""

from __future__ import annotations

import math
from collections.abc import Callable

__all__ = ["shuffled"]

WORD = 2**64


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
