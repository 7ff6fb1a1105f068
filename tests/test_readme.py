"""The README's Python runs, and says what it needs first: two commands."""

import re
from pathlib import Path

README = (Path(__file__).parents[1] / "README.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_the_example_runs():
    (example,) = blocks("python")
    assert len(example.splitlines()) <= 10
    names = {}
    exec(example, names)
    assert abs(names["fit"].params["mu"] - 1) < 5 * names["fit"].stderr[0]


def test_two_commands_come_first():
    fences = re.findall(r"^```(\w+)$", README, re.MULTILINE)
    assert fences[:2] == ["sh", "sh"]
    assert fences.count("sh") == 2
    assert [len(block.splitlines()) for block in blocks("sh")] == [1, 1]
