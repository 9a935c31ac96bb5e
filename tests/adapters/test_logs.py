"""A stage says what it did: one clear line for a person, one JSON line for a machine."""

import json
import subprocess
import sys

from stages.adapters.paths import ROOT

STAGE = """
import logging
from stages.adapters import logs
from pathlib import Path
logs.LOGS = Path({folder!r})
from stages.domain.errors import UserError
log = logging.getLogger("stages")
@logs.stage
def main():
    {body}
main()
"""


def run(tmp_path, body: str) -> tuple[int, str, list[dict]]:
    """Run a stage of this body; return its status, terminal lines and JSON lines."""
    (tmp_path / "drill.py").write_text(STAGE.format(folder=str(tmp_path / "logs"), body=body))
    done = subprocess.run(
        [sys.executable, "-m", "drill"],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{ROOT}:{tmp_path}", "PURCHASING_RUN_ID": "r1"},
        capture_output=True,
        text=True,
    )
    lines = (tmp_path / "logs/stages.jsonl").read_text().splitlines()
    return done.returncode, done.stderr, [json.loads(line) for line in lines]


def test_facts_go_to_the_json_line_under_the_runs_id(tmp_path):
    status, terminal, lines = run(tmp_path, "log.info('read', extra={'rows': 3})")
    assert status == 0
    assert "drill" in terminal
    assert lines[0] | {"stage": "drill", "run": "r1", "message": "read", "rows": 3} == lines[0]
    assert lines[-1]["seconds"] >= 0


def test_a_password_in_an_address_is_masked_whole(tmp_path):
    _, terminal, lines = run(tmp_path, "log.info('at https://bob:p@ss@host/x of a@b')")
    assert terminal.splitlines()[0].endswith("at https://***@host/x of a@b")
    assert lines[0]["message"] == "at https://***@host/x of a@b"


def test_an_image_that_only_serves_has_no_pipeline_to_digest(tmp_path):
    status, _, lines = run(tmp_path, "logs.PIPELINE = Path('none.yaml')")
    assert status == 0
    assert lines[-1]["message"].startswith("done in")


def test_a_users_error_is_one_line_and_a_status(tmp_path):
    status, terminal, _ = run(tmp_path, "raise UserError('horizon=0: give more')")
    assert status == 1
    assert len(terminal.splitlines()) == 1
    assert terminal.endswith("horizon=0: give more\n")


def test_what_a_step_before_should_have_made_is_named(tmp_path):
    for reading in (
        "from stages.adapters.files import read_json; read_json(logs.ROOT / 'models/none/m.json')",
        "import pandas; pandas.read_parquet(logs.ROOT / 'models/none/m.json')",
        "import pyarrow.parquet as pq; pq.read_table(logs.ROOT / 'models/none/m.json')",
    ):
        status, terminal, _ = run(tmp_path, reading)
        assert status == 1
        assert terminal.endswith("models/none/m.json is missing: `dvc repro` makes it\n")


def test_a_missing_file_that_is_explained_keeps_its_explanation(tmp_path):
    missing = "FileNotFoundError(logs.ROOT / 'data/raw/x')"
    _, terminal, _ = run(tmp_path, f"raise UserError('source.path: no such file') from {missing}")
    assert terminal.endswith("source.path: no such file\n")
    status, terminal, _ = run(tmp_path, "open(logs.ROOT / 'data/mine.csv')")
    assert (status, "dvc repro" in terminal) == (1, False)


def test_a_password_in_an_address_is_in_no_log(tmp_path):
    address = "http://bob:s3cret@127.0.0.1/mlflow/api/2.0/mlflow/runs"
    _, terminal, _ = run(tmp_path, f"raise RuntimeError('asked {address} in vain')")
    assert "MLflow does not answer as it should (MLFLOW_TRACKING_URI)" in terminal
    said = "http://bob:s3cret@127.0.0.1"
    body = f"log.warning('{said}'); raise RuntimeError('{said}/page')"
    _, terminal, lines = run(tmp_path, body)
    assert "http://***@127.0.0.1" in terminal
    assert "s3cret" not in terminal + json.dumps(lines)
    assert any("http://***@127.0.0.1/page" in line.get("error", "") for line in lines)


def test_a_defect_is_one_line_on_the_terminal_and_a_traceback_in_the_log(tmp_path):
    status, terminal, lines = run(tmp_path, "raise RuntimeError('secret row')")
    assert status == 1
    assert "Traceback" not in terminal
    assert "secret row" not in terminal
    assert any("Traceback" in line.get("error", "") for line in lines)


def test_a_stage_that_is_told_to_end_tidies_up(tmp_path):
    kill = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
    status, terminal, _ = run(tmp_path, kill)
    assert status == 130
    assert terminal.endswith("interrupted; running it again goes on from here\n")
