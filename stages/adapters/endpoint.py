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


def shown() -> str:
    """The same for people: without a user's name or password."""
    scheme, mark, rest = address().rpartition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}"


def post(path: str, content: dict[str, Any] | None = None) -> requests.Response:
    """POST JSON to the endpoint; raises requests' exceptions where nobody answers."""
    key = os.environ.get(KEY, "").strip()  # files of secrets end their line
    return requests.post(
        f"{address()}{path}",
        json=content,
        headers={"X-API-Key": key} if key else {},
        timeout=SECONDS,
    )


def problem() -> str | None:
    """What the endpoint serves and why not the champion; None where all is well or none says."""
    try:
        health = requests.get(f"{address()}/health", timeout=SECONDS).json()
        if health["problem"]:
            return f"serves version {health['model_version']}, but: {health['problem']}"
    except (requests.RequestException, KeyError, TypeError):
        pass  # nobody is there, or MLflow's own server, whose answer is empty
    return None
