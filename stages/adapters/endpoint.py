"""A running endpoint, as our own commands and the UI talk to it."""

import os
from typing import Any

import requests

URL = "SERVE_URL"  # environment: where it is, by default where `make serve` starts it
KEY = "SERVE_API_KEY"  # environment: what it asks for, if anything
SECONDS = 30.0


def address() -> str:
    """Where the endpoint is."""
    return (os.environ.get(URL) or "http://127.0.0.1:5001").rstrip("/")


def post(path: str, content: dict[str, Any] | None = None) -> requests.Response:
    """POST JSON to the endpoint; raises requests' exceptions where nobody answers."""
    key = os.environ.get(KEY)
    return requests.post(
        f"{address()}{path}",
        json=content,
        headers={"X-API-Key": key} if key else {},
        timeout=SECONDS,
    )


def problem() -> str | None:
    """Why the endpoint does not serve the champion; None where nothing is wrong or none says."""
    try:
        return requests.get(f"{address()}/health", timeout=SECONDS).json()["problem"]
    except (requests.RequestException, KeyError, TypeError):
        return None  # MLflow's own server has an empty answer
