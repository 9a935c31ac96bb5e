"""What the registered model takes and gives: its signature and an example."""

from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema, TensorSpec
from mlflow.types.schema import AnyType, Array, DataType

OPTIONAL = {
    "transaction_id": "string",
    "kind": "string",
    "category": "string",
    "merchant": "string",
    "region": "string",
    "discount": "double",
}
ANSWER: dict[str, str | Array] = {
    "customer_id": "string",
    "expected_spend": "double",
    "low": "double",
    "high": "double",
    "percentile": "double",
    "tier": "string",
    "momentum": "string",
    "segment": "string",
    "style": "string",
    "confidence": "string",
    "reasons": Array(DataType.string),
    "model_version": "string",
    "as_of": "string",
}


def signature(as_of: date) -> ModelSignature:
    """Transactions in, one row a customer out; `as_of` defaults to what the model was made for."""
    inputs: list[ColSpec | TensorSpec] = [
        ColSpec("string", "customer_id"),
        ColSpec(AnyType(), "booked_at"),  # a datetime, or ISO 8601 with or without an offset
        ColSpec("double", "amount"),
        *(ColSpec(kind, name, required=False) for name, kind in OPTIONAL.items()),
    ]
    outputs: list[ColSpec | TensorSpec] = [ColSpec(kind, name) for name, kind in ANSWER.items()]
    params = ParamSchema([ParamSpec("as_of", "string", as_of.isoformat())])
    return ModelSignature(Schema(inputs), Schema(outputs), params)


def example_request(as_of: str) -> dict[str, Any]:
    """The example as a request to /invocations, of the date that the model was made for."""
    rows = example(date.fromisoformat(as_of))
    rows["booked_at"] = rows["booked_at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"dataframe_records": rows.to_dict("records")}


def example(as_of: date) -> pd.DataFrame:
    """Transactions of two made-up customers: one weekly, one long gone."""
    noon = datetime(as_of.year, as_of.month, as_of.day, 12)
    rows = [("weekly", 7 * week, 40.0 + week) for week in range(1, 13)]
    rows += [("gone", 200 + 10 * i, 25.5) for i in range(3)]
    return pd.DataFrame(
        {
            "customer_id": [customer for customer, _, _ in rows],
            "booked_at": [noon - timedelta(days=age) for _, age, _ in rows],
            "amount": [amount for _, _, amount in rows],
        }
    )
