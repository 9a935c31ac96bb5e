"""What another parameter brings about, on a small bank. Other rows: test_erasure.py."""

import json

import mlflow

from tests.integration.project import BANK


def test_an_experiment_has_metrics_beside_the_first_run(bank):
    composed = [f"--set-param={value}" for value in (*BANK, "evaluation.rounds=120")]
    bank.run("dvc", "exp", "run", *composed, "--name", "longer")
    shown = json.loads(bank.run("dvc", "exp", "show", "--json", "--no-pager"))
    rounds = [
        revision["data"]["params"]["params.yaml"]["data"]["evaluation"]["rounds"]
        for commit in shown
        for revision in [commit, *(e["revs"][0] for e in commit.get("experiments") or [])]
    ]
    assert {100, 120} <= set(rounds)
    client = mlflow.MlflowClient(f"sqlite:///{bank.root}/mlflow.db")
    experiment = client.get_experiment_by_name("purchasing-capability")
    runs = [run.data for run in client.search_runs([experiment.experiment_id])]
    assert {"100", "120"} <= {run.params["evaluation.rounds"] for run in runs}
    assert all("holdout.gini" in run.metrics for run in runs)
    bank.run("git", "checkout", "--", ".")
    bank.run("dvc", "checkout")
