"""The serving endpoint, asked as any client asks it: transactions in, one answer a customer out."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import requests

from stages.adapters import endpoint
from stages.domain.errors import UserError
from stages.domain.tables import OPTIONAL, REQUIRED

LONGEST = 400  # characters of a refusal that are shown


class NoEndpointError(UserError):
    """No endpoint answers at its address."""


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
    began = time.perf_counter()
    try:
        answer = endpoint.post("/invocations", body(records, as_of))
        content = answer.json()
    except requests.RequestException:
        raise NoEndpointError(
            f"No endpoint answers at {endpoint.shown()}. Start it with `make serve` in a"
            f" terminal; another address goes into {endpoint.URL}."
        ) from None
    milliseconds = 1000 * (time.perf_counter() - began)
    if answer.status_code == 401:
        raise UserError(f"The endpoint asks for its key: set {endpoint.KEY} and start the UI anew.")
    if answer.status_code != 200:
        said = content.get("message") or content.get("detail") or f"status {answer.status_code}"
        raise UserError(f"The endpoint refuses the request: {str(said)[:LONGEST]}")
    return Answer(pd.DataFrame(content["predictions"]), milliseconds)


def records(transactions: pd.DataFrame, customer_id: str) -> list[dict[str, Any]]:
    """Canonical rows of one customer as the endpoint takes them, under the name `customer_id`."""
    table = transactions.assign(
        customer_id=customer_id,
        booked_at=transactions["booked_at"].dt.strftime("%Y-%m-%dT%H:%M:%S.%f"),
    )[[*REQUIRED, *OPTIONAL]].dropna(axis="columns", how="all")
    return table.astype(object).where(table.notna(), None).to_dict("records")
