"""Test the model: any transactions, the endpoint's answer, its time, the request as curl."""

import json
import os
import shlex
from datetime import date
from typing import Any

import streamlit as st

from stages.adapters.endpoint import KEY, shown
from stages.domain import pasted
from stages.domain.contract import OLDEST
from stages.domain.errors import UserError
from stages.domain.tables import OPTIONAL, REQUIRED
from stages.ui import endpoint, look, published

EDIT, PASTE, UPLOAD = "Edit", "Paste", "Upload"
AT_ONCE = 20  # records that a curl shows; more go through a file
EXPLAINED = 20  # customers whose reasons are shown


def show() -> None:
    """The page."""
    st.markdown(
        f"One row a transaction: `{'`, `'.join(REQUIRED)}`; if known `{'`, `'.join(OPTIONAL)}`."
        " Money out is positive, times are UTC."
    )
    way = st.segmented_control("How", [EDIT, PASTE, UPLOAD], default=EDIT, required=True)
    given = _given(way, published.scores()["as_of"].iloc[0])
    as_of = st.date_input(
        "As of (empty: the request's, or the model's own date)",
        value=None,
        min_value=OLDEST.date(),
        width=320,
    )
    if not st.button("Ask the model", type="primary"):
        return
    try:
        records = pasted.parse(given)
        day = as_of.isoformat() if isinstance(as_of, date) else pasted.as_of(given)
        answer = endpoint.ask(records, day)
    except UserError as error:
        look.to_do(error)
        return
    _answer(answer, len(records))
    _request(endpoint.body(records, day))


def _given(way: str, as_of: date) -> str:
    """The transactions as text, in the way that was chosen."""
    start = pasted.example(as_of)
    if way == PASTE:
        return st.text_area("CSV with a header, or JSON", start.to_csv(index=False), height=280)
    if way == UPLOAD:
        file = st.file_uploader(
            f"A CSV or JSON file, at most {pasted.MOST:,} rows", ["csv", "json"]
        )
        try:
            return file.getvalue().decode("utf-8-sig") if file else ""
        except UnicodeDecodeError as error:
            raise UserError("The file is not UTF-8: save it as such.") from error
    table = st.data_editor(
        start, num_rows="dynamic", hide_index=True, width="stretch", key="transactions"
    )
    return table.to_csv(index=False)


def _answer(answer: endpoint.Answer, transactions: int) -> None:
    rows = answer.rows
    version = rows["model_version"].iloc[0]
    days = ""  # what a model expects that has published nothing yet, its runs say
    if version == published.version():
        days = f", {published.champion()['horizon']} days"
    st.header("Answer")
    look.figures(
        ("Customers", f"{len(rows):,}", f"{transactions:,} transactions"),
        (
            f"Expected spend{days}",
            look.money(rows["expected_spend"].sum()),
            f"as of {rows['as_of'].iloc[0]}",
        ),
        ("Answered in", f"{answer.milliseconds:,.0f} ms", "one request, measured here"),
        ("Model", f"version {version}", shown()),
    )
    look.rows(rows.drop(columns=["reasons", "model_version", "as_of"]), "one row a customer")
    for row in rows.head(EXPLAINED).to_dict("records"):
        reasons = "; ".join(look.sentence(r) for r in row["reasons"]) or row["confidence"]
        st.markdown(f"**{look.literal(row['customer_id'])}**: {reasons}.")


def _lines(body: dict[str, Any]) -> str:
    """The body as JSON, a line a record."""
    records = ",\n  ".join(json.dumps(record) for record in body["dataframe_records"])
    rest = {name: value for name, value in body.items() if name != "dataframe_records"}
    more = f",\n {json.dumps(rest)[1:-1]}" if rest else ""
    return f'{{"dataframe_records": [\n  {records}\n ]{more}}}'


def _request(body: dict[str, Any]) -> None:
    """The same request for a terminal; of the key only the variable's name."""
    content = _lines(body)
    at_once = len(body["dataframe_records"]) <= AT_ONCE
    data = shlex.quote(content) if at_once else "@request.json"
    key = f' -H "X-API-Key: ${KEY}"' if os.environ.get(KEY) else ""
    st.header("The request")
    st.code(
        f"curl -s {shown()}/invocations -H 'Content-Type: application/json'{key} -d {data}",
        language=None,
        wrap_lines=True,
    )
    st.download_button(
        "Download request.json", content, "request.json", "application/json", on_click="ignore"
    )
