"""The alias moves, and the endpoint with it: no request fails, and no version that is broken."""

import asyncio
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import mlflow
import pandas as pd
import pytest
from starlette.requests import Request

from stages.adapters import registry
from stages.serving.app import create
from stages.serving.champion import Champion
from stages.serving.settings import Settings
from tests.integration.endpoint import JSON, Endpoint, row
from tests.integration.project import Project

ROWS = [row(), row(booked_at="2017-11-02T18:00:00", amount=30.0), row(customer_id="ben")]
MOVES = 20
BROKEN = ("no load", "no score", "other code")


@pytest.fixture(scope="module")
def client(project: Project) -> Iterator[mlflow.MlflowClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", "")  # which the next line sets, too
        mlflow.set_tracking_uri(f"sqlite:///{project.root}/mlflow.db")
        yield mlflow.MlflowClient()
    mlflow.set_tracking_uri(None)


@pytest.fixture(scope="module")
def endpoint(project: Project) -> Iterator[Endpoint]:
    with Endpoint.serving(project, poll="0.2", rate="0") as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def versions(project: Project) -> dict[str, str]:
    """Versions registered by hand, by their kind."""
    said = project.run("python", "-m", "tests.integration.versions", "1.5", *BROKEN)
    return dict(zip(("1.5", *BROKEN), re.findall(r"version=(\d+)", said), strict=True))


@pytest.fixture
def move(client, endpoint) -> Iterator[Callable[[str], None]]:
    """Give the alias to a version by hand; afterwards it is the first one's again, and serves."""
    yield lambda version: client.set_registered_model_alias(registry.NAME, "champion", version)
    client.set_registered_model_alias(registry.NAME, "champion", "1")
    wait(lambda: (health(endpoint)["model_version"], health(endpoint)["problem"]) == ("1", None))


def wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def health(endpoint: Endpoint) -> dict[str, Any]:
    return endpoint.ask("GET", "/health")[1]


def refusals(endpoint: Endpoint) -> float:
    """How many versions it has refused so far."""
    said = endpoint.raw("GET", "/metrics")[2].decode()
    return float(re.search(r"^purchasing_refused_versions (\S+)$", said, re.MULTILINE)[1])


def offline(version: str) -> dict[str, float]:
    """What a version answers when it is loaded as anyone would."""
    model = mlflow.pyfunc.load_model(f"models:/{registry.NAME}/{version}")
    return dict(model.predict(pd.DataFrame(ROWS))[["customer_id", "expected_spend"]].to_numpy())


def test_no_request_fails_while_the_alias_moves_and_each_is_answered_by_the_version_it_names(
    endpoint, versions, move
):
    both = ["1", versions["1.5"]]
    expected = {version: offline(version) for version in both}
    body, answers, failures = json.dumps({"dataframe_records": ROWS}), [], []
    done = threading.Event()

    def ask() -> None:
        connection = endpoint.connection()
        while not done.is_set():
            try:
                connection.request("POST", "/invocations", body, JSON)
                answer = connection.getresponse()
                answers.append((answer.status, answer.getheader("x-model-version"), answer.read()))
            except (OSError, HTTPException) as error:
                failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for number in range(1, MOVES + 1):
            move(both[number % 2])
            wait(lambda served=both[number % 2]: health(endpoint)["model_version"] == served)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert {status for status, _, _ in answers} == {200}
    seen = set()
    for _, named, content in answers:
        predictions = json.loads(content)["predictions"]
        assert {p["model_version"] for p in predictions} == {named}
        assert {p["customer_id"]: p["expected_spend"] for p in predictions} == expected[named]
        seen.add(named)
    assert seen == set(both)


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_version_given_the_alias_by_hand_leaves_the_old_one_serving(
    project, endpoint, versions, move, kind
):
    version, refused = versions[kind], refusals(endpoint)
    move(version)
    wait(lambda: health(endpoint)["problem"] is not None)
    said = health(endpoint)
    assert said["model_version"] == "1"
    assert said["problem"].startswith(f"version {version} does not")
    assert "secret" not in said["problem"]
    assert endpoint.score(ROWS)[1]["predictions"][0]["model_version"] == "1"
    assert refusals(endpoint) == refused + 1
    said = project.run(
        "make", "smoke", f"SERVE_PORT={endpoint.port}", "-o", ".venv/bin/.ready", status=2
    )
    assert f"serves version 1, but: version {version}" in said


def test_a_version_whose_files_could_not_be_had_is_tried_again(
    project, client, versions, move, monkeypatch
):
    monkeypatch.setattr("stages.serving.champion.AGAIN", 3)
    champion = Champion(client)
    place = client.get_model_version_download_uri(registry.NAME, versions["1.5"])
    files = Path(urlsplit(place).path)
    away = files.rename(files.with_suffix(".away"))
    try:
        move(versions["1.5"])
        champion.refresh()
    finally:
        away.rename(files)
    champion.refresh()
    assert (champion.served.version, champion.failures) == ("1", 1)
    assert champion.problem.startswith(f"version {versions['1.5']} does not load")
    time.sleep(3)
    champion.refresh()
    assert (champion.served.version, champion.problem) == (versions["1.5"], None)


def test_reload_looks_at_once(project, versions, move):
    with Endpoint.serving(project, poll="600") as patient:
        move(versions["1.5"])
        assert health(patient)["model_version"] == "1"
        project.run("make", "reload", f"SERVE_PORT={patient.port}", "-o", ".venv/bin/.ready")
        assert health(patient)["model_version"] == versions["1.5"]


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


def test_the_alias_is_looked_at_though_requests_keep_every_thread_busy(
    project, client, monkeypatch
):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{project.root}/mlflow.db")
    serving = create(Settings())
    (reload,) = (route.endpoint for route in serving.routes if route.path == "/reload")
    near, far = (
        Request({"type": "http", "client": (host, 1), "headers": []})
        for host in ("127.0.0.1", "10.0.0.1")
    )

    async def asked() -> int:
        loop, done = asyncio.get_running_loop(), threading.Event()
        loop.set_default_executor(ThreadPoolExecutor(1))
        busy = loop.run_in_executor(None, done.wait)
        try:
            async with asyncio.timeout(20):
                assert (await reload(far)).status_code == 403
                return (await reload(near)).status_code
        finally:
            done.set()
            await busy

    assert asyncio.run(asked()) == 200
