"""MLflow's own scoring server, as `make serve` starts it, answers what the batch computed."""

import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pyarrow.dataset as ds
import pytest

from stages.adapters.local.listening import free_port
from stages.adapters.paths import ROOT
from tests.integration.project import Project

SECONDS_TO_START = 90
COLUMNS = ["customer_id", "expected_spend", "percentile", "tier", "model_version", "as_of"]


@pytest.fixture(scope="module")
def endpoint(project: Project) -> Iterator[str]:
    """The address of a serving process of our own."""
    port = free_port("127.0.0.1")
    process = project.start("make", "serve", f"SERVE_PORT={port}", "--old-file", ".venv/bin/.ready")
    try:
        deadline = time.monotonic() + SECONDS_TO_START
        while not answers(f"http://127.0.0.1:{port}/ping"):
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline, "serving did not start"
            time.sleep(0.3)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def answers(address: str) -> bool:
    try:
        return urllib.request.urlopen(address, timeout=5).status == 200
    except OSError:
        return False


def ask(endpoint: str, **body: Any) -> tuple[int, dict]:
    """POST to /invocations; return status and answer."""
    request = urllib.request.Request(
        f"{endpoint}/invocations", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def row(**replaced: Any) -> dict:
    return {"customer_id": "anna", "booked_at": "2017-12-20T10:00:00", "amount": 62.4} | replaced


def test_a_served_score_equals_the_published_one(project, endpoint):
    scores = pd.read_parquet(project.root / "data/scores/scores.parquet").set_index("customer_id")
    some = scores.sort_values("expected_spend").index[::60].tolist()
    raw = ds.dataset(project.root / "data/raw/transactions").to_table(
        filter=ds.field("customer_id").isin(some)
    )
    rows = raw.to_pandas().drop(columns=["channel", "region", "quantity"])
    rows = rows.astype({"amount": float, "discount": float})
    rows["booked_at"] = rows["booked_at"].dt.strftime("%Y-%m-%dT%H:%M:%S.%f")
    status, answer = ask(endpoint, dataframe_records=rows.to_dict("records"))
    assert status == 200
    served = pd.DataFrame(answer["predictions"]).set_index("customer_id")
    assert sorted(served.index) == sorted(some)
    assert list(answer["predictions"][0]) == COLUMNS
    for figure in ("expected_spend", "percentile"):
        difference = (served[figure] - scores.loc[served.index, figure]).abs()
        assert (difference <= 1e-9 * scores.loc[served.index, figure].abs()).all()
    assert (served["tier"] == scores.loc[served.index, "tier"]).all()


def test_a_lapsed_customer_is_scored_as_of_the_models_date_not_of_their_newest_row(endpoint):
    _, answer = ask(endpoint, dataframe_records=[row(booked_at="2017-03-01T10:00:00")])
    assert answer["predictions"][0]["as_of"] == "2018-01-02"
    _, fresh = ask(endpoint, dataframe_records=[row(booked_at="2018-01-01T10:00:00")])
    lapsed, active = (a["predictions"][0]["expected_spend"] for a in (answer, fresh))
    assert lapsed < active


def test_as_of_may_be_asked_for(endpoint):
    status, answer = ask(endpoint, dataframe_records=[row()], params={"as_of": "2018-03-01"})
    assert (status, answer["predictions"][0]["as_of"]) == (200, "2018-03-01")


@pytest.mark.parametrize(
    ("records", "params", "reason"),
    [
        ([row(customer_id="")], {}, "customer_id is missing"),
        ([row(kind="gift")], {}, "kind is none of"),
        ([row()], {"as_of": "soon"}, "params.as_of: give a date as YYYY-MM-DD"),
    ],
)
def test_a_bad_request_names_the_field_and_echoes_no_row(endpoint, records, params, reason):
    status, answer = ask(endpoint, dataframe_records=records, params=params)
    assert status == 400
    assert reason in answer["message"]
    assert "62.4" not in json.dumps(answer)


def test_the_curl_of_the_readme_works_as_pasted(endpoint):
    command = re.search(r"curl -s .*?\n  \]}'", (ROOT / "README.md").read_text(), re.DOTALL)
    assert command is not None
    pasted = command.group().replace("http://127.0.0.1:5001", endpoint)
    done = subprocess.run(pasted, shell=True, capture_output=True, text=True, check=True)
    assert [p["customer_id"] for p in json.loads(done.stdout)["predictions"]] == ["anna", "ben"]
