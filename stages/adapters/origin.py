"""Whose customers a registered version was made from: one bank's model is not another's."""

from collections.abc import Mapping
from typing import Any

import mlflow
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from stages.domain.errors import UserError

SOURCE = ("name", "path", "url")  # of the configuration: whose customers they are


def identity(source: Mapping[str, Any]) -> str:
    """Whose customers the group `source` has: its name, and where it reads them if it says."""
    return " ".join(str(source[key]) for key in SOURCE if key in source)


def source_of(client: mlflow.MlflowClient, version: ModelVersion) -> str | None:
    """The identity of the source that a version was made from; None where no run says so."""
    assert version.run_id is not None
    try:
        params = client.get_run(version.run_id).data.params
        own = {k: params[f"source.{k}"] for k in SOURCE if f"source.{k}" in params}
        return identity(own) or None
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None


def may_be_of(client: mlflow.MlflowClient, version: ModelVersion, here: Mapping[str, Any]) -> bool:
    """Whether a version is of the source `here`, a group of params.yaml, as far as its run says."""
    return source_of(client, version) in (None, identity(here))


def check(
    client: mlflow.MlflowClient, version: ModelVersion, here: Mapping[str, Any], otherwise: str
) -> None:
    """UserError where a version is of another source than `here`; `otherwise` says what to do."""
    if not may_be_of(client, version, here):
        raise UserError(
            f"version {version.version} was made from the source {source_of(client, version)}, the"
            f" data here are of {identity(here)}: {otherwise}"
        )
