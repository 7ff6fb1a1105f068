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
POWERS = {"*": r"\*", "**": "^"}  # outside of code
SCIPYS = re.compile(r"[Ss]ci[Pp]y's ``(.+?)``", re.DOTALL)
HELPERS = {  # of formulas, beside functions of NumPy and SciPy
    "log1p_rest(u)": "(u - log(1 + u)) / u^2",
    "expm1_rest(u)": "(exp(u) - 1 - u) / u^2",
    "stirling_remainder(q)": "log Gamma(k) - (k - 1/2) log k + k - log(2 pi) / 2 of k = 1 / q; 0 at q = 0",
    "_log_zeta(a)": "the logarithm of Riemann's zeta function",
    "pearson3.log_density": "the formula of [pearson3](pearson3.md)",
}
FOLDER = "families"  # of the pages; git ignores what is written there

INDEX = """\
# Families

A family is asked for by its name, as in `th.fit(x, "gamma")`. Its parameters stand in the order of
`fit.theta`. `fit.dist()` returns SciPy's distribution, with the parameters there; where SciPy has none, one
whose probabilities are integrals of the density.

*One* pass: the sums over the rows do not depend on the parameters, so that a summary of a stream gives the
same fit as the rows. *A few*: the rows are read again, once or several times.

## Compiled families

`th.families()` lists them.

| family | support | in `scipy.stats` | passes |
|---|---|---|---|
{compiled}

## Families by formulas

`th.formula_families()` lists them. The compiled core runs the formula of the density and of its
derivatives. Where none of these is the family you need, [write its formula](../tutorials/formulas.md).

| family | support | in `scipy.stats` | passes |
|---|---|---|---|
{formulas}

```{{toctree}}
:hidden:

{names}
```
"""

PAGE = """\
# {name}

{prose}

## Density

{density}

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
        text = cleandoc(import_module(f"thetahat.reference.{family.name}").__doc__ or "")
        return f"```text\n{text}\n```"
    source = re.sub(": Any| -> Any", "", getsource(module_of(family)._log_density))
    helpers = "\n".join(
        f"* `{name}`: {text}" for name, text in HELPERS.items() if name.split("(")[0] in source
    )
    return f"```python\n{source.strip().replace('def _', 'def ', 1)}\n```\n\n{helpers}".rstrip()


def docstring(family: Family) -> str:
    """Return the docstring of a family's module in Markdown."""
    text = cleandoc(module_of(family).__doc__ or "").replace("scipy's", "SciPy's")
    return re.sub(r"``(.+?)``|\*+", lambda found: f"`{found[1]}`" if found[1] else POWERS[found[0]], text)


def in_scipy(family: Family) -> str:
    """Return SciPy's name, with its parameters in terms of the family's, as the docstring says it."""
    named = SCIPYS.search(module_of(family).__doc__ or "")
    return f"`{' '.join(named[1].split())}`" if named else "-"


def in_words(name: str) -> str:
    """Return a name elsewhere as an item of a list."""
    found = NAMED.sub(r"`\1`", name)
    return re.sub("^the ", "The " if " with " in name else "Also called ", found)


def page(family: Family) -> str:
    """Return the page of a family."""
    named = in_scipy(family)
    scipys = "SciPy has no such distribution." if named == "-" else f"SciPy's {named}"
    same = scipys.replace("`", "").split("(")[0] + "("
    others = (text for text in family.elsewhere if " with " in text or not text.startswith(same))
    return PAGE.format(
        name=family.name,
        prose=docstring(family),
        density=density(family),
        parameters="\n".join(f"| `{p.name}` | {p.domain} |" for p in family.parameters),
        support=family.support,
        condition=family.condition,
        elsewhere="\n".join(f"* {text}" for text in (scipys, *map(in_words, others))),
    )


def rows(families: list[Family]) -> Iterator[str]:
    for family in families:
        passes = "one" if family.sufficient else "a few"
        link = f"[`{family.signature}`]({family.name}.md)"
        yield f"| {link} | {family.support} | {in_scipy(family)} | {passes} |"


def write(app: Sphinx) -> None:
    """Write every page, and leave alone those that have not changed."""
    compiled, formulas = (
        [find_family(name) for name in names()] for names in (th.families, th.formula_families)
    )
    pages = {family.name: page(family) for family in (*compiled, *formulas)}
    pages["index"] = INDEX.format(
        compiled="\n".join(rows(compiled)), formulas="\n".join(rows(formulas)), names="\n".join(pages)
    )
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
