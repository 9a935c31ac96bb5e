"""What MLflow knows of the newest runs and of the aliases, to look at."""

import os
from urllib.parse import urlsplit

import pandas as pd

from stages.adapters import registry

FIGURES = ("gini", "spearman", "mae", "bias", "coverage")
MOST = 20
LOCAL = "http://127.0.0.1:5000"  # of `make mlflow`


def exist() -> bool:
    """Whether there is a tracking database to ask: this reads, and makes none."""
    return bool(os.environ.get("MLFLOW_TRACKING_URI")) or registry.DATABASE.exists()


def pages() -> str:
    """The address of MLflow's own pages, here where no server is named."""
    return server() or LOCAL


def server() -> str | None:
    """The MLflow server's address for a browser, without a user's name or password; None if none.

    MLFLOW_UI_URL names it where a browser reaches the server by another than we do.
    """
    named = os.environ.get("MLFLOW_UI_URL") or os.environ.get("MLFLOW_TRACKING_URI", "")
    address = urlsplit(named)
    if not address.scheme.startswith("http"):
        return None
    return f"{address.scheme}://{address.netloc.rpartition('@')[2]}{address.path}".rstrip("/")


def newest() -> pd.DataFrame:
    """One row a run, newest first: version, gate, started, horizon, FIGURES and link.

    A figure is null where the run has none, a version where it was not registered.
    """
    client = registry.connect()
    experiment = client.get_experiment_by_name(registry.NAME)
    assert experiment is not None
    versions = client.search_model_versions(f"name = '{registry.NAME}'")
    of_run = {v.run_id: str(v.version) for v in versions}
    here = f"{pages()}/#/experiments/{experiment.experiment_id}/runs"
    rows = [
        {
            "version": of_run.get(run.info.run_id),
            "gate": run.data.tags.get("gate", ""),
            "started": pd.Timestamp(run.info.start_time, unit="ms"),
            "horizon": run.data.params.get("horizon"),
            **{name: run.data.metrics.get(f"holdout.{name}") for name in FIGURES},
            "link": f"{here}/{run.info.run_id}",
        }
        for run in client.search_runs([experiment.experiment_id], max_results=MOST)
    ]
    columns = ["version", "gate", "started", "horizon", *FIGURES, "link"]
    return pd.DataFrame(rows, columns=columns)
