"""Damaged files of every format: the rows, or an error of ours that names the file; nothing else.

    python tests/fuzz_files.py [trials]

Cut files are errors, but for text that ends with a line. A flipped byte of a format with checksums (Parquet,
.npz, compressed text) is an error or changes nothing; without, it may change numbers, which no reader sees.
"""

import bz2
import gzip
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq

import thetahat as th

OURS = (th.ThetahatError, OSError, MemoryError)
X = np.random.default_rng(0).weibull(1.5, 3000)
TABLE = pa.table({"x": X, "k": np.arange(3000) % 7})
TEXT = "x,k\n" + "".join(f"{x!r},{i % 7}\n" for i, x in enumerate(X.tolist()))
LINES = "".join(json.dumps(row) + "\n" for row in TABLE.to_pylist())


def files(folder):
    """One file of each format: the path, whether it has checksums, and whether a cut one may look whole."""
    pq.write_table(TABLE, folder / "x.parquet", row_group_size=1000, write_page_checksum=True)
    pyarrow.feather.write_feather(TABLE, folder / "x.feather", chunksize=1000)
    np.save(folder / "x.npy", X)
    np.savez(folder / "x.npz", x=X)
    (folder / "x.csv").write_text(TEXT)
    (folder / "x.csv.gz").write_bytes(gzip.compress(TEXT.encode(), mtime=0))
    (folder / "x.csv.bz2").write_bytes(bz2.compress(TEXT.encode()))
    (folder / "x.jsonl").write_text(LINES)
    return {
        "x.parquet": (True, False),
        "x.feather": (False, False),
        "x.npy": (False, False),
        "x.npz": (True, False),
        "x.csv": (False, True),
        "x.csv.gz": (True, False),
        "x.csv.bz2": (True, False),
        "x.jsonl": (False, True),
    }


def outcome(path, whole):
    """What comes of reading a file: "right", "other" numbers, "error" of ours, or the foreign one."""
    column = None if path.suffix == ".npy" else "x"
    try:
        fit = th.fit(th.scan(path, column), "normal", nan_policy="omit")
    except OURS as error:
        named = path.name in str(error) or isinstance(error, OSError)
        return "error" if named else f"without the file's name: {error}"
    except Exception as error:  # which must not happen
        return f"{type(error).__name__}: {error}"
    return "right" if fit.n == whole.n and (fit.theta == whole.theta).all() else "other"


def main(trials):
    """Damage each file so many times."""
    random, whole, failed = np.random.default_rng(1), th.fit(X, "normal"), 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, (summed, ends_anywhere) in files(folder).items():
            path = folder / file
            content = path.read_bytes()
            assert outcome(path, whole) == "right", file
            cut, flipped = Counter(), Counter()
            for at in random.integers(len(content), size=trials).tolist():
                path.write_bytes(content[:at])
                cut[outcome(path, whole)] += 1
                bit = 1 << int(random.integers(8))
                path.write_bytes(content[:at] + bytes([content[at] ^ bit]) + content[at + 1 :])
                flipped[outcome(path, whole)] += 1
            known = {"right", "error", "other"}
            bad = [key for key in [*cut, *flipped] if key not in known]
            bad += ["cut"] * (not ends_anywhere and cut["error"] < trials)
            bad += ["flipped"] * (summed and flipped["other"] > 0)
            failed += bool(bad)
            print(f"{file}: cut {dict(cut)}, flipped {dict(flipped)} {'FAILED ' + str(bad) if bad else ''}")
    return failed


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
