"""What changes in the store or in a parameter bring about, on a small bank.

The tests build on one another's rebuilds; each leaves the store and the result as it found them.
"""

import json

import mlflow

from tests.integration.project import BANK, Project, ran

ROW = (
    "month = '2024-05' AND shard = 0 AND customer_id = 'drill' "
    "AND booked_at = '2024-05-05 10:00:00+0000' AND transaction_id = 'late'"
)
INSERT = (
    "INSERT INTO transactions (month, shard, customer_id, booked_at, transaction_id, amount, "
    "kind, discount) VALUES ('2024-05', 0, 'drill', '2024-05-05 10:00:00+0000', 'late', 9.99, "
    "'purchase', 0)"
)


def test_another_folder_rebuilds_to_the_same_bytes(bank, cassandra, tmp_path):
    other = Project.copy(tmp_path, cassandra)
    other.stage("params", *BANK)
    other.run("dvc", "repro")
    assert other.lock() == bank.lock()


def test_a_late_transaction_rereads_its_partition_and_its_removal_brings_the_former_back(
    bank, session
):
    before = bank.lock()
    session.execute(INSERT)
    output = bank.run("dvc", "repro")
    assert "reading 1 of 24 partitions" in output
    assert "train" in ran(output)
    assert bank.lock()["data/raw"] != before["data/raw"]
    session.execute(f"DELETE FROM transactions WHERE {ROW}")
    output = bank.run("dvc", "repro")
    assert "reading 1 of 24 partitions" in output
    assert ran(output) == ["extract"]
    assert bank.lock() == before


def test_an_experiment_has_metrics_beside_the_first_run(bank):
    composed = [f"--set-param={value}" for value in (*BANK, "horizon=45")]
    bank.run("dvc", "exp", "run", *composed, "--name", "longer")
    shown = json.loads(bank.run("dvc", "exp", "show", "--json", "--no-pager"))
    experiments = [
        revision["data"]["metrics"]["reports/metrics.json"]["data"]["horizon"]
        for commit in shown
        for revision in [commit, *(e["revs"][0] for e in commit.get("experiments") or [])]
    ]
    assert {30, 45} <= set(experiments)
    mlflow.set_tracking_uri(f"sqlite:///{bank.root}/mlflow.db")
    runs = mlflow.search_runs(experiment_names=["purchasing-capability"])
    assert {"30", "45"} <= set(runs["params.horizon"])
    assert runs["metrics.holdout.gini"].notna().all()
    bank.run("git", "checkout", "--", ".")
    bank.run("dvc", "checkout")
