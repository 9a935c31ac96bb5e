"""What the Jenkinsfile's tests share: the engine, and a checkout where commands only say so."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.jenkins.controller import Build, Controller

# Stands in for make and dvc where a test is about the order of commands: fails where FAIL says so.
COMMAND = """#!/bin/sh
echo "did $*, SET=$SET, secret=$CASSANDRA_PASSWORD"
case ", $FAIL," in *", $*,"*) exit 2 ;; esac
mkdir -p reports
case $* in
    "drift detect") printf '{"reasons": [%s]}' "$FIRED" >reports/detect.json ;;
    promote) printf '{"replaced": %s}' "${REPLACED:-true}" >reports/promotion.json ;;
esac
"""


@pytest.fixture
def build(controller: Controller, tmp_path: Path) -> Callable[..., Build]:
    """Run a build whose commands only say so; `fired` are the reasons that detect gives."""
    for command in ("bin/make", ".venv/bin/dvc"):
        (tmp_path / command).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / command).write_text(COMMAND)
        (tmp_path / command).chmod(0o755)

    def run(fired: tuple[str, ...] = ("new data",), **given: Any) -> Build:
        places = {"SERVE_URL": "http://serving", "DVC_REMOTE_URL": "/remote"}
        environment = {
            "PATH": f"{tmp_path}/bin:/usr/bin:/bin",
            "FIRED": ", ".join(f'"{reason}"' for reason in fired),
            **places,
            **given.pop("environment", {}),
        }
        return controller.build(tmp_path, environment, **given)

    return run
