"""What the pipeline has published on disk; read again when a file changes.

Tables are shared by all sessions: a page may not change them.
"""

import json
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import streamlit as st

from stages.adapters.dvc import data_version
from stages.adapters.paths import CHAMPION, PROCESSED, REPORTS, SCORED
from stages.adapters.raw import CUSTOMERS, MANIFEST, TRANSACTIONS
from stages.domain.errors import UserError


@st.cache_resource(max_entries=30, show_spinner=False)
def _read(path: Path, changed: float, **options: Any) -> Any:
    """The content of a file that was `changed` at that time."""
    if path.suffix == ".parquet":
        return pd.read_parquet(path, **options)
    if path.suffix == ".csv":
        text = dict.fromkeys(("group", "attribute"), str)  # "01" and "n/a" are names, too
        return pd.read_csv(path, dtype=text, keep_default_na=False, na_values=[""])
    return json.loads(path.read_text())


def read(path: Path, **options: Any) -> Any:
    """A table (.parquet, .csv) or JSON; UserError, which says what to do, where it is missing."""
    if not path.exists():
        raise UserError(f"There is no {path.name} yet: make it with `make run`.")
    return _read(path, path.stat().st_mtime, **options)


def scores() -> pd.DataFrame:
    """The table `scores`, one row a customer; UserError where nobody is scored yet."""
    table = read(SCORED) if SCORED.exists() else ()
    if not len(table):
        raise UserError("There are no scores yet: make them with `make run`.")
    return table


def has_changed(version: str) -> bool | None:
    """Whether data/raw is another data version by now; None without dvc.lock, as in an image."""
    try:
        return data_version() != version
    except UserError:
        return None


def regions() -> pd.Series:
    """The region of each customer by customer_id, null where the source has none."""
    table = read(CUSTOMERS, columns=["customer_id", "region"])
    return table.set_index("customer_id")["region"]


def features(as_of: pd.Timestamp) -> pd.DataFrame:
    """The features of all customers at `as_of`, as preprocess wrote them; may be empty."""
    return read(PROCESSED / "frame.parquet", filters=[("cutoff", "==", as_of)])


@st.cache_data(max_entries=20, show_spinner=False)
def _transactions(customer_id: str, changed: float) -> pd.DataFrame:
    """Of data/raw as it was `changed` at that time; amounts and discounts are floats."""
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        rows = database.execute(
            "SELECT * FROM read_parquet(?) WHERE customer_id = ?"
            " ORDER BY booked_at, transaction_id",
            [str(TRANSACTIONS / "*.parquet"), customer_id],
        ).df()
    return rows.astype({"amount": float, "discount": float})


def transactions(customer_id: str) -> pd.DataFrame:
    """All transactions of one customer, oldest first."""
    if not any(TRANSACTIONS.glob("*.parquet")):
        raise UserError("data/raw has no transactions: load and extract them with `make run`")
    # Without a manifest an extraction is under way: each file counts.
    decide = [MANIFEST] if MANIFEST.exists() else TRANSACTIONS.glob("*.parquet")
    return _transactions(customer_id, max(file.stat().st_mtime for file in decide))


def version() -> str:
    """The model's version that the published scores are of."""
    return str(scores()["model_version"].iloc[0])


def champion() -> dict[str, Any]:
    """What scoring has said of the model: horizon, kinds, totals, its figures out of time."""
    return read(CHAMPION)


def report(name: str) -> Any:
    """A file of reports/."""
    return read(REPORTS / name)
