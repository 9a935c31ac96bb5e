"""The serving endpoint, asked as any client asks it: transactions in, one answer a customer out."""

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from stages.domain.errors import UserError

ADDRESS = os.environ.get("PURCHASING_ENDPOINT", "http://127.0.0.1:5001").rstrip("/")
PATIENCE = 20  # seconds for an answer
LONGEST = 400  # characters of a refusal that are shown
FIELDS = (
    *("customer_id", "booked_at", "amount", "transaction_id", "kind", "category", "merchant"),
    *("region", "discount"),
)


@dataclass(frozen=True)
class Answer:
    """One row a customer, and the time that the whole request took."""

    rows: pd.DataFrame
    milliseconds: float


def body(records: Sequence[dict[str, Any]], as_of: str | None) -> dict[str, Any]:
    """The body of a request; without `as_of` the model's own date holds."""
    return {"dataframe_records": list(records)} | ({"params": {"as_of": as_of}} if as_of else {})


def ask(records: Sequence[dict[str, Any]], as_of: str | None = None) -> Answer:
    """Score the customers of `records`; UserError, without a row, where there is no answer."""
    content = json.dumps(body(records, as_of), allow_nan=False).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{ADDRESS}/invocations", content, headers)
    began = time.perf_counter()
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            answer = json.load(response)
    except urllib.error.HTTPError as error:
        raise UserError(f"The endpoint refuses the request: {_said(error)}") from None
    except (OSError, ValueError):
        raise UserError(
            f"No endpoint answers at {ADDRESS}. Start it with `make serve` in a terminal; another"
            " address goes into PURCHASING_ENDPOINT."
        ) from None
    return Answer(pd.DataFrame(answer["predictions"]), 1000 * (time.perf_counter() - began))


def _said(error: urllib.error.HTTPError) -> str:
    """What a refusal says, cut short."""
    try:
        said = json.load(error)
        return str(said.get("message") or said.get("detail") or error.code)[:LONGEST]
    except (ValueError, AttributeError):
        return f"status {error.code}"


def records(transactions: pd.DataFrame, customer_id: str) -> list[dict[str, Any]]:
    """Canonical rows of one customer as the endpoint takes them, under the name `customer_id`."""
    table = transactions.assign(
        customer_id=customer_id,
        booked_at=transactions["booked_at"].dt.strftime("%Y-%m-%dT%H:%M:%S.%f"),
    )[list(FIELDS)].dropna(axis="columns", how="all")
    return table.astype(object).where(table.notna(), None).to_dict("records")
