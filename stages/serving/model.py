"""The registered model, as code: canonical transactions in, one scored row a customer out."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import ibis
import mlflow
import pandas as pd
import pyarrow as pa
import yaml
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from mlflow.pyfunc import PythonModel, PythonModelContext

from stages.adapters import engine, models
from stages.domain import scoring
from stages.domain.contract import split
from stages.serving import interface


class CapabilityModel(PythonModel):
    """Scores each customer of the request as of a date."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the model's files, and the version under which it is registered."""
        folder = Path(context.artifacts["model"])
        self.model = models.load(folder)
        self.holdout = models.load(Path(context.artifacts["holdout"]))  # for the gate alone
        meta = folder.parents[1] / "registered_model_meta"
        registered = yaml.safe_load(meta.read_text()) if meta.exists() else {}
        self.version = str(registered.get("model_version", "unregistered"))

    def predict(
        self,
        context: PythonModelContext,
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        """One row a customer of the request, ordered by customer_id, with two reasons each.

        Transactions on or after `as_of` are not looked at: they are the future of that date.
        """
        as_of = _day((params or {}).get("as_of"), self.model.as_of)
        accepted, rejected = split(_draft(model_input), datetime.now(UTC))
        if rejected.num_rows:
            reasons = rejected["reason"].unique().to_pylist()
            raise Refusal(f"{rejected.num_rows} transactions refused: {'; '.join(reasons)}")
        asked = accepted["customer_id"].unique().to_pylist()
        rows = scoring.at(engine.connect(), ibis.memtable(accepted), self.model, as_of, asked)
        return self.model.score(rows).assign(
            reasons=self.model.reasons(rows), model_version=self.version, as_of=as_of.isoformat()
        )[list(interface.ANSWER)]


def _draft(request: pd.DataFrame) -> pa.Table:
    """The request as a draft table; without a transaction_id each row is one of its own."""
    table = pa.Table.from_pandas(request, preserve_index=False)
    if "transaction_id" not in table.column_names:
        ids = pa.array([str(i) for i in range(table.num_rows)], pa.string())
        table = table.append_column("transaction_id", ids)
    return table


def _day(value: str | None, default: date) -> date:
    try:
        return date.fromisoformat(value) if value else default
    except ValueError as error:
        raise Refusal("params.as_of: give a date as YYYY-MM-DD") from error


class Refusal(MlflowException):
    """A bad request, answered with 400; MLflow's server may not add the caller's rows to it."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(text, error_code=INVALID_PARAMETER_VALUE)

    @property
    def message(self) -> str:
        """What the caller reads."""
        return self.text

    @message.setter
    def message(self, value: str) -> None:
        """Keep what we said."""


mlflow.models.set_model(CapabilityModel())
