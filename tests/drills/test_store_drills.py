"""Faults on a real cluster of three: nothing is lost and nothing is twice, whatever dies when.

Each drill prints what was done to whom at which row, and the sums before and after.
"""

import time

import pytest

from tests.drills.drill import Drill, tell, told

STAGES = ["ingest", "extract"]
SLOW_SECONDS = 12


def ready(drill: Drill, stage: str, name: str) -> None:
    """All nodes run; there is everything to do for the stage."""
    drill.nodes.up()
    if stage == "ingest":
        drill.use(f"drill_{name}")
    else:
        drill.stock()


@pytest.mark.parametrize(("stage", "victim"), [("ingest", 3), ("extract", 1)])
def test_a_node_dies_midway(drill: Drill, stage: str, victim: int) -> None:
    ready(drill, stage, "node")
    with told(f"SIGKILL of node {victim} during {stage}"):
        run = drill.start(stage)
        done = run.at(0.3)
        drill.nodes.kill(victim)
        tell(f"  killed: at {done:,} of {run.of:,} rows")
        assert run.end() == 0, run.text
        drill.check(stage)


@pytest.mark.parametrize("stage", ["extract", pytest.param("ingest", marks=pytest.mark.full)])
def test_the_process_dies_midway_and_the_next_run_goes_on(drill: Drill, stage: str) -> None:
    ready(drill, stage, "process")
    with told(f"SIGKILL of {stage} itself"):
        run = drill.start(stage)
        done = run.at(0.4)
        run.kill()
        tell(f"  killed: at {done:,} of {run.of:,} rows")
        before = drill.stored() if stage == "ingest" else drill.extracted()
        tell(f"  before: {before}")
        assert 0 < before.rows < drill.written.rows
        again = drill.finish(stage)
        tell(f"  again:  {' / '.join(line[20:] for line in again.said()[:1])}")
        if stage == "ingest":
            assert any("going on from there" in line for line in again.said())
        else:
            assert again.of < drill.written.rows  # only what was not read before
        drill.check(stage)


@pytest.mark.full
@pytest.mark.parametrize(("stage", "victim"), [("ingest", 2), ("extract", 3)])
def test_a_node_stands_still_for_a_while(drill: Drill, stage: str, victim: int) -> None:
    ready(drill, stage, "slow")
    with told(f"SIGSTOP of node {victim} for {SLOW_SECONDS} s and more during {stage}"):
        run = drill.start(stage)
        process = drill.nodes.process(victim)
        done = run.at(0.3)
        process.suspend()
        time.sleep(SLOW_SECONDS)
        meanwhile = run.at((done + 1) / run.of)  # the others go on, or the stage fails
        process.resume()
        tell(f"  stood:  from {done:,} to {meanwhile:,} of {run.of:,} rows")
        assert run.end() == 0, run.text
        drill.check(stage)


@pytest.mark.full
@pytest.mark.parametrize("stage", STAGES)
def test_too_few_nodes_are_one_clear_error_and_the_next_run_goes_on(
    drill: Drill, stage: str
) -> None:
    ready(drill, stage, "quorum")
    with told(f"SIGKILL of nodes 2 and 3 during {stage}"):
        run = drill.start(stage)
        done = run.at(0.3)
        drill.nodes.kill(2)
        drill.nodes.kill(3)
        tell(f"  killed: at {done:,} of {run.of:,} rows")
        assert run.end() == 1, run.text
        tell(f"  error:  {run.said()[-1]}")
        assert "did not answer in" in run.said()[-1]
        assert "Traceback" not in run.text
        drill.nodes.up()
        before = drill.stored() if stage == "ingest" else drill.extracted()
        tell(f"  before: {before}")
        drill.finish(stage)
        drill.check(stage)


@pytest.mark.full
def test_an_overlarge_partition_takes_no_more_memory(drill: Drill) -> None:
    ready(drill, "extract", "whale")
    with told("a customer with more rows in a month than all others"):
        run = drill.finish("extract")
        tell(f"  peak memory of extract: {run.peak / 1e6:,.0f} MB")
        assert run.peak < 1e9
        drill.check("extract")
