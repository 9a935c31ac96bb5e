"""deploy/: what compose starts, what Jenkins is configured with, and that both fit the code."""

import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import mlflow.environment_variables
import pytest
import yaml

from stages.adapters.local.node_config import VERSION
from stages.adapters.paths import ROOT
from stages.serving.settings import Settings
from tests.jenkins.controller import CREDENTIALS, JENKINSFILE, WORDS

DEPLOY = ROOT / "deploy"
COMPOSE = (DEPLOY / "compose.yaml").read_text()
CASC = (DEPLOY / "jenkins/jenkins.yaml").read_text()
PLUGINS = set((DEPLOY / "jenkins/plugins.txt").read_text().splitlines()[1:])
# Those that the plugin `workflow-aggregator` ("Pipeline") brings along.
PIPELINE = {
    "pipeline-model-definition",
    "workflow-basic-steps",
    "workflow-durable-task-step",
    "workflow-job",
    "workflow-scm-step",
}
NEEDED_BY_CASC = {  # key of jenkins.yaml to the plugin that reads it
    "jobs:": "job-dsl",
    "cpsScm": "workflow-aggregator",
    "git {": "git",
    "ssh:": "ssh-slaves",
    "basicSSHUserPrivateKey:": "ssh-credentials",
    "- string:": "plain-credentials",
}


@pytest.fixture
def deploy(tmp_path: Path) -> Path:
    """A copy of deploy/ without anybody's secrets."""
    return Path(shutil.copytree(DEPLOY, tmp_path / "deploy", ignore=lambda *_: {".env"}))


