"""Writes baggage_claims.csv from claims-2014.csv of the TSA, the argument of the command."""

import csv
import sys
from pathlib import Path

PLACES = ("Checked Baggage", "Checkpoint")


def amount(text: str) -> float:
    """Return the dollars in a text such as "$1,250.00 "; 0 where there are none."""
    number = text.strip().strip("$").replace(",", "")
    return float(number) if number.strip("-. ") else 0.0


with Path(sys.argv[1]).open(encoding="latin-1", newline="") as source:
    claims = [(row["Claim Site"], amount(row["Close Amount"])) for row in csv.DictReader(source)]
with Path(__file__).with_name("baggage_claims.csv").open("w", newline="") as target:
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(["place", "paid"])
    writer.writerows((place, f"{paid:.2f}") for place, paid in claims if paid > 0 and place in PLACES)
