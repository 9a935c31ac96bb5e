"""The registered model, as code: canonical transactions in, one scored row a customer out."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import yaml
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from mlflow.pyfunc import PythonModel, PythonModelContext

from stages.adapters import models
from stages.domain.errors import UserError
from stages.serving import interface, request
from stages.serving.answer import Answer, answer
from stages.serving.request import RefusedError


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
        context: PythonModelContext | None,
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        """One row a customer of the request, ordered by customer_id, with two reasons each."""
        columns = {
            str(name): column.astype(object).where(column.notna(), None).tolist()
            for name, column in model_input.items()
        }
        try:
            as_of = (params or {}).get("as_of")
            return pd.DataFrame(self.answer(columns, as_of), columns=list(interface.ANSWER))
        except UserError as error:
            raise Refusal(str(error), INVALID_PARAMETER_VALUE) from error

    def answer(self, columns: Mapping[str, Sequence[Any]], as_of: str | None) -> list[Answer]:
        """The same of columns of values."""
        rows = request.transactions(columns, datetime.now(UTC))
        return answer(self.model, self.version, rows, _day(as_of, self.model.as_of))


def _day(value: str | None, default: date) -> date:
    try:
        return date.fromisoformat(value) if value else default
    except ValueError as error:
        raise RefusedError("params.as_of: give a date as YYYY-MM-DD") from error


class Refusal(MlflowException):
    """A bad request, answered with 400; MLflow's server may not add the caller's rows to it."""

    @property
    def message(self) -> str:
        """What the caller reads."""
        return str(self.args[0])

    @message.setter
    def message(self, value: str) -> None:
        """Keep what we said."""


mlflow.models.set_model(CapabilityModel())
