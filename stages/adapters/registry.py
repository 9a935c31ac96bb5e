"""The MLflow tracking database and registry: one run and version for each content."""

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow
import pandas as pd
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.pyfunc import PyFuncModel

from stages.adapters.files import locked, replacing
from stages.adapters.paths import HOME
from stages.domain.errors import UserError

if TYPE_CHECKING:
    from stages.domain.model import Model

NAME = "purchasing-capability"  # of the experiment and of the registered model
DATABASE = HOME / "mlflow.db"
LOCK = HOME / "mlflow.db.lock"
CONTENT = "content"  # tag of run and version: the digest of all that made it
# MLflow's own limits keep on asking a server that is down for four minutes.
PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3", "MLFLOW_HTTP_REQUEST_TIMEOUT": "60"}


def connect() -> mlflow.MlflowClient:
    """Use MLFLOW_TRACKING_URI, or the SQLite file of this checkout, made once and whole."""
    uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{DATABASE}"
    mlflow.set_tracking_uri(uri)
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    for told_by_us in ("urllib3.connectionpool", "mlflow.store.db.utils"):
        logging.getLogger(told_by_us).setLevel(logging.CRITICAL)
    for limit, value in PATIENCE.items():
        os.environ.setdefault(limit, value)
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    # It would print a run's address with the password that is part of it.
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    with locked(LOCK):
        if uri.endswith(str(DATABASE)) and not (DATABASE.exists() and DATABASE.stat().st_size):
            # MLflow makes the tables in many steps: interrupted or disturbed, it never goes on.
            with replacing(DATABASE) as beside:
                mlflow.MlflowClient(f"sqlite:///{beside}")
        client = mlflow.MlflowClient()
        if client.get_experiment_by_name(NAME) is None:
            here = None if uri.startswith("http") else (HOME / "mlartifacts").as_uri()
            client.create_experiment(NAME, artifact_location=here)
    return client


def find(client: mlflow.MlflowClient, content: str) -> ModelVersion | None:
    """The newest registered version with this content, or None."""
    found = client.search_model_versions(f"name = '{NAME}' and tags.{CONTENT} = '{content}'")
    return max(found, key=lambda v: int(v.version), default=None)


def log(
    client: mlflow.MlflowClient,
    content: str,
    params: dict[str, Any],
    metrics: dict[str, Any],
    tags: dict[str, str],
    files: list[Path],
    model: dict[str, Any],
    said: str = "",
) -> ModelVersion:
    """Log one run with nested `params` and `metrics`, register its `model`, return the version.

    `model` is what `mlflow.pyfunc.log_model` takes; `said` describes the version. The run has the
    name of DVC's experiment, if there is one. Inside `mlflow run` the run is that one.
    A run that an earlier, interrupted call left behind is used again.
    """
    experiment = client.get_experiment_by_name(NAME)
    assert experiment is not None
    left = client.search_runs([experiment.experiment_id], f"tags.{CONTENT} = '{content}'")
    if "MLFLOW_RUN_ID" in os.environ:
        run = mlflow.start_run()
    elif left:
        run = mlflow.start_run(run_id=left[0].info.run_id)
    else:
        run = mlflow.start_run(
            experiment_id=experiment.experiment_id,
            run_name=os.environ.get("DVC_EXP_NAME"),
            tags={CONTENT: content},
        )
    with run:
        mlflow.set_tags({CONTENT: content, **tags})
        mlflow.log_params(_flat(params))
        numbers = {k: v for k, v in _flat(metrics).items() if isinstance(v, int | float)}
        mlflow.log_metrics(numbers)
        for file in files:
            mlflow.log_artifact(str(file))
        info = mlflow.pyfunc.log_model(name="model", **model)
    if not client.search_registered_models(f"name = '{NAME}'"):
        client.create_registered_model(NAME, description="Expected spend of every customer.")
    return client.create_model_version(
        NAME,
        info.model_uri,
        run.info.run_id,
        tags={CONTENT: content, **tags},
        description=said,
        model_id=info.model_id,
    )


def version(client: mlflow.MlflowClient, number: str) -> ModelVersion:
    """A registered version; UserError where it is gone."""
    try:
        return client.get_model_version(NAME, number)
    except MlflowException as error:
        raise UserError(f"version {number} of {NAME} is gone from the registry") from error


def note(
    client: mlflow.MlflowClient, version: ModelVersion, tags: dict[str, str], files: list[Path]
) -> None:
    """Add `tags` to a version and its run, and `files` to the run's artifacts."""
    assert version.run_id is not None
    for name, value in tags.items():
        client.set_model_version_tag(NAME, version.version, name, value)
        client.set_tag(version.run_id, name, value)
    for file in files:
        client.log_artifact(version.run_id, str(file))


def load(version: ModelVersion) -> PyFuncModel:
    """Load a registered version as the serving endpoint does; UserError where it is broken."""
    uri = f"models:/{NAME}/{version.version}"
    try:  # without the warnings: to compare requirements MLflow reads all installed files, a second
        return mlflow.pyfunc.load_model(uri, suppress_warnings=True)
    except Exception as error:
        raise UserError(
            f"version {version.version} does not load ({type(error).__name__}): `make promote` "
            "registers the result on disk again, `make rollback` goes back to the former champion"
        ) from error


def model(version: ModelVersion) -> "Model":
    """The capability model of a registered version; UserError where it is broken."""
    return load(version).unwrap_python_model().model


def reported(version: ModelVersion, name: str) -> str:
    """The text of a file that was logged with a version: of its own result, not of the newest."""
    try:
        return mlflow.artifacts.load_text(f"runs:/{version.run_id}/{name}")
    except (MlflowException, OSError) as error:
        raise UserError(
            f"MLflow has no {name} of version {version.version} any more: restore its artifacts, "
            "or go back to the former champion with `make rollback`"
        ) from error


def _flat(nested: dict[str, Any]) -> dict[str, Any]:
    return pd.json_normalize(nested).to_dict("records")[0]
