"""Hashes of a wide battery of results: a change that is to change no bit prints the same lines as before it.

    python tests/battery.py [--section NAME ...] [--family NAME ...] [--quick] > battery.txt

It prints one line ``section family hash`` for each section and family, then one ``section * hash`` for each
section, then ``total * hash`` of these. How many passes the fits of all sections took has a hash of its own.
THETAHAT_ISA chooses the instruction set; all of them print the same. The hashes also depend on NumPy, SciPy
and the C library, which draw the samples and compute quantiles: compare runs of one environment only.

Standard error shows by section how many results were hashed, how many calls thetahat refused (the type of the
exception is hashed then), and the CPU time. An exception of another kind ends its section with a traceback;
the exit status is 1 then.
"""

import argparse
import hashlib
import sys
import time
import traceback

from battery_laws import LAWS, Law, Ledger
from battery_sections import SECTIONS, applies


def run(section, law):
    """Return the ledger of one section and law, and the seconds it took; show an unexpected exception."""
    ledger, began = Ledger(), time.process_time()
    try:
        SECTIONS[section](ledger, law)
    except Exception:
        print(f"{section} {law.family}:", traceback.format_exc(), sep="\n", file=sys.stderr)
        ledger.failed = True
    return ledger, time.process_time() - began


def digest(lines):
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--section", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--family", nargs="+", choices=LAWS, default=list(LAWS))
    parser.add_argument("--quick", action="store_true", help="smaller samples, a third of the combinations")
    asked = parser.parse_args()
    lines = {section: [] for section in [*asked.section, "passes"]}
    counts = {section: [0, 0, 0, 0.0] for section in asked.section}
    for law in (Law(family, asked.quick) for family in asked.family):
        passes = []
        for section in asked.section:
            if applies(section, law.family):
                ledger, seconds = run(section, law)
                lines[section].append(f"{section}  {law.family}  {ledger.digest}")
                passes.append(ledger.passes)
                added = (ledger.results, ledger.refused, ledger.failed, seconds)
                counts[section] = [a + b for a, b in zip(counts[section], added, strict=True)]
        lines["passes"].append(f"passes  {law.family}  {digest(passes)}")
    totals = [f"{section}  *  {digest(families)}" for section, families in lines.items()]
    print(*(line for families in lines.values() for line in families), *totals, sep="\n")
    print(f"total  *  {digest(totals)}")
    for section, (results, refused, failed, seconds) in counts.items():
        failures = f", {failed} FAILED" if failed else ""
        print(
            f"{section:27}{results:8} results{refused:6} refused{seconds:8.2f} s{failures}", file=sys.stderr
        )
    return int(any(failed for _, _, failed, _ in counts.values()))


if __name__ == "__main__":
    sys.exit(main())
