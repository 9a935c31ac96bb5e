"""Serve: the champion and the published scores over HTTP."""

import errno
import os
import socket
from tempfile import TemporaryDirectory
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy: threads of its own only stand about

import uvicorn
from fastapi import FastAPI

from stages.adapters.logs import configure, stage
from stages.domain.errors import UserError
from stages.serving import app, measures
from stages.serving.settings import Settings


@stage
def main() -> None:
    """Serve until told to end; how, the environment says: see serving/settings.py."""
    settings = Settings.of()
    run: dict[str, Any] = {
        "host": settings.host,
        "port": settings.port,
        "http": "stages.serving.patience:Patient",
        "access_log": False,  # a path may hold a customer's id
        "log_level": "warning",
        "server_header": False,
        "timeout_worker_healthcheck": 60,  # by default a process that takes 5 s to load is killed
    }
    tried = app.create(settings)  # here even for several processes: an error is one line, and ends
    _try_port(settings.host, settings.port)
    print(f"http://{settings.host}:{settings.port}/docs", flush=True)
    if settings.workers == 1:
        uvicorn.run(tried, **run)
    else:
        with TemporaryDirectory() as counts:
            os.environ[measures.SEVERAL] = counts
            uvicorn.run("stages.serve:worker", factory=True, workers=settings.workers, **run)


def worker() -> FastAPI:
    """The app in one of several processes, which logs as the first does."""
    configure("serve")
    return app.create()


def _try_port(host: str, port: int) -> None:
    """UserError where one cannot listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UserError(f"port {port} is taken: `make serve SERVE_PORT={port + 1}`") from error
        raise UserError(f"{host}:{port} cannot be listened on: {error.strerror}") from error


if __name__ == "__main__":
    main()
