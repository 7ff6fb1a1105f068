"""Fails the build where the reference does not list every public name once; names classes by these there."""

import re
from collections import Counter
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

import thetahat

LISTED = re.compile(r"^   (?:thetahat\.)?(\w+)$", re.MULTILINE)


def check(app: Sphinx) -> None:
    """Compare the names under every autosummary of the reference with `thetahat.__all__`."""
    counts = Counter(LISTED.findall((Path(app.srcdir) / "reference" / "index.rst").read_text()))
    public = set(thetahat.__all__) - {"__version__"}
    wrong = sorted(public ^ set(counts)) + sorted(name for name, times in counts.items() if times > 1)
    if wrong:
        raise ExtensionError(f"docs/reference/index.rst lists these names not once: {', '.join(wrong)}")
    for name in public:  # autodoc describes a class with another name as an alias, without its docstring
        if isinstance(named := getattr(thetahat, name), type):
            named.__name__ = name


def setup(app: Sphinx) -> dict[str, bool]:
    """Check before anything is read."""
    app.connect("builder-inited", check)
    return {"parallel_read_safe": True}
