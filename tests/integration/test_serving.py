"""`make serve` answers what the batch computed, and what plain `mlflow models serve` answers."""

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import date

import pandas as pd
import pyarrow.dataset as ds
import pytest

from stages.adapters.files import read_json
from stages.adapters.paths import ROOT
from stages.domain.spec import Spec
from stages.serving.interface import ANSWER, example
from tests.domain.parity import assert_same
from tests.integration.endpoint import JSON, Endpoint, row
from tests.integration.project import Project
from tests.integration.served import answering


@pytest.fixture(scope="module")
def endpoint(project: Project) -> Iterator[Endpoint]:
    with Endpoint.serving(project) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def plain(project: Project) -> Iterator[Endpoint]:
    """MLflow's own server of the same model."""
    command = ("make", "serve-plain", "--old-file", ".venv/bin/.ready")
    with Endpoint.serving(project, *command) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def records(project: Project) -> list[dict]:
    """Transactions of every 60th customer, as a caller would send them."""
    scores = scores_of(project)
    some = scores.sort_values("expected_spend").index[::60].tolist()
    kept = ds.field("customer_id").isin(some)
    rows = ds.dataset(project.root / "data/raw/transactions").to_table(filter=kept).to_pandas()
    rows = rows.drop(columns=["channel", "quantity"]).astype({"amount": float, "discount": float})
    rows["booked_at"] = rows["booked_at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return rows.astype(object).where(rows.notna(), None).to_dict("records")


def scores_of(project: Project) -> pd.DataFrame:
    return pd.read_parquet(project.root / "data/scores/scores.parquet").set_index("customer_id")


def test_every_customer_has_the_same_features_online_as_in_the_batch(project):
    model = read_json(project.root / "models/capability/model.json")
    spec = Spec(**{k: tuple(v) if isinstance(v, list) else v for k, v in model["spec"].items()})
    transactions = ds.dataset(project.root / "data/raw/transactions").to_table()
    assert assert_same(transactions, date.fromisoformat(model["as_of"]), spec) == 2469


def test_a_served_score_equals_the_published_one(project, endpoint, records):
    status, answer = endpoint.score(records)
    assert status == 200
    assert list(answer["predictions"][0]) == list(ANSWER)
    served = pd.DataFrame(answer["predictions"]).set_index("customer_id")
    scores = scores_of(project).loc[served.index]
    assert len(served) == len({r["customer_id"] for r in records})
    for figure in ("expected_spend", "low", "high", "percentile"):
        assert ((served[figure] - scores[figure]).abs() <= 1e-9 * scores[figure].abs()).all()
    for name in ("tier", "momentum", "segment", "style", "confidence", "model_version"):
        assert (served[name] == scores[name]).all()
    assert (served["reasons"].map(len) == 2).all()


@pytest.mark.parametrize("customers", [1, 7])
@pytest.mark.parametrize("params", [{}, {"as_of": "2017-10-01"}])
def test_the_fast_path_answers_what_mlflows_app_answers_to_the_byte(
    endpoint, plain, records, customers, params
):
    some = sorted({r["customer_id"] for r in records})[:customers]
    sent = [r for r in records if r["customer_id"] in some]
    body = json.dumps({"dataframe_records": sent} | ({"params": params} if params else {}))
    before = counted(endpoint, "fast")
    ours, theirs = (e.raw("POST", "/invocations", body, JSON) for e in (endpoint, plain))
    assert counted(endpoint, "fast") == before + 1
    assert (ours[0], theirs[0]) == (200, 200)
    assert ours[2] == theirs[2]


@pytest.mark.parametrize("form", ["dataframe_split", "instances", "parquet"])
def test_other_forms_of_a_request_are_answered_by_mlflows_app_alike(endpoint, plain, form):
    rows = pd.DataFrame([row(), row(customer_id="ben", amount=-3.5)])
    if form == "parquet":
        body, kind = rows.to_parquet(), "application/vnd.apache.parquet"
    else:
        orient = {"dataframe_split": "split", "instances": "records"}[form]
        body, kind = json.dumps({form: rows.to_dict(orient)}), "application/json"
    before = counted(endpoint, "mlflow")
    ours, theirs = (
        e.raw("POST", "/invocations", body, {"Content-Type": kind}) for e in (endpoint, plain)
    )
    assert counted(endpoint, "mlflow") == before + 1
    assert (ours[0], ours[2]) == (200, theirs[2])
    assert (
        ours[2]
        == endpoint.raw(
            "POST", "/invocations", json.dumps({"dataframe_records": rows.to_dict("records")}), JSON
        )[2]
    )


def counted(endpoint: Endpoint, by: str) -> float:
    text = endpoint.raw("GET", "/metrics")[2].decode()
    found = re.search(rf'^purchasing_invocations_total{{by="{by}"}} (\S+)$', text, re.MULTILINE)
    return float(found.group(1)) if found else 0.0


def test_a_lapsed_customer_is_scored_as_of_the_models_date_not_of_their_newest_row(endpoint):
    _, answer = endpoint.score([row(booked_at="2017-03-01T10:00:00")])
    assert answer["predictions"][0]["as_of"] == "2018-01-02"
    _, fresh = endpoint.score([row(booked_at="2018-01-01T10:00:00")])
    lapsed, active = (a["predictions"][0]["expected_spend"] for a in (answer, fresh))
    assert lapsed < active


def test_as_of_may_be_asked_for_and_what_is_booked_since_is_not_looked_at(endpoint):
    later = row(booked_at="2018-03-01T00:00:00", amount=900.0)
    _, with_it = endpoint.score([row(), later], as_of="2018-03-01")
    _, without = endpoint.score([row()], as_of="2018-03-01")
    assert with_it == without
    assert with_it["predictions"][0]["as_of"] == "2018-03-01"


def test_an_instant_means_the_same_however_it_is_written(endpoint):
    texts = ("2017-12-20T10:00:00", "2017-12-20T10:00:00Z", "2017-12-20T11:00:00+01:00")
    answers = [endpoint.score([row(booked_at=text)]) for text in texts]
    assert answers[0][0] == 200
    assert answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize(
    ("records", "params", "reason"),
    [
        ([row(customer_id="")], {}, "customer_id is missing"),
        ([row(kind="gift")], {}, "kind is none of"),
        ([row(amount=None)], {}, "amount is missing or not a finite number"),
        ([row(amount="anna")], {}, "amount: numbers are expected"),
        ([row(booked_at="soon")], {}, "booked_at is missing or not a date"),
        ([row(booked_at="2090-01-01")], {}, "booked_at is in the future"),
        ([{"customer_id": "anna", "amount": 62.4}], {}, "every transaction needs booked_at"),
        ([], {}, "there is no transaction"),
        ([row()], {"as_of": "soon"}, "params.as_of: give a date as YYYY-MM-DD"),
    ],
)
def test_a_bad_request_names_the_field_and_echoes_no_row(endpoint, records, params, reason):
    status, answer = endpoint.score(records, **params)
    assert status == 400
    assert reason in answer["message"]
    assert "62.4" not in json.dumps(answer)
    assert "anna" not in json.dumps(answer)


@pytest.mark.parametrize("form", ["dataframe_records", "dataframe_split", "instances", "inputs"])
def test_a_parameter_that_is_not_known_is_refused_in_every_form(endpoint, form):
    rows = pd.DataFrame([row()])
    orient = {"dataframe_split": "split", "inputs": "list"}.get(form, "records")
    content = {form: rows.to_dict(orient)}
    named = endpoint.ask("POST", "/invocations", content | {"params": {"as_of": "2018-02-01"}})
    assert (named[0], named[1]["predictions"][0]["as_of"]) == (200, "2018-02-01")
    status, answer = endpoint.ask(
        "POST", "/invocations", content | {"params": {"asof": "2018-02-01"}}
    )
    assert (status, answer["message"]) == (
        400,
        'refused: params may hold "as_of" and nothing else',
    )
    status, answer = endpoint.ask("POST", "/invocations", content | {"as_of": "2018-02-01"})
    assert (status, answer["message"].endswith("perhaps params, and nothing else")) == (400, True)


@pytest.mark.parametrize("kind", ["Application/JSON", 'application/json; charset="utf-8"'])
def test_json_is_known_however_its_name_is_written(endpoint, kind):
    split = {"dataframe_split": pd.DataFrame([row()]).to_dict("split")}
    for content in ({"dataframe_records": [row()]}, split):
        body, headers = json.dumps(content), {"Content-Type": kind}
        assert endpoint.raw("POST", "/invocations", body, headers)[0] == 200


def test_a_published_score_is_found_by_its_id_and_the_version_is_in_every_answer(project, endpoint):
    scores = scores_of(project)
    for customer in (scores.index[0], scores.index[1234], scores.index[-1]):
        status, headers, body = endpoint.raw("GET", f"/customers/{customer}")
        found = json.loads(body)
        assert (status, found["customer_id"]) == (200, customer)
        assert found["expected_spend"] == scores.loc[customer, "expected_spend"]
        assert found["as_of"] == "2018-01-02"
        assert headers["x-model-version"] == "1"
    others = [("GET", "/customers/nobody"), ("POST", "/invocations"), ("GET", "/health")]
    answers = [endpoint.raw(*asked, "[]", JSON) for asked in others]
    assert [status for status, _, _ in answers] == [404, 400, 200]
    assert {headers["x-model-version"] for _, headers, _ in answers} == {"1"}
    status, answer = endpoint.ask("GET", "/customers/nobody-of-that-name")
    assert (status, answer["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert "nobody" not in answer["message"]


def test_segments_and_health_are_told(project, endpoint):
    assert endpoint.ask("GET", "/segments")[1] == read_json(project.root / "reports/segments.json")
    health = endpoint.ask("GET", "/health")[1]
    assert (health["model_version"], health["problem"]) == ("1", None)
    assert health["scores"]["customers"] == 2469


def test_the_openapi_page_has_examples_that_work(endpoint):
    status, headers, _ = endpoint.raw("GET", "/")
    assert (status, headers["location"]) == (307, "/docs")
    status, _, shown = endpoint.raw("GET", "/docs")
    assert (status, b"://" in shown) == (200, False)  # no foreign host
    files = re.findall(rb'(?:src|href)="([^"]+)', shown)
    assert len(files) == 3
    assert [endpoint.raw("GET", file.decode())[0] for file in files] == [200] * 3
    assert endpoint.raw("GET", "/redoc")[0] == 404  # MLflow's app has a page with foreign scripts
    page = endpoint.ask("GET", "/openapi.json")[1]
    sent = page["paths"]["/invocations"]["post"]["requestBody"]["content"]["application/json"]
    _, answer = endpoint.ask("POST", "/invocations", sent["example"])
    assert [p["customer_id"] for p in answer["predictions"]] == ["anna", "ben"]


def test_the_curl_of_the_readme_works_as_pasted(endpoint):
    command = re.search(r"curl -s .*?\n  \]}'", (ROOT / "README.md").read_text(), re.DOTALL)
    assert command is not None
    pasted = command.group().replace("127.0.0.1:5001", f"127.0.0.1:{endpoint.port}")
    done = subprocess.run(pasted, shell=True, capture_output=True, text=True, check=True)
    assert [p["customer_id"] for p in json.loads(done.stdout)["predictions"]] == ["anna", "ben"]


def test_the_smoke_test_passes(project, endpoint):
    said = project.run("make", "smoke", f"SERVE_PORT={endpoint.port}", "-o", ".venv/bin/.ready")
    assert "serves version 1 as it should" in said


def test_the_smoke_test_fails_where_the_champion_answers_with_other_figures(project):
    asked = example(date(2018, 1, 2))["customer_id"].unique()
    other = [{"customer_id": c, "expected_spend": 1.0, "model_version": "1"} for c in asked]
    with answering({"predictions": other, "problem": None}) as url:
        said = project.run("env", f"SERVE_URL={url}", "python", "-m", "stages.smoke", status=1)
    assert f"{url} serves other figures than version 1 gives" in said
