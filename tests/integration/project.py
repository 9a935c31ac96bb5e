"""A copy of the project in a folder of its own, worked with as a person would."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from stages.adapters.local.node import Address
from stages.adapters.paths import ROOT

BANK_KEYSPACE = "small_bank"
BANK = (
    *("source=synthetic", "source.customers=600", "horizon=30"),
    *("evaluation.rounds=100", "model.max_iter=20"),
    *("source.first_day=2024-01-01", "source.last_day=2024-06-30"),
    f"store.keyspace={BANK_KEYSPACE}",
)

SECONDS = 900  # for one command; what takes longer hangs


@dataclass(frozen=True)
class Project:
    """A git checkout with what is committed or about to be, and a Cassandra to use."""

    root: Path
    environment: dict[str, str]

    @classmethod
    def copy(cls, root: Path, cassandra: Address) -> "Project":
        """Copy this checkout to `root`, as one commit."""
        listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True)
        for name in names.stdout.splitlines():
            if (ROOT / name).exists():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, root / name)
        for compiled in (ROOT / "stages").rglob("__pycache__"):  # here, so not again there
            there = root / compiled.relative_to(ROOT)
            shutil.copytree(compiled, there, dirs_exist_ok=True)
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "DVC_"))}
        project = cls(
            root,
            inherited
            | {
                "CASSANDRA_CONTACT_POINTS": str(cassandra),
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            },
        )
        project.run("git", "init", "--quiet")
        project.commit("a copy")
        return project

    def commit(self, message: str) -> None:
        """Commit all that there is."""
        author = ["-c", "user.name=tests", "-c", "user.email=tests@localhost"]
        self.run("git", "add", "--all")
        self.run("git", *author, "commit", "--quiet", "--message", message)

    def twin(self, root: Path) -> "Project":
        """A copy as it stands, with a tracking database and artifacts of its own."""
        shutil.copytree(self.root, root, dirs_exist_ok=True)
        with (
            closing(sqlite3.connect(self.root / "mlflow.db")) as theirs,
            closing(sqlite3.connect(":memory:")) as ours,
        ):
            ours.executescript("\n".join(theirs.iterdump()).replace(str(self.root), str(root)))
            (root / "mlflow.db").unlink()
            ours.execute("VACUUM INTO ?", [str(root / "mlflow.db")])
        return replace(self, root=root)

    def build(self, *overrides: str) -> None:
        """`make run`; summary.txt has what it says at its end."""
        said = self.make("run", f"SET={' '.join(overrides)}")
        (self.root / "summary.txt").write_text(said.rpartition("scored and published")[2])

    def make(self, goal: str, *arguments: str) -> str:
        """Run a goal of the Makefile, whose environment is the tests' own."""
        quiet = ("--no-print-directory", "--old-file", ".venv/bin/.ready")
        return self.run("make", goal, *arguments, *quiet)

    def run(self, *command: str, status: int = 0) -> str:
        """Run a command that ends with `status`; return all it wrote."""
        done = subprocess.run(command, **self._here(), timeout=SECONDS)
        assert done.returncode == status, f"{' '.join(command)}: {done.returncode}\n{done.stdout}"
        return done.stdout

    def stage(self, name: str, *arguments: str, status: int = 0) -> str:
        """Run one stage."""
        return self.run("python", "-m", f"stages.{name}", *arguments, status=status)

    @contextmanager
    def configured(self, *overrides: str) -> Iterator[None]:
        """Other parameters while the block runs."""
        params = self.root / "params.yaml"
        own = params.read_text()
        self.stage("params", *overrides)
        try:
            yield
        finally:
            params.write_text(own)

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start a command in a session of its own, so that it can be killed whole."""
        return subprocess.Popen(command, **self._here(), start_new_session=True)

    def _here(self) -> dict[str, Any]:
        """How a command runs in the copy: all that it writes is one text."""
        output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return {"cwd": self.root, "env": self.environment, **output}

    def lock(self) -> dict[str, str]:
        """What dvc.lock says of every output: path to hash."""
        stages = yaml.safe_load((self.root / "dvc.lock").read_text())["stages"]
        return {out["path"]: out["md5"] for s in stages.values() for out in s["outs"]}

    def metrics(self) -> dict:
        """reports/metrics.json."""
        return json.loads((self.root / "reports" / "metrics.json").read_text())


def ran(output: str) -> list[str]:
    """The stages that DVC ran, in order."""
    lines = [line for line in output.splitlines() if line.startswith("Running stage")]
    return [line.split("'")[1] for line in lines]