def new_env(deploy: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(deploy / "new_env.py")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def settings(deploy: Path) -> dict[str, str]:
    lines = (deploy / ".env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def compose(deploy: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """What Docker Compose itself reads in the file."""
    program, file = Path(sys.executable).parent / "docker-compose", deploy / "compose.yaml"
    command = [str(program), "-f", str(file), *options, "config", "--format", "json"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def services(deploy: Path) -> dict[str, Any]:
    """The services of compose.yaml, as Compose understands it."""
    assert new_env(deploy).returncode == 0
    done = compose(deploy)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["services"]


def test_without_secrets_compose_starts_nothing_and_says_what_to_do(deploy):
    done = compose(deploy)
    assert done.returncode != 0
    assert "run deploy/new_env.py first" in done.stderr


def test_secrets_are_new_each_time_and_for_their_owner_only(deploy):
    new_env(deploy)
    first = settings(deploy)
    assert stat.S_IMODE((deploy / ".env").stat().st_mode) == 0o600
    assert "is there already" in new_env(deploy).stderr
    (deploy / ".env").unlink()
    new_env(deploy)
    secret = [name for name in first if name.endswith(("PASSWORD", "KEY"))]
    assert len(secret) == 10
    assert all(len(first[n]) >= 48 and first[n] != settings(deploy)[n] for n in secret)


def test_git_never_takes_the_secrets():
    subprocess.run(["git", "check-ignore", "--quiet", "deploy/.env"], cwd=ROOT, check=True)
    assert "deploy/.env" in (ROOT / ".dockerignore").read_text().splitlines()


def test_every_setting_is_used_and_every_one_used_can_be_set():
    example = re.findall(r"^([A-Z_]+)=", (DEPLOY / ".env.example").read_text(), re.MULTILINE)
    assert sorted(example) == sorted(set(re.findall(r"\$\{([A-Z_]+)", COMPOSE)))


def test_ports_are_open_on_this_machine_only(services):
    published = {name: s["ports"] for name, s in services.items() if "ports" in s}
    assert sorted(published) == ["cassandra", "jenkins", "mlflow", "serving", "ui"]
    assert {port["host_ip"] for ports in published.values() for port in ports} == {"127.0.0.1"}


def test_every_lasting_service_is_watched_and_comes_back(services):
    lasting = {name: s for name, s in services.items() if name != "roles"}
    assert all("healthcheck" in s for s in lasting.values())
    assert {s["restart"] for s in lasting.values()} == {"unless-stopped"}


def test_the_node_is_the_cassandra_that_the_tests_run(services):
    assert services["cassandra"]["image"] == f"cassandra:{VERSION}"


@pytest.mark.parametrize(("service", "target"), [("serving", "serve"), ("ui", "ui")])
def test_a_service_is_what_its_make_target_starts(services, service, target):
    started = shlex.join(services[service]["command"]).split(" --")[0]
    assert re.search(
        rf"^{target}: .*\n\t.*{started}", (ROOT / "Makefile").read_text(), re.MULTILINE
    )


def test_scores_and_reports_come_from_the_workspace_of_the_job(services):
    (job,) = re.findall(r"pipelineJob\('(.+?)'\)", CASC)
    linked = re.search(r"ln -s (\S+)/\$name", (DEPLOY / "Dockerfile").read_text())
    (node,) = yaml.safe_load(CASC)["jenkins"]["nodes"]
    assert linked[1] == f"{node['permanent']['remoteFS']}/workspace/{job}"
    for name in ("serving", "ui"):
        (volume,) = services[name]["volumes"]
        assert (volume["source"], volume["target"]) == ("agent", "/home/jenkins")
        assert volume["read_only"]


def test_a_command_by_hand_runs_where_builds_do_with_what_they_get(deploy, build):
    assert new_env(deploy).returncode == 0
    services = json.loads(compose(deploy, "--profile", "*").stdout)["services"]
    by_hand, agent = services["make"], services["agent"]
    (job,) = re.findall(r"pipelineJob\('(.+?)'\)", CASC)
    (node,) = yaml.safe_load(CASC)["jenkins"]["nodes"]
    assert by_hand["working_dir"] == f"{node['permanent']['remoteFS']}/workspace/{job}"
    assert (by_hand["image"], by_hand["volumes"]) == (agent["image"], agent["volumes"])
    (group,) = yaml.safe_load(CASC)["jenkins"]["globalNodeProperties"]
    of_builds = {entry["key"]: entry["value"] for entry in group["envVars"]["env"]}
    secrets = {e["name"] for e in build().model["environment"] if e["credentials"]}
    own = {name: of_builds[name] for name in set(by_hand["environment"]) - secrets}
    assert own.items() <= by_hand["environment"].items()
    unneeded = {"MLFLOW_UI_URL", "DVC_REMOTE_URL", "DEFAULT_OVERRIDES"}
    assert set(of_builds) | secrets == set(by_hand["environment"]) | unneeded


def test_every_variable_that_our_containers_get_is_one_that_somebody_reads(services):
    code = "\n".join(p.read_text() for p in [*ROOT.glob("stages/**/*.py"), *DEPLOY.rglob("*.*")])
    ours = {f"SERVE_{name.upper()}" for name in Settings.__annotations__}
    for name in ("roles", "mlflow", "serving", "ui"):
        for variable in services[name]["environment"]:
            known = hasattr(mlflow.environment_variables, variable) or variable in ours
            assert known or re.search(rf'"{variable}"', code), f"{name}: {variable}"


def copied(dockerfile: Path) -> list[str]:
    """What it takes from its build context."""
    return re.findall(r"^COPY (?!--)(\S+)", dockerfile.read_text(), re.MULTILINE)


def test_what_the_images_copy_is_there_and_reaches_the_build():
    kept = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    for source in copied(DEPLOY / "Dockerfile"):
        assert (ROOT / source).exists()
        assert Path(source).parts[0] in kept
    for source in copied(DEPLOY / "jenkins/Dockerfile"):
        assert (DEPLOY / "jenkins" / source).exists()


def test_every_word_of_the_jenkinsfile_has_its_plugin(build):
    done = build()
    used = {step["step"] for step in done.steps} | {"credentials", "expression", "lock", "script"}
    used |= {word["name"] for kind in ("options", "triggers") for word in done.model[kind]}
    plugins = {
        word: known["plugin"]
        for kind in ("steps", "options", "triggers", "when", "environment")
        for word, known in WORDS[kind].items()
    }
    needed = {plugins[word] for word in used} - {"core"} - PIPELINE
    needed_by_casc = {plugin for key, plugin in NEEDED_BY_CASC.items() if key in CASC}
    assert needed_by_casc == set(NEEDED_BY_CASC.values())
    assert needed | needed_by_casc | {"configuration-as-code"} == PLUGINS


def test_the_controller_knows_the_credentials_and_the_agent_that_the_jenkinsfile_asks_for(build):
    casc = yaml.safe_load(CASC)
    (domain,) = casc["credentials"]["system"]["domainCredentials"]
    known = {next(iter(c)): c for c in domain["credentials"]}
    ids = {secret["id"] for entry in domain["credentials"] for secret in entry.values()}
    asked = {entry["credentials"] for entry in build().model["environment"]} - {None}
    assert asked == set(CREDENTIALS) == ids - {"agent"}
    (node,) = (n["permanent"] for n in casc["jenkins"]["nodes"])
    assert node["labelString"] == build().model["agent"]
    assert (
        node["launcher"]["ssh"]["credentialsId"]
        == known["basicSSHUserPrivateKey"]["basicSSHUserPrivateKey"]["id"]
    )


def test_the_controller_gets_what_its_configuration_names_and_nothing_else(services):
    named = set(re.findall(r"\$\{([A-Z_]+)\}", CASC))
    assert named == set(services["jenkins"]["environment"])


def test_the_environment_of_builds_is_one_that_somebody_reads():
    (group,) = yaml.safe_load(CASC)["jenkins"]["globalNodeProperties"]
    code = "\n".join(p.read_text() for p in ROOT.glob("stages/**/*.py")) + JENKINSFILE
    for variable in (entry["key"] for entry in group["envVars"]["env"]):
        assert variable in code or hasattr(mlflow.environment_variables, variable), variable


def test_the_agent_and_the_controller_hold_the_two_ends_of_each_key(services, tmp_path):
    agent, jenkins = (services[name]["environment"] for name in ("agent", "jenkins"))
    for private, public in (
        (jenkins["AGENT_PRIVATE_KEY"], agent["AGENT_PUBLIC_KEY"]),
        (agent["AGENT_HOST_KEY"], jenkins["AGENT_HOST_PUBLIC_KEY"]),
    ):
        file = tmp_path / "key"
        file.touch(mode=0o600)
        file.write_text(f"{private}\n")
        command = ["ssh-keygen", "-y", "-f", str(file)]
        shown = subprocess.run(command, capture_output=True, text=True, check=True)
        assert shown.stdout.split()[:2] == public.split()[:2]


def test_the_job_is_this_jenkinsfile():
    (job,) = yaml.safe_load(CASC)["jobs"]
    assert "scriptPath('Jenkinsfile')" in job["script"]
    assert os.access(ROOT / "Jenkinsfile", os.R_OK)
