"""Customers by a mapping of columns, as `customers` in conf/source/csv.yaml says."""

from collections.abc import Iterable
from datetime import datetime

import duckdb
import pyarrow as pa
from omegaconf import DictConfig

from stages.adapters.drafts import ages, texts
from stages.adapters.drafts.mapping import cell

_AS_GIVEN = ("age_band", "income_band", "household_size", "home_owner", "marital_status", "region")


def entries(source: DictConfig) -> dict[str, object]:
    """What names columns of the file of customers, by its key in the configuration."""
    columns = {f"customers.columns.{k}": v for k, v in source.customers.columns.items()}
    return {**columns, "customers.attributes": source.customers.attributes}


def customers(
    db: duckdb.DuckDBPyConnection, source: DictConfig, tables: Iterable[pa.Table], newest: datetime
) -> pa.Table:
    """Return one row a customer, by id, in the shape of `customers`.

    `tables` have the columns that source.customers names. Where a customer has several rows, the
    last one that says something counts. Age is the one at `newest`. Rows without an id are left
    out.
    """
    columns, attributes = source.customers.columns, list(source.customers.attributes)
    given = {key: value for key, value in columns.items() if value is not None}
    given |= {f"attribute_{i}": name for i, name in enumerate(attributes)}
    cells = ", ".join(f"{cell(value, source.missing)} AS {key}" for key, value in given.items())
    for number, rows in enumerate(tables):
        db.register("rows", rows)
        into = "INSERT INTO people" if number else "CREATE TABLE people AS"
        db.execute(f"{into} SELECT {cells} FROM rows")
    last = [f"arg_max({key}, rowid) AS {key}" for key in given if key != "customer_id"]
    known = ["customer_id", *(key for key in _AS_GIVEN if key in given)]
    if ("birth_date" in given or "age" in given) and "age_band" not in given:
        known.append(f"{ages.band('years')} AS age_band")
    years = "NULL"
    if "birth_date" in given:
        born = texts.instant("birth_date", source.customers.date_format)
        years = f"date_sub('year', {born}, TIMESTAMP '{newest:%Y-%m-%d}')"
    elif "age" in given:
        years = texts.number("age", source.decimal)
    entries = ", ".join(
        f"{{'k': {texts.literal(name)}, 'v': attribute_{i}}}" for i, name in enumerate(attributes)
    )
    said = f"map_from_entries(list_filter([{entries}], lambda e: e.v IS NOT NULL)) AS attributes"
    return db.sql(
        f"SELECT {', '.join([*known, said])} FROM (SELECT *, {years} AS years FROM ("
        f"SELECT {', '.join(['customer_id', *last])} FROM people"
        " WHERE customer_id IS NOT NULL GROUP BY customer_id)) ORDER BY customer_id"
    ).to_arrow_table()
