"""What the registered model takes and gives: its signature and an example."""

from datetime import date

import pandas as pd
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema, TensorSpec
from mlflow.types.schema import AnyType, Array, DataType

from stages.domain import pasted
from stages.domain.tables import NUMBERS, OPTIONAL, REQUIRED

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
        ColSpec(_kind(name), name, required=name in REQUIRED) for name in (*REQUIRED, *OPTIONAL)
    ]
    outputs: list[ColSpec | TensorSpec] = [ColSpec(kind, name) for name, kind in ANSWER.items()]
    params = ParamSchema([ParamSpec("as_of", "string", as_of.isoformat())])
    return ModelSignature(Schema(inputs), Schema(outputs), params)


def _kind(name: str) -> str | AnyType:
    if name == "booked_at":
        return AnyType()  # a datetime, or ISO 8601 with or without an offset
    return "double" if name in NUMBERS else "string"


def example(as_of: date) -> pd.DataFrame:
    """Transactions of two made-up customers, their instants as MLflow keeps them."""
    rows = pasted.example(as_of)
    return rows.assign(booked_at=pd.to_datetime(rows["booked_at"]))
