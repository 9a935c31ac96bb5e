"""The newest runs in MLflow, with the versions and aliases that they were registered under."""

import os

import pandas as pd

from stages.adapters import registry
from stages.adapters.paths import HOME

FIGURES = ("gini", "spearman", "mae", "bias", "coverage")
MOST = 20


def exist() -> bool:
    """Whether there is a tracking database to ask: this reads, and makes none."""
    return bool(os.environ.get("MLFLOW_TRACKING_URI")) or (HOME / "mlflow.db").exists()


def newest(ui: str) -> pd.DataFrame:
    """One row a run, newest first: version, alias, gate, started, horizon, figures and link.

    `ui` is the address of MLflow's pages. Columns of FIGURES are null where a run has none.
    """
    client = registry.connect()
    experiment = client.get_experiment_by_name(registry.NAME)
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], max_results=MOST)
    models = client.search_registered_models(f"name = '{registry.NAME}'")
    names = dict(models[0].aliases) if models else {}
    versions = client.search_model_versions(f"name = '{registry.NAME}'")
    of_run = {v.run_id: str(v.version) for v in versions}
    rows = [
        {
            "version": of_run.get(run.info.run_id),
            "alias": ", ".join(
                sorted(a for a, v in names.items() if str(v) == of_run.get(run.info.run_id))
            ),
            "gate": run.data.tags.get("gate", ""),
            "started": pd.Timestamp(run.info.start_time, unit="ms"),
            "horizon": run.data.params.get("horizon"),
            **{name: run.data.metrics.get(f"holdout.{name}") for name in FIGURES},
            "link": f"{ui}/#/experiments/{experiment.experiment_id}/runs/{run.info.run_id}",
        }
        for run in runs
    ]
    columns = ["version", "alias", "gate", "started", "horizon", *FIGURES, "link"]
    return pd.DataFrame(rows, columns=columns)
