"""Arguments in turn: a test is called with all combinations, and the error of a call says with which."""

from types import SimpleNamespace

import pytest
from turns import InTurn, call_in_turn, in_turn


def item(test, **arguments):
    """What pytest hands over: the arguments of a test, and others that its fixtures asked for."""
    known = SimpleNamespace(argnames=tuple(arguments))
    return SimpleNamespace(obj=test, funcargs={**arguments, "request": None}, _fixtureinfo=known)


def test_a_test_is_called_with_all_combinations():
    calls = []
    arguments = {"a": InTurn([1, 2]), "b": "x", "c": InTurn("pq")}
    assert call_in_turn(item(lambda a, b, c: calls.append((a, b, c)), **arguments))
    assert calls == [(1, "x", "p"), (1, "x", "q"), (2, "x", "p"), (2, "x", "q")]


def test_a_test_of_other_arguments_is_left_to_pytest():
    assert call_in_turn(item(lambda a: pytest.fail(str(a)), a=(1, 2))) is None


def test_the_error_of_one_call_ends_the_test_and_says_with_which_values():
    def test(a, b):
        assert a + b != 21

    with pytest.raises(AssertionError) as raised:
        call_in_turn(item(test, a=InTurn([1, 2, 3]), b=InTurn([10, 19, 20])))
    assert raised.value.__notes__ == ["with a = 1, b = 20"]


def test_no_values_are_refused():
    with pytest.raises(ValueError, match="would check nothing"):
        in_turn("n", [])


@in_turn("n", range(3))
@in_turn("m", "ab")
def test_the_suite_calls_its_tests_so(n, m, case):
    """A parametrized test gets one value of each, and one case of the family's."""
    assert (type(n), type(m), len(m)) == (int, str, 1)
    assert isinstance(case.theta, tuple)
