"""Values of an argument in one item of pytest: to report each of them takes longer than most laws do."""

from itertools import product

import pytest


class InTurn(tuple):
    """Values of an argument, with which a test is called one after the other."""

    __slots__ = ()

    def __new__(cls, values):
        """Refuse none at all: the test would pass without a call."""
        found = super().__new__(cls, values)
        if not found:
            raise ValueError("no values: the test would check nothing")
        return found

    def __repr__(self):
        return f"{len(self)} in turn"


def in_turn(name, values):
    """Parametrize a test with values that share an item."""
    return pytest.mark.parametrize(name, [InTurn(values)], ids=repr)


def call_in_turn(item):
    """Call a test with all values of its arguments that are given in turn; None where none is.

    The error of a call has a note that says with which values it was made.
    """
    given = {name: item.funcargs[name] for name in item._fixtureinfo.argnames}
    several = {name: values for name, values in given.items() if isinstance(values, InTurn)}
    if not several:
        return None
    for chosen in product(*several.values()):
        turn = dict(zip(several, chosen, strict=True))
        try:
            item.obj(**{**given, **turn})
        except BaseException as error:
            error.add_note("with " + ", ".join(f"{name} = {value!r}" for name, value in turn.items()))
            raise
    return True
