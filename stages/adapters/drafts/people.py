"""Customers by a mapping of columns, as `customers` in conf/source/csv.yaml says."""

from collections.abc import Iterable
from datetime import datetime

import duckdb
import pyarrow as pa
from omegaconf import DictConfig

from stages.adapters.drafts import texts
from stages.adapters.drafts.mapping import cell, decimal, names
from stages.domain.tables import CUSTOMERS, DESCRIBED


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
    attributes = list(source.customers.attributes)
    given = {k: v for k, v in source.customers.columns.items() if v is not None}
    given |= {f"attribute_{i}": name for i, name in enumerate(attributes)}
    cells = ", ".join(f"{cell(value, source.missing)} AS {key}" for key, value in given.items())
    schema = None
    for rows in tables:
        db.register("rows", rows)
        into = "INSERT INTO people" if schema else "CREATE TABLE people AS"
        db.execute(f"{into} SELECT {cells} FROM rows")
        schema = rows.schema
    if schema is None:
        return CUSTOMERS.schema.empty_table()
    last = [f"arg_max({key}, rowid) AS {key}" for key in given if key != "customer_id"]
    said = ["customer_id", *(key for key in DESCRIBED if key in given)]
    years = _years(source, schema, newest)
    if years and "age_band" not in given:
        said.append(f"{texts.age_band('years')} AS age_band")
    pairs = ", ".join(
        f"{{'k': {texts.literal(name)}, 'v': attribute_{i}}}" for i, name in enumerate(attributes)
    )
    said.append(
        f"map_from_entries(list_filter([{pairs}], lambda pair: pair.v IS NOT NULL)) AS attributes"
    )
    return db.sql(f"""
        WITH one AS (
            SELECT {", ".join(["customer_id", *last])} FROM people
            WHERE customer_id IS NOT NULL GROUP BY customer_id
        ),
        aged AS (SELECT *, {years or "NULL"} AS years FROM one)
        SELECT {", ".join(said)} FROM aged ORDER BY customer_id
    """).to_arrow_table()


def _years(source: DictConfig, schema: pa.Schema, newest: datetime) -> str | None:
    """A customer's age in SQL; None where nothing tells it."""
    columns = source.customers.columns
    if columns.birth_date is not None:
        day = f"TIMESTAMP '{newest:%Y-%m-%d}'"
        born = texts.instant("birth_date", source.customers.date_format)
        years = f"date_sub('year', {born}, {day})"
        if "%y" in str(source.customers.date_format):  # which reads 54 as 2054
            years = f"CASE WHEN {born} > {day} THEN 100 + {years} ELSE {years} END"
        return years
    if columns.age is None:
        return None
    return texts.number("age", decimal(source, schema, names(columns.age)[0]))
