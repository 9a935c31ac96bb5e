"""The alias moves, and the endpoint with it: no request fails, and no version that is broken."""

import json
import threading
import time
from collections.abc import Callable, Iterator

import mlflow
import pandas as pd
import pytest

from stages.adapters import registry
from tests.integration.endpoint import JSON, Endpoint, row
from tests.integration.project import Project

ROWS = [row(), row(booked_at="2017-11-02T18:00:00", amount=30.0), row(customer_id="ben")]
MOVES = 20


@pytest.fixture(scope="module")
def client(project: Project) -> mlflow.MlflowClient:
    mlflow.set_tracking_uri(f"sqlite:///{project.root}/mlflow.db")
    return mlflow.MlflowClient()


@pytest.fixture
def move(client) -> Iterator[Callable[[str], None]]:
    """Give the alias to a version by hand; afterwards it is the first one's again."""
    yield lambda version: client.set_registered_model_alias(registry.NAME, "champion", version)
    client.set_registered_model_alias(registry.NAME, "champion", "1")


@pytest.fixture
def endpoint(project: Project) -> Iterator[Endpoint]:
    with Endpoint.serving(project, poll="0.2", rate="0") as endpoint:
        yield endpoint


def registered(project: Project, kind: str) -> str:
    said = project.run("python", "-m", "tests.integration.versions", kind)
    return said.split("version=")[-1].split()[0]


def wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def offline(version: str) -> dict[str, float]:
    """What a version answers when it is loaded as anyone would."""
    model = mlflow.pyfunc.load_model(f"models:/{registry.NAME}/{version}")
    return dict(model.predict(pd.DataFrame(ROWS))[["customer_id", "expected_spend"]].to_numpy())


def test_no_request_fails_while_the_alias_moves_and_each_is_answered_by_the_version_it_names(
    project, client, endpoint, move
):
    versions = ["1", registered(project, "1.5")]
    expected = {version: offline(version) for version in versions}
    body, answers, failures = json.dumps({"dataframe_records": ROWS}), [], []
    done = threading.Event()

    def ask() -> None:
        connection = endpoint.connection()
        while not done.is_set():
            try:
                connection.request("POST", "/invocations", body, JSON)
                answer = connection.getresponse()
                answers.append((answer.status, answer.getheader("x-model-version"), answer.read()))
            except OSError as error:
                failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for number in range(1, MOVES + 1):
            move(versions[number % 2])
            served = versions[number % 2]
            wait(lambda served=served: endpoint.ask("GET", "/health")[1]["model_version"] == served)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert {status for status, _, _ in answers} == {200}
    seen = set()
    for _, _, content in answers:
        predictions = json.loads(content)["predictions"]
        (version,) = {p["model_version"] for p in predictions}
        assert {p["customer_id"]: p["expected_spend"] for p in predictions} == expected[version]
        seen.add(version)
    assert seen == set(versions)


@pytest.mark.parametrize("kind", ["no load", "no score", "other code"])
def test_a_broken_version_given_the_alias_by_hand_leaves_the_old_one_serving(
    project, client, endpoint, move, kind
):
    version = registered(project, kind)
    move(version)
    wait(lambda: endpoint.ask("GET", "/health")[1]["problem"] is not None)
    health = endpoint.ask("GET", "/health")[1]
    assert health["model_version"] == "1"
    assert health["problem"].startswith(f"version {version} does not")
    assert "secret" not in health["problem"]
    assert endpoint.score(ROWS)[1]["predictions"][0]["model_version"] == "1"
    assert "purchasing_refused_versions 1.0" in endpoint.raw("GET", "/metrics")[2].decode()
    said = project.run(
        "make", "smoke", f"SERVE_PORT={endpoint.port}", "-o", ".venv/bin/.ready", status=2
    )
    assert f"serves version 1, but: version {version}" in said
    move("1")
    wait(lambda: endpoint.ask("GET", "/health")[1]["problem"] is None)


def test_reload_looks_at_once(project, client, move):
    version = registered(project, "1.5")
    with Endpoint.serving(project, poll="600") as endpoint:
        move(version)
        assert endpoint.ask("GET", "/health")[1]["model_version"] == "1"
        project.run("make", "reload", f"SERVE_PORT={endpoint.port}", "-o", ".venv/bin/.ready")
        assert endpoint.ask("GET", "/health")[1]["model_version"] == version


def test_scores_are_read_again_when_they_are_published(project, endpoint):
    path = project.root / "data/scores/scores.parquet"
    before = path.read_bytes()
    try:
        scores = pd.read_parquet(path)
        path.unlink()
        wait(lambda: endpoint.ask("GET", "/customers/1")[0] == 404)
        scores[scores["customer_id"] == "1"].assign(expected_spend=17.0).to_parquet(path)
        wait(lambda: endpoint.ask("GET", "/customers/1")[0] == 200)
        assert endpoint.ask("GET", "/customers/1")[1]["expected_spend"] == 17
    finally:
        path.write_bytes(before)
