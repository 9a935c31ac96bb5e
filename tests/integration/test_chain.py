"""The whole chain on real parts: from a fresh copy to scores, run again, tracked again, judged.

The tests build on one another; each leaves the store and the result as it found them. What changes
in the store bring about: test_rebuilds.py.
"""

import json
import re

import pandas as pd
import yaml

from stages.adapters.paths import ROOT
from tests.integration.project import ran

KEYSPACE = "purchasing_complete_journey"


def test_the_model_beats_both_baselines_out_of_time(project):
    metrics = project.metrics()
    gini = metrics["holdout"]["gini"]
    assert all(gini > simple["gini"] for simple in metrics["baselines"].values())
    assert f"{gini:.3f}" in (project.root / "summary.txt").read_text()


def test_every_customer_is_scored_once(project, session):
    scores = pd.read_parquet(project.root / "data/scores/scores.parquet")
    assert len(scores) == scores["customer_id"].nunique() == 2469
    published = session.execute("SELECT customer_id, expected_spend FROM scores").all()
    assert dict(zip(scores["customer_id"], scores["expected_spend"], strict=True)) == {
        row.customer_id: row.expected_spend for row in published
    }


def test_a_fresh_load_gives_the_committed_data(project):
    committed = yaml.safe_load((ROOT / "dvc.lock").read_text())["stages"]
    built = yaml.safe_load((project.root / "dvc.lock").read_text())["stages"]
    assert built["extract"]["outs"] == committed["extract"]["outs"]
    assert all(built[name].get("params") == committed[name].get("params") for name in built)


def test_git_sees_no_change_after_a_run(project):
    changed = project.run("git", "status", "--porcelain").splitlines()
    assert [line for line in changed if "summary.txt" not in line] == []


def test_a_second_run_asks_the_database_and_runs_nothing_else(project):
    before = project.lock()
    assert project.stage("ingest").count("already") == 1
    assert ran(project.run("dvc", "repro")) == ["extract"]
    assert "champion already" in project.stage("promote")
    assert "scored already" in project.stage("score")
    assert project.lock() == before


def test_an_unchanged_bank_shows_no_drift_and_gives_no_reason_to_retrain(project):
    assert "no drift" in project.stage("drift")
    assert "nothing has changed" in project.make("detect", "--old-file", "extract")
    assert json.loads((project.root / "reports/detect.json").read_text())["reasons"] == []


def test_a_published_score_can_be_computed_again(project):
    scores = pd.read_parquet(project.root / "data/scores/scores.parquet")
    said = project.stage("replay", scores["customer_id"].iloc[0], "1")
    assert "the same score: model 1" in said
    assert "differs" not in said


def test_a_published_score_that_was_changed_by_hand_is_found_out(project, session):
    customer = pd.read_parquet(project.root / "data/scores/scores.parquet").iloc[1234]
    update = "UPDATE scores SET expected_spend = %s WHERE customer_id = %s"
    session.execute(update, (customer["expected_spend"] + 0.01, customer["customer_id"]))
    try:
        said = project.stage("replay", customer["customer_id"], status=1)
    finally:
        session.execute(update, (customer["expected_spend"], customer["customer_id"]))
    assert "the score is not what its version and data give: expected_spend\n" in said
    assert re.search(rf"\b{customer['customer_id']}\b", said) is None
    gone = project.stage("replay", customer["customer_id"], "7", status=1)
    assert "the published score is of version 1: that of 7 is gone" in gone


def test_each_segment_is_described_and_each_sentence_of_its_playbook_has_its_figure(project):
    told = json.loads((project.root / "reports/segments.json").read_text())
    scores = pd.read_parquet(project.root / "data/scores/scores.parquet")
    sizes = scores["segment"].value_counts()
    assert {s["segment"]: s["customers"] for s in told["segments"]} == sizes[sizes >= 10].to_dict()
    sentences = [s for topics in told["playbook"].values() for t in topics.values() for s in t]
    assert sentences
    assert all(" customers)" in sentence for sentence in sentences)


def test_a_lost_tracking_database_is_noticed_and_filled_again(project):
    for file in project.root.glob("mlflow.db*"):
        file.unlink()
    output = project.stage("promote")
    assert "does not know this result: tracking it again" in output
    assert "version 1 is champion" in output
