"""A scoring that is killed midway goes on where it was, and publishes each customer once.

On a twin of the chain's project whose customers are scored in four parts, a shard each.
"""

import subprocess
import time
from pathlib import Path

import pandas as pd
import pytest
from cassandra.cluster import Session

from stages.adapters.files import locked
from tests.integration.project import Project

KEYSPACE, SCORED = "purchasing_complete_journey", "data/scores/scores.parquet"
UNDER_WAY = "data/scores/.scoring"


@pytest.fixture(scope="module")
def twin(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the finished project that has all to score."""
    twin = project.twin(tmp_path_factory.mktemp("scoring"))
    twin.stage("params", "engine.part_rows=400000")
    (twin.root / SCORED).unlink()
    return twin


def killed(twin: Project, place: str) -> list[str]:
    """Score until killed at `place`; the names of the parts that are scored."""
    twin.run("python", "-m", "tests.drills.halted", "SIGKILL", place, "score", status=-9)
    assert not (twin.root / SCORED).exists()
    return sorted(p.name for p in (twin.root / UNDER_WAY).glob("scores_*.parquet"))


def waits(process: subprocess.Popen[str]) -> bool:
    """Whether it waits for a lock that another holds."""
    locks = Path("/proc/locks").read_text().splitlines()
    return any("->" in line and str(process.pid) in line.split() for line in locks)


def published(session: Session) -> pd.Series:
    """When each customer's score was written, in microseconds."""
    select = "SELECT customer_id, WRITETIME(expected_spend) AS at FROM scores"
    rows = pd.DataFrame(session.execute(select).all())
    return rows.set_index("customer_id")["at"].sort_index()


def add_stranger(session: Session, who: str = "gone since", using: str = "") -> None:
    """Publish a score of a customer of whom the data know nothing."""
    row = session.execute("SELECT * FROM scores LIMIT 1").one()._asdict()
    names = ", ".join(row)
    insert = f"INSERT INTO scores ({names}) VALUES ({', '.join('%s' for _ in row)}) {using}"
    session.execute(insert, list((row | {"customer_id": who}).values()))


def test_what_was_scored_or_published_before_a_kill_is_not_again(project, twin, session):
    add_stranger(session)
    first = published(session)
    assert len(killed(twin, "stages.domain.scoring:stream#3")) == 2
    assert published(session).equals(first)
    parts = killed(twin, "stages.adapters.store.replicas:Replicas.together#3")
    assert len(parts) == 4
    assert "scores: those published last from here are not all" in twin.stage("detect")
    midway = published(session)
    done = midway[midway != first].index
    files = [twin.root / UNDER_WAY / name for name in parts[:2]]
    assert set(done) == set(pd.concat(map(pd.read_parquet, files))["customer_id"])
    twin.stage("score")
    last = published(session)
    assert last[done].equals(midway[done])
    assert (last.drop(done) > midway.max()).all()
    assert len(last) == 2469
    assert "gone since" not in last
    assert not (twin.root / UNDER_WAY).exists()


def test_a_row_by_a_clock_ahead_is_no_score_that_was_published(twin, session):
    add_stranger(session, "stranger-7f", "USING TIMESTAMP 9000000000000000")  # of the year 2255
    (twin.root / "data/scores/scores.parquet").unlink()
    for _ in range(2):
        said = twin.stage("score", status=1)
        assert "scores does not hold the scores that were written" in said
        assert "stranger-7f" not in said
    session.execute(
        "DELETE FROM scores USING TIMESTAMP 9000000000000001 WHERE customer_id = 'stranger-7f'"
    )
    assert "2469 customers scored and published" in twin.stage("score")


def test_a_date_that_the_data_were_not_prepared_for_is_refused(twin):
    with twin.configured("as_of=2030-01-01"):
        said = twin.stage("score", status=1)
    assert "as_of=2030-01-01: data/processed was made as of 2018-01-02" in said


def test_scores_do_not_go_into_a_keyspace_that_the_data_are_not_from(twin):
    with twin.configured("store.keyspace=another"):
        said = twin.stage("score", status=1)
    assert "data/raw is not known to come from keyspace another: `make rebuild` first" in said


def test_another_banks_champion_scores_nobody(twin):
    with twin.configured("source=synthetic"):
        said = twin.stage("score", status=1)
    assert "was made from the source complete_journey, the data here are of synthetic" in said


def test_data_of_the_same_size_that_dvc_has_not_heard_of_are_not_scored(twin):
    manifest = twin.root / "data/raw/_manifest.json"
    known = manifest.read_text()
    manifest.unlink()  # where DVC links files, writing into one would reach its cache
    manifest.write_text(known.replace('"rows": 1469307', '"rows": 1469308'))
    assert manifest.read_text() != known
    try:
        assert "data/raw is not what dvc.lock says" in twin.stage("score", status=1)
    finally:
        manifest.write_text(known)


def test_data_that_dvc_has_not_heard_of_are_not_scored(twin):
    customers = twin.root / "data/raw/customers.parquet"
    known = customers.read_bytes()
    customers.unlink()  # where DVC links files, writing into one would reach its cache
    customers.write_bytes(known + b" ")
    try:
        assert "data/raw is not what dvc.lock says" in twin.stage("score", status=1)
    finally:
        customers.write_bytes(known)


def test_reasons_are_given_to_those_asked_for(twin, tmp_path):
    (tmp_path / "ids.txt").write_text("1\nnobody\n1\n", encoding="utf-8-sig")  # as Windows does
    twin.stage("reasons", str(tmp_path / "ids.txt"))
    rows = pd.read_parquet(twin.root / "data/scores/reasons.parquet").set_index("customer_id")
    assert list(rows.index) == ["1", "nobody"]
    assert [len(reasons) for reasons in rows["reasons"]] == [2, 0]


def test_the_scores_are_those_of_one_that_was_not_interrupted(project, twin):
    ours, theirs = (pd.read_parquet(p.root / SCORED) for p in (twin, project))
    pd.testing.assert_frame_equal(ours, theirs, rtol=1e-12)


def test_of_two_scorings_at_once_the_second_waits(twin):
    (twin.root / SCORED).unlink()
    with locked(twin.root / "data/scores/.lock"):
        second = twin.start("python", "-m", "stages.score")
        deadline = time.monotonic() + 60
        while not waits(second):
            assert second.poll() is None, second.communicate()[0]
            assert time.monotonic() < deadline, "it neither waits nor ends"
            time.sleep(0.05)
        assert not (twin.root / SCORED).exists()
    assert second.wait() == 0
    assert (twin.root / SCORED).exists()


def test_scores_that_the_store_has_lost_are_published_again_though_a_kill_comes_between(
    project, session
):
    before = sorted(session.execute("SELECT * FROM scores"))
    session.execute("TRUNCATE scores")
    halted = ("python", "-m", "tests.drills.halted", "SIGKILL")
    project.run(*halted, "stages.adapters.store.wire:Wire.send#150", "score", status=-9)
    assert 0 < session.execute("SELECT count(*) FROM scores").one()[0] < len(before)
    add_stranger(session)
    assert "2469 published again" in project.stage("score")
    assert sorted(session.execute("SELECT * FROM scores")) == before
    assert "published again" not in project.stage("score")
