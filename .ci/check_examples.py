"""Check the types of all examples, in the README, docstrings and tutorials as a user would: mypy --strict."""

import ast
import doctest
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "thetahat"
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)
MISSPELT = 'import thetahat as th\n\nth.fit([1.0, 2.0], "gama")\n'


def of_readme() -> Iterator[tuple[str, str]]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for number, block in enumerate(re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)):
        yield f"readme_{number}", block


def of_docstrings() -> Iterator[tuple[str, str]]:
    parser = doctest.DocTestParser()
    for path in sorted(PACKAGE.rglob("*.py")):
        module = "_".join(path.relative_to(PACKAGE).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            text = ast.get_docstring(node) if isinstance(node, DOCUMENTED) else None
            source = "".join(example.source for example in parser.get_examples(text or ""))
            if "thetahat" in source:
                yield f"{module}_{getattr(node, 'lineno', 0)}", source


def of_tutorials() -> Iterator[tuple[str, str]]:
    """Yield the cells of each tutorial, without those of other languages, options of cells, and magics."""
    for path in sorted((ROOT / "docs" / "tutorials").glob("*.md")):
        cells = re.findall(
            r"^```{code-cell}[^\n]*\n(.*?)^```", path.read_text("utf-8"), re.MULTILINE | re.DOTALL
        )
        lines = [line for cell in cells for line in cell.splitlines() if "%%" not in cell]
        lines.insert(0, "printed: str")  # what magics of a shell leave
        source = "\n".join(line for line in lines if not line.startswith((":", "%", "!")))
        if "thetahat" in source:
            yield f"tutorial_{path.stem}", source


def main() -> bool:
    """Print the errors; return whether there are any, or a misspelt family is none."""
    examples = {
        f"example_{name}": source for name, source in (*of_readme(), *of_docstrings(), *of_tutorials())
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, source in {**examples, "misspelt": MISSPELT}.items():
            Path(folder, f"{name}.py").write_text(source, encoding="utf-8")
        # Functions of the examples are a user's own, and other libraries need not be installed, or typed.
        options = ["--strict", "--allow-untyped-defs", "--ignore-missing-imports"]
        mypy = [sys.executable, "-m", "mypy", *options, "--config-file", ROOT / "pyproject.toml", folder]
        answer = subprocess.run(mypy, cwd=ROOT, capture_output=True, text=True, check=False)
    errors = [line for line in answer.stdout.splitlines() if ": error: " in line]
    found = [line for line in errors if "misspelt.py" not in line]
    seen = any("misspelt.py" in line and "gama" in line for line in errors)
    print(*found, answer.stderr, sep="\n")
    print(f"{len(examples)} examples, {len(found)} errors; a misspelt family is {'one' if seen else 'none'}")
    return bool(found) or not seen


if __name__ == "__main__":
    sys.exit(main())
