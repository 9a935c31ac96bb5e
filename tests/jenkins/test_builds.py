"""What a build does: which commands in which order, and what it leaves out when and why."""

import pytest

from tests.jenkins.controller import CREDENTIALS

BEFORE = ["setup", "test", "params", "up", "ingest", "drift detect"]
RETRAIN = ["rebuild", "gate", "promote", "score", "reload", "smoke"]
PUSH = [
    '.venv/bin/dvc remote add --local --force --default shared "$DVC_REMOTE_URL"',
    ".venv/bin/dvc push",
]


def make(*targets: str) -> list[str]:
    return [f"make {target}" for target in targets]


WHOLE = [*make(*BEFORE, *RETRAIN), *PUSH, "make summary"]


def test_new_data_goes_all_the_way_to_a_champion_that_serves(build):
    done = build()
    assert (done.result, done.errors, done.mismatches) == ("SUCCESS", [], [])
    assert done.commands == WHOLE
    assert set(done.stages.values()) == {"ran"}


def test_every_command_is_one_of_make_or_dvc(build):
    assert {command.split()[0] for command in build().commands} == {"make", ".venv/bin/dvc"}


def test_nothing_new_ends_after_detect_and_says_so(build):
    done = build(fired=())
    assert done.result == "SUCCESS"
    assert done.commands == make(*BEFORE)
    assert done.ended("skipped") == ["Retrain"]
    assert done.description == "Nothing asked for a retrain."


def test_force_retrains_all_the_same(build):
    assert build(fired=(), parameters={"FORCE": True}).commands == WHOLE


def test_without_promote_the_challenger_is_judged_and_kept_and_nothing_goes_live(build):
    done = build(parameters={"PROMOTE": False})
    assert done.commands == [*make(*BEFORE, "rebuild", "gate"), *PUSH, "make summary"]
    assert done.ended("skipped") == ["Promote", "Go live"]


def test_without_an_endpoint_there_is_no_smoke_test(build):
    done = build(environment={"SERVE_URL": ""})
    assert (done.result, done.ended("skipped")) == ("SUCCESS", ["Smoke test"])


def test_without_a_remote_nothing_is_pushed(build):
    done = build(environment={"DVC_REMOTE_URL": ""})
    assert (done.result, done.ended("skipped")) == ("SUCCESS", ["Push"])


@pytest.mark.parametrize("cause", ["Started by timer", "Started by an SCM change"])
def test_a_build_that_nobody_started_takes_the_defaults(build, cause):
    done = build(cause=cause)
    assert done.commands == WHOLE
    assert done.log.startswith(cause)
    assert "did params, SET=," in done.log  # what conf/ says, as by hand


def test_source_and_overrides_reach_the_configuration(build):
    done = build(parameters={"SOURCE": "csv", "OVERRIDES": "horizon=30 source.path=/data/tx.csv"})
    assert "did params, SET=source=csv horizon=30 source.path=/data/tx.csv," in done.log


def test_default_overrides_reach_every_build_but_for_another_source_and_before_the_forms(build):
    settings = {"DEFAULT_OVERRIDES": "source=csv source.path=/tx.csv store=cluster horizon=60"}
    assert f"did params, SET={settings['DEFAULT_OVERRIDES']}," in build(environment=settings).log
    same = build(environment=settings, parameters={"SOURCE": "csv"})
    assert f"did params, SET={settings['DEFAULT_OVERRIDES']}," in same.log
    done = build(environment=settings, parameters={"SOURCE": "berka", "OVERRIDES": "horizon=30"})
    assert "did params, SET=store=cluster horizon=60 source=berka horizon=30," in done.log


@pytest.mark.parametrize("override", ["horizon=30; touch x", "a=$(id)", "a=`id`", "a='b'", "a=b&"])
def test_overrides_that_a_shell_would_run_are_refused_before_one_sees_them(build, override):
    done = build(parameters={"OVERRIDES": override})
    assert done.errors == ["OVERRIDES: give key=value, separated by blanks, without quotes or $"]
    assert done.commands == make("setup", "test")


def test_a_source_that_is_no_choice_is_refused(build):
    done = build(parameters={"SOURCE": "nonesuch"})
    assert done.errors[0].endswith("Illegal choice for parameter SOURCE: nonesuch")
    assert done.commands == []


def test_no_log_shows_a_secret(build):
    done = build()
    assert "secret=****" in done.log
    assert not any(secret in done.log for secret in CREDENTIALS.values())


def test_a_credential_that_is_not_there_is_named(build):
    done = build(credentials={"mlflow-password": "x"})
    assert done.errors == ["Could not find credentials entry with ID 'cassandra-password'"]
    assert done.commands == []


@pytest.mark.parametrize("target", [*BEFORE, "rebuild", "gate", "promote"])
def test_a_failure_up_to_the_promotion_ends_the_build_and_the_champion_was_not_touched(
    build, target
):
    done = build(environment={"FAIL": target})
    ran = make(*[*BEFORE, *RETRAIN][: [*BEFORE, *RETRAIN].index(target) + 1])
    assert done.result == "FAILURE"
    assert done.errors == ["script returned exit code 2"]
    assert done.commands == ran + make("summary") * (target in RETRAIN)
    assert "make rollback" not in done.commands
    assert reported(done)


@pytest.mark.parametrize("target", ["score", "reload", "smoke"])
def test_a_champion_that_cannot_go_live_gives_way_to_the_former(build, target):
    done = build(environment={"FAIL": target})
    ran = [*BEFORE, *RETRAIN][: [*BEFORE, *RETRAIN].index(target) + 1]
    assert done.result == "FAILURE"
    assert done.commands == make(*ran, "rollback", "reload", "summary")
    assert done.stages["Push"] == "skipped after a failure"
    assert reported(done)


def test_where_no_champion_was_replaced_none_is_brought_back(build):
    done = build(environment={"FAIL": "smoke", "REPLACED": "false"})
    assert done.commands == make(*BEFORE, *RETRAIN, "summary")


def test_a_push_that_fails_fails_the_build_and_the_new_champion_stays(build):
    done = build(environment={"FAIL": "push"})
    assert (done.result, done.commands) == ("FAILURE", WHOLE)


def test_a_rollback_that_fails_is_not_hidden(build):
    done = build(environment={"FAIL": "smoke, rollback"})
    assert done.commands[-2:] == make("rollback", "summary")
    assert done.result == "FAILURE"


def reported(done) -> bool:
    """Whether reports and logs were kept, and drift published, as the last thing."""
    return [step["step"] for step in done.steps[-2:]] == ["archiveArtifacts", "publishHTML"]


def test_the_results_of_the_tests_are_published_though_they_fail(build):
    done = build(environment={"FAIL": "test"})
    assert [s["step"] for s in done.steps if s["stage"] == "Lint and test"] == ["sh", "junit"]
