"""What a bank runs tells nobody: every library's own reporting is off."""

import configparser
import os
import subprocess
import sys
import tomllib

import pytest

from stages.adapters.paths import ROOT

# What MLflow, too, takes for a reason to keep quiet, is not what is tested.
QUIET = ("MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK", "CI", "GITHUB_ACTIONS", "JENKINS_URL")
BARE = {k: v for k, v in os.environ.items() if k not in (*QUIET, "PYTEST_CURRENT_TEST")}


def said(*command: str) -> str:
    """What a command prints that finds no such reason around it."""
    done = subprocess.run(command, cwd=ROOT, env=BARE, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("first", ["import stages.adapters.registry; ", ""])
def test_mlflow_reports_nothing_of_a_step_and_would_by_itself(first):
    code = f"{first}from mlflow.telemetry.utils import is_telemetry_disabled as off; print(off())"
    assert said(sys.executable, "-c", code) == str(bool(first))


def test_mlflows_own_commands_report_nothing_where_make_starts_them():
    show = "--eval=shown: ; @echo $$MLFLOW_DISABLE_TELEMETRY"
    assert said("make", "--silent", show, "shown") == "true"


@pytest.mark.parametrize("name", ["Dockerfile", "serving.Dockerfile"])
def test_nor_do_the_images(name):
    assert "MLFLOW_DISABLE_TELEMETRY=true" in (ROOT / "deploy" / name).read_text()


def test_dvc_and_streamlit_report_nothing():
    dvc = configparser.ConfigParser()
    dvc.read(ROOT / ".dvc" / "config")
    assert not dvc.getboolean("core", "analytics")
    streamlit = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert streamlit["browser"]["gatherUsageStats"] is False


@pytest.mark.parametrize("first", ["import stages; ", ""])
def test_evidently_reports_nothing_of_a_step_and_would_by_itself(first):
    code = f"{first}from evidently.telemetry import event_logger; print(event_logger.is_enabled())"
    assert said(sys.executable, "-c", code) == str(not first)
