"""Smoke test: the served champion answers its own example as it did when it was registered."""

import json
import logging
import urllib.request
from typing import Any

import mlflow

from stages.adapters import registry
from stages.adapters.logs import stage
from stages.domain.errors import UserError
from stages.serving import interface, trial
from stages.serving.settings import Settings

log = logging.getLogger(__name__)
SECONDS = 30.0


@stage
def main() -> None:
    """Ask the endpoint that SERVE_HOST and SERVE_PORT name; UserError where anything is amiss."""
    settings = Settings.of()
    registry.connect()
    health = _ask(settings, "/health")
    if health["problem"]:
        raise UserError(f"version {health['model_version']} serves, but: {health['problem']}")
    version = health["model_version"]
    info = mlflow.models.get_model_info(f"models:/{registry.NAME}/{version}")
    answer = _ask(settings, "/invocations", interface.example_request(health["as_of"]))
    if not trial.same(answer["predictions"], (info.metadata or {})[trial.ANSWER]):
        raise UserError(f"version {version} does not answer its example as it did when registered")
    log.info("version %s answers its example as it did when it was registered", version)


def _ask(settings: Settings, path: str, content: dict[str, Any] | None = None) -> dict[str, Any]:
    address = f"http://{settings.host}:{settings.port}{path}"
    body = json.dumps(content).encode() if content else None
    headers = {"Content-Type": "application/json", "X-API-Key": settings.api_key}
    try:
        request = urllib.request.Request(address, body, headers)
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json.load(answer)
    except OSError as error:
        raise UserError(
            f"{address} does not answer: {error}; start it with `make serve`"
        ) from error


if __name__ == "__main__":
    main()
