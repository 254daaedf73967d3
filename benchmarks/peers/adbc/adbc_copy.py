"""Copies a CSV file into an existing table by ADBC's PostgreSQL driver, and prints how long that took.

    python adbc_copy.py <dsn> <schema> <table> <columns,comma> <csv file> <batch rows>

Every row is in Arrow's memory before the clock starts, and every batch its own commit. In the file an empty field is
an empty string for a text column, and NULL for any other. Exit code 3: the driver cannot write to this table.
"""

import sys
import time
from decimal import Decimal

import adbc_driver_postgresql.dbapi as postgresql
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv


class CannotWrite(Exception):
    pass


# The driver writes what the Arrow type says, not what the column wants: a uuid or jsonb in a plain string is an error
# of the server.


def to_uuid(strings):
    digits = pc.replace_substring(strings, "-", "")
    values = [None if text is None else bytes.fromhex(text) for text in digits.to_pylist()]
    return pa.ExtensionArray.from_storage(pa.uuid(), pa.array(values, pa.binary(16)))


def to_json(strings):
    return pa.ExtensionArray.from_storage(pa.json_(pa.string()), strings)


def to_decimal(strings):
    texts = strings.to_pylist()
    scale = max((len(text.partition(".")[2].rstrip("0")) for text in texts if text), default=0)
    values = [None if text is None else Decimal(text) for text in texts]
    return pa.array(values, pa.decimal128(38, scale))


# By the column's type: what the file is read as, and what becomes of that.
CONVERSIONS = {
    "text": (pa.string(), lambda strings: pc.fill_null(strings, "")),
    "character varying": (pa.string(), lambda strings: pc.fill_null(strings, "")),
    "uuid": (pa.string(), to_uuid),
    "timestamp with time zone": (pa.timestamp("us", "UTC"), None),
    "jsonb": (pa.string(), to_json),
    "double precision": (pa.float64(), None),
    "numeric": (pa.string(), to_decimal),
}


def column_types(connection, schema, table, columns):
    sql = """SELECT column_name::text, data_type::text FROM information_schema.columns
             WHERE table_schema = $1 AND table_name = $2"""
    with connection.cursor() as cursor:
        cursor.execute(sql, (schema, table))
        types = dict(cursor.fetchall())
    connection.rollback()
    for column in columns:
        kind = types.get(column)
        if kind is None:
            raise ValueError(f'there is no column "{column}" in {schema}.{table}')
        if kind not in CONVERSIONS:
            raise CannotWrite(f'no Arrow type known for column "{column}" of type {kind}')
    return {column: types[column] for column in columns}


def read(path, types):
    table = pyarrow.csv.read_csv(
        path,
        read_options=pyarrow.csv.ReadOptions(column_names=list(types)),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={column: CONVERSIONS[of][0] for column, of in types.items()},
            null_values=[""],
            strings_can_be_null=True,
        ),
    )
    arrays = []
    for column, of in types.items():
        array, convert = table[column].combine_chunks(), CONVERSIONS[of][1]
        arrays.append(array if convert is None else convert(array))
    return pa.table(arrays, names=list(types))


def copy(connection, schema, table, rows, batch):
    for begin in range(0, len(rows), batch):
        with connection.cursor() as cursor:
            cursor.adbc_ingest(table, rows.slice(begin, batch), mode="append", db_schema_name=schema)
        connection.commit()


def main(dsn, schema, table, columns, path, batch):
    with postgresql.connect(dsn) as connection:
        rows = read(path, column_types(connection, schema, table, columns.split(",")))
        start = time.perf_counter()
        copy(connection, schema, table, rows, int(batch))
        print(f"seconds {time.perf_counter() - start:.4f}")


if __name__ == "__main__":
    if len(sys.argv) != 7:
        sys.exit("usage: adbc_copy.py <dsn> <schema> <table> <columns,comma> <csv file> <batch rows>")
    try:
        main(*sys.argv[1:])
    except Exception as error:
        print("adbc_copy.py:", " ".join(str(error).split()), file=sys.stderr)
        sys.exit(3 if isinstance(error, CannotWrite) else 1)
