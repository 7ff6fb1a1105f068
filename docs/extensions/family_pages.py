"""Writes the pages of families from what each says of itself."""

import re
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from inspect import cleandoc, getsource
from pathlib import Path
from types import ModuleType

from sphinx.application import Sphinx

import thetahat as th
from thetahat.families import Family, find_family

NAMED = re.compile(r"([\w-]+\(.*?\))(?= with |$)")  # a distribution and its parameters
FOLDER = "families"  # of the pages; git ignores what is written there

INDEX = """\
# Families

A family is asked for by its name, as in `th.fit(x, "gamma")`. Its parameters stand in the order of
`fit.theta`. `fit.dist()` returns SciPy's distribution, with the parameters there.

| family | support | in `scipy.stats` | passes |
|---|---|---|---|
{rows}

*One* pass: sums that do not depend on the parameters say all, so that a summary of a stream fits as
the rows do. *A few*: Newton's method reads the rows again, once or several times.

```{{toctree}}
:hidden:

{names}
```
"""

PAGE = """\
# {name}

{prose}

## Density

```text
{formula}
```

## Parameters

| parameter | domain |
|---|---|
{parameters}

Support: {support}.

## When a maximum exists

The likelihood has a maximum if the sample has {condition}.

## Elsewhere

{elsewhere}
"""


def module_of(family: Family) -> ModuleType:
    """Return the module that defines a family."""
    folder = "families" if find_spec(f"thetahat.families.{family.name}") else "by_formula"
    return import_module(f"thetahat.{folder}.{family.name}")


def density(family: Family) -> str:
    """Return the definition: of a compiled family that of its reference, of another one its formula."""
    if find_spec(f"thetahat.reference.{family.name}"):
        return cleandoc(import_module(f"thetahat.reference.{family.name}").__doc__ or "")
    return getsource(module_of(family)._log_density)


def docstring(family: Family) -> str:
    """Return the docstring of a family's module in Markdown."""
    text = re.sub(r"(\*+)", r"\\\1", cleandoc(module_of(family).__doc__ or "").replace("**", "^"))
    return re.sub(r"``(.+?)``", r"`\1`", text)


def in_scipy(family: Family) -> str:
    """Return SciPy's name, with its parameters in terms of the family's, as the docstring says it."""
    named = re.search(r"scipy's ``(.+?)``", module_of(family).__doc__ or "")
    return f"`{named[1]}`" if named else "-"


def page(family: Family) -> str:
    """Return the page of a family."""
    scipys = f"SciPy's {in_scipy(family)}"
    others = [NAMED.sub(r"`\1`", text) for text in family.elsewhere]
    listed = [scipys, *(text for text in others if text != scipys)]
    return PAGE.format(
        name=family.name,
        prose=docstring(family),
        formula=density(family),
        parameters="\n".join(f"| `{p.name}` | {p.domain} |" for p in family.parameters),
        support=family.support,
        condition=family.condition,
        elsewhere="\n".join(f"* {text}" for text in listed),
    )


def rows(families: list[Family]) -> Iterator[str]:
    for family in families:
        passes = "one" if family.sufficient else "a few"
        link = f"[`{family.signature}`]({family.name}.md)"
        yield f"| {link} | {family.support} | {in_scipy(family)} | {passes} |"


def write(app: Sphinx) -> None:
    """Write every page, and leave alone those that have not changed."""
    families = [find_family(name) for name in (*th.families(), *th.formula_families())]
    pages = {family.name: page(family) for family in families}
    pages["index"] = INDEX.format(rows="\n".join(rows(families)), names="\n".join(pages))
    folder = Path(app.srcdir) / FOLDER
    folder.mkdir(exist_ok=True)
    for name, text in pages.items():
        path = folder / f"{name}.md"
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


def setup(app: Sphinx) -> dict[str, bool]:
    """Write before anything is read."""
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True}
