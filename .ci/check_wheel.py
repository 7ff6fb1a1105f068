"""A wheel holds the package's Python files, its compiled modules and nothing else, and stays small."""

import sys
from pathlib import Path
from zipfile import ZipFile

LARGEST = 2_500_000  # bytes
SOURCE = Path(__file__).resolve().parents[1] / "src"
COMMAND = SOURCE / "thetahat_command.py"  # beside the package: it runs where that cannot be imported


def main(wheel: Path) -> int:
    with ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name and not name.endswith("/")}
    wanted = {
        path.relative_to(SOURCE).as_posix()
        for path in (COMMAND, *(SOURCE / "thetahat").rglob("*"))
        if path.suffix in {".py", ".pyi"} or path.name == "py.typed"
    }
    compiled = {name for name in held if name.endswith((".so", ".pyd"))}
    wrong = [f"too much: {name}" for name in sorted(held - wanted - compiled)]
    wrong += [f"missing: {name}" for name in sorted(wanted - held)]
    modules = {path.stem for path in SOURCE.rglob("*.pyx")}
    if len(compiled) != len(modules) or {Path(name).name.split(".")[0] for name in compiled} != modules:
        wrong.append(f"expected the compiled modules {sorted(modules)}, found {sorted(compiled)}")
    size = wheel.stat().st_size
    if size > LARGEST:
        wrong.append(f"more than {LARGEST} bytes")
    print(f"{wheel.name}: {size} bytes, {len(held)} files of the package")
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
