"""The smoke test is not content with an endpoint that is down, or that serves another version."""

import json
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from stages import smoke
from stages.adapters.local.listening import free_port
from stages.domain.errors import UserError
from stages.serving import interface


class _Former(BaseHTTPRequestHandler):
    """An endpoint that did not take the new champion."""

    def do_POST(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"predictions": [{"model_version": "3"}]}).encode())

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def former() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Former)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def asked(url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the smoke test of version 4 says against `url`, without waiting."""
    monkeypatch.setattr(smoke, "SECONDS", 0)
    monkeypatch.setenv("SERVE_URL", url)
    with pytest.raises(UserError) as refused:
        smoke._ask(url, interface.example(date(2018, 1, 2)), "4")
    return str(refused.value)


def test_the_former_version_is_not_good_enough(former, monkeypatch):
    assert "serves version 3; version 4 is champion" in asked(former, monkeypatch)


def test_an_endpoint_that_is_down_is_said_to_be(monkeypatch):
    url = f"http://127.0.0.1:{free_port('127.0.0.1')}"
    assert f"{url} does not answer; version 4 is champion" in asked(url, monkeypatch)
