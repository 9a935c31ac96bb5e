"""A serving process of the tests' own, and how it is asked."""

import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from stages.adapters.local.listening import free_port
from tests.integration.project import Project

SECONDS_TO_START = 120
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Endpoint:
    """Where it listens, and its process."""

    port: int
    process: subprocess.Popen[str]

    @classmethod
    @contextmanager
    def serving(cls, project: Project, *command: str, **settings: str) -> Iterator["Endpoint"]:
        """Start `command` (by default `make serve`) on a free port, and end it afterwards."""
        port = free_port("127.0.0.1")
        given = {f"SERVE_{k.upper()}": v for k, v in {"port": str(port), **settings}.items()}
        command = command or ("make", "serve", "--old-file", ".venv/bin/.ready")
        set_ = [f"{name}={value}" for name, value in given.items()]
        process = project.start("env", *set_, *command)
        said: list[str] = []
        assert process.stdout is not None
        threading.Thread(target=said.extend, args=[process.stdout], daemon=True).start()
        try:
            endpoint = cls(port, process)
            deadline = time.monotonic() + SECONDS_TO_START
            while not endpoint._answers():
                assert process.poll() is None, "".join(said)
                assert time.monotonic() < deadline, "serving did not start"
                time.sleep(0.3)
            yield endpoint
        finally:
            with suppress(ProcessLookupError):  # it ended by itself: the test says why
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()

    def _answers(self) -> bool:
        try:
            return self.ask("GET", "/ping")[0] == 200
        except OSError:
            return False

    def connection(self) -> http.client.HTTPConnection:
        """A connection that is kept."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def raw(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of one answer, on a connection of its own."""
        connection = self.connection()
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def ask(self, method: str, path: str, content: Any = None, **headers: str) -> tuple[int, Any]:
        """Status and parsed answer; `content` goes as JSON."""
        body = None if content is None else json.dumps(content)
        status, _, answer = self.raw(method, path, body, {**(JSON if body else {}), **headers})
        return status, json.loads(answer) if answer.strip()[:1] in (b"{", b"[") else answer

    def score(self, records: list[dict[str, Any]], **params: str) -> tuple[int, Any]:
        """Ask /invocations."""
        content = {"dataframe_records": records} | ({"params": params} if params else {})
        return self.ask("POST", "/invocations", content)

    def socket(self) -> socket.socket:
        """A bare connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)


def row(**replaced: Any) -> dict[str, Any]:
    """A transaction."""
    return {"customer_id": "anna", "booked_at": "2017-12-20T10:00:00", "amount": 62.4} | replaced
