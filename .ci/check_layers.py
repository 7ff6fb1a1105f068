"""The house's arrows point down only: prints what breaks that, and fails if anything does."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CSRC, PACKAGE = ROOT / "csrc" / "thetahat", ROOT / "src" / "thetahat"

# From the ground up; a file may use its own floor and those below. api.h is plain C: the words that the
# engine and Cython share. The engine is written for any family, and a family names the accumulators of the
# engine that it needs, so families stand above the engine; isa puts the two together.
CSRC_FLOORS = (("api.h",), ("math",), ("engine",), ("families", "families.def"), ("isa",))
PACKAGE_FLOORS = (
    ("errors", "_version"),
    ("_arrow", "_kernels"),
    ("_checks", "_quantile"),
    ("data",),
    ("families", "pilot"),
    ("_checkpoint", "_theta", "sample"),
    ("solvers",),
    (
        "__init__",
        "_config",
        "_distribution",
        "_fitted",
        "_records",
        "_report",
        "comparison",
        "fit",
        "goodness",
        "inference",
        "minibatch",
        "plots",
        "result",
        "summary",
    ),
    ("_commands", "cli"),
)
USER_FLOOR = 7  # up to here the package needs NumPy alone; what is optional is imported inside functions
REFERENCE = "reference"  # stands beside the tower: the standard library only, and nobody leans on it


def floors(names: tuple[tuple[str, ...], ...]) -> dict[str, int]:
    return {name: floor for floor, members in enumerate(names) for name in members}


def sources(folder: Path, *suffixes: str) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.suffix in suffixes)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def without_comments(path: Path) -> str:
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)


def check_csrc() -> Iterator[str]:
    floor = floors(CSRC_FLOORS)
    for path in sources(CSRC, ".h", ".hpp", ".cpp", ".def"):
        code = without_comments(path)
        place = path.relative_to(CSRC).parts[0]
        if place not in floor:
            yield f"{name(path)}: {place} is on no floor"
            continue
        for mark, header in re.findall(r'^\s*#\s*include\s+([<"])([^>"]+)', code, re.MULTILINE):
            target = header.removeprefix("thetahat/").split("/")[0]
            if mark == '"' and floor.get(target, len(floor)) > floor[place]:
                yield f"{name(path)}: includes {header}, from a floor above"
            if mark == "<" and not header.endswith(".h") and may_not_use_std(path, place):
                yield f"{name(path)}: includes <{header}>; only C headers here"
        # These files are compiled once per instruction set. Inline functions of the C++ library would be too,
        # and the linker might keep the AVX-512 copy for everyone.
        if may_not_use_std(path, place) and "std::" in code:
            yield f"{name(path)}: uses std::"


def may_not_use_std(path: Path, place: str) -> bool:
    return place in {"math", "engine", "families"} and path.stem != "threads"


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield each module that a file imports, and whether the import of the file itself imports it."""
    tree = ast.parse(path.read_text())
    at_top = set(tree.body)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node in at_top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "thetahat":
            yield from ((f"thetahat.{alias.name}", node in at_top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node in at_top


def check_package() -> Iterator[str]:
    floor = floors(PACKAGE_FLOORS)
    for path in sources(PACKAGE, ".py"):
        place = path.relative_to(PACKAGE).with_suffix("").parts[0]
        beside = place == REFERENCE
        if place not in floor and not beside:
            yield f"{name(path)}: {place} is on no floor"
            continue
        for module, at_top in imports(path):
            top, _, rest = module.partition(".")
            target = rest.split(".")[0] or "__init__"
            if top != "thetahat":
                allowed = sys.stdlib_module_names | (set() if beside else {"numpy"})
                if top not in allowed and (beside or (at_top and floor[place] <= USER_FLOOR)):
                    yield f"{name(path)}: imports {module}"
            elif beside:
                if target != REFERENCE:
                    yield f"{name(path)}: imports {module}; the reference depends on nothing of the package"
            elif target == REFERENCE:
                yield f"{name(path)}: imports {module}; only tests use the reference"
            elif floor.get(target, len(floor)) > floor[place]:
                yield f"{name(path)}: imports {module}, from a floor above"


def check_kernels() -> Iterator[str]:
    for path in sources(PACKAGE, ".pyx", ".pxd"):
        code = path.read_text()
        for header in re.findall(r'cdef extern from "([^"]+)"', code):
            if header != "thetahat/api.h":
                yield f"{name(path)}: sees {header}; Cython sees api.h alone"
        for module in re.findall(r"^\s*(?:from|c?import)\s+(thetahat[.\w]*)", code, re.MULTILINE):
            if module != "thetahat._api":  # the declarations of api.h
                yield f"{name(path)}: imports {module}, from a floor above"


def check_flags() -> Iterator[str]:
    shipped = [ROOT / "setup.py", ROOT / "pyproject.toml"]
    shipped += [*sources(CSRC, ".h", ".hpp", ".cpp", ".def"), *sources(PACKAGE, ".py", ".pyx")]
    for path in shipped:
        for flag in re.findall(r"-Ofast|-?ffast-math|-march=native|-mtune=native|/fp:fast", path.read_text()):
            yield f"{name(path)}: {flag}"


def check_families() -> Iterator[str]:
    """A family is a header, a Python file, a reference file and a line in families.def."""
    listed = set(re.findall(r'"thetahat/families/(\w+)\.hpp"', (CSRC / "families.def").read_text()))
    for path in (CSRC / "families").glob("*.hpp"):
        if path.stem not in listed | {"register"}:
            yield f"{name(path)}: not in families.def"
    for family in sorted(listed):
        for place in ("families", REFERENCE):
            if not (PACKAGE / place / f"{family}.py").exists():
                yield f"src/thetahat/{place}/{family}.py: missing"


def main() -> int:
    checks = (check_csrc, check_package, check_kernels, check_flags, check_families)
    broken = [line for check in checks for line in check()]
    print("\n".join(broken) or "every arrow points down")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
