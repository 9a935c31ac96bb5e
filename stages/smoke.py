"""Smoke: the endpoint at SERVE_URL answers as the champion, with the champion's own figures."""

import logging
import time
from typing import Any

import pandas as pd
import requests

from stages.adapters import aliases, endpoint, registry
from stages.adapters.logs import stage
from stages.domain.errors import UserError
from stages.serving import interface

log = logging.getLogger(__name__)
SECONDS = 60  # in which it must serve the champion: it may just be starting or reloading


@stage
def main() -> None:
    """Ask for the champion's own example; UserError unless the champion answers, and rightly."""
    champion = aliases.find(registry.connect(), "champion")
    if champion is None:
        raise UserError("there is no champion to ask for: run `make promote`")
    url = endpoint.address()
    _check(url)
    model = registry.load(champion)
    example = interface.example(model.unwrap_python_model().model.as_of)
    served = pd.DataFrame(_ask(url, example, str(champion.version))).set_index("customer_id")
    own = pd.DataFrame(model.predict(example)).set_index("customer_id")
    expected = own["expected_spend"]
    difference = (served["expected_spend"] - expected).abs()
    if set(served.index) != set(expected.index) or (difference > 1e-9 * expected).any():
        raise UserError(f"{url} serves other figures than version {champion.version} gives")
    log.info("%s serves version %s as it should", url, champion.version)


def _check(url: str) -> None:
    """UserError where the endpoint itself says why it does not serve the champion."""
    if problem := endpoint.problem():
        raise UserError(f"{url} {problem}")


def _ask(url: str, example: pd.DataFrame, version: str) -> list[dict[str, Any]]:
    """The answer of `version` at `url`, waited for; UserError when another or none answers."""
    rows = example.assign(booked_at=example["booked_at"].dt.strftime("%Y-%m-%dT%H:%M:%S"))
    body = {"dataframe_records": rows.to_dict("records")}
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            answer = endpoint.post("/invocations", body)
            said = f"answers {answer.status_code}"
            if answer.status_code == 200:
                served = answer.json()["predictions"]
                said = f"serves version {served[0]['model_version']}"
                if served[0]["model_version"] == version:
                    return list(served)
                _check(url)
        except requests.RequestException:
            said = "does not answer"
        if time.monotonic() > deadline:
            raise UserError(f"{url} {said}; version {version} is champion: see its log")
        time.sleep(1)


if __name__ == "__main__":
    main()
