"""The house's arrows point down only: prints what breaks that, and fails if anything does."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CSRC, PACKAGE = ROOT / "csrc" / "thetahat", ROOT / "src" / "thetahat"

# From the ground up; a file may use its own floor and those below. api.h is plain C: the words that the core
# and Cython share. Families name the accumulators that they need; kernels and the engine are written for any
# family; isa puts them together, once per instruction set and once for all.
CSRC_FLOORS = (
    (
        *("api.h", "censored_api.h", "formula_api.h", "groups_api.h", "pieces_api.h", "sgd_api.h"),
        *("calls.hpp", "isa/baseline.hpp"),
    ),
    ("math",),
    ("data", "sums"),
    ("families", "families.def"),
    ("kernels",),
    ("engine",),
    ("isa",),
)
PACKAGE_FLOORS = (
    ("errors", "_key_types", "_room", "_segments", "_version"),
    ("_arrow", "_censored", "_core", "_formulas", "_groups", "_pieces", "_replicates", "_sgd", "_sums"),
    ("_checks", "_doubles", "_packing", "_quantile", "_runs", "pilot"),
    ("data", "formulas"),
    ("families",),
    ("by_formula",),
    (
        "_checkpoint",
        "_distribution",
        "_probability",
        "_shift",
        "_theta",
        "formula",
        "mixtures",
        "nonparametric",
        "sample",
    ),
    ("solvers",),
    ("_fitted", "_tables", "likelihood"),
    ("_rows_of_fit", "inference", "_records"),
    ("_html",),
    ("_estimates", "_report", "goodness"),
    ("plots",),
    ("_plotted",),
    ("result",),
    ("fit",),
    ("_candidates", "comparison", "minibatch", "multistart", "summary"),
    ("groups", "streams"),
    ("sklearn",),
    ("__init__", "_config"),
    ("_commands", "cli", "__main__"),
)
PER_LEVEL = tuple(CSRC / "isa" / f"{level}.cpp" for level in ("baseline", "avx2", "avx512"))
TYPES_ALONE = re.compile(r"std::(make_)?integer_sequence\b")  # of <utility>; they leave no code
USER_FLOOR = 17  # up to here the package needs NumPy alone; what is optional is imported inside functions
MOST_LINES = 450  # of a file, which has one reason to exist
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
    floor, no_std = floors(CSRC_FLOORS), compiled_per_level()
    for path in sources(CSRC, ".h", ".hpp", ".cpp", ".def"):
        code = without_comments(path)
        place = place_of(path.relative_to(CSRC).as_posix())
        if place not in floor:
            yield f"{name(path)}: {place} is on no floor"
            continue
        for mark, header in re.findall(r'^\s*#\s*include\s+([<"])([^>"]+)', code, re.MULTILINE):
            target = place_of(header.removeprefix("thetahat/"))
            if mark == '"' and floor.get(target, len(floor)) > floor[place]:
                yield f"{name(path)}: includes {header}, from a floor above"
            if mark == "<" and not header.endswith(".h") and header != "utility" and path in no_std:
                yield f"{name(path)}: includes <{header}>; only C headers here"
        # These files are compiled once per instruction set. Inline functions of the C++ library would be too,
        # and the linker might keep the AVX-512 copy for everyone.
        if path in no_std and "std::" in TYPES_ALONE.sub("", code):
            yield f"{name(path)}: uses std::"


def compiled_per_level() -> set[Path]:
    """The files of these floors, and whatever else the compiler reads once per instruction set."""
    below = ("math", "data", "sums", "families", "kernels")
    found = {path for place in below for path in sources(CSRC / place, ".hpp")}
    rest = [*PER_LEVEL, *found]
    while rest:
        path = rest.pop()
        found.add(path)
        headers = re.findall(r'^\s*#\s*include\s+"([^"]+)"', without_comments(path), re.MULTILINE)
        rest += {CSRC.parent / header for header in headers} - found
    return found


def place_of(path: str) -> str:
    """The name that a file has on a floor: its own, or that of its folder."""
    return path if path == "isa/baseline.hpp" else path.split("/")[0]


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


def imported_files(path: Path) -> Iterator[Path]:
    """Yield the files of the package that a file imports, inside functions and for type checkers too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules = [f"{node.module}.{alias.name}" for alias in node.names] + [node.module]
        else:
            continue
        for module in modules:
            place = PACKAGE.parent / module.replace(".", "/")
            for found in (place.with_suffix(".py"), place / "__init__.py"):
                if found.exists() and found != PACKAGE / "__init__.py":
                    yield found


def check_circles() -> Iterator[str]:
    """No file imports itself by way of others."""
    graph = {path: set(imported_files(path)) - {path} for path in sources(PACKAGE, ".py")}
    state: dict[Path, bool] = {}  # False while a file's imports are followed, True afterwards

    def follow(path: Path, way: list[Path]) -> Iterator[str]:
        state[path] = False
        for target in sorted(graph[path]):
            if state.get(target) is False:
                circle = [*way[way.index(target) :], target] if target in way else [path, target]
                yield "import circle: " + " -> ".join(name(step) for step in circle)
            elif target not in state:
                yield from follow(target, [*way, target])
        state[path] = True

    for path in graph:
        if path not in state:
            yield from follow(path, [path])


def check_lengths() -> Iterator[str]:
    for path in (
        *sources(CSRC, ".h", ".hpp", ".cpp", ".def"),
        *sources(PACKAGE, ".py", ".pyx", ".pxd", ".pyi"),
    ):
        lines = path.read_text().count("\n")
        if lines > MOST_LINES:
            yield f"{name(path)}: {lines} lines, more than {MOST_LINES}"


def check_extensions() -> Iterator[str]:
    yield from (f"{name(path)}: text that is included" for path in sources(PACKAGE, ".pxi"))
    # Declarations of C headers, what is linked with the core, trees, errors, memory, keys and records.
    apis = ("_api", "_censored_api", "_formula_api", "_pieces_api")
    parts = (*apis, "_censored", "_core", "_key_types", "_room", "_segments", "_sums", "errors")
    modules = {f"thetahat.{part}" for part in parts}
    for path in sources(PACKAGE, ".pyx", ".pxd"):
        code = path.read_text()
        for header in re.findall(r'cdef extern from "([^"]+)"', code):
            if header not in ("thetahat/api.h", "thetahat/sgd_api.h", "thetahat/calls.hpp"):
                yield f"{name(path)}: sees {header}; Cython sees the C headers and their calls alone"
        for module in re.findall(r"^\s*(?:from|c?import)\s+(thetahat[.\w]*)", code, re.MULTILINE):
            if module not in modules:
                yield f"{name(path)}: imports {module}, from a floor above"
        if re.search(r"cimport \*", code):
            yield f"{name(path)}: cimport *"


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
        if path.stem not in listed | {"concept", "pilot", "register"}:
            yield f"{name(path)}: not in families.def"
    for family in sorted(listed):
        for place in ("families", REFERENCE):
            if not (PACKAGE / place / f"{family}.py").exists():
                yield f"src/thetahat/{place}/{family}.py: missing"


def main() -> int:
    checks = (
        check_csrc,
        check_package,
        check_circles,
        check_extensions,
        check_lengths,
        check_flags,
        check_families,
    )
    broken = [line for check in checks for line in check()]
    print("\n".join(broken) or "every arrow points down")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
