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
    known = _known(source, newest)
    cells = ", ".join(f"{sql} AS {key}" for key, sql in known.items())
    for number, rows in enumerate(tables):
        db.register("rows", rows)
        into = "INSERT INTO people" if number else "CREATE TABLE people AS"
        db.execute(f"{into} SELECT {cells} FROM rows")
    last = ", ".join(f"arg_max({key}, rowid) AS {key}" for key in known if key != "customer_id")
    return db.sql(
        f"SELECT customer_id, {last} FROM people WHERE customer_id IS NOT NULL"
        " GROUP BY customer_id ORDER BY customer_id"
    ).to_arrow_table()


def _known(source: DictConfig, newest: datetime) -> dict[str, str]:
    """The columns of `customers`, in SQL on those of the file."""
    columns = source.customers.columns

    def text(given: object) -> str:
        return cell(given, source.missing)

    known = {"customer_id": text(columns.customer_id)}
    known |= {key: text(columns[key]) for key in _AS_GIVEN if columns[key] is not None}
    if columns.birth_date is not None:
        born = texts.instant(text(columns.birth_date), source.customers.date_format)
        known["age_band"] = ages.band(f"date_sub('year', {born}, TIMESTAMP '{newest:%Y-%m-%d}')")
    elif columns.age is not None:
        known["age_band"] = ages.band(texts.number(text(columns.age), source.decimal))
    entries = ", ".join(
        f"{{'k': {texts.literal(name)}, 'v': {text(name)}}}" for name in source.customers.attributes
    )
    known["attributes"] = f"map_from_entries(list_filter([{entries}], lambda e: e.v IS NOT NULL))"
    return known
