"""Promotion and rollback under faults: the alias champion always names a model that works.

On a twin of the chain's project, of which a second version of the same model is made; the tests
build on one another. What a killed or refused promotion leaves is shown by the next one: it holds
its challenger against the champion, which must load and score for that.
"""

import json
import shutil
from dataclasses import replace
from urllib.parse import urlparse

import mlflow
import pandas as pd
import pytest
from cassandra.cluster import Cluster

from stages.adapters.local.listening import free_port
from stages.adapters.local.node import Address
from stages.domain.tables import SCORES
from tests.drills.outcomes import drilled
from tests.integration.project import Project

NAME, KEYSPACE = "purchasing-capability", "purchasing_complete_journey"
SCORED = "data/scores/scores.parquet"
CONFIGURED = "gate.most_bias=2.1"
MOVE = "mlflow:MlflowClient.set_registered_model_alias"


@pytest.fixture(scope="module")
def twin(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the finished project; other params make the same model another version."""
    twin = project.twin(tmp_path_factory.mktemp("twin"))
    twin.stage("params", CONFIGURED)
    return twin


@pytest.fixture(scope="module")
def old(twin: Project) -> str:
    """The champion before all this, and the first one, whatever other tests made of it."""
    number = champion(twin)
    if "former" in registry(twin).get_model_version(NAME, number).tags:
        registry(twin).delete_model_version_tag(NAME, number, "former")
    return number


@pytest.fixture(scope="module")
def new(twin: Project, old: str) -> str:
    """The challenger."""
    twin.stage("track")
    newest = versions(twin)[-1]
    assert newest != old
    return newest


def registry(project: Project) -> mlflow.MlflowClient:
    uri = f"sqlite:///{project.root}/mlflow.db"
    return mlflow.MlflowClient(uri, uri)


def champion(project: Project) -> str:
    """The version that the alias names."""
    return str(registry(project).get_model_version_by_alias(NAME, "champion").version)


def versions(project: Project) -> list[str]:
    """All registered versions, oldest first."""
    found = registry(project).search_model_versions(f"name = '{NAME}'")
    return sorted((str(v.version) for v in found), key=int)


def replaced(project: Project) -> bool:
    """What the last promotion says to Jenkins: whether there is a champion to go back to."""
    return json.loads((project.root / "reports/promotion.json").read_text())["replaced"]


def halted(project: Project, signal: str, place: str, stage: str) -> str:
    """Run a stage that gets the signal at a place and dies of it."""
    command = ("python", "-m", "tests.drills.halted", signal, place, stage)
    return project.run(*command, status=-9)


def published(cassandra: Address) -> pd.DataFrame:
    """The table `scores`, in the order of data/scores."""
    names = SCORES.schema.names
    with Cluster([cassandra.host], port=cassandra.port) as cluster:
        rows = cluster.connect(KEYSPACE).execute(f"SELECT {', '.join(names)} FROM scores").all()
    scores = pd.DataFrame(rows, columns=names).sort_values("customer_id", ignore_index=True)
    return scores.assign(as_of=scores["as_of"].astype(str))


def scored(project: Project) -> pd.DataFrame:
    """data/scores."""
    scores = pd.read_parquet(project.root / SCORED).sort_values("customer_id", ignore_index=True)
    return scores.assign(as_of=scores["as_of"].astype(str))


def test_a_registry_that_is_down_is_one_clear_line_and_nothing_moves(twin, old):
    with drilled("MLflow down before promote") as outcome:
        nowhere = f"http://anna:secret@127.0.0.1:{free_port('127.0.0.1')}"
        away = replace(
            twin,
            environment=twin.environment
            | {"MLFLOW_TRACKING_URI": nowhere, "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"},
        )
        output = away.stage("promote", status=1)
        assert "MLflow does not answer" in output
        assert len(output.splitlines()) == 1
        assert "secret" not in output + (twin.root / "logs/stages.jsonl").read_text()
        assert champion(twin) == old
        outcome.said = "one line, exit 1; champion as before"


def test_a_promotion_killed_before_the_alias_moves_leaves_the_champion(twin, old, new):
    with drilled("SIGKILL between `former` and `champion`") as outcome:
        halted(twin, "SIGKILL", f"{MOVE}=champion", "promote")
        assert champion(twin) == old
        assert registry(twin).get_model_version(NAME, old).tags.get("former") is None
        outcome.said = f"version {old} is champion, as before"


def test_a_challenger_that_ranks_worse_than_the_champion_does_not_pass(twin, old, new):
    model = twin.root / "models/holdout/model.json"
    sound = model.read_text()
    blind = json.loads(sound)
    blind["columns"] = blind["columns"][::-1]  # each figure is taken for another
    model.unlink()
    model.write_text(json.dumps(blind))
    try:
        twin.stage("gate", status=1)
        said = twin.stage("promote", status=1)
    finally:
        model.write_text(sound)
    assert f"FAIL Gini over the champion (version {old})" in said
    assert "stays challenger" in said
    assert json.loads((twin.root / "reports/gate.json").read_text())["against"]["high"] < 0
    assert champion(twin) == old


def test_of_two_promotions_at_once_one_promotes_and_the_other_finds_it_done(twin, old, new):
    with drilled("two promotions at once") as outcome:
        both = [twin.start("python", "-m", "stages.promote") for _ in range(2)]
        told = [process.communicate()[0] for process in both]
        assert [process.returncode for process in both] == [0, 0], told
        first, second = sorted(told, key=lambda text: "already" in text.splitlines()[-2])
        assert f"Gini over the champion (version {old})" in first
        assert f"version {new} is champion\n" in first
        assert f"version {new} is champion already" in second
        assert champion(twin) == new
        assert replaced(twin) is False  # by the second
        outcome.said = "the second waited and found it done"


def test_a_rollback_publishes_the_former_scores_though_the_new_ones_came_halfway(
    project, twin, old, new, cassandra
):
    with drilled("SIGKILL of score after publishing, then rollback") as outcome:
        halted(twin, "SIGKILL", "stages.adapters.registry:note", "score")
        assert set(published(cassandra)["model_version"]) == {new}
        assert f"version {old} is champion again" in twin.make("rollback")
        assert champion(twin) == old
        pd.testing.assert_frame_equal(published(cassandra), scored(project))
        pd.testing.assert_frame_equal(scored(twin), scored(project))
        moved = json.loads((twin.root / "reports/migration.json").read_text())
        assert [moved[end]["model_version"] for end in ("from", "to")] == [new, old]
        assert (moved["changed"]["customers"], moved["changed"]["changed"]) == (2469, 0)
        outcome.said = f"the scores of version {old} are back, to the last digit"


def test_what_was_rolled_back_comes_back_only_by_force(twin, old, new):
    with drilled("promote after a rollback") as outcome:
        assert "nothing has changed" in twin.stage("detect", status=3)
        assert f"version {new} was rolled back and stays so" in twin.stage("promote")
        assert (champion(twin), replaced(twin)) == (old, False)
        forced = replace(twin, environment=twin.environment | {"FORCE": "1"})
        assert f"version {new} is champion" in forced.stage("promote")
        assert replaced(twin) is True
        twin.stage("params", "source=berka")
        said = twin.stage("rollback", status=1)
        assert f"version {old} was made from the source complete_journey, the data here" in said
        twin.stage("params", CONFIGURED)
        twin.stage("rollback")
        assert champion(twin) == old
        outcome.said = f"version {new} stayed away; FORCE=1 promoted it"


def test_a_result_that_was_not_tracked_is_not_judged(twin):
    metrics = twin.root / "reports/metrics.json"
    tracked = metrics.read_bytes()
    metrics.unlink()
    metrics.write_bytes(tracked + b" ")
    try:
        assert "not those that were tracked: `make rebuild` first" in twin.stage("gate", status=1)
    finally:
        metrics.write_bytes(tracked)


def test_a_lost_result_is_not_tracked_again_as_made_from_what_came_later(twin):
    database = twin.root / "mlflow.db"
    aside = database.rename(twin.root / "aside.db")
    try:
        with twin.configured("seed=1"):
            said = twin.stage("promote", status=1)
        assert "no longer those that it was made from: `make rebuild` first" in said
    finally:
        aside.replace(database)


def test_a_former_champion_that_does_not_score_comes_back_never_and_by_force_the_one_before_it(
    twin, old, new
):
    said = twin.run("python", "-m", "tests.integration.versions", "no score")
    broken = said.split("version=")[-1].split()[0]
    client = registry(twin)
    client.set_model_version_tag(NAME, old, "former", f"{broken} {new} 1")
    said = twin.stage("rollback", status=1)
    assert f"version {broken} does not score its own example" in said
    assert "with FORCE=1 to the champion before it" in said
    assert champion(twin) == old
    forced = replace(twin, environment=twin.environment | {"FORCE": "1"})
    assert f"version {new} is champion again, in place of {old}" in forced.stage("rollback")
    assert client.get_model_version(NAME, new).tags["former"] == "1"
    client.set_registered_model_alias(NAME, "champion", old)
    client.delete_model_version_tag(NAME, new, "former")
    for tag in ("former", "refused"):
        client.delete_model_version_tag(NAME, old, tag)


def test_a_first_champion_has_nothing_to_roll_back_to(twin, old):
    assert "there is no former champion" in twin.stage("rollback", status=1)
    assert champion(twin) == old


@pytest.mark.full
def test_a_published_score_is_computed_again_from_its_version_and_data(twin, old):
    customer = scored(twin)["customer_id"].iloc[7]
    assert "the same score: model " in twin.stage("replay", customer, old)


@pytest.mark.full
def test_a_version_that_came_without_its_alias_is_found_again(twin):
    with drilled("SIGKILL between register and `challenger`") as outcome:
        twin.stage("params", "gate.most_bias=2.2")
        halted(twin, "SIGKILL", f"{MOVE}=challenger", "track")
        before = versions(twin)
        assert "has this result already" in twin.stage("track")
        assert versions(twin) == before
        alias = registry(twin).get_model_version_by_alias(NAME, "challenger")
        assert str(alias.version) == before[-1]
        outcome.said = f"version {before[-1]} was found again, none is twice"


@pytest.mark.full
def test_a_broken_model_made_challenger_by_hand_is_not_promoted(twin, old):
    with drilled("a broken model as challenger, by hand") as outcome:
        client, broken = registry(twin), twin.root / "broken"
        (broken / "MLmodel").parent.mkdir()
        (broken / "MLmodel").write_text("flavors: {python_function: {loader_module: nothing}}\n")
        result = client.get_model_version_by_alias(NAME, "challenger")
        by_hand = client.create_model_version(
            NAME, broken.as_uri(), tags={"content": result.tags["content"]}
        )
        client.set_registered_model_alias(NAME, "challenger", by_hand.version)
        output = twin.stage("promote")
        assert f"version {by_hand.version} does not load" in output
        assert champion(twin) == versions(twin)[-1] != str(by_hand.version)
        outcome.said = f"version {by_hand.version} refused, the result registered again, promoted"


@pytest.mark.full
def test_a_champion_whose_files_are_gone_is_said_and_promoted_again(twin, cassandra):
    with drilled("the champion's files are gone") as outcome:
        client, lost = registry(twin), champion(twin)
        shutil.rmtree(urlparse(client.get_model_version_download_uri(NAME, lost)).path)
        output = twin.stage("score", status=1)
        assert f"version {lost} does not load" in output
        assert "`make promote`" in output
        assert f"version {lost} does not load" in twin.stage("promote")
        assert champion(twin) == versions(twin)[-1] != lost
        twin.stage("score")
        assert set(published(cassandra)["model_version"]) == {champion(twin)}
        outcome.said = "score says so; promote registers the result again"


@pytest.mark.full
def test_the_way_back_leads_past_a_version_that_is_gone(project, twin, old, cassandra):
    with drilled("rollback after the champion's files were gone") as outcome:
        twin.stage("rollback")
        assert champion(twin) == old
        twin.stage("score")
        pd.testing.assert_frame_equal(published(cassandra), scored(project))
        outcome.said = f"version {old} is champion, its scores are published"
