"""The harness sees faults: each is put into the Jenkinsfile and must be named as Jenkins would."""

import pytest

from tests.jenkins.controller import JENKINSFILE

DETECT = "sh 'make drift detect'"
SCRIPT = "script { // make hands SET to a shell"
AGENT = "agent { label 'purchasing' }"


def inside(code: str) -> tuple[str, str]:
    """Put `code` first into a script block."""
    return SCRIPT, f"{SCRIPT}\n{code}"


# name: what is replaced, by what, and what must be said
REFUSED = {
    "an unknown step": (DETECT, "shell 'make drift detect'", "invalid step 'shell'"),
    "a step's unknown argument": (
        "allowEmptyResults: true",
        "emptyIsFine: true",
        "invalid parameter 'emptyIsFine' of 'junit'",
    ),
    "a step without what it needs": (
        "junit testResults: 'logs/junit.xml', allow",
        "junit allow",
        "missing parameter 'testResults' of 'junit'",
    ),
    "two unnamed arguments": (DETECT, "sh 'make', 'detect'", "invalid parameter 'without a name'"),
    "an unknown section": ("triggers {", "trigger {", "undefined section 'trigger'"),
    "an unknown trigger": ("cron(", "nightly(", "invalid word in triggers 'nightly'"),
    "an unknown option": ("timestamps()", "timestamp()", "invalid word in options 'timestamp'"),
    "an option without what it needs": ("time: 2, ", "", "missing parameter 'time' of 'timeout'"),
    "an option only for the whole pipeline": (
        "options { lock('purchasing-champion') }",
        "options { disableConcurrentBuilds() }",
        "option 'disableConcurrentBuilds' is not for a stage",
    ),
    "an unknown kind of parameter": ("booleanParam(", "bool(", "invalid word in parameters 'bool'"),
    "an undeclared parameter": (
        "params.FORCE",
        "params.FORCED",
        "parameter 'FORCED' is not declared",
    ),
    "an unknown condition": (
        "when { expression { params.PROMOTE } }",
        "when { only { params.PROMOTE } }",
        "invalid word in when 'only'",
    ),
    "an unknown condition of post": ("unsuccessful {", "broken {", "invalid condition 'broken'"),
    "two agents": (AGENT, f"{AGENT}\nagent any", "multiple occurrences of the section 'agent'"),
    "no agent": (AGENT, "", "missing required section 'agent'"),
    "an agent that is neither": (AGENT, "agent { docker 'x' }", "expected 'any', 'none' or one"),
    "a stage without steps": (
        "steps { sh 'make gate' }",
        "",
        "expected one of 'steps' or 'stages'",
    ),
    "a stage with steps and stages": (
        "stage('Gate') {",
        "stage('Gate') { stages { stage('x') { steps { sh 'x' } } }",
        "expected one of 'steps' or 'stages'",
    ),
    "empty steps": ("steps { sh 'make gate' }", "steps { }", "no steps"),
    "two stages of one name": ("stage('Gate')", "stage('Detect')", "duplicate stage name 'Detect'"),
    "code where only steps may be": (DETECT, f"if (true) {{ {DETECT} }}", "expected a step"),
    "a variable where only steps may be": (DETECT, f"def x = 1\n{DETECT}", "expected a step"),
    "an environment that is no assignment": (
        "PURCHASING_RUN_ID =",
        "PURCHASING_RUN_ID +=",
        "expected NAME = value",
    ),
    "a computed default": (
        "defaultValue: ''",
        "defaultValue: new Date().toString()",
        "expected a constant",
    ),
    "broken syntax": ("stages {", "stages [", "startup failed"),
}

FAILED = {
    "an unknown step inside a script": (*inside("shell 'x'"), "No such DSL method 'shell' found"),
    "an unknown argument inside a script": (
        *inside("sh(command: 'x')"),
        "invalid parameter 'command' of 'sh'; missing parameter 'script' of 'sh'",
    ),
    "an unknown variable": (*inside("sh branch"), "No such property: branch"),
    "a matcher that lives while a step runs": (
        *inside("def m = params.OVERRIDES =~ /x/; sh 'true'; m.find()"),
        "java.util.regex.Matcher is held while 'sh' runs",
    ),
    "a parser that lives while a step runs": (
        *inside("def p = new groovy.json.JsonSlurper(); sh 'true'; p.parseText('{}')"),
        "groovy.json.JsonSlurper is held while 'sh' runs",
    ),
    "a command that fails inside a script": (*inside("sh 'exit 7'"), "exit code 7"),
    "a pipe that hides nothing": (DETECT, "sh 'false\\ntrue'", "exit code 1"),
}

MISMATCHED = {
    "a step in @NonCPS code": (
        "// Retrains when",
        "@com.cloudbees.groovy.cps.NonCPS\ndef quick() { sh 'true' }\n// Retrains when",
        *inside("quick()"),
        "expected to call quick but wound up catching sh",
    ),
    "a step in a closure that Java calls": (
        *inside("new TreeSet({ a, b -> sh 'true'; 0 } as Comparator).addAll([1, 2])"),
        "",
        "",
        "wound up catching",
    ),
}


def mutated(*replacements: str) -> str:
    text = JENKINSFILE
    for old, new in zip(replacements[::2], replacements[1::2], strict=True):
        assert old in text, f"the Jenkinsfile no longer says {old!r}"
        text = text.replace(old, new, 1) if old else text
    return text


@pytest.mark.parametrize("fault", REFUSED)
def test_what_jenkins_refuses_is_refused_before_anything_runs(build, fault):
    *replaced, said = REFUSED[fault]
    done = build(jenkinsfile=mutated(*replaced))
    assert any(said in error for error in done.errors), done.errors
    assert (done.result, done.steps) == ("FAILURE", [])


def test_a_nightly_build_needs_its_trigger(build):
    done = build(jenkinsfile=mutated("cron('H 2 * * *')", ""), cause="Started by timer")
    assert done.errors == ["nothing declares the trigger cron"]


@pytest.mark.parametrize("fault", FAILED)
def test_what_fails_when_it_runs_fails_the_build_there(build, fault):
    *replaced, said = FAILED[fault]
    done = build(jenkinsfile=mutated(*replaced))
    assert said in done.errors[0]
    assert done.result == "FAILURE"
    assert done.ended("failed") != []
    assert "make rebuild" not in done.commands


@pytest.mark.parametrize("fault", MISMATCHED)
def test_a_step_called_where_the_engine_cannot_stop_is_seen(build, fault):
    *replaced, said = MISMATCHED[fault]
    done = build(jenkinsfile=mutated(*replaced))
    assert any(said in mismatch for mismatch in done.mismatches)
