"""Where the demo plays: a copy of the checkout, its servers on free ports, a terminal in it."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from stages.adapters.local import node
from stages.adapters.local.node import Address
from stages.adapters.paths import ROOT
from tests.browser import site
from tests.integration.project import Project

READY = {"serve": "/ping", "ui": "/_stcore/health", "mlflow": "/health"}
PATIENCE = 300  # seconds for a server to start: the demo yields to whatever else runs
NAME = {"NAME": "demo", "EMAIL": "demo@localhost"}


@dataclass(frozen=True)
class Ran:
    """What a command wrote, and the seconds that it took."""

    lines: list[str]
    seconds: float


@dataclass
class Place:
    """The copy, and the servers that run in it so far, by name."""

    project: Project
    stack: ExitStack
    sites: dict[str, str] = field(default_factory=dict)

    def address(self, name: str) -> str:
        """Where `make NAME` (serve, ui or mlflow) answers; started when first asked for."""
        if name not in self.sites:
            log = self.project.root / "logs" / f"{name}.log"
            environment = self.project.environment
            starting = site.running(
                name, self.project.root, environment, log, READY[name], PATIENCE
            )
            self.sites[name] = self.stack.enter_context(starting).address
            if name == "serve":
                environment["SERVE_URL"] = self.sites[name]
                environment["SERVE_PORT"] = self.sites[name].rpartition(":")[2]
        return self.sites[name]

    def run(self, command: str) -> Ran:
        """Run a command as at a terminal; RuntimeError with its output when it fails."""
        began = time.monotonic()
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=self.project.root,
            env=self.project.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"{command}: exit {done.returncode}\n{done.stdout}")
        return Ran(done.stdout.splitlines(), time.monotonic() - began)


@contextmanager
def prepared(root: Path) -> Iterator[Place]:
    """A fresh copy at `root`, as after `git clone` and the set-up; its node ends with it."""
    root.mkdir()
    nowhere = Project.copy(root, Address("127.0.0.1", 9))
    ours = ("CASSANDRA_", "SERVE_", "PURCHASING_", "MAKE", "MFLAGS")  # nor a make within a make
    environment = {k: v for k, v in nowhere.environment.items() if not k.startswith(ours)}
    for role in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{role}_{key}": value for key, value in NAME.items()}
    environment["MYPY_CACHE_DIR"] = str(ROOT / ".mypy_cache")
    (root / ".venv").symlink_to(ROOT / ".venv")
    for name in ("requirements.txt", "requirements-dev.txt"):
        os.utime(root / name, (0, 0))  # they are installed
    try:
        with ExitStack() as stack:
            yield Place(replace(nowhere, environment=environment), stack)
    finally:
        node.down(root / ".cassandra")
