"""The commands of the Jenkinsfile are those that a person has."""

import re

from stages.adapters.paths import CONF, ROOT
from tests.jenkins.controller import JENKINSFILE

MAKEFILE = (ROOT / "Makefile").read_text()
CALLED = set(re.findall(r"'make ([a-z -]+)'", JENKINSFILE))


def test_every_command_of_the_jenkinsfile_is_a_target_with_a_line_of_help():
    documented = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE)) | {"setup"}
    assert {target for called in CALLED for target in called.split()} <= documented


def test_the_operations_doc_tells_of_every_stage_parameter_and_command(build):
    done = build()
    told = (ROOT / "docs/operations.md").read_text()
    groups = {"Checkout", "Retrain", "Go live"}  # the first is Jenkins' own, the others hold stages
    for stage in set(done.stages) - groups:
        assert f"| {stage} |" in told
    for parameter in done.model["parameters"]:
        assert f"| `{parameter['arguments']['name']}` |" in told
    for target in CALLED - {"summary"}:
        assert f"`make {target}`" in told


def test_every_source_of_conf_may_be_chosen(build):
    declared = {p["arguments"]["name"]: p["arguments"] for p in build().model["parameters"]}
    first, *choices = declared["SOURCE"]["choices"]  # the first is what a nightly build takes
    assert first == "configured"
    assert choices == sorted(p.stem for p in CONF.glob("source/*.yaml"))
